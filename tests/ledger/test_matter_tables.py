"""The tables of matters in PostgreSQL: statements, indexes, parties, rights."""

import dataclasses

import asyncpg
import builders as b
import builders_grants as g
import builders_matters as m
import builders_zone as z
import pytest
from contract_matters import CLOSE, OPEN, STREAM, act, decided
from databases import Database

from ledger import matter_queries
from ledger.matter_codec import matter_arguments
from ledger.matters import MatterHead

STATEMENTS = {
    name: value
    for name, value in vars(matter_queries).items()
    if name.isupper() and not name.startswith(("_", "APPEND_ARGUMENTS")) and isinstance(value, str)
}


OWN = (
    matter_queries.find_matters(["zone"], open_only=False, own=True),
    "text, integer, text, text[], text[]",
    "'', 10, 'harbour', '{supplies}', '{mill}'",
)
"""What is asked for an enterprise, each of its two parts by an index of its own."""


async def test_every_statement_can_be_prepared(database: Database) -> None:
    lists = [
        matter_queries.find_matters(matter_queries.MATTER_FILTERS, open_only=open_only)
        for open_only in (False, True)
    ]
    lists.append(matter_queries.find_matters(["zone"], open_only=True, narrow=True))
    lists += [
        matter_queries.find_matters(matter_queries.MATTER_FILTERS, open_only=open_only, own=True)
        for open_only in (False, True)
    ]
    assert len(STATEMENTS) >= 10
    async with database.connection(database.app_url) as connection:
        for statement in [*STATEMENTS.values(), *lists]:
            assert await connection.prepare(statement)


async def test_the_arguments_are_as_many_as_the_functions_take(database: Database) -> None:
    async with database.ledger() as ledger:
        changes = await act(ledger, b.MON_9, OPEN)
    arguments = matter_arguments(MatterHead(1, "", ""), changes)
    assert f"${len(arguments)})" in matter_queries.APPEND_MATTER


async def test_the_lists_of_relay_and_guard_are_read_by_their_indexes(
    untouched_database: Database,
) -> None:
    find = matter_queries.find_matters
    wanted = [
        ("matter_news_idx", matter_queries.MATTERS_WITH_NEWS, "text, integer", "'', 10"),
        ("matter_due_idx", matter_queries.MATTERS_OVERDUE, "timestamptz, integer", "now(), 10"),
        (
            "matter_issues_idx",
            find(["issue"], open_only=False),
            "text, integer, text",
            "'', 10, 'a'",
        ),
        (
            "matter_procedure_idx",
            find(["zone", "procedure"], open_only=False),
            "text, integer, text, text",
            "'', 10, 'harbour', 'supplies'",
        ),
        (
            "matter_party_pkey",
            find(["enterprise"], open_only=False),
            "text, integer, text",
            "'', 10, 'mill'",
        ),
        *((index, *OWN) for index in ("matter_party_pkey", "matter_open_procedure_idx")),
    ]
    async with untouched_database.connection(untouched_database.app_url) as connection:
        await connection.execute("SET enable_seqscan = off")
        for number, (index, query, types, values) in enumerate(wanted):
            name = f"found{number}"
            await connection.execute(f"PREPARE {name} ({types}) AS {query}")
            # Of an empty table the primary key is as cheap; its own index must serve as well.
            by_bitmap = index == "matter_issues_idx"
            await connection.execute(f"SET enable_indexscan = {'off' if by_bitmap else 'on'}")
            plan = await connection.fetch(f"EXPLAIN EXECUTE {name} ({values})")
            assert index in "\n".join(str(row[0]) for row in plan), index


async def test_an_enterprise_finds_what_concerns_it_and_no_more(database: Database) -> None:
    async with database.ledger() as ledger, database.connection() as connection:

        async def parties() -> list[tuple[str, str, str]]:
            rows = await connection.fetch("SELECT zone, enterprise, stream FROM matter_party")
            return sorted(tuple(row) for row in rows)

        await act(ledger, b.MON_9, OPEN)
        await act(ledger, b.MON_9, g.received(300))
        assert await parties() == []
        for enterprise, count in (("mill", 20), ("bakery", 20), ("mill", 260)):
            await act(ledger, b.MON_9, g.issued(count, enterprise))
        both = [(z.ZONE, "bakery", STREAM), (z.ZONE, "mill", STREAM)]
        assert await parties() == both
        await act(ledger, b.MON_9, CLOSE)
        assert await parties() == both
        async with ledger.matter_transaction() as tx:
            head, _ = await tx.lock_matter(STREAM, "none")
        assert head is not None
        fewer = decided(b.MON_9, OPEN, b.COORDINATOR, None, key="other")
        held = fewer.matter.model_copy(update={"key": m.KEY, "version": head.version + 1})
        arguments = matter_arguments(head, dataclasses.replace(fewer, matter=held))
        own = arguments[-matter_queries.MATTER_ARGUMENTS :]
        marks = ", ".join(f"${n}" for n in range(1, len(own) + 1))
        assert await connection.fetchval(f"SELECT ledger_put_matter({marks})", *own)
        assert await parties() == []


async def test_nobody_removes_a_matter_or_edits_its_facts(database: Database) -> None:
    async with database.ledger() as ledger:
        await act(ledger, b.MON_9, OPEN)
    async with database.connection(database.app_url) as connection:
        for statement in ("DELETE FROM matter", "UPDATE event SET text = ''"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
        (kind,) = await connection.fetch("SELECT kind FROM timeline")
    assert kind[0] == "grant_opened"
