"""What is wrong with a calendar that somebody wrote: each fault has its own message and rule."""

from datetime import date
from typing import Any

import pytest
from oracle import calendar_json, override

from domain.calendar import CalendarError, WorkingCalendar
from domain.calendar_check import (
    CalendarProblem,
    UnfitCalendarError,
    calendar_problems,
    checked_calendar,
)
from domain.days import ONE_DAY
from handbooks.calendars import calendar_ids, read_calendar

FAULTS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "an unknown zone": (
        {"time_zone": "Asia/Nowhere"},
        "time_zone",
        "R2.4",
        "time_zone 'Asia/Nowhere' is not an IANA time zone",
    ),
    "a range that crosses midnight unstated": (
        {"weekly": {"friday": ["09:00-12:00", "22:00-06:00"]}},
        "weekly.friday.1",
        "R2.2",
        "22:00-06:00 crosses midnight without saying so: write 22:00-06:00+1 "
        "if it ends on the next day",
    ),
    "overlapping ranges": (
        {"weekly": {"friday": ["09:00-12:00", "11:00-13:00"]}},
        "weekly.friday",
        "R2.2",
        "09:00-12:00 and 11:00-13:00 of one day overlap",
    ),
    "overlapping ranges of an odd day": (
        {"overrides": [override("open", "2026-02-14", ranges=["08:00-10:00", "09:00-11:00"])]},
        "overrides.0.ranges",
        "R2.2",
        "08:00-10:00 and 09:00-11:00 of one day overlap",
    ),
    "a last day before the first": (
        {"valid_until": "2019-12-31"},
        "valid_until",
        "R2.2",
        "valid_until 2019-12-31 is before valid_from 2020-01-01",
    ),
    "a make-up day that is also closed": (
        {
            "overrides": [
                override("closed", "2026-02-15"),
                override("make_up", "2026-02-14", works_as="monday"),
                override("closed", "2026-02-14") | {"name": {"zh": "春节"}},
            ]
        },
        "overrides.2",
        "R2.2",
        "2026-02-14 is a make-up day that is also closed: '测试' and '春节'",
    ),
    "a closed day that is also made up": (
        {
            "overrides": [
                override("closed", "2026-02-14"),
                override("make_up", "2026-02-14", works_as="monday"),
            ]
        },
        "overrides.1",
        "R2.2",
        "2026-02-14 is a make-up day that is also closed: '测试' and '测试'",
    ),
    "a day with hours of two kinds": (
        {
            "overrides": [
                override("open", "2026-02-14", ranges=["09:00-10:00", "22:00-02:00+1"]),
                override("open", "2026-02-14", ranges=["09:00-11:00"]),
            ]
        },
        "overrides.1",
        "R2.2",
        "2026-02-14 is given twice, and differently: open 09:00-10:00, 22:00-02:00+1 (测试) "
        "and open 09:00-11:00 (测试)",
    ),
    "a make-up day of a weekday that is closed": (
        {"overrides": [override("make_up", "2026-02-14", works_as="sunday")]},
        "overrides.0.works_as",
        "R2.2",
        "2026-02-14 is made up as a sunday, and on that weekday nothing opens",
    ),
    "no hours in any week": (
        {"weekly": {}, "overrides": [override("open", "2026-02-14", ranges=["09:00-10:00"])]},
        "weekly",
        "R2.2",
        "no weekday has opening hours, so that no budget is ever used up",
    ),
    "hours that run into the next day's": (
        {"weekly": {"monday": ["22:00-06:00+1"], "tuesday": ["05:00-08:00"]}},
        "weekly.tuesday",
        "R2.2",
        "monday 22:00-06:00+1 and tuesday 05:00-08:00 overlap",
    ),
    "hours that run into an odd day's": (
        {
            "weekly": {"monday": ["22:00-06:00+1"]},
            "overrides": [override("open", "2026-02-17", ranges=["05:00-07:00"])],
        },
        "overrides.0",
        "R2.2",
        "2026-02-16 22:00-06:00+1 and 2026-02-17 05:00-07:00 overlap",
    ),
    "a rest of 61 days": (
        {"overrides": [override("closed", str(date(2026, 3, 1) + n * ONE_DAY)) for n in range(61)]},
        "overrides.0",
        "R2.5",
        "nothing opens from 2026-02-28 to 2026-04-30, 62 days; "
        "allowed are 60 in a row, and fewer at the calendar's beginning",
    ),
    "a beginning of 60 days of rest": (
        {
            "valid_from": "2020-01-06",
            "overrides": [
                override("closed", str(date(2020, 1, 6) + n * ONE_DAY)) for n in range(60)
            ],
        },
        "overrides.0",
        "R2.5",
        "nothing opens from 2020-01-06 to 2020-03-05, 60 days; "
        "allowed are 60 in a row, and fewer at the calendar's beginning",
    ),
    "a day in a year that is a slip of the pen": (
        {"overrides": [override("closed", "2062-02-14")]},
        "overrides.0.on",
        "R2.2",
        "2062-02-14 is more than 31 days outside the calendar's validity, 2020-01-01 to 2030-12-31",
    ),
    "a day long before the first": (
        {"overrides": [override("make_up", "2019-11-30", works_as="monday")]},
        "overrides.0.on",
        "R2.2",
        "2019-11-30 is more than 31 days outside the calendar's validity, 2020-01-01 to 2030-12-31",
    ),
}


