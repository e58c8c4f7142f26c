"""The rows that follow from events are the same however the events are cut into commands."""

from collections.abc import Sequence

import pytest
from lives import (
    DAY,
    TERMS,
    Life,
    accepted,
    at,
    clock_moves,
    closed_out,
    note,
    reported,
    rung_fired,
)

from domain.clocks import Move
from domain.events import Event
from domain.evolve import evolve
from domain.issue import Issue
from ledger.port import ClockRow
from ledger.projections import columns_of, rows_of

PAUSED = note(3).model_copy(update={"clocks": (clock_moves(Move.PAUSE, 3, cycle=2),)})
RESUMED = note(5).model_copy(update={"clocks": (clock_moves(Move.RESUME, 5, cycle=2),)})
RESTARTED = note(9).model_copy(update={"clocks": (clock_moves(Move.START, 9, cycle=2),)})

LIVES: dict[str, list[Event]] = {
    "a breach, then a reset": [reported(), rung_fired("full", 25), accepted("No-1", 26)],
    "a stop, then a start": [reported(), closed_out(8), RESTARTED],
    "a pause between two resets": [
        reported(),
        accepted("No-1"),
        PAUSED,
        RESUMED,
        rung_fired("half", 18, cycle=2),
        note(20).model_copy(update={"clocks": (clock_moves(Move.RESET, 20, cycle=3),)}),
    ],
}


def rows_in_steps(events: Sequence[Event], length: int) -> dict[tuple[str, int], ClockRow]:
    """Return the last row of each cycle when `length` events make a command."""
    life = Life("a")
    kept: dict[tuple[str, int], ClockRow] = {}
    for first in range(0, len(events), length):
        changes = life.step(*events[first : first + length])
        kept |= {(row.clock, row.cycle): row for row in changes.clocks}
    return kept


@pytest.mark.parametrize("name", LIVES)
def test_cycles_are_the_same_one_event_or_all_at_a_time(name: str) -> None:
    events = LIVES[name]
    one_by_one = rows_in_steps(events, 1)
    for length in range(2, len(events) + 1):
        assert rows_in_steps(events, length) == one_by_one


def test_a_cycle_that_a_reset_ended_keeps_its_breach() -> None:
    rows = rows_in_steps(LIVES["a breach, then a reset"], 3)
    ended, present = rows["respond", 1], rows["respond", 2]
    assert (ended.breached_at, ended.standing, ended.verdict) == (at(24), "stopped", "met")
    assert (present.breached_at, present.standing) == (None, "running")


def test_a_cycle_that_was_stopped_stays_as_it_stopped_when_the_next_one_starts() -> None:
    rows = rows_in_steps(LIVES["a stop, then a start"], 1)
    assert [row.standing for row in rows.values()] == ["stopped", "running"]
    assert rows["respond", 1].verdict == "met"


def test_each_cycle_has_one_row_a_command() -> None:
    changes = Life("a").step(*LIVES["a pause between two resets"])
    cycles = [row.cycle for row in changes.clocks]
    assert sorted(cycles) == [1, 2, 3]


def test_an_event_that_moves_no_clock_has_no_rows() -> None:
    life = Life("a")
    life.step(reported())
    changes = life.step(note())
    assert (changes.clocks, changes.firings, changes.notices) == ((), (), ())


def test_a_notice_of_another_version_does_not_hold_a_firing_open() -> None:
    life = Life("a")
    life.step(reported())
    told_by_first = life.step(note(2), rung_fired("half", 13), tell=["x"])
    assert told_by_first.firings[0].effect_done_at == at(13)
    assert told_by_first.notices[0].created_at == at(2)


def test_columns_show_the_next_rung_and_the_deadline_while_a_clock_runs() -> None:
    issue: Issue | None = None
    seen = []
    for event in (reported(), rung_fired("half", 13), closed_out(14)):
        issue = evolve(issue, event, zone="z1", key="a", terms=TERMS)
        columns = columns_of(issue)
        seen.append((columns.next_due_at, columns.deadline_at, columns.open, columns.closed_at))
    assert seen == [
        (at(12), at(0) + DAY, True, None),
        (at(24), at(0) + DAY, True, None),
        (None, None, False, at(14)),
    ]


def test_rows_belong_to_the_events_they_are_given_with() -> None:
    changes = Life("a").step(reported())
    assert changes.issue is not None
    with pytest.raises(ValueError, match="zip"):
        rows_of(None, changes.issue, [reported(), note()], changes.records, ())
