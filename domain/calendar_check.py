"""What is wrong with a working calendar that somebody wrote, each fault by its own message (R2.2).

Calendars that a ledger holds are never asked again: these checks stand before publication.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import assert_never

from pydantic import ValidationError

from domain.calendar import CalendarError, WorkingCalendar
from domain.days import WEEKDAYS, ClosedDay, DayOverride, MakeUpDay, OpenDay
from domain.model import Frozen

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


def checked_calendar(form: object) -> WorkingCalendar:
    """Return the calendar that a form describes; raises UnfitCalendarError if it breaks a rule."""
    try:
        calendar = WorkingCalendar.model_validate(form)
    except ValidationError as error:
        raise UnfitCalendarError(form_problems(error)) from error
    problems = calendar_problems(calendar)
    if problems:
        raise UnfitCalendarError(problems)
    return calendar


def calendar_problems(calendar: WorkingCalendar) -> tuple[CalendarProblem, ...]:
    """Return what is wrong with a calendar that can be read."""
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
