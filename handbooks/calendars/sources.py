"""Where days come from: the `holidays` package, notices in holiday-cn's form, a table (CSV)."""

import csv
import importlib.metadata
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from domain.calendar import FIRST_DAY, LAST_DAY
from domain.calendar_forms import written_day
from domain.days import ClosedDay, DayOverride, Label, MakeUpDay, Weekday
from handbooks.calendars.problems import (
    VERSION_RULE,
    CalendarFileError,
    FileProblem,
    closest,
    form_problems,
    unread,
)
from handbooks.calendars.published import NO_GUESS, Notice, one_a_year, override, read_notice
from handbooks.calendars.spelling import FORMS, clashes, slip_of
from handbooks.operator_files import FileReadError, read_bytes, text_of

PACKAGE = "holidays"
COLUMNS = ("date", "kind", "name")
MORE_COLUMNS = ("ranges", "works_as")
KINDS = ("closed", "open", "make_up")
MADE_UP = Label(zh="调休上班", en="Make-up day")
"""The package knows which weekend days are worked, but not for which holiday."""
CSV_ROWS_MAX = 10_000
COLUMNS_SHOWN_MAX = 200

_OVERRIDE: TypeAdapter[DayOverride] = TypeAdapter(DayOverride)


@dataclass(frozen=True, slots=True)
class DaySource:
    """What one source says of whole years. Days that it does not name are days of the plain week.

    `sources` goes into the calendar that is made of it.
    """

    label: str
    first_year: int
    last_year: int
    overrides: Mapping[date, DayOverride]
    sources: tuple[str, ...]
    amended: tuple[int, ...] = ()
    """The years of which it names only what changes: it must be laid over a calendar's days."""

    @property
    def years(self) -> str:
        """The years as they are written: `2007-2026`, or `2026`."""
        first, last = self.first_year, self.last_year
        return f"{first}" if first == last else f"{first}-{last}"


def years_of(text: str) -> tuple[int, int]:
    """Return the first and the last year of `2007-2026` or `2026`; raises ValueError."""
    found = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", text)
    if found is None:
        raise ValueError(f"{text!r} are no years: write 2007-2026, or 2026")
    first, last = int(found[1]), int(found[2] or found[1])
    if not FIRST_DAY.year <= first <= last <= LAST_DAY.year:
        raise ValueError(
            f"{text}: allowed are years in order, from {FIRST_DAY.year} to {LAST_DAY.year}"
        )
    return first, last


def package_years(country: str) -> Sequence[int]:
    """Return the years that the package knows a notice for; none if the country needs none."""
    import holidays

    if country not in holidays.list_supported_countries():
        return ()
    known: Any = holidays.country_holidays(country)
    noticed = set(getattr(known, "special_public_holidays", None) or ())
    if not noticed:
        return ()
    span = range(min(noticed), max(noticed) + 1)
    makes_up = holidays.country_holidays(country, years=span).weekend_workdays
    return span if makes_up else ()


def from_package(
    country: str, years: tuple[int, int] | None, works_as: Weekday = Weekday.MONDAY
) -> DaySource:
    """Return a country's days by the `holidays` package.

    A country that makes up days at weekends publishes each year by a notice: a year later than the
    last of which the package knows a notice is refused. Raises CalendarFileError.
    """
    import holidays

    version = importlib.metadata.version(PACKAGE)
    label = f"{PACKAGE} {version}, {country}"
    supported = holidays.list_supported_countries()
    if country not in supported:
        raise _refused(
            label,
            "country",
            f"the package has no country {country!r}",
            allowed=closest(country, supported) or tuple(sorted(supported)),
        )
    noticed = package_years(country)
    if years is None and not noticed:
        raise _refused(label, "years", f"{country} has no published years: say which to take")
    first, last = years or (noticed[0], noticed[-1])
    if noticed and last > noticed[-1]:
        unpublished = str(last) if last == noticed[-1] + 1 else f"{noticed[-1] + 1}-{last}"
        raise _refused(
            label,
            "years",
            f"{unpublished} is not published: the last year of {country} with a notice in this "
            f"version of the package is {noticed[-1]}",
            NO_GUESS,
        )
    overrides = {each.on: each for each in _days_of(country, first, last, works_as)}
    return DaySource(label, first, last, overrides, (f"{label} {first}-{last}",))


def from_notices(
    paths: Sequence[Path],
    works_as: Weekday = Weekday.MONDAY,
    english: Mapping[str, str] | None = None,
) -> DaySource:
    """Return the days of notices, the years without a gap; raises CalendarFileError."""
    named: list[tuple[str, Notice]] = []
    problems: list[FileProblem] = []
    for path in paths:
        try:
            named.append((str(path), read_notice(path, str(path))))
        except CalendarFileError as error:
            problems += error.problems
    if problems:
        raise CalendarFileError(*problems)
    years = one_a_year(named)
    days = [override(day, works_as, english or {}) for year in years for day in year.days]
    sources = tuple(
        f"notice {Path(name).name}: {', '.join(notice.papers)}"[:200] for name, notice in named
    )
    label = f"notice {', '.join(path.name for path in paths)}"
    overrides = {each.on: each for each in days}
    amended = tuple(year.year for year in years if year.amends)
    return DaySource(label, years[0].year, years[-1].year, overrides, sources, amended)


