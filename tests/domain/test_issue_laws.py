"""What holds of every issue, whoever does what and whenever: random lives on the real `decide`.

CLOSEOUT_DEEP=1 lives ten times as many of them.
"""

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from builders import (
    ACCEPT,
    ACTORS,
    ASSIGN,
    CALENDAR,
    CONFIRM,
    CONFIRM_BY_PROXY,
    CONVENE,
    COORDINATOR,
    DEESCALATE,
    DIRECTOR,
    ENGINE,
    ENTERPRISE,
    ESCALATE,
    HAND_OVER,
    HANDBOOK,
    HEAD,
    HISTORY_LOST,
    KEY,
    MON_9,
    NOTE,
    PARTLY,
    PAUSE,
    POWER_PART,
    PROPOSE,
    REJECT,
    REOPEN,
    RESUME,
    SEND_BACK,
    SHANGHAI,
    TERMS,
    TURN_AWAY,
    UNREACHABLE,
    VERIFY,
    VICE_DIRECTOR,
    WITHDRAW,
    ZONE,
    context,
    records_of,
    report,
    ring,
    submission,
)
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain import commands as cmd
from domain.chain import Record, breaks
from domain.clocks import Basis, Move, Standing, Verdict
from domain.decisions import decide
from domain.errors import IssueError
from domain.events import EVENT, Event
from domain.evolve import evolve
from domain.issue import Issue
from domain.organization import owner_post, post
from domain.people import Actor, Officer
from domain.phases import Outcome, PauseReason, Phase
from domain.timekeeping import spent_ms

LIVES = 60 * (10 if os.environ.get("CLOSEOUT_DEEP") == "1" else 1)
ACTS_MAX = 40
MILLISECOND = timedelta(milliseconds=1)

PARTS = ("survey", "cable", "permit", "bridge")
SECOND_TEAM = cmd.ConveneTeam(lead="power", parts=(POWER_PART,))
ON_PARTS = [
    act
    for part in PARTS
    for act in (
        cmd.AcceptPart(part=part),
        cmd.RefusePart(part=part, reason="Not ours."),
        cmd.FinishPart(part=part, summary="Done."),
        cmd.WaivePart(part=part, reason="Not needed."),
    )
]
COMMANDS = [
    report(),
    report(tier=2),
    ACCEPT,
    cmd.Accept(category="power-supply"),
    cmd.Accept(category="weather"),
    TURN_AWAY,
    ASSIGN,
    cmd.Assign(handler="nobody"),
    HAND_OVER,
    cmd.HandOver(unit="customs", reason="Theirs."),
    NOTE,
    ESCALATE,
    cmd.Escalate(to_tier=3, reason="For the zone."),
    cmd.Escalate(to_tier=5, reason="Higher."),
    DEESCALATE,
    cmd.Deescalate(to_tier=2, reason="For the area."),
    CONVENE,
    SECOND_TEAM,
    *ON_PARTS,
    PAUSE,
    cmd.Pause(reason=PauseReason.WAITING_OUTSIDE, party="customs", note="At customs."),
    RESUME,
    PROPOSE,
    cmd.ProposeResolution(resolution=PARTLY),
    CONFIRM,
    CONFIRM_BY_PROXY,
    REJECT,
    UNREACHABLE,
    cmd.MarkUnreachable(attempts=1, note="No answer."),
    VERIFY,
    SEND_BACK,
    WITHDRAW,
    REOPEN,
    ring(),
    ring("sign_off"),
    ring("tide", 3, "due"),
    HISTORY_LOST,
]
FITTING = {
    Phase.INTAKE: [ACCEPT, ACCEPT, ACCEPT, ESCALATE, NOTE, TURN_AWAY, WITHDRAW],
    Phase.HANDLING: [
        PROPOSE,
        PROPOSE,
        cmd.ProposeResolution(resolution=PARTLY),
        ESCALATE,
        DEESCALATE,
        CONVENE,
        SECOND_TEAM,
        *ON_PARTS,
        PAUSE,
        RESUME,
        RESUME,
        HAND_OVER,
        ASSIGN,
        NOTE,
        WITHDRAW,
    ],
    Phase.SIGN_OFF: [
        CONFIRM,
        CONFIRM_BY_PROXY,
        REJECT,
        REJECT,
        UNREACHABLE,
        VERIFY,
        VERIFY,
        SEND_BACK,
        WITHDRAW,
        NOTE,
    ],
    Phase.CLOSED: [REOPEN, NOTE],
}


