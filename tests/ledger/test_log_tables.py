"""The transparency log in PostgreSQL: every fact has one place, and no place is empty."""

import asyncio
from datetime import timedelta

import pytest
from contract_publications import handbook, plan, publish, publish_handbook, raise_task, version
from databases import Database
from lives import Life, at, reported, write

from domain.canonical import sha256
from domain.leaves import event_leaf, fact_leaf, row_hash
from domain.merkle import (
    consistency_ranges,
    inclusion_ranges,
    is_consistent,
    is_included,
    leaf_hash,
    root_of,
)
from ledger.log import CheckpointRow
from ledger.log_rows import FACT_TABLES
from ledger.port import HistoryRow, LedgerError, Refusal
from ledger.postgres import PostgresLedger
from ledger.postgres_log import STEP, log_of


async def every_fact(ledger: PostgresLedger) -> None:
    await write(ledger, Life("a").step(reported()))
    await ledger.put_terms(sha256("x"), "z1", "x", at(0))
    await ledger.put_history(HistoryRow("r", "w", "completed", 1, sha256("y"), b"", at(1)))
    await ledger.put_refusal(Refusal("c", "z1/b", "report_issue", at(2), "{}", "invalid", "no"))
    await raise_task(ledger, "b")
    await publish(ledger, version("v", until=2026))
    await publish_handbook(ledger, handbook("h"))
    await ledger.end_plan((await ledger.put_plan(plan())).sequence, at(3))
    await ledger.put_log_key("key", None, at(4))
    await ledger.put_anchor(3, "file", "here", "receipt", at(5))


async def fetched(database: Database, query: str) -> list[tuple[object, ...]]:
    async with database.connection(database.owner_url) as connection:
        return [tuple(row) for row in await connection.fetch(query)]


async def carried_on(ledger: PostgresLedger, limit: int = 5000) -> int:
    total = 0
    while count := await ledger.log_extend(limit):
        total += count
    return total


@pytest.mark.parametrize("limit", [1, 3, 5000])
async def test_every_fact_gets_one_place_and_its_leaf(database: Database, limit: int) -> None:
    async with database.ledger() as ledger:
        await every_fact(ledger)

        total = await carried_on(ledger, limit)

        entries = await ledger.log_entries(0, 1000)
        assert [entry.index for entry in entries] == list(range(total))
        assert await ledger.log_size() == total
        assert await ledger.log_waiting() == 0
        filled = FACT_TABLES.keys() - {
            "command",
            "callback_draw",
            "erasure",
            "figure",
            "audit_read",
            "notice_content",
            "notice_receipt",
            "notice_template",
            "admission",
            "webhook",
            "dead_letter",
            "verification",
            "report",
            "attestation",
            "routine_run",
        }
        assert {entry.kind for entry in entries} == {"event"} | filled
        for entry in entries:
            assert entry.hash == leaf_hash(
                await leaf_of(ledger, entry.kind, entry.key, entry.position)
            )
        assert await ledger.log_extend() == 0


async def leaf_of(
    ledger: PostgresLedger, kind: str, key: str | None, position: int | None
) -> bytes:
    if position is not None:
        (stub,) = await ledger.event_stubs(position - 1, position, 1)
        command = None if stub.command is None else row_hash(stub.command)
        return event_leaf(stub.stream, stub.version, position, stub.hash, command)
    assert key is not None
    return fact_leaf(kind, key, (await ledger.fact_rows(kind, [key]))[key])


async def test_the_first_event_of_a_command_binds_the_commands_row(database: Database) -> None:
    async with database.ledger() as ledger:
        await write(ledger, Life("a").step(reported()))

        (first,) = await ledger.event_stubs(0, 10, 10)

        assert first.command is not None
        assert first.command["id"] == (await ledger.commands("z1/a"))[0].id
        assert set(first.command) == set(FACT_TABLES["command"].columns)


async def test_every_column_of_a_table_of_facts_is_in_its_leaf(database: Database) -> None:
    """But those that are settled later, and those that PostgreSQL computes from others."""
    rows = await fetched(
        database,
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND is_generated = 'NEVER'",
    )
    columns: dict[object, set[object]] = {}
    for table, column in rows:
        columns.setdefault(table, set()).add(column)

    settled = {"settled_at", "settled_by"}
    left = {name: columns[name] - set(table.columns) for name, table in FACT_TABLES.items()}
    assert {name: over for name, over in left.items() if over} == {"administrative_task": settled}


