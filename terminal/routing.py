"""`closeout routing preview`: what another routing table would have done, before it is in force."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.auditing import counting
from terminal.handbook_files import Zone, shelf_with
from terminal.session import Session

if TYPE_CHECKING:
    from domain.calendar import WorkingCalendar

LIST_MAX = 10_000


async def routing_preview(
    session: Session,
    zone: Zone,
    from_: Annotated[
        Path,
        typer.Option(
            "--from",
            metavar="DIR",
            help="A shelf with a folder for each zone, or the zone's own folder on it.",
            exists=True,
            file_okay=False,
        ),
    ],
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Accepted at this instant or later.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Accepted before this instant.")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=LIST_MAX, help="Name at most so many issues a list.")
    ] = 100,
) -> None:
    """Try a handbook's routing table on the issues on record. Nothing is written.

    Says what each row would match, which rows never hit, what only the owner would keep, and where
    each issue would go that went elsewhere. Times are the zone's own unless they have an offset.
    Whether the handbook is sound is for `handbook check` to say.
    """
    from audit.routing import preview_routing
    from handbooks import shelf
    from terminal.shown.routing import Tried, preview, preview_plain

    async with session.desk() as desk:
        calendar = (await desk.shelf.current(zone, desk.clock.now())).calendar
        handbook = shelf.read_handbook(zone, shelf_with(zone, from_))
        first, last = _instant(since, "since", calendar), _instant(until, "until", calendar)
        with counting(session, "reading streams") as progress:
            found = await preview_routing(
                desk.ledger, handbook, since=first, until=last, limit=limit, progress=progress
            )
    tried = Tried(handbook, calendar.time_zone, first, last, found)
    session.out.answer(preview_plain(tried), lambda: preview(tried))


def _instant(text: str | None, field: str, calendar: "WorkingCalendar") -> datetime | None:
    from domain.calendar import CalendarError
    from domain.calendar_forms import instant_in
    from domain.errors import InvalidRequestError

    if text is None:
        return None
    try:
        return instant_in(calendar, text)
    except CalendarError as error:
        raise InvalidRequestError(str(error), field=field, value=text) from error
