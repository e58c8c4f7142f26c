"""Links and errands in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from domain.issue import stream_name
from domain.kin import LINEAGE_MAX
from domain.phases import LinkType
from ledger.kin import ERROR_CHARACTERS_MAX, ErrandRow, KinRow, LinkRow
from ledger.memory_tables import Tables
from ledger.port import Changes


class MemoryKin:
    """What is read of links, and the errands that are still to be run."""

    _tables: Tables

    async def links(self, zone: str, key: str) -> list[LinkRow]:
        """Return the links that the stream of this issue wrote."""

        own = (row for row in self._tables.links if _writer(row) == stream_name(zone, key))
        return sorted(own, key=lambda row: (row.type, row.from_key, row.to_key))

    async def due_errands(self, at: datetime, limit: int) -> list[ErrandRow]:
        """Return errands that may be tried at `at`, oldest first."""
        first: dict[tuple[str, str], ErrandRow] = {}
        for row in self._tables.errands.values():
            first.setdefault((row.from_stream, row.stream), row)
        due = [row for row in self._tables.errands.values() if row.not_before <= at]
        due = [row for row in due if first[row.from_stream, row.stream] is row]
        return sorted(due, key=lambda row: row.not_before)[:limit]

    async def drop_errand(self, id_: str) -> None:
        """Forget an errand: its command is stored."""
        self._tables.errands.pop(id_, None)

    async def put_off_errand(self, id_: str, error: str, not_before: datetime) -> None:
        """Keep why an errand failed once more, and when to try again."""
        row = self._tables.errands.get(id_)
        if row is not None:
            said = error.replace("\x00", "")[:ERROR_CHARACTERS_MAX]
            failed = replace(row, attempts=row.attempts + 1, last_error=said, not_before=not_before)
            self._tables.errands[id_] = failed

    async def failed_errands(self, attempts_above: int) -> int:
        """Return how many errands failed more often than that."""
        failed = (row for row in self._tables.errands.values() if row.attempts)
        return sum(row.attempts > attempts_above for row in failed)

    async def waiting_errands(self, after: str, limit: int) -> list[ErrandRow]:
        """Return the errands that wait, due or not, in order of id, after the id `after`."""
        ids = sorted(id_ for id_ in self._tables.errands if id_ > after)
        return [self._tables.errands[id_] for id_ in ids[:limit]]

    async def errand_count(self) -> int:
        """Return how many errands wait, due or not."""
        return len(self._tables.errands)

    async def failing_errand(self, attempts_above: int) -> ErrandRow | None:
        """Return the oldest of the errands that failed more often than that."""
        rows = self._tables.errands.values()
        return next((row for row in rows if row.attempts > max(attempts_above, 0)), None)

    async def stray_links(self, limit: int) -> list[LinkRow]:
        """Return links whose writing issue has no events."""
        stray = (row for row in self._tables.links if not self._tables.records.get(_writer(row)))
        return sorted(stray, key=lambda r: (r.zone, r.from_key, r.type, r.to_key))[:limit]

    async def errand_texts(self, ids: Sequence[str]) -> dict[str, str]:
        """Return the texts of those errands that wait or have been carried out, by id."""
        tables = self._tables
        waiting = {id_: tables.errands[id_].text for id_ in ids if id_ in tables.errands}
        return waiting | {id_: tables.commands[id_].body for id_ in ids if id_ in tables.commands}


def _writer(row: LinkRow) -> str:
    """Return the stream that wrote a link."""
    return stream_name(row.zone, row.to_key if row.type == LinkType.PART_OF else row.from_key)


def kin_row(tables: Tables, zone: str, key: str, target: str, type_: LinkType) -> KinRow | None:
    """Return what is known of the issue that a link of `key` names."""
    row = tables.issues.get(stream_name(zone, target))
    if row is None:
        return None
    start = key if type_ is LinkType.PART_OF else target
    parents = (
        link
        for link in _of(tables, zone)
        if (link.type, link.from_key) == (LinkType.PART_OF, target)
    )
    return KinRow(
        key=target,
        version=row.version,
        enterprise=row.columns.enterprise,
        open=row.columns.open,
        outcome=row.columns.outcome,
        lineage=() if type_ is LinkType.RELATES else _lineage(tables, zone, start, type_),
        has_parent=any(parents),
        phase=row.columns.phase,
        ties=sum(target in (link.from_key, link.to_key) for link in _of(tables, zone)),
    )


def _lineage(tables: Tables, zone: str, start: str, type_: LinkType) -> tuple[str, ...]:
    lineage: list[str] = []
    nearest = [start]
    while nearest and len(lineage) < LINEAGE_MAX:
        found = {
            link.to_key
            for link in _of(tables, zone)
            if link.type == type_ and link.from_key in nearest and link.to_key not in lineage
        }
        nearest = sorted(found)
        lineage += nearest
    return tuple(lineage[:LINEAGE_MAX])


def _of(tables: Tables, zone: str) -> list[LinkRow]:
    return [link for link in tables.links if link.zone == zone]


def write_kin(tables: Tables, changes: Changes) -> None:
    """Write the links and errands of a command."""
    for change in changes.links:
        if change.added:
            tables.links.add(change.row)
        else:
            tables.links.discard(change.row)
    for errand in changes.errands:
        tables.errands.setdefault(errand.id, errand)
