"""Knowing callers again: by a key, by a password, by a session."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from desk.desk import Desk
from desk.principals import KEY, USER, Admitted, holds, read_admission
from domain.access import Principal
from domain.model import to_millisecond
from ledger.principals import SessionRow
from runtime import passwords

USE_NOTED_EVERY: Final = timedelta(hours=1)
SIGHT_NOTED_EVERY: Final = timedelta(minutes=1)
AT_ONCE_MAX: Final = 2
"""How many passwords are hashed at once: each takes a processor and 32 MiB."""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as it is handed to its user. `id` is in no table and no log."""

    id: str
    row: SessionRow
    principal: Principal


class SignIns:
    """Tells who a caller is by what they show; None for anything that is no good, with nothing said
    of why."""

    def __init__(self, desk: Desk, *, idle: timedelta, lasting: timedelta) -> None:
        self._desk = desk
        self._idle = idle
        self._lasting = lasting
        self._hashing = ThreadPoolExecutor(AT_ONCE_MAX, thread_name_prefix="password")

    async def by_key(self, text: str) -> Principal | None:
        """Return whose key this is."""
        read = passwords.read_key(text)
        if read is None:
            return None
        id_, hash_ = f"{KEY}{read[0]}", read[1]
        found = await self._desk.ledger.admission(id_)
        if found is None or found[1] is None or not passwords.is_same(found[1].hash, hash_):
            return None
        known, now = read_admission(*found), self._desk.clock.now()
        if not (known.entry.is_open(now) and holds(known, found[1])):
            return None
        before = now - USE_NOTED_EVERY
        if known.used_at is None or known.used_at < before:
            await self._desk.ledger.note_use(id_, to_millisecond(now), before)
        return known.entry.principal

    async def by_password(self, name: str, password: str) -> Admitted | None:
        """Return the user of a name and password. For a name that nobody has it takes as long."""
        id_ = f"{USER}{name}"
        found = await self._desk.ledger.admission(id_)
        kept = _nobodys() if found is None or found[1] is None else found[1].hash
        loop = asyncio.get_running_loop()
        fits = await loop.run_in_executor(self._hashing, passwords.matches, password, kept)
        if not fits or found is None:
            return None
        known, now = read_admission(*found), to_millisecond(self._desk.clock.now())
        if not (known.entry.is_open(now) and holds(known, found[1])):
            return None
        await self._desk.ledger.note_use(id_, now, now - USE_NOTED_EVERY)
        return known

    async def opened(self, known: Admitted) -> OpenSession:
        """Open a session for a user who was known by their password."""
        id_, now = passwords.new_session(), to_millisecond(self._desk.clock.now())
        row = SessionRow(
            hash=passwords.secret_hash(id_),
            principal=known.entry.principal.id,
            revision=known.revision,
            opened_at=now,
            seen_at=now,
            ends_at=now + self._lasting,
        )
        await self._desk.ledger.put_session(row)
        return OpenSession(id_, row, known.entry.principal)

    async def opened_for(self, principal: Principal) -> OpenSession:
        """Open a session for somebody whom a provider of identities has made known."""
        id_, now = passwords.new_session(), to_millisecond(self._desk.clock.now())
        row = SessionRow(
            hash=passwords.secret_hash(id_),
            principal=principal.id,
            revision=0,
            opened_at=now,
            seen_at=now,
            ends_at=now + self._lasting,
            given=principal.model_dump_json(),
        )
        await self._desk.ledger.put_session(row)
        return OpenSession(id_, row, principal)

    async def by_session(self, id_: str) -> OpenSession | None:
        """Return the session of this id, unless it is over, idle, or its user was changed since."""
        if passwords.SESSION_FORM.fullmatch(id_) is None:
            return None
        ledger, now = self._desk.ledger, to_millisecond(self._desk.clock.now())
        row = await ledger.session(passwords.secret_hash(id_))
        if row is None:
            return None
        if now >= row.ends_at or now - row.seen_at >= self._idle:
            await ledger.end_session(row.hash)
            return None
        principal = await self._principal_of(row, now)
        if principal is None:
            return None
        if now - row.seen_at >= SIGHT_NOTED_EVERY:
            await ledger.see_session(row.hash, now)
        return OpenSession(id_, row, principal)

    async def ended(self, session: OpenSession) -> None:
        """End a session."""
        await self._desk.ledger.end_session(session.row.hash)

    async def _principal_of(self, row: SessionRow, now: datetime) -> Principal | None:
        """Return whose session it is, unless they were changed or turned out since."""
        if row.given is not None:
            return Principal.model_validate_json(row.given)
        found = await self._desk.ledger.admission(row.principal)
        known = None if found is None else read_admission(*found)
        if known is None or known.revision != row.revision or not known.entry.is_open(now):
            return None
        return known.entry.principal

    def close(self) -> None:
        """Let go of the threads that hash."""
        self._hashing.shutdown(wait=False, cancel_futures=True)


@cache
def _nobodys() -> str:
    """The hash of a password that nobody has."""
    return passwords.hashed(passwords.random_password())
