"""Who looked, in PostgreSQL."""

from typing import Final

from ledger.postgres_publications import Pooled
from ledger.reads import AuditReadRow, bounded

PUT: Final = """
INSERT INTO audit_read (id, kind, scope, position, actor, at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING
"""
NEWEST: Final = """
SELECT id, kind, scope, position, actor, at FROM audit_read
WHERE $1::text IS NULL OR kind = $1 ORDER BY at DESC, id DESC LIMIT $2
"""


class PostgresReads(Pooled):
    """The part of the ledger that says who looked."""

    async def put_audit_read(self, row: AuditReadRow) -> None:
        """Record a read. A row that is there already stays as it is."""
        await self._fetch(PUT, row.id, row.kind, row.scope, row.position, row.actor, row.at)

    async def audit_reads(self, *, kind: str | None = None, limit: int = 100) -> list[AuditReadRow]:
        """Return the newest reads, newest first, at most `limit` (1 to 1,000)."""
        return [AuditReadRow(*row) for row in await self._fetch(NEWEST, kind, bounded(limit))]
