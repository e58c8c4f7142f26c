"""A calendar made of days from one source, checked against a second one."""

import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from domain.calendar import WorkingCalendar
from domain.calendar_check import calendar_problems
from domain.days import ONE_DAY, DayOverride, Weekday
from domain.model import SHORT_CHARACTERS_MAX, Name
from handbooks.calendars import english_names, find_calendar
from handbooks.calendars.comparison import DayDifference, day_differences
from handbooks.calendars.problems import (
    VERSION_RULE,
    CalendarFileError,
    FileProblem,
    form_problems,
)
from handbooks.calendars.published import NO_GUESS
from handbooks.calendars.sources import (
    DaySource,
    from_csv,
    from_notices,
    from_package,
    package_years,
)
from handbooks.operator_files import FileReadError, json_of, read_bytes


@dataclass(frozen=True, slots=True)
class Base:
    """What a source does not say: hours, zone and name, from a calendar that has them.

    `keeps` keeps the calendar's days in the years that the source does not cover; `amends` keeps
    them on every day that the source does not name.
    """

    calendar: WorkingCalendar
    id: str | None = None
    name: Name | None = None
    keeps: bool = False
    amends: bool = False


@dataclass(frozen=True, slots=True)
class SecondSource:
    """The other witness, as a calendar with the same hours, and the years that it speaks of."""

    label: str
    calendar: WorkingCalendar


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """What two sources do not say alike. `silent` are years of which only the first speaks."""

    first: str
    second: str
    days: tuple[DayDifference, ...]
    silent: tuple[int, ...]
    by_hours: bool
    """Whether hours were compared, and not only whether a day is worked."""

    @property
    def agrees(self) -> bool:
        """Tell whether the second source confirms every day of the first."""
        return not (self.days or self.silent)


def made_calendar(base: Base, source: DaySource) -> WorkingCalendar:
    """Return the calendar of a source's days and the base's hours, its days in order.

    Raises CalendarFileError for a gap between the years, and for what no calendar may have.
    """
    old = base.calendar
    _refuse_amendment(base, source)
    first_on, last_on = date(source.first_year, 1, 1), date(source.last_year, 12, 31)
    overrides = dict(source.overrides)
    sources = (f"weekly hours: calendar {old.id} {old.hash[:12]}", *source.sources)
    if base.keeps or base.amends:
        _refuse_gap(old, source, first_on, last_on)
        overrides = _kept(old, source, amends=base.amends) | overrides
        first_on, last_on = min(first_on, old.valid_from), max(last_on, old.valid_until)
        sources = (*old.sources, *source.sources)
    return _checked(
        source.label,
        {
            "id": base.id or old.id,
            "name": base.name or old.name,
            "time_zone": old.time_zone,
            "tzdata": importlib.metadata.version("tzdata"),
            "weekly": old.weekly,
            "overrides": tuple(overrides[on] for on in sorted(overrides)),
            "valid_from": first_on,
            "valid_until": last_on,
            "sources": sources,
        },
    )


def second_source(
    named: Sequence[str],
    base: Base,
    country: str,
    years: tuple[int, int],
    works_as: Weekday = Weekday.MONDAY,
) -> SecondSource:
    """Return the second source that the command line names: `holidays`, files of notices, a table,
    or a calendar. Raises CalendarFileError, UnknownCalendarError."""
    plain = Base(base.calendar)
    paths = [Path(each) for each in named]
    if list(named) == ["holidays"]:
        source = from_package(country, None if package_years(country) else years, works_as)
    elif all(_is_notice(path) for path in paths):
        source = from_notices(paths, works_as, english_names())
    elif len(paths) == 1 and paths[0].suffix == ".csv":
        source = from_csv(paths[0])
    elif len(named) == 1:
        calendar = find_calendar(named[0])
        return SecondSource(f"calendar {calendar.id} {calendar.hash[:12]}", calendar)
    else:
        raise CalendarFileError(
            FileProblem(
                ", ".join(named), None, VERSION_RULE, "several files of a second source are notices"
            )
        )
    return SecondSource(source.label, made_calendar(plain, source))


