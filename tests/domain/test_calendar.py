"""What a working calendar answers, and what it refuses."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from oracle import WEEKDAYS, calendar_json, override
from pydantic import ValidationError

from domain.calendar import (
    CalendarError,
    DurationTooLongError,
    NegativeDurationError,
    NeverOpensError,
    OutsideCalendarError,
    WorkingCalendar,
)
from domain.days import OpenRange

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
SHANGHAI = timezone(timedelta(hours=8))


def _calendar(**changes: Any) -> WorkingCalendar:
    return WorkingCalendar.model_validate(calendar_json(**changes))


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


PLAIN = _calendar()


def test_a_budget_used_up_at_a_closing_is_due_at_that_closing() -> None:
    assert _at("2026-01-05 12:00") == PLAIN.add_ms(_at("2026-01-05 09:00"), 3 * HOUR_MS)
    assert _at("2026-01-05 17:30") == PLAIN.add_ms(_at("2026-01-05 08:00"), 7 * HOUR_MS)
    assert _at("2026-01-09 17:30") == PLAIN.add_ms(_at("2026-01-05 08:00"), 35 * HOUR_MS)


def test_a_budget_one_millisecond_longer_is_due_after_the_next_opening() -> None:
    assert _at("2026-01-12 09:00:00.001") == PLAIN.add_ms(_at("2026-01-05 08:00"), 35 * HOUR_MS + 1)


def test_a_budget_of_zero_is_due_at_once_even_when_closed() -> None:
    assert _at("2026-01-04 03:00") == PLAIN.add_ms(_at("2026-01-04 03:00"), 0)


def test_answers_are_in_utc_and_cut_to_the_millisecond() -> None:
    due_at = PLAIN.add_ms(_at("2026-01-05 10:00:00.000999"), 1)

    assert due_at.tzinfo is UTC
    assert _at("2026-01-05 10:00:00.001") == due_at


def test_an_opening_is_open_and_a_closing_is_not() -> None:
    answers = {
        text: PLAIN.is_open(_at(f"2026-01-05 {text}"))
        for text in ("08:59:59.999", "09:00", "11:59:59.999", "12:00", "13:29", "13:30", "17:30")
    }

    assert list(answers.values()) == [False, True, True, False, False, True, False]


def test_of_two_overrides_of_one_day_the_later_wins() -> None:
    calendar = _calendar(
        overrides=[
            override("closed", "2026-01-05"),
            override("open", "2026-01-05", ranges=["10:00-11:00"]),
        ]
    )

    assert calendar.working_ms(_at("2026-01-05 00:00"), _at("2026-01-06 00:00")) == HOUR_MS


def test_a_range_past_midnight_belongs_to_the_day_on_which_it_opens() -> None:
    calendar = _calendar(
        weekly={"monday": ["22:00-06:00+1"], "tuesday": ["05:00-07:00", "22:00-06:00+1"]},
        overrides=[override("closed", "2026-01-07"), override("closed", "2026-01-12")],
    )

    # Tuesday's 05:00 to 06:00 is already open from Monday and counts once.
    assert calendar.working_ms(_at("2026-01-05 12:00"), _at("2026-01-06 12:00")) == 9 * HOUR_MS
    # A closed Wednesday does not send home those who began on Tuesday evening.
    assert calendar.working_ms(_at("2026-01-07 00:00"), _at("2026-01-08 00:00")) == 6 * HOUR_MS
    assert calendar.works_on(date(2026, 1, 6))
    assert not calendar.works_on(date(2026, 1, 7))
    # Nobody came on closed Monday the 12th, so that Tuesday begins at 05:00.
    assert _at("2026-01-13 06:00") == calendar.add_ms(_at("2026-01-12 12:00"), HOUR_MS)


def test_a_range_past_midnight_is_told_by_the_rule_of_the_day_on_which_it_opens() -> None:
    calendar = _calendar(
        weekly={"monday": ["22:00-06:00+1"], "tuesday": ["01:00-02:00", "05:00-07:00"]},
        overrides=[override("make_up", "2026-01-04", works_as="monday")],
    )
    spans = calendar.derivation(_at("2026-01-05 02:00"), _at("2026-01-06 08:00"))

    assert [(span.rule.en, span.counted_ms) for span in spans] == [
        ("make-up day: works as Monday", 4 * HOUR_MS),
        ("outside opening hours", 0),
        ("weekly hours", 8 * HOUR_MS),
        ("weekly hours", HOUR_MS),
        ("outside opening hours", 0),
    ]


def test_the_derivation_names_every_kind_of_day() -> None:
    calendar = _calendar(
        overrides=[
            {"kind": "closed", "on": "2026-01-05", "name": {"zh": "停电"}},
            override("open", "2026-01-06", ranges=["10:00-11:00"]),
            override("make_up", "2026-01-10", works_as="sunday"),
        ]
    )
    spans = calendar.derivation(_at("2026-01-04 00:00"), _at("2026-01-06 11:00"))

    assert [(span.rule.en, span.rule.zh) for span in spans] == [
        ("closed: day of the week", "每周休息日"),
        ("closed: 停电", "休息：停电"),
        ("outside opening hours", "非工作时间"),
        ("open: test", "特定工作时间：测试"),
    ]
    (idle,) = calendar.derivation(_at("2026-01-10 00:00"), _at("2026-01-11 00:00"))
    assert idle.rule.en == "closed: day of the week"
    assert calendar.derivation(_at("2026-01-05 00:00"), _at("2026-01-05 00:00")) == ()


def test_time_is_counted_forward_only() -> None:
    monday_at = _at("2026-01-05 09:00")

    with pytest.raises(NegativeDurationError):
        PLAIN.working_ms(monday_at, monday_at - timedelta(milliseconds=1))
    with pytest.raises(NegativeDurationError):
        PLAIN.add_ms(monday_at, -1)
    with pytest.raises(NegativeDurationError):
        PLAIN.derivation(monday_at, monday_at - timedelta(milliseconds=1))


def test_nothing_is_counted_further_than_twenty_years() -> None:
    always = _calendar(weekly=dict.fromkeys(WEEKDAYS, ("00:00-24:00",)))
    start_at = _at("2026-01-05 09:00")
    reach = timedelta(days=7305)

    assert start_at + reach == always.add_ms(start_at, 7305 * DAY_MS)
    assert always.working_ms(start_at, start_at + reach) == 7305 * DAY_MS
    with pytest.raises(DurationTooLongError):
        always.add_ms(start_at, 7305 * DAY_MS + 1)
    with pytest.raises(DurationTooLongError):
        always.working_ms(start_at, start_at + reach + timedelta(milliseconds=1))
    with pytest.raises(DurationTooLongError, match="reach beyond 20 years"):
        PLAIN.add_ms(start_at, 5 * 365 * DAY_MS)


def test_a_calendar_that_never_opens_says_so() -> None:
    never = _calendar(weekly={}, overrides=[override("open", "2026-01-05", ranges=["09:00-10:00"])])

    assert never.working_ms(_at("2026-01-01 00:00"), _at("2027-01-01 00:00")) == HOUR_MS
    assert _at("2026-01-05 10:00") == never.add_ms(_at("2026-01-01 00:00"), HOUR_MS)
    with pytest.raises(NeverOpensError, match="calendar plain has no opening"):
        never.add_ms(_at("2026-01-05 10:00"), 1)
    with pytest.raises(DurationTooLongError):
        never.add_ms(_at("2026-01-01 00:00"), HOUR_MS + 1)


def test_an_instant_that_the_calendar_does_not_reach_is_refused() -> None:
    assert not PLAIN.is_open(_at("2020-01-01 00:00"))
    assert not PLAIN.is_open(_at("2199-12-31 23:59"))
    for at in (_at("2019-12-31 23:59:59.999"), _at("2200-01-01 00:00")):
        with pytest.raises(OutsideCalendarError, match="from 2020-01-01 to 2199-12-31"):
            PLAIN.is_open(at)
        with pytest.raises(OutsideCalendarError):
            PLAIN.add_ms(at, 0)
        with pytest.raises(OutsideCalendarError):
            PLAIN.is_provisional(at)
    with pytest.raises(OutsideCalendarError):
        PLAIN.add_ms(_at("2199-12-31 17:30"), HOUR_MS)


def test_nothing_runs_on_from_before_the_first_day() -> None:
    calendar = _calendar(weekly=dict.fromkeys(WEEKDAYS, ("22:00-06:00+1",)))

    assert calendar.working_ms(_at("2020-01-01 00:00"), _at("2020-01-02 00:00")) == 2 * HOUR_MS
    assert [
        span.counted_ms
        for span in calendar.derivation(_at("2020-01-01 00:00"), _at("2020-01-02 00:00"))
    ] == [0, 2 * HOUR_MS]


def test_what_ran_on_into_the_first_year_of_a_table_is_in_it() -> None:
    calendar = _calendar(weekly=dict.fromkeys(WEEKDAYS, ("22:00-06:00+1",)))

    assert calendar.is_open(_at("2026-06-01 23:00"))
    for year in (2025, 2024, 2027, 2021):
        assert calendar.is_open(_at(f"{year}-01-01 05:59")), year


def test_a_table_grows_to_both_sides_without_changing_an_answer() -> None:
    calendar = _calendar(valid_from="2007-01-01")
    answers = {
        year: _calendar(valid_from="2007-01-01").add_ms(_at(f"{year}-03-02 08:00"), HOUR_MS)
        for year in (2050, 2026, 2007, 2099, 2030, 2008)
    }

    assert answers == {
        year: calendar.add_ms(_at(f"{year}-03-02 08:00"), HOUR_MS) for year in answers
    }


def test_after_the_published_days_the_plain_week_goes_on_provisionally() -> None:
    calendar = _calendar(valid_until="2026-01-05")
    monday, tuesday = _at("2026-01-05 23:59:59.999"), _at("2026-01-06 00:00")
    spans = calendar.derivation(_at("2026-01-05 16:30"), _at("2026-01-06 10:00"))

    assert [calendar.is_provisional(at) for at in (monday, tuesday)] == [False, True]
    assert _at("2026-01-06 10:00") == calendar.add_ms(_at("2026-01-05 16:30"), 2 * HOUR_MS)
    assert [(span.rule.en, span.counted_ms) for span in spans] == [
        ("weekly hours", HOUR_MS),
        ("outside opening hours", 0),
        ("provisional: calendar published to 2026-01-05", 0),
        ("provisional: calendar published to 2026-01-05", HOUR_MS),
    ]


def test_the_hash_is_that_of_the_canonical_text_and_of_the_content_alone() -> None:
    worked = _calendar()
    worked.add_ms(_at("2026-01-05 09:00"), 100 * HOUR_MS)
    again = WorkingCalendar.model_validate_json(worked.model_dump_json())

    assert again.hash == worked.hash == PLAIN.hash
    assert again == worked == PLAIN
    # Python's own sorted JSON is canonical too where all keys are ASCII and numbers are missing.
    text = json.dumps(
        PLAIN.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert PLAIN.hash == hashlib.sha256(text.encode()).hexdigest()


def test_a_copy_remembers_nothing_of_the_original() -> None:
    closed = _calendar(overrides=[override("closed", "2026-01-05")]).overrides
    monday_at = _at("2026-01-05 10:00")
    before = (PLAIN.is_open(monday_at), PLAIN.hash)
    changed = PLAIN.model_copy(update={"overrides": closed})

    assert before == (True, PLAIN.hash)
    assert not changed.is_open(monday_at)
    assert changed.hash != PLAIN.hash


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"time_zone": "Asia/Nowhere"}, "not an IANA time zone"),
        ({"time_zone": "../zones"}, "not an IANA time zone"),
        ({"valid_from": "2031-01-01"}, "valid_until 2030-12-31 is before valid_from 2031-01-01"),
        ({"valid_from": "1969-12-31"}, "from 1970-01-01"),
        ({"valid_until": "2200-01-01"}, "to 2199-12-31"),
        ({"weekly": {"monday": ["09:00-09:00"]}}, "is empty; a whole day is 00:00-24:00"),
        ({"weekly": {"monday": ["22:00-00:00"]}}, "closes at 24:00"),
        ({"weekly": {"monday": ["24:00-02:00"]}}, "a day opens at 00:00"),
        ({"weekly": {"monday": ["9:00-12:00"]}}, "'9:00-12:00' is no range of hours: write HH:MM"),
        ({"weekly": {"monday": ["09:00"]}}, "is no range of hours"),
        ({"weekly": {"monday": ["09:00-12:00+2"]}}, "is no range of hours"),
        ({"weekly": {"monday": ["０９:00-12:00"]}}, "is no range of hours"),
        ({"weekly": {"monday": ["09:00-25:00"]}}, "pattern"),
        ({"weekly": {"monday": [900]}}, "valid dictionary"),
        (
            {"weekly": {"monday": ["22:00-06:00"]}},
            r"22:00-06:00 crosses midnight without saying so: write 22:00-06:00\+1",
        ),
        ({"weekly": {"monday": ["09:00-10:00+1"]}}, r"09:00-10:00\+1 is longer than 24 hours"),
        ({"weekly": {"monday": ["00:00-24:00+1"]}}, "is longer than 24 hours"),
        ({"weekly": {"monday": ["22:00-00:00+1"]}}, "closes at 24:00"),
        (
            {"weekly": {"monday": ["09:00-12:00", "11:59-13:00"]}},
            "09:00-12:00 and 11:59-13:00 of one day overlap",
        ),
        (
            {"weekly": {"monday": ["22:00-06:00+1", "23:00-24:00"]}},
            r"22:00-06:00\+1 and 23:00-24:00 of one day overlap",
        ),
        (
            {"weekly": {"monday": ["13:30-17:30", "09:00-12:00"]}},
            "13:30-17:30 stands before 09:00-12:00, which opens earlier",
        ),
        ({"weekly": {"someday": []}}, "Extra inputs"),
        ({"overrides": [override("open", "2026-01-05", ranges=[])]}, "at least 1 item"),
        ({"overrides": [override("half", "2026-01-05")]}, "expected tags"),
    ],
)
def test_a_calendar_that_says_nothing_clear_is_refused(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        _calendar(**changes)


def test_a_range_is_read_and_written_as_people_write_it() -> None:
    night = OpenRange.model_validate("22:00-06:00+1")

    assert night == OpenRange(opens="22:00", closes="06:00", next_day=True)
    assert night.model_dump_json() == '"22:00-06:00+1"'
    assert (night.opens_minute, night.closes_minute) == (22 * 60, 30 * 60)
    assert OpenRange.model_validate("09:00-12:00").model_dump_json() == '"09:00-12:00"'


def test_a_shift_of_twenty_four_hours_is_stated_and_counted() -> None:
    watch = _calendar(weekly={"monday": ["09:00-09:00+1"], "tuesday": ["08:00-10:00"]})

    # Tuesday's 08:00 to 09:00 is already open from Monday and counts once.
    assert watch.working_ms(_at("2026-01-05 00:00"), _at("2026-01-07 00:00")) == 25 * HOUR_MS


def test_a_calendar_is_written_again_as_it_was_read() -> None:
    form = calendar_json(weekly={"monday": ["05:00-08:00", "22:00-06:00+1"]})
    calendar = WorkingCalendar.model_validate(form)

    assert calendar.model_dump(mode="json")["weekly"]["monday"] == ["05:00-08:00", "22:00-06:00+1"]
    assert WorkingCalendar.model_validate_json(calendar.model_dump_json()).hash == calendar.hash


def test_a_budget_counted_back_to_an_opening_begins_at_that_opening() -> None:
    assert _at("2026-01-05 13:30") == PLAIN.back_ms(_at("2026-01-05 17:30"), 4 * HOUR_MS)
    assert _at("2026-01-05 11:59:59.999") == PLAIN.back_ms(_at("2026-01-05 17:30"), 4 * HOUR_MS + 1)
    assert _at("2026-01-09 17:00") == PLAIN.back_ms(_at("2026-01-11 12:00"), HOUR_MS // 2)
    assert _at("2026-01-11 12:00") == PLAIN.back_ms(_at("2026-01-11 12:00"), 0)


def test_counting_back_is_bounded_by_the_first_day_and_by_twenty_years() -> None:
    long_ago = _calendar(valid_from="1990-01-01", weekly={"monday": ["09:00-10:00"]})
    once = _calendar(
        valid_from="1990-01-01",
        weekly={},
        overrides=[override("open", "2010-01-04", ranges=["09:00-10:00"])],
    )
    monday_at = _at("2026-01-05 09:00")

    with pytest.raises(NegativeDurationError):
        PLAIN.back_ms(monday_at, -1)
    with pytest.raises(OutsideCalendarError, match="beyond its first day, 2020-01-01"):
        PLAIN.back_ms(_at("2020-01-02 10:00"), 100 * HOUR_MS)
    with pytest.raises(OutsideCalendarError):
        PLAIN.back_ms(_at("2019-12-31 10:00"), 0)
    assert _at("2020-01-01 09:00") == PLAIN.back_ms(_at("2020-01-01 17:30"), 7 * HOUR_MS)
    assert _at("2006-01-09 09:00") == long_ago.back_ms(monday_at, 1043 * HOUR_MS)
    with pytest.raises(DurationTooLongError, match="reach beyond 20 years"):
        long_ago.back_ms(monday_at, 1044 * HOUR_MS + 1)
    assert _at("2010-01-04 09:00") == once.back_ms(monday_at, HOUR_MS)
    with pytest.raises(DurationTooLongError):
        once.back_ms(monday_at, HOUR_MS + 1)
    with pytest.raises(NeverOpensError, match="no opening in the 20 years before"):
        once.back_ms(_at("2031-01-06 09:00"), 1)


def test_a_deadline_at_the_end_of_the_last_published_day_needs_no_other() -> None:
    calendar = _calendar(valid_until="2026-01-05")
    midnight_at = _at("2026-01-06 00:00")

    assert calendar.is_provisional(midnight_at)
    assert not calendar.needs_beyond(midnight_at)
    assert calendar.needs_beyond(midnight_at + timedelta(milliseconds=1))


def test_hours_that_run_on_from_the_last_published_day_need_no_other() -> None:
    night = _calendar(valid_until="2026-01-05", weekly={"monday": ["22:00-06:00+1"]})

    assert not night.needs_beyond(_at("2026-01-06 06:00"))
    assert night.needs_beyond(_at("2026-01-06 06:00:00.001"))


def test_every_refusal_is_a_calendar_error() -> None:
    refusals = (
        OutsideCalendarError,
        DurationTooLongError,
        NegativeDurationError,
        NeverOpensError,
    )

    assert all(issubclass(refusal, CalendarError) for refusal in refusals)
    assert issubclass(CalendarError, ValueError)
