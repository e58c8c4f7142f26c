"""What verifications came to, in memory."""

from ledger.memory_tables import Tables
from ledger.verifications import WHOLE, VerificationRow, last, newest


class MemoryVerifications:
    """The part of the ledger that says what verifications came to."""

    _tables: Tables

    async def put_verification(self, row: VerificationRow) -> None:
        """Keep what a verification came to. A row that is there already stays as it is."""
        self._tables.verifications.setdefault(row.id, row)

    async def last_verification(self, scope: str = WHOLE) -> VerificationRow | None:
        """Return the newest verification of a scope that looked at all of it; None before any."""
        return last(list(self._tables.verifications.values()), scope)

    async def newest_verification(self, scope: str = WHOLE) -> VerificationRow | None:
        """Return the newest verification of a scope, also of what came after a checkpoint alone."""
        return newest(list(self._tables.verifications.values()), scope)
