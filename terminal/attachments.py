"""`closeout attachments`: what is kept of uploads, held, destroyed, and whether it is there."""

from typing import TYPE_CHECKING, Annotated

import typer

from terminal.actors import VARIABLE
from terminal.auditing import FOUND
from terminal.publishing import POST, read_officer
from terminal.session import Session, find_issue

if TYPE_CHECKING:
    from desk.attachments.room import Room

DAYS_UNNAMED = 30
DAYS_MAX = 3650

Issue = Annotated[str, typer.Argument(metavar="ISSUE", help="A ledger number, or ZONE/KEY.")]
Hash = Annotated[str, typer.Argument(metavar="SHA256", help="Its hash, or the beginning of it.")]
Holder = Annotated[
    str | None, typer.Option("--as", metavar=POST, envvar=VARIABLE, help="Who answers for it.")
]


async def attachments_list(session: Session, issue: Issue) -> None:
    """List the files that were uploaded for an issue, and what became of each."""
    from terminal.shown.attachments import rows_plain, rows_shown

    async with session.desk() as desk:
        row = await find_issue(desk, issue, None)
        rows = await desk.ledger.attachments(row.issue.stream)
        terms = await desk.shelf.version(row.issue.terms)
    stream, time_zone = row.issue.stream, terms.calendar.time_zone
    session.out.answer(rows_plain(stream, rows), lambda: rows_shown(stream, rows, time_zone))


async def attachments_hold(
    session: Session,
    issue: Issue,
    sha256: Hash,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why; it stays readable, so it names nobody.")
    ],
    actor: Holder = None,
) -> None:
    """Forbid that a file is destroyed, by a sweep or by an erasure: a legal hold.

    By a coordinator, a supervisor or a top-tier post of the issue's zone.
    """
    from pydantic import ValidationError

    from desk.attachments.keeping import HoldAsked, attachment_of, hold
    from domain.errors import from_validation
    from terminal.shown.attachments import one_plain, one_shown

    try:
        asked = HoldAsked(reason=reason, actor=read_officer(actor, "--as"))
    except ValidationError as error:
        raise from_validation(error) from error
    async with session.desk() as desk:
        stream = (await find_issue(desk, issue, None)).issue.stream
        row = await attachment_of(desk.ledger, stream, sha256)
        await hold(desk, await desk.shelf.current(row.zone, desk.clock.now()), row, asked)
    session.out.answer(one_plain(row, "held"), lambda: one_shown(row, "is held"))


async def attachments_release(
    session: Session, issue: Issue, sha256: Hash, actor: Holder = None
) -> None:
    """Take a legal hold away."""
    from desk.attachments.keeping import attachment_of, release
    from terminal.shown.attachments import one_plain, one_shown

    officer = read_officer(actor, "--as")
    async with session.desk() as desk:
        stream = (await find_issue(desk, issue, None)).issue.stream
        row = await attachment_of(desk.ledger, stream, sha256)
        await release(desk, await desk.shelf.current(row.zone, desk.clock.now()), row, officer)
    session.out.answer(one_plain(row, "released"), lambda: one_shown(row, "is released"))


async def attachments_sweep(
    session: Session,
    days: Annotated[
        int,
        typer.Option(min=1, max=DAYS_MAX, help="Destroy what no event has named for so long."),
    ] = DAYS_UNNAMED,
) -> int:
    """Destroy what nobody needs: unfinished uploads, files that no event names, erased ones.

    What waits for the scanner is tried again. Run it once a day. Exit code 6 if the store failed.
    """
    from datetime import timedelta

    from desk.attachments.keeping import sweep
    from terminal.shown.attachments import swept_shown

    async with session.desk() as desk:
        swept = await sweep(desk, _room(session), timedelta(days=days))
    session.out.answer(swept, lambda: swept_shown(swept))
    return FOUND if swept.failed else 0


async def attachments_check(
    session: Session,
    every: Annotated[
        bool, typer.Option("--all", help="Read every file, not a sample of 100.")
    ] = False,
) -> int:
    """Look whether every file that is kept is in the store, and is what was uploaded.

    Exit code 6 if one is missing, short or altered.
    """
    from desk.attachments.checking import SAMPLE, check
    from terminal.shown.attachments import checked_shown

    room = _room(session)
    async with session.desk() as desk:
        found = await check(desk, room, sample=None if every else SAMPLE)
    session.out.answer(found, lambda: checked_shown(found, room.store.where))
    return FOUND if found.wrong else 0


def _room(session: Session) -> "Room":
    from desk.attachments.room import open_room

    return open_room(session.place.settings)
