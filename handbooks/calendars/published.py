"""The days of official notices, in the form of holiday-cn: what is off, and what is made up."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from importlib.resources.abc import Traversable
from itertools import groupby
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, ValidationError

from domain.calendar_forms import written_day
from domain.days import ClosedDay, DayOverride, Label, MakeUpDay, Weekday
from domain.model import Short
from handbooks.calendars.problems import (
    VERSION_RULE,
    CalendarFileError,
    FileProblem,
    form_problems,
    unread,
)
from handbooks.operator_files import FileReadError, json_of, read_bytes

NO_GUESS = (
    "a plain week instead would count the days off of that year as worked: wait for the notice"
)


class PublishedDay(BaseModel):
    """A day that a notice names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Short
    on: Annotated[date, BeforeValidator(written_day)] = Field(alias="date")
    is_off: StrictBool = Field(alias="isOffDay")


class Notice(BaseModel):
    """The days of one year's notices, some of them in its neighbours.

    A notice that `amends` names only what it changes. `superseded_on` is the day of the next one.
    """

    model_config = ConfigDict(frozen=True)

    year: Annotated[int, Field(ge=1970, le=2199, strict=True)]
    papers: tuple[str, ...] = Field(min_length=1)
    days: tuple[PublishedDay, ...] = Field(min_length=1)
    published_on: Annotated[date | None, BeforeValidator(written_day)] = None
    superseded_on: Annotated[date | None, BeforeValidator(written_day)] = None
    amends: StrictBool = False


def read_notice(file: Path | Traversable, name: str) -> Notice:
    """Return a notice; raises CalendarFileError with everything that is wrong with it."""
    try:
        # What is shipped may lie in an archive; what an operator gives is always a path.
        data = json_of(read_bytes(file) if isinstance(file, Path) else file.read_bytes())
    except FileReadError as error:
        raise unread(name, error) from error
    return notice_of(data, name)


def notice_of(data: object, name: str) -> Notice:
    """Return the notice that JSON holds; raises CalendarFileError."""
    if isinstance(data, dict) and not (data.get("papers") and data.get("days")):
        year = data.get("year")
        empty = " and ".join(key for key in ("papers", "days") if not data.get(key))
        raise CalendarFileError(
            FileProblem(
                name,
                empty.replace(" and ", ", "),
                VERSION_RULE,
                f"{empty} empty: the year {year} is not published, no calendar may be made of it",
                NO_GUESS,
            )
        )
    try:
        notice = Notice.model_validate(data)
    except ValidationError as error:
        fields = {"": Notice.model_fields, "days": ("name", "date", "isOffDay")}
        raise CalendarFileError(*form_problems(error, name, fields)) from error
    problems = list(_slips(notice, name))
    if problems:
        raise CalendarFileError(*problems)
    return notice


def published_years(folder: Traversable | Path, label: str) -> tuple[Notice, ...]:
    """Return the notices of a folder in order, a year each, without a gap.

    Raises CalendarFileError.
    """
    entries = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".json")),
        key=lambda entry: entry.name,
    )
    return one_a_year(
        [(f"{label}/{each.name}", read_notice(each, f"{label}/{each.name}")) for each in entries]
    )


def one_a_year(named: Iterable[tuple[str, Notice]]) -> tuple[Notice, ...]:
    """Return notices in the order of their years, those of one year laid over one another.

    Several of one year must say when they were published. Raises CalendarFileError.
    """
    merged: list[Notice] = []
    problems: list[FileProblem] = []
    in_order = sorted(named, key=lambda pair: pair[1].year)
    for year, group in groupby(in_order, lambda pair: pair[1].year):
        same = list(group)
        dates = [notice.published_on for _, notice in same]
        if len(same) > 1 and (None in dates or len(set(dates)) < len(dates)):
            names = " and ".join(name for name, _ in same)
            problems.append(
                FileProblem(
                    same[-1][0],
                    "year",
                    VERSION_RULE,
                    f"the year {year} is in {names}, and nothing says which is later",
                    "give each its own published_on",
                )
            )
            continue
        merged.append(laid_over(notice for _, notice in same))
        if len(merged) > 1 and merged[-1].year != merged[-2].year + 1:
            problems.append(_gap(same[0][0], merged[-2].year, merged[-1].year))
    if problems:
        raise CalendarFileError(*problems)
    return tuple(merged)


def laid_over(notices: Iterable[Notice]) -> Notice:
    """Return one year as its notices leave it, the last published one winning."""
    latest, *later = sorted(notices, key=lambda notice: notice.published_on or date.min)
    for notice in later:
        latest = _amended(latest, notice) if notice.amends else notice
    return latest


def _amended(notice: Notice, later: Notice) -> Notice:
    days = {day.on: day for day in (*notice.days, *later.days)}
    return later.model_copy(
        update={
            "amends": notice.amends,
            "papers": (*notice.papers, *later.papers),
            "days": tuple(days[on] for on in sorted(days)),
        }
    )


def override(day: PublishedDay, works_as: Weekday, english: Mapping[str, str]) -> DayOverride:
    """Return a published day as a calendar has it."""
    label = Label(zh=day.name, en=in_english(day.name, english))
    if day.is_off:
        return ClosedDay(on=day.on, name=label)
    return MakeUpDay(on=day.on, works_as=works_as, name=label)


def in_english(name: str, english: Mapping[str, str]) -> str | None:
    """Return a published name in English, part by part; None if a part is unknown."""
    parts = [english.get(part) for part in name.split("、")]
    return " and ".join(part for part in parts if part) if all(parts) else None


def source(label: str, notice: Notice) -> str:
    """Return how a calendar names where a year came from."""
    papers = len(notice.papers)
    return f"{label}/{notice.year}.json: {papers} paper{'s' if papers > 1 else ''}"


def _slips(notice: Notice, name: str) -> Iterable[FileProblem]:
    times = Counter(day.on for day in notice.days)
    for on, count in times.items():
        said = [day for day in notice.days if day.on == on]
        if count > 1 and len({day.is_off for day in said}) > 1:
            yield FileProblem(
                name,
                f"days ({on})",
                VERSION_RULE,
                f"the make-up day {on} is also off",
                f"{on} would be worked by {said[0].name} and not by {said[1].name}"
                if not said[0].is_off
                else f"{on} would be off by {said[0].name} and worked by {said[1].name}",
            )
        elif count > 1:
            yield FileProblem(
                name, f"days ({on})", VERSION_RULE, f"the day {on} is given {count} times"
            )
        if abs(on.year - notice.year) > 1:
            yield FileProblem(
                name,
                f"days ({on})",
                VERSION_RULE,
                f"the day {on} is in no year beside {notice.year}",
                f"a notice for {notice.year} names days of {notice.year - 1} to {notice.year + 1}",
            )


def _gap(name: str, before: int, after: int) -> FileProblem:
    missing = f"{before + 1}" if after == before + 2 else f"{before + 1} to {after - 1}"
    return FileProblem(
        name,
        "year",
        VERSION_RULE,
        f"the years have a gap: {missing} is missing between {before} and {after}",
        f"{date(before + 1, 1, 1)} would count as a day of the plain week",
    )
