"""What the ledger says when PostgreSQL is away, slow or full."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from databases import Database, running_server
from lives import Life, note, reported, write

from ledger.connections import OutboxBell, open_pool
from ledger.migrate import migrate
from ledger.port import LedgerError, LedgerUnavailableError
from ledger.postgres import PostgresLedger
from runtime.postgres import EmbeddedPostgres


@pytest.fixture
async def own_server(tmp_path: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A server that a test may stop."""
    async with running_server(tmp_path) as server:
        yield server


async def test_a_stopped_server_is_unavailable_and_a_started_one_is_not(
    own_server: EmbeddedPostgres,
) -> None:
    server = own_server
    await migrate(server.owner_url)
    ledger = PostgresLedger(await open_pool(server.app_url, size=2))
    life = Life("a")
    await write(ledger, life.step(reported()))
    pending = life.step(note(), command_id="c")

    async def stopped_inside() -> None:
        async with ledger.transaction() as transaction:
            head, _ = await transaction.lock("z1/a", "c")
            await server.stop()
            await transaction.append(head, pending)

    with pytest.raises(LedgerUnavailableError):
        await stopped_inside()
    for _ in range(2):
        with pytest.raises(LedgerUnavailableError):
            await ledger.issue("z1/a")
    with pytest.raises(LedgerUnavailableError):
        await write(ledger, pending)
    with pytest.raises(LedgerUnavailableError):
        async with ledger.take_pokes(5):
            pass
    with pytest.raises(LedgerUnavailableError):
        await open_pool(server.app_url)
    with pytest.raises(LedgerUnavailableError):
        await OutboxBell(server.app_url).notify()

    await server.start()
    await write(ledger, pending)
    assert len(await ledger.records("z1/a")) == 2
    await ledger.close()


async def test_a_server_that_does_not_answer_in_time_is_unavailable(database: Database) -> None:
    ledger = PostgresLedger(await open_pool(database.app_url, size=2, command_timeout_s=0.1))
    await write(ledger, Life("a").step(reported()))
    async with database.connection() as connection, connection.transaction():
        await connection.execute("LOCK TABLE issue IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(LedgerUnavailableError):
            await ledger.issue("z1/a")
    assert await ledger.issue("z1/a") is not None
    await ledger.close()


async def test_a_pool_without_a_free_connection_is_unavailable(database: Database) -> None:
    ledger = PostgresLedger(await open_pool(database.app_url, size=1), acquire_timeout_s=0.05)
    async with ledger.transaction():
        with pytest.raises(LedgerUnavailableError):
            await ledger.issue("z1/a")
        with pytest.raises(LedgerUnavailableError):
            async with ledger.transaction():
                pass
    assert await ledger.issue("z1/a") is None
    await ledger.close()


async def test_a_server_without_room_for_connections_is_unavailable(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("ALTER ROLE closeout_app CONNECTION LIMIT 0")
        try:
            with pytest.raises(LedgerUnavailableError):
                await open_pool(database.app_url)
        finally:
            await connection.execute("ALTER ROLE closeout_app CONNECTION LIMIT -1")


async def test_a_transaction_that_is_cancelled_leaves_no_trace_and_its_connection_works(
    database: Database,
) -> None:
    ledger = PostgresLedger(await open_pool(database.app_url, size=1))
    life = Life("a")
    await write(ledger, life.step(reported()))
    appended = asyncio.Event()

    async def cancelled() -> None:
        async with ledger.transaction() as transaction:
            head, _ = await transaction.lock("z1/a", "c")
            await transaction.append(head, life.step(note(), command_id="c"))
            appended.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(cancelled())
    await appended.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(await ledger.records("z1/a")) == 1
    await ledger.close()


async def test_a_closed_ledger_is_unavailable(database: Database) -> None:
    ledger = PostgresLedger(await open_pool(database.app_url, size=1))
    await ledger.close()
    with pytest.raises(LedgerUnavailableError):
        await ledger.issue("z1/a")


async def test_an_argument_that_does_not_fit_is_an_error_and_no_reason_to_retry(
    database: Database,
) -> None:
    async with database.ledger() as ledger:
        with pytest.raises(LedgerError) as refused:
            await ledger.records("z1/a", after_version=2**40)
        assert not isinstance(refused.value, LedgerUnavailableError)
