"""Lengths of time as people write them, there and back."""

from contextlib import suppress
from typing import Any

import pytest
from deep import deep
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.duration_text import DurationTextError, parse_duration, written_duration
from domain.durations import (
    DAYS_MAX,
    MINUTES_MAX,
    Duration,
    NaturalDays,
    OpenHours,
    Wall,
    WorkingDays,
)

LAWFUL = deep("lengths of time written and read", 4_000)
minutes = st.integers(1, MINUTES_MAX)
days = {
    "days": st.integers(1, DAYS_MAX),
    "due": st.sampled_from(["end_of_day", "same_time"]),
    "count_from": st.sampled_from(["today", "next_day"]),
}
durations = st.one_of(
    st.builds(Wall, minutes=minutes),
    st.builds(OpenHours, minutes=minutes),
    st.builds(WorkingDays, **days),
    st.builds(NaturalDays, **days),
)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("4h", OpenHours(minutes=240)),
        ("90m", OpenHours(minutes=90)),
        ("1h30m", OpenHours(minutes=90)),
        ("4h wall", Wall(minutes=240)),
        ("5wd", WorkingDays(days=5)),
        ("60d", NaturalDays(days=60)),
        ("5wd same_time", WorkingDays(days=5, due="same_time")),
        ("5wd  today end_of_day ", WorkingDays(days=5, count_from="today")),
        ("60d today same_time", NaturalDays(days=60, due="same_time", count_from="today")),
    ],
)
def test_a_length_is_read_as_people_write_it(text: str, duration: Any) -> None:
    assert parse_duration(text) == duration


@pytest.mark.deep
@given(duration=durations)
@settings(max_examples=LAWFUL, deadline=None)
def test_what_is_written_is_read_as_the_same_length(duration: Duration) -> None:
    assert parse_duration(written_duration(duration)) == duration


@pytest.mark.deep
@given(text=st.one_of(st.text(max_size=70), st.text(alphabet="0159hmwd _aloty", max_size=14)))
@settings(max_examples=LAWFUL, deadline=None)
def test_any_text_is_a_length_or_is_refused(text: str) -> None:
    with suppress(DurationTextError):
        duration = parse_duration(text)
        assert parse_duration(written_duration(duration)) == duration


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no length of time; allowed: 4h"),
        ("4", "is no length"),
        ("h", "is no length"),
        ("-4h", "is no length"),
        ("4.5h", "is no length"),
        ("4 h", "is no length"),
        ("PT4H", "is no length"),
        ("٤h", "is no length"),
        ("4h end_of_day", "is no length"),
        ("4h wall wall", "is no length"),
        ("5wd wall", "'wall' is not understood"),
        ("5wd today next_day", "'next_day' is said twice"),
        ("0h", "out of bounds: Input should be greater than or equal to 1"),
        ("1001d", "out of bounds: Input should be less than or equal to 1000"),
        ("999999999h", "out of bounds"),
        ("5wd" + " " * 100, "is no length"),
    ],
)
def test_what_is_no_length_is_refused_with_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(DurationTextError, match=message):
        parse_duration(text)
