"""A row that this program cannot read, of a later program or spoilt, stops nothing but itself."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import builders as b
import builders_orders as o
import pytest
from databases import Database
from desks import StandingClock
from supervisions import Bureau, OrderEngine

from audit.verify import verify_stream
from desk.guard import Guard
from desk.order_upkeep import OrderRelay
from desk.relay import Relay
from domain.orders import order_stream
from ledger.port import UnreadableRowError
from workflows.shown import at_start

SPOIL = 'UPDATE {} SET snapshot = replace(snapshot, \'{{"zone"\', \'{{"later":1,"zone"\') '
BAD, GOOD = order_stream(b.ZONE, "bad"), order_stream(b.ZONE, "good")


@pytest.fixture
async def bureau(database: Database, clock: StandingClock) -> AsyncIterator[Bureau]:
    """A bureau with two orders, one of which cannot be read."""
    async with database.ledger() as ledger:
        bureau = Bureau(ledger, clock)
        for key in ("bad", "good"):
            await bureau.issued(key)
        async with database.connection() as connection:
            await connection.execute(SPOIL.format("supervision_order") + "WHERE key = 'bad'")
        yield bureau


async def test_an_order_that_cannot_be_read_is_named_and_hides_no_other(bureau: Bureau) -> None:
    with pytest.raises(UnreadableRowError, match=BAD):
        await bureau.supervision.look(b.ZONE, "bad")
    with pytest.raises(UnreadableRowError, match=BAD):
        await bureau.do(o.REPLY, o.UNIT, key="bad")
    assert [row.order.stream for row in await bureau.supervision.find()] == [GOOD]
    # A page of it alone is no end of the list.
    assert [row.order.stream for row in await bureau.supervision.find(limit=1)] == [GOOD]
    assert (await bureau.do(o.REPLY, o.UNIT, key="good")).events == ("order_replied",)


async def test_relay_and_guard_go_on_with_all_others(bureau: Bureau, clock: StandingClock) -> None:
    engine = OrderEngine()
    relay = OrderRelay(bureau.supervision, engine.client, task_queue="q")
    assert await relay.once() == 1
    assert engine.starts == [GOOD]
    clock.at += timedelta(days=3)
    assert (await Guard(bureau.desk, engine.client).round()).orders == 1
    assert await bureau.supervision.catch_up(10) == 0


async def test_verify_reports_it(bureau: Bureau) -> None:
    found = (await verify_stream(bureau.ledger, BAD)).found
    assert [(each.kind, "cannot be read" in each.message) for each in found] == [("fold", True)]
    assert (await verify_stream(bureau.ledger, GOOD)).found == ()


async def test_an_issue_that_cannot_be_read_does_not_stop_the_relay(
    bureau: Bureau, database: Database
) -> None:
    async with database.connection() as connection:
        await connection.execute(SPOIL.format("issue") + "WHERE key = 'about-bad'")
    async with bureau.ledger.take_pokes(10) as batch:
        assert [poke.row.issue.key for poke in batch.pokes] == ["about-good"]
    assert [row.issue.key for row in await bureau.ledger.find()] == ["about-good"]
    with pytest.raises(UnreadableRowError, match="harbour/about-bad"):
        await bureau.ledger.issue(f"{b.ZONE}/about-bad")


class Issues(OrderEngine):
    """Temporal as the relay of issues sees it."""

    async def start_workflow(self, *_: Any, id: str, **__: Any) -> None:
        """Note what is started."""
        self.starts.append(id)


async def test_orders_that_fail_hold_up_no_issue(bureau: Bureau) -> None:
    engine = Issues()

    async def failing() -> int:
        raise UnreadableRowError("a row")

    relay = Relay(
        bureau.ledger,
        engine.client,
        bureau.desk.seer,
        task_queue="q",
        shown=at_start,
        also=failing,
    )
    running = asyncio.create_task(relay.run())
    try:
        async with asyncio.timeout(5):
            while await bureau.ledger.outbox_size():  # noqa: ASYNC110  # nothing announces it
                await asyncio.sleep(0.02)
    finally:
        running.cancel()
    assert len(engine.starts) == 2
