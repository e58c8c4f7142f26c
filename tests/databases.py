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
