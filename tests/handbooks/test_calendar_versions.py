"""The shipped calendars, what China's was before a notice changed it, and what differs."""

import json
from datetime import date
from importlib.resources import files

import pytest

from domain.calendar import UnknownCalendarError, WorkingCalendar
from domain.days import ClosedDay, Label, MakeUpDay, OpenDay, OpenRange, Weekday
from handbooks.calendars import cn_office_as_of, find_calendar, read_calendar
from handbooks.calendars.comparison import compared
from handbooks.calendars.days import day_reader, month_days, year_counts
from handbooks.calendars.published import laid_over, notice_of

FOLDER = files("handbooks.calendars")
CHINA = read_calendar("cn-office")
BEFORE = cn_office_as_of(date(2020, 1, 26))
AFTER = cn_office_as_of(date(2020, 1, 27))
SPRING = Label(zh="春节", en="Spring Festival")


@pytest.mark.parametrize(
    ("id_", "hash_"),
    [
        ("cn-office", "a2be336ce747e702a8315a50c6f47ac9429e59c65d3170732585342d540109b5"),
        ("round-the-clock", "9610b21bbd3ba1c10e0c78211df8c71f5111e47214c784230262f934de200ed1"),
    ],
)
def test_ledgers_know_the_shipped_calendars_by_these_hashes(id_: str, hash_: str) -> None:
    calendar = read_calendar(id_)

    assert calendar.model_copy(update={"tzdata": "2026.6"}).hash == hash_


def test_the_extension_of_2020_changes_two_days_and_names_a_third() -> None:
    found = compared(BEFORE, AFTER)

    assert found.fields == ()
    assert [(str(day.on), day.hours_differ) for day in found.days] == [
        ("2020-01-31", True),
        ("2020-02-01", True),
        ("2020-02-02", False),
    ]
    friday, saturday, sunday = found.days
    hours = "09:00-12:00 13:30-17:30"
    assert friday.first.says == f"worked {hours} (weekly hours)"
    assert saturday.first.says == f"worked {hours} (make-up day, 春节 Spring Festival)"
    assert sunday.first.says == "closed (day of the week)"
    assert {day.second.says for day in found.days} == {"closed (春节 Spring Festival)"}


def test_before_the_extension_the_first_notice_held() -> None:
    read = day_reader(BEFORE)
    days = [date(2020, 1, 19), *(date(2020, 1, day) for day in range(23, 32)), date(2020, 2, 1)]

    assert [on for on in days if not read(on).ranges] == [date(2020, 1, d) for d in range(24, 31)]
    assert read(date(2020, 1, 19)).kind == read(date(2020, 2, 1)).kind == "make_up"
    assert (BEFORE.id, BEFORE.valid_until) == (CHINA.id, date(2020, 12, 31))


def test_the_notices_of_2020_laid_over_one_another_give_the_final_year() -> None:
    names = ("2020-extension.json", "2020-before-extension.json")
    notices = [
        notice_of(json.loads((FOLDER / "notices" / name).read_bytes()), name) for name in names
    ]
    name = "2020.json"
    final = notice_of(json.loads((FOLDER / "holiday-cn" / name).read_bytes()), name)

    year = laid_over(notices)

    assert (year.days, year.papers) == (final.days, final.papers)


def test_after_the_extension_every_day_is_as_it_was_in_the_end() -> None:
    known = {each for each in CHINA.overrides if each.on <= date(2020, 12, 30)}

    assert set(AFTER.overrides) == known
    assert AFTER.sources[-1] == "notices for 2020 as of 2020-01-27: 2 papers"


@pytest.mark.parametrize("on", [date(2019, 11, 20), date(2020, 11, 25), date(2026, 1, 1)])
def test_what_was_known_on_other_days_is_not_made_up(on: date) -> None:
    with pytest.raises(UnknownCalendarError, match="from 2019-11-21 until before 2020-11-25"):
        cn_office_as_of(on)


