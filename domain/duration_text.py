"""Typed lengths of time as people write them: `4h`, `90m wall`, `5wd same_time`, `60d`."""

import re
from typing import assert_never, get_args

from pydantic import ValidationError

from domain.durations import (
    CountFrom,
    Due,
    Duration,
    NaturalDays,
    OpenHours,
    Wall,
    WorkingDays,
)

GRAMMAR = (
    "4h, 90m or 1h30m (opening hours), the same with wall (4h wall: all time), 5wd (working days), "
    "60d (natural days); days may be followed by end_of_day or same_time, and by today or next_day"
)
"""What a length may be written as."""

HOUR_MINUTES = 60
TEXT_CHARACTERS_MAX = 60
DUES: tuple[Due, ...] = get_args(Due)
COUNTS: tuple[CountFrom, ...] = get_args(CountFrom)

_TIME = re.compile(r"(?:(?P<h>[0-9]{1,9})h)?(?:(?P<m>[0-9]{1,9})m)?")
_DAYS = re.compile(r"(?P<n>[0-9]{1,9})(?P<unit>wd|d)")


class DurationTextError(ValueError):
    """A text that is no length of time."""


def parse_duration(text: str) -> Duration:
    """Return the length that a text means; raises DurationTextError, which names what is allowed.

    Days end at the end of the day and count from the next one unless the text says otherwise.
    """
    first, *words = text[: TEXT_CHARACTERS_MAX + 1].split() or [""]
    days, time = _DAYS.fullmatch(first), _TIME.fullmatch(first)
    try:
        if len(text) <= TEXT_CHARACTERS_MAX and days is not None:
            kind = WorkingDays if days["unit"] == "wd" else NaturalDays
            return kind.model_validate({"days": int(days["n"]), **_words_of_days(words)})
        if len(text) <= TEXT_CHARACTERS_MAX and first and time is not None and len(words) <= 1:
            minutes = int(time["h"] or 0) * HOUR_MINUTES + int(time["m"] or 0)
            if not words:
                return OpenHours(minutes=minutes)
            if words == ["wall"]:
                return Wall(minutes=minutes)
    except ValidationError as error:
        reason = error.errors(include_url=False)[0]["msg"]
        raise DurationTextError(f"{text!r} is out of bounds: {reason}") from error
    shown = text if len(text) <= TEXT_CHARACTERS_MAX else f"{text[:TEXT_CHARACTERS_MAX]}…"
    raise DurationTextError(f"{shown!r} is no length of time; allowed: {GRAMMAR}")


def written_duration(duration: Duration) -> str:
    """Return the shortest text that `parse_duration` reads as this length."""
    match duration:
        case OpenHours(minutes=minutes):
            return _written_time(minutes)
        case Wall(minutes=minutes):
            return f"{_written_time(minutes)} wall"
        case WorkingDays() | NaturalDays():
            unit = "wd" if isinstance(duration, WorkingDays) else "d"
            words = [f"{duration.days}{unit}"]
            if duration.due != "end_of_day":
                words.append(duration.due)
            if duration.count_from != "next_day":
                words.append(duration.count_from)
            return " ".join(words)
        case _:
            assert_never(duration)


def _words_of_days(words: list[str]) -> dict[str, str]:
    """Return what the words behind a number of days say, each of them once."""
    said: dict[str, str] = {}
    for word in words:
        field = "due" if word in DUES else "count_from" if word in COUNTS else None
        if field is None or field in said:
            again = "said twice" if field else "not understood"
            raise DurationTextError(f"{word!r} is {again}; allowed: {GRAMMAR}")
        said[field] = word
    return said


def _written_time(minutes: int) -> str:
    hours, rest = divmod(minutes, HOUR_MINUTES)
    return f"{hours}h{rest}m" if hours and rest else f"{hours}h" if hours else f"{rest}m"


def read_duration(value: object) -> object:
    """Read a length of time as people write it, `2wd` or `4h`; anything else is left as it is."""
    return parse_duration(value) if isinstance(value, str) else value
