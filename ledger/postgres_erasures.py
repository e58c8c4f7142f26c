"""Erasures in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import astuple

from ledger.erasures import ERASURES_MAX, ErasureRow
from ledger.postgres_publications import Pooled

PUT = """
INSERT INTO erasure (id, subject, key_id, at, actor, reason) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO NOTHING RETURNING id
"""
OF_SUBJECTS = """
SELECT id, subject, key_id, at, actor, reason FROM erasure
WHERE subject = ANY($1::text[]) ORDER BY at, id
"""


class PostgresErasures(Pooled):
    """The part of the ledger that erasing needs."""

    async def put_erasure(self, row: ErasureRow) -> bool:
        """Keep an erasure; False if there is one of this id."""
        return await self._row(PUT, *astuple(row)) is not None

    async def erasures(self, subjects: Sequence[str]) -> list[ErasureRow]:
        """Return what was erased of these subjects, oldest first."""
        rows = await self._fetch(OF_SUBJECTS, list(subjects[:ERASURES_MAX]))
        return [ErasureRow(*row) for row in rows]
