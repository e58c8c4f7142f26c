"""Lists of issues: what is asked for, cursors, and the page that answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from domain.access import Horizon
from domain.canonical import canonical, sha256
from domain.chain import Record
from domain.days import from_ms, to_ms
from domain.errors import InvalidRequestError
from domain.model import written
from domain.sight import Sight
from face.cursors import cursor_text, garbled, read_text
from ledger.asof import PAGE as KEPT_AT_ONCE
from ledger.asof import Filters, Kept, stood, stood_of
from ledger.lists import (
    NEWEST,
    Listed,
    Narrowed,
    Order,
    Place,
    Sort,
    Value,
    behind,
    in_order,
    value_of,
)
from ledger.port import IssueRow, Ledger

CURSOR_CHARACTERS_MAX: Final = 600
MOMENTS_MS_MAX: Final = 253_402_300_799_999
POSITION_MAX: Final = 2**53 - 1
ASKED_CHARACTERS: Final = 16
HELD_PAGES: Final = 4
"""How many pages are held at most while the past is looked through."""
STREAM_CHARACTERS_MAX: Final = 130


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page begins. `asked` ties it to what was asked; `position` to what was known,
    where the past is listed, so that pages fit one another."""

    place: Place
    asked: str
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some issues in order, and where the next page begins; None at the end."""

    rows: tuple[IssueRow, ...]
    next: Cursor | None


def asked_of(filters: Narrowed, order: Order, at: Mapping[str, object]) -> str:
    """Return what a cursor belongs to: the question, without its page."""
    question: dict[str, object] = {
        "filters": {each.name: _plain(getattr(filters, each.name)) for each in fields(filters)},
        "by": order.by.value,
        "down": order.descending,
        **at,
    }
    return sha256(canonical(question))[:ASKED_CHARACTERS]


def text_of(cursor: Cursor) -> str:
    """Return a cursor as clients are given it."""
    value = cursor.place.value
    plain: dict[str, object] = {
        "a": cursor.asked,
        "p": cursor.position,
        "s": cursor.place.stream,
        "v": to_ms(value) if isinstance(value, datetime) else value,
    }
    return cursor_text(plain)


def read_cursor(text: str, asked: str, order: Order) -> Cursor:
    """Return the cursor that a client gives back, for the question that it asks now. Raises
    InvalidRequestError."""
    plain = read_text(text)
    if plain.keys() != {"a", "p", "s", "v"}:
        raise garbled(text)
    stream, value, position = plain["s"], plain["v"], plain["p"]
    bound = POSITION_MAX if order.by is Sort.CHANGED else MOMENTS_MS_MAX
    if (
        not isinstance(stream, str)
        or not 0 < len(stream) <= STREAM_CHARACTERS_MAX
        or not stream.isascii()
        or not stream.isprintable()
        or not _is_count(value, bound)
        or not _is_count(position, POSITION_MAX)
    ):
        raise garbled(text)
    if plain["a"] != asked or not _fits(value, order):
        raise InvalidRequestError(
            "This cursor belongs to another list.",
            field="cursor",
            value=text,
            allowed="the `next` of a page that was asked for with the same parameters",
        )
    return Cursor(Place(stream, _value(value, order)), asked, position)


async def page_now(
    ledger: Ledger,
    horizons: Sequence[Horizon],
    filters: Narrowed,
    order: Order,
    *,
    at: datetime,
    asked: str,
    after: Place | None,
    limit: int,
) -> Page:
    """Return a page of the issues as they stand, of all horizons together."""
    found: list[Listed] = []
    for horizon in horizons:
        found += await ledger.listed(horizon, filters, order, at=at, after=after, limit=limit + 1)
    return _cut(in_order(found, order), limit, asked, None)


async def page_then(
    ledger: Ledger,
    horizons: Sequence[Horizon],
    filters: Narrowed,
    order: Order,
    sight: Sight,
    *,
    asked: str,
    after: Place | None,
    limit: int,
) -> Page:
    """Return a page of the issues as they stood. Whoever sees an issue now sees its past; what is
    sorted otherwise than by stream or by report is looked through whole, a page of it is held."""
    found: list[Listed] = []
    plain = order == Order()
    for horizon in sorted(horizons, key=lambda each: each.zone):
        if order == NEWEST:
            found += await _newest_then(ledger, horizon, filters, sight, after, limit + 1)
            continue
        if plain and len(found) > limit:
            break
        from_stream = after.stream if plain and after is not None else ""
        within = _Within(ledger, horizon, filters)
        async for row in stood(within, sight, filters, after=from_stream):
            place = Place(row.issue.stream, value_of(row.issue, 0, order))
            if after is None or behind(place, after, order):
                found.append(Listed(row, place))
            if plain and len(found) > limit:
                break
            if len(found) > HELD_PAGES * (limit + 1):
                found = in_order(found, order)[: limit + 1]
    return _cut(in_order(found, order), limit, asked, sight.position)


async def _newest_then(
    ledger: Ledger,
    horizon: Horizon,
    filters: Narrowed,
    sight: Sight,
    after: Place | None,
    limit: int,
) -> list[Listed]:
    """Return the next of one horizon, the last reported first: when that was never changes."""
    within, found = _Within(ledger, horizon, filters), list[Listed]()
    while len(found) < limit:
        page = await ledger.kept_newest(horizon, sight, filters, after=after, limit=KEPT_AT_ONCE)
        rows = await stood_of(within, sight, filters, [each for each, _ in page])
        found += (Listed(row, Place(row.issue.stream, row.issue.reported_at)) for row in rows)
        if len(page) < KEPT_AT_ONCE:
            break
        after = page[-1][1]
    return found[:limit]


class _Within:
    """The past of a ledger, as far as a horizon reaches."""

    def __init__(self, ledger: Ledger, horizon: Horizon, filters: Narrowed) -> None:
        self._ledger = ledger
        self._horizon = horizon
        self._filters = filters

    async def records_seen(
        self, streams: Sequence[str], *, position: int, known_at: datetime | None = None
    ) -> list[Record]:
        """Return the events of some streams that are seen."""
        return await self._ledger.records_seen(streams, position=position, known_at=known_at)

    async def kept(self, sight: Sight, _: Filters, *, after: str, limit: int) -> list[Kept]:
        """Return the issues that may have stood so."""
        return await self._ledger.kept_within(
            self._horizon, sight, self._filters, after=after, limit=limit
        )


def _cut(found: Sequence[Listed], limit: int, asked: str, position: int | None) -> Page:
    rows = tuple(each.row for each in found[:limit])
    following = None
    if len(found) > limit:
        following = Cursor(found[limit - 1].place, asked, position)
    return Page(rows, following)


def _plain(value: object) -> object:
    return written(value) if isinstance(value, datetime) else value


def _is_count(value: object, bound: int) -> bool:
    if value is None:
        return True
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= bound


def _fits(value: int | None, order: Order) -> bool:
    match order.by:
        case Sort.STREAM:
            return value is None
        case Sort.DEADLINE_AT:
            return True
        case Sort.REPORTED_AT | Sort.CHANGED:
            return value is not None


def _value(value: int | None, order: Order) -> Value:
    if value is None or order.by is Sort.CHANGED:
        return value
    return from_ms(value)
