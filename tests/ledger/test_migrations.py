"""Migrations go forward only, once, and refuse what they do not know."""

import asyncio
import shutil
from pathlib import Path

import asyncpg
import pytest
from databases import Database

from ledger.migrate import FOLDER, MigrationError, migrate, pending, read_migrations
from ledger.port import LedgerUnavailableError
from runtime.postgres import APP

SHIPPED = [migration.label for migration in read_migrations()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of migrations of our own: one that makes a table, one that fills it."""
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE first (id integer);")
    (tmp_path / "0002_second.sql").write_text("INSERT INTO first VALUES (2);")
    return tmp_path


async def test_a_fresh_database_gets_every_file_once(empty_database: Database) -> None:
    assert await pending(empty_database.owner_url) == SHIPPED
    assert await migrate(empty_database.owner_url) == SHIPPED
    assert await migrate(empty_database.owner_url) == []
    assert await pending(empty_database.app_url) == []


async def test_two_at_once_apply_once(empty_database: Database) -> None:
    applied = await asyncio.gather(*(migrate(empty_database.owner_url) for _ in range(3)))
    assert sorted(applied) == [[], [], SHIPPED]


async def test_an_edited_file_is_refused_and_nothing_is_applied(
    empty_database: Database, folder: Path
) -> None:
    await migrate(empty_database.owner_url, folder=folder)
    (folder / "0001_first.sql").write_text("CREATE TABLE first (id bigint);")
    (folder / "0003_third.sql").write_text("INSERT INTO first VALUES (3);")
    with pytest.raises(MigrationError, match="0001_first was applied with other content"):
        await migrate(empty_database.owner_url, folder=folder)
    async with empty_database.connection() as connection:
        assert await connection.fetchval("SELECT array_agg(id) FROM first") == [2]


async def test_a_newer_database_is_refused(empty_database: Database, folder: Path) -> None:
    await migrate(empty_database.owner_url, folder=folder)
    (folder / "0002_second.sql").unlink()
    for act in (migrate, pending):
        with pytest.raises(MigrationError, match="newer than this program: it has 0002_second"):
            await act(empty_database.owner_url, folder=folder)


async def test_a_file_that_fails_leaves_those_before_it_and_no_trace_of_itself(
    empty_database: Database, folder: Path
) -> None:
    broken = folder / "0003_third.sql"
    broken.write_text("CREATE TABLE third (id integer); SELECT 1 / 0;")
    with pytest.raises(MigrationError, match="0003_third failed and left no trace"):
        await migrate(empty_database.owner_url, folder=folder)
    broken.write_text("CREATE TABLE third (id integer);")
    assert await migrate(empty_database.owner_url, folder=folder) == ["0003_third"]


async def test_the_list_of_what_was_applied_is_append_only(database: Database) -> None:
    async with database.connection(database.owner_url) as connection:
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute("UPDATE schema_migration SET sha256 = 'x'")


@pytest.mark.parametrize("name", ["0004_gap.sql", "third.sql", "0002_again.sql"])
def test_files_are_numbered_without_gaps_or_doubles(folder: Path, name: str) -> None:
    (folder / name).write_text("SELECT 1;")
    with pytest.raises(MigrationError):
        read_migrations(folder)


async def test_a_role_that_is_not_there_is_named(empty_database: Database) -> None:
    with pytest.raises(MigrationError, match="no role 'nobody_known'"):
        await migrate(empty_database.owner_url, application_role="nobody_known")
    with pytest.raises(MigrationError, match="no name of a role"):
        await migrate(empty_database.owner_url, application_role='x"; DROP TABLE event')


async def test_a_server_that_is_away_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailableError):
        await migrate(f"postgresql://{APP}:x@/closeout?host={tmp_path}&port=5432")


async def test_a_table_in_use_is_waited_for_and_then_given_up(
    empty_database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(empty_database.owner_url, folder=folder)
    (folder / "0003_third.sql").write_text("ALTER TABLE first ADD COLUMN name text;")
    monkeypatch.setattr("ledger.migrate.WAIT_FOR_TABLE", "50ms")
    monkeypatch.setattr("ledger.migrate.BETWEEN_TRIES_S", 0.01)
    async with empty_database.connection() as connection, connection.transaction():
        await connection.execute("LOCK TABLE first IN ACCESS SHARE MODE")
        with pytest.raises(LedgerUnavailableError):
            await migrate(empty_database.owner_url, folder=folder)
    assert await migrate(empty_database.owner_url, folder=folder) == ["0003_third"]


def test_an_applied_file_reads_the_same_after_a_copy(tmp_path: Path) -> None:
    copied = tmp_path / "copied"
    shutil.copytree(FOLDER, copied)
    assert read_migrations(copied) == read_migrations()
