"""Erasures in memory."""

from collections.abc import Sequence

from ledger.erasures import ERASURES_MAX, ErasureRow
from ledger.memory_tables import Tables


class MemoryErasures:
    """The part of the ledger that erasing needs."""

    _tables: Tables

    async def put_erasure(self, row: ErasureRow) -> bool:
        """Keep an erasure; False if there is one of this id."""
        return self._tables.erasures.setdefault(row.id, row) is row

    async def erasures(self, subjects: Sequence[str]) -> list[ErasureRow]:
        """Return what was erased of these subjects, oldest first."""
        wanted = set(subjects[:ERASURES_MAX])
        found = (row for row in self._tables.erasures.values() if row.subject in wanted)
        return sorted(found, key=lambda row: (row.at, row.id))
