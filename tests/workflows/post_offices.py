"""A city with a receiver of webhooks outside, and the verbs to send it something."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import builders as b
from cities import ANSWER_SECONDS, City
from databases import Database
from receivers import Receiver, receiving
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError
from temporalio.testing import TimeSkipper
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.webhooks import WebhookActivities
from demo.virtual import VirtualClock, skipping
from desk.courier import Courier
from desk.desk import Desk
from desk.shelf import Shelf
from desk.subscribed import Asked
from desk.webhook_relay import WebhookRelay
from domain.commands import Note
from domain.webhooks import webhook_workflow_id
from runtime.outgoing import Allowed, Outgoing
from runtime.seals import FileKeys
from workflows.webhook import WebhookWorkflow

BY = {"kind": "test"}
LOOPBACK = Allowed.read("127.0.0.0/8")


class PostOffice:
    """A city with a receiver outside, and the verbs to send it something."""

    def __init__(
        self, city: City, skipper: TimeSkipper, courier: Courier, receiver: Receiver
    ) -> None:
        self.city = city
        self.skipper = skipper
        self.courier = courier
        self.receiver = receiver
        self.hook = ""

    async def subscribed(self, **asked: Any) -> str:
        """Subscribe the receiver to what comes from now on."""
        found, _ = await self.courier.subscriptions.create(
            Asked(url=self.receiver.url, name="hotline", **asked), owner="key:test", by=BY
        )
        self.hook = found.id
        return found.id

    async def noted(self, key: str, times: int = 1) -> None:
        """Add notes to an issue."""
        for number in range(times):
            await self.city.desk.carry_out(b.submission(Note(text=f"note {number}"), key=key))

    async def reported(self, *names: str) -> list[str]:
        """Report issues and accept them."""
        keys = [self.city.another(name) for name in names]
        for key in keys:
            await self.city.desk.carry_out(b.submission(b.report(), b.ENTERPRISE, key=key))
            await self.city.desk.carry_out(b.submission(b.ACCEPT, key=key))
        return keys

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        """Return the handle of the subscription's workflow."""
        return self.city.client.get_workflow_handle(webhook_workflow_id(self.hook))

    async def lanes(self, count: int) -> None:
        """Wait until so many issues are tried again later."""
        await self.until(lambda: self._lanes(count))

    async def _lanes(self, count: int) -> bool:
        try:
            return len(await self.handle.query("lanes")) == count
        except RPCError:
            return False  # it is still to be started

    async def until(self, holds: Callable[[], Any]) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while not (await said if asyncio.iscoroutine(said := holds()) else said):  # noqa: ASYNC110  # nothing announces it
                await asyncio.sleep(0.02)

    async def pass_(self, by: timedelta) -> None:
        """Let time pass for the workflow."""
        await self.skipper.fast_forward(self.handle, by + timedelta(seconds=1))


@asynccontextmanager
async def office_on(
    database: Database,
    client: Client,
    folder: Path,
    *,
    kept_max: int = 100,
    worker: bool = True,
    relay: bool = True,
) -> AsyncIterator[PostOffice]:
    """Run a post office until the end of the block."""
    clock, skipper = VirtualClock(b.MON_9), skipping(client)
    async with (
        database.ledger(size=8) as ledger,
        receiving() as receiver,
        AsyncExitStack() as up,
    ):
        desk = Desk(ledger, Shelf(ledger, {b.ZONE: b.TERMS}), clock)
        city = City(desk, skipper, clock, kept_max)
        outgoing = Outgoing(LOOPBACK, whole_timeout_s=0.4)
        up.push_async_callback(outgoing.close)
        courier = Courier(desk, FileKeys(folder), outgoing)
        office = PostOffice(city, skipper, courier, receiver)
        if worker:
            await up.enter_async_context(working(office))
        await up.enter_async_context(relaying(office) if relay else city.relaying())
        yield office


def working(office: PostOffice) -> Worker:
    """Return a worker of the office, for nothing but webhooks."""
    city, activities = office.city, WebhookActivities(office.courier)
    return Worker(
        city.client,
        task_queue=city.task_queue,
        workflows=[WebhookWorkflow],
        activities=[
            activities.carry_webhook,
            activities.retry_webhook,
            activities.bury_webhook,
        ],
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_cached_workflows=city.kept_max,
    )


@asynccontextmanager
async def relaying(office: PostOffice) -> AsyncIterator[None]:
    """Relay news of nothing but webhooks."""
    city = office.city
    relay = WebhookRelay(city.ledger, city.client, task_queue=city.task_queue)

    async def relayed() -> None:
        while True:
            await relay.once()
            await asyncio.sleep(0.05)

    task = asyncio.create_task(relayed())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
