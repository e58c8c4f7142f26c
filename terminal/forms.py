"""`closeout forms`: how rectifications go, and what an application still lacks."""

from typing import Annotated

import typer

from terminal.local_days import read_days
from terminal.looking import Named, NamedKey
from terminal.session import Session, find_issue

LATE_MAX = 1000


async def forms_rectifications(
    session: Session,
    zone: Annotated[str | None, typer.Option(metavar="ZONE", help="Of this zone.")] = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="First local day, YYYY-MM-DD.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="DAY", help="Last local day, YYYY-MM-DD.")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=LATE_MAX, help="Name at most so many that are overdue.")
    ] = 20,
) -> None:
    """Count rectifications: ordered, urged, declared, completed, each by itself.

    Below the figures stands what each of them counts.
    """
    from audit.forms import Period, rectifications
    from terminal.shown.forms import rectifications_plain, rectifications_shown

    period = Period(*read_days(from_, to))
    async with session.desk() as desk:
        now = desk.clock.now()
        if zone is None:
            every = await desk.shelf.in_force(now)
        else:
            every = [await desk.shelf.current(zone, now)]
        found = await rectifications(
            desk.ledger,
            zones=[(terms.handbook.zone, terms.calendar.time_zone) for terms in every],
            period=period,
            at=now,
            limit=limit,
        )
    session.out.answer(rectifications_plain(found), lambda: rectifications_shown(found))


async def forms_application(session: Session, issue: Named, key: NamedKey = None) -> None:
    """Show an application: checklist, signatures, batch, and what is missing."""
    from audit.forms import read_application
    from domain.days import zone_of
    from terminal.shown.forms import application_plain, application_shown

    async with session.desk() as desk:
        row = await find_issue(desk, issue, key)
        found = await read_application(desk.ledger, row.issue)
        day = desk.clock.now().astimezone(zone_of(found.terms.calendar.time_zone)).date()
    session.out.answer(application_plain(found, day), lambda: application_shown(found, day))
