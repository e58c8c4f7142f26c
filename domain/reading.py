"""What a clock shows at an instant (R1.2): spent, left, due, and due if it were resumed now."""

from collections.abc import Iterator
from datetime import datetime

from domain.calendar import CalendarError, WorkingCalendar
from domain.clocks import Clock, Standing, Target, target_of
from domain.durations import Basis, due_at, elapsed_ms
from domain.model import ClockId, Code, Frozen, Moment

NO_TERMS = "none"
"""A target that is only read, not recorded, names no terms."""


class Reading(Frozen):
    """One clock as of `at`; lengths in milliseconds of the clock's own basis.

    `net_ms` is what counted, `gross_ms` what passed since the anchor, pauses included (Q7).
    `due_at` is None unless it runs; `due_at_if_resumed_now` is None unless it is paused.
    """

    clock: ClockId
    rule: Code
    cycle: int
    at: Moment
    standing: Standing
    basis: Basis
    budget_ms: int
    net_ms: int
    gross_ms: int
    remaining_ms: int
    over_ms: int
    due_at: Moment | None
    due_at_if_resumed_now: Moment | None
    provisional: bool
    breached: bool
    born_breached: bool
    extended_ms: int


def read(clock: Clock, calendar: WorkingCalendar, at: datetime) -> Reading:
    """Return what `clock` shows at `at`, which is not before its last move."""
    net_ms = spent_ms(clock, calendar, at)
    until_at = at if clock.is_live else clock.since_at
    left_ms = clock.budget_ms - net_ms
    return Reading(
        clock=clock.id,
        rule=clock.rule,
        cycle=clock.cycle,
        at=at,
        standing=clock.standing,
        basis=clock.basis,
        budget_ms=clock.budget_ms,
        net_ms=net_ms,
        gross_ms=gross_ms(clock, calendar, until_at),
        remaining_ms=max(0, left_ms),
        over_ms=max(0, -left_ms),
        due_at=clock.due_at,
        due_at_if_resumed_now=_if_resumed(clock, calendar, at, left_ms),
        provisional=clock.provisional,
        breached=clock.breached_at is not None or left_ms < 0,
        born_breached=clock.born_breached,
        extended_ms=clock.extended_ms,
    )


def spent_ms(clock: Clock, calendar: WorkingCalendar, at: datetime) -> int:
    """Return what the clock's present cycle has spent by `at`, in its own basis (R1.1)."""
    if clock.standing is not Standing.RUNNING:
        return clock.elapsed_ms
    return clock.elapsed_ms + elapsed_ms(clock.basis, calendar, clock.since_at, at)


def gross_ms(clock: Clock, calendar: WorkingCalendar, at: datetime) -> int:
    """Return what passed from the clock's anchor to `at` in its own basis, pauses included."""
    return elapsed_ms(clock.basis, calendar, min(clock.anchor_at, at), at)


def _if_resumed(
    clock: Clock, calendar: WorkingCalendar, at: datetime, left_ms: int
) -> datetime | None:
    if clock.standing is not Standing.PAUSED:
        return None
    if clock.breached_at is not None:
        return passed_at(clock, target_of(clock, NO_TERMS), calendar, at)
    try:
        return due_at(clock.basis, calendar, at, left_ms)
    except CalendarError:
        return None  # beyond what the calendar can count to: no deadline rather than a wrong one


def counted_intervals(
    clock: Clock, counted_from_at: datetime | None, at: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Yield when the present cycle counted, in order, up to `at`.

    `counted_from_at` before the cycle's beginning counts the time between as well; after it, only
    what is later.
    """
    began_at = clock.segments[0].from_at if clock.segments else clock.since_at
    if counted_from_at is not None and counted_from_at < began_at:
        yield counted_from_at, began_at
    present = ((clock.since_at, at),) if clock.standing is Standing.RUNNING else ()
    ran = ((s.from_at, s.to_at) for s in clock.segments if s.standing is Standing.RUNNING)
    for from_at, to_at in (*ran, *present):
        start_at = from_at if counted_from_at is None else max(from_at, counted_from_at)
        if start_at < to_at:
            yield start_at, to_at


def passed_at(clock: Clock, target: Target, calendar: WorkingCalendar, at: datetime) -> datetime:
    """Return when the budget of `target` had been used up; `at` if by then it has not."""
    left = target.budget_ms
    for start, end in counted_intervals(clock, target.counted_from_at, at):
        counted = elapsed_ms(target.basis, calendar, start, end)
        if counted >= left:
            return due_at(target.basis, calendar, start, left)
        left -= counted
    return at
