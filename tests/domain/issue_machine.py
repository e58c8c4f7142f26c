"""Any commands, by anybody, at any time, on the zone that uses every rule: what is asked, and what
must hold after each step. Not a test by itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from builders import ENGINE
from facts_walk import PRIORITIES, facts_of, plain
from issue_offers import BEGINS_AT, KEY, ZONE, terms

from desk.changes import changes_of, head_after
from domain import commands as cmd
from domain import commands_of_kin as kn
from domain.canonical import canonical
from domain.clocks import Clock, Move, Standing
from domain.days import zone_of
from domain.decisions import Context, decide
from domain.errors import IssueError, NotPermittedError
from domain.events import Event
from domain.evolve import evolve
from domain.facts_of_handbook import absent_events
from domain.facts_possible import Moment, Space, all_moments
from domain.issue import Issue
from domain.kin import Kin
from domain.people import Actor, Representative, identities_of
from domain.permissions import PERMITTED, Capacity, Setting, capacities_of
from domain.phases import (
    PartStanding,
    Phase,
    ResultClass,
    SignOffOutcome,
)
from domain.team import Part
from ledger.port import Head


def kin_of(command: cmd.Command, enterprise: str) -> Kin | None:
    """Return what the ledger would say of the issue that a command names."""
    named = {
        kn.Link: "target",
        kn.Merge: "target",
        kn.AddChild: "child",
        kn.JudgeSuggestion: "suggested",
    }.get(type(command))
    if named is None:
        return None
    return Kin(key=getattr(command, named), enterprise=enterprise, open=True)


@cache
def table() -> frozenset[Moment]:
    """Return all that can be true right after each event under this handbook."""
    handbook = terms().handbook
    tiers = tuple(range(1, handbook.top_tier + 1))
    absent = absent_events(handbook)
    in_teams = Space(tiers=tiers, priorities=PRIORITIES, parts=True, absent=absent)
    alone = all_moments(Space(tiers=tiers, priorities=PRIORITIES, absent=absent))
    return all_moments(in_teams) | alone


def _capacities(
    actor: Actor, issue: Issue, setting: Setting, part: Part | None
) -> frozenset[Capacity]:
    try:
        return capacities_of(actor, issue, setting, part)
    except NotPermittedError:
        return frozenset()


@dataclass
class Course:
    """One issue as the ledger and its workflow would have it, and all that has happened to it."""

    issue: Issue
    at: datetime
    head: Head
    events: list[Event] = field(default_factory=list)
    sent: int = 0

    @classmethod
    def begun(cls, report: cmd.Report, actor: Actor) -> "Course | None":
        """Return a reported issue, None if the report was refused."""
        submission = cmd.Submission(id="r", zone=ZONE, key=KEY, actor=actor, command=report)
        try:
            decision = decide(None, submission, Context(at=BEGINS_AT, terms=terms()))
        except IssueError:
            return None
        body = canonical(submission)
        changes = changes_of(submission, body, None, decision, terms(), None, heard=False)
        course = cls(decision.issue, BEGINS_AT, head_after(changes, decision.issue))
        course.events.extend(decision.events)
        return course

    def ask(self, command: cmd.Command, actor: Actor) -> tuple[Event, ...] | IssueError:
        """Return what a command came to, or why it was refused. A refusal leaves no trace."""
        self.sent += 1
        owing = self.issue.decisions_open if self.sent % 3 == 0 else ()
        submission = cmd.Submission(
            id=f"c{self.sent}",
            zone=ZONE,
            key=KEY,
            actor=actor,
            command=command,
            under=next(iter(owing), None),
        )
        context = Context(
            at=self.at, terms=terms(), number="N-1", kin=kin_of(command, self.issue.enterprise)
        )
        before = self.issue
        try:
            decision = decide(before, submission, context)
        except IssueError as refusal:
            return refusal
        if decision.events:
            body = canonical(submission)
            changes = changes_of(
                submission, body, before, decision, terms(), self.head, heard=False
            )
            self.head = head_after(changes, decision.issue)
        self.issue = decision.issue
        self.events.extend(decision.events)
        return decision.events

    def who_may(self, command: cmd.Command, people: Sequence[Actor]) -> list[Actor]:
        """Return those of these people who stand so to the issue that they may ask for it."""
        team, named = self.issue.team, getattr(command, "part", None)
        part = team.part(named) if team is not None and isinstance(named, str) else None
        local = self.at.astimezone(zone_of(terms().calendar.time_zone))
        setting = Setting(terms().handbook, local, command.kind)
        allowed = PERMITTED[command.kind]
        return [a for a in people if allowed & _capacities(a, self.issue, setting, part)]

    def ring(self) -> tuple[Event, ...]:
        """Let the next rung fire, at its instant; nothing if none is to come."""
        due = self.issue.next_rung
        if due is None:
            return ()
        self.at = max(self.at, due[1].due_at)
        named = cmd.RingRung(clock=due[0].id, cycle=due[0].cycle, rung=due[1].id)
        rung = self.ask(named, ENGINE)
        assert not isinstance(rung, IssueError), rung
        return rung


def check(course: Course, before: Issue, events: tuple[Event, ...]) -> None:
    """Hold what must hold after every step against it."""
    issue = course.issue
    assert issue.owner in terms().handbook.posts_by_id, "exactly one accountable owner"
    if issue.is_open:
        assert issue.next_rung is not None, "an open issue has a deadline ahead"
        armed = course.head.armed_due_at
        assert armed is not None
        assert armed <= issue.next_rung[1].due_at, "the workflow wakes no later than the first rung"
    folded = before
    for event in events:
        folded = evolve(folded, event, zone=ZONE, key=KEY, terms=terms().hash)
        _check_event(folded, event)
        for part in (None,) if folded.team is None else folded.team.parts:
            moment = Moment(event.kind, plain(facts_of(folded, None if part is None else part.id)))
            assert moment in table(), "the table of what is possible has it"
        _check_parts(folded, event.at)
        _check_owing(folded)
    assert folded == issue, "what was decided is what the events fold to"


def _check_event(issue: Issue, event: Event) -> None:
    sign_off = issue.sign_off
    if event.kind == "sign_off_answered" and event.outcome is SignOffOutcome.ACCEPTED:
        assert isinstance(event.by, Representative), "only the enterprise itself accepts"
    if event.kind == "sign_off_lapsed":
        assert sign_off is not None
        assert sign_off.outcome is SignOffOutcome.DEEMED_ACCEPTED, "silence is no acceptance"
    if event.kind == "issue_closed_out":
        assert sign_off is not None
        assert sign_off.outcome is not None or issue.rectification is not None
        bound = {sign_off.proposed_by, sign_off.proposed_for, *sign_off.answerers}
        assert bound.isdisjoint(identities_of(event.by)), "another person verifies"
        assert issue.children_open == (), "a parent closes last"
        form = issue.application
        solved = sign_off.resolution.result is ResultClass.SOLVED
        if form is not None and solved:
            assert form.missing == (), "no way around the gate"


def _check_owing(issue: Issue) -> None:
    """Whoever owes a part at work, or a ruling on one, owes it by some time."""
    rule, team = terms().handbook.joint_team, issue.team
    if rule is None or team is None or issue.phase is not Phase.HANDLING:
        return
    live = {clock.id for clock in issue.clocks if clock.is_live}
    for part in team.parts:
        if part.standing is PartStanding.REFUSED and part.arbiter is not None:
            assert f"{rule.ruling}.{team.number}.{part.id}" in live, "an arbiter has a limit"
        owes = part.standing in (PartStanding.ASKED, PartStanding.ACCEPTED)
        if owes and issue.pause is None:
            assert f"{rule.part}.{team.number}.{part.id}" in live, "a part at work has a limit"


def _check_parts(issue: Issue, at: datetime) -> None:
    """A lead whose time is over by now is late itself, whether that has been told or not."""
    rule = terms().handbook.joint_team
    lead = None if rule is None else issue.clock(rule.lead)
    if lead is None or lead.standing is not Standing.RUNNING or lead.breached_at is not None:
        return
    if lead.due_at is None or lead.due_at <= at:
        return
    for clock in issue.clocks:
        if rule is not None and clock.rule == rule.part and clock.due_at is not None:
            assert clock.due_at <= lead.due_at, "a part ends within the lead's time"


def check_whole(course: Course) -> None:
    """Hold a whole life against itself: the fold, the snapshot, the cycles of its clocks."""
    issue: Issue | None = None
    for event in course.events:
        issue = evolve(issue, event, zone=ZONE, key=KEY, terms=terms().hash)
    assert issue == course.issue, "the snapshot is the fold of the ledger"
    assert Issue.model_validate_json(course.issue.model_dump_json()) == course.issue
    instants = [event.at for event in course.events]
    assert instants == sorted(instants)
    _check_cycles(course)


def _check_cycles(course: Course) -> None:
    live: dict[str, int] = {}
    begun: dict[str, int] = {}
    for event in course.events:
        moved = [change.clock for change in event.clocks]
        assert len(moved) == len(set(moved)), "one event moves a clock once"
        for change in event.clocks:
            id_ = change.clock
            if change.move is Move.START:
                assert id_ not in live
            else:
                assert id_ in live, "only a live clock moves"
            if change.move in (Move.START, Move.RESET):
                assert change.cycle == begun.get(id_, 0) + 1
                begun[id_] = live[id_] = change.cycle
            elif change.move in (Move.STOP, Move.CANCEL):
                assert change.cycle == live.pop(id_)
                assert change.verdict is not None, "a cycle that ends has a verdict"
    standing: list[Clock] = [clock for clock in course.issue.clocks if clock.is_live]
    assert {clock.id for clock in standing} == set(live)
    if course.issue.phase is Phase.CLOSED:
        assert not live, "nothing runs once an issue is closed"
