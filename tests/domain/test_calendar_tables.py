"""Tables of opening hours: bounded in number, and the same whichever way they are worked out."""

import struct
from datetime import UTC, date, datetime
from importlib.resources import files
from itertools import pairwise

import pytest
from deep import IN_CHECK
from oracle import calendar_json

from domain.calendar import WorkingCalendar
from domain.calendar_tables import KEPT_INTERVALS_MAX, KEPT_TABLES, KeptTables, opened_on
from domain.days import ONE_DAY, WEEKDAYS, OpenTime, zone_of

DENSE = {day: [f"{hour:02}:00-{hour:02}:01" for hour in range(24)] for day in WEEKDAYS}
NIGHT = {day: ["00:00-02:30", "03:00-05:00", "23:00-24:00"] for day in WEEKDAYS}


def table(intervals: int) -> OpenTime:
    return OpenTime.of(0, 10**9, ((n * 10, n * 10 + 5) for n in range(intervals)))


def test_the_oldest_tables_make_room_and_the_last_one_always_stays() -> None:
    kept = KeptTables(intervals_max=10)
    first, second, third = ([table(size)] for size in (5, 5, 20))

    kept.keep(first)
    kept.keep(second)
    assert (len(first), len(second)) == (1, 1)
    kept.keep(third)
    assert (first, second, len(third), kept.intervals) == ([], [], 1, 20)


@IN_CHECK
def test_many_busy_calendars_keep_no_more_than_the_bound_and_answer_the_same() -> None:
    calendars = [
        WorkingCalendar.model_validate(calendar_json(id=f"c{n}", weekly=DENSE)) for n in range(4)
    ]
    start, end = datetime(2020, 1, 2, tzinfo=UTC), datetime(2039, 12, 1, tzinfo=UTC)

    counted = {each.working_ms(start, end) for each in (*calendars, *calendars)}

    assert counted == {(end - start).days * 24 * 60_000}
    assert KEPT_TABLES.intervals <= KEPT_INTERVALS_MAX


@pytest.mark.parametrize(
    "zone", ["Asia/Shanghai", "Europe/Berlin", "Africa/Casablanca", "Pacific/Apia", "Asia/Gaza"]
)
def test_days_counted_through_are_the_days_told_boundary_by_boundary(zone: str) -> None:
    form = calendar_json(time_zone=zone, weekly=NIGHT, valid_from="2009-01-01")
    calendar = WorkingCalendar.model_validate(form)
    days = [date(2009, 1, 2) + n * ONE_DAY for n in range(1400)]
    minutes = tuple((each.opens_minute, each.closes_minute) for each in calendar.weekly.monday)

    counted = list(opened_on(zone_of(zone), days, lambda _: minutes))

    assert counted == [span for day in days for span in calendar.ranges_on(day)]


def changes_of(zone: str) -> list[int]:
    """Return when a zone's offset changes, in seconds since 1970, from its TZif file (RFC 8536)."""
    data = files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()
    utc, std, leap, times, types, letters = struct.unpack(">6l", data[20:44])
    second = 44 + times * 5 + types * 6 + letters + leap * 8 + std + utc
    *_, times, types, _ = struct.unpack(">6l", data[second + 20 : second + 44])
    at, kind = second + 44, second + 44 + times * 8
    instants = struct.unpack(f">{times}q", data[at:kind])
    offsets = [
        struct.unpack(">lbb", data[p : p + 6])[0]
        for p in range(kind + times, kind + times + types * 6, 6)
    ]
    told = [offsets[0], *(offsets[each] for each in data[kind : kind + times])]
    return [on for on, (was, now) in zip(instants, pairwise(told), strict=True) if was != now]


def test_no_zone_changes_its_clock_twice_within_three_days() -> None:
    zones = files("tzdata").joinpath("zones").read_text().split()
    gaps = [
        (later - earlier, zone)
        for zone in zones
        for earlier, later in pairwise(each for each in changes_of(zone) if each > -86_400 * 366)
    ]

    assert len(gaps) > 10_000
    assert min(gaps)[0] > 3 * 86_400
