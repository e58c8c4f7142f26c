"""Lives of issues by chance under any handbook: all commands, by anybody who may, rung on time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any

from chance_procedures import EITHER, kin_of, of_procedures, reported

from domain import commands as cmd
from domain import commands_of_ladder as ld
from domain import commands_of_modes as md
from domain import commands_of_time as tm
from domain.decisions import Context, decide
from domain.errors import IssueError, NotPermittedError
from domain.events import Event, PartAsked
from domain.handbook import Handbook
from domain.issue import Issue, Resolution
from domain.people import ENGINE, Actor, Officer, Representative, Service
from domain.phases import Duty, Origin, PauseReason, Priority, ResultClass, TurnAwayCode
from domain.terms import Terms
from handbooks.shelf import read_terms

ACTS_MAX = 40
RINGS_MAX = 60
"""Rings between two acts; a review returns each working day without end."""
LEANING = 8
LEANT = 0.7
LEANINGS = (
    {"accept", "pause", "resume", "ask_pause", "grant"},
    {"accept", "hand_over", "refuse_dispatch", "rule_dispatch"},
    {"accept", "ask_parking", "grant", "prolong_parking", "unpark"},
    {"accept", "escalate", "acknowledge", "contact", "record_handover"},
)
"""What must be done one after another before it is beyond what the handbook allows."""
LEANINGS_OF_PROCEDURES = (
    {"accept", "escalate", "convene_team", "refuse_part", "rule_part", "add_part", "finish_part"},
    {"accept", "pause", "resume", "ask_pause", "vote", "settle_round"},
    {"accept", "propose_resolution", "reject", "vote", "issue_answer_link", "convene_team"},
    {"accept", "propose_resolution", "confirm", "verify", "record_draw", "record_callback"},
    {"accept", "declare_rectified", "inspect", "submit_item", "check_item", "sign_application"},
    {"accept", "submit_item", "check_item", "sign_application", "approve_application", "reapply"},
    {"accept", "merge", "unmerge", "link", "unlink", "add_child", "record_kin", "hold_meeting"},
)
AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
"""A Monday, 09:00 in Chongqing."""
STARTS = (AT, AT + timedelta(hours=11), AT + timedelta(days=45), AT + timedelta(days=119))
"""When lives begin: also at night, while a leader's post is vacant, and before the day
on which a grid officer is another."""
SILENT_RINGS = 20
"""Rings after the last act: nobody does anything any more."""
FAR_AT = AT + timedelta(days=3650)
MINUTES = (0, 0, 1, 30, 300, 1500, 6000, 20_000)
RESULTS = [
    Resolution(result=ResultClass.SOLVED, summary="Done."),
    Resolution(result=ResultClass.PARTLY, summary="Half done.", reason="The rest lies outside."),
]


@dataclass(frozen=True)
class Zone:
    """A zone's terms, and all who may turn up in it."""

    terms: Terms
    actors: tuple[Actor, ...]
    units: tuple[str, ...]
    outside: str | None

    @property
    def handbook(self) -> Handbook:
        """Return the zone's handbook."""
        return self.terms.handbook


def zone_of(terms: Terms) -> Zone:
    book = terms.handbook
    officers = [Officer(person=who, post=post.id) for post in book.posts for who in post.holders]
    officers += [
        Officer(person=each.deputy, post=each.post, on_behalf_of=each.principal)
        for each in book.delegations
    ]
    firms = [Representative(person="someone", enterprise=each.id) for each in book.enterprises]
    others: list[Actor] = [Service(name="hotline"), ENGINE]
    staffed = [u.id for u in book.units if any(post.unit == u.id for post in book.posts)]
    outside = next((unit.id for unit in book.units if unit.external), None)
    return Zone(terms, (*officers, *firms, *others), tuple(staffed[:2]), outside)


@lru_cache
def shipped(name: str) -> Zone:
    return zone_of(read_terms(name))


