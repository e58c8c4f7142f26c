"""A calendar day by day: what opens, why, and how many of a year's days are which."""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from domain.calendar import WorkingCalendar
from domain.days import WEEKDAYS, Label, hours_of


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """What opens on a day, and why. `kind` is week, closed, open or make_up."""

    on: date
    ranges: tuple[str, ...]
    kind: str
    label: Label | None
    provisional: bool

    @property
    def says(self) -> str:
        """The day in words."""
        hours = f"worked {' '.join(self.ranges)}" if self.ranges else "closed"
        match self.kind:
            case "week":
                reason = "weekly hours" if self.ranges else "day of the week"
            case "make_up":
                reason = f"make-up day, {_named(self.label)}"
            case _:
                reason = _named(self.label)
        return f"{hours} ({reason}{', provisional' if self.provisional else ''})"

    @property
    def rests_for(self) -> str | None:
        """The holiday of a closed day, "" for the weekly closing, None for a day that is worked."""
        if self.ranges:
            return None
        return "" if self.label is None else self.label.zh


@dataclass(frozen=True, slots=True)
class YearCount:
    """How many days of a year, as far as the calendar has it, are worked, off by name, made up."""

    year: int
    worked: int
    named_off: int
    made_up: int
    provisional: bool


def day_reader(calendar: WorkingCalendar) -> Callable[[date], CalendarDay]:
    """Return what tells a calendar's days, without looking for their overrides each time."""
    overrides = {each.on: each for each in calendar.overrides}

    def read(on: date) -> CalendarDay:
        override = overrides.get(on)
        week = calendar.weekly.on(WEEKDAYS[on.weekday()])
        ranges = week if override is None else hours_of(override, calendar.weekly)
        return CalendarDay(
            on=on,
            ranges=tuple(each.text for each in ranges),
            kind="week" if override is None else override.kind,
            label=None if override is None else override.name,
            provisional=on > calendar.valid_until,
        )

    return read


def month_days(calendar: WorkingCalendar, month: date) -> list[CalendarDay]:
    """Return the days of the month in which `month` lies, from the calendar's first day on."""
    read = day_reader(calendar)
    days = (month.replace(day=day) for day in range(1, monthrange(month.year, month.month)[1] + 1))
    return [read(on) for on in days if on >= calendar.valid_from]


def year_counts(calendar: WorkingCalendar) -> list[YearCount]:
    """Return a count for each year from the first day to the last one that is named or valid."""
    read = day_reader(calendar)
    last_on = max([calendar.valid_until, *(each.on for each in calendar.overrides)])
    counts = []
    for year in range(calendar.valid_from.year, last_on.year + 1):
        first = max(calendar.valid_from, date(year, 1, 1)).toordinal()
        days = [
            read(date.fromordinal(ordinal))
            for ordinal in range(first, date(year, 12, 31).toordinal() + 1)
        ]
        counts.append(
            YearCount(
                year=year,
                worked=sum(bool(day.ranges) for day in days),
                named_off=sum(day.kind == "closed" for day in days),
                made_up=sum(day.kind == "make_up" for day in days),
                provisional=days[-1].provisional,
            )
        )
    return counts


def _named(label: Label | None) -> str:
    if label is None:
        return ""
    return label.zh if label.en is None else f"{label.zh} {label.en}"
