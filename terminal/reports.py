"""`closeout reports`, `attest` and `routines`: what is done at set times, and what it left."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.actors import VARIABLE
from terminal.asking import Zone
from terminal.auditing import FOUND
from terminal.local_days import read_day
from terminal.session import Session

if TYPE_CHECKING:
    from desk.attesting import AttestDaily
    from desk.desk import Desk
    from domain.people import Officer
    from ledger.reports import ReportRow

LIST_MAX = 100
PAGE = 100
OFFICER = "officer:PERSON@POST[:PRINCIPAL]"

Number = Annotated[
    str, typer.Argument(metavar="NUMBER", help="A number of `closeout reports list`.")
]
Version = Annotated[
    int | None, typer.Option(metavar="N", min=1, help="Of the report.", show_default="the newest")
]
Maker = Annotated[str | None, typer.Option("--as", metavar="ACTOR", envvar=VARIABLE, help=OFFICER)]
Kind = Annotated[
    str | None, typer.Option(metavar="KIND", help="Only these: daily, weekly or monthly.")
]


async def reports_list(
    session: Session,
    zone: Zone,
    kind: Kind = None,
    after: Annotated[
        str | None, typer.Option(metavar="PLACE", help="Go on after it: `next` of --json.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=LIST_MAX, help="At most so many.")] = 20,
) -> None:
    """List the stored reports of a zone, the newest period first."""
    from desk.reports import reports_of
    from terminal.shown.reports import page_plain, page_shown

    async with session.desk(reading=True) as desk:
        page = await reports_of(desk, zone, kind=kind, after=after, limit=limit)
        terms = await desk.shelf.current(zone, desk.clock.now())
    session.out.answer(page_plain(page), lambda: page_shown(page, terms.calendar.time_zone))


async def reports_show(session: Session, number: Number, version: Version = None) -> None:
    """Show a stored report: what it says, up to which position, and its versions."""
    from desk.reports import stored_report
    from terminal.shown.reports import stored_plain, stored_shown

    async with session.desk(reading=True) as desk:
        stored = await stored_report(desk, number, version)
        terms = await desk.shelf.version(stored.row.terms)
    session.out.answer(stored_plain(stored), lambda: stored_shown(stored, terms.calendar.time_zone))


async def reports_make(
    session: Session,
    zone: Zone,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="daily, weekly or monthly.")],
    to: Annotated[
        str, typer.Option(metavar="DAY", help="The last local day of the period, YYYY-MM-DD.")
    ],
    actor: Maker = None,
) -> None:
    """Make a report that the routine has not made. One that is there already is answered.

    By a coordinator or a supervisor.
    """
    from activities.reporting import make_report_of
    from terminal.shown.reports import row_plain, row_shown

    maker = _officer(actor)
    async with session.desk() as desk:
        row = await make_report_of(desk, zone, kind, _day("to", to), maker)
    session.out.answer(row_plain(row), lambda: row_shown(row))


async def reports_correct(
    session: Session,
    number: Number,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; everybody can read it.")],
    actor: Maker = None,
) -> None:
    """Make the next version of a report as the ledger stands now. Every version stays.

    By a coordinator or a supervisor. Where nothing would be told otherwise nothing is written.
    """
    from activities.reporting import correct_report
    from terminal.shown.reports import row_plain, row_shown

    maker = _officer(actor)
    async with session.desk() as desk:
        row = await correct_report(desk, number, maker, reason)
    session.out.answer(row_plain(row), lambda: row_shown(row))


async def reports_verify(
    session: Session,
    number: Annotated[
        str | None, typer.Argument(metavar="NUMBER", help="A number of `closeout reports list`.")
    ] = None,
    version: Version = None,
    zone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Every version of all of this zone.")
    ] = None,
) -> int:
    """Compose stored reports again from the events that they were made from, and compare.

    Nothing is written. Exit code 6 if other bytes come out.
    """
    from audit.reports import recompute_report
    from desk.reports import stored_report
    from terminal.shown.reports import verified_plain, verified_shown

    if (number is None) == (zone is None):
        raise typer.BadParameter("name one report, or say --zone")
    async with session.desk(reading=True) as desk:
        if number is not None:
            rows = [(await stored_report(desk, number, version)).row]
        else:
            rows = await _every(desk, zone or "")
        found = [await recompute_report(desk.ledger, row) for row in rows]
    session.out.answer(verified_plain(found), lambda: verified_shown(found))
    return 0 if all(each.same for each in found) else FOUND


async def attest(
    session: Session,
    zone: Zone,
    nothing: Annotated[
        bool, typer.Option("--nothing", help="Looked, and nothing was found: the zero report.")
    ] = False,
    found: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What was found instead.")
    ] = None,
    day: Annotated[
        str | None, typer.Option(metavar="DAY", help="A local day.", show_default="today")
    ] = None,
    show: Annotated[
        bool, typer.Option("--show", help="Attest nothing: tell who has and who has not.")
    ] = False,
    actor: Maker = None,
) -> None:
    """Attest a day for your post: that nothing was found, or what was.

    By when, and which posts, is the handbook's to say ([routines]). One after the limit stays late;
    said again otherwise, it stands beside what was said before.
    """
    from desk.attesting import attest_daily, attestations_of
    from terminal.shown.reports import attested_plain, attested_shown

    if (nothing + (found is not None) + show) != 1:
        raise typer.BadParameter("say --nothing, --found TEXT or --show")
    async with session.desk(reading=show) as desk:
        terms = await desk.shelf.current(zone, desk.clock.now())
        of = read_day("day", day) or terms.calendar.day_of(desk.clock.now())
        if not show:
            await attest_daily(desk, _asked(zone, of, found), _officer(actor))
        told = await attestations_of(desk, zone, of)
        now = desk.clock.now()
    zone_time = terms.calendar.time_zone
    session.out.answer(attested_plain(told, now), lambda: attested_shown(told, now, zone_time))


async def routines(session: Session, zone: Zone) -> None:
    """Tell when each routine of a zone runs next, what it did last, and what was missed."""
    from desk.routines import routines_of
    from terminal.shown.reports import routines_plain, routines_shown

    async with session.desk(reading=True) as desk:
        found = await routines_of(desk, zone)
    session.out.answer(routines_plain(found), lambda: routines_shown(found))


REPORTS = (reports_list, reports_show, reports_make, reports_correct, reports_verify)
"""The commands of the family."""


async def _every(desk: "Desk", zone: str) -> "list[ReportRow]":
    """Return every version of every report of a zone, newest first."""
    from desk.reports import reports_of

    found: list[ReportRow] = []
    after: str | None = None
    while True:
        page = await reports_of(desk, zone, after=after, limit=PAGE)
        for row in page.rows:
            found += await desk.ledger.report_versions(row.number)
        after = page.next
        if after is None:
            return found


def _asked(zone: str, day: date, found: str | None) -> "AttestDaily":
    from pydantic import ValidationError

    from desk.attesting import AttestDaily
    from domain.errors import from_validation

    try:
        return AttestDaily(zone=zone, day=day, no_abnormality=found is None, text=found)
    except ValidationError as error:
        raise from_validation(error) from error


def _day(field: str, text: str) -> date:
    day = read_day(field, text)
    assert day is not None  # noqa: S101  # a text was given
    return day


def _officer(actor: str | None) -> "Officer":
    from pydantic import ValidationError

    from domain.errors import InvalidRequestError
    from domain.people import Officer
    from terminal.actors import read_actor

    try:
        return Officer.model_validate(read_actor(actor))
    except ValidationError as error:
        raise InvalidRequestError(
            "Only an officer does this.", field="actor (--as)", value=actor, allowed=OFFICER
        ) from error
