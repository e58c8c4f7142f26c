"""When a routine is due: by the walls of the zone, on worked days, each period once."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import builders as b
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import WorkingCalendar
from domain.handbook_routines import RoutinesRule, routines_rule
from domain.routines import (
    MADE_UP_FOR,
    RoutineKind,
    Run,
    at_local,
    attesting_posts,
    next_run,
    report_number,
    run_of,
    runs_between,
    runs_due,
    runs_left_out,
    runs_missed,
    told_of_missing,
)

USUAL = RoutinesRule()
FESTIVAL = tuple(date(2026, 2, 16) + timedelta(days=number) for number in range(8))
"""Closed from a Monday to the Monday after it."""


def calendar(time_zone: str = "Asia/Shanghai", **more: Any) -> WorkingCalendar:
    data = b.CALENDAR.model_dump(mode="json") | {"time_zone": time_zone} | more
    return WorkingCalendar.model_validate(data)


def closed(*days: date) -> dict[str, Any]:
    name = {"zh": "春节"}
    return {"overrides": [{"kind": "closed", "on": day.isoformat(), "name": name} for day in days]}


def due(kind: RoutineKind, at: datetime, last: str | None, **more: Any) -> list[Run]:
    return list(runs_due(USUAL, calendar(**more), kind, at, last))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # year to minute


def test_the_first_call_does_the_newest_period_alone() -> None:
    (run,) = due(RoutineKind.DAILY, utc(2026, 3, 4, 10), None)

    assert run.period == "2026-03-04"
    assert (run.from_at, run.to_at) == (utc(2026, 3, 3, 10), utc(2026, 3, 4, 10))


def test_a_call_before_the_hour_finds_the_day_before() -> None:
    early = due(RoutineKind.DAILY, utc(2026, 3, 4, 9, 59), None)
    assert [run.period for run in early] == ["2026-03-03"]
    assert due(RoutineKind.DAILY, utc(2026, 3, 4, 9, 59), "2026-03-03") == []


def test_missed_reports_are_all_made_up_for_and_a_missed_digest_is_not() -> None:
    at = utc(2026, 3, 6, 10, 30)
    reports = due(RoutineKind.DAILY, at, "2026-03-02")
    assert [run.period for run in reports] == [
        "2026-03-03",
        "2026-03-04",
        "2026-03-05",
        "2026-03-06",
    ]
    digests = due(RoutineKind.DIGEST, at, "2026-03-02")
    assert [run.period for run in digests] == ["2026-03-06"]


def test_the_day_after_closed_days_takes_them_in() -> None:
    (run,) = due(RoutineKind.DAILY, utc(2026, 3, 9, 10), None)
    assert (run.from_on, run.to_on) == (date(2026, 3, 7), date(2026, 3, 9))
    assert run.from_at == utc(2026, 3, 6, 10)


def test_daily_periods_meet_without_gap_or_overlap_across_a_festival() -> None:
    runs = list(
        runs_between(
            USUAL,
            calendar(**closed(*FESTIVAL)),
            RoutineKind.DAILY,
            date(2026, 2, 9),
            date(2026, 3, 6),
        )
    )
    assert all(one.to_at == other.from_at for one, other in pairwise(runs))
    assert not {run.to_on for run in runs} & set(FESTIVAL)


def test_a_week_whose_day_is_closed_is_tracked_on_the_next_worked_day() -> None:
    closed_days = closed(*FESTIVAL)
    before = due(RoutineKind.WEEKLY, utc(2026, 2, 23, 12), "2026-02-08", **closed_days)
    assert before == []
    after = due(RoutineKind.WEEKLY, utc(2026, 2, 24, 1), "2026-02-08", **closed_days)
    assert [(run.from_on, run.to_on) for run in after] == [
        (date(2026, 2, 9), date(2026, 2, 15)),
        (date(2026, 2, 16), date(2026, 2, 22)),
    ]
    assert {run.due_at for run in after} == {utc(2026, 2, 24, 1)}


@pytest.mark.parametrize(
    ("at", "first", "last"),
    [
        (utc(2026, 3, 2, 2), date(2026, 2, 1), date(2026, 2, 28)),
        (utc(2028, 3, 1, 2), date(2028, 2, 1), date(2028, 2, 29)),
        (utc(2026, 1, 1, 2), date(2025, 12, 1), date(2025, 12, 31)),
    ],
)
def test_a_month_is_analysed_from_its_first_day_to_its_last(
    at: datetime, first: date, last: date
) -> None:
    (run,) = due(RoutineKind.MONTHLY, at, None)
    assert (run.from_on, run.to_on) == (first, last)
    assert run.to_at - run.from_at == timedelta(days=(last - first).days + 1)
    assert report_number("z", run.routine, run) == f"z-M-{last:%Y-%m}"


def test_a_month_that_begins_on_a_closed_day_waits_for_a_worked_one() -> None:
    assert due(RoutineKind.MONTHLY, utc(2026, 3, 1, 9), "2026-01-31") == []
    (run,) = due(RoutineKind.MONTHLY, utc(2026, 3, 2, 1, 30), "2026-01-31")
    assert run.due_at == utc(2026, 3, 2, 1, 30)
    assert run.to_at == utc(2026, 2, 28, 16)


def test_clocks_that_are_put_forward_neither_lose_a_run_nor_an_hour() -> None:
    berlin = calendar("Europe/Berlin")
    rule = RoutinesRule(verification_at="02:30")
    runs = list(
        runs_between(rule, berlin, RoutineKind.VERIFICATION, date(2026, 3, 28), date(2026, 3, 30))
    )
    assert [run.due_at for run in runs] == [
        utc(2026, 3, 28, 1, 30),
        utc(2026, 3, 29, 1, 0),
        utc(2026, 3, 30, 0, 30),
    ]
    assert all(one.to_at == other.from_at for one, other in pairwise(runs))


def test_a_time_that_clocks_show_twice_is_due_once_the_first_time() -> None:
    berlin = calendar("Europe/Berlin")
    assert at_local(berlin, date(2026, 10, 25), "02:30") == utc(2026, 10, 25, 0, 30)
    rule = RoutinesRule(verification_at="02:30")
    again = utc(2026, 10, 25, 1, 30)
    assert runs_due(rule, berlin, RoutineKind.VERIFICATION, again, "2026-10-25") == ()


def test_a_week_in_which_clocks_change_has_an_hour_less() -> None:
    (run,) = runs_due(
        USUAL, calendar("Europe/Berlin"), RoutineKind.WEEKLY, utc(2026, 3, 30, 9), None
    )
    assert run.to_at - run.from_at == timedelta(days=7, hours=-1)


def test_a_week_is_called_by_the_iso_week_of_its_first_day() -> None:
    run = run_of(USUAL, calendar(), RoutineKind.WEEKLY, date(2027, 1, 3))
    assert run is not None
    assert report_number("xinghe", run.routine, run) == "xinghe-W-2026-53"
    assert run_of(USUAL, calendar(), RoutineKind.WEEKLY, date(2027, 1, 4)) is None


def test_what_was_due_and_not_done_is_named_from_the_first_that_was() -> None:
    at, done = utc(2026, 3, 6, 11), frozenset({"2026-03-03", "2026-03-05"})
    missed = runs_missed(USUAL, calendar(), RoutineKind.DAILY, at, done)
    assert [run.period for run in missed] == ["2026-03-04", "2026-03-06"]
    assert runs_missed(USUAL, calendar(), RoutineKind.DAILY, at, frozenset()) == ()


def test_the_next_run_lies_on_the_next_worked_day() -> None:
    run = next_run(USUAL, calendar(), RoutineKind.DIGEST, utc(2026, 3, 6, 1))
    assert run is not None
    assert run.due_at == utc(2026, 3, 9, 0, 30)


def test_a_calendar_that_never_opens_has_no_days_and_still_has_weeks() -> None:
    shut = calendar(weekly={})
    assert next_run(USUAL, shut, RoutineKind.DAILY, utc(2026, 3, 6, 1)) is None
    run = next_run(USUAL, shut, RoutineKind.WEEKLY, utc(2026, 3, 6, 1))
    assert run is not None
    assert run.due_at == utc(2026, 3, 9, 1)


def test_a_handbook_without_the_section_has_the_defaults_and_its_old_hash() -> None:
    assert routines_rule(b.HANDBOOK.routines) == USUAL
    assert "routines" not in b.HANDBOOK.model_dump_json()
    said = b.handbook(routines={"daily_at": "19:00", "attesting": ["grid-east-1"]})
    assert said.hash != b.HANDBOOK.hash
    assert attesting_posts(routines_rule(said.routines), said.posts) == ("grid-east-1",)


@pytest.mark.parametrize(
    ("routines", "problem"),
    [
        ({"attesting": ["nobody"]}, "routines: no post 'nobody'"),
        ({"attest_by": "18:30", "daily_at": "18:00"}, "lies after daily_at"),
        ({"monthly_on": 29}, "less than or equal to 28"),
        ({"digest_at": "24:00"}, "String should match"),
    ],
)
def test_a_section_that_cannot_be_is_refused(routines: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        b.handbook(routines=routines)


def test_no_post_is_called_as_the_mailboxes_of_persons_are() -> None:
    posts = [*b.HANDBOOK_DATA["posts"], {**b.HANDBOOK_DATA["posts"][0], "id": "person.a"}]
    with pytest.raises(ValueError, match="kept for the mailboxes of persons"):
        b.handbook(posts=posts)


def test_the_coordinators_attest_and_the_supervisors_hear_unless_a_tier_stands_above() -> None:
    posts = b.HANDBOOK.posts
    assert attesting_posts(USUAL, posts) == ("coordination",)
    assert told_of_missing(USUAL, posts, "coordination") == ("supervision",)
    assert told_of_missing(USUAL, posts, "grid-east-1") == ("supervision",)


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(sorted(MADE_UP_FOR)),
    hours=st.lists(st.integers(min_value=0, max_value=40 * 24), min_size=2, max_size=12),
    time_zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/St_Johns"]),
)
def test_whenever_calls_come_each_period_is_done_once_and_in_order(
    kind: RoutineKind, hours: list[int], time_zone: str
) -> None:
    known, begins_at = calendar(time_zone), utc(2026, 3, 9)
    last: str | None = None
    done: list[Run] = []
    for hour in sorted(hours):
        runs = runs_due(USUAL, known, kind, begins_at + timedelta(hours=hour), last)
        done += runs
        last = runs[-1].period if runs else last

    first_at, end_at = (begins_at + timedelta(hours=h) for h in (min(hours), max(hours)))
    planned = runs_between(USUAL, known, kind, date(2026, 1, 1), date(2026, 5, 1))
    newest, *later = [
        run for run in planned if run.due_at <= end_at and run.period >= done[0].period
    ]
    assert newest.due_at <= first_at
    assert done == [newest, *later]
    assert all(one.to_at == other.from_at for one, other in pairwise(done))


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(RoutineKind),
    days=st.integers(0, 40),
    back=st.integers(0, 40),
    is_known=st.booleans(),
)
def test_what_was_due_since_the_last_is_done_or_left_out_and_the_newest_never_left_out(
    kind: RoutineKind, days: int, back: int, is_known: bool
) -> None:
    at = utc(2026, 3, 10, 12) + timedelta(days=days)
    last = (at.date() - timedelta(days=back)).isoformat() if is_known else None
    done = runs_due(USUAL, calendar(), kind, at, last)
    out = runs_left_out(USUAL, calendar(), kind, at, last)

    assert not (kind in MADE_UP_FOR and out)
    if last is None:
        assert not out
        return
    every = runs_between(USUAL, calendar(), kind, date(2026, 1, 1), at.date())
    wanted = [run for run in every if run.period > last and run.due_at <= at]
    assert [*out, *done] == wanted
    assert bool(done) == bool(wanted)
