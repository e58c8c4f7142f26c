"""A calendar in a file: an operator's TOML, or the whole content as JSON, as import writes it."""

import importlib.metadata
import json
import os
import re
import tempfile
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from domain.calendar import WorkingCalendar
from domain.calendar_check import calendar_problems, contradictions
from domain.days import ClosedDay, DayOverride, MakeUpDay, OpenDay, Week, Weekday
from domain.model import Code, Name, Short
from handbooks.calendars.problems import (
    VERSION_RULE,
    CalendarFileError,
    FileProblem,
    form_problems,
    unread,
)
from handbooks.calendars.published import Notice, notice_of, override, published_years, source
from handbooks.calendars.spelling import Spelling
from handbooks.operator_files import FileReadError, json_of, read_bytes, toml_of

SHIPPED = files("handbooks.calendars")
OVERRIDE_FIELDS = tuple(
    dict.fromkeys(name for kind in (ClosedDay, OpenDay, MakeUpDay) for name in kind.model_fields)
)
ENDS = {"valid_from": "2026-01-01", "valid_until": "2026-12-31"}
"""The first and the last day of a calendar, and how they are written."""
OVERRIDE = re.compile(r"^overrides\.(\d+)")


class CalendarFile(BaseModel):
    """`ID.toml`: a calendar with days of its own validity, or one that follows published years.

    An override of the file wins over a published day.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Code
    name: Name
    time_zone: Short
    weekly: Week
    overrides: tuple[DayOverride, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    sources: tuple[Short, ...] = ()
    published_days: Code | None = None
    make_up_days_work_as: Weekday = Weekday.MONDAY
    english: dict[str, str] = {}


def read_calendar_file(path: Path) -> WorkingCalendar:
    """Return the calendar of a TOML or JSON file.

    Raises CalendarFileError with every broken rule at once.
    """
    calendar, problems = _looked_at(path)
    if calendar is None or problems:
        raise CalendarFileError(*problems)
    return calendar


def calendar_file_problems(path: Path) -> tuple[FileProblem, ...]:
    """Return every broken rule of a file; none if a calendar can be made of it."""
    return tuple(_looked_at(path)[1])


def calendar_file_notes(path: Path, calendar: WorkingCalendar) -> tuple[str, ...]:
    """Return what is to be known of a sound file: that it was made by other time zone data."""
    installed = importlib.metadata.version("tzdata")
    if calendar.tzdata == installed:
        return ()
    return (
        f"{path}: tzdata: the calendar names {calendar.tzdata}, and {installed} is installed: "
        "its hours are counted by what is installed. Import it anew to name that.",
    )


def assembled(file: CalendarFile, years: tuple[Notice, ...]) -> WorkingCalendar:
    """Return a file's calendar, read by the tzdata in use; raises pydantic's ValidationError."""
    own = {each.on for each in file.overrides}
    published = (
        override(day, file.make_up_days_work_as, file.english)
        for year in years
        for day in year.days
    )
    overrides = sorted(
        (*(each for each in published if each.on not in own), *file.overrides),
        key=lambda each: each.on,
    )
    return WorkingCalendar.model_validate(
        {
            "id": file.id,
            "name": file.name,
            "time_zone": file.time_zone,
            "tzdata": importlib.metadata.version("tzdata"),
            "weekly": file.weekly,
            "overrides": tuple(overrides),
            "valid_from": file.valid_from or date(years[0].year, 1, 1),
            "valid_until": file.valid_until or date(years[-1].year, 12, 31),
            "sources": (
                *file.sources,
                *(source(str(file.published_days), year) for year in years),
            ),
        }
    )


def written_calendar(calendar: WorkingCalendar) -> str:
    """Return the whole content as JSON: the same calendar always as the same text."""
    in_order = sorted(calendar.overrides, key=lambda each: each.on)
    ordered = calendar.model_copy(update={"overrides": tuple(in_order)})
    return f"{ordered.model_dump_json(indent=2)}\n"


def write_calendar(calendar: WorkingCalendar, path: Path) -> None:
    """Write a calendar's file whole or not at all: never half of it, even when power fails."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(written_calendar(calendar))
            file.flush()
            os.fsync(file.fileno())
        unfinished.chmod(0o644)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _looked_at(path: Path) -> tuple[WorkingCalendar | None, list[FileProblem]]:
    name = str(path)
    try:
        data = _parsed(path, name)
        if "papers" in data and "days" in data:
            notice_of(data, name)
            raise _a_notice(name)
    except CalendarFileError as error:
        return None, list(error.problems)
    spelling = Spelling.of(name, data)
    problems = spelling.problems
    if spelling.days_unknown:
        return None, problems
    try:
        whole = path.suffix == ".json"
        calendar = (_whole if whole else _described)(spelling.mended, name, path.parent)
    except CalendarFileError as error:
        return None, [*problems, *error.problems]
    places = _places(calendar, spelling.mended)
    # Mended hours are nobody's: whether they run into the next day's cannot be asked.
    asked = contradictions if spelling.hours_unknown else calendar_problems
    for each in asked(calendar):
        key = OVERRIDE.sub(lambda found: places[int(found[1])], each.key)
        problems.append(FileProblem(name, key, each.rule, each.message, each.counter_example))
    return calendar, problems


