"""Typed lengths of time (R2.1), and the budget in milliseconds that each becomes at its anchor."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal, assert_never

from pydantic import (
    Field,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    model_serializer,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from domain.calendar import (
    REACH_MS,
    DurationTooLongError,
    NegativeDurationError,
    NeverOpensError,
    Span,
    WorkingCalendar,
)
from domain.days import DAY_MINUTES, MINUTE_MS, ONE_DAY, from_ms, to_ms, zone_of
from domain.model import Frozen, Name

MINUTES_MAX = 5 * 366 * DAY_MINUTES
DAYS_MAX = 1000
DAYS_SEARCHED_MAX = 20 * 366
ALL_TIME = Name(zh="自然时间", en="all time counts")

Minutes = Annotated[int, Field(ge=1, le=MINUTES_MAX)]
Days = Annotated[int, Field(ge=1, le=DAYS_MAX)]
Due = Literal["end_of_day", "same_time"]
CountFrom = Literal["today", "next_day"]


class _Tagged(Frozen):
    """Written, a length always says of which kind it is, also where defaults are left out."""

    kind: str

    @model_serializer(mode="wrap")
    def _says_its_kind(self, written: SerializerFunctionWrapHandler) -> dict[str, object]:
        return {"kind": self.kind, **written(self)}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe what is written by its fields: the serializer alone would leave it open."""
        return handler({**core_schema, "serialization": None})


class Wall(_Tagged):
    """Minutes on any clock, day and night."""

    kind: Literal["wall"] = "wall"
    minutes: Minutes


class OpenHours(_Tagged):
    """Minutes of opening hours."""

    kind: Literal["open_hours"] = "open_hours"
    minutes: Minutes


class WorkingDays(_Tagged):
    """Days on which the calendar opens."""

    kind: Literal["working_days"] = "working_days"
    days: Days
    due: Due = "end_of_day"
    count_from: CountFrom = "next_day"


class NaturalDays(_Tagged):
    """Days of the local calendar, holidays included."""

    kind: Literal["natural_days"] = "natural_days"
    days: Days
    due: Due = "end_of_day"
    count_from: CountFrom = "next_day"


Duration = Annotated[Wall | OpenHours | WorkingDays | NaturalDays, Field(discriminator="kind")]


class Basis(StrEnum):
    """What a clock counts: opening hours, or all time."""

    OPEN = "open"
    WALL = "wall"


class Budget(Frozen):
    """The milliseconds a clock may run, and of which time."""

    basis: Basis
    ms: int = Field(ge=0, le=REACH_MS)


def budget_of(
    duration: Duration,
    calendar: WorkingCalendar,
    anchor_at: datetime,
) -> Budget:
    """Return the budget of a duration that begins at `anchor_at`.

    Days are resolved here, once: the budget is what lies between the anchor and the instant that
    `working_days_due` or `natural_days_due` gives.
    """
    match duration:
        case Wall(minutes=minutes):
            return Budget(basis=Basis.WALL, ms=minutes * MINUTE_MS)
        case OpenHours(minutes=minutes):
            return Budget(basis=Basis.OPEN, ms=minutes * MINUTE_MS)
        case WorkingDays():
            due = working_days_due(duration, calendar, anchor_at)
            return Budget(basis=Basis.OPEN, ms=calendar.working_ms(anchor_at, due))
        case NaturalDays():
            due = natural_days_due(duration, calendar, anchor_at)
            return Budget(basis=Basis.WALL, ms=elapsed_ms(Basis.WALL, calendar, anchor_at, due))
        case _:
            assert_never(duration)


