"""Working time: what a calendar counts between two instants, and when a budget is used up (R2)."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, Self

import rfc8785
from pydantic import AfterValidator, Field, model_validator

from domain.calendar_tables import KEPT_TABLES, TABLE_INTERVALS_MAX, opened_on
from domain.days import (
    ONE_DAY,
    WEEKDAYS,
    ClosedDay,
    DayOverride,
    MakeUpDay,
    OpenDay,
    OpenRange,
    OpenTime,
    Week,
    boundary_ms,
    from_ms,
    hours_of,
    to_ms,
    zone_of,
)
from domain.model import Code, Frozen, Moment, Name, Short

REACH_MS = 20 * 365 * 86_400_000 + 5 * 86_400_000
"""Twenty years: no length reaches further from where it starts."""

FIRST_DAY = date(1970, 1, 1)
LAST_DAY = date(2199, 12, 31)
OVERRIDES_MAX = 10_000
TABLE_YEARS_MAX = 60
DAYS_KEPT_MAX = 4096
SLACK_YEARS_MAX = 10

WEEKLY_HOURS = Name(zh="每周工作时间", en="weekly hours")
WEEKLY_CLOSING = Name(zh="每周休息日", en="closed: day of the week")
OUTSIDE_HOURS = Name(zh="非工作时间", en="outside opening hours")


class CalendarError(ValueError):
    """A question that the working calendar cannot answer."""


class OutsideCalendarError(CalendarError):
    """The instant lies before the calendar's first day, or after the year 2199."""


class DurationTooLongError(CalendarError):
    """The length reaches more than 20 years from where it starts."""


class NegativeDurationError(CalendarError):
    """Time is counted forward only."""


class NeverOpensError(CalendarError):
    """The calendar has no opening hours within 20 years."""


class UnknownCalendarError(CalendarError):
    """No calendar has this id."""


class Span(Frozen):
    """A stretch of time, how much of it was counted, and the rule that decided so (R2.6)."""

    from_at: Moment
    to_at: Moment
    counted_ms: int
    rule: Name


def _known_zone(name: str) -> str:
    zone_of(name)
    return name


