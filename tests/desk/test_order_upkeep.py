"""Relay and guard of supervision orders: every open order has a workflow that has heard."""

import asyncio
from datetime import timedelta

import builders as b
import builders_orders as o
import pytest
from desks import StandingClock
from supervisions import Bureau, OrderEngine

from desk.guard import Guard
from desk.order_upkeep import OrderGuard, OrderRelay
from desk.relay import Relay
from domain.order_words import OrderStanding
from ledger.port import Ledger
from workflows.shown import at_start

QUEUE = "queue"


@pytest.fixture
def bureau(ledger: Ledger, clock: StandingClock) -> Bureau:
    """A bureau, once on each ledger."""
    return Bureau(ledger, clock)


@pytest.fixture
def engine() -> OrderEngine:
    """An engine on which nothing runs yet."""
    return OrderEngine()


@pytest.fixture
def relay(bureau: Bureau, engine: OrderEngine) -> OrderRelay:
    """A relay of orders."""
    return OrderRelay(bureau.supervision, engine.client, task_queue=QUEUE)


@pytest.fixture
def guard(bureau: Bureau, engine: OrderEngine) -> OrderGuard:
    """A guard of orders."""
    return OrderGuard(bureau.supervision, engine.client)


async def test_a_new_order_gets_its_workflow_and_each_act_is_heard_once(
    bureau: Bureau, relay: OrderRelay, engine: OrderEngine
) -> None:
    await bureau.issued()
    assert [await relay.once(), await relay.once()] == [1, 0]
    await bureau.do(o.REPLY, o.UNIT)
    assert await relay.once() == 1
    assert engine.starts == [o.STREAM]
    assert [seen.version for seen in engine.heard[o.STREAM]] == [1, 2]
    assert engine.heard[o.STREAM][1].standing is OrderStanding.ANSWERED


async def test_what_the_workflow_itself_rang_is_no_news(
    bureau: Bureau, relay: OrderRelay, engine: OrderEngine
) -> None:
    await bureau.issued()
    await relay.once()
    await bureau.until(b.TUE_9)
    assert await relay.once() == 0
    assert bureau.pokes == 2  # of the report and of the order


async def test_an_engine_that_is_away_leaves_the_news_for_later(
    bureau: Bureau, relay: OrderRelay, engine: OrderEngine
) -> None:
    await bureau.issued()
    engine.away = True
    assert await relay.once() == 0
    engine.away = False
    assert await relay.once() == 1
    assert engine.starts == [o.STREAM]


async def test_orders_that_cannot_be_told_stand_in_nobodys_way(
    bureau: Bureau, relay: OrderRelay, engine: OrderEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.stream_upkeep.BATCH_MAX", 2)
    for key in ("a", "b", "c", "d"):
        await bureau.issued(key)
    engine.deaf = {"order/harbour/a", "order/harbour/b"}
    assert [await relay.once() for _ in range(2)] == [0, 2]
    assert engine.starts == ["order/harbour/c", "order/harbour/d"]
    engine.deaf = set()
    assert await relay.once() == 2


async def test_an_order_that_is_over_is_told_of_by_a_workflow_of_its_own_if_need_be(
    bureau: Bureau, relay: OrderRelay, engine: OrderEngine
) -> None:
    await bureau.issued()
    await bureau.do(o.LIFT)
    assert await relay.once() == 1
    assert engine.starts == [o.STREAM]
    engine.running.clear()
    for notice in await bureau.ledger.notices(o.STREAM):
        await bureau.ledger.mark_delivered(notice.id, b.MON_10)
    await bureau.ledger.mark_orders_unheard([o.STREAM])
    assert await relay.once() == 1
    assert engine.starts == [o.STREAM]


async def test_the_relay_of_issues_carries_the_news_of_orders_along(
    bureau: Bureau, relay: OrderRelay, engine: OrderEngine
) -> None:
    await bureau.issued()
    both = Relay(
        bureau.ledger,
        engine.client,
        bureau.desk.seer,
        task_queue=QUEUE,
        shown=at_start,
        also=relay.once,
    )
    async with bureau.ledger.take_pokes(10) as batch:  # the issue is of no account here
        await batch.done([poke.row.issue.stream for poke in batch.pokes])
    running = asyncio.create_task(both.run())
    try:
        async with asyncio.timeout(5):
            while not engine.starts:  # noqa: ASYNC110  # nothing announces it
                await asyncio.sleep(0.005)
    finally:
        running.cancel()
    assert engine.starts == [o.STREAM]


async def test_the_guard_finds_an_order_without_a_workflow(
    bureau: Bureau, relay: OrderRelay, guard: OrderGuard, engine: OrderEngine
) -> None:
    await bureau.issued()
    await relay.once()
    later = b.MON_9 + timedelta(minutes=1)
    assert await guard.round(later, in_full=False) == 0
    engine.running.clear()
    assert await guard.round(b.MON_9 - timedelta(minutes=1), in_full=False) == 0
    assert await guard.round(later, in_full=False) == 1
    assert await relay.once() == 1
    assert engine.starts == [o.STREAM] * 2
    assert await guard.round(later, in_full=False) == 0


async def test_the_guard_finds_an_order_whose_rung_was_not_rung(
    bureau: Bureau, relay: OrderRelay, guard: OrderGuard, engine: OrderEngine
) -> None:
    await bureau.issued()
    await relay.once()
    assert await guard.round(b.MON_11, in_full=False) == 0
    assert await guard.round(b.MON_13, in_full=False) == 1
    assert await relay.once() == 1
    assert len(engine.heard[o.STREAM]) == 2


async def test_one_workflow_too_many_hides_none_that_is_missing_from_a_full_round(
    bureau: Bureau, relay: OrderRelay, guard: OrderGuard, engine: OrderEngine
) -> None:
    await bureau.issued()
    await relay.once()
    engine.running = {"order/harbour/of-another-ledger"}
    later = b.MON_10
    assert (await guard.round(later, in_full=False), engine.lists) == (0, 0)
    assert (await guard.round(later, in_full=True), engine.lists) == (1, 1)


async def test_notices_of_an_order_that_is_over_are_not_forgotten(
    bureau: Bureau, relay: OrderRelay, guard: OrderGuard, engine: OrderEngine
) -> None:
    await bureau.issued()
    await bureau.do(o.LIFT)
    await relay.once()
    assert await guard.round(b.MON_10, in_full=False) == 0  # its workflow runs, and will tell
    engine.running.clear()
    assert await guard.round(b.MON_10, in_full=False) == 1
    assert await relay.once() == 1
    assert engine.starts == [o.STREAM] * 2


async def test_recovery_and_restart_give_every_open_order_its_workflow(
    bureau: Bureau, relay: OrderRelay, guard: OrderGuard, engine: OrderEngine
) -> None:
    for key in ("one", "two"):
        await bureau.issued(key)
    await relay.once()
    engine.running.discard("order/harbour/one")
    assert await guard.recover(b.MON_10) == 1
    await relay.once()
    assert engine.starts == [f"order/harbour/{key}" for key in ("one", "two", "one")]
    assert await guard.restart("a test") == 2
    assert engine.running == set()
    await relay.once()
    assert engine.running == {"order/harbour/one", "order/harbour/two"}


async def test_the_guards_round_counts_orders_beside_issues(
    bureau: Bureau, engine: OrderEngine
) -> None:
    await bureau.issued()
    bureau.clock.at = b.MON_10
    found = await Guard(bureau.desk, engine.client).round()
    assert (found.open_issues, found.orders) == (1, 1)
