"""Working time against answers that others worked out (../shared/data/vectors)."""

import json
import os
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from oracle import WEEKDAYS, Json, calendar_json, override

from domain.calendar import NegativeDurationError, WorkingCalendar
from domain.durations import WorkingDays, working_days_due

REPOSITORY = Path(__file__).parents[2]
VECTORS = Path(os.environ.get("CLOSEOUT_SHARED", REPOSITORY / "../shared")) / "data/vectors"
SHORT_DAYS = {weekday[:3]: weekday for weekday in WEEKDAYS}
SECONDS = {"second": 1, "minute": 60, "hour": 3600}

needs_vectors = pytest.mark.skipif(
    not VECTORS.is_dir(), reason="the shared vectors are not beside this clone (CLOSEOUT_SHARED)"
)


def _published_form(name: str, form: Json) -> Json:
    ranges = [f"{opens}-{closes}" for opens, closes in form["hours"].items()]
    return calendar_json(
        id=name,
        time_zone=form["time_zone"],
        weekly={SHORT_DAYS[day]: ranges for day in form["weekdays"]},
        overrides=[override("closed", on) for on in form["off"]]
        + [override("make_up", on, works_as="monday") for on in form["make_up_workdays"]],
        valid_from="2018-01-01",
    )


def _answer(calendar: WorkingCalendar, case: Json) -> Any:
    start_at = datetime.fromisoformat(case.get("start") or case["at"])
    match case["op"]:
        case "add_minutes":
            due_at = calendar.add_ms(start_at, case["minutes"] * 60_000)
            return due_at.isoformat().replace("+00:00", "Z")
        case "seconds_between":
            return calendar.working_ms(start_at, datetime.fromisoformat(case["end"])) / 1000
        case _:
            return calendar.is_open(start_at)


@needs_vectors
def test_every_case_that_two_other_engines_agree_on_gives_the_same_answer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    forms = json.loads((VECTORS / "oracle_calendars.json").read_text())
    calendars = {
        name: WorkingCalendar.model_validate(_published_form(name, form))
        for name, form in forms.items()
    }
    cases = [json.loads(line) for line in (VECTORS / "working_time.jsonl").read_text().splitlines()]
    wrong = [
        case for case in cases if case["expected"] != _answer(calendars[case["calendar"]], case)
    ]
    with capsys.disabled():
        print(f"\nworking_time.jsonl: {len(cases)} cases run, {len(wrong)} wrong")

    assert not wrong
    assert len(cases) == 792


def _biz_form(config: Json) -> Json:
    """Return a `biz` configuration as ours: a break cuts its day's hours, a holiday wins."""
    weekly = {SHORT_DAYS[day]: _ranges(hours) for day, hours in config["hours"].items()}
    hours_on = {on: _ranges(hours) for on, hours in config["shifts"].items()}
    for on, breaks in config["breaks"].items():
        weekday = WEEKDAYS[datetime.fromisoformat(on).weekday()]
        hours = hours_on.get(on, weekly.get(weekday, []))
        for pause in _ranges(breaks):
            hours = [part for text in hours for part in _without(text, pause)]
        hours_on[on] = hours
    changed = [
        override("open", on, ranges=hours) if hours else override("closed", on)
        for on, hours in hours_on.items()
    ]
    return calendar_json(
        time_zone=config["time_zone"],
        weekly=weekly,
        overrides=changed + [override("closed", on) for on in config["holidays"]],
        valid_from="2000-01-01",
    )


def _ranges(hours: dict[str, str]) -> list[str]:
    return [f"{opens}-{closes}" for opens, closes in hours.items()]


def _without(text: str, pause: str) -> list[str]:
    (opens, closes), (begins, ends) = text.split("-"), pause.split("-")
    parts = ((opens, min(closes, begins)), (max(opens, ends), closes))
    return [f"{start}-{end}" for start, end in parts if start < end]


def _why_not(case: Json) -> str | None:
    """Return why R2 has no such question, or None."""
    name = case["fn"]
    if name in ("day.before", "days.before"):
        return "counts days backward; only opening hours are counted back"
    if name == "on_break":
        return "asks for a break; R2 knows only hours that are open or not"
    if name.endswith((".after", ".before")) and case["scalar"] == 0:
        return "zero moves to the nearest opening; by R2.5 zero is due at once"
    if name == "within" and case["end"] < case["start"]:
        return "the end is before the start; R2 refuses"
    return None


def _agrees(case: Json) -> bool:
    calendar = WorkingCalendar.model_validate(_biz_form(case["config"]))
    start_at = datetime.fromisoformat(case.get("time") or case["start"])
    name, _, direction = case["fn"].partition(".")
    if direction == "before":
        ms = case["scalar"] * SECONDS[name.removesuffix("s")] * 1000
        return calendar.back_ms(start_at, ms) == datetime.fromisoformat(case["result"])
    match name.removesuffix("s"):
        case "in_hour":
            return bool(case["result"] == calendar.is_open(start_at))
        case "on_holiday":
            (span,) = calendar.derivation(start_at, start_at + timedelta(milliseconds=1))
            return bool(case["result"] == span.rule.en.startswith("closed: test"))
        case "within":
            end_at = datetime.fromisoformat(case["end"])
            return bool(case["result_seconds"] * 1000 == calendar.working_ms(start_at, end_at))
        case "day":
            length = WorkingDays(days=case["scalar"], due="same_time", count_from="next_day")
            due_at = working_days_due(length, calendar, start_at)
        case unit:
            due_at = calendar.add_ms(start_at, case["scalar"] * SECONDS[unit] * 1000)
    expected_at = datetime.fromisoformat(case["result"])
    # Where biz moves on to the next opening, R2.5 stays at the closing: no work lies between.
    return due_at <= expected_at and calendar.working_ms(due_at, expected_at) == 0


@needs_vectors
def test_the_cases_of_the_biz_library_that_r2_asks_too_hold(
    capsys: pytest.CaptureFixture[str],
) -> None:
    cases = json.loads((VECTORS / "biz_gem.json").read_text())["cases"]
    left_out = Counter(reason for case in cases if (reason := _why_not(case)))
    asked = [case for case in cases if not _why_not(case)]
    wrong = [case for case in asked if not _agrees(case)]
    with capsys.disabled():
        print(f"\nbiz_gem.json: {len(asked)} cases run, {left_out.total()} left out")
        for reason, count in left_out.items():
            print(f"  {count:2} {reason}")

    assert not wrong
    assert (len(asked), left_out.total(), len(cases)) == (61, 34, 95)


def test_what_biz_answers_with_zero_is_refused() -> None:
    calendar = WorkingCalendar.model_validate(calendar_json())
    at = datetime.fromisoformat("2026-01-08T00:00Z")

    with pytest.raises(NegativeDurationError, match="forward only"):
        calendar.working_ms(at, at - timedelta(days=7))
