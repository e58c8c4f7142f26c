"""Opening hours, zone and days as an operator writes them: each slip has its own message (R2.2)."""

import copy
import importlib.metadata
import importlib.resources
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from domain.calendar_forms import written_day
from domain.days import WEEKDAYS, zone_of
from handbooks.calendars.problems import (
    VERSION_RULE,
    ZONE_RULE,
    FileProblem,
    closest,
    written_place,
)

RANGE = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|(24):(00))(\+1)?")
TZDATA = re.compile(r"20[0-9]{2}\.[0-9]{1,3}(\.(post|dev)?[0-9]{1,3})?")
FORMS = ("09:00-12:00", "00:00-24:00", "22:00-06:00+1")
DAY_MINUTES = 1440
WHOLE_DAY = ["00:00-24:00"]

Place = tuple[int | str, ...]


@dataclass(slots=True)
class Spelling:
    """The content of a calendar's file with its slips, and mended, so that all can be named.

    `mended` has something harmless where a problem was found; nothing is ever published from it.
    """

    file: str
    mended: dict[str, Any]
    problems: list[FileProblem] = field(default_factory=list)
    hours_unknown: bool = False
    days_unknown: bool = False
    """Whether a day could not be read, so that nothing can be said of how the days lie."""

    @classmethod
    def of(cls, file: str, data: dict[str, Any]) -> "Spelling":
        """Look through hours and zone of `data`, which stays as it is."""
        spelling = cls(file, copy.deepcopy(data))
        spelling._look_at_zone()
        spelling._look_at_days()
        spelling._look_at_hours()
        spelling._look_for_repetitions()
        return spelling

    def _look_at_zone(self) -> None:
        zone = self.mended.get("time_zone")
        if not isinstance(zone, str):
            return
        try:
            zone_of(zone)
        except ValueError:
            names = importlib.resources.files("tzdata").joinpath("zones").read_text().split()
            message = f"the zone {zone!r} is not in the IANA time zone data"
            self._add(("time_zone",), message, None, ZONE_RULE, closest(zone, names))
            self.mended["time_zone"] = "Etc/UTC"

        tzdata = self.mended.get("tzdata")
        if tzdata is not None and not (isinstance(tzdata, str) and TZDATA.fullmatch(tzdata)):
            installed = importlib.metadata.version("tzdata")
            message = f"{str(tzdata)[:40]!r} is no version of the tzdata package"
            self._add(("tzdata",), message, None, ZONE_RULE, (installed,))

    def _look_at_days(self) -> None:
        """Name each day that is written in another way: a number of seconds is no day."""
        held: list[tuple[Place, dict[str, Any], str]] = [
            ((name,), self.mended, name) for name in ("valid_from", "valid_until")
        ]
        overrides = self.mended.get("overrides")
        for number, each in enumerate(overrides if isinstance(overrides, list) else ()):
            if isinstance(each, dict):
                held.append((("overrides", number, "on"), each, "on"))
        for place, holder, name in held:
            try:
                written_day(holder.get(name))
            except ValueError as error:
                message = f"{str(holder[name])[:40]!r} is no day"
                self._add(place, message, str(error), VERSION_RULE, ())
                self.days_unknown = True

    def _look_at_hours(self) -> None:
        weekly = self.mended.get("weekly")
        if isinstance(weekly, dict):
            for weekday in WEEKDAYS:
                self._look_at_day(weekly, weekday.value, ("weekly", weekday.value), weekday.value)
        overrides = self.mended.get("overrides")
        for number, each in enumerate(overrides if isinstance(overrides, list) else ()):
            if isinstance(each, dict):
                place = ("overrides", number, "ranges")
                self._look_at_day(each, "ranges", place, str(each.get("on", "the day")))

    def _look_for_repetitions(self) -> None:
        """Name an override that says again what another says; those that differ are told apart
        by `domain.calendar_check`."""
        overrides = self.mended.get("overrides")
        said: list[tuple[object, ...]] = []
        for number, each in enumerate(overrides if isinstance(overrides, list) else ()):
            if not isinstance(each, dict):
                continue
            says = tuple(str(each.get(part)) for part in ("on", "kind", "ranges", "works_as"))
            if says in said:
                message = f"the day {says[0]} is given twice, both times {says[1]}"
                self._add(("overrides", number), message, None, VERSION_RULE, ())
            said.append(says)

    def _look_at_day(self, holder: dict[str, Any], key: str, place: Place, day: str) -> None:
        ranges = holder.get(key)
        if not isinstance(ranges, list):
            return
        slips = [slip for text in ranges if (slip := slip_of(day, text))] or list(
            clashes(day, ranges)
        )
        for message, example in slips:
            self._add(place, message, example, VERSION_RULE, FORMS)
        if slips:
            self.hours_unknown = True
            holder[key] = list(WHOLE_DAY)

    def _add(
        self,
        place: Place,
        message: str,
        example: str | None,
        rule: str,
        allowed: tuple[str, ...],
    ) -> None:
        problem = FileProblem(self.file, written_place(place), rule, message, example, allowed)
        self.problems.append(problem)


def slip_of(day: str, text: object) -> tuple[str, str | None] | None:
    """Return what is wrong with one range, and an instant or a day that shows it."""
    found = RANGE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return f"{day} {str(text)[:40]!r} is not a range of hours", None
    start, end = _minutes(found)
    next_day = found[7] is not None
    opens, closes = str(text).removesuffix("+1").split("-")
    if closes == "00:00":
        return (
            f"{day} {text} ends at the midnight that begins a day; the end of a day is 24:00",
            f"write {opens}-24:00",
        )
    if start == end and not next_day:
        return f"{day} {text} is empty", f"a whole day is {WHOLE_DAY[0]}"
    if end < start and not next_day:
        return (
            f"{day} {text} ends before it begins",
            f"if it ends the next day write {text}+1",
        )
    if next_day and end > start:
        return (
            f"{day} {text} lasts longer than a day",
            f"it begins again before it has ended; without +1 it is {opens}-{closes}",
        )
    return None


def clashes(day: str, ranges: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the neighbours among well spelled ranges that overlap or stand in the wrong order."""
    for earlier, later in pairwise(ranges):
        (start, end), (next_start, next_end) = spans = tuple(map(_span, (earlier, later)))
        if max(start, next_start) < min(end, next_end):
            shared = _time(max(each[0] for each in spans))
            yield (
                f"{day} {earlier} and {later} overlap",
                f"the minute that begins at {shared} lies in both",
            )
        elif next_start < start:
            yield f"{day} {later} stands after {earlier}", f"write {later} before {earlier}"


def _span(text: str) -> tuple[int, int]:
    found = RANGE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a range")
    start, end = _minutes(found)
    return start, end + DAY_MINUTES if found[7] else end


def _minutes(found: re.Match[str]) -> tuple[int, int]:
    end = found[3] or found[5], found[4] or found[6]
    return int(found[1]) * 60 + int(found[2]), int(end[0]) * 60 + int(end[1])


def _time(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"
