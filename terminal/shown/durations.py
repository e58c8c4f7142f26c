"""Typed lengths of time and the places of rungs, in words."""

from typing import assert_never

from domain.clock_rules import RungRule
from domain.durations import Duration, NaturalDays, OpenHours, Wall, WorkingDays
from terminal.shown.times import length

MINUTE_MS = 60_000


def duration_text(duration: Duration) -> str:
    """Return a duration in full."""
    match duration:
        case Wall():
            return f"{duration.minutes} minutes"
        case OpenHours():
            return f"{length(duration.minutes * MINUTE_MS, in_days=False)} of opening hours"
        case WorkingDays() | NaturalDays():
            kind = "working" if isinstance(duration, WorkingDays) else "calendar"
            end = "the day's end" if duration.due == "end_of_day" else "the same time of day"
            start = "today" if duration.count_from == "today" else "the next day"
            days = "day" if duration.days == 1 else "days"
            return f"{duration.days} {kind} {days} from {start}, to {end}"
        case _:
            assert_never(duration)


def brief_duration(duration: Duration) -> str:
    """Return a duration without its fine print."""
    match duration:
        case Wall():
            return length(duration.minutes * MINUTE_MS)
        case OpenHours():
            return f"{length(duration.minutes * MINUTE_MS, in_days=False)} open time"
        case WorkingDays() | NaturalDays():
            kind = "working" if isinstance(duration, WorkingDays) else "calendar"
            return f"{duration.days} {kind} day{'' if duration.days == 1 else 's'}"
        case _:
            assert_never(duration)


def rung_text(rung: RungRule) -> str:
    """Return where on its clock a rung stands."""
    if rung.percent is not None:
        return f"{rung.percent} %"
    if rung.before is not None:
        return f"{brief_duration(rung.before)} before"
    if rung.after is not None:
        return f"{brief_duration(rung.after)} after"
    if rung.every is not None:
        return f"every {brief_duration(rung.every)}"
    return "—"
