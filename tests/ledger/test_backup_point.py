"""A dump of one instant, taken while the ledger is written to, and brought back whole."""

from pathlib import Path

import pytest
from databases import Database
from lives import Life, accepted, note, reported, write

from ledger.backup_point import held_snapshot, point_of
from ledger.migrate import MigrationError, migrate
from runtime.dumping import DumpError, dump, load

ROWS = "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {} AS t"
TABLES = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"


async def contents(database: Database) -> dict[str, str | None]:
    """Return what every table holds, as a hash."""
    async with database.connection() as connection:
        names = [row[0] for row in await connection.fetch(TABLES)]
        return {name: await connection.fetchval(ROWS.format(name)) for name in names}


async def test_what_comes_after_the_snapshot_is_not_in_the_dump_and_all_before_it_is(
    database: Database, empty_database: Database, tmp_path: Path
) -> None:
    server, first, second = database.server, Life("a"), Life("b")
    async with database.ledger() as ledger:
        await write(ledger, first.step(reported(), tell=["x"]))
        await write(ledger, first.step(accepted("Z1-2026-1")))
        before = await contents(database)
        async with held_snapshot(database.owner_url) as snapshot:
            await write(ledger, first.step(note()))
            await write(ledger, second.step(reported()))
            await dump(
                database.owner_url,
                tmp_path / "dump",
                bin_dir=server.bin_dir,
                snapshot=snapshot.id,
                jobs=2,
                log=tmp_path / "log",
            )
    await load(
        empty_database.admin_url,
        tmp_path / "dump",
        bin_dir=server.bin_dir,
        jobs=2,
        log=tmp_path / "log",
    )

    assert await point_of(empty_database.owner_url) == snapshot.point
    assert (snapshot.point.events, snapshot.point.streams) == (2, 1)
    assert snapshot.point.zones == ("z1",)
    assert await contents(empty_database) == before
    assert await migrate(empty_database.owner_url) == []
    later = await point_of(database.owner_url)
    assert (later.events, later.streams) == (4, 2)
    assert later.heads != snapshot.point.heads


async def test_a_database_without_a_schema_has_nothing_to_back_up(empty_database: Database) -> None:
    with pytest.raises(MigrationError, match="nothing to back up"):
        await point_of(empty_database.owner_url)


async def test_what_pg_dump_says_is_told(database: Database, tmp_path: Path) -> None:
    with pytest.raises(DumpError, match="pg_dump ended with 1"):
        await dump(
            database.owner_url,
            tmp_path / "dump",
            bin_dir=database.server.bin_dir,
            snapshot="no-such-snapshot",
            jobs=1,
            log=tmp_path / "log",
        )
