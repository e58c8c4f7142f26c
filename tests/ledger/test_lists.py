"""Lists are the same in memory and in PostgreSQL, and found by their indexes there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from contract import MakeLedger
from contract_lists import NOW, ListsContract, grown
from databases import Database
from lives import Life, note, reported, write

from domain.access import Horizon
from ledger import list_queries
from ledger.lists import Narrowed, Order, Place, Sort
from ledger.memory import MemoryLedger
from ledger.port import Ledger


@asynccontextmanager
async def memory_ledger() -> AsyncIterator[Ledger]:
    yield MemoryLedger()


class TestMemoryLists(ListsContract):
    @pytest.fixture
    def make_ledger(self) -> MakeLedger:
        return memory_ledger


class TestPostgresLists(ListsContract):
    @pytest.fixture
    def make_ledger(self, database: Database) -> MakeLedger:
        return database.ledger


@pytest.mark.parametrize(
    ("index", "horizon", "order"),
    [
        ("issue_reported_idx", Horizon(zone="z1", whole=True), Order(Sort.REPORTED_AT)),
        ("issue_deadline_idx", Horizon(zone="z1", whole=True), Order(Sort.DEADLINE_AT, True)),
        ("issue_pkey", Horizon(zone="z1", whole=True), Order()),
        ("event_position_key", Horizon(zone="z1", whole=True), Order(Sort.CHANGED, True)),
    ],
)
async def test_a_list_is_found_by_an_index(
    untouched_database: Database, index: str, horizon: Horizon, order: Order
) -> None:
    query, arguments = list_queries.listed(horizon, Narrowed(), order, NOW, None, 51)
    async with untouched_database.connection(untouched_database.app_url) as connection:
        await connection.execute("SET enable_seqscan = off")
        await connection.execute("SET enable_sort = off")
        plan = await connection.fetch(f"EXPLAIN {query}", *arguments)
    assert index in "\n".join(str(row[0]) for row in plan)


async def test_of_millions_of_events_a_list_of_what_changed_last_joins_and_sorts_none(
    untouched_database: Database,
) -> None:
    whole = Horizon(zone="z1", whole=True)
    query, _ = list_queries.listed(whole, Narrowed(), Order(Sort.CHANGED, True), NOW, None, 51)
    async with untouched_database.ledger() as ledger:
        await write(ledger, Life("a").step(reported()))
    async with untouched_database.connection() as connection:
        await connection.execute("ANALYZE event, issue")
        await connection.execute(
            "UPDATE pg_class SET reltuples = CASE relname WHEN 'event' THEN 14e6 ELSE 1e6 END"
            " WHERE relname IN ('event', 'issue')"
        )
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE asked AS {query}")
        plan = await connection.fetch("EXPLAIN EXECUTE asked('z1', 51)")
    told = "\n".join(str(row[0]) for row in plan)
    assert "event_position_key" in told
    assert "Hash" not in told
    assert "Merge" not in told


async def test_whom_an_issue_concerns_is_looked_up_in_one_index(
    untouched_database: Database,
) -> None:
    horizon = Horizon(zone="z1", units=frozenset({"roads"}), posts=frozenset({"street"}))
    query, arguments = list_queries.listed(horizon, Narrowed(), Order(), NOW, None, 51)
    assert "i.hands && $2::text[]" in query
    assert arguments[1] == ["part:roads", "post:street"]
    async with untouched_database.connection(untouched_database.app_url) as connection:
        await connection.execute("SET enable_seqscan = off")
        plan = await connection.fetch("EXPLAIN SELECT FROM issue i WHERE i.hands && $1", ["part:x"])
    assert "issue_hands_idx" in "\n".join(str(row[0]) for row in plan)


async def test_whom_an_issue_concerns_is_written_by_the_database_and_by_nobody_else(
    database: Database,
) -> None:
    async with database.ledger() as ledger:
        await grown(ledger, 12)
        async with database.connection() as connection:
            with pytest.raises(Exception, match="can only be updated to DEFAULT"):
                await connection.execute("UPDATE issue SET hands = '{}'")


async def test_a_note_writes_none_of_the_indexes_of_lists(database: Database) -> None:
    async with database.ledger() as ledger:
        life = Life("a")
        await write(ledger, life.step(reported()))
        await write(ledger, life.step(note()))
    async with database.connection() as connection, connection.transaction():
        await connection.execute("UPDATE issue SET snapshot = snapshot || ' ', version = 3")
        hot = "SELECT pg_stat_get_xact_tuples_hot_updated('issue'::regclass)"
        assert await connection.fetchval(hot) == 1


async def test_a_row_that_cannot_be_read_leaves_its_page_whole(database: Database) -> None:
    whole = Horizon(zone="z1", whole=True)
    async with database.ledger() as ledger:
        for key in ("a", "b", "c", "d"):
            await write(ledger, Life(key).step(reported()))
        async with database.connection() as connection:
            await connection.execute(
                "UPDATE issue SET snapshot = replace(snapshot, '\"phase\"', '\"later\"')"
                " WHERE key = 'b'"
            )
        found = await ledger.listed(whole, Narrowed(), Order(), at=NOW, limit=3)
        assert [each.row.issue.key for each in found] == ["a", "c", "d"]
        behind = await ledger.listed(
            whole, Narrowed(), Order(), at=NOW, after=Place("z1/a"), limit=1
        )
        assert [each.row.issue.key for each in behind] == ["c"]