def working_ms(from_at: datetime, to_at: datetime) -> int:
    """Count Monday to Friday, 09:00 to 17:00, day by day: shares nothing with the calendar."""
    total = timedelta()
    begin, end = from_at.astimezone(SHANGHAI), to_at.astimezone(SHANGHAI)
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    while midnight < end:
        if midnight.weekday() < 5:
            opens, closes = midnight + timedelta(hours=9), midnight + timedelta(hours=17)
            total += max(timedelta(), min(end, closes) - max(begin, opens))
        midnight += timedelta(days=1)
    return total // MILLISECOND


def counted_ms(basis: Basis, from_at: datetime, to_at: datetime) -> int:
    return (to_at - from_at) // MILLISECOND if basis is Basis.WALL else working_ms(from_at, to_at)


@dataclass
class Life:
    """One issue's life so far: what the ledger would hold of it."""

    issue: Issue | None = None
    at: datetime = MON_9
    events: list[Event] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)

    def try_(self, command: cmd.Command, actor: Actor) -> bool:
        """Submit a command; return whether it was taken. Only an IssueError may refuse it."""
        sent = submission(command, actor)
        try:
            decision = decide(self.issue, sent, context(self.at))
        except IssueError:
            return False
        assert decide(self.issue, sent, context(self.at)) == decision
        issue = self.issue
        for event in decision.events:
            issue = evolve(issue, event, zone=ZONE, key=KEY, terms=TERMS.hash)
        assert issue == decision.issue
        self.records += records_of(decision, sent, after=self.records)
        self.events += decision.events
        self.issue = decision.issue
        return True


def wait(draw: st.DrawFn, life: Life) -> timedelta:
    """Return how long until the next act; often to a rung's very instant, or just beside it."""
    rung = None if life.issue is None else life.issue.next_rung
    if rung is not None and draw(st.integers(0, 3)) == 0:
        beside = draw(st.sampled_from([-1, 0, 0, 1])) * MILLISECOND
        return max(timedelta(), rung[1].due_at + beside - life.at)
    minutes = draw(st.sampled_from([0, 0, 0, 1, 1, 7, 7, 60, 195, 480, 1440, 4320, 20160]))
    return timedelta(minutes=minutes, milliseconds=draw(st.integers(0, 3)) * 333)


def somebody(draw: st.DrawFn, issue: Issue) -> Actor:
    """Return someone who has to do with the issue, more often than not."""
    in_charge: list[Actor] = [
        Officer(person=person, post=id_)
        for id_ in (issue.owner, issue.handler)
        for person in post(HANDBOOK, id_).people
    ]
    around = [ENTERPRISE, COORDINATOR, HEAD, DIRECTOR, VICE_DIRECTOR]
    units = [ACTORS["section"], ACTORS["power section"]]
    return draw(st.sampled_from([*in_charge, *in_charge, *around, *units]))


