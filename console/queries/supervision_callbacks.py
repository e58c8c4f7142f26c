"""Callbacks after the closing: draws with what came of them, and one draw, compared if asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from desk.callbacks import CallbackDesk, Callbacks, Redrawn
from desk.desk import Desk
from domain.days import ONE_DAY, zone_of
from domain.errors import InvalidRequestError
from domain.issue import Issue
from domain.phases import CallbackAnswer
from face.asking import not_there
from ledger.draws import DrawRow

DRAWS_SHOWN: Final = 20
LOTS_SHOWN_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class LotLine:
    """A drawn issue, its number in the draw, and what its enterprise said since. `is_told`: it has
    the draw on record; only a comparison finds others."""

    lot: str
    issue: Issue
    answer: CallbackAnswer | None
    is_told: bool


@dataclass(frozen=True, slots=True)
class DrawShown:
    """A draw as it is on record. `redrawn`: drawn again and compared, where that was asked."""

    row: DrawRow
    lots: tuple[LotLine, ...]
    left_out: int
    redrawn: Redrawn | None = None


async def draws(desk: Desk, zone: str) -> list[Callbacks]:
    """Return the newest draws of a zone with their answers."""
    return await CallbackDesk(desk).draws(zone, limit=DRAWS_SHOWN)


async def drawn(desk: Desk, zone: str, id_: str) -> DrawShown:
    """Return a draw of a zone as the issues that were told of it have it on record. Raises
    HTTPException (404)."""
    row = await _row(desk, zone, id_)
    lots = sorted(await desk.ledger.lots(zone, id_), key=lambda each: (each[1], each[0]))
    return await _shown(desk, row, dict(lots), frozenset(), None)


async def compared(desk: Desk, zone: str, id_: str) -> DrawShown:
    """Return a draw of a zone, drawn again and compared. Writes nothing. Raises HTTPException
    (404)."""
    row = await _row(desk, zone, id_)
    found = await CallbackDesk(desk).redraw(id_)
    untold = frozenset(found.missing) | frozenset(found.over_limit)
    return await _shown(desk, row, found.lots, untold, found)


async def _row(desk: Desk, zone: str, id_: str) -> DrawRow:
    row = await desk.ledger.drawing(id_)
    if row is None or row.zone != zone:
        raise not_there("No draw of this zone is recorded under this id.")
    return row


async def _shown(
    desk: Desk,
    row: DrawRow,
    lots: Mapping[str, str],
    untold: frozenset[str],
    redrawn: Redrawn | None,
) -> DrawShown:
    streams = list(lots)[:LOTS_SHOWN_MAX]
    issues = {each.issue.stream: each.issue for each in await desk.ledger.issues(streams)}
    lines = tuple(
        LotLine(
            lot=lots[stream],
            issue=issues[stream],
            answer=next(
                (each.answer for each in issues[stream].callbacks if each.draw == row.id), None
            ),
            is_told=stream not in untold,
        )
        for stream in streams
        if stream in issues
    )
    return DrawShown(row, lines, len(lots) - len(lines), redrawn)


def days(from_on: date, to_on: date, time_zone: str) -> tuple[datetime, datetime]:
    """Return the instants from the beginning of a local day to the end of another. Raises
    InvalidRequestError for the ends of time, beyond which a zone's days lie in part."""
    for field, day in (("from_on", from_on), ("to_on", to_on)):
        if not date.min < day < date.max:
            raise InvalidRequestError("There is no such day.", field=field, value=day.isoformat())
    zone = zone_of(time_zone)
    from_at = datetime.combine(from_on, time(), tzinfo=zone)
    return from_at, datetime.combine(to_on + ONE_DAY, time(), tzinfo=zone)
