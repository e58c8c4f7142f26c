"""The working calendars that are shipped, read into the domain's form."""

import importlib.metadata
import json
import tomllib
from datetime import date
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from pydantic import BaseModel, ConfigDict, Field

from domain.calendar import UnknownCalendarError, WorkingCalendar
from domain.days import ClosedDay, DayOverride, Label, MakeUpDay, Week, Weekday
from domain.model import Code, Name, Short


class _Read(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _CalendarFile(_Read):
    """`ID.toml`: a calendar with days of its own validity, or one that follows published years."""

    id: Code
    name: Name
    time_zone: Short
    weekly: Week
    valid_from: date | None = None
    valid_until: date | None = None
    sources: tuple[Short, ...] = ()
    published_days: Code | None = None
    make_up_days_work_as: Weekday = Weekday.MONDAY
    english: dict[str, str] = {}


class _PublishedDay(_Read):
    name: Short
    on: date = Field(alias="date")
    is_off: bool = Field(alias="isOffDay")


class _PublishedYear(BaseModel):
    """`YYYY.json` of holiday-cn: the days of one year's notices, some of them in its neighbours."""

    year: int
    papers: tuple[str, ...] = Field(min_length=1)
    days: tuple[_PublishedDay, ...] = Field(min_length=1)


def calendar_ids() -> tuple[str, ...]:
    """Return the ids of all shipped calendars, in order."""
    names = (entry.name for entry in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@lru_cache(maxsize=16)
def read_calendar(id: str) -> WorkingCalendar:
    """Return a shipped calendar, with the tzdata version in use; raises UnknownCalendarError."""
    if id not in calendar_ids():
        raise UnknownCalendarError(
            f"calendar {id!r} is not shipped; allowed: {', '.join(calendar_ids())}"
        )
    text = (_folder() / f"{id}.toml").read_text(encoding="utf-8")
    file = _CalendarFile.model_validate(tomllib.loads(text))
    folder = file.published_days
    years = _published_years(folder) if folder else ()
    return WorkingCalendar.model_validate(
        {
            "id": file.id,
            "name": file.name,
            "time_zone": file.time_zone,
            "tzdata": importlib.metadata.version("tzdata"),
            "weekly": file.weekly,
            "overrides": tuple(_override(day, file) for year in years for day in year.days),
            "valid_from": file.valid_from or date(years[0].year, 1, 1),
            "valid_until": file.valid_until or date(years[-1].year, 12, 31),
            "sources": (*file.sources, *(_source(folder, year) for year in years)),
        }
    )


def _folder() -> Traversable:
    return files("handbooks.calendars")


def _published_years(folder: str) -> tuple[_PublishedYear, ...]:
    """Return the years in order, so that a later notice wins over an earlier one."""
    found = [entry for entry in (_folder() / folder).iterdir() if entry.name.endswith(".json")]
    years = [_PublishedYear.model_validate(json.loads(entry.read_bytes())) for entry in found]
    return tuple(sorted(years, key=lambda year: year.year))


def _override(day: _PublishedDay, file: _CalendarFile) -> DayOverride:
    label = Label(zh=day.name, en=_in_english(day.name, file.english))
    if day.is_off:
        return ClosedDay(on=day.on, name=label)
    return MakeUpDay(on=day.on, works_as=file.make_up_days_work_as, name=label)


def _in_english(name: str, english: dict[str, str]) -> str | None:
    parts = [english.get(part) for part in name.split("、")]
    return " and ".join(part for part in parts if part) if all(parts) else None


def _source(folder: str | None, year: _PublishedYear) -> str:
    papers = len(year.papers)
    return f"{folder}/{year.year}.json: {papers} paper{'s' if papers > 1 else ''}"
