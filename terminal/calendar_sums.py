"""`closeout calendar add`, `elapsed` and `batch`: sums of working time, with their derivation."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from terminal.calendar_files import Named
from terminal.session import Session, stdin_is_terminal

LENGTHS = (
    "4h, 90m or 1h30m: opening hours; the same and the word wall (4h wall): all time; "
    "5wd: working days; 60d: natural days."
)
INSTANT = "ISO 8601, such as 2026-03-02T09:00+08:00; without a zone it is the calendar's own time."


async def calendar_add(
    session: Session,
    calendar: Named,
    start: Annotated[str, typer.Argument(metavar="START", help=INSTANT)],
    duration: Annotated[list[str], typer.Argument(metavar="DURATION", help=LENGTHS)],
    due: Annotated[
        str | None,
        typer.Option(
            metavar="WORD",
            help="Where the last of the days ends: end_of_day or same_time.",
            show_default="end_of_day",
        ),
    ] = None,
    count_from: Annotated[
        str | None,
        typer.Option(
            metavar="WORD",
            help="Which is the first of the days: today or next_day.",
            show_default="next_day",
        ),
    ] = None,
) -> None:
    """Say when a length of time is over, with the derivation. Needs no stack."""
    from domain.calendar_sums import added
    from handbooks.calendars import find_calendar
    from terminal.shown.calendar_sums import plain_sum, shown_sum

    words = " ".join([*duration, *(word for word in (due, count_from) if word is not None)])
    derived = added(find_calendar(calendar), start, words)
    session.out.answer(plain_sum(derived), lambda: shown_sum(derived))


async def calendar_elapsed(
    session: Session,
    calendar: Named,
    from_: Annotated[str, typer.Argument(metavar="FROM", help=INSTANT)],
    to: Annotated[str, typer.Argument(metavar="TO", help=INSTANT)],
) -> None:
    """Count the opening hours between two instants, with the derivation. Needs no stack."""
    from domain.calendar_sums import elapsed
    from handbooks.calendars import find_calendar
    from terminal.shown.calendar_sums import plain_sum, shown_sum

    derived = elapsed(find_calendar(calendar), from_, to)
    session.out.answer(plain_sum(derived), lambda: shown_sum(derived))


async def calendar_batch(
    session: Session,
    calendars: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="JSON: by name a calendar's time_zone, hours, weekdays, off, make_up_workdays.",
        ),
    ],
) -> None:
    """Answer questions of working time, a JSON object a line, from stdin to stdout.

    Of each: id, calendar, op, and for add_minutes start and minutes; for add_days start and days
    (natural days to the same local time); for seconds_between start and end; for is_open at.
    An answer is {"id", "answer"} or {"id", "error"}; what cannot be answered stops nothing.
    """
    from domain.calendar import CalendarError
    from domain.errors import InvalidRequestError
    from handbooks.calendars.cases import CalendarsFileError, answers, read_calendars

    if stdin_is_terminal():
        raise typer.BadParameter("The questions are read from standard input.", param_hint="stdin")
    try:
        known = read_calendars(calendars)
    except CalendarsFileError as error:
        raise InvalidRequestError(str(error), field="calendars", value=calendars) from error
    for unfit in known.values():
        if isinstance(unfit, CalendarError):
            session.out.aside.print(f"✗ {unfit}")
    try:
        for line in answers(known, sys.stdin.buffer):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    except BrokenPipeError:
        # Whoever asked has left: what Python would still flush at its end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
