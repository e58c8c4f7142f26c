"""What a ledger keeps of who looked: auditors' reads, and what left the house."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

READS_MAX = 1000


@dataclass(frozen=True, slots=True)
class AuditReadRow:
    """One look into the ledger as it stood at `position`. `kind` says how: verify, replay, export,
    evidence …; `scope` what was asked for, `actor` by whom, both canonical JSON."""

    id: str
    kind: str
    scope: str
    position: int
    actor: str
    at: datetime


class AuditReads(Protocol):
    """The part of a ledger that says who looked."""

    async def put_audit_read(self, row: AuditReadRow) -> None:
        """Record a read. A row that is there already stays as it is."""
        ...

    async def audit_reads(self, *, kind: str | None = None, limit: int = 100) -> list[AuditReadRow]:
        """Return the newest reads, newest first, at most `limit` (1 to 1,000)."""
        ...


def bounded(limit: int) -> int:
    """Return how many rows a list has at most."""
    return max(1, min(limit, READS_MAX))


def newest(rows: Sequence[AuditReadRow], kind: str | None, limit: int) -> list[AuditReadRow]:
    """Return the newest of `rows`, newest first."""
    wanted = [row for row in rows if kind in (None, row.kind)]
    wanted.sort(key=lambda row: (row.at, row.id), reverse=True)
    return wanted[: bounded(limit)]
