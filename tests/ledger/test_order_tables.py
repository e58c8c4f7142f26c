"""The tables of supervision orders in PostgreSQL: statements, indexes, rights."""

import asyncpg
import builders as b
import builders_orders as o
import pytest
from contract_orders import act
from databases import Database

from ledger import order_queries, queries
from ledger.order_codec import order_arguments
from ledger.orders import OrderHead

STATEMENTS = {
    name: value
    for name, value in vars(order_queries).items()
    if name.isupper() and not name.startswith("_") and isinstance(value, str)
}


async def test_every_statement_can_be_prepared(database: Database) -> None:
    lists = [
        order_queries.find_orders(order_queries.ORDER_FILTERS, open_only=True, in_sight=in_sight)
        for in_sight in (False, True)
    ]
    assert len(STATEMENTS) >= 10
    async with database.connection(database.app_url) as connection:
        for statement in [*STATEMENTS.values(), *lists]:
            assert await connection.prepare(statement)


async def test_the_arguments_are_as_many_as_the_functions_take(database: Database) -> None:
    async with database.ledger() as ledger:
        changes = await act(ledger, b.MON_9, o.issue())
    arguments = order_arguments(OrderHead(1, "", ""), changes)
    assert f"${len(arguments)})" in order_queries.APPEND_ORDER
    assert f"${order_queries.APPEND_ARGUMENTS})" in queries.APPEND


async def test_the_lists_of_relay_and_guard_are_read_by_their_indexes(
    untouched_database: Database,
) -> None:
    wanted = {
        "supervision_order_news_idx": (
            order_queries.ORDERS_WITH_NEWS,
            "text, integer",
            "'', 10",
        ),
        "supervision_order_due_idx": (
            order_queries.ORDERS_OVERDUE,
            "timestamptz, integer",
            "now(), 10",
        ),
        "supervision_order_issues_idx": (
            order_queries.find_orders(["issue"], open_only=False),
            "text, integer, text",
            "'', 10, 'a'",
        ),
    }
    async with untouched_database.connection(untouched_database.app_url) as connection:
        await connection.execute("SET enable_seqscan = off")
        await connection.execute("SET enable_indexscan = on")
        for number, (index, (query, types, values)) in enumerate(wanted.items()):
            name = f"found{number}"
            await connection.execute(f"PREPARE {name} ({types}) AS {query}")
            if index == "supervision_order_issues_idx":
                # Of an empty table the primary key is as cheap; its own index must serve as well.
                await connection.execute("SET enable_indexscan = off")
            plan = await connection.fetch(f"EXPLAIN EXECUTE {name} ({values})")
            assert index in "\n".join(str(row[0]) for row in plan)


async def test_nobody_removes_an_order_or_edits_its_facts(database: Database) -> None:
    async with database.ledger() as ledger:
        await act(ledger, b.MON_9, o.issue())
    async with database.connection(database.app_url) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM supervision_order")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("UPDATE event SET text = ''")
        rows = await connection.fetch("SELECT kind, actor FROM timeline")
    assert [tuple(row) for row in rows] == [("order_issued", "supervision (supervision.a)")]
