"""What an export reads, in PostgreSQL."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from domain.chain import Record
from ledger import codec, export_queries
from ledger.exports import StreamRow
from ledger.port import CommandRow
from ledger.postgres_publications import Pooled

if TYPE_CHECKING:
    import asyncpg


class PostgresExports(Pooled):
    """The part of the ledger that exports need."""

    async def streams_between(
        self, position: int, after: str, before: str, limit: int
    ) -> list[StreamRow]:
        """Return streams with events, by name, between two names and without them."""
        return _streams(
            await self._fetch(export_queries.STREAMS_BETWEEN, position, after, before, limit)
        )

    async def streams_named(self, position: int, names: Sequence[str]) -> list[StreamRow]:
        """Return those of the named streams that have events, by name."""
        return _streams(await self._fetch(export_queries.STREAMS_NAMED, position, list(names)))

    async def events_up_to(self, versions: Mapping[str, int]) -> list[tuple[int, Record]]:
        """Return the events of streams up to a version each, by stream and version."""
        asked = (list(versions), list(versions.values()))
        rows = await self._fetch(export_queries.EVENTS_UP_TO, *asked)
        return [codec.positioned_record_of(row) for row in rows]

    async def commands_of(self, streams: Sequence[str]) -> list[CommandRow]:
        """Return the decided commands of streams, by stream and order of decision."""
        rows = await self._fetch(export_queries.COMMANDS_OF, list(streams))
        return [codec.command_of(row) for row in rows]

    async def stream_count(self, zone: str | None = None) -> int:
        """Return how many issues, orders and matters a zone has, or all zones."""
        row = await self._row(export_queries.STREAM_COUNT, zone)
        return 0 if row is None else int(row[0])


def _streams(rows: "Iterable[asyncpg.Record]") -> list[StreamRow]:
    found = []
    for stream, version, row_version, category, is_open, reported_at, issues in rows:
        standing = (category, is_open, reported_at)
        found.append(StreamRow(stream, version, row_version, *standing, tuple(issues)))
    return found