def working_days_due(
    duration: WorkingDays, calendar: WorkingCalendar, anchor_at: datetime
) -> datetime:
    """Return when the n-th working day is over, or has come to the anchor's time of day.

    Day 1 is the anchor's own local day if counted from today and its last range is not over, and
    else the first working day after it. `same_time` is held within that day's hours: before they
    begin it means their beginning, in a break the end of the range before, later their end. If no
    working time would lie before it, the day's end is meant: no budget is ever zero.
    """
    anchor_ms, today = to_ms(anchor_at), calendar.day_of(anchor_at)
    own = calendar.ranges_on(today) if duration.count_from == "today" else ()
    left = duration.days - (1 if own and anchor_ms < own[-1][1] else 0)
    day = today
    while left:
        day = _next_working_day(calendar, day)
        left -= 1
    ranges = calendar.ranges_on(day)
    end_at = from_ms(ranges[-1][1])
    if duration.due == "end_of_day":
        return end_at
    same_ms = _same_time_ms(calendar, anchor_at, day)
    begun = [end for start, end in ranges if start <= same_ms]
    held_at = from_ms(min(same_ms, begun[-1]) if begun else ranges[0][0])
    if held_at <= anchor_at or not calendar.working_ms(anchor_at, held_at):
        return end_at
    return held_at


def natural_days_due(
    duration: NaturalDays, calendar: WorkingCalendar, anchor_at: datetime
) -> datetime:
    """Return the local midnight that ends the n-th day, or the anchor's time of that day.

    Day 1 is the anchor's own local day or the one after it. The same time of the same day is no
    time at all, so that the day's end is meant.
    """
    today = calendar.day_of(anchor_at)
    day = today + (duration.days - (duration.count_from == "today")) * ONE_DAY
    if duration.due == "same_time" and day > today:
        return from_ms(_same_time_ms(calendar, anchor_at, day))
    return from_ms(calendar.at_minute(day + ONE_DAY, 0))


def same_time_after(calendar: WorkingCalendar, at: datetime, days: int) -> datetime:
    """Return the local time of `at` so many natural days later; `at` itself after none."""
    if days < 0:
        raise NegativeDurationError(f"{days} days from {at}: time is counted forward only")
    if days > DAYS_SEARCHED_MAX:
        raise DurationTooLongError(f"{days} days from {at} reach beyond 20 years")
    today = calendar.day_of(at)
    return from_ms(_same_time_ms(calendar, at, today + days * ONE_DAY) if days else to_ms(at))


def spans_of(
    basis: Basis, calendar: WorkingCalendar, from_at: datetime, to_at: datetime
) -> tuple[Span, ...]:
    """Return ordered spans from one instant to the other that add up to `elapsed_ms` (R2.6)."""
    if basis is Basis.OPEN:
        return calendar.derivation(from_at, to_at)
    ms = elapsed_ms(basis, calendar, from_at, to_at)
    return (Span(from_at=from_at, to_at=to_at, counted_ms=ms, rule=ALL_TIME),) if ms else ()


def due_at(basis: Basis, calendar: WorkingCalendar, at: datetime, remaining_ms: int) -> datetime:
    """Return when a clock that runs from `at` uses up what remains; at once if nothing does."""
    remaining_ms = max(0, remaining_ms)
    match basis:
        case Basis.OPEN:
            return calendar.add_ms(at, remaining_ms)
        case Basis.WALL:
            if remaining_ms > REACH_MS:
                raise DurationTooLongError(f"{remaining_ms} ms from {at} reach beyond 20 years")
            return from_ms(to_ms(at) + remaining_ms)
        case _:
            assert_never(basis)


def elapsed_ms(basis: Basis, calendar: WorkingCalendar, from_at: datetime, to_at: datetime) -> int:
    """Return what a clock counts between two instants, the earlier first."""
    match basis:
        case Basis.OPEN:
            return calendar.working_ms(from_at, to_at)
        case Basis.WALL:
            ms = to_ms(to_at) - to_ms(from_at)
            if ms < 0:
                raise NegativeDurationError(f"{to_at} is before {from_at}")
            return ms
        case _:
            assert_never(basis)


def _next_working_day(calendar: WorkingCalendar, after: date) -> date:
    day = calendar.next_working_day(after, DAYS_SEARCHED_MAX)
    if day is None:
        raise NeverOpensError(
            f"calendar {calendar.id} has no working day in the 20 years from {after}"
        )
    return day


def _same_time_ms(calendar: WorkingCalendar, at: datetime, day: date) -> int:
    """Return the local time of `at`, to the millisecond, on another day."""
    local = at.astimezone(zone_of(calendar.time_zone))
    within_minute_ms = local.second * 1000 + local.microsecond // 1000
    return calendar.at_minute(day, local.hour * 60 + local.minute) + within_minute_ms
