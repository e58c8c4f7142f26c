"""Working time counted minute by minute, from a calendar's JSON form: slow, and plain to see.

Nothing here comes from `domain`. `python tests/domain/oracle.py` writes working_time_cases.jsonl.
"""

import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

CASES = Path(__file__).with_name("working_time_cases.jsonl")
MINUTE = timedelta(minutes=1)
ONE_DAY = timedelta(days=1)
WARM_UP_MINUTES = 240  # longer than any clock was ever put back in these years
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Json = dict[str, Any]


def calendar_json(**changes: Any) -> Json:
    """Return a small calendar's JSON form: Shanghai, 09:00-12:00 and 13:30-17:30, no overrides."""
    plain = {day: ["09:00-12:00", "13:30-17:30"] for day in WEEKDAYS[:5]}
    return {
        "id": "plain",
        "name": {"zh": "日历", "en": "calendar"},
        "time_zone": "Asia/Shanghai",
        "tzdata": "test",
        "weekly": plain,
        "overrides": [],
        "valid_from": "2020-01-01",
        "valid_until": "2030-12-31",
    } | changes


def override(kind: str, on: str, **how: Any) -> Json:
    return {"kind": kind, "on": on, "name": {"zh": "测试", "en": "test"}} | how


CALENDARS: dict[str, Json] = {
    "china": calendar_json(
        overrides=[
            *(override("closed", f"2026-02-{day}") for day in range(15, 24)),
            override("make_up", "2026-02-14", works_as="monday"),
            override("make_up", "2026-02-28", works_as="monday"),
            override("closed", "2026-02-28"),
            override("open", "2026-02-28", ranges=["10:00-11:00", "20:00-24:00"]),
        ]
    ),
    "night": calendar_json(
        time_zone="Europe/Berlin",
        weekly={
            "sunday": ["22:00-06:00+1"],
            "monday": ["05:00-08:00", "22:00-06:00+1"],
            "tuesday": ["01:00-02:00", "12:00-12:01", "23:00-24:00"],
            "saturday": ["18:00-02:30+1"],
        },
        overrides=[override("closed", "2026-03-30"), override("closed", "2026-10-25")],
    ),
    "island": calendar_json(
        time_zone="Australia/Lord_Howe", weekly={day: ["00:00-24:00"] for day in WEEKDAYS}
    ),
    "change": calendar_json(
        time_zone="America/New_York",
        weekly={day: ["00:30-01:15", "01:20-02:30", "02:45-04:00"] for day in WEEKDAYS},
    ),
}


class Oracle:
    """Walks UTC minute by minute and looks at the clock on the wall.

    The clock's high-water mark is what counts (R2.4): an hour that repeats changes nothing,
    as the mark stands still at its end, and a skipped hour is skipped.
    """

    def __init__(self, calendar: Json) -> None:
        self._zone = _zone(calendar["time_zone"])
        self._weekly = calendar["weekly"]
        self._overrides = {entry["on"]: entry for entry in calendar["overrides"]}
        self._valid_from = date.fromisoformat(calendar["valid_from"])
        self._days: dict[date, set[int]] = {}

    def is_open(self, at: datetime) -> bool:
        return next(self._minutes(at))[1]

    def working_ms(self, from_at: datetime, to_at: datetime) -> int:
        counted = timedelta()
        for minute_at, is_open in self._minutes(from_at):
            if minute_at >= to_at:
                break
            if is_open:
                counted += min(to_at, minute_at + MINUTE) - max(from_at, minute_at)
        return counted // timedelta(milliseconds=1)

    def add_ms(self, at: datetime, ms: int, *, days_max: int = 30) -> datetime | None:
        """Return when the budget is used up, or None if not within `days_max`."""
        left = timedelta(milliseconds=ms)
        if not left:
            return at
        for minute_at, is_open in self._minutes(at):
            if minute_at > at + timedelta(days=days_max):
                break
            if is_open:
                begin = max(at, minute_at)
                if begin + left <= minute_at + MINUTE:
                    return begin + left
                left -= minute_at + MINUTE - begin
        return None

    def _minutes(self, from_at: datetime) -> Iterator[tuple[datetime, bool]]:
        minute_at = from_at.replace(second=0, microsecond=0) - WARM_UP_MINUTES * MINUTE
        mark = datetime.min  # noqa: DTZ901 the wall's reading, which has no zone
        while True:
            mark = max(mark, minute_at.astimezone(self._zone).replace(tzinfo=None))
            if minute_at + MINUTE > from_at:
                yield minute_at, self._is_open_when_the_wall_reads(mark)
            minute_at += MINUTE

    def _is_open_when_the_wall_reads(self, mark: datetime) -> bool:
        return mark.hour * 60 + mark.minute in self._open_minutes(mark.date())

    def _open_minutes(self, day: date) -> set[int]:
        """Return the minutes of a day that are open, by its own hours or the day before's."""
        if day not in self._days:
            own = {m for text in self._texts(day) for m in range(*_minutes_of(text))}
            before = {m for text in self._texts(day - ONE_DAY) for m in range(*_minutes_of(text))}
            self._days[day] = own | {minute - 1440 for minute in before if minute >= 1440}
        return self._days[day]

    def _texts(self, day: date) -> list[str]:
        if day < self._valid_from:
            return []
        entry = self._overrides.get(day.isoformat())
        weekday = WEEKDAYS[day.weekday()]
        if entry is not None:
            if entry["kind"] == "closed":
                return []
            if entry["kind"] == "open":
                return list(entry["ranges"])
            weekday = entry["works_as"]
        return list(self._weekly.get(weekday, []))


