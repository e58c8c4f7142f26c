"""The past as a desk shows it: sights, issues as they stood, positions to wait for (I2, I20)."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from desk.desk import Desk
from domain.errors import InvalidRequestError, UnknownIssueError
from domain.issue import stream_name
from domain.model import to_millisecond, written
from domain.sight import Point, Sight
from domain.view import NOTICES_SHOWN_MAX
from ledger.asof import EVERY, UNREADABLE, AsOf, Filters, stood, told_row
from ledger.port import IssueRow, LedgerUnavailableError, UnreadableRowError

LIST_MAX = 1000
WAIT = timedelta(seconds=10)
LOOK_AGAIN_S = 0.02


class NotReachedError(LedgerUnavailableError):
    """The ledger has not come to the position that somebody waits for."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some issues as they stood; `more` of them follow."""

    rows: tuple[IssueRow, ...]
    more: bool


async def wait_for(ledger: AsOf, position: int, *, within: timedelta = WAIT) -> int:
    """Return the safe position as soon as it is at or above `position`: whoever reads then reads
    all that had been written up to it. Raises NotReachedError."""
    ends_s = time.monotonic() + within.total_seconds()
    while (reached := await ledger.safe_position()) < position:
        if time.monotonic() >= ends_s:
            raise NotReachedError(
                f"The ledger stands at position {reached}; it did not come to {position} within "
                f"{within.total_seconds():g} s."
            )
        await asyncio.sleep(LOOK_AGAIN_S)
    return reached


async def position_of(ledger: AsOf, row: IssueRow, reached: int) -> int:
    """Return the position at which an issue stands so. `reached` is the safe position from before
    the row was read: a later event that the row shows is told by its own."""
    own = await ledger.positions(row.issue.stream, from_version=row.issue.version)
    return max(reached, own[0]) if own else reached


async def sight_of(desk: Desk, as_of: Point | None, known_at: Point | None = None) -> Sight:
    """Return the sight that is asked for.

    `as_of`: what had happened by an instant, or all up to a position. `known_at`: by what had been
    recorded by an instant, or up to a position; all that is there if it is not given. The sight
    names the position that it reaches to, so that it can be had again. Raises InvalidRequestError.
    """
    now = to_millisecond(desk.clock.now())
    reached = await desk.ledger.safe_position()
    if isinstance(as_of, int):
        if known_at is not None:
            raise InvalidRequestError(
                "A position says by itself what was known.",
                field="known_at",
                value=known_at,
                allowed="nothing beside a position, or an instant for as_of",
            )
        return await _at_position(desk.ledger, "as_of", as_of, reached)
    if isinstance(known_at, int):
        known = await _at_position(desk.ledger, "known_at", known_at, reached)
    else:
        known = Sight(_past("known_at", known_at, now), reached, known_at=known_at)
    if as_of is None:
        return known
    _past("as_of", as_of, now)
    if isinstance(known_at, datetime) and as_of > known_at:
        raise InvalidRequestError(
            "At the time of what was known this was still to come.",
            field="as_of",
            value=written(as_of),
            allowed=f"up to {written(known_at)}",
        )
    return replace(known, at=as_of, as_of_at=as_of)


async def row_then(desk: Desk, zone: str, key: str, sight: Sight) -> IssueRow:
    """Return an issue as it stood. Raises UnknownIssueError if it was not there."""
    stream = stream_name(zone, key)
    records = await desk.ledger.records_seen(
        [stream], position=sight.position, known_at=sight.known_at
    )
    try:
        row = told_row(sight, records)
    except UNREADABLE as error:
        msg = f"the events of {stream} cannot be read: {type(error).__name__}"
        raise UnreadableRowError(msg) from error
    if row is None:
        await desk.row(zone, key)
        raise UnknownIssueError(
            "It had not been reported by then.",
            field="as_of",
            value=written(sight.at),
            allowed="a later instant or position",
        )
    return (await with_notices(desk, [row], sight))[0]


async def rows_then(
    desk: Desk,
    sight: Sight,
    filters: Filters = EVERY,
    *,
    after: str = "",
    limit: int = 100,
    progress: Callable[[int], None] = lambda _: None,
) -> Page:
    """Return a page of the issues that fit as they stood, ordered by stream, after `after`."""
    found: list[IssueRow] = []
    bounded = max(1, min(limit, LIST_MAX))
    async for row in stood(desk.ledger, sight, filters, after=after, progress=progress):
        if len(found) == bounded:
            return Page(tuple(await with_notices(desk, found, sight)), more=True)
        found.append(row)
    return Page(tuple(await with_notices(desk, found, sight)), more=False)


async def with_notices(desk: Desk, rows: list[IssueRow], sight: Sight) -> list[IssueRow]:
    """Return issues of the past with what had not been delivered then."""
    versions = {row.issue.stream: row.issue.version for row in rows}
    found = await desk.ledger.undelivered_then(versions, sight.at) if rows else {}
    return [
        replace(row, notices=found.get(row.issue.stream, ())[:NOTICES_SHOWN_MAX]) for row in rows
    ]


async def _at_position(ledger: AsOf, field: str, position: int, reached: int) -> Sight:
    at = await ledger.position_at(position) if 0 < position <= reached else None
    if at is None:
        raise InvalidRequestError(
            "The ledger has no such position yet." if position > reached else "No such position.",
            field=field,
            value=position,
            allowed=f"1 to {reached}, or wait for it" if reached else "none: nothing is recorded",
        )
    return Sight(at, position)


def _past(field: str, at: datetime | None, now: datetime) -> datetime:
    if at is not None and at > now:
        raise InvalidRequestError(
            "This is still to come.",
            field=field,
            value=written(at),
            allowed=f"a past instant, up to {written(now)}",
        )
    return now if at is None else at
