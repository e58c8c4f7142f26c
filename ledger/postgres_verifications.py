"""What verifications came to, in PostgreSQL."""

from dataclasses import astuple
from typing import Final

from ledger.postgres_publications import Pooled
from ledger.verifications import WHOLE, VerificationRow

COLUMNS: Final = "id, scope, since, position, size, began_at, ended_at, sound, found, findings, by"
PUT: Final = f"""
INSERT INTO verification ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT DO NOTHING
"""  # noqa: S608  # the names of columns are ours
LAST: Final = f"""
SELECT {COLUMNS} FROM verification
WHERE scope = $1 AND since = 0 ORDER BY ended_at DESC, id DESC LIMIT 1
"""  # noqa: S608  # the names of columns are ours

NEWEST: Final = f"""
SELECT {COLUMNS} FROM verification WHERE scope = $1 ORDER BY ended_at DESC, id DESC LIMIT 1
"""  # noqa: S608  # the names of columns are ours


class PostgresVerifications(Pooled):
    """The part of the ledger that says what verifications came to."""

    async def put_verification(self, row: VerificationRow) -> None:
        """Keep what a verification came to. A row that is there already stays as it is."""
        await self._fetch(PUT, *astuple(row))

    async def last_verification(self, scope: str = WHOLE) -> VerificationRow | None:
        """Return the newest verification of a scope that looked at all of it; None before any."""
        row = await self._row(LAST, scope)
        return None if row is None else VerificationRow(*row)

    async def newest_verification(self, scope: str = WHOLE) -> VerificationRow | None:
        """Return the newest verification of a scope, also of what came after a checkpoint alone."""
        row = await self._row(NEWEST, scope)
        return None if row is None else VerificationRow(*row)
