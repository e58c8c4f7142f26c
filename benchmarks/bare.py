"""The bare engine to compare with: trivial workflows and their worker."""

import asyncio
import os
import signal
from datetime import UTC, datetime, timedelta

from temporalio import workflow
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

TASK_QUEUE = "bare"


@workflow.defn
class Trivial:
    """Starts and completes."""

    @workflow.run
    async def run(self) -> None:
        """Do nothing."""


@workflow.defn
class Sleeper:
    """Sleeps until an instant, and says how many seconds late it woke."""

    @workflow.run
    async def run(self, due_at: datetime) -> float:
        """Return the lateness by the worker's clock: this measures, it is never replayed."""
        wait = due_at - workflow.now()
        if wait > timedelta(0):
            await asyncio.sleep(wait.total_seconds())
        return (datetime.now(UTC) - due_at).total_seconds()


async def main() -> None:
    """Serve the two workflows until SIGTERM."""
    from runtime.temporal import connect

    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    client = await connect()
    async with Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[Trivial, Sleeper],
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_cached_workflows=2000,
    ):
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(main())
    # The Temporal SDK may abort while Python shuts down.
    os._exit(0)
