"""What a ledger keeps of who may come to a face: admissions, credentials, sessions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

PRINCIPALS_MAX = 1000


@dataclass(frozen=True, slots=True)
class AdmissionRow:
    """One change of how a principal stands, a fact. The newest `revision`, counted from 1, holds.

    `kind`: created, password_changed, disabled, revoked. `body` is canonical JSON, without a secret
    and without what a secret could be guessed by; `by` the principal that did it, or terminal.
    """

    principal: str
    revision: int
    kind: str
    body: str
    at: datetime
    by: str

    @property
    def id(self) -> str:
        """The row's name in the log."""
        return f"{self.principal}#{self.revision}"


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """By what a principal is known: the hash of a key's secret or of a password."""

    principal: str
    hash: str
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session of a user. `hash` is the SHA-256 of its id; `revision` that of the admission by
    which it was opened. `given`: the principal in JSON, as a provider of identities said it; such
    a session hangs on no admission."""

    hash: str
    principal: str
    revision: int
    opened_at: datetime
    seen_at: datetime
    ends_at: datetime
    given: str | None = None


class Principals(Protocol):
    """The part of a ledger that says who may come to a face."""

    async def put_admission(self, row: AdmissionRow, *, credential: str | None = None) -> bool:
        """Record a change with the hash that holds from then on, None for the one that held. What
        is revoked loses its hash; every change ends the principal's sessions. False, and no trace,
        if the principal has the revision already."""
        ...

    async def admission(self, principal: str) -> tuple[AdmissionRow, CredentialRow | None] | None:
        """Return the newest admission of a principal, and by what it is known."""
        ...

    async def newest_admissions(self, principals: Sequence[str]) -> list[AdmissionRow]:
        """Return the newest admission of each of these principals that has any, by id. Needs no
        right to see by what they are known."""
        ...

    async def admissions(
        self, family: str, *, after: str = "", limit: int = 100
    ) -> list[tuple[AdmissionRow, datetime | None]]:
        """Return the newest admission of each principal whose id begins with `family`, by id after
        `after`, at most `limit` (1 to 1,000), and when each was last used, to the hour."""
        ...

    async def note_use(self, principal: str, at: datetime, before: datetime) -> None:
        """Record that a credential was used, if none was recorded at or after `before`."""
        ...

    async def put_session(self, row: SessionRow) -> None:
        """Open a session, and forget those that had ended when it was opened."""
        ...

    async def session(self, hash_: str) -> SessionRow | None:
        """Return a session."""
        ...

    async def see_session(self, hash_: str, at: datetime) -> None:
        """Record that a session was used."""
        ...

    async def end_session(self, hash_: str) -> None:
        """Forget a session."""
        ...


def bounded(limit: int) -> int:
    """Return how many rows a list has at most."""
    return max(1, min(limit, PRINCIPALS_MAX))


def newest(rows: Iterable[AdmissionRow]) -> dict[str, AdmissionRow]:
    """Return the newest of `rows` for each principal."""
    found: dict[str, AdmissionRow] = {}
    for row in rows:
        known = found.get(row.principal)
        if known is None or known.revision < row.revision:
            found[row.principal] = row
    return found
