"""The short form of a calendar, and instants as people type them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from oracle import Json

from domain.calendar import OutsideCalendarError, WorkingCalendar
from domain.calendar_check import UnfitCalendarError
from domain.calendar_forms import InstantTextError, instant_in, short_calendar

HOUR_MS = 3_600_000
PLAIN: Json = {
    "time_zone": "Europe/Berlin",
    "hours": {"13:00": "17:00", "08:00": "12:00"},
    "weekdays": ["tue", "wed"],
}


def _read(name: str = "plain", **changes: Any) -> WorkingCalendar:
    return short_calendar(name, PLAIN | changes, "test")


def test_every_worked_day_has_the_same_hours_and_odd_days_their_kind() -> None:
    calendar = _read(off=["2026-01-06"], make_up_workdays=["2026-01-11"])
    worked = [day for day in range(5, 12) if calendar.works_on(date(2026, 1, day))]

    assert worked == [7, 11]  # Wednesday, and the Sunday that is made up
    assert [(end - start) // HOUR_MS for start, end in calendar.ranges_on(date(2026, 1, 11))] == [
        4,
        4,
    ]


@pytest.mark.parametrize(
    ("hours", "written"),
    [
        ({"22:00": "06:00"}, ["22:00-06:00+1"]),
        ({"22:00": "00:00"}, ["22:00-24:00"]),
        ({"00:00": "00:00"}, ["00:00-24:00"]),
        ({"00:00": "24:00"}, ["00:00-24:00"]),
        ({"09:00": "09:00"}, ["09:00-09:00+1"]),
        ({"10:00": "12:00", "8:00": "9:30"}, ["08:00-09:30", "10:00-12:00"]),
    ],
)
def test_hours_that_end_no_later_than_they_begin_cross_midnight(
    hours: dict[str, str], written: list[str]
) -> None:
    weekly = _read(hours=hours).model_dump(mode="json")["weekly"]

    assert weekly["tuesday"] == weekly["wednesday"] == written
    assert weekly["monday"] == []


@pytest.mark.parametrize(
    ("name", "code"), [("cn-8to20", "cn-8to20"), ("机关 office", "c---office"), ("", "c")]
)
def test_a_name_of_any_kind_is_taken(name: str, code: str) -> None:
    assert _read(name).id == code


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"time_zone": "Mars/Base"}, "time_zone: time_zone 'Mars/Base' is not an IANA"),
        ({"hours": {"9": "12:00"}}, "'00009-12:00' is no range"),
        ({"hours": {"nine": "12:00"}}, "is no range"),
        ({"hours": {"22:00": "06:00", "23:00": "23:30"}}, "overlap"),
        ({"hours": {}}, "no weekday has opening hours"),
        ({"weekdays": []}, "no weekday has opening hours"),
        ({"weekdays": ["someday"]}, r"weekdays\.0: String should match"),
        ({"off": ["2026-13-01"]}, r"off\.0: Input should be a valid date"),
        (
            {"off": ["2026-01-11"], "make_up_workdays": ["2026-01-11"]},
            "2026-01-11 is a make-up day that is also closed",
        ),
        ({"shut": []}, "shut: Extra inputs are not permitted"),
    ],
)
def test_a_short_form_that_breaks_a_rule_is_refused(changes: Json, message: str) -> None:
    with pytest.raises(UnfitCalendarError, match=message):
        _read(**changes)


def test_what_is_no_form_at_all_is_refused() -> None:
    with pytest.raises(UnfitCalendarError):
        short_calendar("none", ["09:00-12:00"], "test")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T09:00:00Z", "2026-03-02T09:00"),
        ("2026-03-02T09:00+08:00", "2026-03-02T01:00"),
        ("2026-03-02 09:00", "2026-03-02T08:00"),  # Berlin's own time
        ("2026-03-02", "2026-03-01T23:00"),
        ("2026-03-02T09:00:30.123999", "2026-03-02T08:00:30.123"),
        ("2026-03-29T02:30:30", "2026-03-29T01:00"),  # skipped: the end of the gap
        ("2026-03-29T03:00:30", "2026-03-29T01:00:30"),
        ("2026-10-25T02:30:30", "2026-10-25T00:30:30"),  # comes twice: the first time
    ],
)
def test_an_instant_is_read_with_its_zone_or_in_the_calendars(text: str, expected: str) -> None:
    assert instant_in(_read(), text) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "noon", "2026-02-30", "2026-03-02T25:00", "2026" * 100])
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(InstantTextError, match="allowed: ISO 8601") as refusal:
        instant_in(_read(), text)

    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(
    "text",
    [
        "1969-12-31T12:00Z",
        "0001-01-01",
        "0001-01-01T00:00+14:00",
        "2200-01-02",
        "9999-12-31",
        "9999-12-31T23:59-14:00",
    ],
)
def test_an_instant_outside_every_calendar_is_refused(text: str) -> None:
    with pytest.raises(OutsideCalendarError):
        instant_in(_read(), text)


def test_a_local_time_never_goes_back_over_a_change_of_the_clock() -> None:
    calendar, at = _read(), datetime.fromisoformat("2026-03-29T01:50:30")
    typed = [instant_in(calendar, (at + timedelta(minutes=n)).isoformat()) for n in range(90)]

    assert typed == sorted(typed)