@pytest.mark.parametrize(("changes", "key", "rule", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_named_by_place_rule_and_message(
    changes: dict[str, Any], key: str, rule: str, message: str
) -> None:
    with pytest.raises(UnfitCalendarError) as refusal:
        checked_calendar(calendar_json(**changes))

    (problem,) = refusal.value.problems
    assert (problem.key, problem.rule, problem.message) == (key, rule, message)
    assert problem.counter_example
    assert str(refusal.value) == f"{key}: {message} ({rule})"
    assert isinstance(refusal.value, CalendarError)


def test_no_two_faults_have_the_same_message() -> None:
    messages = [message for _, _, _, message in FAULTS.values()]

    assert len(set(messages)) == len(messages)


def test_every_fault_of_a_calendar_is_named_at_once() -> None:
    form = calendar_json(
        time_zone="Mars/Base", weekly={"monday": ["09:00"], "tuesday": ["10:00-10:00"]}
    )

    with pytest.raises(UnfitCalendarError) as refusal:
        checked_calendar(form)

    assert [problem.key for problem in refusal.value.problems] == [
        "time_zone",
        "weekly.monday.0",
        "weekly.tuesday.0",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"overrides": [override("closed", "2026-02-14"), override("closed", "2026-02-14")]},
        {"overrides": [override("closed", "2019-12-31"), override("closed", "2031-01-31")]},
        {"weekly": {"monday": ["22:00-06:00+1"], "tuesday": ["06:00-08:00"]}},
    ],
    ids=["plain", "closed twice is closed", "around new year", "hours that meet at six"],
)
def test_what_is_no_fault_is_taken(changes: dict[str, Any]) -> None:
    form = calendar_json(**changes)

    assert checked_calendar(form) == WorkingCalendar.model_validate(form)


@pytest.mark.parametrize("id_", calendar_ids())
def test_the_shipped_calendars_break_no_rule(id_: str) -> None:
    assert calendar_problems(read_calendar(id_)) == ()


def test_a_stored_calendar_loads_whatever_the_check_would_say() -> None:
    form = calendar_json(
        overrides=[
            override("make_up", "2026-02-14", works_as="monday"),
            override("closed", "2026-02-14"),
        ]
    )
    stored = WorkingCalendar.model_validate(form)

    assert [type(problem) for problem in calendar_problems(stored)] == [CalendarProblem]
    assert not stored.works_on(stored.overrides[0].on)
