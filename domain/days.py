"""The days of a calendar: the plain week, the days that differ, and where they fall in UTC."""

from __future__ import annotations

import importlib.resources
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Literal, Self, assert_never
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    model_serializer,
    model_validator,
)

from domain.model import Frozen, Name, Short

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ORDINAL = EPOCH.toordinal()
MINUTE_MS = 60_000
DAY_MS = 86_400_000
DAY_MINUTES = 1440
ONE_DAY = timedelta(days=1)
BOUNDARIES_KEPT_MAX = 2**13

LocalTime = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
"""A time on the wall, HH:MM; 24:00 is the end of the day."""

_RANGE = re.compile(r"([0-9]{2}:[0-9]{2})-([0-9]{2}:[0-9]{2})(\+1)?")


def to_ms(at: datetime) -> int:
    """Return milliseconds since 1970 in UTC, cut like every moment of the ledger."""
    since = at - EPOCH
    return since.days * DAY_MS + since.seconds * 1000 + since.microseconds // 1000


def from_ms(ms: int) -> datetime:
    return EPOCH + timedelta(milliseconds=ms)


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


class OpenRange(Frozen):
    """Opening hours of a day: `09:00-12:00`, or `22:00-06:00+1` if they end on the next one."""

    opens: LocalTime
    closes: LocalTime
    next_day: bool = False

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        found = _RANGE.fullmatch(value)
        if found is None:
            raise ValueError(
                f"{value[:40]!r} is no range of hours: write HH:MM-HH:MM, with 24:00 for the end "
                "of the day, and +1 behind a closing on the next day"
            )
        return {"opens": found[1], "closes": found[2], "next_day": found[3] is not None}

    @model_validator(mode="after")
    def _is_spelled_in_the_one_way(self) -> Self:
        if self.opens == "24:00" or self.closes == "00:00":
            raise ValueError(f"{self.text}: a day opens at 00:00 and closes at 24:00")
        if self.next_day and self.closes > self.opens:
            raise ValueError(f"{self.text} is longer than 24 hours")
        if not self.next_day and self.closes == self.opens:
            raise ValueError(
                f"{self.text} is empty; a whole day is 00:00-24:00, "
                f"and 24 hours from {self.opens} are {self.text}+1"
            )
        if not self.next_day and self.closes < self.opens:
            raise ValueError(
                f"{self.text} crosses midnight without saying so: write {self.text}+1 "
                "if it ends on the next day"
            )
        return self

    @model_serializer
    def _as_text(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """The range as it is written."""
        return f"{self.opens}-{self.closes}{'+1' if self.next_day else ''}"

    @property
    def opens_minute(self) -> int:
        """Minutes after the midnight that begins the day."""
        return _minute(self.opens)

    @property
    def closes_minute(self) -> int:
        """Minutes after the midnight that begins the day; over 1,440 if on the next one."""
        return _minute(self.closes) + (DAY_MINUTES if self.next_day else 0)


def _in_order(ranges: tuple[OpenRange, ...]) -> tuple[OpenRange, ...]:
    for earlier, later in pairwise(ranges):
        if later.opens_minute >= earlier.closes_minute:
            continue
        if later.closes_minute <= earlier.opens_minute:
            raise ValueError(f"{earlier.text} stands before {later.text}, which opens earlier")
        raise ValueError(f"{earlier.text} and {later.text} of one day overlap")
    return ranges


Ranges = Annotated[tuple[OpenRange, ...], Field(max_length=24), AfterValidator(_in_order)]


class Weekday(StrEnum):
    """The days of the week in ISO order."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


WEEKDAYS = tuple(Weekday)


class Week(Frozen):
    """The hours of a plain week; a weekday without ranges is closed."""

    monday: Ranges = ()
    tuesday: Ranges = ()
    wednesday: Ranges = ()
    thursday: Ranges = ()
    friday: Ranges = ()
    saturday: Ranges = ()
    sunday: Ranges = ()

    def on(self, weekday: Weekday) -> tuple[OpenRange, ...]:
        return self._by_weekday[WEEKDAYS.index(weekday)]

    @property
    def _by_weekday(self) -> tuple[tuple[OpenRange, ...], ...]:
        return (
            self.monday,
            self.tuesday,
            self.wednesday,
            self.thursday,
            self.friday,
            self.saturday,
            self.sunday,
        )


class Label(Frozen):
    """Why a day differs: a holiday's name, in English too where one is known."""

    zh: Short
    en: Short | None = None

    def named(self, zh: str, en: str) -> Name:
        """Return this label behind a Chinese and an English prefix."""
        return Name(zh=f"{zh}{self.zh}", en=f"{en}{self.en or self.zh}")


class ClosedDay(Frozen):
    """A day on which nothing opens; what opened the day before still runs to its end."""

    kind: Literal["closed"] = "closed"
    on: date
    name: Label


class OpenDay(Frozen):
    """A day with hours of its own."""

    kind: Literal["open"] = "open"
    on: date
    ranges: Annotated[Ranges, Field(min_length=1)]
    name: Label


class MakeUpDay(Frozen):
    """A day that is worked with the hours of another weekday."""

    kind: Literal["make_up"] = "make_up"
    on: date
    works_as: Weekday
    name: Label


DayOverride = Annotated[ClosedDay | OpenDay | MakeUpDay, Field(discriminator="kind")]


def hours_of(override: DayOverride, week: Week) -> tuple[OpenRange, ...]:
    """Return the ranges that open on an overridden day."""
    match override:
        case ClosedDay():
            return ()
        case OpenDay(ranges=ranges):
            return ranges
        case MakeUpDay(works_as=weekday):
            return week.on(weekday)
        case _:
            assert_never(override)


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(importlib.resources.files("tzdata").joinpath("zones").read_text().split())


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """Return the zone from the tzdata package, never from the machine: the version is recorded.

    Raises ValueError for a name that IANA does not know.
    """
    if name not in _zone_names():
        raise ValueError(f"time_zone {name!r} is not an IANA time zone")
    source = importlib.resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
    with source.open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


@lru_cache(maxsize=BOUNDARIES_KEPT_MAX)
def boundary_ms(zone: ZoneInfo, day: date, minute: int) -> int:
    """Return the first instant at which the clock of `zone` reads that time of `day` or is past it.

    R2.4 in one sentence: a time that does not exist falls on the end of the gap, and a time that
    comes twice counts the first time it comes.
    """
    days, minute = divmod(minute, DAY_MINUTES)
    ordinal = day.toordinal() + days
    local = datetime.fromordinal(ordinal).replace(
        hour=minute // 60, minute=minute % 60, tzinfo=zone
    )
    local_ms = (ordinal - EPOCH_ORDINAL) * DAY_MS + minute * MINUTE_MS
    before_ms, after_ms = _offset_ms(local), _offset_ms(local.replace(fold=1))
    if after_ms <= before_ms:
        return local_ms - before_ms
    return _end_of_gap(zone, local_ms - after_ms, local_ms - before_ms)


def _offset_ms(local: datetime) -> int:
    offset = local.utcoffset() or timedelta()
    return offset.days * DAY_MS + offset.seconds * 1000


def _end_of_gap(zone: ZoneInfo, before_ms: int, after_ms: int) -> int:
    """Return the instant of the one change of offset in (before_ms, after_ms], to the minute."""
    settled_ms = _offset_ms(from_ms(after_ms).astimezone(zone))
    while after_ms - before_ms > MINUTE_MS:
        middle_ms = before_ms + (after_ms - before_ms) // (2 * MINUTE_MS) * MINUTE_MS
        if _offset_ms(from_ms(middle_ms).astimezone(zone)) == settled_ms:
            after_ms = middle_ms
        else:
            before_ms = middle_ms
    return after_ms


@dataclass(frozen=True, slots=True)
class OpenTime:
    """Disjoint open intervals of whole local days, in UTC milliseconds, ready for bisection."""

    from_ms: int
    until_ms: int
    starts: list[int]
    ends: list[int]
    opened: list[int]
    """Open milliseconds before each interval."""
    total: int

    @classmethod
    def of(cls, from_ms: int, until_ms: int, intervals: Iterable[tuple[int, int]]) -> Self:
        starts, ends, opened, total = [], [], [], 0
        for start, end in disjoint(intervals, from_ms):
            starts.append(start)
            ends.append(end)
            opened.append(total)
            total += end - start
        return cls(from_ms, until_ms, starts, ends, opened, total)

    def is_open(self, ms: int) -> bool:
        at = bisect_right(self.starts, ms) - 1
        return at >= 0 and ms < self.ends[at]

    def opened_until(self, ms: int) -> int:
        """Return the open milliseconds from the beginning of the table to `ms`."""
        at = bisect_right(self.starts, ms) - 1
        if at < 0:
            return 0
        return self.opened[at] + min(ms, self.ends[at]) - self.starts[at]


def disjoint(intervals: Iterable[tuple[int, int]], from_ms: int) -> Iterator[tuple[int, int]]:
    """Yield what each interval adds to those before it, from `from_ms` on; empty ones vanish."""
    reached = from_ms
    for start, end in intervals:
        if end > reached and end > start:
            yield max(start, reached), end
            reached = end
