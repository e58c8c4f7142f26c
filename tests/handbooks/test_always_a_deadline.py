"""No issue without a deadline (I8): lives by chance under the shipped handbooks, rung on time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any

import pytest
from deep import deep

from domain import commands as cmd
from domain import commands_of_time as tm
from domain.decisions import Context, decide
from domain.errors import IssueError, NotPermittedError
from domain.events import PartAsked
from domain.events_of_time import ClockMigrated, TermsAdopted
from domain.facts_possible import EVENT_CLASSES
from domain.handbook import Handbook
from domain.issue import Issue, Resolution
from domain.people import ENGINE, Actor, Officer, Representative, Service
from domain.permissions import PERMITTED
from domain.phases import Duty, Origin, PauseReason, Priority, ResultClass, TurnAwayCode
from domain.terms import Terms
from handbooks.shelf import read_terms, zones

LIVES = deep("lives that never lack a deadline", 3000)
ACTS_MAX = 40
RINGS_MAX = 60
"""Rings between two acts; a review returns each working day without end."""
LEANING = 8
LEANT = 0.7
WAITING = {"accept", "pause", "resume", "ask_pause", "grant"}
"""What must be done often before a wait is beyond what the handbook allows, and granted."""
AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
"""A Monday, 09:00 in Chongqing."""
SILENT_RINGS = 20
"""Rings after the last act: nobody does anything any more."""
FAR_AT = AT + timedelta(days=3650)
MINUTES = (0, 0, 1, 30, 300, 1500, 6000, 20_000)
NEVER_BY_HAND = {"report", "ring_rung", "adopt_calendar", "adopt_handbook"}
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
    officers = [Officer(person=who, post=post.id) for post in book.posts for who in post.people]
    firms = [Representative(person="someone", enterprise=each.id) for each in book.enterprises[:2]]
    others: list[Actor] = [Service(name="hotline"), ENGINE]
    staffed = [u.id for u in book.units if any(post.unit == u.id for post in book.posts)]
    outside = next((unit.id for unit in book.units if unit.external), None)
    return Zone(terms, (*officers, *firms, *others), tuple(staffed[:2]), outside)


@lru_cache
def shipped(name: str) -> Zone:
    return zone_of(read_terms(name))


def commands(zone: Zone, chance: Random) -> list[cmd.Command]:
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
        cmd.WaivePart(part=part, reason=text),
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
    ]
    if zone.units:
        made.append(cmd.HandOver(unit=zone.units[0], reason=text))
        made.append(cmd.ConveneTeam(lead=zone.units[0], parts=parts))
    return made


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

    @property
    def lacking(self) -> bool:
        """Return whether the issue is open, and no rung of any clock is ever due."""
        return self.issue is not None and self.issue.is_open and self.issue.next_rung is None

    def live(self) -> Iterator[bool]:
        """Play on, and say after every decision whether the issue lacks a deadline."""
        first = self.zone.handbook.enterprises[0].id
        report = cmd.Report(
            enterprise=first,
            category=self.chance.choice(self.zone.handbook.categories).id,
            title="-",
            text="-",
            origin=Origin.ENTERPRISE,
            priority=self.chance.choice(list(Priority)),
        )
        self.do(Representative(person="someone", enterprise=first), report)
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
        made = commands(self.zone, self.chance)
        self.chance.shuffle(made)
        if not self.leaning:
            some: set[str] = {command.kind for command in made[:LEANING]}
            self.leaning = self.chance.choice([some, some, some, WAITING])
        if self.chance.random() < LEANT:
            made.sort(key=lambda command: command.kind not in self.leaning)
        for command in made:
            for actor in self.chance.sample(self.zone.actors, len(self.zone.actors)):
                try:
                    self.do(actor, command)
                except NotPermittedError:
                    continue
                except IssueError:
                    break
                return

    def do(self, actor: Actor, command: cmd.Command) -> None:
        """Submit a command; raises the IssueError that refuses it."""
        zone = self.zone.handbook.zone
        sent = cmd.Submission(id="c", zone=zone, key="one", actor=actor, command=command)
        context = Context(at=self.at, terms=self.zone.terms, number="one")
        made = decide(self.issue, sent, context)
        self.issue = made.issue
        kinds = [event.kind for event in made.events]
        self.told.append(f"{self.at:%m-%d %H:%M} {command.kind}: {', '.join(kinds)}")
        self.acts.add(command.kind)
        self.events.update(kinds)


@dataclass
class Found:
    """What a search came by: the lives that lack a deadline, all acts and all events."""

    lacking: list[list[str]] = field(default_factory=list)
    acts: set[str] = field(default_factory=set)
    events: set[str] = field(default_factory=set)


def search(zone: Zone, seeds: range) -> Found:
    """Live one life by each seed."""
    found = Found()
    for seed in seeds:
        life = Life(zone, Random(seed))  # noqa: S311  # lives by chance, not secrets
        if any(life.live()):
            found.lacking.append(life.told)
        found.acts |= life.acts
        found.events |= life.events
    return found


@lru_cache
def searched(name: str) -> Found:
    share = LIVES // len(zones()) + 1
    return search(shipped(name), range(share))


@pytest.mark.parametrize("name", zones())
def test_at_no_moment_does_an_open_issue_lack_a_deadline(name: str) -> None:
    shortest = min(searched(name).lacking, key=len, default=[])

    assert shortest == []


def test_the_lives_try_every_command_and_come_by_every_event() -> None:
    found = [searched(name) for name in zones()]

    assert set().union(*(each.acts for each in found)) >= set(PERMITTED) - NEVER_BY_HAND
    by_adoption = {kind.model_fields["kind"].default for kind in (TermsAdopted, ClockMigrated)}
    assert set().union(*(each.events for each in found)) == set(EVENT_CLASSES) - by_adoption


# --- what the search is able to find: two faults of an earlier revision of the defaults ---


def earlier(id_: str, **changes: Any) -> Zone:
    """Return the zone of Bishan with one of the default clocks changed."""
    terms = read_terms("bishan")
    data = terms.handbook.model_dump(mode="json")
    data["clocks"] = [rule | changes if rule["id"] == id_ else rule for rule in data["clocks"]]
    return zone_of(terms.model_copy(update={"handbook": Handbook.model_validate(data)}))


@pytest.mark.parametrize(
    ("id_", "changes"),
    [
        ("review", {"pause": [{"paused": True}]}),
        ("verification", {"reset": []}),
    ],
)
def test_the_search_finds_the_lives_that_once_lacked_one(id_: str, changes: dict[str, Any]) -> None:
    zone = earlier(id_, **changes)

    assert any(search(zone, range(seed, seed + 1)).lacking for seed in range(400))
