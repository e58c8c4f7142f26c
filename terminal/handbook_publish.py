"""`closeout handbook publish`: a zone's handbook comes into force, by two persons."""

from pathlib import Path
from typing import Annotated

import typer

from terminal.handbook_files import Zone, shelf_with
from terminal.publishing import POST, DryRun, Reason, read_officer, required
from terminal.session import Session

From = Annotated[
    Path,
    typer.Option(
        "--from",
        metavar="DIR",
        help="A shelf with a folder for each zone, or the zone's own folder on it.",
        exists=True,
        file_okay=False,
    ),
]
Author = Annotated[str | None, typer.Option("--author", metavar=POST, help="Who made it.")]
Approver = Annotated[
    str | None, typer.Option("--approver", metavar=POST, help="Who approves it: another person.")
]


async def handbook_publish(
    session: Session,
    zone: Zone,
    from_: From,
    author: Author = None,
    approver: Approver = None,
    reason: Reason = None,
    dry_run: DryRun = False,
) -> None:
    """Bring a zone's handbook into force for all that is reported from now on.

    By two persons of the zone: coordinators, supervisors, posts of the top tier. It is checked
    first, as by `handbook check`. Open issues stay on their terms; `closeout adopt` moves them.
    """
    from desk.handbooks import HandbookPublishing
    from handbooks import shelf
    from terminal.shown.handbook_publications import (
        foreseen,
        foreseen_plain,
        published,
        published_plain,
    )

    if not dry_run:
        by, approved_by = read_officer(author, "--author"), read_officer(approver, "--approver")
        said = required(reason, "--reason")
    async with session.desk() as desk:
        known = await desk.shelf.known_calendars(zone)
        terms = shelf.read_terms(zone, shelf_with(zone, from_), known)
        publishing = HandbookPublishing(desk)
        if dry_run:
            found = await publishing.foresee(terms)
            session.out.answer(foreseen_plain(found), lambda: foreseen(found))
            return
        row, found = await publishing.publish(terms, author=by, approver=approved_by, reason=said)
    session.out.answer(published_plain(row, found), lambda: published(row, found))
