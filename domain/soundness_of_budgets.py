"""Whether what a clock gives can be counted by its calendar within a bearable time (R2.1)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from domain.calendar import LAST_DAY, CalendarError, WorkingCalendar
from domain.clock_rules import ClockRule
from domain.days import ONE_DAY, from_ms, zone_of
from domain.duration_text import written_duration
from domain.durations import Duration, budget_of, due_at
from domain.problem import Problem

YEARS_TRIED = timedelta(days=2 * 365)
"""How much of the published days is looked through, up to the last of them."""
REACH_MAX = timedelta(days=2 * 366)
REPEATS_REACH_MAX = timedelta(days=20 * 365)
ROOM_AFTER = timedelta(days=3 * 366)


def reach_problems(rule: ClockRule, calendar: WorkingCalendar) -> Iterator[Problem]:
    """Name each budget, and each time after a deadline, that needs more than two years from some
    opening of the last two published years: it would be due in no office's memory, or never."""
    for key, duration, reach in _lengths(rule):
        found = _too_far(duration, calendar, reach)
        if found is not None:
            days = f"{reach.days} days" if reach < REACH_MAX else "2 years"
            yield Problem(
                key=f"clocks.{rule.id}.{key}",
                rule="R2.1",
                message=f"{written_duration(duration)} of calendar {calendar.id} needs more than "
                f"{days}, the longest that clock {rule.id} may count here",
                counter_example=found,
            )


def _lengths(rule: ClockRule) -> Iterator[tuple[str, Duration, timedelta]]:
    """Yield where a length stands, the length, and how far it may reach."""
    for place, budget in enumerate(rule.budgets):
        yield f"budgets.{place}.duration", budget.duration, REACH_MAX
    for place, rung in enumerate(rule.rungs):
        if rung.after is not None:
            yield f"rungs.{place}.after", rung.after, REACH_MAX
        if rung.every is not None:
            # The last repeat must be within the calendar's reach as well.
            each = min(REACH_MAX, REPEATS_REACH_MAX / (rung.times or 1))
            yield f"rungs.{place}.every", rung.every, each


def _too_far(duration: Duration, calendar: WorkingCalendar, reach: timedelta) -> str | None:
    """Return the first opening from which a length reaches too far, in words.

    Who starts earlier is never due later, but for a day: what is near enough from the end of some
    days, as seen from their beginning, is near enough from every opening between.
    """
    last = max(calendar.valid_from, min(calendar.valid_until, LAST_DAY - ROOM_AFTER))
    spans = [(max(calendar.valid_from, last - YEARS_TRIED), last)]
    while spans:
        first_on, last_on = spans.pop()
        due = _due(duration, calendar, _midnight(calendar, last_on + ONE_DAY))
        if isinstance(due, datetime) and due + ONE_DAY - _midnight(calendar, first_on) <= reach:
            continue
        if first_on < last_on:
            middle = first_on + (last_on - first_on) // 2
            spans += [(middle + ONE_DAY, last_on), (first_on, middle)]
            continue
        for start, _ in calendar.ranges_on(first_on):
            at = from_ms(start)
            ends = _due(duration, calendar, at)
            if isinstance(ends, CalendarError):
                return f"a clock that starts at {_local(at, calendar)} is never due: {ends}"
            if ends - at > reach:
                return (
                    f"a clock that starts at {_local(at, calendar)} "
                    f"ends at {_local(ends, calendar)}"
                )
    return None


def _due(duration: Duration, calendar: WorkingCalendar, at: datetime) -> datetime | CalendarError:
    try:
        budget = budget_of(duration, calendar, at)
        return due_at(budget.basis, calendar, at, budget.ms)
    except CalendarError as error:
        return error


def _midnight(calendar: WorkingCalendar, on: date) -> datetime:
    return from_ms(calendar.at_minute(on, 0))


def _local(at: datetime, calendar: WorkingCalendar) -> str:
    return f"{at.astimezone(zone_of(calendar.time_zone)):%a %Y-%m-%d %H:%M:%S}"
