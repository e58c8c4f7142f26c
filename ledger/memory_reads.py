"""Who looked, in memory."""

from ledger.memory_tables import Tables
from ledger.reads import AuditReadRow, newest


class MemoryReads:
    """The part of the ledger that says who looked."""

    _tables: Tables

    async def put_audit_read(self, row: AuditReadRow) -> None:
        """Record a read. A row that is there already stays as it is."""
        self._tables.audit_reads.setdefault(row.id, row)

    async def audit_reads(self, *, kind: str | None = None, limit: int = 100) -> list[AuditReadRow]:
        """Return the newest reads, newest first, at most `limit` (1 to 1,000)."""
        return newest(list(self._tables.audit_reads.values()), kind, limit)
