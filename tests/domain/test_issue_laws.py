"""What holds of every issue, whoever does what and whenever: random lives on the real `decide`.

CLOSEOUT_DEEP=1 lives ten times as many of them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from builders import (
    CALENDAR,
    ENGINE,
    KEY,
    TERMS,
    ZONE,
    ring,
)
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st
from laws import FITTING, LIVES, Life, counted_ms, lives, somebody, wait

from domain.chain import breaks
from domain.clocks import Basis, Move, Standing, Verdict
from domain.events import EVENT
from domain.evolve import evolve
from domain.issue import Issue
from domain.phases import Outcome
from domain.timekeeping import spent_ms

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
