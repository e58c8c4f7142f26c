"""The ledger in PostgreSQL keeps the contract, in four round trips a command."""

import asyncio
import dataclasses
import itertools
import json
from contextlib import AsyncExitStack

import pytest
from contract import MakeLedger
from contract_asof import AsOfContract
from contract_callbacks import CallbacksContract, TextsContract
from contract_exports import ExportsContract
from contract_kin import KinContract
from contract_matters import MattersContract
from contract_matters_past import MattersPastContract
from contract_orders import OrdersContract
from contract_publications import PublicationsContract
from contract_reading import ReadingContract
from contract_receipts import ReceiptsContract, receipt
from contract_reports import ReportsContract
from contract_writing import WritingContract
from databases import Database
from lives import Life, at, note, reported, told, write

from domain.chain import Record
from domain.notifying import ReceiptKind
from ledger import queries
from ledger.codec import append_arguments
from ledger.connections import open_pool
from ledger.port import ClockRow, CommandRow, FiringRow, Head, HistoryRow, NoticeRow, Refusal
from ledger.postgres import PostgresLedger
from ledger.postgres_receipts import NAMED
from ledger.publications import (
    CalendarRow,
    HandbookPublicationRow,
    HandbookRow,
    OpenRow,
    PlanRow,
    ProvisionalRow,
    PublicationRow,
    TaskRow,
)
from ledger.receipts import ContentRow, Telling

STATEMENTS = {
    name: value
    for name, value in vars(queries).items()
    if name.isupper() and not name.startswith("_") and isinstance(value, str)
}
LISTS = {
    "+".join((*names, *["open"] * open_only)) or "all": queries.find(names, open_only=open_only)
    for count in range(len(queries.FILTERS) + 1)
    for names in itertools.combinations(queries.FILTERS, count)
    for open_only in (False, True)
}


class TestPostgresLedger(
    WritingContract,
    ReadingContract,
    PublicationsContract,
    OrdersContract,
    MattersContract,
    MattersPastContract,
    KinContract,
    CallbacksContract,
    TextsContract,
    ExportsContract,
    ReceiptsContract,
    ReportsContract,
    AsOfContract,
):
    @pytest.fixture
    def make_ledger(self, database: Database) -> MakeLedger:
        return lambda: database.ledger(size=12)


async def test_to_be_found_by_its_incident_costs_an_issue_no_second_write(
    database: Database,
) -> None:
    """A command that moves neither deadline nor owner writes the row and none of its indexes, as
    long as no index names the snapshot."""
    async with database.ledger() as ledger:
        await write(ledger, Life("a").step(reported()))
    async with database.connection() as connection, connection.transaction():
        await connection.execute("UPDATE issue SET snapshot = snapshot || ' '")
        hot = "SELECT pg_stat_get_xact_tuples_hot_updated('issue'::regclass)"
        assert await connection.fetchval(hot) == 1


async def test_an_incident_is_looked_up_by_its_index(untouched_database: Database) -> None:
    async with untouched_database.connection() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        plan = await connection.fetch(
            f"EXPLAIN {queries.find(['incident'], open_only=False)}", "", 100, "flood"
        )
    assert "issue_incident_idx" in "\n".join(row[0] for row in plan)


async def test_notices_and_their_events_are_looked_up_by_key(untouched_database: Database) -> None:
    async with untouched_database.connection() as connection, connection.transaction():
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        plan = await connection.fetch(f"EXPLAIN {NAMED}", ["z1/a/1/officer"])
    text = "\n".join(row[0] for row in plan)
    assert "notice_pkey" in text
    assert "event_pkey" in text


async def test_who_tell_the_same_notices_together_never_wait_for_each_other_in_a_ring(
    database: Database,
) -> None:
    names = [f"post{number}" for number in range(20)]
    async with database.ledger(size=2) as ledger:
        for key in map(str, range(8)):
            await told(ledger, key, *names)
            ids = [each.id for each in await ledger.notices(f"z1/{key}")]
            ways = (
                [Telling(settled=(id_,), settled_at=at(1)) for id_ in ids],
                [Telling((receipt(id_, ReceiptKind.DELIVERED, at(1)),)) for id_ in ids],
                [Telling(contents=(ContentRow(id_, "Said.", at(1)),)) for id_ in ids],
            )
            for way in ways:
                await asyncio.gather(ledger.put_telling(*way), ledger.put_telling(*reversed(way)))
        assert await ledger.undelivered() == 0


async def test_every_statement_can_be_prepared(database: Database) -> None:
    assert len(STATEMENTS) > 20
    async with database.connection(database.app_url) as connection:
        for name, statement in {**STATEMENTS, **LISTS}.items():
            assert await connection.prepare(statement), name


