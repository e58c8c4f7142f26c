"""`closeout calendar import`, `check`, `diff`, `list`, `show`: calendars before publication."""

from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, assert_never

import typer

from terminal.session import Session

if TYPE_CHECKING:
    from domain.days import Weekday
    from domain.model import Name
    from handbooks.calendars.sources import DaySource

UNFIT = 3
"""The exit code where no calendar can be made of what is given."""

CALENDAR = "A shipped calendar's id, cn-office@DAY, or a .toml or .json file."
Named = Annotated[str, typer.Argument(metavar="CALENDAR", help=CALENDAR)]


class DaysFrom(StrEnum):
    """Where the days of an import come from."""

    HOLIDAYS = "holidays"
    NOTICE = "notice"
    CSV = "csv"


From = Annotated[
    DaysFrom,
    typer.Option("--from", metavar="SOURCE", help=f"What has the days: {', '.join(DaysFrom)}."),
]
Out = Annotated[Path, typer.Option(metavar="FILE", help="Where the calendar is written (.json).")]
Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE", help="Notices in holiday-cn's form, or one table (CSV)."),
]
HoursOf = Annotated[
    str, typer.Option(metavar="CALENDAR", help="Whose hours, zone, name and id are taken.")
]
Country = Annotated[str, typer.Option(metavar="CODE", help="For the holidays package.")]
Years = Annotated[
    str | None,
    typer.Option(metavar="YEARS", help="Such as 2007-2026.", show_default="all published"),
]
Against = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SECOND",
        help="A second source that must agree: holidays, a file (again for more), a calendar.",
    ),
]
Accept = Annotated[
    bool, typer.Option("--accept-differences", help="Write although the sources differ.")
]
Id = Annotated[str | None, typer.Option("--id", metavar="ID", help="Another id.")]
Called = Annotated[
    str | None,
    typer.Option("--name", metavar="'ZH / EN'", help="Another name, in both languages."),
]
KeepDays = Annotated[
    bool, typer.Option("--keep-days", help="Keep the days of --hours-of in all other years.")
]
Amend = Annotated[
    bool, typer.Option("--amend", help="Keep every day of --hours-of that is not named.")
]
MakeUpAs = Annotated[str, typer.Option(metavar="WEEKDAY", help="Whose hours a made-up day has.")]


async def calendar_import(
    session: Session,
    from_: From,
    out: Out,
    files: Files = None,
    hours_of: HoursOf = "cn-office",
    country: Country = "CN",
    years: Years = None,
    against: Against = None,
    accept_differences: Accept = False,
    id_: Id = None,
    name: Called = None,
    keep_days: KeepDays = False,
    amend: Amend = False,
    make_up_as: MakeUpAs = "monday",
) -> int:
    """Make a calendar's file of days that somebody published. Exit code 3 if sources differ."""
    from handbooks.calendars import find_calendar
    from handbooks.calendars.files import write_calendar
    from handbooks.calendars.imports import (
        Base,
        made_calendar,
        second_source,
        source_check,
        with_check,
    )
    from terminal.shown.calendar_files import imported, not_imported
    from terminal.shown.calendar_plain import check_plain, facts_plain

    _check_out(out, [*(files or ()), *map(Path, (hours_of, *(against or ())))])
    works_as = _weekday(make_up_as)
    source = _Given(from_, files or [], country, _years(years), works_as).read()
    base = Base(find_calendar(hours_of), id_, _name(name), keep_days, amend)
    made, check = made_calendar(base, source), None
    if against:
        span = (source.first_year, source.last_year)
        check = source_check(made, source, second_source(against, base, country, span, works_as))
        made = with_check(made, check)
    told = None if check is None else check_plain(check)
    if check is not None and not (check.agrees or accept_differences):
        refused = check
        session.out.answer({"written": None, "check": told}, lambda: not_imported(refused))
        return UNFIT
    write_calendar(made, out)
    session.out.answer(
        {"written": str(out), **facts_plain(made), "check": told},
        lambda: imported(made, out, check),
    )
    return 0


async def calendar_check(
    session: Session,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Calendars: TOML or JSON.")],
) -> int:
    """Name every broken rule of calendars' files. Exit code 3 if there is one."""
    from handbooks.calendars.files import (
        calendar_file_notes,
        calendar_file_problems,
        read_calendar_file,
    )
    from terminal.shown.calendar_files import checked
    from terminal.shown.calendar_plain import facts_plain

    found = {path: calendar_file_problems(path) for path in files}
    sound = {path: read_calendar_file(path) for path, problems in found.items() if not problems}
    notes = [note for path, each in sound.items() for note in calendar_file_notes(path, each)]
    plain = {
        "sound": len(sound) == len(found),
        "notes": notes,
        "problems": [asdict(each) for problems in found.values() for each in problems],
        "calendars": [{"file": str(path), **facts_plain(each)} for path, each in sound.items()],
    }
    session.out.answer(plain, lambda: checked(found, sound, notes))
    return 0 if len(sound) == len(found) else UNFIT