async def test_every_append_only_table_is_logged_or_made_of_the_log(database: Database) -> None:
    rows = await fetched(
        database,
        "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%_is_append_only'",
    )

    own = {"event", "checkpoint", "log_entry", "log_node"}
    assert {row[0] for row in rows} - own == FACT_TABLES.keys() - {"administrative_task"}


async def test_proofs_hold_between_stored_nodes_and_leaves(database: Database) -> None:
    async with database.ledger() as ledger:
        life = Life("a")
        await write(ledger, life.step(reported()))
        for number in range(STEP * 2 + 40):
            await ledger.put_refusal(
                Refusal(f"c{number}", "z1/b", "report_issue", at(2), "{}", "invalid", "no")
            )
        await carried_on(ledger, 100)
        hashes = [entry.hash for entry in await ledger.log_entries(0, 1000)]
        size, root = len(hashes), root_of(hashes)

        assert await ledger.log_root((0, size)) == root
        assert (await ledger.log_frontier()).root() == root
        nodes = await fetched(database, "SELECT level, index, hash FROM log_node ORDER BY 1, 2")
        expected = [(1, at, root_of(hashes[at * STEP : (at + 1) * STEP])) for at in range(2)]
        assert nodes == expected
        for index in (0, 1, STEP - 1, STEP, 2 * STEP, size - 1):
            path = [await ledger.log_root(part) for part in inclusion_ranges(index, size)]
            assert is_included(hashes[index], index, size, path, root)
        for old in (1, STEP, STEP + 1, size):
            path = [await ledger.log_root(part) for part in consistency_ranges(old, size)]
            assert is_consistent(old, root_of(hashes[:old]), size, root, path)


async def test_many_writers_and_sequencers_at_once_leave_no_gap_and_name_nothing_twice(
    database: Database,
) -> None:
    async with database.ledger() as ledger:
        names = [f"i{number}" for number in range(30)]

        async def live(name: str) -> None:
            await write(ledger, Life(name).step(reported()))
            await ledger.put_refusal(
                Refusal(name, f"z1/{name}", "report_issue", at(2), "{}", "invalid", "no")
            )

        await asyncio.gather(
            *(live(name) for name in names), *(ledger.log_extend(7) for _ in range(20))
        )
        await carried_on(ledger)

        entries = await ledger.log_entries(0, 1000)
        assert [entry.index for entry in entries] == list(range(len(entries)))
        facts = {(entry.kind, entry.key, entry.position) for entry in entries}
        assert len(facts) == len(entries)
        assert sum(entry.kind == "event" for entry in entries) == len(names)
        assert sum(entry.kind == "refusal" for entry in entries) == len(names)


async def test_an_event_has_no_place_while_an_older_writer_has_not_ended(
    database: Database,
) -> None:
    async with database.ledger() as ledger:
        await write(ledger, Life("a").step(reported()))
        async with ledger.transaction() as late:
            head, _ = await late.lock("z1/b", "late")
            await late.append(head, Life("b").step(reported()))
            await write(ledger, Life("c").step(reported()))
            before = await logged_events(ledger)
        after = await logged_events(ledger)

    assert before == ["z1/a"]
    assert after == ["z1/a", "z1/b", "z1/c"]


async def logged_events(ledger: PostgresLedger) -> list[str]:
    await carried_on(ledger)
    positions = [entry.position for entry in await ledger.log_entries(0, 1000) if entry.position]
    stubs = [(await ledger.event_stubs(each - 1, each, 1))[0] for each in positions]
    return [stub.stream for stub in stubs]


async def test_checkpoints_are_kept_once_for_each_size(database: Database) -> None:
    async with database.ledger() as ledger:
        row = CheckpointRow(3, "ab", at(1), "note")

        assert await ledger.put_checkpoint(row)
        assert not await ledger.put_checkpoint(CheckpointRow(3, "cd", at(2), "other"))
        assert await ledger.put_checkpoint(CheckpointRow(9, "ef", at(1) + timedelta(1), "note"))

        assert await ledger.checkpoint(3) == row
        newest = await ledger.checkpoint()
        assert newest is not None
        assert newest.size == 9
        assert [each.size for each in await ledger.checkpoints(after_size=3)] == [9]


async def test_a_fact_that_waits_and_is_gone_stops_the_log_by_name(database: Database) -> None:
    async with database.ledger() as ledger:
        await carried_on(ledger)
        await fetched(database, "INSERT INTO log_pending (kind, key) VALUES ('terms', 'gone')")

        with pytest.raises(LedgerError, match="terms gone waits for the log and is not there"):
            await ledger.log_extend()


def test_a_ledger_in_memory_says_that_it_keeps_no_log() -> None:
    with pytest.raises(LedgerError, match="in memory"):
        log_of(object())
