"""Brings a database to the schema of this code: forward only, one file after the other."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from domain.decisions.draft import RULES
from ledger.board_filling import fill_boards
from ledger.connections import CONNECT_TIMEOUT_S, connect, ledger_errors
from ledger.port import LedgerError, LedgerUnavailableError
from ledger.schema_guard import ONE_AT_A_TIME, guard_schema
from ledger.titles import fill_titles

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]

FOLDER = Path(__file__).parent / "migrations"
FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
ROLE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")

WAIT_FOR_OTHER = "120s"
WAIT_FOR_TABLE = "2s"
"""Commands queue behind the waiting migration, and give up after 8 s: so it waits for less, lets
them through, and tries again."""
TRIES_FOR_TABLE = 5
BETWEEN_TRIES_S = 1.0

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
LAST_APPLIED = "SELECT version, name FROM schema_migration ORDER BY version DESC LIMIT 1"
THERE = "SELECT to_regclass('public.schema_migration') IS NOT NULL"
EVENTS_THERE = "SELECT to_regclass('public.event') IS NOT NULL"
RECENT_RULES = """
SELECT max(rules) FROM (SELECT rules FROM event ORDER BY position DESC LIMIT 1000) AS recent
"""
"""Bounded, on the index of positions: newer and older programs may have written by turns for a
while, so the very last event alone could tell of the older one."""
NOTE = "INSERT INTO schema_migration (version, name, sha256) VALUES ($1, $2, $3)"

GRANTS = {
    "USAGE ON SCHEMA public": "",
    "SELECT, INSERT ON": "event, command, terms, workflow_history, refusal, calendar_version, "
    "calendar_publication, adoption_plan, adoption_end, administrative_task, handbook_version, "
    "handbook_publication, callback_draw, checkpoint, log_key, anchor, log_entry, log_node, "
    "erasure, figure, audit_read, notice_content, notice_receipt, notice_template, "
    "admission, webhook, dead_letter, verification, "
    "report, attestation, routine_run",
    "UPDATE (settled_at, settled_by) ON": "administrative_task",
    "SELECT, INSERT, UPDATE ON": "issue, clock, rung_firing, notice, number_sequence, "
    "supervision_order, matter, attachment",
    "SELECT, INSERT, UPDATE, DELETE ON": "outbox, issue_text, notice_hold, credential, session, "
    "webhook_delivery, webhook_pending, saved_view, issue_board",
    "SELECT, INSERT, DELETE ON": "issue_link, errand, matter_party",
    "SELECT, DELETE ON": "log_pending",
    "UPDATE (attempts, last_error, not_before) ON": "errand",
    "SELECT ON": "schema_migration, timeline, issue_title",
    "USAGE, SELECT ON SEQUENCE": "event_position_seq",
}
"""What the application may do, the writer. It owns nothing and changes no fact."""

READER_GRANTS = {
    "USAGE ON SCHEMA public": "",
    "SELECT ON ALL TABLES IN SCHEMA public": "",
    "SELECT ON SEQUENCE": "event_position_seq",
}
"""What auditors may do, the reader: look at everything but UNREAD, write nothing."""
UNREAD = ("credential", "session")
"""By what principals are known: nothing that an auditor looks at."""


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
    owner_url: str,
    *,
    application_role: str | None = "closeout_app",
    reader_role: str = "closeout_reader",
    superuser_url: str | None = None,
    folder: Path = FOLDER,
) -> list[str]:
    """Apply what is missing, each file in one transaction, and grant `application_role` its rights,
    `reader_role` too if there is such a role. Rights that the tables above do not name are taken
    away.

    Rows that no SQL can make, or not in one transaction, are made here: `board_filling`, `titles`.
    A superuser, if it is the owner or named, has event triggers guard the schema from then on.
    Returns the names of the files applied. Two at once: the second waits and finds nothing to do.
    Raises MigrationError, or LedgerUnavailableError. Needs a session of its own (no PgBouncer in
    transaction mode).
    """
    migrations = read_migrations(folder)
    for role in (application_role, reader_role):
        if role is not None and not ROLE_NAME.fullmatch(role):
            raise MigrationError(f"{role!r} is no name of a role: a-z, 0-9 and _.")
    async with _alone(owner_url) as connection:
        await connection.execute(LIST_TABLE)
        missing = _missing(migrations, await connection.fetch(APPLIED))
        await _require_known_rules(connection)
        for migration in missing:
            await _apply(connection, migration)
        if application_role is not None:
            await _grant(connection, application_role, GRANTS)
        if await connection.fetchval(IS_ROLE, reader_role):
            await _grant(connection, reader_role, READER_GRANTS, unread=UNREAD)
        await fill_boards(connection)
        await fill_titles(connection)
        if superuser_url is None and await connection.fetchval(IS_SUPERUSER):
            await guard_schema(connection)
    if superuser_url is not None:
        async with _alone(superuser_url) as connection:
            await guard_schema(connection)
    return [migration.label for migration in missing]


@asynccontextmanager
async def _alone(url: str) -> "AsyncIterator[Connection]":
    """Open a connection on which schemas are changed, one at a time in this database."""
    with ledger_errors():
        connection = await connect(url)
        try:
            await connection.execute(f"SET lock_timeout = '{WAIT_FOR_OTHER}'")
            await connection.execute("SELECT pg_advisory_lock($1)", ONE_AT_A_TIME)
            await connection.execute(f"SET lock_timeout = '{WAIT_FOR_TABLE}'")
            await connection.execute("SET client_min_messages = warning")
            yield connection
        finally:
            # The lock goes with the session, whatever happened.
            await connection.close(timeout=CONNECT_TIMEOUT_S)


async def pending(url: str, *, folder: Path = FOLDER) -> list[str]:
    """Return the names of the files that `migrate` would apply; changes nothing, for any role."""
    migrations = read_migrations(folder)
    with ledger_errors():
        connection = await connect(url)
        try:
            applied = await connection.fetch(APPLIED)
        except asyncpg.UndefinedTableError:
            applied = []
        finally:
            await connection.close(timeout=CONNECT_TIMEOUT_S)
    return [migration.label for migration in _missing(migrations, applied)]


async def require_not_newer(source: "Connection | Pool", *, folder: Path = FOLDER) -> None:
    """Refuse a ledger that a newer program has migrated, or decided for by newer rules; changes
    nothing, for any role. One without a schema, or with an older one, passes.

    Raises MigrationError, or LedgerUnavailableError.
    """
    known = len(read_migrations(folder))
    with ledger_errors():
        if not await source.fetchval(THERE):
            return
        last = await source.fetchrow(LAST_APPLIED)
        if last is not None and last["version"] > known:
            raise MigrationError(_is_newer(last, known))
        await _require_known_rules(source)


async def _require_known_rules(source: "Connection | Pool") -> None:
    if not await source.fetchval(EVENTS_THERE):
        return
    rules = await source.fetchval(RECENT_RULES)
    if rules is not None and rules > RULES:
        raise MigrationError(
            f"The ledger is newer than this program: its events were decided by rules revision "
            f"{rules}, and the last that is known here is {RULES}. Use the newer program."
        )


def _is_newer(row: asyncpg.Record, known: int) -> str:
    return (
        f"The database is newer than this program: it has {row['version']:04d}_{row['name']}, and "
        f"the last that is known here is {known:04d}. Use the newer program."
    )


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
            raise MigrationError(_is_newer(row, len(migrations)))
        if row["version"] != expected:
            raise MigrationError(f"The database has {label} but lacks {expected:04d}.")
        if (migration.name, migration.sha256) != (row["name"], row["sha256"]):
            raise MigrationError(
                f"{label} was applied with other content than {migration.label} has now. An "
                "applied file is never edited: put it back and add a new one."
            )
    return migrations[len(applied) :]


async def _apply(connection: "Connection", migration: Migration) -> None:
    for tries_left in reversed(range(TRIES_FOR_TABLE)):
        try:
            async with connection.transaction():
                await connection.execute(migration.sql)
                await connection.execute(NOTE, migration.version, migration.name, migration.sha256)
        except asyncpg.LockNotAvailableError as error:
            if not tries_left:
                raise LedgerUnavailableError(
                    f"{migration.label} found a table in use {TRIES_FOR_TABLE} times, for "
                    f"{WAIT_FOR_TABLE} each, and left no trace; the files before it stay applied. "
                    "Find the long transaction in pg_stat_activity, or choose a quiet hour, and "
                    "run `closeout migrate` again."
                ) from error
            await asyncio.sleep(BETWEEN_TRIES_S)
        except asyncpg.PostgresError as error:
            raise MigrationError(f"{migration.label} failed and left no trace: {error}") from error
        else:
            return


async def _grant(
    connection: "Connection", role: str, grants: Mapping[str, str], *, unread: Sequence[str] = ()
) -> None:
    if not await connection.fetchval(IS_ROLE, role):
        raise MigrationError(f"There is no role {role!r} to grant rights to: create it first.")
    existing = {row[0] for row in await connection.fetch(EXISTING)}
    async with connection.transaction():
        for kind in ("TABLES", "SEQUENCES"):
            await connection.execute(f'REVOKE ALL ON ALL {kind} IN SCHEMA public FROM "{role}"')
        for right, names in grants.items():
            objects = [name for name in names.split(", ") if name in existing]
            if objects or not names:
                await connection.execute(f'GRANT {right} {", ".join(objects)} TO "{role}"')
        for name in (name for name in unread if name in existing):
            await connection.execute(f'REVOKE ALL ON {name} FROM "{role}"')


IS_ROLE = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)"
IS_SUPERUSER = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
EXISTING = """
SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
"""