def source_check(made: WorkingCalendar, source: DaySource, second: SecondSource) -> SourceCheck:
    """Compare what opens on every day of the source's years; what a day is called is not asked.

    Of a second calendar with another plain week it is asked only whether a day is worked.
    """
    other = second.calendar
    by_hours = made.weekly == other.weekly
    first_on, last_on = date(source.first_year, 1, 1), date(source.last_year, 12, 31)
    spoken = max(first_on, other.valid_from), min(last_on, other.valid_until)
    return SourceCheck(
        first=source.label,
        second=second.label,
        days=tuple(
            each
            for each in day_differences(made, other, *spoken)
            if (each.hours_differ if by_hours else _worked_by_one(each))
        ),
        silent=tuple(
            year
            for year in range(source.first_year, source.last_year + 1)
            if date(year, 1, 1) < other.valid_from or date(year, 12, 31) > other.valid_until
        ),
        by_hours=by_hours,
    )


def _worked_by_one(day: DayDifference) -> bool:
    return bool(day.first.ranges) != bool(day.second.ranges)


def with_check(made: WorkingCalendar, check: SourceCheck) -> WorkingCalendar:
    """Return the calendar with the second source, and what was accepted, among its sources."""
    told = [f"agrees with {check.second}"] if check.agrees else []
    if check.days:
        days = ", ".join(str(each.on) for each in check.days)
        count = "1 day" if len(check.days) == 1 else f"{len(check.days)} days"
        told.append(f"differs from {check.second} on {count}: {days}")
    if check.silent:
        years = ", ".join(map(str, check.silent))
        told.append(f"not confirmed by {check.second}: {years}")
    form = made.model_dump() | {"sources": (*made.sources, *map(_shortened, told))}
    return WorkingCalendar.model_validate(form)


def _shortened(text: str) -> str:
    return text if len(text) <= SHORT_CHARACTERS_MAX else f"{text[: SHORT_CHARACTERS_MAX - 1]}…"


def _kept(old: WorkingCalendar, source: DaySource, *, amends: bool) -> dict[date, DayOverride]:
    """Return the base's days that stay: in other years, or, amended, wherever nothing else is said.

    At the turn of a covered year a day that only the neighbour's notice made up must be in the
    source as well, or it is lost: the calendar does not say which notice a day came from.
    """
    covered = range(source.first_year, source.last_year + 1)
    return {each.on: each for each in old.overrides if amends or each.on.year not in covered}


def _refuse_gap(old: WorkingCalendar, source: DaySource, first_on: date, last_on: date) -> None:
    if first_on <= old.valid_until + ONE_DAY and last_on >= old.valid_from - ONE_DAY:
        return
    raise _refused(
        source,
        "years",
        f"the years have a gap: calendar {old.id} has {old.valid_from} to {old.valid_until}, "
        f"the source {source.years}",
        NO_GUESS,
    )


def _refuse_amendment(base: Base, source: DaySource) -> None:
    """What names only changes is laid over published days, or it would wipe out all others."""
    old = base.calendar
    if source.amended and not base.amends:
        years = ", ".join(map(str, source.amended))
        raise _refused(
            source,
            "amends",
            f"the notice of {years} amends: it names only what changes",
            "taken as the whole year, every other day off would be lost: lay it over a calendar "
            "of that year, with --hours-of CALENDAR --amend",
        )
    if not base.amends:
        return
    unpublished = [
        str(year)
        for year in range(source.first_year, source.last_year + 1)
        if date(year, 1, 1) < old.valid_from or date(year, 12, 31) > old.valid_until
    ]
    if unpublished:
        raise _refused(
            source,
            "years",
            f"--amend changes published years; {', '.join(unpublished)} is not published in "
            f"calendar {old.id}, {old.valid_from} to {old.valid_until}",
            "the few days that are named would stand for the whole year; a new year is added with "
            "--keep-days",
        )


def _refused(source: DaySource, key: str, message: str, example: str) -> CalendarFileError:
    return CalendarFileError(FileProblem(source.label, key, VERSION_RULE, message, example))


def _checked(label: str, form: Mapping[str, object]) -> WorkingCalendar:
    try:
        calendar = WorkingCalendar.model_validate(form)
    except ValidationError as error:
        raise CalendarFileError(*form_problems(error, label, {})) from error
    problems = calendar_problems(calendar)
    if problems:
        raise CalendarFileError(
            *(
                FileProblem(label, each.key, each.rule, each.message, each.counter_example)
                for each in problems
            )
        )
    return calendar


def _is_notice(path: Path) -> bool:
    """Tell whether a file has the form of a notice; what cannot be read is no notice."""
    if path.suffix != ".json" or not path.is_file():
        return False
    try:
        data = json_of(read_bytes(path))
    except FileReadError:
        return False
    return isinstance(data, dict) and "papers" in data