def commands(zone: Zone, chance: Random, at: datetime) -> list[cmd.Command]:
    """Return one of each command, filled in by chance."""
    text, book = "-", zone.handbook
    reason = chance.choice(list(PauseReason))
    party = zone.outside if reason is PauseReason.WAITING_OUTSIDE else None
    category = chance.choice(book.categories).id
    parts = tuple(
        PartAsked(id=f"p-{place}", unit=unit, duty=duty, deliverable=text)
        for place, (unit, duty) in enumerate(zip(zone.units, (Duty.LEAD, Duty.CO), strict=False))
    )
    part = chance.choice(parts).id if parts else "p-0"
    extra = chance.choice(["1wd", "2h", "5wd"])
    clock = chance.choice(book.extensions.clocks) if book.extensions else "handling"
    class_: dict[str, Any] = chance.choice(
        [{"category": category}, {"priority": chance.choice(list(Priority))}]
    )
    made: list[cmd.Command] = [
        cmd.Accept(category=chance.choice([None, category])),
        cmd.TurnAway(code=TurnAwayCode.OUT_OF_SCOPE, reason=text),
        cmd.Assign(handler=chance.choice(book.posts).id),
        cmd.Note(text=text),
        cmd.Escalate(reason=text, to_tier=chance.choice([None, max(2, book.top_tier)])),
        cmd.Deescalate(to_tier=chance.randint(1, max(1, book.top_tier - 1)), reason=text),
        cmd.AcceptPart(part=part),
        cmd.RefusePart(part=part, reason=text),
        cmd.FinishPart(part=part, summary=text),
        cmd.WaivePart(part=part, reason=text, answer=text),
        cmd.Pause(reason=reason, party=party, note=text),
        cmd.Resume(note=text),
        cmd.ProposeResolution(resolution=chance.choice(RESULTS)),
        cmd.Confirm(recording=chance.choice([None, "call-1"])),
        cmd.Reject(reason=text),
        cmd.MarkUnreachable(attempts=3, note=text),
        cmd.Verify(),
        cmd.SendBack(reason=text),
        cmd.Withdraw(reason=text),
        cmd.Reopen(reason=text),
        cmd.RecordHistoryLost(run="run-1", from_at=AT, to_at=AT),
        tm.Contact(note=text),
        tm.MakePlan(plan=text),
        tm.DemandReply(question=text),
        tm.GiveReply(reply=text),
        tm.Reclassify(reason=text, **class_),
        tm.AskExtension(clock=clock, extra=extra, reason=text),
        tm.AskPause(reason=reason, party=party, note=text),
        tm.Grant(note=text),
        tm.Refuse(reason=text),
        tm.Correct(version=1, took_place_at=AT, reason=text),
        *of_the_ladder(zone, chance, at),
        *of_modes(zone, chance),
    ]
    if zone.units:
        made.append(cmd.HandOver(unit=chance.choice(zone.units), reason=text))
        made.append(cmd.ConveneTeam(lead=zone.units[0], parts=parts))
    return made


def of_the_ladder(zone: Zone, chance: Random, at: datetime) -> list[cmd.Command]:
    """Return one of each command of the ladder."""
    text, book = "-", zone.handbook
    expires_at = at + timedelta(days=chance.choice([1, 3, 9]))
    limit: dict[str, Any] = chance.choice([{}, {"clock": book.clocks[0].id, "limit": "2h"}])
    orders: dict[str, Any] = chance.choice(
        [{"handler": chance.choice(book.posts).id}, {"holds_tier": True}, {"no_wait": True}, limit]
    )
    made: list[cmd.Command] = [
        ld.Acknowledge(),
        ld.TakeOver(reason=text),
        ld.Instruct(text=text, expires_at=expires_at, **orders),
        ld.LiftInstruction(number=chance.randint(1, 3), reason=text),
        ld.Urge(text=text),
        ld.RefuseDispatch(reason=text),
        ld.RecordHandover(),
    ]
    if zone.units:
        made.append(ld.RuleDispatch(unit=chance.choice(zone.units), reason=text))
    return made


def of_modes(zone: Zone, chance: Random) -> list[cmd.Command]:
    """Return one of each command that puts an issue out of its ordinary course."""
    text, rule = "-", zone.handbook.emergency
    priority = chance.choice([Priority.ORDINARY, Priority.EXPEDITED])
    made: list[cmd.Command] = [
        md.OpenGreenChannel(reason=text),
        md.DeclareEmergency(reason=text),
        md.EndEmergency(priority=priority, reason=text),
        md.AskParking(reason=text),
        md.ProlongParking(reason=text),
        md.Unpark(reason=text),
    ]
    if rule is not None:
        made.append(md.EnterStage(stage=chance.choice(rule.stages).id, reason=text))
    return made


