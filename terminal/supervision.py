"""`closeout supervise lights`, `warnings` and `parked`: where to look, and what has counted."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.auditing import counting
from terminal.session import Session
from terminal.travel import AsOf, KnownAt, WaitFor, arrived, looked, shared_calendar

if TYPE_CHECKING:
    from desk.desk import Desk
    from domain.calendar import WorkingCalendar

LIST_MAX = 1000
THEN = "then"

OfZone = Annotated[str | None, typer.Option(metavar="ZONE", help="Of this zone.")]
OfUnit = Annotated[
    str | None,
    typer.Option(metavar="ID", help="Of this unit, or of this post if it belongs to none."),
]
Limit = Annotated[int, typer.Option(min=1, max=LIST_MAX, help="Name at most so many issues.")]


async def supervise_lights(
    session: Session,
    zone: OfZone = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="As of this past instant, by what was known then: ISO 8601; without an offset it "
            "is the zone's own time.",
            show_default="now",
        ),
    ] = None,
    unit: OfUnit = None,
    limit: Limit = 20,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    wait_for: WaitFor = None,
) -> None:
    """Count open issues by light, tier and unit, and name the worst.

    Red: a running clock's limit has passed; yellow: so much of one is spent as the handbook says.
    """
    from audit.lights import board_now, board_seen, board_then
    from terminal.shown.lights import lights, lights_plain
    from terminal.shown.sights import stated, stated_plain

    if at is not None and (as_of or known_at):
        raise typer.BadParameter("one at a time", param_hint="'--at' / '--as-of'")
    async with session.desk() as desk:
        position = await arrived(desk, wait_for)
        await _require_zone(desk, zone)
        then = await looked(desk, as_of, known_at, zone)
        now = desk.clock.now()
        moment = now if at is None else _past(at, await _calendar(desk, zone), now)
        with counting(session, "reading lights") as progress:
            if then is not None:
                position = then.sight.position
                board = await board_seen(
                    desk.ledger,
                    then.sight,
                    zone=zone,
                    unit=unit,
                    worst=limit,
                    progress=progress,
                )
            else:
                read = board_now if at is None else board_then
                board = await read(
                    desk.ledger, at=moment, zone=zone, unit=unit, worst=limit, progress=progress
                )
    session.out.answer(
        lights_plain(board) | stated_plain(position, then),
        lambda: stated(lights(board), position, then, "UTC"),
    )


async def supervise_warnings(
    session: Session,
    zone: Annotated[str, typer.Option(metavar="ZONE", help="Of this zone.")],
    period: Annotated[
        str,
        typer.Option(metavar="PERIOD", help="2026-11, 2026-Q4 or 2026, as the zone's rule counts."),
    ],
    unit: OfUnit = None,
    rule: Annotated[
        str,
        typer.Option(
            metavar="VERSION",
            help="Count by the rule in force at the end of the period (then), by that in force "
            "now, or by a version such as published:2.",
        ),
    ] = THEN,
) -> None:
    """Count the warnings of each unit in a period, with the event behind each.

    What an appeal has annulled is shown and counts nothing.
    """
    from audit.warnings import read_facts
    from desk.handbook_versions import Versions
    from domain.warnings import count, read_span, rule_for
    from terminal.shown.names import Names
    from terminal.shown.warnings import Counted, warnings_plain, warnings_shown

    async with session.desk() as desk:
        span = read_span(period)
        present = await desk.shelf.current(zone, desk.clock.now())
        version = await Versions(desk).counting(zone, rule, span.to_on)
        warning_rule = rule_for(version.handbook, version.name, span)
        time_zone = version.calendar.time_zone
        with counting(session, "reading streams") as progress:
            found = await read_facts(desk.ledger, zone, span, time_zone, progress)
    tallies = count(found.facts, warning_rule, span, time_zone)
    kept = tuple(each for each in tallies if unit in (None, each.charged.id))
    counted = Counted(zone, span, version.name, warning_rule, kept, found)
    names = Names(present)
    session.out.answer(warnings_plain(counted), lambda: warnings_shown(counted, names))


async def supervise_parked(
    session: Session,
    zone: OfZone = None,
    limit: Limit = 50,
) -> None:
    """Count what is parked, and name it with the date of its next review."""
    from audit.parking import parking_lot
    from terminal.shown.parked import parked, parked_plain

    async with session.desk() as desk:
        await _require_zone(desk, zone)
        await desk.shelf.refresh()
        zones = desk.shelf.zones if zone is None else [zone]
        lot = await parking_lot(desk.ledger, zones=zones, at=desk.clock.now(), limit=limit)
    session.out.answer(parked_plain(lot), lambda: parked(lot))


async def _require_zone(desk: "Desk", zone: str | None) -> None:
    """A misspelt zone has no issues: that must not pass for an answer. Raises UnknownZoneError."""
    if zone is not None:
        await desk.shelf.current(zone, desk.clock.now())


async def _calendar(desk: "Desk", zone: str | None) -> "WorkingCalendar":
    """Return the calendar whose local time is meant; without a zone, that of them all."""
    if zone is None:
        return await shared_calendar(desk)
    return (await desk.shelf.current(zone, desk.clock.now())).calendar


def _past(text: str, calendar: "WorkingCalendar", now: datetime) -> datetime:
    from domain.calendar import CalendarError
    from domain.calendar_forms import instant_in
    from domain.errors import InvalidRequestError

    try:
        at = instant_in(calendar, text)
    except CalendarError as error:
        raise InvalidRequestError(str(error), field="at", value=text) from error
    if at > now:
        raise InvalidRequestError(
            "This is still to come.", field="at", value=text, allowed="a past instant"
        )
    return at
