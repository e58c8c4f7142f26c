"""What two calendars say differently: zone, hours, validity, and every day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from domain.calendar import WorkingCalendar
from domain.days import WEEKDAYS, Weekday
from handbooks.calendars.days import CalendarDay, day_reader


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """A field that differs, as each calendar writes it."""

    field: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class DayDifference:
    """A day that differs. Without `hours_differ` it is closed by both, for another reason.

    `by_week` says that both have the plain week: what differs are the weekly hours.
    """

    on: date
    first: CalendarDay
    second: CalendarDay
    hours_differ: bool
    by_week: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything in which two calendars differ, on the days that both have."""

    first: WorkingCalendar
    second: WorkingCalendar
    first_on: date
    last_on: date
    fields: tuple[FieldDifference, ...]
    days: tuple[DayDifference, ...]

    @property
    def is_same(self) -> bool:
        """Tell whether nothing differs."""
        return not (self.fields or self.days)


def compared(first: WorkingCalendar, second: WorkingCalendar) -> Comparison:
    """Return what differs, from the later first day to the last day that one of them knows of."""
    first_on = max(first.valid_from, second.valid_from)
    known = [each.on for calendar in (first, second) for each in calendar.overrides]
    last_on = max([first.valid_until, second.valid_until, *known])
    return Comparison(
        first=first,
        second=second,
        first_on=first_on,
        last_on=last_on,
        fields=tuple(_fields(first, second)),
        days=tuple(day_differences(first, second, first_on, last_on)),
    )


def day_differences(
    first: WorkingCalendar, second: WorkingCalendar, first_on: date, last_on: date
) -> Iterator[DayDifference]:
    """Yield each day from `first_on` to `last_on` that the calendars do not say the same of.

    Hours are compared as they stand on the wall. A make-up day with the hours that its own weekday
    has anyway is no difference.
    """
    read_first, read_second = day_reader(first), day_reader(second)
    for ordinal in range(first_on.toordinal(), last_on.toordinal() + 1):
        on = date.fromordinal(ordinal)
        one, other = read_first(on), read_second(on)
        hours_differ = one.ranges != other.ranges
        if hours_differ or one.rests_for != other.rests_for:
            by_week = one.kind == other.kind == "week"
            yield DayDifference(on, one, other, hours_differ, by_week)


def _fields(first: WorkingCalendar, second: WorkingCalendar) -> Iterator[FieldDifference]:
    pairs = [
        ("id", first.id, second.id),
        ("time_zone", first.time_zone, second.time_zone),
        ("tzdata", first.tzdata, second.tzdata),
        ("valid_from", str(first.valid_from), str(second.valid_from)),
        ("valid_until", str(first.valid_until), str(second.valid_until)),
        *(
            (f"weekly.{weekday}", _week(first, weekday), _week(second, weekday))
            for weekday in WEEKDAYS
        ),
    ]
    for field, one, other in pairs:
        if one != other:
            yield FieldDifference(field, one, other)


def _week(calendar: WorkingCalendar, weekday: Weekday) -> str:
    return " ".join(each.text for each in calendar.weekly.on(weekday)) or "closed"