def _zone(name: str) -> ZoneInfo:
    """Return the tzdata package's zone: a machine's own files may be of another year."""
    with (files("tzdata") / "zoneinfo" / name).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def _minutes_of(text: str) -> tuple[int, int]:
    (from_hour, from_minute), (to_hour, to_minute) = (
        map(int, part.split(":")) for part in text.removesuffix("+1").split("-")
    )
    opens, closes = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    return opens, closes + 1440 if text.endswith("+1") else closes


def changes_of_the_clock(zone: str, first_year: int, last_year: int) -> list[datetime]:
    """Return every instant, to the minute, at which a zone's offset changes."""
    rules = _zone(zone)
    found, at = [], datetime(first_year, 1, 1, tzinfo=UTC)
    while at.year <= last_year:
        after = at + timedelta(days=1)
        if at.astimezone(rules).utcoffset() != after.astimezone(rules).utcoffset():
            change = at
            while change.astimezone(rules).utcoffset() == at.astimezone(rules).utcoffset():
                change += MINUTE
            found.append(change)
        at = after
    return found


def generated_cases(count: int = 100, seed: int = 20260213) -> Iterator[Json]:
    """Yield cases near holidays and changes of the clock, with what the oracle expects."""
    chance = random.Random(seed)  # noqa: S311 cases, not secrets
    oracles = {name: Oracle(calendar) for name, calendar in CALENDARS.items()}
    near = ("2026-02-13", "2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25")
    for number in range(count):
        name = chance.choice(sorted(CALENDARS))
        start_at = datetime.fromisoformat(f"{chance.choice((*near, '2026-11-01'))}T00:00Z")
        start_at += timedelta(milliseconds=chance.randrange(-2 * 86_400_000, 2 * 86_400_000))
        if chance.random() < 0.5:
            start_at = start_at.replace(minute=chance.choice((0, 30)), second=0, microsecond=0)
        case: Json = {"id": number, "calendar": name, "from": _text(start_at)}
        if number % 2:
            ms = chance.choice((60_000 * chance.randrange(1, 1500), chance.randrange(1, 10**8)))
            due_at = oracles[name].add_ms(start_at, ms)
            yield case | {"add_ms": ms, "expected": _text(due_at) if due_at else None}
        else:
            to_at = start_at + timedelta(milliseconds=chance.randrange(12 * 86_400_000))
            counted_ms = oracles[name].working_ms(start_at, to_at)
            yield case | {"to": _text(to_at), "expected": counted_ms}


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


if __name__ == "__main__":
    CASES.write_text("".join(json.dumps(case) + "\n" for case in generated_cases()))
