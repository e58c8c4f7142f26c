"""`--as-of`, `--known-at` and `--wait-for`: from where a command looks, and not before when."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from desk.desk import Desk
    from domain.calendar import WorkingCalendar
    from domain.sight import Point, Sight

POSITION_DIGITS_MAX = 18

AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="TIME|POSITION",
        help="As it was at a past instant (ISO 8601; without an offset the zone's own time), by "
        "what is known now; or at a position of the ledger.",
        show_default="now",
    ),
]
KnownAt = Annotated[
    str | None,
    typer.Option(
        "--known-at",
        metavar="TIME|POSITION",
        help="By no more than had been recorded by then.",
        show_default="all",
    ),
]
WaitFor = Annotated[
    int | None,
    typer.Option(
        "--wait-for",
        metavar="POSITION",
        min=1,
        help="Read once the ledger has come to this position, as a command's answer states it.",
    ),
]


@dataclass(frozen=True, slots=True)
class Looked:
    """From where a command looked, in the words in which it was asked."""

    sight: "Sight"
    as_of: "Point | None"
    known_at: "Point | None"


async def arrived(desk: "Desk", wait_for: int | None) -> int:
    """Return the position that the ledger has come to, `wait_for` at least. Raises
    NotReachedError."""
    if wait_for is None:
        return await desk.ledger.safe_position()
    from desk import travelling

    return await travelling.wait_for(desk.ledger, wait_for, within=travelling.WAIT)


async def looked(
    desk: "Desk", as_of: str | None, known_at: str | None, zone: str | None
) -> Looked | None:
    """Return from where the past is looked at, None for the present. Times without an offset are
    those of `zone`, or of all zones if they share one. Raises InvalidRequestError."""
    if as_of is None and known_at is None:
        return None
    from desk.travelling import sight_of

    then = None if as_of is None else await _point(desk, "as_of", as_of, zone)
    known = None if known_at is None else await _point(desk, "known_at", known_at, zone)
    return Looked(await sight_of(desk, then, known), then, known)


async def _point(desk: "Desk", field: str, text: str, zone: str | None) -> "Point":
    from domain.calendar import CalendarError
    from domain.calendar_forms import instant_in
    from domain.errors import InvalidRequestError

    if text.isascii() and text.isdigit() and len(text) <= POSITION_DIGITS_MAX:
        return int(text)
    try:
        return instant_in(await _calendar(desk, text, zone), text)
    except CalendarError as error:
        raise InvalidRequestError(
            str(error), field=field, value=text, allowed="an instant in ISO 8601, or a position"
        ) from error


async def _calendar(desk: "Desk", text: str, zone: str | None) -> "WorkingCalendar":
    """Return the calendar whose local time is meant, if `text` leaves that open."""
    if zone is None and _is_local(text):
        return await shared_calendar(desk)
    now = desk.clock.now()
    if zone is not None:
        return (await desk.shelf.current(zone, now)).calendar
    return (await desk.shelf.in_force(now))[0].calendar


def _is_local(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False


async def shared_calendar(desk: "Desk") -> "WorkingCalendar":
    """Return a calendar of all zones, if they share a local time. Raises InvalidRequestError."""
    from domain.errors import InvalidRequestError

    every = await desk.shelf.in_force(desk.clock.now())
    if len({terms.calendar.time_zone for terms in every}) != 1:
        raise InvalidRequestError(
            "The zones do not share a local time.", field="zone", allowed="--zone ZONE"
        )
    return every[0].calendar