def way_on(issue: Issue) -> list[tuple[cmd.Command, Actor]]:
    """Return what would bring the issue forward, and by whom."""
    owner = Officer(person=post(HANDBOOK, issue.owner).people[0], post=issue.owner)
    match issue.phase:
        case Phase.INTAKE:
            return [(ACCEPT, owner)]
        case Phase.CLOSED:
            return [(REOPEN, ENTERPRISE)]
        case Phase.SIGN_OFF if issue.sign_off.outcome is None:
            return [(CONFIRM, ENTERPRISE), (REJECT, ENTERPRISE), (UNREACHABLE, COORDINATOR)]
        case Phase.SIGN_OFF:
            return [(VERIFY, HEAD), (VERIFY, DIRECTOR), (VERIFY, VICE_DIRECTOR), (SEND_BACK, HEAD)]
    if issue.pause is not None:
        return [(RESUME, owner)]
    if issue.team is not None and issue.team.open_parts:
        units = {"roads": ACTORS["section"], "power": ACTORS["power section"]}
        part = issue.team.open_parts[0]
        done = cmd.FinishPart(part=part.id, summary="Done.")
        return [(done, units[part.unit]), (cmd.WaivePart(part=part.id, reason="-"), owner)]
    return [(PROPOSE, owner), (PROPOSE, owner), (PAUSE, owner), (CONVENE, owner)]


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """Live through a random life, checking after every act what must hold at any moment."""
    life = Life()
    life.try_(
        report(priority=draw(st.sampled_from(["ordinary", "ordinary", "emergency"]))), ENTERPRISE
    )
    for _ in range(draw(st.integers(1, ACTS_MAX) | st.just(ACTS_MAX))):
        life.at += wait(draw, life)
        way = draw(st.integers(0, 7))
        if way >= 4:
            command, actor = draw(st.sampled_from(way_on(life.issue)))
        elif way:
            command = draw(st.sampled_from(FITTING[life.issue.phase]))
            actor = somebody(draw, life.issue)
        else:
            command = draw(st.sampled_from(COMMANDS))
            actor = draw(st.sampled_from(list(ACTORS.values())))
        if life.try_(command, actor):
            check_moment(life)
    return life


def check_moment(life: Life) -> None:
    """Check what holds after every act that was taken."""
    issue = life.issue
    assert issue.owner == owner_post(HANDBOOK, issue.enterprise, issue.tier).id
    assert post(HANDBOOK, issue.handler) is not None
    assert issue.version == len(life.events)
    assert (issue.outcome is None) == (issue.closed_at is None) == issue.is_open
    assert any(clock.is_live for clock in issue.clocks) == issue.is_open
    if not issue.is_open:
        assert issue.next_rung is None
        return
    assert issue.next_rung is None or issue.next_rung[1].due_at >= life.at
    standing = {clock.id: clock.standing for clock in issue.clocks if clock.is_live}
    for id_ in standing.keys() & {"handling", "resolution", "redo"}:
        stands = issue.pause is not None or (id_ == "resolution" and issue.phase is Phase.SIGN_OFF)
        assert standing[id_] is (Standing.PAUSED if stands else Standing.RUNNING)
    once = Life(issue, life.at)
    assert once.try_(ring(), ENGINE)
    twice = Life(once.issue, life.at)
    assert twice.try_(ring(), ENGINE)
    assert (twice.events, twice.issue) == ([], once.issue)