@dataclass(frozen=True)
class Act:
    """What was asked of an issue at an instant, by whom, and what came of it."""

    at: datetime
    actor: Actor
    command: cmd.Command
    events: tuple[Event, ...]


@dataclass
class Life:
    """One issue by chance; `lacking` once it is open and nothing will ring for it."""

    zone: Zone
    chance: Random
    at: datetime = AT
    issue: Issue | None = None
    told: list[str] = field(default_factory=list)
    acts: set[str] = field(default_factory=set)
    events: set[str] = field(default_factory=set)
    leaning: set[str] = field(default_factory=set)
    procedures: bool = False
    log: list[Act] = field(default_factory=list)

    @property
    def lacking(self) -> bool:
        """Return whether the issue is open, and no rung of any clock is ever due."""
        return self.issue is not None and self.issue.is_open and self.issue.next_rung is None

    def live(self) -> Iterator[bool]:
        """Play on, and say after every decision whether the issue lacks a deadline."""
        self.at = self.chance.choice(STARTS)
        first = self.chance.choice(self.zone.handbook.enterprises).id
        way = reported(self.zone.handbook, self.chance)
        self.procedures = self.chance.random() < EITHER
        report = cmd.Report(
            enterprise=first,
            category=self.chance.choice(self.zone.handbook.categories).id,
            title="-",
            text="-",
            **{"origin": Origin.ENTERPRISE, "priority": self.chance.choice(list(Priority))}
            | (way if self.procedures else {}),
        )
        self.attempt(Representative(person="someone", enterprise=first), report)
        yield self.lacking
        for _ in range(self.chance.randint(3, ACTS_MAX)):
            until = self.at + timedelta(minutes=self.chance.choice(MINUTES))
            for _ in range(RINGS_MAX):
                if not self.ring(until):
                    self.at = until
                    break
                yield self.lacking
            self.act()
            yield self.lacking
        for _ in range(SILENT_RINGS):
            self.ring(FAR_AT)
            yield self.lacking

    def ring(self, until: datetime) -> bool:
        """Ring what is due by `until`, at its instant; return whether anything was."""
        due = None if self.issue is None else self.issue.next_rung
        if due is None or due[1].due_at > until:
            return False
        clock, rung = due
        self.at = max(self.at, rung.due_at)
        self.do(ENGINE, cmd.RingRung(clock=clock.id, cycle=clock.cycle, rung=rung.id))
        return True

    def act(self) -> None:
        """Let the first of all commands happen that one of all actors may give, in any order; each
        life leans towards some, so that it does them again and again."""
        made = commands(self.zone, self.chance, self.at)
        leanings: tuple[set[str], ...] = LEANINGS
        if self.procedures:
            made += of_procedures(self.zone.handbook, self.chance, self.issue)
            leanings = LEANINGS_OF_PROCEDURES
        self.chance.shuffle(made)
        if not self.leaning:
            some: set[str] = {command.kind for command in made[:LEANING]}
            self.leaning = self.chance.choice([some, some, some, *leanings])
        if self.chance.random() < LEANT:
            made.sort(key=lambda command: command.kind not in self.leaning)
        for command in made:
            if self.attempt(None, command):
                return

    def attempt(self, first: Actor | None, command: cmd.Command) -> bool:
        """Let the command be given by the first of all who may, in any order after `first`."""
        others = self.chance.sample(self.zone.actors, len(self.zone.actors))
        for actor in others if first is None else [first, *others]:
            try:
                self.do(actor, command)
            except NotPermittedError:
                continue
            except IssueError:
                return False
            return True
        return False

    def do(self, actor: Actor, command: cmd.Command) -> None:
        """Submit a command; raises the IssueError that refuses it."""
        zone = self.zone.handbook.zone
        sent = cmd.Submission(id="c", zone=zone, key="one", actor=actor, command=command)
        known = kin_of(command, self.issue)
        context = Context(at=self.at, terms=self.zone.terms, number="one", kin=known)
        made = decide(self.issue, sent, context)
        self.issue = made.issue
        self.log.append(Act(self.at, actor, command, made.events))
        kinds = [event.kind for event in made.events]
        self.told.append(f"{self.at:%m-%d %H:%M} {command.kind}: {', '.join(kinds)}")
        self.acts.add(command.kind)
        self.events.update(kinds)