def _places(calendar: WorkingCalendar, data: Mapping[str, Any]) -> list[str]:
    """Return where in the file each override of the calendar stands."""
    own: dict[str, list[int]] = {}
    for number, each in enumerate(data.get("overrides") or ()):
        own.setdefault(str(each.get("on")), []).append(number)
    return [
        f"overrides.{own[day].pop(0)}"
        if own.get(day := str(each.on))
        else f"published_days ({day})"
        for each in calendar.overrides
    ]


def _parsed(path: Path, name: str) -> dict[str, Any]:
    try:
        content = read_bytes(path)
        data = (json_of if path.suffix == ".json" else toml_of)(content)
    except FileReadError as error:
        raise unread(name, error) from error
    if not isinstance(data, dict):
        raise _refused(name, None, "not a table of fields")
    return data


def _described(data: Mapping[str, Any], name: str, beside: Path) -> WorkingCalendar:
    """Return the calendar of a TOML file, with the published years that it names."""
    try:
        file = CalendarFile.model_validate(data)
    except ValidationError as error:
        raise CalendarFileError(*_form(error, name, CalendarFile)) from error
    years: tuple[Notice, ...] = ()
    if file.published_days is not None:
        folder = _folder(file.published_days, beside, name)
        years = published_years(folder, file.published_days)
    missing = [] if years else [field for field in ENDS if getattr(file, field) is None]
    if missing:
        raise CalendarFileError(
            *(
                FileProblem(
                    name,
                    field,
                    VERSION_RULE,
                    f"{field} is missing, and no published_days say it",
                    f"{field} = {ENDS[field]}",
                )
                for field in missing
            )
        )
    try:
        return assembled(file, years)
    except ValidationError as error:
        raise CalendarFileError(*_form(error, name, CalendarFile)) from error


def _whole(data: Mapping[str, Any], name: str, beside: Path) -> WorkingCalendar:
    """Return the calendar of a JSON file."""
    try:
        return WorkingCalendar.model_validate_json(json.dumps(data))
    except ValidationError as error:
        raise CalendarFileError(*_form(error, name, WorkingCalendar)) from error


def _form(error: ValidationError, name: str, model: type[BaseModel]) -> list[FileProblem]:
    fields = {
        "": tuple(model.model_fields),
        "weekly": tuple(Week.model_fields),
        "name": tuple(Name.model_fields),
        "overrides": OVERRIDE_FIELDS,
    }
    return form_problems(error, name, fields)


def _folder(published: str, beside: Path, name: str) -> Traversable | Path:
    """Return the folder of notices: one beside the file, or else the shipped one."""
    for folder in (beside / published, SHIPPED / published):
        if folder.is_dir() and any(each.name.endswith(".json") for each in folder.iterdir()):
            return folder
    raise _refused(
        name,
        "published_days",
        f"no folder {published!r} with notices beside the file, and none is shipped",
        allowed=("holiday-cn",),
    )


def _a_notice(name: str) -> CalendarFileError:
    return _refused(
        name,
        "papers",
        "this is a notice of days, not a calendar",
        f"`closeout calendar import --from notice {name}` makes a calendar of it",
    )


def _refused(
    name: str,
    key: str | None,
    message: str,
    example: str | None = None,
    allowed: tuple[str, ...] = (),
) -> CalendarFileError:
    return CalendarFileError(FileProblem(name, key, VERSION_RULE, message, example, allowed))
