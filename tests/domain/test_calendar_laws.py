"""The working-time engine against the minute-by-minute oracle, and R2.5's laws."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from deep import deep
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracle import (
    CALENDARS,
    CASES,
    WEEKDAYS,
    Json,
    Oracle,
    calendar_json,
    generated_cases,
    override,
)

from domain.calendar import DurationTooLongError, NeverOpensError, WorkingCalendar

LAWFUL = deep("examples of each law of working time", 20_000)
SEARCHED = deep("calendars by chance, beside the oracle", 1500)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
FIXED = {name: WorkingCalendar.model_validate(form) for name, form in CALENDARS.items()}

moments = st.builds(
    lambda day, ms: BEGIN + timedelta(days=day, milliseconds=ms),
    st.one_of(
        st.integers(0, 364), st.sampled_from([43, 58, 66, 67, 86, 87, 94, 276, 297, 298, 304])
    ),
    st.one_of(
        st.integers(0, 86_399_999), st.integers(0, 95).map(lambda quarter: quarter * 900_000)
    ),
)
budgets = st.one_of(
    st.integers(1, 10**8), st.integers(1, 2000).map(lambda minutes: minutes * 60_000)
)
names = st.sampled_from(sorted(FIXED))


@st.composite
def hours(draw: st.DrawFn) -> list[str]:
    """Draw up to three ranges of a day; the last may end on the next day, up to 24 hours later."""
    marks = sorted(draw(st.sets(st.integers(0, 95), max_size=6)))
    pairs = list(zip(marks[::2], marks[1::2], strict=False))
    texts = [f"{_wall(opens)}-{_wall(closes)}" for opens, closes in pairs]
    if len(marks) % 2 and draw(st.booleans()):
        closes = draw(st.integers(0, marks[-1]))
        texts.append(f"{_wall(marks[-1])}-{_wall(closes) + '+1' if closes else '24:00'}")
    return texts


def _wall(quarter: int) -> str:
    return f"{quarter // 4:02}:{quarter % 4 * 15:02}"


@st.composite
def calendar_forms(draw: st.DrawFn) -> Json:
    days = st.integers(0, 364).map(lambda day: f"{BEGIN + timedelta(days=day):%Y-%m-%d}")
    overrides = st.one_of(
        days.map(lambda on: override("closed", on)),
        st.builds(
            lambda on, ranges: override("open", on, ranges=ranges), days, hours().filter(bool)
        ),
        st.builds(
            lambda on, weekday: override("make_up", on, works_as=weekday),
            days,
            st.sampled_from(WEEKDAYS),
        ),
    )
    week = draw(st.lists(hours(), min_size=1, max_size=3))
    return calendar_json(
        time_zone=draw(
            st.sampled_from(
                ["Asia/Shanghai", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe"]
            )
        ),
        weekly={weekday: draw(st.sampled_from(week)) for weekday in WEEKDAYS},
        overrides=draw(st.lists(overrides, max_size=8)),
        valid_from="2025-12-20",
    )


def test_the_committed_cases_agree_with_the_engine() -> None:
    cases = [json.loads(line) for line in CASES.read_text().splitlines()]

    assert len(cases) == 100
    for case in cases:
        calendar, from_at = FIXED[case["calendar"]], _moment(case["from"])
        if "add_ms" in case:
            assert _moment(case["expected"]) == calendar.add_ms(from_at, case["add_ms"]), case
        else:
            assert case["expected"] == calendar.working_ms(from_at, _moment(case["to"])), case


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_the_committed_cases_are_what_the_generator_writes() -> None:
    committed = [json.loads(line) for line in CASES.read_text().splitlines()]

    assert committed[:10] == list(generated_cases(10))


@pytest.mark.deep
@given(form=calendar_forms(), from_at=moments, length_ms=st.integers(0, 2 * 86_400_000))
@settings(max_examples=SEARCHED, deadline=None)
def test_any_calendar_counts_what_the_oracle_counts(
    form: Json, from_at: datetime, length_ms: int
) -> None:
    calendar, oracle = WorkingCalendar.model_validate(form), Oracle(form)
    to_at = from_at + timedelta(milliseconds=length_ms)
    counted_ms = oracle.working_ms(from_at, to_at)
    spans = calendar.derivation(from_at, to_at)

    assert counted_ms == calendar.working_ms(from_at, to_at)
    assert oracle.is_open(from_at) == calendar.is_open(from_at)
    assert counted_ms == sum(span.counted_ms for span in spans)


@pytest.mark.deep
@given(form=calendar_forms(), at=moments, ms=st.integers(1, 86_400_000))
@settings(max_examples=SEARCHED, deadline=None)
def test_any_budget_is_used_up_when_the_oracle_says(form: Json, at: datetime, ms: int) -> None:
    due_at = Oracle(form).add_ms(at, ms, days_max=3)
    assume(due_at is not None)

    assert due_at == WorkingCalendar.model_validate(form).add_ms(at, ms)


@pytest.mark.deep
@given(name=names, at=moments, ms=budgets, more_ms=budgets)
@settings(max_examples=LAWFUL, deadline=None)
def test_adding_and_counting_undo_each_other(
    name: str, at: datetime, ms: int, more_ms: int
) -> None:
    calendar = FIXED[name]
    due_at = calendar.add_ms(at, ms)

    assert ms == calendar.working_ms(at, due_at)
    assert calendar.add_ms(at, ms + more_ms) == calendar.add_ms(due_at, more_ms)


@pytest.mark.deep
@given(name=names, at=moments, ms=budgets)
@settings(max_examples=LAWFUL, deadline=None)
def test_a_budget_is_used_up_in_opening_hours_or_at_their_very_end(
    name: str, at: datetime, ms: int
) -> None:
    calendar = FIXED[name]
    due_at = calendar.add_ms(at, ms)

    assert calendar.is_open(due_at - MILLISECOND)
    assert ms - 1 == calendar.working_ms(at, due_at - MILLISECOND)


@pytest.mark.deep
@given(name=names, at=moments, ms=budgets)
@settings(max_examples=LAWFUL, deadline=None)
def test_counting_back_is_the_mirror_of_adding(name: str, at: datetime, ms: int) -> None:
    calendar = FIXED[name]
    begun_at = calendar.back_ms(at, ms)

    assert ms == calendar.working_ms(begun_at, at)
    assert ms - 1 == calendar.working_ms(begun_at + MILLISECOND, at)  # so it is the latest
    assert calendar.is_open(begun_at)
    assert calendar.working_ms(begun_at, calendar.add_ms(begun_at, ms)) == ms
    assert calendar.add_ms(begun_at, ms) <= at
    assert calendar.back_ms(calendar.add_ms(at, ms), ms) >= at


@pytest.mark.deep
@given(name=names, at=moments, ms=budgets, more_ms=budgets)
@settings(max_examples=LAWFUL, deadline=None)
def test_counting_back_in_two_steps_or_in_one_is_the_same(
    name: str, at: datetime, ms: int, more_ms: int
) -> None:
    calendar = FIXED[name]

    assert calendar.back_ms(at, ms + more_ms) == calendar.back_ms(calendar.back_ms(at, ms), more_ms)


@pytest.mark.deep
@given(name=names, ends=st.tuples(moments, moments, moments).map(sorted))
@settings(max_examples=LAWFUL, deadline=None)
def test_counting_is_additive(name: str, ends: list[datetime]) -> None:
    calendar, (first, middle, last) = FIXED[name], ends

    assert calendar.working_ms(first, last) == calendar.working_ms(
        first, middle
    ) + calendar.working_ms(middle, last)


@pytest.mark.deep
@given(name=names, first=moments, length_ms=st.integers(0, 10 * 86_400_000))
@settings(max_examples=LAWFUL, deadline=None)
def test_a_derivation_has_no_holes_and_adds_up(name: str, first: datetime, length_ms: int) -> None:
    calendar, last = FIXED[name], first + timedelta(milliseconds=length_ms)
    spans = calendar.derivation(first, last)

    assert [*(span.from_at for span in spans), last] == [first, *(span.to_at for span in spans)]
    assert calendar.working_ms(first, last) == sum(span.counted_ms for span in spans)
    for span in spans:
        whole_ms = (span.to_at - span.from_at) // MILLISECOND
        assert span.from_at < span.to_at
        assert span.counted_ms in (0, whole_ms)
        assert span.counted_ms == calendar.working_ms(span.from_at, span.to_at)


@pytest.mark.deep
@given(form=calendar_forms(), at=moments, ms=budgets)
@settings(max_examples=SEARCHED, deadline=None)
def test_the_laws_hold_in_any_calendar(form: Json, at: datetime, ms: int) -> None:
    calendar = WorkingCalendar.model_validate(form)
    try:
        due_at = calendar.add_ms(at, ms)
    except (NeverOpensError, DurationTooLongError):
        assume(False)
    begun_at = calendar.back_ms(due_at, ms)

    assert ms == calendar.working_ms(at, due_at) == calendar.working_ms(begun_at, due_at)
    assert calendar.is_open(due_at - MILLISECOND)
    assert calendar.is_open(begun_at)
    assert at <= begun_at < due_at
    assert calendar.working_ms(at, begun_at) == 0