async def calendar_diff(session: Session, first: Named, second: Named) -> None:
    """Name everything in which two calendars differ: zone, hours, validity, every day."""
    from handbooks.calendars import find_calendar
    from handbooks.calendars.comparison import compared
    from terminal.shown.calendar_files import differences
    from terminal.shown.calendar_plain import comparison_plain

    found = compared(find_calendar(first), find_calendar(second))
    session.out.answer(comparison_plain(found), lambda: differences(found, (first, second)))


async def calendar_list(session: Session) -> None:
    """List the calendars that are shipped."""
    from handbooks.calendars import calendar_ids, read_calendar
    from terminal.shown.calendar_files import calendar_list as shown
    from terminal.shown.calendar_plain import facts_plain

    calendars = [read_calendar(each) for each in calendar_ids()]
    session.out.answer([facts_plain(each) for each in calendars], lambda: shown(calendars))


async def calendar_show(
    session: Session,
    calendar: Named,
    month: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM", help="One month, day by day.", show_default="all years"),
    ] = None,
) -> None:
    """Show a calendar: what it is, its years, or one month day by day."""
    from handbooks.calendars import find_calendar
    from handbooks.calendars.days import month_days, year_counts
    from terminal.shown.calendar_files import calendar_month, calendar_years
    from terminal.shown.calendar_plain import day_plain, facts_plain

    found = find_calendar(calendar)
    if month is None:
        years = year_counts(found)
        told = facts_plain(found) | {"years": [asdict(each) for each in years]}
        session.out.answer(told, lambda: calendar_years(found, years))
        return
    first_on = _month(month)
    if first_on < found.valid_from.replace(day=1):
        raise typer.BadParameter(
            f"{month} is before the calendar's first day, {found.valid_from}", param_hint="--month"
        )
    days = month_days(found, first_on)
    told = facts_plain(found) | {"days": [day_plain(each) for each in days]}
    session.out.answer(told, lambda: calendar_month(found, days))


@dataclass(frozen=True, slots=True)
class _Given:
    """What the command line says of the first source."""

    kind: DaysFrom
    files: list[Path]
    country: str
    years: tuple[int, int] | None
    works_as: "Weekday"

    def read(self) -> "DaySource":
        """Return the source's days; raises CalendarFileError."""
        from handbooks.calendars import english_names
        from handbooks.calendars.sources import from_csv, from_notices, from_package

        match self.kind:
            case DaysFrom.HOLIDAYS:
                self._refuse(bool(self.files), "the holidays package has no files")
                return from_package(self.country, self.years, self.works_as)
            case DaysFrom.NOTICE:
                self._refuse(not self.files, "name the notices' files")
                self._refuse(self.years is not None, "notices say themselves of which years")
                return from_notices(self.files, self.works_as, english_names())
            case DaysFrom.CSV:
                self._refuse(len(self.files) != 1, "name one table")
                return from_csv(self.files[0], self.years)
            case _:
                assert_never(self.kind)

    def _refuse(self, wrong: bool, message: str) -> None:
        if wrong:
            raise typer.BadParameter(message, param_hint=f"--from {self.kind}")


def _check_out(out: Path, read: list[Path]) -> None:
    if out.suffix != ".json":
        raise typer.BadParameter("the file is JSON: end its name with .json", param_hint="--out")
    if not out.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {out.parent}", param_hint="--out")
    for each in read:
        if out.exists() and each.exists() and out.samefile(each):
            raise typer.BadParameter(f"{each} is read, and would be lost", param_hint="--out")


def _years(text: str | None) -> tuple[int, int] | None:
    from handbooks.calendars.sources import years_of

    try:
        return None if text is None else years_of(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--years") from error


def _weekday(text: str) -> "Weekday":
    from domain.days import Weekday

    if text not in list(Weekday):
        allowed = ", ".join(Weekday)
        raise typer.BadParameter(f"{text!r}: allowed are {allowed}", param_hint="--make-up-as")
    return Weekday(text)


def _name(text: str | None) -> "Name | None":
    from domain.model import Name

    if text is None:
        return None
    zh, slash, en = (part.strip() for part in text.partition(" / "))
    if not (zh and slash and en):
        raise typer.BadParameter("write '中文 / English'", param_hint="--name")
    try:
        return Name(zh=zh, en=en)
    except ValueError as error:
        raise typer.BadParameter("a name has up to 200 characters", param_hint="--name") from error


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is no month: write 2020-02", param_hint="--month"
        ) from error
