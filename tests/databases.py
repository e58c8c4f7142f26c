"""A database of a test's own, and the ledger in it."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from ledger.connections import open_pool
from ledger.postgres import PostgresLedger
from runtime.postgres import ADMIN, APP, OWNER, READER, EmbeddedPostgres

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]


@asynccontextmanager
async def running_server(folder: Path) -> AsyncIterator[EmbeddedPostgres]:
    """Start a PostgreSQL server, and remove its data at the end of the block."""
    server = EmbeddedPostgres(folder)
    try:
        async with server:
            yield server
    finally:
        # As root the data lies outside `folder`, where the server's own user can reach it.
        shutil.rmtree(server.home, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Database:
    """A database of a test's own, by the four roles that may reach it."""

    server: EmbeddedPostgres
    name: str

    @property
    def admin_url(self) -> str:
        """The superuser's address."""
        return self.server.url(ADMIN, self.name)

    @property
    def owner_url(self) -> str:
        """The address for migrations."""
        return self.server.url(OWNER, self.name)

    @property
    def app_url(self) -> str:
        """The address for the application."""
        return self.server.url(APP, self.name)

    @property
    def reader_url(self) -> str:
        """The address for auditors."""
        return self.server.url(READER, self.name)

    @asynccontextmanager
    async def ledger(self, *, size: int = 5) -> AsyncIterator[PostgresLedger]:
        """Open a ledger on a pool of its own, as the application."""
        ledger = PostgresLedger(await open_pool(self.app_url, size=size))
        try:
            yield ledger
        finally:
            await ledger.close()

    @asynccontextmanager
    async def connection(self, url: str | None = None) -> AsyncIterator["Connection"]:
        """Open one plain connection, as the superuser unless `url` says otherwise."""
        connection = await asyncpg.connect(url or self.admin_url)
        try:
            yield connection
        finally:
            await connection.close()

    async def tamper(self, table: str, sql: str, *arguments: object) -> None:
        """Change facts as only a superuser can: with the table's guards silenced."""
        async with self.connection() as connection, connection.transaction():
            await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            await connection.execute(sql, *arguments)
            guard = f"{table}_is_append_only"
            await connection.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {guard}")


SHAPE = """
SELECT md5(string_agg(said, E'\\n' ORDER BY said)) FROM (
  SELECT format('%s %s %s %s %s %s %s', oid::regclass, relkind, relacl, reloptions, relowner,
                relrowsecurity, relforcerowsecurity)
  FROM pg_class WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT format('%s %s', ev_class::regclass, pg_get_ruledef(oid)) FROM pg_rewrite
  WHERE ev_class >= 16384
  UNION ALL SELECT format('%s %s %s %s %s', attrelid::regclass, attname, atttypid,
                                 attnotnull, attacl)
  FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') AND attnum > 0
  UNION ALL SELECT format('%s %s', pg_get_triggerdef(oid), tgenabled)
  FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT format('%s %s %s', md5(pg_get_functiondef(oid)), proacl, proowner)
  FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT format('%s %s', conname, pg_get_constraintdef(oid))
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT format('%s %s', nspname, nspacl) FROM pg_namespace WHERE nspname !~ '^pg_'
  UNION ALL SELECT format('%s %s', setrole, setconfig) FROM pg_db_role_setting
  UNION ALL SELECT format('%s', datacl) FROM pg_database WHERE datname = current_database()
) AS shape (said)
"""
"""What a test must have left as it was, for another test to have its database."""
EMPTIED = """
DO $$
DECLARE
  named record;
  guard record;
  has_rows boolean;
BEGIN
  FOR named IN SELECT oid, oid::regclass AS name, relname FROM pg_class
               WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', named.name) INTO has_rows;
    CONTINUE WHEN NOT has_rows;
    EXECUTE format('ALTER TABLE %s DISABLE TRIGGER ALL', named.name);
    EXECUTE format('DELETE FROM %s', named.name);
    EXECUTE format('ALTER TABLE %s ENABLE TRIGGER ALL', named.name);
    FOR guard IN SELECT tgname FROM pg_trigger WHERE tgrelid = named.oid AND NOT tgisinternal LOOP
      EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', named.name, guard.tgname);
    END LOOP;
  END LOOP;
  PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence;
END $$
"""
GUARDED = """
DO $$
DECLARE
  guard record;
BEGIN
  ALTER TABLE {table} ENABLE TRIGGER ALL;
  FOR guard IN SELECT tgname FROM pg_trigger
               WHERE tgrelid = '{table}'::regclass AND NOT tgisinternal LOOP
    EXECUTE format('ALTER TABLE {table} ENABLE ALWAYS TRIGGER %I', guard.tgname);
  END LOOP;
END $$
"""


class Databases:
    """Migrated databases that tests have one after the other. To copy the template for each takes
    longer than most tests; one that is empty again, and has the shape that it had, is as good."""

    def __init__(self, server: EmbeddedPostgres, template: str) -> None:
        self._server = server
        self._template = template
        self._ground: Ground = ("", {})
        self._spare: list[str] = []
        self._made = 0

    async def take(self) -> Database:
        """Return an empty database."""
        if self._spare:
            return Database(self._server, self._spare.pop())
        return await self.make()

    async def make(self) -> Database:
        """Return a new copy of the template."""
        self._made += 1
        made = Database(self._server, f"test_{self._made}")
        await self._server.create_database(made.name, self._template)
        if not self._ground[0]:
            async with made.connection() as connection:
                self._ground = await _standing(connection)
        return made

    async def give_back(self, database: Database) -> None:
        """Empty a database for another test, or remove it where that cannot be done."""
        if await self._is_as_before(database):
            self._spare.append(database.name)
        else:
            await self._server.drop_database(database.name)

    async def _is_as_before(self, database: Database) -> bool:
        shape, rows = self._ground
        try:
            async with database.connection() as connection:
                await connection.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                if await connection.fetchval(SHAPE) != shape:
                    return False
                await connection.execute(EMPTIED)
                for table, text in rows.items():
                    await _refill(connection, table, text)
                return bool(await connection.fetchval(SHAPE) == shape)
        except (asyncpg.PostgresError, OSError):
            return False


Ground = tuple[str, dict[str, str]]
"""The shape of a database as it was migrated, and the rows of its tables as JSON."""


async def _standing(connection: "Connection") -> Ground:
    tables = await connection.fetch(
        "SELECT oid::regclass::text FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"
    )
    rows = {}
    for (table,) in tables:
        text = await connection.fetchval(f"SELECT json_agg(t)::text FROM {table} AS t")
        if text is not None:
            rows[table] = str(text)
    return str(await connection.fetchval(SHAPE)), rows


async def _refill(connection: "Connection", table: str, text: str) -> None:
    async with connection.transaction():
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        await connection.execute(
            f"INSERT INTO {table} OVERRIDING SYSTEM VALUE"
            f" SELECT * FROM json_populate_recordset(NULL::{table}, $1::text::json)",
            text,
        )
        await connection.execute(GUARDED.format(table=table))
