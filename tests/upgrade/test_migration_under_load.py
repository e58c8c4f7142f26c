"""A ledger of an earlier release is brought up to date while its program goes on writing."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncpg
import pytest
from databases import Database

from ledger import migrate as migrating
from ledger.connections import SESSION
from ledger.migrate import FOLDER, migrate, pending
from ledger.port import LedgerUnavailableError

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

BEFORE: Final = 2_000
"""Rows of a ledger of before, in `event` and in `issue`."""

EVENT: Final = """
INSERT INTO event (stream, version, kind, at, command_id, command_hash, terms, rules, text,
                   previous, hash)
SELECT 'z1/' || name, 1, 'issue_reported', '2026-03-02 01:00Z', name, '', '', 1,
       '{"name":"' || name || '"}', '', md5(name) FROM unnest($1::text[]) AS name
"""
ISSUE: Final = """
INSERT INTO issue (stream, zone, key, version, hash, terms, phase, category, enterprise, owner,
                   handler, tier, priority, title, reported_at, open, answered, snapshot)
SELECT 'z1/' || name, 'z1', name, 1, md5(name), '', 'closed', 'lifts', 'E001', 'street', 'street',
       1, 'ordinary', name, '2026-03-02 01:00Z', false, true, '{}' FROM unnest($1::text[]) AS name
"""
STORED: Final = """
SELECT e.command_id FROM event e JOIN issue i ON i.stream = e.stream AND i.hash = e.hash
WHERE e.text = '{"name":"' || e.command_id || '"}'
"""


def folder_until(tmp_path: Path, last: int) -> Path:
    """Return a folder with the migrations that a release of before came with."""
    folder = tmp_path / f"until-{last:04d}"
    folder.mkdir()
    for file in sorted(FOLDER.glob("*.sql"))[:last]:
        shutil.copy(file, folder)
    return folder


async def store(connection: "Connection", *names: str) -> None:
    """Write as a program of before: an event and its issue, in one transaction."""
    async with connection.transaction():
        await connection.execute(EVENT, names)
        await connection.execute(ISSUE, names)


class Writer:
    """A program of before, with the rights and the time limits of the application."""

    def __init__(self, database: Database) -> None:
        self.acknowledged: list[str] = []
        self._database = database

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Write until the end of the block; every transaction that fails ends it with its error."""
        done = asyncio.Event()
        connection = await asyncpg.connect(self._database.app_url, server_settings=SESSION)
        writing = asyncio.create_task(self._write(connection, done))
        try:
            await self.goes_on()
            yield
            await self.goes_on()
        finally:
            done.set()
            await writing
            await connection.close()

    async def goes_on(self) -> None:
        """Wait until five more were acknowledged."""
        wanted = len(self.acknowledged) + 5
        async with asyncio.timeout(20):
            while len(self.acknowledged) < wanted:  # noqa: ASYNC110  # it writes by itself
                await asyncio.sleep(0.002)

    async def _write(self, connection: "Connection", done: asyncio.Event) -> None:
        while not done.is_set():
            name = f"meanwhile-{len(self.acknowledged)}"
            await store(connection, name)
            self.acknowledged.append(name)
            await asyncio.sleep(0.002)


@pytest.mark.parametrize("last", [9, 24], ids=["much-older", "just-before"])
async def test_a_ledger_of_before_is_migrated_under_its_writer_and_nothing_is_lost(
    empty_database: Database, tmp_path: Path, last: int
) -> None:
    folder = folder_until(tmp_path, last)
    await migrate(empty_database.owner_url, folder=folder)
    names = [f"before-{number}" for number in range(BEFORE)]
    async with empty_database.connection(empty_database.app_url) as connection:
        await store(connection, *names)
    writer = Writer(empty_database)

    async with writer.at_work():
        applied = await asyncio.gather(*(migrate(empty_database.owner_url) for _ in range(2)))

    missing = [file.stem for file in sorted(FOLDER.glob("*.sql"))[last:]]
    assert sorted(applied) == [[], missing]
    assert await pending(empty_database.app_url) == []
    async with empty_database.connection() as connection:
        stored = [row[0] for row in await connection.fetch(STORED)]
    assert sorted(stored) == sorted([*names, *writer.acknowledged])


@pytest.fixture
async def waiting(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder with a migration more that needs the table `issue` alone, over a ledger."""
    monkeypatch.setattr(migrating, "WAIT_FOR_TABLE", "60ms")
    monkeypatch.setattr(migrating, "BETWEEN_TRIES_S", 0.06)
    folder = folder_until(tmp_path, 9)
    await migrate(empty_database.owner_url, folder=folder)
    (folder / "0010_more.sql").write_text("ALTER TABLE issue ADD COLUMN more integer;")
    return folder


async def test_while_a_migration_waits_for_a_long_read_commands_get_through_and_then_it_is_done(
    empty_database: Database, waiting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "TRIES_FOR_TABLE", 200)
    writer = Writer(empty_database)
    async with empty_database.connection() as reader, writer.at_work():
        async with reader.transaction():
            await reader.execute("SELECT count(*) FROM issue")
            migration = asyncio.create_task(migrate(empty_database.owner_url, folder=waiting))
            await asyncio.sleep(0.08)
            await writer.goes_on()
            assert not migration.done()
        assert await migration == ["0010_more"]


async def test_a_read_that_does_not_end_has_the_migration_refused_by_name_without_a_trace(
    empty_database: Database, waiting: Path
) -> None:
    async with empty_database.connection() as reader:
        async with reader.transaction():
            await reader.execute("SELECT count(*) FROM issue")
            with pytest.raises(LedgerUnavailableError, match=r"0010_more found a table in use 5"):
                await migrate(empty_database.owner_url, folder=waiting)
            assert await pending(empty_database.owner_url, folder=waiting) == ["0010_more"]
        assert await migrate(empty_database.owner_url, folder=waiting) == ["0010_more"]
