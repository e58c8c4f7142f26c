"""The shipped calendars: China's published days, and one that never closes."""

import csv
import json
import os
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.calendar import OutsideCalendarError, UnknownCalendarError
from handbooks.calendars import calendar_ids, read_calendar

REPOSITORY = Path(__file__).parents[2]
SHARED = Path(os.environ.get("CLOSEOUT_SHARED", REPOSITORY / "../shared"))
DAYS = SHARED / "data/calendars/cn_workdays_2019_2026.csv"
SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR_MS = 3_600_000

CHINA = read_calendar("cn-office")
ALWAYS = read_calendar("round-the-clock")


def _local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("at", "hours", "due_at"),
    [
        # Friday; Saturday 14 February is made up for the holiday of 15 to 23 February.
        ("2026-02-13 17:00", 0.5, "2026-02-13 17:30"),
        ("2026-02-13 17:00", 7.5, "2026-02-14 17:30"),
        ("2026-02-13 17:00", 8, "2026-02-24 09:30"),
        # The holiday of 2020 was extended to 2 February by a second notice.
        ("2020-01-23 17:00", 1, "2020-02-03 09:30"),
        # Sunday 19 January 2020 is made up.
        ("2020-01-17 17:30", 7, "2020-01-19 17:30"),
        # New Year's Day 2008 brought days off in the last week of 2007, and a Saturday worked.
        ("2007-12-28 17:30", 7, "2007-12-29 17:30"),
        ("2007-12-29 17:30", 1, "2008-01-02 10:00"),
        # Saturday 31 December 2011 was worked by the notice for 2012.
        ("2011-12-30 17:30", 3, "2011-12-31 12:00"),
        # National Day and Mid-Autumn Festival together.
        ("2025-09-30 17:30", 7, "2025-10-09 17:30"),
        ("2025-10-10 17:30", 7, "2025-10-11 17:30"),
    ],
)
def test_a_budget_of_office_hours_is_due_by_the_published_days(
    at: str, hours: float, due_at: str
) -> None:
    assert _local(due_at) == CHINA.add_ms(_local(at), int(hours * HOUR_MS))


def test_the_spring_festival_of_2020_is_told_in_the_derivation() -> None:
    spans = CHINA.derivation(_local("2020-01-23 17:00"), _local("2020-02-03 09:30"))

    assert [
        ("2020-01-23", "weekly hours", HOUR_MS // 2),
        ("2020-01-23", "outside opening hours", 0),
        *((f"2020-01-{day}", "closed: Spring Festival", 0) for day in range(24, 32)),
        *((f"2020-02-0{day}", "closed: Spring Festival", 0) for day in (1, 2)),
        ("2020-02-03", "outside opening hours", 0),
        ("2020-02-03", "make-up day: works as Monday", HOUR_MS // 2),
    ] == [
        (f"{span.from_at.astimezone(SHANGHAI):%Y-%m-%d}", span.rule.en, span.counted_ms)
        for span in spans
    ]
    assert spans[2].rule.zh == "休息：春节"
    assert spans[-1].rule.zh == "调休上班（春节）：按星期一"


@pytest.mark.skipif(
    not DAYS.is_file(), reason="the shared day table is not beside this clone (CLOSEOUT_SHARED)"
)
def test_every_day_of_2019_to_2026_is_worked_or_not_as_six_packages_say() -> None:
    with DAYS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    assert len(rows) == 2922
    assert [
        row
        for row in rows
        if CHINA.works_on(date.fromisoformat(row["date"])) != (row["is_workday"] == "1")
    ] == []


def test_the_china_calendar_ends_with_the_last_year_that_has_a_notice() -> None:
    after_at = CHINA.add_ms(_local("2026-12-31 17:00"), HOUR_MS)
    span = CHINA.derivation(_local("2027-01-01 00:00"), _local("2027-01-01 10:00"))[-1]

    assert (date(2007, 1, 1), date(2026, 12, 31)) == (CHINA.valid_from, CHINA.valid_until)
    assert _local("2027-01-01 09:30") == after_at
    assert CHINA.is_provisional(after_at)
    assert not CHINA.is_provisional(_local("2026-12-31 23:59"))
    assert (
        span.counted_ms,
        span.rule.en,
    ) == (HOUR_MS, "provisional: calendar published to 2026-12-31")
    assert span.rule.zh == "暂定：日历仅公布至 2026-12-31"
    with pytest.raises(OutsideCalendarError, match="2007-01-01"):
        CHINA.is_open(_local("2006-12-31 23:59"))


def test_the_china_calendar_names_its_sources_and_every_day_in_english() -> None:
    assert CHINA.sources[0] == "weekly hours: default, not from source"
    assert "holiday-cn/2020.json: 2 papers" in CHINA.sources
    assert CHINA.sources[-1] == "holiday-cn/2026.json: 1 paper"
    assert all(override.name.en for override in CHINA.overrides)
    assert "National Day and Mid-Autumn Festival" in {o.name.en for o in CHINA.overrides}


def test_no_shipped_year_is_without_a_notice() -> None:
    folder = files("handbooks.calendars") / "holiday-cn"
    names = sorted(entry.name for entry in folder.iterdir())

    assert names == [*(f"{year}.json" for year in range(2007, 2027)), "LICENSE"]
    for name in names[:-1]:
        assert json.loads((folder / name).read_bytes())["papers"], name


def test_round_the_clock_counts_every_millisecond_to_the_end_of_the_century() -> None:
    start_at, end_at = _local("2026-02-13 17:00"), _local("2045-02-13 17:00")

    assert (end_at - start_at).total_seconds() * 1000 == ALWAYS.working_ms(start_at, end_at)
    assert end_at == ALWAYS.add_ms(start_at, ALWAYS.working_ms(start_at, end_at))
    assert not ALWAYS.is_provisional(_local("2099-12-31 23:59"))
    assert ALWAYS.is_provisional(_local("2100-01-01 00:00"))


def test_a_calendar_that_is_not_shipped_is_refused_by_name() -> None:
    assert calendar_ids() == ("cn-office", "round-the-clock")
    with pytest.raises(UnknownCalendarError, match=r"'\.\./zones' is not shipped; allowed: cn-"):
        read_calendar("../zones")
