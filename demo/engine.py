"""One running engine of the demonstration: desk, worker and relay in this process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode

from activities.upkeep import sweep
from desk.clock import DeskClock
from desk.desk import Desk
from desk.opening import open_desk
from desk.relay import Relay
from domain.matters.view import matter_workflow_id
from domain.view import workflow_id
from runtime.settings import Settings

Streams = Sequence[tuple[str, str]]
"""Zone and key of each."""

DRAIN_SECONDS_MAX = 60.0
POLL_SECONDS = 0.02


class WorkerMaker(Protocol):
    """Makes a worker for a client and a desk; the composition root knows how."""

    def __call__(
        self, client: Client, desk: Desk, *, task_queue: str
    ) -> AbstractAsyncContextManager[Any]: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What the composition root lends: how worker and relay are made, what the worker runs."""

    make_worker: WorkerMaker
    make_relay: Callable[..., Relay]
    ensure_schedules: Callable[[Client, str], Awaitable[None]]
    workflows: list[type]


@dataclass(frozen=True, slots=True)
class Engine:
    """A desk whose issues have their workflows."""

    desk: Desk
    client: Client


@asynccontextmanager
async def running(
    settings: Settings, client: Client, parts: Parts, clock: DeskClock | None = None
) -> AsyncIterator[Engine]:
    """Run desk, worker and relay on the given ledger and Temporal until the block ends."""
    async with open_desk(settings, clock=clock, name="closeout-demo") as desk:
        relay = parts.make_relay(client, desk, task_queue=settings.task_queue)
        async with parts.make_worker(client, desk, task_queue=settings.task_queue):
            relaying = asyncio.create_task(relay.run())
            try:
                yield Engine(desk, client)
            finally:
                relaying.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await relaying


async def drain(engine: Engine, streams: Streams, matters: Streams = ()) -> None:
    """Wait until every errand that can be run is run, everything is told, and the workflow of every
    closed issue has ended, and of every matter: these wait for nothing any more."""
    ledger, waited = engine.desk.ledger, 0.0
    while (
        await ledger.due_errands(engine.desk.clock.now(), 1)
        or await ledger.outbox_size()
        or await ledger.matters_with_news(1)
        or await ledger.undelivered()
    ):
        await asyncio.sleep(POLL_SECONDS)
        waited += POLL_SECONDS
        if waited > DRAIN_SECONDS_MAX:
            msg = "the engine did not come to rest"
            raise TimeoutError(msg)
    for zone, key in streams:
        row = await engine.desk.row(zone, key)
        if not row.issue.is_open:
            handle = engine.client.get_workflow_handle(workflow_id(zone, key))
            await asyncio.wait_for(handle.result(), DRAIN_SECONDS_MAX)
    for handle, _ in await _of_matters(engine, matters):
        await asyncio.wait_for(handle.result(), DRAIN_SECONDS_MAX)


async def _of_matters(
    engine: Engine, matters: Streams
) -> list[tuple[WorkflowHandle[Any, Any], str]]:
    """Return the workflow of each matter that ever had one, and the id of its last run."""
    found = []
    for zone, key in matters:
        handle = engine.client.get_workflow_handle(matter_workflow_id(zone, key))
        try:
            found.append((handle, (await handle.describe()).run_id))
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
    return found


async def archive(engine: Engine, streams: Streams, matters: Streams = ()) -> int:
    """Sweep the closed runs into the archive; Temporal's lists lag, so until all are there."""
    ledger, kept = engine.desk.ledger, 0
    since = datetime.now(UTC) - timedelta(days=1)
    # the last run of each: one that was closed may have heard of its follow-up
    closed = [run_id for _, run_id in await _of_matters(engine, matters)]
    for zone, key in streams:
        if not (await engine.desk.row(zone, key)).issue.is_open:
            handle = engine.client.get_workflow_handle(workflow_id(zone, key))
            closed.append((await handle.describe()).run_id)
    for _ in range(200):
        kept += await sweep(engine.client, ledger, since)
        if await ledger.archived(closed) == set(closed):
            return kept
        await asyncio.sleep(0.1)
    msg = "closed runs did not appear in Temporal's lists"
    raise TimeoutError(msg)


async def live_histories(engine: Engine, streams: Streams) -> list[WorkflowHistory]:
    """Return the histories of the issues that are still open."""
    histories = []
    for zone, key in streams:
        if (await engine.desk.row(zone, key)).issue.is_open:
            try:
                handle = engine.client.get_workflow_handle(workflow_id(zone, key))
                histories.append(await handle.fetch_history())
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
    return histories
