"""A zone's working calendars: a month day by day, how a year adds up, sums of working time."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from domain import calendar_sums
from domain.calendar import WorkingCalendar
from domain.calendar_sums import Sum
from domain.days import ONE_DAY
from domain.errors import InvalidRequestError
from face.looking import instant_asked
from handbooks.calendars.days import CalendarDay, day_reader, month_days

WEEK: Final = 7
REACH_MAX: Final = timedelta(days=366)
"""A derivation names every day that it counts."""
SPANS_SHOWN_MAX: Final = 120


@dataclass(frozen=True, slots=True)
class DayCell:
    """A day of a month. `kind` is worked, off, holiday, make_up or open; `name` is why it differs,
    in Chinese and, if it is known, in English."""

    on: date
    kind: str
    hours: tuple[str, ...]
    name: tuple[str, str]
    provisional: bool
    is_today: bool


@dataclass(frozen=True, slots=True)
class MonthShown:
    """A month in weeks from Monday on; None is no day of the month, or before the first day of the
    calendar. `before` and `after`: the months beside it, YYYY-MM."""

    calendar: WorkingCalendar
    first_on: date
    weeks: tuple[tuple[DayCell | None, ...], ...]
    before: str | None
    after: str | None
    worked: int
    worked_in_year: int
    holidays_in_year: int
    make_up_in_year: int


def month(calendar: WorkingCalendar, first_on: date, today: date) -> MonthShown:
    """Return a month of a calendar. Raises InvalidRequestError before its first day."""
    if first_on < calendar.valid_from.replace(day=1):
        raise InvalidRequestError(
            "This is before the calendar's first day.",
            field="month",
            value=f"{first_on:%Y-%m}",
            allowed=f"{calendar.valid_from:%Y-%m} or later",
        )
    cells: list[DayCell | None] = [_cell(day, today) for day in month_days(calendar, first_on)]
    length = monthrange(first_on.year, first_on.month)[1]
    padded = [None] * (first_on.weekday() + length - len(cells)) + cells
    padded += [None] * (-len(padded) % WEEK)
    read, year = day_reader(calendar), first_on.year
    start = max(calendar.valid_from, date(year, 1, 1)).toordinal()
    days = [
        read(date.fromordinal(each)) for each in range(start, date(year, 12, 31).toordinal() + 1)
    ]
    last, last_of_it = first_on - ONE_DAY, first_on + timedelta(days=length - 1)
    return MonthShown(
        calendar=calendar,
        first_on=first_on,
        weeks=tuple(tuple(padded[at : at + WEEK]) for at in range(0, len(padded), WEEK)),
        before=f"{last:%Y-%m}" if last >= calendar.valid_from else None,
        after=f"{last_of_it + ONE_DAY:%Y-%m}" if last_of_it < date.max else None,
        worked=sum(cell is not None and bool(cell.hours) for cell in cells),
        worked_in_year=sum(bool(day.ranges) for day in days),
        holidays_in_year=sum(day.kind == "closed" for day in days),
        make_up_in_year=sum(day.kind == "make_up" for day in days),
    )


def month_of(text: str) -> date:
    """Return the first day of a month, YYYY-MM. Raises InvalidRequestError."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise InvalidRequestError(
            "This is no month.", field="month", value=text, allowed="YYYY-MM"
        ) from error


def elapsed(calendar: WorkingCalendar, from_: str, to: str) -> Sum:
    """Return the opening hours between two instants. Raises InvalidRequestError."""
    from_at = instant_asked(calendar, "from", from_)
    if instant_asked(calendar, "to", to) - from_at > REACH_MAX:
        raise InvalidRequestError(
            "This is too far.", field="to", value=to, allowed=f"within {REACH_MAX.days} days"
        )
    return calendar_sums.elapsed(calendar, from_, to)


def added(calendar: WorkingCalendar, start: str, length: str) -> Sum:
    """Return when a length of time is over. Raises InvalidRequestError."""
    return calendar_sums.added(calendar, start, length)


def _cell(day: CalendarDay, today: date) -> DayCell:
    kind = day.kind
    if kind == "week":
        kind = "worked" if day.ranges else "off"
    elif kind == "closed":
        kind = "holiday"
    label = day.label
    return DayCell(
        on=day.on,
        kind=kind,
        hours=day.ranges,
        name=("", "") if label is None else (label.zh, label.en or label.zh),
        provisional=day.provisional,
        is_today=day.on == today,
    )
