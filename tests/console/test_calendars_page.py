"""Calendars: a month as the calendar has it, sums with their steps, a slip that is told kindly."""

from datetime import date

import builders as b
from consoles import Console
from supervised import NASTY, NASTY_SHOWN, ROOT, part_of, status

from console.queries.calendars import month
from domain.calendar_sums import added
from handbooks.calendars import read_calendar


def test_a_month_shows_each_day_once_with_what_opens_and_why() -> None:
    calendar = read_calendar("cn-office")
    shown = month(calendar, date(2026, 10, 1), date(2026, 10, 8))
    days = [day for week in shown.weeks for day in week if day is not None]
    assert [day.on.day for day in days] == list(range(1, 32))
    assert all(len(week) == 7 for week in shown.weeks)
    assert shown.weeks[0].index(days[0]) == date(2026, 10, 1).weekday()
    worked = [day.on for day in days if calendar.works_on(day.on)]
    assert shown.worked == len(worked)
    assert [day.on for day in days if day.kind in ("worked", "make_up", "open")] == worked
    holidays = [day for day in days if day.kind == "holiday"]
    assert holidays[0].name[0] != ""
    assert [day.on.day for day in days if day.is_today] == [8]
    year = [date.fromordinal(date(2026, 1, 1).toordinal() + n) for n in range(365)]
    assert shown.worked_in_year == sum(calendar.works_on(day) for day in year)


async def test_a_sum_is_shown_with_every_stretch_that_counted(console: Console) -> None:
    path = f"{ROOT}/calendars?op=add&start=2026-03-02T09:00&duration=5wd"
    text = await console.page("enterprise", path, language="zh")
    found = added(b.CALENDAR, "2026-03-02T09:00", "5wd")
    table = text.rpartition("<tbody>")[2].partition("</tbody>")[0]
    assert table.count("<tr>") == len(found.spans)
    assert "2026-03-09 17:00" in text
    assert f"{found.counted_ms // b.HOUR_MS} 小时" in text


async def test_what_cannot_be_counted_keeps_the_form_and_says_why(console: Console) -> None:
    async with console.opened_as("officer") as browser:
        asked = {"op": "add", "start": NASTY[:50], "duration": "5wd"}
        answer = await browser.get(f"{ROOT}/calendars", params=asked)
    assert answer.status_code == 200
    assert "This cannot be counted" in answer.text
    assert NASTY_SHOWN[:20] in answer.text
    assert "<script>alert" not in answer.text
    assert 'value="5wd"' in answer.text


async def test_a_month_before_the_calendar_and_a_calendar_of_nobody_are_refused(
    console: Console,
) -> None:
    assert await status(console, "officer", "/calendars?month=1999-01") == 422
    assert await status(console, "officer", "/calendars?calendar=none") == 422
    assert await status(console, "officer", "/calendars?month=2026-13") == 422


async def test_a_refresh_has_the_month_alone(console: Console) -> None:
    assert 'class="month"' in await part_of(console, "officer", "/calendars")
