"""Published figures in memory and in PostgreSQL: one contract, and the table's own guards."""

import dataclasses

import asyncpg
import pytest
from contract import MakeLedger
from contract_figures import FIGURE, FiguresContract, put
from databases import Database
from test_memory_ledger import memory_ledger

from ledger import figure_queries
from ledger.figures import FigureRow

STATEMENTS = {
    name: value
    for name, value in vars(figure_queries).items()
    if name.isupper() and not name.startswith("_") and isinstance(value, str)
}


class TestFiguresInMemory(FiguresContract):
    @pytest.fixture
    def make_ledger(self) -> MakeLedger:
        return memory_ledger


class TestFiguresInPostgres(FiguresContract):
    @pytest.fixture
    def make_ledger(self, database: Database) -> MakeLedger:
        return database.ledger


async def test_every_statement_can_be_prepared_and_gives_the_fields_in_order(
    database: Database,
) -> None:
    fields = [field.name for field in dataclasses.fields(FigureRow)]
    async with database.connection(database.app_url) as connection:
        for name, statement in STATEMENTS.items():
            prepared = await connection.prepare(statement)
            if name in ("FIGURE", "NEWEST_FIGURE", "FIGURES"):
                assert [each.name for each in prepared.get_attributes()] == fields


async def test_a_prefix_is_read_by_the_key_of_the_events(untouched_database: Database) -> None:
    async with untouched_database.connection(untouched_database.app_url) as connection:
        await connection.execute("SET enable_seqscan = off")
        await connection.execute("SET enable_sort = off")
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        types = "text, integer, bigint, text, integer"
        await connection.execute(f"PREPARE prefix ({types}) AS {figure_queries.PREFIX}")
        plan = await connection.fetch("EXPLAIN EXECUTE prefix ('z1/', 0, 9, 'z10', 9)")
    said = "\n".join(str(row[0]) for row in plan)
    assert "event_pkey" in said
    assert "Sort" not in said


async def test_no_role_changes_or_removes_a_figure_and_each_waits_for_its_leaf(
    database: Database,
) -> None:
    async with database.ledger() as ledger:
        row = await put(ledger)
        assert await ledger.put_figure(FIGURE) is None
    for change in ("UPDATE figure SET digits = '{}'", "DELETE FROM figure", "TRUNCATE figure"):
        async with database.connection(database.app_url) as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(change)
        async with database.connection() as connection:
            await connection.execute("SET session_replication_role = replica")
            with pytest.raises(asyncpg.RestrictViolationError, match="facts are only added"):
                await connection.execute(change)
    async with database.connection() as connection:
        pending = "SELECT key FROM log_pending WHERE kind = 'figure'"
        assert [each["key"] for each in await connection.fetch(pending)] == [str(row.sequence)]
