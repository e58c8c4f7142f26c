"""The past in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.chain import Record
from domain.sight import Sight
from ledger import asof_queries, codec
from ledger.asof import Filters, Kept
from ledger.port import UnreadableRowError
from ledger.postgres_publications import Pooled


class PostgresAsOf(Pooled):
    """The part of the ledger that the past is read from."""

    async def positions(self, stream: str, *, from_version: int = 1) -> list[int]:
        """Return the positions of a stream's events from a version on, in order of version."""
        rows = await self._fetch(asof_queries.POSITIONS, stream, from_version)
        return [int(row[0]) for row in rows]

    async def position_at(self, position: int) -> datetime | None:
        """Return when the last event at or below a position was recorded, None before the first."""
        row = await self._row(asof_queries.POSITION_AT, position)
        return None if row is None else row[0]

    async def records_seen(
        self, streams: Sequence[str], *, position: int, known_at: datetime | None = None
    ) -> list[Record]:
        """Return the events of some streams, none above `position` or recorded after `known_at`."""
        rows = await self._fetch(asof_queries.RECORDS_SEEN, list(streams), position, known_at)
        return [codec.record_of(row) for row in rows]

    async def kept(self, sight: Sight, filters: Filters, *, after: str, limit: int) -> list[Kept]:
        """Return the issues that may have stood so, by stream, after stream `after`."""
        named = filters.named(sight.at)
        query = asof_queries.kept(named, open_only=filters.open_only)
        bounds = (sight.position, sight.settled_at, sight.known_at)
        rows = await self._fetch(query, after, limit, *bounds, *named.values())
        return [_kept(*row) for row in rows]

    async def undelivered_then(
        self, versions: Mapping[str, int], at: datetime
    ) -> dict[str, tuple[str, ...]]:
        """Return the notices, up to a version of each stream, that had not been delivered."""
        asked = list(versions), list(versions.values())
        found: dict[str, tuple[str, ...]] = {}
        for stream, id_ in await self._fetch(asof_queries.UNDELIVERED_THEN, *asked, at):
            found[stream] = (*found.get(stream, ()), id_)
        return found


def _kept(stream: str, snapshot: str | None, hash_: str) -> Kept:
    """A row that this program cannot read may still be told from its events."""
    if snapshot is None:
        return Kept(stream)
    try:
        return Kept(stream, codec.read_snapshot(snapshot, stream), hash_)
    except UnreadableRowError:
        return Kept(stream)