def test_a_calendar_is_found_by_id_by_day_and_by_file() -> None:
    assert find_calendar("cn-office") is CHINA
    assert find_calendar("cn-office@2020-01-22") == BEFORE
    with pytest.raises(UnknownCalendarError, match="'soon' of 'cn-office@soon' is not a day"):
        find_calendar("cn-office@soon")
    with pytest.raises(UnknownCalendarError, match="allowed: cn-office, round-the-clock"):
        find_calendar("lunar")


def small(**update: object) -> WorkingCalendar:
    week = {day: ("09:00-12:00",) for day in ("monday", "tuesday")}
    form = {
        "id": "small",
        "name": {"zh": "小", "en": "small"},
        "time_zone": "Asia/Shanghai",
        "tzdata": "2026.2",
        "weekly": week,
        "valid_from": date(2026, 3, 1),
        "valid_until": date(2026, 3, 31),
    }
    return WorkingCalendar.model_validate(form | update)


MONDAY = date(2026, 3, 2)
"""A Monday that `small` works from nine to twelve."""


def test_a_make_up_day_with_the_hours_that_it_has_anyway_is_no_difference() -> None:
    made_up = MakeUpDay(on=MONDAY, works_as=Weekday.TUESDAY, name=SPRING)

    assert compared(small(), small(overrides=(made_up,))).is_same


@pytest.mark.parametrize(
    ("override", "hours_differ", "says"),
    [
        (ClosedDay(on=MONDAY, name=SPRING), True, "closed (春节 Spring Festival)"),
        (
            OpenDay(on=MONDAY, ranges=(OpenRange(opens="09:00", closes="11:00"),), name=SPRING),
            True,
            "worked 09:00-11:00 (春节 Spring Festival)",
        ),
        (
            ClosedDay(on=date(2026, 3, 1), name=Label(zh="春节")),
            False,
            "closed (春节)",
        ),
        (
            MakeUpDay(on=date(2026, 4, 1), works_as=Weekday.MONDAY, name=Label(zh="春节")),
            True,
            "worked 09:00-12:00 (make-up day, 春节, provisional)",
        ),
    ],
)
def test_a_day_that_differs_is_told_in_words(
    override: ClosedDay | OpenDay | MakeUpDay, hours_differ: bool, says: str
) -> None:
    (day,) = compared(small(), small(overrides=(override,))).days

    assert (day.on, day.hours_differ, day.by_week) == (override.on, hours_differ, False)
    assert day.second.says == says


def test_other_weekly_hours_are_told_once_and_their_days_marked() -> None:
    found = compared(small(), small(weekly={"monday": ("09:00-12:00",)}))

    assert [(f.field, f.first, f.second) for f in found.fields] == [
        ("weekly.tuesday", "09:00-12:00", "closed")
    ]
    assert [day.on.day for day in found.days] == [3, 10, 17, 24, 31]
    assert all(day.by_week for day in found.days)


def test_zone_and_validity_are_told() -> None:
    other = small(time_zone="Asia/Tokyo", valid_from="2026-03-02", valid_until="2026-04-30", id="x")

    found = compared(small(), other)

    assert [(f.field, f.first, f.second) for f in found.fields] == [
        ("id", "small", "x"),
        ("time_zone", "Asia/Shanghai", "Asia/Tokyo"),
        ("valid_from", "2026-03-01", "2026-03-02"),
        ("valid_until", "2026-03-31", "2026-04-30"),
    ]
    assert (found.first_on, found.last_on) == (date(2026, 3, 2), date(2026, 4, 30))
    assert found.days == ()


def test_the_days_of_a_year_are_counted() -> None:
    (year,) = [each for each in year_counts(CHINA) if each.year == 2020]

    # 366 days, of them 104 Saturdays and Sundays; 19 weekdays are off and 6 weekend days made up.
    assert (year.worked, year.named_off, year.made_up) == (366 - 104 - 19 + 6, 30, 7)
    assert not year.provisional
    assert len(month_days(CHINA, date(2020, 2, 1))) == 29