random_lives = settings(
    max_examples=LIVES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
fewer_lives = settings(random_lives, max_examples=LIVES // 2)


@random_lives
@for_all(lives())
def test_whatever_happens_to_an_issue_the_laws_hold(life):
    check_ledger(life)
    check_elapsed(life)
    check_rungs(life)
    check_breaches(life)


def check_ledger(life: Life) -> None:
    """The records chain, read back equal, and never go back in time."""
    assert list(breaks(life.records)) == []
    assert [record.event for record in life.records] == life.events
    assert [EVENT.validate_json(e.model_dump_json()) for e in life.events] == life.events
    assert Issue.model_validate_json(life.issue.model_dump_json()) == life.issue
    assert [e.at for e in life.events] == sorted(e.at for e in life.events)


@dataclass
class Count:
    """What a cycle of a clock has spent, counted from its transitions alone."""

    basis: Basis
    budget_ms: int
    since_at: datetime | None
    spent_ms: int = 0

    def until(self, at: datetime) -> int:
        if self.since_at is None:
            return self.spent_ms
        return self.spent_ms + counted_ms(self.basis, self.since_at, at)


def counts_of(life: Life) -> dict[tuple[str, int], Count]:
    """Return every cycle's count; each transition's own figure is checked on the way."""
    counts: dict[tuple[str, int], Count] = {}
    for event in life.events:
        assert len({change.clock for change in event.clocks}) == len(event.clocks)
        for change in event.clocks:
            key = (change.clock, change.cycle)
            if change.move in (Move.START, Move.RESET):
                if change.move is Move.RESET:
                    before = counts[change.clock, change.cycle - 1]
                    assert change.elapsed_ms == before.until(event.at)
                    before.spent_ms, before.since_at = change.elapsed_ms, None
                assert key not in counts
                counts[key] = Count(change.run.basis, change.run.budget_ms, event.at)
                continue
            count = counts[key]
            assert change.elapsed_ms == count.until(event.at)
            count.spent_ms = change.elapsed_ms
            count.since_at = event.at if change.move is Move.RESUME else None
    return counts


def check_elapsed(life: Life) -> None:
    """What the fold says a clock has spent is what its event list adds up to (R1.7)."""
    counts = counts_of(life)
    for clock in life.issue.clocks:
        count = counts[clock.id, clock.cycle]
        assert spent_ms(clock, CALENDAR, life.at) == count.until(life.at)
        assert (clock.standing is Standing.RUNNING) == (count.since_at is not None)
        for rung in clock.rungs:
            rule = next(r for r in TERMS.rules_by_id[clock.rule].rungs if r.id == rung.id)
            threshold_ms = count.budget_ms * rule.percent // 100
            assert count.until(rung.due_at) == max(threshold_ms, count.spent_ms)


def check_rungs(life: Life) -> None:
    """Each rung fires at most once a cycle, never early; none is lost while its clock runs."""
    fired = [(e.clock, e.cycle, e.rung) for e in life.events if e.kind == "rung_fired"]
    assert len(fired) == len(set(fired))
    assert all(e.due_at <= e.at for e in life.events if e.kind == "rung_fired")
    for clock in life.issue.clocks:
        rungs = [rung.id for rung in TERMS.rules_by_id[clock.rule].rungs]
        assert set(clock.fired) == {r for c, n, r in fired if (c, n) == (clock.id, clock.cycle)}
        if clock.standing is Standing.RUNNING:
            assert sorted([*clock.fired, *(rung.id for rung in clock.rungs)]) == sorted(rungs)


def check_breaches(life: Life) -> None:
    """A breach stays: with its clock while the cycle lives, in the verdict of a cycle that ends."""
    breached: set[tuple[str, int]] = set()
    issue: Issue | None = None
    for event in life.events:
        if event.kind == "rung_fired" and event.percent == 100:
            breached.add((event.clock, event.cycle))
        issue = evolve(issue, event, zone=ZONE, key=KEY, terms=TERMS.hash)
        for clock in issue.clocks:
            assert (clock.breached_at is not None) == ((clock.id, clock.cycle) in breached)
        for change in event.clocks:
            if change.move is Move.STOP and issue.outcome is not Outcome.WITHDRAWN:
                late = (change.clock, change.cycle) in breached
                assert change.verdict is (Verdict.BREACHED_THEN_MET if late else Verdict.MET)
            if change.move is Move.RESET:
                assert change.verdict is Verdict.HANDED_OVER


@fewer_lives
@for_all(lives(), st.data())
def test_a_ring_delivered_twice_or_in_any_order_changes_nothing(life, data):
    if life.issue.next_rung is None:
        return
    clock, rung = life.issue.next_rung
    life.at = max(life.at, rung.due_at) + data.draw(st.timedeltas(timedelta(), timedelta(days=9)))
    once = Life(life.issue, life.at)
    assert once.try_(ring(clock.id, clock.cycle, rung.id), ENGINE)

    other = Life(life.issue, life.at)
    assert other.try_(data.draw(st.sampled_from([ring("tide"), ring(rung="at-50")])), ENGINE)
    twice = Life(once.issue, life.at)
    assert twice.try_(ring(clock.id, clock.cycle, rung.id), ENGINE)

    assert (clock.id, rung.id) in [(e.clock, e.rung) for e in once.events if e.kind == "rung_fired"]
    assert other.events == once.events
    assert (twice.events, twice.issue) == ([], once.issue)


@fewer_lives
@for_all(lives(), st.data())
def test_an_act_meets_the_same_issue_whether_or_not_the_ring_came_first(life, data):
    life.at += wait(data.draw, life)
    command = data.draw(st.sampled_from(FITTING[life.issue.phase]))
    actor = somebody(data.draw, life.issue)

    act = Life(life.issue, life.at)
    ring_first = Life(life.issue, life.at)
    assert ring_first.try_(ring(), ENGINE)
    taken_after = ring_first.try_(command, actor)

    assert act.try_(command, actor) == taken_after
    if taken_after:
        assert act.events == ring_first.events
        assert act.issue == ring_first.issue