class WorkingCalendar(Frozen):
    """When an office works, in its own civil time; immutable, and known by its `hash`.

    A range belongs to the day on which it opens. Of two overrides of one day the later wins. After
    `valid_until` the plain week (with any override already known) goes on, provisionally.
    """

    id: Code
    name: Name
    time_zone: Annotated[Short, AfterValidator(_known_zone)]
    tzdata: Short
    """The version of the IANA data by which the calendar was read."""
    weekly: Week
    overrides: tuple[DayOverride, ...] = Field(default=(), max_length=OVERRIDES_MAX)
    valid_from: date
    valid_until: date
    sources: tuple[Short, ...] = ()

    @model_validator(mode="after")
    def _has_days(self) -> Self:
        if self.valid_until < self.valid_from:
            raise ValueError(
                f"valid_until {self.valid_until} is before valid_from {self.valid_from}"
            )
        if self.valid_from < FIRST_DAY or self.valid_until > LAST_DAY:
            raise ValueError(
                f"valid_from {self.valid_from} to valid_until {self.valid_until}: "
                f"allowed are days from {FIRST_DAY} to {LAST_DAY}"
            )
        return self

    def model_copy(self, *, update: Mapping[str, object] | None = None, deep: bool = False) -> Self:
        """Return a copy that remembers nothing worked out for the original."""
        copied = super().model_copy(update=update, deep=deep)
        for worked_out in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[worked_out]
        return copied

    @cached_property
    def hash(self) -> str:
        """The SHA-256, in hexadecimal, of the calendar's canonical JSON (RFC 8785)."""
        return hashlib.sha256(rfc8785.dumps(self.model_dump(mode="json"))).hexdigest()

    def is_open(self, at: datetime) -> bool:
        """Tell whether work goes on at this instant: an opening does, a closing no longer."""
        ms = to_ms(at)
        return self._open_time(ms, ms).is_open(ms)

    def is_provisional(self, at: datetime) -> bool:
        """Tell whether the days of this instant are not yet published."""
        return self.day_of(at) > self.valid_until

    def needs_beyond(self, at: datetime) -> bool:
        """Tell whether what is counted up to this instant hangs on days not yet published.

        Unlike `is_provisional` it says no at the very midnight that ends the last published day,
        and within hours that run on from that day.
        """
        return to_ms(at) > self._published_ms

    def working_ms(self, from_at: datetime, to_at: datetime) -> int:
        """Return the open milliseconds between two instants."""
        start, end = to_ms(from_at), to_ms(to_at)
        _check_length(end - start, from_at)
        time = self._open_time(start, end)
        return time.opened_until(end) - time.opened_until(start)

    def add_ms(self, at: datetime, ms: int) -> datetime:
        """Return when a budget of open milliseconds is used up (R2.5).

        A budget used up exactly at a closing is due at that closing; zero is due at once.
        """
        start = to_ms(at)
        _check_length(ms, at)
        time = self._open_time(start, start)
        if ms == 0:
            return from_ms(start)
        opened = time.opened_until(start)
        while opened + ms > time.total and time.until_ms <= start + REACH_MS:
            time = self._open_time(start, time.until_ms)
            opened = time.opened_until(start)
        if opened == time.total:
            raise NeverOpensError(f"calendar {self.id} has no opening in the 20 years from {at}")
        place = bisect_left(time.opened, opened + ms) - 1
        due = time.starts[place] + opened + ms - time.opened[place]
        if due > min(time.ends[place], start + REACH_MS):
            raise DurationTooLongError(f"{ms} ms of {self.id} from {at} reach beyond 20 years")
        return from_ms(due)

    def back_ms(self, at: datetime, ms: int) -> datetime:
        """Return from when on a budget of open milliseconds is used up exactly at `at`.

        The mirror of `add_ms`: of all such instants the latest, so that a budget that reaches back
        exactly to an opening begins at that opening; zero begins at once.
        """
        end = to_ms(at)
        _check_length(ms, at)
        time = self._open_time(end, end)
        if ms == 0:
            return from_ms(end)
        floor = max(self._first_ms, end - REACH_MS)
        while time.opened_until(end) < ms and time.from_ms > floor:
            time = self._open_time(time.from_ms - 1, end)
        opened = time.opened_until(end) - ms
        if opened >= time.opened_until(floor):
            place = bisect_right(time.opened, opened) - 1
            return from_ms(time.starts[place] + opened - time.opened[place])
        if floor == self._first_ms:
            raise OutsideCalendarError(
                f"{ms} ms of {self.id} before {at} reach beyond its first day, {self.valid_from}"
            )
        if time.opened_until(end) == time.opened_until(floor):
            raise NeverOpensError(f"calendar {self.id} has no opening in the 20 years before {at}")
        raise DurationTooLongError(f"{ms} ms of {self.id} before {at} reach beyond 20 years")

    def day_of(self, at: datetime) -> date:
        """Return the local day; a day once begun does not end again when clocks go back."""
        ms = to_ms(at)
        if not self._first_ms <= ms < self._last_ms:
            raise OutsideCalendarError(
                f"{at} is outside calendar {self.id}: its days go from {self.valid_from} "
                f"to {LAST_DAY} in {self.time_zone}"
            )
        day = from_ms(ms).astimezone(zone_of(self.time_zone)).date()
        return day + ONE_DAY if self.at_minute(day + ONE_DAY, 0) <= ms else day

    def at_minute(self, day: date, minute: int) -> int:
        """Return a local time, in minutes after midnight, as UTC milliseconds (R2.4)."""
        return boundary_ms(zone_of(self.time_zone), day, minute)

    def ranges_on(self, day: date) -> tuple[tuple[int, int], ...]:
        """Return what opens on a day as (start, end) in UTC milliseconds; empty if not worked."""
        known = self._ranges_by_day.get(day)
        if known is None:
            spans = (
                (self.at_minute(day, hours.opens_minute), self.at_minute(day, hours.closes_minute))
                for hours in self._hours_on(day)
            )
            known = tuple((start, end) for start, end in spans if end > start)
            if len(self._ranges_by_day) >= DAYS_KEPT_MAX:
                self._ranges_by_day.clear()
                self._next_by_day.clear()
            self._ranges_by_day[day] = known
        return known

    def works_on(self, day: date) -> bool:
        """Tell whether anything opens on this day."""
        return bool(self.ranges_on(day))

    def next_working_day(self, after: date, searched_max: int) -> date | None:
        """Return the first day after `after` that is worked, None if none of so many is."""
        known = self._next_by_day.get(after)
        if known is None:
            days = (after + number * ONE_DAY for number in range(1, searched_max))
            known = next((day for day in days if self.works_on(day)), None)
            if known is not None:
                self._next_by_day[after] = known
        return known

    def derivation(self, from_at: datetime, to_at: datetime) -> tuple[Span, ...]:
        """Return ordered spans from one instant to the other that add up to `working_ms` (R2.6)."""
        start, end = to_ms(from_at), to_ms(to_at)
        _check_length(end - start, from_at)
        return tuple(
            Span(
                from_at=from_ms(max(left, start)),
                to_at=from_ms(min(right, end)),
                counted_ms=min(right, end) - max(left, start) if opened else 0,
                rule=self._opened_by(day) if opened else self._closed_by(day),
            )
            for left, right, day, opened in self._pieces(self.day_of(from_at), self.day_of(to_at))
            if max(left, start) < min(right, end)
        )

    def _pieces(self, first: date, last: date) -> Iterator[tuple[int, int, date, bool]]:
        """Yield (start, end, day whose rule holds, open?) without holes from `first` to `last`."""
        reached = self.at_minute(first, 0)
        opening = max(first - ONE_DAY, self.valid_from)
        for day in _days(opening, last):
            for start, end in self.ranges_on(day):
                yield from self._closed_until(reached, start)
                yield max(start, reached), end, day, True
                reached = max(reached, end)
        yield from self._closed_until(reached, self.at_minute(last + ONE_DAY, 0))

    def _closed_until(self, start: int, end: int) -> Iterator[tuple[int, int, date, bool]]:
        """Yield the closed time from `start` to `end`, cut at local midnights."""
        while start < end:
            day = self.day_of(from_ms(start))
            midnight = min(end, self.at_minute(day + ONE_DAY, 0))
            yield start, midnight, day, False
            start = midnight

    def _opened_by(self, day: date) -> Name:
        if day > self.valid_until:
            return self._provisional
        match self._overrides_by_day.get(day):
            case OpenDay(name=name):
                return name.named("特定工作时间：", "open: ")
            case MakeUpDay(works_as=weekday, name=name):
                works_as = "一二三四五六日"[WEEKDAYS.index(weekday)]
                return Name(
                    zh=f"调休上班（{name.zh}）：按星期{works_as}",
                    en=f"make-up day: works as {weekday.title()}",
                )
            case _:
                return WEEKLY_HOURS

    def _closed_by(self, day: date) -> Name:
        if day > self.valid_until:
            return self._provisional
        match self._overrides_by_day.get(day):
            case ClosedDay(name=name):
                return name.named("休息：", "closed: ")
            case _:
                return OUTSIDE_HOURS if self._hours_on(day) else WEEKLY_CLOSING

    @property
    def _provisional(self) -> Name:
        return Name(
            zh=f"暂定：日历仅公布至 {self.valid_until}",
            en=f"provisional: calendar published to {self.valid_until}",
        )

    def _hours_on(self, day: date) -> tuple[OpenRange, ...]:
        override = self._overrides_by_day.get(day)
        if override is None:
            return self.weekly.on(WEEKDAYS[day.weekday()])
        return hours_of(override, self.weekly)

    @cached_property
    def _overrides_by_day(self) -> dict[date, DayOverride]:
        return {override.on: override for override in self.overrides}

    @cached_property
    def _ranges_by_day(self) -> dict[date, tuple[tuple[int, int], ...]]:
        """What `ranges_on` has worked out so far: every new deadline asks for the same few days."""
        return {}

    @cached_property
    def _next_by_day(self) -> dict[date, date]:
        """What `next_working_day` has worked out so far, forgotten with the ranges."""
        return {}

    @cached_property
    def _first_ms(self) -> int:
        return self.at_minute(self.valid_from, 0)

    @cached_property
    def _published_ms(self) -> int:
        """The end of what is published: a midnight, or the closing of hours that run on past it."""
        midnight = self.at_minute(self.valid_until + ONE_DAY, 0)
        return max([midnight, *(end for _, end in self.ranges_on(self.valid_until))])

    @cached_property
    def _last_ms(self) -> int:
        return self.at_minute(LAST_DAY + ONE_DAY, 0)

    @cached_property
    def _tables(self) -> list[OpenTime]:
        """The one table worked out so far: a cell that growth replaces whole."""
        return []

    def _open_time(self, start: int, end: int) -> OpenTime:
        """Return a table that covers both instants; one that must grow grows by half or so."""
        tables = self._tables
        # Another thread may give the table up between a look and the next.
        held = tables[:1]
        if held and held[0].from_ms <= start and end < held[0].until_ms:
            return held[0]
        known = [ms for table in held for ms in (table.from_ms, table.until_ms - 1)]
        years = [self.day_of(from_ms(ms)).year for ms in (start, end, *known)]
        if max(years) - min(years) > min(TABLE_YEARS_MAX, self._table_years):
            years = years[:2]
        slack = min(SLACK_YEARS_MAX, max(1, (max(years) - min(years)) // 2))
        if max(years) - min(years) + 2 * slack > self._table_years:
            slack = 1
        grown = self._worked_out(
            max(self.valid_from, date(min(years) - slack, 1, 1)),
            min(LAST_DAY, date(max(years) + slack, 12, 31)),
        )
        tables[:] = [grown]
        KEPT_TABLES.keep(tables)
        return grown

    @cached_property
    def _table_years(self) -> int:
        """How many years of the plain week fill a table; a question may need more than that."""
        ranges = sum(len(self.weekly.on(weekday)) for weekday in WEEKDAYS)
        return TABLE_INTERVALS_MAX // max(1, ranges * 366 // len(WEEKDAYS))

    def _worked_out(self, first: date, last: date) -> OpenTime:
        """Return the table of whole local days, with what still runs from the day before."""
        opening = max(first - ONE_DAY, self.valid_from)
        return OpenTime.of(
            self.at_minute(first, 0),
            self.at_minute(last + ONE_DAY, 0),
            opened_on(zone_of(self.time_zone), _days(opening, last), self._minutes_on),
        )

    def _minutes_on(self, day: date) -> tuple[tuple[int, int], ...]:
        return tuple((each.opens_minute, each.closes_minute) for each in self._hours_on(day))


def _days(first: date, last: date) -> Iterator[date]:
    return (date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1))


def _check_length(ms: int, at: datetime) -> None:
    if ms < 0:
        raise NegativeDurationError(f"{ms} ms from {at}: time is counted forward only")
    if ms > REACH_MS:
        raise DurationTooLongError(f"{ms} ms from {at} reach beyond 20 years")
