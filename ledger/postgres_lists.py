"""Lists in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from domain.access import Horizon
from domain.sight import Sight
from ledger import codec, list_queries
from ledger.asof import Kept
from ledger.lists import NEWEST, Listed, Narrowed, Order, Place, Sort, bounded
from ledger.port import UnreadableRowError
from ledger.postgres_publications import Pooled


class PostgresLists(Pooled):
    """The part of the ledger that lists are read from."""

    async def listed(
        self,
        horizon: Horizon,
        filters: Narrowed,
        order: Order,
        *,
        at: datetime,
        after: Place | None = None,
        limit: int = 50,
    ) -> list[Listed]:
        """Return the issues within a horizon that fit at the instant `at`, in order."""
        found: list[Listed] = []
        wanted = bounded(limit)
        ends = (False, True) if order.by is Sort.DEADLINE_AT else (False,)
        for without_value in ends:
            if after is not None and order.by is Sort.DEADLINE_AT:
                if after.value is None and not without_value:
                    continue
                if after.value is not None and without_value:
                    after = None
            found += await self._next(
                horizon, filters, order, at, after, wanted - len(found), without_value=without_value
            )
            if len(found) == wanted:
                break
            after = None
        return found

    async def _next(
        self,
        horizon: Horizon,
        filters: Narrowed,
        order: Order,
        at: datetime,
        after: Place | None,
        limit: int,
        *,
        without_value: bool,
    ) -> list[Listed]:
        """A row that cannot be read is passed over, and another takes its place on the page."""
        found: list[Listed] = []
        if filters.title is not None and order == NEWEST:
            # What many titles hold fills a page soon; the index is for what few hold.
            query, arguments = list_queries.listed_near(horizon, filters, at, after, limit)
            rows = await self._fetch(query, *arguments)
            if len(found := codec.readable(rows, _listed)) == limit:
                return found
            found = []
        while len(found) < limit:
            asked = limit - len(found)
            query, arguments = list_queries.listed(
                horizon, filters, order, at, after, asked, without_value=without_value
            )
            rows = await self._fetch(query, *arguments)
            found += codec.readable(rows, _listed)
            if len(rows) < asked:
                break
            after = Place(rows[-1][0], rows[-1][-1])
        return found

    async def kept_within(
        self, horizon: Horizon, sight: Sight, filters: Narrowed, *, after: str, limit: int
    ) -> list[Kept]:
        """Return the issues within a horizon, as they stand now, that may have stood so."""
        query, arguments = list_queries.kept_within(horizon, sight, filters, after, limit)
        return [_kept(*row) for row in await self._fetch(query, *arguments)]

    async def kept_newest(
        self,
        horizon: Horizon,
        sight: Sight,
        filters: Narrowed,
        *,
        after: Place | None,
        limit: int,
    ) -> list[tuple[Kept, Place]]:
        """Return the same issues, the last reported first, behind the place `after`."""
        query, arguments = list_queries.kept_newest(horizon, sight, filters, after, limit)
        rows = await self._fetch(query, *arguments)
        return [(_kept(*row[:-1]), Place(row[0], row[-1])) for row in map(tuple, rows)]


def _listed(row: "Sequence[Any]") -> Listed:
    return Listed(codec.issue_row_of(row[:-1]), Place(row[0], row[-1]))


def _kept(stream: str, snapshot: str | None, hash_: str) -> Kept:
    """A row that this program cannot read may still be told from its events."""
    if snapshot is None:
        return Kept(stream)
    try:
        return Kept(stream, codec.read_snapshot(snapshot, stream), hash_)
    except UnreadableRowError:
        return Kept(stream)
