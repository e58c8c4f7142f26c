"""From where a request looks: now or at a past instant, from which desk, at what it may see."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import Depends, Query, Response

from desk import travelling
from desk.desk import Desk
from domain.access import LOGGED_FOR, Act, Principal
from domain.calendar import CalendarError, WorkingCalendar
from domain.calendar_forms import INSTANT_FORMS, instant_in
from domain.errors import InvalidRequestError
from domain.sight import Point, Sight
from face.dependencies import WaitFor, seen_row, terms_in_force
from face.elsewhere import row_told
from face.house import House
from face.looked import noted
from ledger.port import IssueRow
from ledger.reads import ReadKind

POSITION: Final = "Closeout-Position"
POSITION_DIGITS_MAX: Final = 15
"""Of a position in a text: each is a whole number in JavaScript too."""
POINT_CHARACTERS_MAX: Final = 40
AsOf = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=POINT_CHARACTERS_MAX,
        description="As it was at a past instant (ISO 8601; without an offset the zone's own "
        "time), by what is known now; or at a position of the ledger.",
        examples=["2026-03-02T09:30:00+08:00", "1742"],
    ),
]
KnownAt = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=POINT_CHARACTERS_MAX,
        description="By no more than had been recorded by then: an instant or a position.",
        examples=["2026-03-02T09:30:00+08:00"],
    ),
]


@dataclass(frozen=True, slots=True)
class Travel:
    """Where to look from, as it was asked. None: now, by all that is known, as soon as possible."""

    as_of: str | None = None
    known_at: str | None = None
    wait_for: int | None = None


async def travel_of(
    as_of: AsOf = None, known_at: KnownAt = None, wait_for: WaitFor = None
) -> Travel:
    """Return where a request looks from."""
    return Travel(as_of, known_at, wait_for)


Travels = Annotated[Travel, Depends(travel_of)]


@dataclass(frozen=True, slots=True)
class Look:
    """An issue that a caller may see, as it stands or stood; `sight` is None for the present.
    `position` is how far the ledger went. `row` is what the caller is told; `whole` is what acts
    are judged by, never shown: its ties name issues of other enterprises too."""

    desk: Desk
    caller: Principal
    row: IssueRow
    whole: IssueRow
    position: int
    sight: Sight | None = None

    @property
    def at(self) -> datetime | None:
        """Return the past instant at which clocks are read, None for now."""
        return None if self.sight is None else self.sight.at


def reader_for(house: House, caller: Principal) -> Desk:
    """Return the desk that a caller's reads are answered from: an auditor's can write nothing."""
    return house.desk if LOGGED_FOR.isdisjoint(caller.standings) else house.reader


async def arrived(desk: Desk, position: int | None) -> int:
    """Return the position that the ledger has come to, `position` at least. Raises
    NotReachedError."""
    if position is None:
        return await desk.ledger.safe_position()
    return await travelling.wait_for(desk.ledger, position)


def stands_at(response: Response, position: int) -> None:
    """Say of which position an answer is."""
    response.headers[POSITION] = str(position)


async def sight_of(desk: Desk, travel: Travel, zone: str | None) -> Sight | None:
    """Return from where the past is looked at, None for the present. Raises InvalidRequestError."""
    named = {"as_of": travel.as_of, "known_at": travel.known_at}
    told = {field: text for field, text in named.items() if text is not None}
    if not told:
        return None
    if zone is None:
        for field, text in told.items():
            _require_offset(field, text)
        zone = next(iter(desk.shelf.zones), None)
    if zone is None:  # then there is nothing to be looked at
        return await travelling.sight_of(desk, 0, 0)
    calendar = (await terms_in_force(desk, zone)).calendar
    return await sight_asked(desk, calendar, travel.as_of, travel.known_at)


async def sight_asked(
    desk: Desk, calendar: WorkingCalendar, as_of: str | None, known_at: str | None
) -> Sight | None:
    """Return the sight that is asked for by a zone's calendar, None for the present. Raises
    InvalidRequestError."""
    if as_of is None and known_at is None:
        return None
    then = None if as_of is None else _point(calendar, "as_of", as_of)
    known = None if known_at is None else _point(calendar, "known_at", known_at)
    return await travelling.sight_of(desk, then, known)


def instant_asked(calendar: WorkingCalendar, field: str, text: str) -> datetime:
    """Return the instant that a text names. Raises InvalidRequestError."""
    try:
        return instant_in(calendar, text)
    except CalendarError as error:
        raise InvalidRequestError(
            str(error), field=field, value=text, allowed=INSTANT_FORMS
        ) from error


async def look_at(
    house: House, caller: Principal, act: Act, zone: str, key: str, travel: Travel, kind: ReadKind
) -> Look:
    """Return an issue from where the request looks, and have it noted if that is due: as a read of
    the kind `kind`. Whoever sees an issue now sees its past.

    Raises NotReachedError, NotPermittedError, UnknownIssueError, InvalidRequestError.
    """
    desk = reader_for(house, caller)
    reached = await arrived(desk, travel.wait_for)
    row = await seen_row(desk, caller, act, zone, key)
    sight = await sight_of(desk, travel, zone)
    if sight is None:
        position = await travelling.position_of(desk.ledger, row, reached)
    else:
        row = await travelling.row_then(desk, zone, key, sight)
        position = sight.position
    asked = {"zone": zone, "key": key, "as_of": travel.as_of, "known_at": travel.known_at}
    await noted(house, caller, kind, asked, position)
    told = await row_told(desk.ledger, caller, row)
    return Look(desk, caller, told, row, position, sight)


def _point(calendar: WorkingCalendar, field: str, text: str) -> Point:
    position = _position(text)
    return instant_asked(calendar, field, text) if position is None else position


def _position(text: str) -> int | None:
    is_position = text.isascii() and text.isdigit() and len(text) <= POSITION_DIGITS_MAX
    return int(text) if is_position else None


def _require_offset(field: str, text: str) -> None:
    """Without a zone it is not known whose time an instant without an offset is."""
    if _position(text) is not None:
        return
    try:
        has_offset = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        has_offset = False
    if not has_offset:
        raise InvalidRequestError(
            "Without a zone it is not known whose time this is.",
            field=field,
            value=text,
            allowed="a position, an instant with its offset, or a zone beside it",
        )
