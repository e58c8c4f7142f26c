"""The two views of a clock (R3.5) over lives by chance, held against a count of their moves alone.

CLOSEOUT_DEEP=1 tells ten times as many lives.
"""

from datetime import datetime

import builders as b
import pytest
from deep import deep
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st
from laws import MILLISECOND, Life, counted_ms, lives
from moving_lives import MovingLife, moving_lives

from domain import commands_of_time as tm
from domain.clocks import Move, Standing
from domain.durations import Basis
from domain.known import known_now
from domain.people import ENGINE
from domain.reading import spent_ms

TERMS = {b.TERMS.hash: b.TERMS}
KNOWN_LIVES = deep("lives in two views", 800)
LAWS = settings(
    max_examples=KNOWN_LIVES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.deep
@LAWS
@for_all(lives())
def test_where_nobody_says_otherwise_both_views_are_what_was_recorded(life: Life) -> None:
    known = known_now(life.records, TERMS, life.at)

    assert all(each.then == each.now and not each.differences for each in known)
    last = {each.clock: each for each in known}
    assert last.keys() == {each.id for each in life.issue.clocks}
    for each in life.issue.clocks:
        found = last[each.id]
        assert (found.cycle, found.standing, found.verdict) == (
            each.cycle,
            each.standing,
            each.verdict,
        )
        assert found.then.elapsed_ms == spent_ms(each, b.CALENDAR, life.at)
        assert each.standing is not Standing.RUNNING or found.then.due_at == each.due_at
    for event in life.events:
        for change in event.clocks:
            ended = change.cycle - (change.move == "reset")
            found = next(k for k in known if (k.clock, k.cycle) == (change.clock, ended))
            if change.verdict is not None:
                assert found.then.elapsed_ms == change.elapsed_ms
                assert found.verdict is change.verdict


@pytest.mark.deep
@LAWS
@for_all(lives(), st.data())
def test_whatever_is_claimed_the_second_view_keeps_its_order_and_adds_up(
    life: Life, data: st.DataObject
) -> None:
    if not life.issue.is_open:
        return
    people = [r.version for r in life.records if r.event.by != ENGINE]
    for _ in range(data.draw(st.integers(1, 3))):
        version = data.draw(st.sampled_from(people))
        back = data.draw(st.integers(0, 40 * 86_400_000)) * MILLISECOND
        took_place_at = life.records[version - 1].at - back
        command = tm.Correct(version=version, took_place_at=took_place_at, reason="The log book.")
        assert life.try_(command, b.COORDINATOR)

    expected = counted_as_known(life)
    for each in known_now(life.records, TERMS, life.at):
        now = each.now
        assert now.elapsed_ms == expected[each.clock, each.cycle]
        assert now.started_at <= each.then.started_at
        assert now.ended_at is None or now.started_at <= now.ended_at <= each.then.ended_at
        assert all(d.counted_at <= d.recorded_at for d in each.differences)
        if each.standing is Standing.RUNNING and now.breached:
            assert now.due_at <= life.at
        elif each.standing is Standing.RUNNING:
            left = counted_ms(each.basis, life.at, now.due_at)
            assert left == now.budget_ms - now.elapsed_ms


@pytest.mark.deep
@LAWS
@for_all(moving_lives(), st.data())
def test_changes_of_target_are_told_alike_and_a_claim_shifts_no_more_than_it_says(
    life: MovingLife, data: st.DataObject
) -> None:
    if life.issue.is_open:
        assert life.try_(b.ring(), ENGINE)
    before = known_now(life.records, life.by_hash, life.at)
    assert all(each.then == each.now for each in before)
    for each in life.issue.clocks:
        found = next(k for k in before if (k.clock, k.cycle) == (each.id, each.cycle))
        rule = life.terms.rules_by_id.get(each.rule)
        calendar = life.terms.calendar if rule is None else life.terms.calendar_of(rule)
        assert found.then.elapsed_ms == spent_ms(each, calendar, life.at)
        assert (found.then.budget_ms, found.standing) == (each.budget_ms, each.standing)

    version = data.draw(st.sampled_from([r.version for r in life.records if r.event.by != ENGINE]))
    back = data.draw(st.integers(0, 3 * 86_400_000)) * MILLISECOND
    took_place_at = life.records[version - 1].at - back
    command = tm.Correct(version=version, took_place_at=took_place_at, reason="The log book.")
    assert life.try_(command, b.COORDINATOR)

    after = known_now(life.records, life.by_hash, life.at)
    assert [each.then for each in after][: len(before)] == [each.then for each in before]
    for each in after:
        now, then = each.now, each.then
        assert then.started_at - back <= now.started_at <= then.started_at
        assert now.ended_at is None or then.ended_at - back <= now.ended_at <= then.ended_at
        assert now.elapsed_ms >= 0
        assert abs(now.elapsed_ms - then.elapsed_ms) <= 2 * (back // MILLISECOND)
        assert now == then or version in [d.version for d in each.differences]


def counted_as_known(life: Life) -> dict[tuple[str, int], int]:
    """Count every cycle from its moves alone, each put where it took place and kept in order."""
    corrected = {e.version: e.took_place_at for e in life.events if e.kind == "fact_corrected"}
    known: dict[str, datetime] = {}
    since: dict[tuple[str, int], datetime] = {}
    counted: dict[tuple[str, int], int] = {}
    bases: dict[tuple[str, int], Basis] = {}
    for record, event in zip(life.records, life.events, strict=True):
        claimed_at = min(corrected.get(record.version, event.at), event.at)
        first_at = min(corrected.get(1, life.events[0].at), life.events[0].at)
        for change in event.clocks:
            at = max(claimed_at, known.get(change.clock, first_at))
            known[change.clock] = at
            ended = change.clock, change.cycle - (change.move is Move.RESET)
            if ended in since:
                counted[ended] += counted_ms(bases[ended], since.pop(ended), at)
            if change.move in (Move.START, Move.RESET, Move.RESUME):
                key = change.clock, change.cycle
                bases[key] = change.run.basis
                counted.setdefault(key, 0)
                since[key] = at
    for key, since_at in since.items():
        counted[key] += counted_ms(bases[key], since_at, life.at)
    return counted
