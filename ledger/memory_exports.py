"""What an export reads, in memory."""

from collections.abc import Mapping, Sequence

from domain.chain import Record
from ledger.exports import StreamRow
from ledger.matter_codec import matter_columns
from ledger.memory_tables import Tables
from ledger.port import CommandRow


class MemoryExports:
    """The part of the ledger that exports need."""

    _tables: Tables

    async def streams_between(
        self, position: int, after: str, before: str, limit: int
    ) -> list[StreamRow]:
        """Return streams with events, by name, between two names and without them."""
        there = (stream for stream, records in self._tables.records.items() if records)
        names = sorted(stream for stream in there if after < stream < before)
        return await self.streams_named(position, names[:limit])

    async def streams_named(self, position: int, names: Sequence[str]) -> list[StreamRow]:
        """Return those of the named streams that have events, by name."""
        wanted = sorted({stream for stream in names if self._tables.records.get(stream)})
        versions = dict.fromkeys(wanted, 0)
        for record in self._tables.positions[:position]:
            if record.stream in versions:
                versions[record.stream] = record.version
        for record in self._tables.positions[position:]:
            last = versions.get(record.stream, 0)
            records = self._tables.records[record.stream]
            while last and records[last - 1].command_id == record.command_id:
                last -= 1
            versions |= {record.stream: last} if record.stream in versions else {}
        return [self._stream_row(stream, version) for stream, version in versions.items()]

    async def events_up_to(self, versions: Mapping[str, int]) -> list[tuple[int, Record]]:
        """Return the events of streams up to a version each, by stream and version."""
        numbered = enumerate(self._tables.positions, start=1)
        found = [each for each in numbered if each[1].version <= versions.get(each[1].stream, 0)]
        return sorted(found, key=lambda each: (each[1].stream, each[1].version))

    async def commands_of(self, streams: Sequence[str]) -> list[CommandRow]:
        """Return the decided commands of streams, by stream and order of decision."""
        wanted = set(streams)
        found = [row for row in self._tables.commands.values() if row.stream in wanted]
        return sorted(found, key=lambda row: row.stream)

    async def stream_count(self, zone: str | None = None) -> int:
        """Return how many issues, orders and matters a zone has, or all zones."""
        issues = (row.issue.zone for row in self._tables.issues.values())
        orders = (row.order.zone for row in self._tables.orders.values())
        matters = (row.matter.zone for row in self._tables.matters.values())
        return sum(zone in (None, each) for each in (*issues, *orders, *matters))

    def _stream_row(self, stream: str, version: int) -> StreamRow:
        row = self._tables.issues.get(stream)
        if row is not None:
            issue = row.issue
            return StreamRow(
                stream, version, row.version, issue.category, issue.is_open, issue.reported_at
            )
        if (kept := self._tables.orders.get(stream)) is not None:
            return StreamRow(stream, version, kept.order.version, issues=kept.order.issues)
        if (held := self._tables.matters.get(stream)) is not None:
            issues = matter_columns(held.matter, held.hash).issues
            return StreamRow(stream, version, held.matter.version, issues=issues)
        return StreamRow(stream, version)
