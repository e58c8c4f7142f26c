"""Who may come to a face, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ledger.memory_tables import Tables
from ledger.principals import AdmissionRow, CredentialRow, SessionRow, bounded, newest


class MemoryPrincipals:
    """The part of the ledger that says who may come to a face."""

    _tables: Tables

    async def put_admission(self, row: AdmissionRow, *, credential: str | None = None) -> bool:
        """Record a change, its hash with it, unless the principal has the revision already."""
        tables = self._tables
        if row.id in tables.admissions:
            return False
        tables.admissions[row.id] = row
        if credential is not None:
            tables.credentials[row.principal] = CredentialRow(row.principal, credential)
        if row.kind == "revoked":
            tables.credentials.pop(row.principal, None)
        for session in list(tables.sessions.values()):
            if session.principal == row.principal:
                del tables.sessions[session.hash]
        return True

    async def admission(self, principal: str) -> tuple[AdmissionRow, CredentialRow | None] | None:
        """Return the newest admission of a principal, and by what it is known."""
        own = (row for row in self._tables.admissions.values() if row.principal == principal)
        found = newest(own).get(principal)
        return None if found is None else (found, self._tables.credentials.get(principal))

    async def newest_admissions(self, principals: Sequence[str]) -> list[AdmissionRow]:
        """Return the newest admission of each of these principals that has any, by id."""
        found = newest(self._tables.admissions.values())
        return [found[each] for each in sorted(set(principals)) if each in found]

    async def admissions(
        self, family: str, *, after: str = "", limit: int = 100
    ) -> list[tuple[AdmissionRow, datetime | None]]:
        """Return the newest admission of each principal of a family, and when it was last used."""
        known = self._tables.credentials
        rows = newest(self._tables.admissions.values())
        wanted = sorted(each for each in rows if each.startswith(family) and each > after)
        return [
            (rows[each], known[each].used_at if each in known else None)
            for each in wanted[: bounded(limit)]
        ]

    async def note_use(self, principal: str, at: datetime, before: datetime) -> None:
        """Record that a credential was used, if none was recorded at or after `before`."""
        row = self._tables.credentials.get(principal)
        if row is not None and (row.used_at is None or row.used_at < before):
            self._tables.credentials[principal] = replace(row, used_at=at)

    async def put_session(self, row: SessionRow) -> None:
        """Open a session, and forget those that had ended when it was opened."""
        sessions = self._tables.sessions
        for each in [each for each in sessions.values() if each.ends_at <= row.opened_at]:
            del sessions[each.hash]
        sessions[row.hash] = row

    async def session(self, hash_: str) -> SessionRow | None:
        """Return a session."""
        return self._tables.sessions.get(hash_)

    async def see_session(self, hash_: str, at: datetime) -> None:
        """Record that a session was used."""
        row = self._tables.sessions.get(hash_)
        if row is not None and row.seen_at < at:
            self._tables.sessions[hash_] = replace(row, seen_at=at)

    async def end_session(self, hash_: str) -> None:
        """Forget a session."""
        self._tables.sessions.pop(hash_, None)
