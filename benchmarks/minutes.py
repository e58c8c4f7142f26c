"""The brute force: working time counted by looking at the wall clock once a minute.

Nothing here comes from `domain`; it reads a calendar's JSON form, make-up days and all. Starts and
ends lie on whole minutes, and no range goes past midnight. For zones that put their clocks back it
is not exact; the benchmark's calendar has none.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class MinuteCounter:
    """Knows of each minute whether it is worked, and walks from one to the next."""

    def __init__(self, calendar: dict[str, Any]) -> None:
        self._zone = ZoneInfo(calendar["time_zone"])
        self._week = [
            [_minutes_of(text) for text in calendar["weekly"].get(weekday, ())]
            for weekday in WEEKDAYS
        ]
        self._changed: dict[date, list[tuple[int, int]]] = {}
        for override in calendar["overrides"]:
            self._changed[date.fromisoformat(override["on"])] = self._hours_of(override)

    def add(self, at: datetime, minutes: int) -> datetime:
        """Return the end of the last of `minutes` worked minutes after `at`."""
        for minute_at in self._worked(at):
            minutes -= 1
            if minutes == 0:
                return minute_at + MINUTE
        raise AssertionError("minutes do not end")

    def elapsed(self, from_at: datetime, to_at: datetime) -> int:
        """Return how many minutes from one instant to the other were worked."""
        counted = 0
        for minute_at in self._worked(from_at):
            if minute_at >= to_at:
                break
            counted += 1
        return counted

    def _worked(self, at: datetime) -> Iterator[datetime]:
        zone, week, changed = self._zone, self._week, self._changed
        while True:
            wall = at.astimezone(zone)
            day, minute = wall.date(), wall.hour * 60 + wall.minute
            hours = changed[day] if day in changed else week[day.weekday()]
            for opens, closes in hours:
                if opens <= minute < closes:
                    yield at
                    break
            at += MINUTE

    def _hours_of(self, override: dict[str, Any]) -> list[tuple[int, int]]:
        if override["kind"] == "closed":
            return []
        if override["kind"] == "open":
            return [_minutes_of(text) for text in override["ranges"]]
        return self._week[WEEKDAYS.index(override["works_as"])]


def _minutes_of(text: str) -> tuple[int, int]:
    (from_hour, from_minute), (to_hour, to_minute) = (
        map(int, part.split(":")) for part in text.split("-")
    )
    return from_hour * 60 + from_minute, to_hour * 60 + to_minute
