"""Who may come to a face, in PostgreSQL: one statement each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ledger.postgres_publications import Pooled
from ledger.principals import AdmissionRow, CredentialRow, SessionRow, bounded

PUT: Final = """
WITH put AS (
    INSERT INTO admission (id, principal, revision, kind, body, at, by)
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING principal, kind
), known AS (
    INSERT INTO credential (principal, hash)
    SELECT principal, $8::text FROM put WHERE $8::text IS NOT NULL
    ON CONFLICT (principal) DO UPDATE SET hash = excluded.hash, used_at = NULL
), forgotten AS (
    DELETE FROM credential USING put WHERE credential.principal = put.principal
    AND put.kind = 'revoked'
), ended AS (
    DELETE FROM session USING put WHERE session.principal = put.principal
)
SELECT count(*) FROM put
"""
NEWEST: Final = """
SELECT a.principal, a.revision, a.kind, a.body, a.at, a.by, c.hash, c.used_at
FROM admission a LEFT JOIN credential c ON c.principal = a.principal
WHERE a.principal = $1 ORDER BY a.revision DESC LIMIT 1
"""
LISTED: Final = """
SELECT * FROM (
    SELECT DISTINCT ON (a.principal)
           a.principal, a.revision, a.kind, a.body, a.at, a.by, c.used_at
    FROM admission a LEFT JOIN credential c ON c.principal = a.principal
    WHERE starts_with(a.principal, $1) AND a.principal > $2
    ORDER BY a.principal, a.revision DESC
) newest ORDER BY principal LIMIT $3
"""
NAMED: Final = """
SELECT DISTINCT ON (principal) principal, revision, kind, body, at, by FROM admission
WHERE principal = ANY ($1::text[]) ORDER BY principal, revision DESC
"""
USED: Final = """
UPDATE credential SET used_at = $2 WHERE principal = $1 AND (used_at IS NULL OR used_at < $3)
"""
OPEN: Final = """
WITH ended AS (DELETE FROM session WHERE ends_at <= $4)
INSERT INTO session (hash, principal, revision, opened_at, seen_at, ends_at, given)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
SESSION: Final = """
SELECT hash, principal, revision, opened_at, seen_at, ends_at, given FROM session WHERE hash = $1
"""
SEEN: Final = "UPDATE session SET seen_at = $2 WHERE hash = $1 AND seen_at < $2"
END: Final = "DELETE FROM session WHERE hash = $1"


class PostgresPrincipals(Pooled):
    """The part of the ledger that says who may come to a face."""

    async def put_admission(self, row: AdmissionRow, *, credential: str | None = None) -> bool:
        """Record a change, its hash with it, unless the principal has the revision already."""
        said = (row.id, row.principal, row.revision, row.kind, row.body, row.at, row.by)
        put = await self._row(PUT, *said, credential)
        return put is not None and put[0] == 1

    async def admission(self, principal: str) -> tuple[AdmissionRow, CredentialRow | None] | None:
        """Return the newest admission of a principal, and by what it is known."""
        row = await self._row(NEWEST, principal)
        if row is None:
            return None
        known = None if row[6] is None else CredentialRow(principal, row[6], row[7])
        return AdmissionRow(*row[:6]), known

    async def newest_admissions(self, principals: Sequence[str]) -> list[AdmissionRow]:
        """Return the newest admission of each of these principals that has any, by id."""
        return [AdmissionRow(*row) for row in await self._fetch(NAMED, list(principals))]

    async def admissions(
        self, family: str, *, after: str = "", limit: int = 100
    ) -> list[tuple[AdmissionRow, datetime | None]]:
        """Return the newest admission of each principal of a family, and when it was last used."""
        rows = await self._fetch(LISTED, family, after, bounded(limit))
        return [(AdmissionRow(*row[:6]), row[6]) for row in rows]

    async def note_use(self, principal: str, at: datetime, before: datetime) -> None:
        """Record that a credential was used, if none was recorded at or after `before`."""
        await self._fetch(USED, principal, at, before)

    async def put_session(self, row: SessionRow) -> None:
        """Open a session, and forget those that had ended when it was opened."""
        ends = (row.opened_at, row.seen_at, row.ends_at)
        await self._fetch(OPEN, row.hash, row.principal, row.revision, *ends, row.given)

    async def session(self, hash_: str) -> SessionRow | None:
        """Return a session."""
        row = await self._row(SESSION, hash_)
        return None if row is None else SessionRow(*row)

    async def see_session(self, hash_: str, at: datetime) -> None:
        """Record that a session was used."""
        await self._fetch(SEEN, hash_, at)

    async def end_session(self, hash_: str) -> None:
        """Forget a session."""
        await self._fetch(END, hash_)
