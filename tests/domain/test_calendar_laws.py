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

from domain.calendar import WorkingCalendar

SEARCHED = deep("calendars searched for a broken law", 400)
COMPARED = deep("calendars compared with the oracle", 2000)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
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


@st.composite
def hours(draw: st.DrawFn) -> list[str]:
    """Draw up to three ranges of a day; the last may end on the next day."""
    marks = sorted(draw(st.sets(st.integers(0, 95), max_size=6)))
    pairs = list(zip(marks[::2], marks[1::2], strict=False))
    texts = [f"{_wall(opens)}-{_wall(closes)}" for opens, closes in pairs]
    if len(marks) % 2 and marks[-1] > 0 and draw(st.booleans()):
        texts.append(f"{_wall(marks[-1])}-{_wall(draw(st.integers(1, marks[-1])) - 1)}")
    return [text.replace("-00:00", "-24:00") for text in texts]


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
    return calendar_json(
        time_zone=draw(
            st.sampled_from(
                ["Asia/Shanghai", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe"]
            )
        ),
        weekly={weekday: draw(hours()) for weekday in WEEKDAYS},
        overrides=draw(st.lists(overrides, max_size=8)),
        valid_from="2025-12-20",
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_the_committed_cases_agree_with_the_engine() -> None:
    cases = [json.loads(line) for line in CASES.read_text().splitlines()]

    assert len(cases) == 100
    for case in cases:
        calendar, from_at = FIXED[case["calendar"]], _moment(case["from"])
        if "add_ms" in case:
            assert _moment(case["expected"]) == calendar.add_ms(from_at, case["add_ms"]), case
        else:
            assert case["expected"] == calendar.working_ms(from_at, _moment(case["to"])), case


def test_the_committed_cases_are_what_the_generator_writes() -> None:
    committed = [json.loads(line) for line in CASES.read_text().splitlines()]

    assert committed[:10] == list(generated_cases(10))


@pytest.mark.deep
@given(form=calendar_forms(), from_at=moments, length_ms=st.integers(0, 4 * 86_400_000))
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
@given(form=calendar_forms(), at=moments, ms=st.integers(1, 2 * 86_400_000))
@settings(max_examples=SEARCHED, deadline=None)
def test_any_budget_is_used_up_when_the_oracle_says(form: Json, at: datetime, ms: int) -> None:
    due_at = Oracle(form).add_ms(at, ms, days_max=8)
    assume(due_at is not None)

    assert due_at == WorkingCalendar.model_validate(form).add_ms(at, ms)


@pytest.mark.deep
@given(name=st.sampled_from(sorted(FIXED)), at=moments, ms=budgets, more_ms=budgets)
@settings(max_examples=COMPARED, deadline=None)
def test_adding_and_counting_undo_each_other(
    name: str, at: datetime, ms: int, more_ms: int
) -> None:
    calendar = FIXED[name]
    due_at = calendar.add_ms(at, ms)
    just_before = due_at - timedelta(milliseconds=1)

    assert ms == calendar.working_ms(at, due_at)
    assert ms - 1 == calendar.working_ms(at, just_before)
    assert calendar.is_open(just_before)
    assert calendar.add_ms(at, ms + more_ms) == calendar.add_ms(due_at, more_ms)


@pytest.mark.deep
@given(name=st.sampled_from(sorted(FIXED)), ends=st.tuples(moments, moments, moments).map(sorted))
@settings(max_examples=COMPARED, deadline=None)
def test_counting_is_additive_and_its_derivation_has_no_holes(
    name: str, ends: list[datetime]
) -> None:
    calendar, (first, middle, last) = FIXED[name], ends
    last = min(last, first + timedelta(days=20))
    middle = min(middle, last)
    spans = calendar.derivation(first, last)
    edges = [span.from_at for span in spans] + [last]

    assert calendar.working_ms(first, last) == calendar.working_ms(
        first, middle
    ) + calendar.working_ms(middle, last)
    assert calendar.working_ms(first, last) == sum(span.counted_ms for span in spans)
    assert edges == [first] + [span.to_at for span in spans]
    for span in spans:
        whole_ms = (span.to_at - span.from_at) // timedelta(milliseconds=1)
        assert span.from_at < span.to_at
        assert span.counted_ms in (0, whole_ms)
        assert span.counted_ms == calendar.working_ms(span.from_at, span.to_at)
