"""Calendars before they are published: what they are, month by month, and in what they differ."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from domain.calendar import WorkingCalendar
from domain.days import WEEKDAYS
from handbooks.calendars.comparison import Comparison, DayDifference
from handbooks.calendars.days import CalendarDay, YearCount
from handbooks.calendars.imports import SourceCheck
from handbooks.calendars.problems import FileProblem
from terminal.shown.frames import SECOND, Column, Sheet, facts, inline, kept, wrapped

HASH_SHOWN = 12


def calendar_list(calendars: Sequence[WorkingCalendar]) -> RenderableType:
    """Return the shipped calendars, a line each."""
    sheet = Sheet(
        (kept("Calendar"), Column("Name"), kept("Zone"), kept("Valid until"), kept("Hash"))
    )
    for each in calendars:
        sheet.add(
            each.id,
            inline(each.name),
            each.time_zone,
            str(each.valid_until),
            each.hash[:HASH_SHOWN],
        )
    return Group(sheet, Text("`closeout calendar show CALENDAR` shows one in full.", SECOND))


def calendar_years(calendar: WorkingCalendar, years: Sequence[YearCount]) -> RenderableType:
    """Return a calendar with a line for each of its years."""
    headers = ("Worked", "Off by name", "Made up")
    sheet = Sheet((kept("Year"), *(kept(header, right=True) for header in headers), kept("")))
    for each in years:
        sheet.add(
            str(each.year),
            str(each.worked),
            str(each.named_off),
            str(each.made_up),
            Text("provisional" if each.provisional else "", "yellow"),
        )
    return Group(_head(calendar), Text(""), sheet)


def calendar_month(calendar: WorkingCalendar, days: Sequence[CalendarDay]) -> RenderableType:
    """Return a month as a grid of weeks, and below it every day that is not of the plain week."""
    grid = Sheet(tuple(kept(weekday[:3].title()) for weekday in WEEKDAYS))
    cells = [Text("")] * days[0].on.weekday() + [_cell(day) for day in days]
    for start in range(0, len(cells), len(WEEKDAYS)):
        grid.add(*cells[start : start + len(WEEKDAYS)])
    named = Sheet((kept("Day"), wrapped("")))
    for day in days:
        if day.kind != "week":
            named.add(_day(day), _style(day, day.says))
    marks = Text("■ worked   + made up   · closed by the week   ○ off by name", SECOND)
    if any(day.provisional for day in days):
        marks.append("\nAfter the last published day: provisional.", "yellow")
    parts: list[RenderableType] = [_head(calendar), Text(""), Text(f"{days[0].on:%Y-%m}", "bold")]
    parts += [grid, marks]
    if named.rows:
        parts += [Text(""), named]
    return Group(*parts)


def imported(calendar: WorkingCalendar, out: Path, check: SourceCheck | None) -> RenderableType:
    """Return what was written, and what the second source said of it."""
    parts: list[RenderableType] = [
        Text.assemble(("✓ ", "green"), (str(out), "bold"), " is written"),
        _head(calendar, whole_hash=True),
    ]
    if check is not None:
        parts += [Text(""), *_checked_source(check)]
    publish = f"closeout calendar publish {out} --reason TEXT --as PERSON@POST"
    return Group(*parts, Text(f"\nNothing is published yet: `{publish}`", SECOND))


def not_imported(check: SourceCheck) -> RenderableType:
    """Return why nothing was written: every day that the two sources do not say alike."""
    advice = "Nothing is written. Find out which is right; --accept-differences takes the first."
    return Group(*_checked_source(check), Text(f"\n{advice}", SECOND))


def checked(
    found: Mapping[Path, Sequence[FileProblem]],
    sound: Mapping[Path, WorkingCalendar],
    notes: Sequence[str] = (),
) -> RenderableType:
    """Return every broken rule, file by file; of a file without one, what it is; then the notes."""
    parts: list[RenderableType] = []
    for path, problems in found.items():
        if not problems:
            told = f"  {sound[path].id}, valid until {sound[path].valid_until}, "
            told += f"hash {sound[path].hash[:HASH_SHOWN]}"
            parts.append(Text.assemble(("✓ ", "green"), (str(path), "bold"), (told, SECOND)))
            continue
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        parts.append(Text.assemble(("✗ ", "red"), (str(path), "bold"), f": {count}"))
        sheet = Sheet((kept("Rule"), Column("Where"), wrapped("Problem")))
        for each in problems:
            sheet.add(each.rule, each.key or "—", _problem(each))
        parts.append(sheet)
    parts += [Text(note, "yellow") for note in notes]
    return Group(*parts)


def differences(found: Comparison, named: tuple[str, str]) -> RenderableType:
    """Return fields and days in which two calendars differ, and how many days those are."""
    span = f"{found.first_on} to {found.last_on}"
    if found.is_same:
        return Text.assemble(("✓ ", "green"), f"{named[0]} and {named[1]} do not differ, {span}")
    parts: list[RenderableType] = [
        facts(
            (
                ("  first", f"{named[0]}  {found.first.hash[:HASH_SHOWN]}"),
                ("  second", f"{named[1]}  {found.second.hash[:HASH_SHOWN]}"),
                ("  compared", span),
            )
        )
    ]
    if found.fields:
        fields = Sheet((kept("Field"), wrapped("First"), wrapped("Second")))
        for each in found.fields:
            fields.add(each.field, each.first, each.second)
        parts += [Text(""), fields]
    days = [day for day in found.days if not day.by_week]
    if days:
        parts += [Text(""), _day_sheet(days, ("First", "Second"))]
    return Group(*parts, Text(""), Text(", ".join(_counts(found)), SECOND))


def _counts(found: Comparison) -> Iterator[str]:
    by_week = sum(day.by_week for day in found.days)
    hours = sum(day.hours_differ and not day.by_week for day in found.days)
    reasons = sum(not day.hours_differ for day in found.days)
    yield f"{hours} {_days(hours)} with other hours"
    if reasons:
        yield f"{reasons} {_days(reasons)} closed by both for another reason"
    if by_week:
        yield f"{by_week} {_days(by_week)} of the plain week, by the weekly hours (--json has each)"


def _checked_source(check: SourceCheck) -> Iterator[RenderableType]:
    asked = "what opens" if check.by_hours else "whether it is worked"
    if check.agrees:
        yield Text.assemble(("✓ ", "green"), f"{check.second} says the same of every day ({asked})")
        return
    if check.silent:
        years = ", ".join(map(str, check.silent))
        yield Text.assemble(("✗ ", "red"), f"{check.second} does not have every day of {years}")
    count = len(check.days)
    both = f"{check.first} and {check.second}"
    if count:
        yield Text.assemble(("✗ ", "red"), f"{both} differ on {count} {_days(count)} ({asked})")
    if check.days:
        yield _day_sheet(check.days, (check.first, check.second))


def _day_sheet(days: Sequence[DayDifference], headers: tuple[str, str]) -> Sheet:
    sheet = Sheet((kept("Day"), wrapped(headers[0]), wrapped(headers[1])))
    for each in days:
        style = None if each.hours_differ else SECOND
        sheet.add(_day(each.first), each.first.says, each.second.says, style=style)
    return sheet


def _head(calendar: WorkingCalendar, *, whole_hash: bool = False) -> RenderableType:
    kinds = [each.kind for each in calendar.overrides]
    days = f"{kinds.count('closed')} off, {kinds.count('make_up')} made up"
    if "open" in kinds:
        days += f", {kinds.count('open')} with hours of their own"
    return Group(
        Text.assemble((calendar.id, "bold"), "  ", inline(calendar.name)),
        facts(
            (
                ("  hash", calendar.hash if whole_hash else calendar.hash[:HASH_SHOWN]),
                ("  zone", f"{calendar.time_zone}, tzdata {calendar.tzdata}"),
                ("  valid", f"{calendar.valid_from} until {calendar.valid_until}"),
                ("  days", days if kinds else None),
                ("  week", Text("\n").join(map(Text, _weeks(calendar)))),
                ("  sources", Text("\n").join(map(Text, calendar.sources)) or None),
            )
        ),
    )


def _weeks(calendar: WorkingCalendar) -> Iterator[str]:
    """Yield the hours of the week; neighbours with the same hours share a line."""
    runs: list[tuple[str, str, str]] = []
    for weekday in WEEKDAYS:
        hours = " ".join(each.text for each in calendar.weekly.on(weekday)) or "closed"
        day = weekday[:3].title()
        if runs and runs[-1][2] == hours:
            runs[-1] = (runs[-1][0], day, hours)
        else:
            runs.append((day, day, hours))
    for first, last, hours in runs:
        yield f"{first if first == last else f'{first}–{last}'}  {hours}"


def _cell(day: CalendarDay) -> Text:
    if day.kind == "make_up":
        mark = "+"
    elif day.ranges:
        mark = "■"
    else:
        mark = "·" if day.kind == "week" else "○"
    return _style(day, f"{day.on.day:2} {mark}")


def _style(day: CalendarDay, text: str) -> Text:
    if day.kind == "week":
        return Text(text) if day.ranges else Text(text, SECOND)
    return Text(text, "green" if day.ranges else "red")


def _day(day: CalendarDay) -> str:
    return f"{day.on} {day.on:%a}"


def _days(count: int) -> str:
    return "day" if count == 1 else "days"


def _problem(problem: FileProblem) -> Text:
    text = Text(problem.message)
    if problem.counter_example:
        text.append(f"\n{problem.counter_example}", SECOND)
    if problem.allowed:
        text.append(f"\nallowed: {', '.join(problem.allowed)}", SECOND)
    return text
