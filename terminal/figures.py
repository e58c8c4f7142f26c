"""`closeout figures`: figures that are published once, counted again, and corrected in sight."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.actors import VARIABLE
from terminal.asking import Zone
from terminal.auditing import FOUND, counting
from terminal.session import Session

if TYPE_CHECKING:
    from audit.figures import Signed
    from desk.desk import Desk
    from domain.figures import Period, Sink
    from domain.terms import Terms

LIST_MAX = 200
STDOUT = "-"
LOCAL = "ISO 8601; without an offset it is the zone's own time."

Number = Annotated[int, typer.Argument(metavar="N", help="A number of `closeout figures list`.")]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; everybody can read it.")]
Revision = Annotated[
    int | None,
    typer.Option(metavar="N", help="Of the definition.", show_default="the newest"),
]
Publisher = Annotated[
    str | None,
    typer.Option("--as", metavar="ACTOR", envvar=VARIABLE, help="officer:PERSON@POST[:PRINCIPAL]"),
]


async def figures_definitions(session: Session) -> None:
    """List what can be published: every definition in every revision, and what it counts."""
    from domain.figure_definitions import DEFINITIONS
    from terminal.shown.figures import definitions_plain, definitions_shown

    session.out.answer(definitions_plain(DEFINITIONS), lambda: definitions_shown(DEFINITIONS))


async def figures_publish(
    session: Session,
    definition: Annotated[
        str, typer.Argument(metavar="NAME", help="A name of `closeout figures definitions`.")
    ],
    zone: Zone,
    from_: Annotated[
        str, typer.Option("--from", metavar="TIME", help=f"Recorded at this or later: {LOCAL}")
    ],
    to: Annotated[str, typer.Option(metavar="TIME", help="Recorded before this; in the past.")],
    reason: Reason,
    unit: Annotated[
        str | None, typer.Option(metavar="ID", help="Only what this unit, or post without one, had")
    ] = None,
    revision: Revision = None,
    actor: Publisher = None,
) -> None:
    """Count a figure as the ledger stands, and keep it for good.

    By a coordinator or a supervisor. One definition, scope and period is published once; `figures
    restate` corrects it.
    """
    from audit.figures import Asked, Scope, publish
    from domain import figure_definitions
    from terminal.shown.figures import figure_plain, figure_shown

    chosen = figure_definitions.definition(definition, revision)
    async with session.desk() as desk:
        at = desk.clock.now()
        terms = await desk.shelf.current(zone, at)
        if unit is not None:
            require_unit(terms, unit)
        asked = Asked(chosen, Scope(zone, unit), period_of(from_, to, terms))
        signed = _signed(actor, at, reason, terms)
        with counting(session, "counting") as progress:
            row = await publish(desk.ledger, asked, signed, progress=progress)
    zone_time = terms.calendar.time_zone
    session.out.answer(figure_plain(row), lambda: figure_shown(row, zone_time))


async def figures_list(
    session: Session,
    zone: Annotated[str | None, typer.Option(metavar="ZONE", help="Of this zone.")] = None,
    definition: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of this definition.")
    ] = None,
    before: Annotated[
        int | None, typer.Option(metavar="N", help="Go on before this number.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=LIST_MAX, help="At most so many.")] = 20,
) -> None:
    """List what was published, newest first."""
    from audit.figures import scope_of
    from domain import figure_definitions
    from terminal.shown.figures import list_plain, list_shown

    if definition is not None:
        figure_definitions.definition(definition)
    async with session.desk(reading=True) as desk:
        if zone is not None:
            await desk.shelf.current(zone, desk.clock.now())
        rows = await desk.ledger.figures(
            zone=zone, definition=definition, before=before, limit=limit
        )
        zones = {scope_of(row.scope).zone for row in rows}
        zone_times = {each: await _time_zone(desk, each) for each in sorted(zones)}
    times = [zone_times[scope_of(row.scope).zone] for row in rows]
    session.out.answer(list_plain(rows), lambda: list_shown(rows, times))


async def figures_show(session: Session, figure: Number) -> None:
    """Show a published figure: its digits, by which definition, up to which position.

    With --json also what each issue gave, and where the log has it.
    """
    from audit.figures import published_figure, scope_of
    from terminal.shown.figures import figure_plain, figure_shown

    async with session.desk(reading=True) as desk:
        row = await published_figure(desk.ledger, figure)
        zone_time = await _time_zone(desk, scope_of(row.scope).zone)
    session.out.answer(figure_plain(row), lambda: figure_shown(row, zone_time))


async def figures_recompute(
    session: Session,
    figure: Number,
    issues: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write what every issue gave to a new file."),
    ] = None,
    moved: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Of a restatement: write every issue that moved."),
    ] = None,
) -> int:
    """Count a published figure again from the events that it was counted from.

    Nothing is written to the ledger. Exit code 6 if other digits come out. Files are JSON lines;
    their SHA-256 is the one in the digits.
    """
    from audit.figures import recompute
    from terminal.shown.figures import recomputed_plain, recomputed_shown

    async with session.desk(reading=True) as desk:
        with (
            counting(session, "counting again") as progress,
            _lines(issues) as of_issues,
            _lines(moved) as of_moved,
        ):
            found = await recompute(
                desk.ledger, figure, issues=of_issues, moved=of_moved, progress=progress
            )
    session.out.answer(recomputed_plain(found), lambda: recomputed_shown(found))
    return 0 if found.same else FOUND


async def figures_restate(
    session: Session,
    figure: Number,
    reason: Reason,
    revision: Annotated[
        int | None,
        typer.Option(metavar="N", help="Of the definition.", show_default="the figure's own"),
    ] = None,
    actor: Publisher = None,
) -> None:
    """Count a published figure as the ledger stands now, and list the issues that moved.

    The new figure says which one it corrects; both stay. Where no issue moved nothing is written.
    """
    from audit.figures import published_figure, restate, scope_of
    from terminal.shown.figures import restated_plain, restated_shown

    async with session.desk() as desk:
        at = desk.clock.now()
        before = await published_figure(desk.ledger, figure)
        terms = await desk.shelf.current(scope_of(before.scope).zone, at)
        signed = _signed(actor, at, reason, terms)
        with counting(session, "counting") as progress:
            found = await restate(desk.ledger, figure, signed, revision=revision, progress=progress)
    zone_time = terms.calendar.time_zone
    session.out.answer(restated_plain(found), lambda: restated_shown(found, zone_time))


@contextmanager
def _lines(path: Path | None) -> "Iterator[Sink | None]":
    """Open a new file for lines, if one is named. Raises InvalidRequestError."""
    if path is None:
        yield None
        return
    if path.name == STDOUT:
        raise _unwritable(path, "standard output is no file")
    try:
        file = path.open("x", encoding="utf-8", newline="\n")
    except OSError as error:
        raise _unwritable(path, error.strerror) from error
    with file:
        yield file.write


def _unwritable(path: Path, why: str | None) -> Exception:
    from domain.errors import InvalidRequestError

    return InvalidRequestError(
        f"The file cannot be written: {why}.",
        field="file",
        value=path,
        allowed="a file that is not there yet, in a folder that is",
    )


async def _time_zone(desk: "Desk", zone: str) -> str:
    """Return a zone's own time; UTC of a zone that has no handbook any more."""
    from domain.errors import UnknownZoneError

    try:
        return (await desk.shelf.current(zone, desk.clock.now())).calendar.time_zone
    except UnknownZoneError:
        return "UTC"


