"""`closeout export`: events for other programs, in a file that says what it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from terminal.actors import VARIABLE
from terminal.auditing import FOUND, counting
from terminal.progress import bars
from terminal.reads import reading_actor, writing
from terminal.session import Session, find_issue

if TYPE_CHECKING:
    from audit.exports.forms import Form
    from desk.desk import Desk
    from terminal.application import Body

UNRECORDED = (
    "An export goes on record, and only the reader's role is named: name the writer's as well "
    "(CLOSEOUT_DATABASE_URL)."
)
LOCAL = "ISO 8601; without an offset it is the --zone's own time."

File = Annotated[Path, typer.Argument(metavar="FILE", help="Where it goes.", show_default=False)]
Zone = Annotated[str | None, typer.Option(metavar="ZONE", help="Issues of this zone.")]
Category = Annotated[str | None, typer.Option(metavar="ID", help="Issues of this kind.")]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="TIME", help=f"Reported at this or later: {LOCAL}"),
]
To = Annotated[str | None, typer.Option(metavar="TIME", help="Reported before this.")]
Open = Annotated[
    bool | None,
    typer.Option("--open/--closed", help="Issues that are open, or closed.", show_default="both"),
]
Issue = Annotated[
    str | None, typer.Option(metavar="ISSUE", help="This one: a ledger number, or ZONE/KEY.")
]
Force = Annotated[
    bool, typer.Option("--force", help="Take the place of a file that is there already.")
]
By = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="ACTOR",
        envvar=VARIABLE,
        help="Who asks; it goes on record.",
        show_default="the account",
    ),
]


def _exporting(name: str, summary: str) -> "Body":
    """Return the command that writes one form: all are asked for alike."""

    async def body(
        session: Session,
        file: File,
        zone: Zone = None,
        category: Category = None,
        from_: From = None,
        to: To = None,
        only: Open = None,
        issue: Issue = None,
        force: Force = False,
        actor: By = None,
    ) -> None:
        from audit.exports.choosing import Choice
        from audit.exports.exporting import Asked, export
        from domain.canonical import canonical
        from ledger.port import LedgerError
        from terminal.shown.exporting import exported

        by = canonical(reading_actor(actor))
        async with session.desk(reading=True) as desk, writing(session, desk) as writer:
            if writer is None:
                raise LedgerError(UNRECORDED)
            if zone is not None:
                await _require_zone(desk, zone)
            choice = Choice(
                zone=zone,
                category=category,
                from_at=await _instant(writer, zone, from_, "from"),
                to_at=await _instant(writer, zone, to, "to"),
                open=only,
                issue=None if issue is None else await _stream(desk, zone, issue),
            )
            asked = Asked(f"export-{uuid4()}", choice, by, desk.clock.now())
            with _form(name, file) as form, bars(session) as shown:
                done = await export(
                    *(desk.ledger, writer.ledger, form, file, asked),
                    replace=force,
                    begun=lambda streams: shown.move(name, total=streams),
                    passed=lambda streams, events: shown.move(
                        name, advance=streams, note=f"{events:,} events"
                    ),
                )
        session.out.answer(done.plain, lambda: exported(done))

    body.__name__, body.__doc__ = f"export_{name}", summary
    return body


export_jsonl = _exporting(
    "jsonl",
    """Write events, commands and terms as they are kept, a JSON object a line.

    The file can be verified, and every decision in it made again: `closeout export check FILE`.
    """,
)
export_csv = _exporting(
    "csv", "Write a row for each event, for spreadsheets. No cell is taken for a formula."
)
export_ocel = _exporting(
    "ocel", "Write an OCEL 2.0 log (JSON): events, and the issues, teams, units, orders they touch."
)
export_xes = _exporting(
    "xes",
    "Write a XES log: a trace for each issue. Supervision orders and matters are left to OCEL.",
)


async def export_check(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An exported file.")],
    reexecute: Annotated[
        bool, typer.Option("--reexecute", help="JSON lines: make every decision again as well.")
    ] = False,
) -> int:
    """Check an exported file against its manifest, JSON lines also against themselves.

    Needs no ledger. Exit code 6 if anything is found.
    """
    from audit.exports.reading import check_export
    from terminal.shown.exporting import checked, checked_plain

    with counting(session, "checking") as progress:
        found = await check_export(file, reexecute=reexecute, progress=progress)
    session.out.answer(checked_plain(file, found), lambda: checked(file, found))
    return 0 if found.is_sound else FOUND


@contextmanager
def _form(name: str, file: Path) -> "Iterator[Form]":
    from audit.exports.files import scratch
    from audit.exports.made import form_called

    with scratch(file) as folder, form_called(name, folder) as form:
        yield form


async def _require_zone(desk: "Desk", zone: str) -> None:
    """A misspelt zone has no issues: that must not pass for an export of it. Raises IssueError.

    A zone that has issues and no handbook any more is exported like any other.
    """
    if not await desk.ledger.stream_count(zone):
        await desk.shelf.current(zone, desk.clock.now())


async def _stream(desk: "Desk", zone: str | None, issue: str) -> str:
    """Return the stream of the issue that is named; of `zone`, if one is. Raises IssueError."""
    from domain.errors import InvalidRequestError

    found = (await find_issue(desk, issue, None)).issue
    if zone not in (None, found.zone):
        raise InvalidRequestError(
            "The issue is another zone's.", field="zone", value=zone, allowed=found.zone
        )
    return found.stream


async def _instant(desk: "Desk", zone: str | None, text: str | None, field: str) -> datetime | None:
    from domain.calendar import CalendarError
    from domain.calendar_forms import instant_in
    from domain.errors import InvalidRequestError

    if text is None:
        return None
    try:
        if zone is not None:
            terms = await desk.shelf.current(zone, desk.clock.now())
            return instant_in(terms.calendar, text)
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at
    except (CalendarError, ValueError) as error:
        raise InvalidRequestError(str(error), field=field, value=text) from error
    raise InvalidRequestError(
        "This is no instant without a zone.", field=field, value=text, allowed=LOCAL
    )
