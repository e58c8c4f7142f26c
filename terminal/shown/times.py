"""Instants in a zone's local time, and lengths of time in words."""

from datetime import datetime
from zoneinfo import ZoneInfo

SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


def local(at: datetime | None, time_zone: str, *, seconds: bool = False) -> str:
    """Return an instant as the zone's clocks showed it, a dash for none."""
    if at is None:
        return "—"
    there = at.astimezone(ZoneInfo(time_zone))
    return there.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def near(at: datetime, now: datetime, time_zone: str) -> str:
    """Return an instant as `local` does, without the year where it is this year's."""
    told = local(at, time_zone)
    return told[5:] if told[:4] == local(now, time_zone)[:4] else told


def length(ms: int, *, in_days: bool = True) -> str:
    """Return a length of time with its two largest units. Working time is told in hours."""
    if ms < 0:
        return f"-{length(-ms, in_days=in_days)}"
    if ms < MINUTE_MS:
        return f"{ms / SECOND_MS:.3f} s" if ms % SECOND_MS else f"{ms // SECOND_MS} s"
    days, rest = divmod(ms, DAY_MS) if in_days else (0, ms)
    hours, rest = divmod(rest, HOUR_MS)
    minutes, rest = divmod(rest, MINUTE_MS)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    seconds = rest // SECOND_MS
    return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"


def exact(ms: int) -> str:
    """Return a length to the millisecond, in hours: `26 h 03 min 04.005 s` without empty ends."""
    hours, rest = divmod(ms, HOUR_MS)
    minutes, rest = divmod(rest, MINUTE_MS)
    parts = [f"{hours} h"] if hours or not (minutes or rest) else []
    if minutes or (hours and rest):
        parts.append(f"{minutes} min")
    if rest:
        parts.append(f"{rest / SECOND_MS:.3f}".rstrip("0").rstrip(".") + " s")
    return " ".join(parts)


def away(at: datetime, now: datetime) -> str:
    """Return how far an instant lies ahead of `now`, or behind it."""
    ms = round((at - now).total_seconds() * SECOND_MS)
    if abs(ms) < SECOND_MS:
        return "now"
    whole = abs(ms) // SECOND_MS * SECOND_MS
    return f"in {length(whole)}" if ms > 0 else f"{length(whole)} ago"
