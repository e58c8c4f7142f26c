"""A ring that came back early: the workflow waits for the rung of then, and not for any other."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from desk.order_upkeep import lean_order
from domain.order_view import (
    SUPERVISION_TYPE,
    OrderGlimpse,
    OrderRing,
    OrderRingAnswer,
    order_workflow_id,
)
from domain.order_words import OrderStanding
from domain.view import NextRung, RingOutcome
from workflows.supervision import SupervisionWorkflow

SECONDS_MAX = 10
SOON = timedelta(milliseconds=300)
DAY = timedelta(days=1)


def now() -> datetime:
    return datetime.now(UTC)


def seen(version: int, cycle: int, due_at: datetime, *, at: datetime | None = None) -> OrderGlimpse:
    """Return an order whose limit of a cycle is due then."""
    rung = NextRung(clock="reminder", cycle=cycle, rung="limit", due_at=due_at, wake_at=due_at)
    return OrderGlimpse(
        zone="z",
        key="k",
        version=version,
        at=at or now(),
        standing=OrderStanding.OPEN,
        instrument="reminder",
        unit="u",
        next_rung=rung,
    )


class Desk:
    """Says `early` to the first ring, and that all is done to any other."""

    def __init__(self, early: OrderGlimpse) -> None:
        self.early = early
        self.rung: list[int] = []

    @activity.defn
    async def look_order(self, zone: str, key: str) -> OrderGlimpse:
        """Return an order that is due at once."""
        del zone, key
        return seen(1, 1, now())

    @activity.defn
    async def ring_order(self, ring: OrderRing) -> OrderRingAnswer:
        """Note the ring."""
        self.rung.append(ring.cycle)
        if len(self.rung) == 1:
            return OrderRingAnswer(outcome=RingOutcome.EARLY, glimpse=self.early)
        return OrderRingAnswer(outcome=RingOutcome.FIRED, glimpse=seen(99, 99, now() + DAY))

    @activity.defn
    async def tell_order(self, notices: list[str]) -> None:
        """Tell nobody."""


async def until_rung(desk: Desk, times: int) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while len(desk.rung) < times:  # noqa: ASYNC110  # nothing announces it
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("early", "news"),
    [
        pytest.param(
            lambda: seen(2, 1, now() + DAY),
            lambda: seen(3, 2, now() + SOON),
            id="moved later, then raised: another limit",
        ),
        pytest.param(
            lambda: seen(2, 1, now() + DAY),
            lambda: seen(3, 1, now() + SOON),
            id="moved later, then back: an earlier deadline",
        ),
        pytest.param(
            lambda: seen(2, 1, now(), at=now() - DAY),
            lambda: seen(3, 2, now() + SOON),
            id="a desk a day behind, then raised: another limit",
        ),
    ],
)
async def test_what_was_early_for_one_limit_makes_nobody_deaf_for_another(
    temporal: Client, early: object, news: object, request: pytest.FixtureRequest
) -> None:
    assert callable(early)
    assert callable(news)
    desk, queue = Desk(early()), f"early-{abs(hash(request.node.name))}"
    handle: WorkflowHandle[object, object]
    async with Worker(
        temporal,
        task_queue=queue,
        workflows=[SupervisionWorkflow],
        activities=[desk.look_order, desk.ring_order, desk.tell_order],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        handle = await temporal.start_workflow(
            SUPERVISION_TYPE,
            {"zone": "z", "key": "k"},
            id=order_workflow_id("z", "k"),
            task_queue=queue,
        )
        try:
            await until_rung(desk, 1)
            await asyncio.sleep(SOON.total_seconds())
            assert len(desk.rung) == 1
            await handle.signal("poke", lean_order(news()))
            await until_rung(desk, 2)
        finally:
            await handle.terminate("a test")


async def test_a_desk_that_is_behind_is_not_asked_without_a_pause(temporal: Client) -> None:
    behind = seen(2, 1, now(), at=now() - DAY)
    desk, queue = Desk(behind), "early-behind"
    async with Worker(
        temporal,
        task_queue=queue,
        workflows=[SupervisionWorkflow],
        activities=[desk.look_order, desk.ring_order, desk.tell_order],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        handle = await temporal.start_workflow(
            SUPERVISION_TYPE,
            {"zone": "z", "key": "k"},
            id=order_workflow_id("z", "k"),
            task_queue=queue,
        )
        try:
            await until_rung(desk, 1)
            await asyncio.sleep(2 * SOON.total_seconds())
            assert desk.rung == [1]
        finally:
            await handle.terminate("a test")
