"""Where a ledger stands, read in one snapshot that a dump of the database can share."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import asyncpg

from domain.backups import LedgerPoint
from domain.decisions.draft import RULES
from ledger.connections import CONNECT_TIMEOUT_S, connect, ledger_errors
from ledger.migrate import RECENT_RULES, THERE, MigrationError, read_migrations

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

COUNTS = """
SELECT (SELECT coalesce(max(position), 0) FROM event) AS position,
       (SELECT count(*) FROM event) AS events,
       (SELECT count(*) FROM command) AS commands,
       (SELECT max(version) FROM schema_migration) AS migration,
       (SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1) AS checkpoint,
       current_setting('server_version_num')::integer AS server
"""
TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
ZONES = """
SELECT zone FROM issue UNION SELECT zone FROM supervision_order UNION SELECT zone FROM matter
ORDER BY 1
"""
HEADS = """
SELECT stream, version, hash FROM issue
UNION ALL SELECT stream, version, hash FROM supervision_order
UNION ALL SELECT stream, version, hash FROM matter
ORDER BY 1
"""
HEADS_AT_ONCE = 1000
UNLIMITED = "SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot that is held. `id` is what a dump takes to see the very same; `tables` is how many
    it will write."""

    id: str
    at: datetime
    point: LedgerPoint
    tables: int


@asynccontextmanager
async def held_snapshot(url: str) -> AsyncIterator[Snapshot]:
    """Hold one snapshot of the ledger for as long as the block lasts; writers go on meanwhile.

    `url` is the owner's: the dump needs to read all there is. Raises LedgerUnavailableError,
    MigrationError for a database without a schema, LedgerError.
    """
    with ledger_errors():
        connection = await connect(url)
    try:
        with ledger_errors():
            snapshot = await _take(connection)
        yield snapshot
    finally:
        # With the session its transaction ends; nothing was written in it.
        await connection.close(timeout=CONNECT_TIMEOUT_S)


async def point_of(url: str) -> LedgerPoint:
    """Return where a ledger stands now. Raises as `held_snapshot` does."""
    async with held_snapshot(url) as snapshot:
        return snapshot.point


def require_restorable(point: LedgerPoint) -> None:
    """Refuse what a newer program has written. Raises MigrationError."""
    known = len(read_migrations())
    if point.migration > known:
        raise MigrationError(
            f"The backup is newer than this program: it has migration {point.migration:04d}, and "
            f"the last that is known here is {known:04d}. Use the newer program."
        )
    if point.rules > RULES:
        raise MigrationError(
            f"The backup is newer than this program: its events were decided by rules revision "
            f"{point.rules}, and the last that is known here is {RULES}. Use the newer program."
        )


async def _take(connection: "Connection") -> Snapshot:
    await connection.execute(UNLIMITED)
    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    id_ = await connection.fetchval("SELECT pg_export_snapshot()")
    at = await connection.fetchval("SELECT now()")
    tables = await connection.fetchval(TABLES)
    return Snapshot(id_, at, await _point(connection), tables)


async def _point(connection: "Connection") -> LedgerPoint:
    if not await connection.fetchval(THERE):
        raise MigrationError("The database has no schema yet: there is nothing to back up.")
    row = await connection.fetchrow(COUNTS)
    if row is None:
        raise MigrationError("The database says nothing of itself.")
    rules = await connection.fetchval(RECENT_RULES)
    zones = [each[0] for each in await connection.fetch(ZONES)]
    streams, heads = 0, hashlib.sha256()
    async for head in connection.cursor(HEADS, prefetch=HEADS_AT_ONCE):
        heads.update(f"{head['stream']} {head['version']} {head['hash']}\n".encode())
        streams += 1
    return LedgerPoint(
        **dict(row), rules=rules or 0, zones=tuple(zones), streams=streams, heads=heads.hexdigest()
    )
