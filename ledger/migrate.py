"""Brings a database to the schema of this code: forward only, one file after the other."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from ledger.connections import CONNECT_TIMEOUT_S, ledger_errors
from ledger.port import LedgerError

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

FOLDER = Path(__file__).parent / "migrations"
FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
ROLE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")

ONE_AT_A_TIME = 0x636C6F7365
"""The key of the advisory lock that a migration holds."""
WAIT_FOR_OTHER = "120s"
WAIT_FOR_TABLE = "10s"

LIST_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migration (
    version    integer NOT NULL,
    name       text NOT NULL,
    sha256     text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT schema_migration_pkey PRIMARY KEY (version)
)
"""
APPLIED = "SELECT version, name, sha256 FROM schema_migration ORDER BY version"
NOTE = "INSERT INTO schema_migration (version, name, sha256) VALUES ($1, $2, $3)"

GRANTS = {
    "USAGE ON SCHEMA public": "",
    "SELECT, INSERT ON": "event, command, terms, workflow_history, refusal, calendar_version, "
    "calendar_publication, adoption_plan, adoption_end, administrative_task, handbook_version, "
    "handbook_publication, callback_draw",
    "UPDATE (settled_at, settled_by) ON": "administrative_task",
    "SELECT, INSERT, UPDATE ON": "issue, clock, rung_firing, notice, number_sequence, "
    "supervision_order",
    "SELECT, INSERT, UPDATE, DELETE ON": "outbox, issue_text",
    "SELECT, INSERT, DELETE ON": "issue_link, errand",
    "UPDATE (attempts, last_error, not_before) ON": "errand",
    "SELECT ON": "schema_migration, timeline",
    "USAGE, SELECT ON SEQUENCE": "event_position_seq",
}
"""What the application may do. It owns nothing and changes no fact."""


class MigrationError(LedgerError):
    """The database and the migrations of this code do not fit; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of SQL, applied once."""

    version: int
    name: str
    sha256: str
    sql: str

    @property
    def label(self) -> str:
        """The file's name without its ending."""
        return f"{self.version:04d}_{self.name}"


async def migrate(
    owner_url: str, *, application_role: str | None = "closeout_app", folder: Path = FOLDER
) -> list[str]:
    """Apply what is missing, each file in one transaction, and grant `application_role` its rights.

    Returns the names of the files applied. Two at once: the second waits and finds nothing to do.
    Raises MigrationError, or LedgerUnavailableError. Needs a session of its own (no PgBouncer in
    transaction mode).
    """
    migrations = read_migrations(folder)
    if application_role is not None and not ROLE_NAME.fullmatch(application_role):
        raise MigrationError(f"{application_role!r} is no name of a role: a-z, 0-9 and _.")
    with ledger_errors():
        connection = await asyncpg.connect(owner_url, timeout=CONNECT_TIMEOUT_S)
        try:
            await connection.execute(f"SET lock_timeout = '{WAIT_FOR_OTHER}'")
            await connection.execute("SELECT pg_advisory_lock($1)", ONE_AT_A_TIME)
            await connection.execute(f"SET lock_timeout = '{WAIT_FOR_TABLE}'")
            await connection.execute("SET client_min_messages = warning")
            await connection.execute(LIST_TABLE)
            missing = _missing(migrations, await connection.fetch(APPLIED))
            for migration in missing:
                await _apply(connection, migration)
            if application_role is not None:
                await _grant(connection, application_role)
        finally:
            # The lock goes with the session, whatever happened.
            await connection.close(timeout=CONNECT_TIMEOUT_S)
    return [migration.label for migration in missing]


async def pending(url: str, *, folder: Path = FOLDER) -> list[str]:
    """Return the names of the files that `migrate` would apply; changes nothing, for any role."""
    migrations = read_migrations(folder)
    with ledger_errors():
        connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_S)
        try:
            applied = await connection.fetch(APPLIED)
        except asyncpg.UndefinedTableError:
            applied = []
        finally:
            await connection.close(timeout=CONNECT_TIMEOUT_S)
    return [migration.label for migration in _missing(migrations, applied)]


def read_migrations(folder: Path = FOLDER) -> tuple[Migration, ...]:
    """Return the files of `folder` in order; they are numbered from 0001 without a gap."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        match = FILE_NAME.fullmatch(path.name)
        if match is None:
            raise MigrationError(f"{path.name} is not named like 0001_what_it_does.sql.")
        content = path.read_bytes()
        found.append(
            Migration(
                version=int(match[1]),
                name=match[2],
                sha256=hashlib.sha256(content).hexdigest(),
                sql=content.decode(),
            )
        )
    for expected, migration in enumerate(found, start=1):
        if migration.version != expected:
            raise MigrationError(f"{migration.label} stands where {expected:04d} is expected.")
    return tuple(found)


def _missing(
    migrations: Sequence[Migration], applied: Sequence[asyncpg.Record]
) -> Sequence[Migration]:
    known = {migration.version: migration for migration in migrations}
    for expected, row in enumerate(applied, start=1):
        migration = known.get(row["version"])
        label = f"{row['version']:04d}_{row['name']}"
        if migration is None:
            raise MigrationError(
                f"The database is newer than this program: it has {label}, and the last that is "
                f"known here is {len(migrations):04d}. Use the newer program."
            )
        if row["version"] != expected:
            raise MigrationError(f"The database has {label} but lacks {expected:04d}.")
        if (migration.name, migration.sha256) != (row["name"], row["sha256"]):
            raise MigrationError(
                f"{label} was applied with other content than {migration.label} has now. An "
                "applied file is never edited: put it back and add a new one."
            )
    return migrations[len(applied) :]


async def _apply(connection: "Connection", migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(migration.sql)
            await connection.execute(NOTE, migration.version, migration.name, migration.sha256)
    except asyncpg.LockNotAvailableError:
        raise
    except asyncpg.PostgresError as error:
        raise MigrationError(f"{migration.label} failed and left no trace: {error}") from error


async def _grant(connection: "Connection", role: str) -> None:
    known = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
    if known is None:
        raise MigrationError(f"There is no role {role!r} to grant rights to: create it first.")
    existing = {row[0] for row in await connection.fetch(EXISTING)}
    async with connection.transaction():
        for right, names in GRANTS.items():
            objects = [name for name in names.split(", ") if name in existing]
            if objects or not names:
                await connection.execute(f'GRANT {right} {", ".join(objects)} TO "{role}"')


EXISTING = """
SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
"""
