"""The past in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.chain import Record
from domain.sight import Sight
from ledger.asof import Filters, Kept
from ledger.memory_tables import NOTICES_SHOWN_MAX, Tables


class MemoryAsOf:
    """The part of the ledger that the past is read from."""

    _tables: Tables

    async def positions(self, stream: str, *, from_version: int = 1) -> list[int]:
        """Return the positions of a stream's events from a version on, in order of version."""
        numbered = enumerate(self._tables.positions, start=1)
        return [
            position
            for position, record in numbered
            if record.stream == stream and record.version >= from_version
        ]

    async def position_at(self, position: int) -> datetime | None:
        """Return when the last event at or below a position was recorded, None before the first."""
        up_to = self._tables.positions[: max(0, position)]
        return up_to[-1].at if up_to else None

    async def records_seen(
        self, streams: Sequence[str], *, position: int, known_at: datetime | None = None
    ) -> list[Record]:
        """Return the events of some streams, none above `position` or recorded after `known_at`."""
        wanted = set(streams)
        found = [
            record
            for record in self._tables.positions[: max(0, position)]
            if record.stream in wanted and (known_at is None or record.at <= known_at)
        ]
        return sorted(found, key=lambda record: (record.stream, record.version))

    async def kept(self, sight: Sight, filters: Filters, *, after: str, limit: int) -> list[Kept]:
        """Return the issues that may have stood so, by stream, after stream `after`."""
        last = {record.stream: (at, record) for at, record in enumerate(self._tables.positions, 1)}
        found: list[Kept] = []
        for stream, row in sorted(self._tables.issues.items()):
            if stream <= after or len(found) == limit:
                continue
            if sight.known_at is not None and row.issue.reported_at > sight.known_at:
                continue
            position, record = last[stream]
            settled_at = sight.settled_at
            if position > sight.position or (settled_at is not None and record.at > settled_at):
                found.append(Kept(stream))
            elif filters.fit(row.issue, sight.at):
                found.append(Kept(stream, row.issue, row.hash))
        return found

    async def undelivered_then(
        self, versions: Mapping[str, int], at: datetime
    ) -> dict[str, tuple[str, ...]]:
        """Return the notices, up to a version of each stream, that had not been delivered."""
        found: dict[str, tuple[str, ...]] = {}
        for stream, version in versions.items():
            waiting = [
                notice.id
                for notice in self._tables.notices_of(stream)
                if notice.version <= version
                and (notice.delivered_at is None or notice.delivered_at > at)
            ]
            if waiting:
                found[stream] = tuple(waiting[:NOTICES_SHOWN_MAX])
        return found
