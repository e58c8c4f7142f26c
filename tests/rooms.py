"""Everything that a ledger in memory holds of who may come to a face, as one text to search."""

from collections.abc import Iterable

from ledger.memory import MemoryLedger


def every_text(ledger: MemoryLedger) -> str:
    """Return every admission, credential and session as text; empty if there are none."""
    tables = ledger._tables
    kept: Iterable[object] = (
        *tables.admissions.values(),
        *tables.credentials.values(),
        *tables.sessions.values(),
    )
    return "\n".join(map(str, kept))
