"""What is wrong with a working calendar that somebody wrote, each fault by its own message (R2.2).

Calendars that a ledger holds are never asked again: these checks stand before publication.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from itertools import groupby
from typing import assert_never

from pydantic import ValidationError

from domain.calendar import FIRST_DAY, LAST_DAY, CalendarError, WorkingCalendar
from domain.days import (
    DAY_MINUTES,
    ONE_DAY,
    WEEKDAYS,
    ClosedDay,
    DayOverride,
    MakeUpDay,
    OpenDay,
    OpenRange,
    hours_of,
)
from domain.model import Frozen

GAP_DAYS_MAX = 60
"""How long nothing may open: a longer rest would hold up every deadline, and is a slip."""
A_YEAR = timedelta(days=365)
NEIGHBOUR_DAYS = timedelta(days=31)
"""How far the notice of a year may reach into the years beside it: around New Year."""

SHOWN_CHARACTERS_MAX = 120
TAGS = frozenset({"closed", "open", "make_up"})


class CalendarProblem(Frozen):
    """One fault: where it stands, which rule forbids it, and what shows it."""

    key: str
    """The place in the calendar's form, such as `overrides.3` or `weekly.monday`."""
    rule: str
    message: str
    counter_example: str

    def __str__(self) -> str:
        return f"{self.key}: {self.message} ({self.rule})"


