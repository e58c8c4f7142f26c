"""Typed durations: what each becomes at its anchor, and the two bases of counting."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from deep import deep
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import CALENDARS, WEEKDAYS, calendar_json, override
from pydantic import TypeAdapter, ValidationError

from domain.calendar import (
    DurationTooLongError,
    NegativeDurationError,
    NeverOpensError,
    WorkingCalendar,
)
from domain.durations import (
    ALL_TIME,
    Basis,
    Budget,
    Duration,
    NaturalDays,
    OpenHours,
    Wall,
    WorkingDays,
    budget_of,
    due_at,
    elapsed_ms,
    natural_days_due,
    same_time_after,
    spans_of,
    working_days_due,
)

LAWFUL = deep("budgets of working days", 20_000)
HOUR_MS = 3_600_000
SHANGHAI = timezone(timedelta(hours=8))
READ: TypeAdapter[Wall | OpenHours | WorkingDays | NaturalDays] = TypeAdapter(Duration)
ORACLES_CALENDARS = {name: WorkingCalendar.model_validate(form) for name, form in CALENDARS.items()}


def _calendar(**changes: Any) -> WorkingCalendar:
    return WorkingCalendar.model_validate(calendar_json(**changes))


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


# Monday 5 January 2026 is closed; Saturday the 10th is made up.
OFFICE = _calendar(
    overrides=[
        override("closed", "2026-01-05"),
        override("make_up", "2026-01-10", works_as="friday"),
    ]
)


def test_hours_on_the_wall_and_opening_hours_are_never_each_other() -> None:
    anchor_at = _at("2026-01-09 17:00")

    assert Budget(basis=Basis.WALL, ms=24 * HOUR_MS) == budget_of(
        Wall(minutes=1440), OFFICE, anchor_at
    )
    assert Budget(basis=Basis.OPEN, ms=24 * HOUR_MS) == budget_of(
        OpenHours(minutes=1440), OFFICE, anchor_at
    )
    assert _at("2026-01-10 17:00") == due_at(Basis.WALL, OFFICE, anchor_at, 24 * HOUR_MS)
    assert _at("2026-01-14 11:30") == due_at(Basis.OPEN, OFFICE, anchor_at, 24 * HOUR_MS)


@pytest.mark.parametrize(
    ("anchor", "days", "count_from", "due"),
    [
        ("2026-01-06 10:00", 1, "today", "2026-01-06 17:30"),
        ("2026-01-06 10:00", 1, "next_day", "2026-01-07 17:30"),
        ("2026-01-06 17:29", 1, "today", "2026-01-06 17:30"),
        ("2026-01-06 17:30", 1, "today", "2026-01-07 17:30"),  # the day is over
        ("2026-01-06 23:00", 1, "next_day", "2026-01-07 17:30"),
        ("2026-01-06 07:00", 2, "today", "2026-01-07 17:30"),
        ("2026-01-05 10:00", 1, "today", "2026-01-06 17:30"),  # a closed Monday is no day 1
        ("2026-01-05 10:00", 1, "next_day", "2026-01-06 17:30"),
        ("2026-01-08 10:00", 2, "next_day", "2026-01-10 17:30"),  # the Saturday is made up
        ("2026-01-08 10:00", 3, "next_day", "2026-01-12 17:30"),
        ("2026-01-04 03:00", 5, "next_day", "2026-01-10 17:30"),
    ],
)
def test_working_days_end_with_the_last_range_of_the_last_day(
    anchor: str, days: int, count_from: Any, due: str
) -> None:
    duration = WorkingDays(days=days, due="end_of_day", count_from=count_from)
    budget = budget_of(duration, OFFICE, _at(anchor))

    assert _at(due) == working_days_due(duration, OFFICE, _at(anchor))
    assert budget.basis is Basis.OPEN
    assert _at(due) == due_at(budget.basis, OFFICE, _at(anchor), budget.ms)


@pytest.mark.parametrize(
    ("anchor", "days", "count_from", "due", "hours"),
    [
        ("2026-01-06 10:00:30.500", 1, "next_day", "2026-01-07 10:00:30.500", 7),
        ("2026-01-06 10:00", 3, "today", "2026-01-08 10:00", 14),
        ("2026-01-06 12:30", 1, "next_day", "2026-01-07 12:00", 7),  # held at the break's begin
        ("2026-01-06 13:30", 1, "next_day", "2026-01-07 13:30", 7),
        ("2026-01-06 18:00", 1, "next_day", "2026-01-07 17:30", 7),  # held at the day's end
        ("2026-01-06 07:00", 1, "next_day", "2026-01-07 09:00", 7),  # held at the opening
        ("2026-01-06 10:00", 1, "today", "2026-01-06 17:30", 6),  # no time at all: the day's end
        ("2026-01-05 07:00", 1, "next_day", "2026-01-06 17:30", 7),  # the same
        ("2026-01-06 18:00", 1, "today", "2026-01-07 17:30", 7),  # day 1 is the 7th
    ],
)
def test_working_days_to_the_same_time_are_held_within_the_hours(
    anchor: str, days: int, count_from: Any, due: str, hours: int
) -> None:
    duration = WorkingDays(days=days, due="same_time", count_from=count_from)

    assert _at(due) == working_days_due(duration, OFFICE, _at(anchor))
    assert Budget(basis=Basis.OPEN, ms=hours * HOUR_MS) == budget_of(duration, OFFICE, _at(anchor))


def test_a_day_held_at_its_opening_is_due_at_the_closing_before_by_r2_5() -> None:
    anchor_at = _at("2026-01-06 07:00")
    budget = budget_of(WorkingDays(days=1, due="same_time"), OFFICE, anchor_at)

    assert _at("2026-01-06 17:30") == due_at(budget.basis, OFFICE, anchor_at, budget.ms)


@pytest.mark.parametrize(
    ("due", "count_from", "expected"),
    [
        ("end_of_day", "today", "2026-01-12 00:00"),
        ("end_of_day", "next_day", "2026-01-13 00:00"),
        ("same_time", "today", "2026-01-11 16:20:30.500"),
        ("same_time", "next_day", "2026-01-12 16:20:30.500"),
    ],
)
def test_natural_days_count_every_day(due: Any, count_from: Any, expected: str) -> None:
    anchor_at = _at("2026-01-05 16:20:30.500")
    duration = NaturalDays(days=7, due=due, count_from=count_from)
    budget = budget_of(duration, OFFICE, anchor_at)

    assert _at(expected) == natural_days_due(duration, OFFICE, anchor_at)
    assert budget.basis is Basis.WALL
    assert _at(expected) == due_at(budget.basis, OFFICE, anchor_at, budget.ms)


def test_one_natural_day_to_the_same_time_of_today_is_the_rest_of_today() -> None:
    duration = NaturalDays(days=1, due="same_time", count_from="today")

    assert _at("2026-01-06 00:00") == natural_days_due(duration, OFFICE, _at("2026-01-05 23:00"))


def test_a_natural_day_follows_the_clock_on_the_wall_when_it_changes() -> None:
    berlin = ORACLES_CALENDARS["night"]
    before_at = datetime(2026, 3, 28, 11, tzinfo=UTC)  # noon, the day before summer time
    budget = budget_of(NaturalDays(days=1, due="same_time"), berlin, before_at)
    skipped_at = datetime(2026, 3, 28, 1, 30, tzinfo=UTC)  # 02:30, which the next day has not
    held = budget_of(NaturalDays(days=1, due="same_time"), berlin, skipped_at)

    assert budget.ms == 23 * HOUR_MS
    assert skipped_at + timedelta(hours=23.5) == due_at(held.basis, berlin, skipped_at, held.ms)


@pytest.mark.parametrize("basis", Basis)
def test_a_clock_with_nothing_left_is_due_at_once(basis: Basis) -> None:
    sunday_at = _at("2026-01-04 03:00")

    assert sunday_at == due_at(basis, OFFICE, sunday_at, 0)
    assert sunday_at == due_at(basis, OFFICE, sunday_at, -5)


def test_elapsed_time_is_counted_by_its_basis_and_forward_only() -> None:
    from_at, to_at = _at("2026-01-06 09:00"), _at("2026-01-07 09:00")

    assert elapsed_ms(Basis.WALL, OFFICE, from_at, to_at) == 24 * HOUR_MS
    assert elapsed_ms(Basis.OPEN, OFFICE, from_at, to_at) == 7 * HOUR_MS
    for basis in Basis:
        with pytest.raises(NegativeDurationError):
            elapsed_ms(basis, OFFICE, to_at, from_at)


def test_a_derivation_of_all_time_is_one_span_and_of_no_time_none() -> None:
    from_at, to_at = _at("2026-01-06 09:00"), _at("2026-01-07 09:00")
    (span,) = spans_of(Basis.WALL, OFFICE, from_at, to_at)

    assert (span.from_at, span.to_at) == (from_at, to_at)
    assert (span.counted_ms, span.rule) == (24 * HOUR_MS, ALL_TIME)
    assert spans_of(Basis.WALL, OFFICE, from_at, from_at) == ()
    assert spans_of(Basis.OPEN, OFFICE, from_at, to_at) == OFFICE.derivation(from_at, to_at)


def test_the_same_time_so_many_days_later_follows_the_clock_on_the_wall() -> None:
    berlin = ORACLES_CALENDARS["night"]
    noon_at = datetime(2026, 3, 28, 11, 0, 30, 500_000, tzinfo=UTC)
    second_at = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 02:30, the second time

    assert same_time_after(berlin, noon_at, 1) == noon_at + timedelta(hours=23)
    assert same_time_after(berlin, noon_at, 60) == noon_at + timedelta(days=60, hours=-1)
    assert same_time_after(berlin, second_at, 0) == second_at
    assert same_time_after(OFFICE, _at("2026-01-06 09:00"), 7305) == _at("2046-01-06 09:00")
    with pytest.raises(NegativeDurationError):
        same_time_after(berlin, noon_at, -1)
    with pytest.raises(DurationTooLongError):
        same_time_after(berlin, noon_at, 20 * 366 + 1)


def test_no_length_reaches_beyond_twenty_years() -> None:
    at = _at("2026-01-06 09:00")
    rare = _calendar(weekly={"monday": ["09:00-10:00"]})

    with pytest.raises(DurationTooLongError):
        due_at(Basis.WALL, OFFICE, at, 7305 * 24 * HOUR_MS + 1)
    with pytest.raises(DurationTooLongError):
        due_at(Basis.OPEN, rare, at, budget_of(OpenHours(minutes=100_000), rare, at).ms)


def test_working_days_of_a_calendar_that_never_opens_are_refused() -> None:
    never = _calendar(weekly={})

    with pytest.raises(NeverOpensError, match="no working day"):
        budget_of(WorkingDays(days=1), never, _at("2026-01-06 09:00"))


@pytest.mark.parametrize(
    "length",
    [
        {"kind": "wall", "minutes": 0},
        {"kind": "wall", "minutes": 5 * 366 * 1440 + 1},
        {"kind": "open_hours", "minutes": -1},
        {"kind": "working_days", "days": 0},
        {"kind": "natural_days", "days": 1001},
        {"kind": "working_days", "minutes": 60},
        {"kind": "days", "days": 1},
        {"kind": "natural_days", "days": 1, "due": "noon"},
    ],
)
def test_a_length_out_of_bounds_or_of_no_kind_is_refused(length: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        READ.validate_python(length)


def test_days_count_from_the_next_day_to_the_end_unless_said_otherwise() -> None:
    for kind in ("working_days", "natural_days"):
        length = READ.validate_python({"kind": kind, "days": 3})
        assert length.model_dump() == {
            "kind": kind,
            "days": 3,
            "due": "end_of_day",
            "count_from": "next_day",
        }


@pytest.mark.deep
@given(
    days=st.integers(1, 30),
    due=st.sampled_from(["end_of_day", "same_time"]),
    count_from=st.sampled_from(["today", "next_day"]),
    minute=st.integers(0, 300 * 1440),
    name=st.sampled_from(sorted(CALENDARS)),
)
@settings(max_examples=LAWFUL, deadline=None)
def test_every_budget_of_days_lasts_and_ends_in_working_time(
    days: int, due: Any, count_from: Any, minute: int, name: str
) -> None:
    calendar = ORACLES_CALENDARS[name]
    anchor_at = datetime(2026, 1, 10, tzinfo=UTC) + timedelta(minutes=minute)
    duration = WorkingDays(days=days, due=due, count_from=count_from)
    ruled_at = working_days_due(duration, calendar, anchor_at)
    budget = budget_of(duration, calendar, anchor_at)
    reached_at = due_at(budget.basis, calendar, anchor_at, budget.ms)

    assert budget.ms > 0
    assert anchor_at < reached_at <= ruled_at
    assert calendar.working_ms(reached_at, ruled_at) == 0
    assert due == "same_time" or reached_at == ruled_at


def test_a_shift_past_midnight_ends_its_own_working_day() -> None:
    night = _calendar(weekly={day: ["22:00-06:00+1"] for day in WEEKDAYS})
    duration = WorkingDays(days=1, due="end_of_day", count_from="today")

    assert _at("2026-01-07 06:00") == working_days_due(duration, night, _at("2026-01-06 23:00"))
    assert _at("2026-01-08 06:00") == working_days_due(duration, night, _at("2026-01-07 03:00"))


@pytest.mark.parametrize(
    "length", [Wall(minutes=5), OpenHours(minutes=5), WorkingDays(days=5), NaturalDays(days=5)]
)
def test_a_length_says_its_kind_also_where_defaults_are_left_out(
    length: Wall | OpenHours | WorkingDays | NaturalDays,
) -> None:
    lean = length.model_dump(mode="json", exclude_defaults=True)

    assert set(lean) == {"kind", "minutes" if "minutes" in lean else "days"}
    assert READ.validate_python(lean) == length