def _signed(actor: str | None, at: datetime, reason: str, terms: "Terms") -> "Signed":
    from pydantic import ValidationError

    from audit.figures import Signed, require_publisher
    from domain.errors import InvalidRequestError, from_validation
    from domain.people import Officer, named
    from terminal.actors import read_actor

    try:
        officer = Officer.model_validate(read_actor(actor))
    except ValidationError as error:
        raise InvalidRequestError(
            "Only an officer publishes figures.",
            field="actor (--as)",
            value=actor,
            allowed="officer:PERSON@POST[:PRINCIPAL]",
        ) from error
    require_publisher(terms, officer, at)
    try:
        return Signed(at=at, author=named(officer), reason=reason)
    except ValidationError as error:
        raise from_validation(error) from error


def period_of(from_: str, to: str, terms: "Terms") -> "Period":
    """Return the period between two times of a zone. Raises InvalidRequestError."""
    from domain.calendar import CalendarError
    from domain.calendar_forms import instant_in
    from domain.errors import InvalidRequestError
    from domain.figures import Period

    found = []
    for field, text in (("from", from_), ("to", to)):
        try:
            found.append(instant_in(terms.calendar, text))
        except CalendarError as error:
            raise InvalidRequestError(str(error), field=field, value=text) from error
    return Period(*found)


def require_unit(terms: "Terms", unit: str) -> None:
    """Refuse what is neither a unit nor a post of the zone. Raises InvalidRequestError."""
    from domain.errors import InvalidRequestError

    book = terms.handbook
    known = {*(each.id for each in book.units), *(each.id for each in book.posts)}
    if unit not in known:
        raise InvalidRequestError(
            "The zone has no such unit or post.", field="unit", value=unit, allowed=known
        )
