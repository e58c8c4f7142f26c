"""`closeout board` and `closeout enterprises`: who is responsible, and for whom."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.handbook_files import NO_LEDGER, desk_if_any, read_shipped
from terminal.session import NothingRunsError, Session
from terminal.travel import AsOf, KnownAt, Looked, WaitFor, arrived, looked

if TYPE_CHECKING:
    from desk.desk import Desk
    from desk.handbook_versions import Version

OfZone = Annotated[str | None, typer.Option("--zone", metavar="ZONE", help="Of this zone.")]
EARLIER = (
    "Nothing had been published by then: the shipped handbook was in force. It is shown as it is "
    "now; an earlier program may have come with another."
)


async def board(
    session: Session,
    enterprise: Annotated[str, typer.Argument(metavar="ENTERPRISE", help="Its id.")],
    zone: OfZone = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="ISO 8601; without a zone it is the enterprise's own time.",
            show_default="now",
        ),
    ] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    wait_for: WaitFor = None,
) -> None:
    """Show the contact board (公示牌) of an enterprise: who is responsible for it, at any instant.

    By the handbook that was in force then. --at may lie ahead, --as-of may not.
    """
    from desk.handbook_versions import Versions
    from domain.board import contact_board
    from domain.days import zone_of
    from terminal.shown.board import board_plain, board_shown
    from terminal.shown.sights import stated, stated_plain

    if at is not None and (as_of or known_at):
        raise typer.BadParameter("one at a time", param_hint="'--at' / '--as-of'")
    note: str | None = None
    position: int | None = None
    then: Looked | None = None
    async with desk_if_any(session) as desk:
        present = await _home(session, desk, enterprise, zone)
        if desk is None:
            _require_no_past(as_of, known_at, wait_for)
            moment = datetime.now(UTC) if at is None else _instant(present, at)
            version, note = present, NO_LEDGER
        else:
            position = await arrived(desk, wait_for)
            then = await looked(desk, as_of, known_at, present.handbook.zone)
            now = desk.clock.now()
            moment = now if at is None else _instant(present, at)
            if then is not None:
                moment, position = then.sight.at, then.sight.position
            version = await Versions(desk).in_force_at(present.handbook.zone, moment)
            note = EARLIER if version.shipped and moment < now else None
    local = moment.astimezone(zone_of(version.calendar.time_zone))
    found = contact_board(version.handbook, enterprise, local)
    session.out.answer(
        board_plain(found, version, note) | stated_plain(position, then),
        lambda: stated(
            board_shown(found, version, note), position, then, version.calendar.time_zone
        ),
    )


async def enterprises(
    session: Session,
    listed: Annotated[
        str | None, typer.Option("--list", metavar="ID", help="On this list.")
    ] = None,
    segment: Annotated[
        str | None, typer.Option("--segment", metavar="ID", help="Of this segment.")
    ] = None,
    grid: Annotated[str | None, typer.Option("--grid", metavar="ID", help="In this grid.")] = None,
    zone: OfZone = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    wait_for: WaitFor = None,
) -> None:
    """List the enterprises of the handbooks in force, now or at a past instant."""
    from domain.registry import registered
    from terminal.shown.board import enterprise_list, enterprise_plain
    from terminal.shown.sights import stated, stated_plain

    position: int | None = None
    then: Looked | None = None
    async with desk_if_any(session) as desk:
        if desk is None:
            _require_no_past(as_of, known_at, wait_for)
        else:
            position = await arrived(desk, wait_for)
            then = await looked(desk, as_of, known_at, zone)
        held = await _present(session, desk, zone)
        if desk is not None and then is not None:
            position = then.sight.position
            zones = [zone] if zone else [version.handbook.zone for version in held]
            held = await _in_force_at(desk, zones, then.sight.at)
        books = [version.handbook for version in held]
        time_zone = held[0].calendar.time_zone if held else "UTC"
    _require("list", listed, {each.id for book in books for each in book.lists})
    _require("segment", segment, {each.id for book in books for each in book.segments})
    _require("grid", grid, {each.id for book in books for each in book.grids})
    found = [
        each
        for book in books
        for each in registered(book, listed=listed, segment=segment, grid=grid)
    ]
    note = NO_LEDGER if desk is None else None
    session.out.answer(
        {"enterprises": [enterprise_plain(each) for each in found], "note": note}
        | stated_plain(position, then),
        lambda: stated(enterprise_list(found, note), position, then, time_zone),
    )


async def _in_force_at(desk: "Desk", zones: list[str], at: datetime) -> "list[Version]":
    """Return what was in force at an instant. Of several zones, those that had a handbook then;
    raises IssueError if the only one had none."""
    from desk.handbook_versions import Versions
    from domain.errors import InvalidRequestError

    found = []
    for zone in zones:
        try:
            found.append(await Versions(desk).in_force_at(zone, at))
        except InvalidRequestError:
            if len(zones) == 1:
                raise
    return found


def _require_no_past(as_of: str | None, known_at: str | None, wait_for: int | None) -> None:
    """Raises NothingRunsError: without a ledger nothing is known of the past."""
    if as_of or known_at or wait_for:
        raise NothingRunsError("--as-of, --known-at and --wait-for ask a ledger, and none runs.")


def _require(what: str, named: str | None, known: set[str]) -> None:
    """A misspelt filter finds nothing: that must not pass for an answer."""
    from domain.errors import InvalidRequestError

    if named is not None and named not in known:
        raise InvalidRequestError(
            f"No handbook in force has such a {what}.",
            field=what,
            value=named,
            allowed=known or "none: no handbook has any",
        )


async def _present(session: Session, desk: "Desk | None", zone: str | None) -> "list[Version]":
    """Return what is in force now, of one zone or of all."""
    from desk.handbook_versions import IN_FORCE, Versions
    from handbooks import shelf

    if desk is None:
        named = shelf.zones(session.settings.handbook_dir) if zone is None else [zone]
        return [read_shipped(session, each) for each in named]
    versions = Versions(desk)
    if zone is not None:
        return [await versions.find(zone, IN_FORCE)]
    held = [await versions.of_zone(each) for each in await versions.zones()]
    return [each.in_force for each in held if each.in_force is not None]


async def _home(
    session: Session, desk: "Desk | None", enterprise: str, zone: str | None
) -> "Version":
    """Return the present handbook of the zone that an enterprise belongs to. Raises IssueError."""
    from domain.errors import InvalidRequestError

    held = await _present(session, desk, zone)
    if zone is not None:
        return held[0]
    homes = [v for v in held if any(each.id == enterprise for each in v.handbook.enterprises)]
    if len(homes) == 1:
        return homes[0]
    raise InvalidRequestError(
        "Several zones have an enterprise of this id: name one with --zone."
        if homes
        else "No zone has such an enterprise today; for a past one, name its zone with --zone.",
        field="enterprise",
        value=enterprise,
        allowed=[v.handbook.zone for v in homes] or "an id of `closeout enterprises`",
    )


def _instant(present: "Version", text: str) -> datetime:
    from domain.calendar import CalendarError
    from domain.calendar_forms import instant_in
    from domain.errors import InvalidRequestError

    try:
        return instant_in(present.calendar, text)
    except CalendarError as error:
        raise InvalidRequestError(str(error), field="at", value=text) from error
