"""Changes of the clock: thirty years of them, in zones that change in different ways (R2.4)."""

from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from deep import IN_CHECK
from oracle import WEEKDAYS, Oracle, calendar_json, changes_of_the_clock

from domain.calendar import WorkingCalendar

HOUR = timedelta(hours=1)
CHANGES = {
    ("Asia/Shanghai", 1986, 1996): 12,  # summer time until 1991, and none since
    ("Asia/Shanghai", 1997, 2026): 0,
    ("Europe/Berlin", 1997, 2026): 60,
    ("America/New_York", 1997, 2026): 60,
    ("America/Sao_Paulo", 1997, 2026): 45,  # across midnight, until 2019
    ("Australia/Lord_Howe", 1997, 2026): 60,  # by half an hour
    ("America/Havana", 1997, 2026): 55,  # from and to midnight
    ("America/St_Johns", 1997, 2026): 60,  # at 00:01 until 2011: back into the day before
    ("Pacific/Apia", 1997, 2026): 23,  # and one whole day that never was
}
LEFT_TO_CHECK = {"Europe/Berlin", "America/Sao_Paulo", "America/Havana"}
every_zone = pytest.mark.parametrize(
    ("zone", "first_year", "last_year"),
    [pytest.param(*each, marks=[IN_CHECK] * (each[0] in LEFT_TO_CHECK)) for each in CHANGES],
    ids=str,
)


def _calendar(zone: str, *hours: str) -> WorkingCalendar:
    return WorkingCalendar.model_validate(_form(zone, *hours))


def _form(zone: str, *hours: str) -> dict[str, object]:
    return calendar_json(
        time_zone=zone,
        weekly={day: list(hours) for day in WEEKDAYS},
        valid_from="1985-01-01",
    )


def _ms(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)


@every_zone
def test_a_calendar_that_never_closes_counts_real_time_over_every_change(
    zone: str, first_year: int, last_year: int
) -> None:
    calendar = _calendar(zone, "00:00-24:00")
    changes = changes_of_the_clock(zone, first_year, last_year)

    assert len(changes) == CHANGES[zone, first_year, last_year]
    for change_at in changes:
        start_at, end_at = change_at - 2 * HOUR, change_at + 30 * HOUR
        spans = calendar.derivation(start_at, end_at)

        assert _ms(32 * HOUR) == calendar.working_ms(start_at, end_at)
        assert end_at == calendar.add_ms(start_at, _ms(32 * HOUR))
        assert start_at == calendar.back_ms(end_at, _ms(32 * HOUR))
        assert calendar.is_open(change_at)
        assert _ms(32 * HOUR) == sum(span.counted_ms for span in spans)


@every_zone
def test_hours_that_overlap_a_change_count_as_the_oracle_counts(
    zone: str, first_year: int, last_year: int
) -> None:
    hours = ("00:00-00:30", "01:15-01:45", "02:15-02:45", "03:00-09:00", "23:30-00:15+1")
    calendar, oracle = _calendar(zone, *hours), Oracle(_form(zone, *hours))
    changes = changes_of_the_clock(zone, first_year, last_year)
    for change_at in changes:
        start_at, end_at = change_at - 3 * HOUR, change_at + 5 * HOUR
        counted_ms = oracle.working_ms(start_at, end_at)
        spans = calendar.derivation(start_at, end_at)

        assert counted_ms == calendar.working_ms(start_at, end_at), change_at
        assert counted_ms == sum(span.counted_ms for span in spans)
        assert [start_at, *(span.to_at for span in spans)] == [
            *(span.from_at for span in spans),
            end_at,
        ]
        assert oracle.add_ms(start_at, counted_ms) == calendar.add_ms(start_at, counted_ms)


@every_zone
def test_the_laws_hold_over_every_change(zone: str, first_year: int, last_year: int) -> None:
    calendar = _calendar(zone, "00:30-02:20", "02:40-12:00", "22:00-00:10+1")
    changes = changes_of_the_clock(zone, first_year, last_year)
    for change_at, minutes in product(changes, range(-180, 181, 15)):
        at = change_at + timedelta(minutes=minutes)
        for ms in (1, _ms(HOUR / 4), _ms(2.5 * HOUR), _ms(20 * HOUR)):
            due_at, begun_at = calendar.add_ms(at, ms), calendar.back_ms(at, ms)

            assert ms == calendar.working_ms(at, due_at) == calendar.working_ms(begun_at, at)
            assert calendar.is_open(due_at - timedelta(milliseconds=1))
            assert calendar.is_open(begun_at)


@pytest.mark.parametrize(
    ("hours", "spring", "autumn"),
    [
        ("00:00-24:00", 23 * HOUR, 25 * HOUR),
        ("02:15-02:45", 0 * HOUR, HOUR / 2),  # skipped; counted the first time only
        ("01:30-02:30", HOUR / 2, HOUR),  # closes at the end of the gap; at the first 02:30
        ("02:30-09:00", 6 * HOUR, 7.5 * HOUR),  # opens at the end of the gap; at the first 02:30
        ("02:00-03:00", 0 * HOUR, 2 * HOUR),  # open until the clock first reads 03:00
        ("22:00-02:30+1", 4 * HOUR, 4.5 * HOUR),
    ],
)
def test_a_boundary_falls_where_the_clock_first_reads_it_or_is_past_it(
    hours: str, spring: timedelta, autumn: timedelta
) -> None:
    calendar, berlin = _calendar("Europe/Berlin", hours), ZoneInfo("Europe/Berlin")
    noon_at = [datetime(2026, month, day, 12, tzinfo=berlin) for month, day in ((3, 29), (10, 25))]
    opened_ms = [
        sum(end - start for start, end in calendar.ranges_on(day.date()))
        for day in (noon_at if hours < "22" else [at - timedelta(days=1) for at in noon_at])
    ]

    assert [_ms(spring), _ms(autumn)] == opened_ms


def test_the_repeated_hour_of_a_closed_range_stays_closed() -> None:
    calendar = _calendar("Europe/Berlin", "01:30-02:30")
    first, second = (datetime(2026, 10, 25, hour, 15, tzinfo=UTC) for hour in (0, 1))

    assert first.astimezone(ZoneInfo("Europe/Berlin")).hour == 2
    assert second.astimezone(ZoneInfo("Europe/Berlin")).hour == 2
    assert calendar.is_open(first)
    assert not calendar.is_open(second)


def test_a_day_that_never_was_is_no_working_day() -> None:
    apia = _calendar("Pacific/Apia", "09:00-17:00")
    skipped = datetime(2011, 12, 30, tzinfo=UTC).date()

    assert not apia.works_on(skipped)
    assert apia.works_on(skipped - timedelta(days=1))
    assert apia.works_on(skipped + timedelta(days=1))


def test_a_day_that_has_begun_does_not_end_again_when_clocks_go_back() -> None:
    st_johns = _calendar("America/St_Johns", "09:00-17:00")
    change_at = datetime(2010, 11, 7, 2, 31, tzinfo=UTC)  # 00:01 becomes 23:01 of the day before

    assert change_at.astimezone(ZoneInfo("America/St_Johns")).day == 6
    assert st_johns.day_of(change_at).day == 7