@pytest.mark.parametrize(
    ("statement", "row"),
    [
        (queries.RECORDS, Record),
        (queries.COMMANDS, CommandRow),
        (queries.CLOCKS, ClockRow),
        (queries.FIRINGS, FiringRow),
        (queries.NOTICE, NoticeRow),
        (queries.REFUSALS, Refusal),
        (queries.HISTORIES, HistoryRow),
        (queries.NEWEST_PUBLICATIONS, PublicationRow),
        (queries.PUBLICATION, PublicationRow),
        (queries.CALENDAR_VERSION, CalendarRow),
        (queries.NEWEST_HANDBOOKS, HandbookPublicationRow),
        (queries.HANDBOOK_PUBLICATIONS, HandbookPublicationRow),
        (queries.HANDBOOK_VERSION, HandbookRow),
        (queries.OPEN_BY_OWNER, OpenRow),
        (queries.ADOPTIONS, CommandRow),
        (queries.PLANS, PlanRow),
        (queries.TASKS, TaskRow),
        (queries.PROVISIONAL_CLOCKS, ProvisionalRow),
    ],
)
async def test_columns_come_in_the_order_of_the_fields(
    database: Database, statement: str, row: type
) -> None:
    async with database.connection(database.app_url) as connection:
        columns = [a.name for a in (await connection.prepare(statement)).get_attributes()]
    assert columns == [field.name for field in dataclasses.fields(row)]


async def test_the_lock_gives_the_fields_of_the_head_and_of_the_command(database: Database) -> None:
    async with database.connection(database.app_url) as connection:
        attributes = (await connection.prepare(queries.LOCK)).get_attributes()
    assert [a.name for a in attributes] == [
        *(f"head_{field.name}" for field in dataclasses.fields(Head)),
        *(field.name for field in dataclasses.fields(CommandRow)),
    ]


async def test_the_arguments_of_the_append_are_as_many_as_the_function_takes() -> None:
    changes = Life("a").step(reported())
    assert f"${len(append_arguments(None, changes))})" in queries.APPEND
    assert f"${len(append_arguments(None, changes)) + 1} AND" in queries.APPEND_AT_ONCE


async def test_a_command_takes_four_round_trips(database: Database) -> None:
    pool = await open_pool(database.app_url, size=1)
    ledger = PostgresLedger(pool)
    life = Life("a")
    for changes in (life.step(reported()), life.step(note()), life.step(note())):
        await write(ledger, changes)
    sent: list[str] = []
    async with pool.acquire() as connection:
        connection.add_query_logger(lambda query: sent.append(query.query))
    await write(ledger, life.step(note(), poke=True, tell=["x"]))
    assert sent == ["BEGIN;", queries.LOCK, queries.APPEND, "COMMIT;"]
    await ledger.close()


async def test_no_event_can_appear_at_or_below_the_safe_position(database: Database) -> None:
    """The transaction that is older by its number holds the higher position, and commits first."""
    async with database.ledger() as ledger:
        first, second, third = Life("a"), Life("b"), Life("c")
        for life in (first, second, third):
            await write(ledger, life.step(reported()))
        ends_first, ends_last = AsyncExitStack(), AsyncExitStack()
        older = await ends_first.enter_async_context(ledger.transaction())
        head_of_first, _ = await older.lock("z1/a", "older")
        younger = await ends_last.enter_async_context(ledger.transaction())
        head_of_second, _ = await younger.lock("z1/b", "younger")
        await younger.append(head_of_second, second.step(note(), command_id="younger"))
        await older.append(head_of_first, first.step(note(), command_id="older"))
        await ends_first.aclose()
        await write(ledger, third.step(note()))
        assert await ledger.safe_position() == 3
        assert len(await ledger.follow(0, 10)) == 3
        await ends_last.aclose()
        followed = [(position, record.stream) for position, record in await ledger.follow(3, 10)]
        assert followed == [(4, "z1/b"), (5, "z1/a"), (6, "z1/c")]


async def test_an_open_transaction_that_appends_nothing_holds_no_follower_up(
    database: Database,
) -> None:
    async with database.ledger() as ledger:
        life = Life("a")
        await write(ledger, life.step(reported(), poke=True))
        async with ledger.take_pokes(5) as batch:
            assert len(batch.pokes) == 1
            await write(ledger, life.step(note()))
            assert await ledger.safe_position() == 2


async def test_the_timeline_says_who_did_what(database: Database) -> None:
    """PostgreSQL's JSON knows no NUL (no text may hold one); what only looks like one stays."""
    async with database.ledger() as ledger:
        looks = note(text="Rung twice, \\u0000.")
        await write(ledger, Life("a").step(reported(), looks))
    async with database.connection(database.app_url) as connection:
        rows = await connection.fetch("SELECT * FROM timeline ORDER BY stream, version")
    assert [(row["version"], row["kind"], row["actor"]) for row in rows] == [
        (1, "issue_reported", "closeout"),
        (2, "note_added", "closeout"),
    ]
    assert json.loads(rows[1]["summary"])["text"] == "Rung twice, \\u0000."


async def test_many_writers_on_many_issues_neither_block_nor_lose(database: Database) -> None:
    async with database.ledger(size=12) as ledger:
        lives = [Life(f"i{number}") for number in range(12)]

        async def whole(life: Life) -> None:
            await write(ledger, life.step(reported(), poke=True))
            for hours in range(5):
                await write(ledger, life.step(note(hours)))

        await asyncio.gather(*(whole(life) for life in lives))
        assert await ledger.safe_position() == 72
        assert [p for p, _ in await ledger.follow(0, 100)] == list(range(1, 73))