class UnfitCalendarError(CalendarError):
    """A calendar that breaks a rule. `problems` names every fault found."""

    def __init__(self, problems: tuple[CalendarProblem, ...]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


def checked_calendar(
    form: object,
    problems_of: Callable[[WorkingCalendar], tuple[CalendarProblem, ...]] | None = None,
) -> WorkingCalendar:
    """Return the calendar that a form describes; raises UnfitCalendarError if it breaks a rule.

    `problems_of` says what is asked of it, by default all that publication asks.
    """
    try:
        calendar = WorkingCalendar.model_validate(form)
    except ValidationError as error:
        raise UnfitCalendarError(form_problems(error)) from error
    problems = (problems_of or calendar_problems)(calendar)
    if problems:
        raise UnfitCalendarError(problems)
    return calendar


def calendar_problems(calendar: WorkingCalendar) -> tuple[CalendarProblem, ...]:
    """Return what is wrong with a calendar that can be read."""
    return (
        *contradictions(calendar),
        *_long_gaps(calendar),
        *_clashes_at_midnight(calendar),
    )


def contradictions(calendar: WorkingCalendar) -> tuple[CalendarProblem, ...]:
    """Return what a calendar cannot mean, whatever it is for."""
    return (
        *_never_open(calendar),
        *_days_given_twice(calendar),
        *_idle_make_up_days(calendar),
        *_days_out_of_reach(calendar),
    )


def form_problems(error: ValidationError) -> tuple[CalendarProblem, ...]:
    """Return why a form could not be read as a calendar at all."""
    return tuple(
        CalendarProblem(
            # What holds of the calendar as a whole is the order of its first and last day.
            key=".".join(str(part) for part in found["loc"] if part not in TAGS) or "valid_until",
            rule="R2.4" if "time_zone" in found["loc"] else "R2.2",
            message=found["msg"].removeprefix("Value error, "),
            counter_example=repr(found["input"])[:SHOWN_CHARACTERS_MAX],
        )
        for found in error.errors(include_url=False)
    )


def _never_open(calendar: WorkingCalendar) -> Iterator[CalendarProblem]:
    if not any(calendar.weekly.on(weekday) for weekday in WEEKDAYS):
        yield CalendarProblem(
            key="weekly",
            rule="R2.2",
            message="no weekday has opening hours, so that no budget is ever used up",
            counter_example=f"1 hour from {calendar.valid_from} is never due",
        )


def _days_given_twice(calendar: WorkingCalendar) -> Iterator[CalendarProblem]:
    """Name each day that two overrides do not say the same of: which one is meant?"""
    placed = sorted(enumerate(calendar.overrides), key=lambda each: (each[1].on, each[0]))
    for on, same_day in groupby(placed, key=lambda each: each[1].on):
        (_, first), *others = same_day
        for place, other in others:
            if _says(first) != _says(other):
                yield CalendarProblem(
                    key=f"overrides.{place}",
                    rule="R2.2",
                    message=_conflict(on, first, other),
                    counter_example=f"{on}: {_told(first)} and {_told(other)}",
                )


def _conflict(on: date, first: DayOverride, other: DayOverride) -> str:
    kinds = {first.kind, other.kind}
    names = f"{first.name.zh!r} and {other.name.zh!r}"
    if kinds == {"make_up", "closed"}:
        return f"{on} is a make-up day that is also closed: {names}"
    return f"{on} is given twice, and differently: {_told(first)} and {_told(other)}"


def _says(override: DayOverride) -> dict[str, object]:
    return override.model_dump(exclude={"name"})


def _told(override: DayOverride) -> str:
    match override:
        case ClosedDay():
            how = "closed"
        case OpenDay(ranges=ranges):
            how = f"open {', '.join(each.text for each in ranges)}"
        case MakeUpDay(works_as=weekday):
            how = f"worked as {weekday}"
        case _:
            assert_never(override)
    return f"{how} ({override.name.zh})"


def _idle_make_up_days(calendar: WorkingCalendar) -> Iterator[CalendarProblem]:
    for place, override in enumerate(calendar.overrides):
        if isinstance(override, MakeUpDay) and not calendar.weekly.on(override.works_as):
            yield CalendarProblem(
                key=f"overrides.{place}.works_as",
                rule="R2.2",
                message=(
                    f"{override.on} is made up as a {override.works_as}, "
                    "and on that weekday nothing opens"
                ),
                counter_example=f"{override.on}: {_told(override)}, 0 hours",
            )


def _days_out_of_reach(calendar: WorkingCalendar) -> Iterator[CalendarProblem]:
    """Name each day so far outside the published ones that its year must be a slip."""
    first, last = calendar.valid_from, calendar.valid_until
    for place, override in enumerate(calendar.overrides):
        if first - override.on > NEIGHBOUR_DAYS or override.on - last > NEIGHBOUR_DAYS:
            yield CalendarProblem(
                key=f"overrides.{place}.on",
                rule="R2.2",
                message=(
                    f"{override.on} is more than {NEIGHBOUR_DAYS.days} days outside "
                    f"the calendar's validity, {first} to {last}"
                ),
                counter_example=f"{override.on}: {_told(override)}",
            )


def _long_gaps(calendar: WorkingCalendar) -> Iterator[CalendarProblem]:
    """Name each stretch of days so long without an opening that work would stand still.

    Looked through is the first day to a year after the last: the plain week goes on from there.
    """
    if not any(calendar.weekly.on(weekday) for weekday in WEEKDAYS):
        return
    odd = {each.on: (place, each) for place, each in enumerate(calendar.overrides)}
    first = calendar.valid_from
    last = min(calendar.valid_until + A_YEAR, LAST_DAY)
    opened = first - ONE_DAY
    for ordinal in range(first.toordinal(), last.toordinal() + 2):
        on = date.fromordinal(ordinal)
        if on <= last and not _hours(calendar, on, odd):
            continue
        closed_days = (on - opened).days - 1
        if closed_days > GAP_DAYS_MAX or (opened < first and closed_days == GAP_DAYS_MAX):
            yield _gap(opened + ONE_DAY, on - ONE_DAY, odd)
        opened = on


def _gap(first: date, last: date, odd: Mapping[date, tuple[int, DayOverride]]) -> CalendarProblem:
    days = (last - first).days + 1
    named = next((odd[on][0] for on in sorted(odd) if first <= on <= last), None)
    return CalendarProblem(
        key="weekly" if named is None else f"overrides.{named}",
        rule="R2.5",
        message=(
            f"nothing opens from {first} to {last}, {days} days; "
            f"allowed are {GAP_DAYS_MAX} in a row, and fewer at the calendar's beginning"
        ),
        counter_example=f"1 hour that begins on {first} is not due before {last + ONE_DAY}",
    )


def _clashes_at_midnight(calendar: WorkingCalendar) -> Iterator[CalendarProblem]:
    """Name what opens on a day while the hours of the day before still run."""
    for place, weekday in enumerate(WEEKDAYS):
        after = WEEKDAYS[(place + 1) % len(WEEKDAYS)]
        pair = calendar.weekly.on(weekday), calendar.weekly.on(after)
        yield from _clash(f"weekly.{after}", weekday, after, *pair)
    odd = {each.on: (place, each) for place, each in enumerate(calendar.overrides)}
    # What lies beyond every calendar is named by another rule.
    near = [each for each in odd if FIRST_DAY <= each <= LAST_DAY]
    for on in sorted({day for each in near for day in (each, each + ONE_DAY)}):
        before = on - ONE_DAY
        place, _ = odd.get(on) or odd[before]
        pair = _hours(calendar, before, odd), _hours(calendar, on, odd)
        yield from _clash(f"overrides.{place}", str(before), str(on), *pair)


def _clash(
    key: str, before: str, on: str, ran: tuple[OpenRange, ...], opens: tuple[OpenRange, ...]
) -> Iterator[CalendarProblem]:
    if not (ran and opens) or ran[-1].closes_minute - DAY_MINUTES <= opens[0].opens_minute:
        return
    yield CalendarProblem(
        key=key,
        rule="R2.2",
        message=f"{before} {ran[-1].text} and {on} {opens[0].text} overlap",
        counter_example=f"the minute that begins on {on} at {opens[0].opens} lies in both",
    )


def _hours(
    calendar: WorkingCalendar, on: date, odd: Mapping[date, tuple[int, DayOverride]]
) -> tuple[OpenRange, ...]:
    if on in odd:
        return hours_of(odd[on][1], calendar.weekly)
    return calendar.weekly.on(WEEKDAYS[on.weekday()])
