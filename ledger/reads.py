"""What a ledger keeps of who looked: auditors' reads, and what left the house."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol, get_args

READS_MAX = 1000
ReadKind = Literal[
    "verify",
    "attachment",
    "attachments",
    "replay",
    "export",
    "evidence",
    "personal",
    "codec",
    "backtest",
    "board",
    "calendar",
    "calendars",
    "callbacks",
    "clocks",
    "contact_board",
    "enterprises",
    "figure",
    "figures",
    "follow",
    "fork",
    "handbook",
    "handbooks",
    "incident",
    "issue",
    "issues",
    "log",
    "matter",
    "matters",
    "notices",
    "number",
    "open311_request",
    "open311_requests",
    "order",
    "orders",
    "parts",
    "procedures",
    "refusals",
    "sign_offs",
    "similar",
    "time",
    "timeline",
    "verification",
    "warnings",
]
"""How somebody looked: what whoever audits does, and what the HTTP face is asked by those whose
reads are recorded."""
KINDS: Final[tuple[ReadKind, ...]] = get_args(ReadKind)


@dataclass(frozen=True, slots=True)
class AuditReadRow:
    """One look into the ledger as it stood at `position`. `kind` says how, one of KINDS; `scope`
    what was asked for, `actor` by whom, both canonical JSON."""

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
