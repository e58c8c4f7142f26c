"""Counter-examples played through the engine itself, to show that each is real."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from domain import commands as cmd
from domain import commands_of_ladder as ld
from domain import commands_of_modes as md
from domain import commands_of_time as tm
from domain.clock_life import SOME_ISSUE
from domain.decisions import Context, decide
from domain.errors import IssueError
from domain.issue import Issue, Request, Resolution, SignOff
from domain.ladder import Entry, enter
from domain.people import ENGINE, Actor, Officer, Representative
from domain.permissions import Capacity, Setting, capacities_of
from domain.phases import Origin, PauseReason, Priority, ResultClass
from domain.proof_of_deadlines import Lack, Tread, climbed, searched
from domain.proof_space import world_of
from domain.terms import Terms

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
"""A Monday, 09:00 in Chongqing."""
RINGS_MAX = 400
A_WHILE = timedelta(minutes=1)
SOLVED = Resolution(result=ResultClass.SOLVED, summary="Done.")


def lacks(terms: Terms) -> tuple[Lack, ...]:
    """Return what the search finds lacking, with each tier of the ways named."""
    world = world_of(terms.handbook)
    found = searched(terms.handbook).lacks
    return tuple(Lack(each.what, each.clock, climbed(each.path, world)) for each in found)


def acts_for(tread: Tread, terms: Terms) -> tuple[cmd.Command, ...]:
    """Return what somebody does so that an event comes about."""
    book, facts = terms.handbook, tread.facts
    reason = facts.waiting or PauseReason.WAITING_ENTERPRISE
    outside = next((unit.id for unit in book.units if unit.external), None)
    party = outside if reason is PauseReason.WAITING_OUTSIDE else None
    made: dict[str, tuple[cmd.Command, ...]] = {
        "issue_accepted": (cmd.Accept(),),
        "issue_escalated": (cmd.Escalate(to_tier=max(2, facts.tier or 2), reason="-"),),
        "issue_deescalated": (cmd.Deescalate(to_tier=facts.tier or 1, reason="-"),),
        "issue_paused": (cmd.Pause(reason=reason, party=party, note="-"),),
        "issue_resumed": (cmd.Resume(note="-"),),
        "issue_parked": (md.AskParking(reason="-"), tm.Grant(note="-")),
        "issue_unparked": (md.Unpark(reason="-"),),
        "parking_prolonged": (md.ProlongParking(reason="-"),),
        "resolution_proposed": (cmd.ProposeResolution(resolution=SOLVED),),
        "sign_off_answered": (cmd.Confirm(),),
        "resolution_rejected": (cmd.Reject(reason="-"),),
        "resolution_sent_back": (cmd.SendBack(reason="-"),),
        "issue_closed_out": (cmd.Verify(),),
        "issue_withdrawn": (cmd.Withdraw(reason="-"),),
        "issue_acknowledged": (ld.Acknowledge(),),
        "issue_urged": (ld.Urge(text="-"),),
        "note_added": (cmd.Note(text="-"),),
        "plan_made": (tm.MakePlan(plan="-"),),
        "enterprise_contacted": (tm.Contact(note="-"),),
        "reply_demanded": (tm.DemandReply(question="-"),),
        "reply_given": (tm.GiveReply(reply="-"),),
    }
    return made[tread.event]


@dataclass
class Replay:
    """A way through joint states, played by people and by time."""

    terms: Terms
    at: datetime = AT
    issue: Issue | None = None
    happened: list[str] = field(default_factory=list)

    def play(self, path: tuple[Tread, ...]) -> Issue:
        """Follow a way to its end; raises LookupError where nobody can go on."""
        for tread in path:
            if tread.rung is not None:
                self._until(*tread.rung)
            elif tread.event in self.happened:
                self.happened.remove(tread.event)
            else:
                self.at += A_WHILE
                for command in self._commands(tread):
                    self.act(command)
                self.happened.clear()
        return self.now

    @property
    def now(self) -> Issue:
        """Return the issue as it stands."""
        assert self.issue is not None
        return self.issue

    def run_out(self, rings: int = RINGS_MAX) -> Issue:
        """Let time alone go on, until nothing is due any more or so many rungs have fired."""
        for _ in range(rings):
            if self.now.next_rung is None:
                break
            self._ring()
        return self.now

    def act(self, command: cmd.Command) -> None:
        """Let the first who may do it."""
        refused: IssueError | None = None
        for actor in self._people():
            try:
                self._submit(actor, command)
            except IssueError as error:
                refused = error
            else:
                return
        raise LookupError(f"nobody can {command.kind}: {refused}")

    def _commands(self, tread: Tread) -> tuple[cmd.Command, ...]:
        if tread.event != "issue_reported":
            return acts_for(tread, self.terms)
        facts, book = tread.facts, self.terms.handbook
        categories = [facts.category] if facts.category else [each.id for each in book.categories]
        report = cmd.Report(
            enterprise=book.enterprises[0].id,
            category=categories[0],
            title="-",
            text="-",
            origin=Origin.ENTERPRISE,
            priority=facts.priority or Priority.ORDINARY,
            tier=facts.tier or 1,
        )
        return (report,)

    def _until(self, clock: str, rung: str) -> None:
        """Ring what is due, until this rung has rung."""
        for _ in range(RINGS_MAX):
            if self.now.next_rung is None:
                raise LookupError(f"{clock}.{rung} is not due any more")
            fired_clock, fired = self._ring()
            if fired_clock == clock and fired.split(".")[0] == rung:
                return
        raise LookupError(f"{clock}.{rung} does not come")

    def _ring(self) -> tuple[str, str]:
        due = self.now.next_rung
        assert due is not None
        clock, rung = due
        self.at = max(self.at, rung.due_at)
        self.happened = self._submit(
            ENGINE, cmd.RingRung(clock=clock.id, cycle=clock.cycle, rung=rung.id)
        )
        return clock.rule, rung.id

    def _submit(self, actor: Actor, command: cmd.Command) -> list[str]:
        zone = self.terms.handbook.zone
        sent = cmd.Submission(id="c", zone=zone, key="one", actor=actor, command=command)
        made = decide(self.issue, sent, Context(at=self.at, terms=self.terms, number="one"))
        self.issue = made.issue
        return [event.kind for event in made.events]

    def _people(self) -> Iterator[Actor]:
        book = self.terms.handbook
        yield Representative(person="someone", enterprise=book.enterprises[0].id)
        for post in book.posts:
            for person in post.holders:
                yield Officer(person=person, post=post.id)


COMES = re.compile(r"an issue of enterprise (\S+) comes to tier (\d) on \w+ (\S+ \S+)")
ASKS = re.compile(
    r"on (\S+) (\S+)(?: for (\S+))? \(\S+\) (?:does ask_(\w+)|proposes) for an issue of enterprise "
    r"(\S+) at tier (\d)(?: → (\S+)(?: for (\S+))? \(\S+\) records the answer)?"
)


def entered(terms: Terms, told: str) -> Entry | None:
    """Return how the ladder takes the issue that a counter-example tells of; None if it is another
    kind of example."""
    found = COMES.search(told)
    if found is None:
        return None
    enterprise, tier, at = found.groups()
    return enter(terms.handbook, enterprise, int(tier), datetime.fromisoformat(at))


def who_may_answer(terms: Terms, told: str) -> list[str] | None:
    """Return who in the zone may grant or verify what a counter-example tells of; None if it is
    another kind of example."""
    found = ASKS.search(told)
    if found is None:
        return None
    day, person, principal, asked, enterprise, tier, answerer, answered_for = found.groups()
    named = {"enterprise": enterprise, "tier": int(tier)}
    if asked is None:
        answerers = tuple(each for each in (answerer, answered_for) if each is not None)
        named["sign_off"] = SignOff(
            round=1,
            resolution=Resolution(result=ResultClass.PARTLY, summary="-", reason="-"),
            proposed_at=AT,
            proposed_by=person,
            proposed_for=principal,
            proposed_tier=int(tier),
            answerers=answerers,
        )
    else:
        named["request"] = Request(
            asked=asked, asked_at=AT, asked_by=person, asked_for=principal, note="-"
        )
    wanted = Capacity.VERIFIER if asked is None else Capacity.APPROVER
    local = datetime.fromisoformat(f"{day} 12:00")
    setting = Setting(terms.handbook, local, "verify" if asked is None else "grant")
    issue = SOME_ISSUE.model_copy(update=named)
    return [
        f"{officer.person} ({officer.post})"
        for officer in officers(terms)
        if wanted in _standing(officer, issue, setting)
    ]


def officers(terms: Terms) -> Iterator[Officer]:
    """Yield everybody in every post, and whoever may act for them."""
    for post in terms.handbook.posts:
        for person in post.holders:
            yield Officer(person=person, post=post.id)
    for each in terms.handbook.delegations:
        yield Officer(person=each.deputy, post=each.post, on_behalf_of=each.principal)


def _standing(officer: Officer, issue: Issue, setting: Setting) -> frozenset[Capacity]:
    try:
        return capacities_of(officer, issue, setting)
    except IssueError:
        return frozenset()