def from_csv(path: Path, years: tuple[int, int] | None = None) -> DaySource:
    """Return the days of a table: columns date, kind, name, and ranges or works_as where needed.

    Without `years` it speaks of the years that it names days of. Raises CalendarFileError.
    """
    name = str(path)
    rows = _rows(path, name)
    problems: list[FileProblem] = []
    overrides: dict[date, DayOverride] = {}
    for line, row in rows:
        try:
            day = _row(row, name, line)
        except CalendarFileError as error:
            problems += error.problems
            continue
        if day.on in overrides:
            problems.append(_given_twice(name, line, overrides[day.on], day))
        overrides.setdefault(day.on, day)
    if not rows:
        problems.append(FileProblem(name, "line 2", VERSION_RULE, "the table has no days"))
    if problems:
        raise CalendarFileError(*problems)
    named = sorted({on.year for on in overrides})
    first, last = years or (named[0], named[-1])
    missing = [str(year) for year in range(first, last + 1) if year not in named]
    if missing:
        raise _refused(
            name,
            None,
            f"the years have a gap: no day of {', '.join(missing)} is named",
            NO_GUESS,
        )
    label = f"table {path.name}"
    return DaySource(label, first, last, overrides, (f"{label}: {len(overrides)} days",))


def _days_of(country: str, first: int, last: int, works_as: Weekday) -> Iterator[DayOverride]:
    import holidays

    span = range(first, last + 1)
    plain: Any = holidays.country_holidays(country)
    known = plain.supported_languages or ()
    own = plain.default_language
    zh, en = (
        holidays.country_holidays(
            country, years=span, language=language if language in known else own
        )
        for language in ("zh_CN", "en_US")
    )
    worked = {on for on in zh.weekend_workdays if first <= on.year <= last}
    for on in sorted(worked):
        yield MakeUpDay(on=on, works_as=works_as, name=MADE_UP)
    for on in sorted(zh):
        # A holiday on a weekend day that is worked has been moved to another day.
        if on not in worked and first <= on.year <= last:
            yield ClosedDay(on=on, name=Label(zh=zh[on], en=en[on] if "en_US" in known else None))


def _rows(path: Path, name: str) -> list[tuple[int, dict[str, str]]]:
    rows: list[tuple[int, dict[str, str]]] = []
    try:
        text = text_of(read_bytes(path))
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        _refuse_header(tuple(reader.fieldnames or ()), name)
        for row in reader:
            rows.append((reader.line_num, row))
            if len(rows) > CSV_ROWS_MAX:
                raise _refused(name, f"line {reader.line_num}", f"over {CSV_ROWS_MAX} days")
    except FileReadError as error:
        raise unread(name, error) from error
    except csv.Error as error:
        raise _refused(name, None, f"not a table: {error}") from error
    return rows


def _refuse_header(header: tuple[str, ...], name: str) -> None:
    """Every column once, and none that is unknown: of two namesakes the first would be lost."""
    allowed = (*COLUMNS, *(f"[{column}]" for column in MORE_COLUMNS))
    if not set(COLUMNS) <= set(header) or not set(header) <= {*COLUMNS, *MORE_COLUMNS}:
        columns = ", ".join(header)[:COLUMNS_SHOWN_MAX] or "missing"
        raise _refused(name, "line 1", f"the columns are {columns}", allowed=allowed)
    twice = [column for column, count in Counter(header).items() if count > 1]
    if twice:
        message = f"the column {twice[0]} is given twice"
        raise _refused(name, "line 1", message, allowed=allowed)


def _row(row: dict[str, str], name: str, line: int) -> DayOverride:
    place = f"line {line}"
    if None in row or None in row.values():
        raise _refused(name, place, "not as many fields as the first line has")
    cells = {column: text.strip() for column, text in row.items()}
    kind, ranges = cells["kind"], cells.get("ranges", "").replace(";", " ").split()
    if kind not in KINDS:
        raise _refused(name, place, f"kind {kind!r} of {cells['date']}", allowed=KINDS)
    if kind != "open" and ranges:
        raise _refused(name, place, f"{cells['date']} is {kind} and has ranges", allowed=("open",))
    if kind == "open" and not ranges:
        raise _refused(name, place, f"{cells['date']} is open without ranges", allowed=FORMS)
    try:
        written_day(cells["date"])
    except ValueError as error:
        raise _refused(name, place, f"date {cells['date'][:40]!r}: {error}") from error
    slips = [slip for text in ranges if (slip := slip_of(cells["date"], text))]
    for message, example in slips or list(clashes(cells["date"], ranges)):
        raise _refused(name, place, message, example, FORMS)
    form: dict[str, object] = {"kind": kind, "on": cells["date"], "name": {"zh": cells["name"]}}
    if kind == "open":
        form["ranges"] = ranges
    if kind == "make_up":
        form["works_as"] = cells.get("works_as") or Weekday.MONDAY
    try:
        return _OVERRIDE.validate_python(form)
    except ValidationError as error:
        raise CalendarFileError(
            *(
                FileProblem(
                    name, f"{place}, {each.key}", each.rule, each.message, None, each.allowed
                )
                for each in form_problems(error, name, {})
            )
        ) from error


def _given_twice(name: str, line: int, first: DayOverride, second: DayOverride) -> FileProblem:
    kinds = {first.kind, second.kind}
    message = (
        f"the make-up day {first.on} is also closed"
        if kinds == {"closed", "make_up"}
        else f"the day {first.on} is given twice"
    )
    example = f"{first.on} is {first.kind} ({first.name.zh}) and {second.kind} ({second.name.zh})"
    return FileProblem(name, f"line {line}", VERSION_RULE, message, example)


def _refused(
    file: str,
    key: str | None,
    message: str,
    example: str | None = None,
    allowed: Iterable[str] = (),
) -> CalendarFileError:
    return CalendarFileError(FileProblem(file, key, VERSION_RULE, message, example, tuple(allowed)))
