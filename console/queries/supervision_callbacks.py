"""Callbacks after the closing: draws with what came of them, and one draw drawn again."""

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

DRAWS_SHOWN: Final = 20
LOTS_SHOWN_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class LotLine:
    """A drawn issue, its number in the draw, and what its enterprise said since."""

    lot: str
    issue: Issue
    answer: CallbackAnswer | None
    is_told: bool


@dataclass(frozen=True, slots=True)
class DrawShown:
    """A draw, drawn again and compared."""

    redrawn: Redrawn
    lots: tuple[LotLine, ...]
    left_out: int


async def draws(desk: Desk, zone: str) -> list[Callbacks]:
    """Return the newest draws of a zone with their answers."""
    return await CallbackDesk(desk).draws(zone, limit=DRAWS_SHOWN)


async def drawn(desk: Desk, zone: str, id_: str) -> DrawShown:
    """Return a draw of a zone, drawn again. Raises HTTPException (404)."""
    row = await desk.ledger.drawing(id_)
    if row is None or row.zone != zone:
        raise not_there("No draw of this zone is recorded under this id.")
    found = await CallbackDesk(desk).redraw(id_)
    streams = list(found.lots)[:LOTS_SHOWN_MAX]
    issues = {each.issue.stream: each.issue for each in await desk.ledger.issues(streams)}
    lines = tuple(
        LotLine(
            lot=found.lots[stream],
            issue=issues[stream],
            answer=next(
                (each.answer for each in issues[stream].callbacks if each.draw == id_), None
            ),
            is_told=stream not in found.missing,
        )
        for stream in streams
        if stream in issues
    )
    return DrawShown(found, lines, len(found.lots) - len(lines))


def days(from_on: date, to_on: date, time_zone: str) -> tuple[datetime, datetime]:
    """Return the instants from the beginning of a local day to the end of another. Raises
    InvalidRequestError for the ends of time, beyond which a zone's days lie in part."""
    for field, day in (("from_on", from_on), ("to_on", to_on)):
        if not date.min < day < date.max:
            raise InvalidRequestError("There is no such day.", field=field, value=day.isoformat())
    zone = zone_of(time_zone)
    from_at = datetime.combine(from_on, time(), tzinfo=zone)
    return from_at, datetime.combine(to_on + ONE_DAY, time(), tzinfo=zone)
