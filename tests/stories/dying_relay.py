"""A relay that kills itself, before it signals anything or before it forgets what it signalled."""

import asyncio
import os
import signal
import sys
from typing import Any

from temporalio.client import (
    Interceptor,
    OutboundInterceptor,
    SignalWorkflowInput,
    StartWorkflowInput,
    WorkflowHandle,
)

from desk.opening import open_desk
from desk.relay import Relay
from runtime.settings import Settings
from runtime.temporal import connect
from workflows.shown import at_start


def die() -> None:
    """End as the kernel ends a process: at once."""
    os.kill(os.getpid(), signal.SIGKILL)


class DyingAtTheFirstCall(Interceptor):
    """Lets nothing out to Temporal."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return _Dying(next)


class _Dying(OutboundInterceptor):
    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:
        die()
        return await super().start_workflow(input)

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:
        die()


async def main(point: str) -> None:
    """Relay until the point of death: `before-signal` or `before-delete`."""
    settings = Settings.load()
    client = await connect(
        os.environ["TEMPORAL_ADDRESS"],
        interceptors=[DyingAtTheFirstCall()] if point == "before-signal" else [],
    )
    told = False

    def between() -> None:
        if told:
            die()

    async with open_desk(settings, name="closeout-dying-relay") as desk:
        relay = Relay(
            desk.ledger,
            client,
            desk.seer,
            task_queue=settings.task_queue,
            shown=at_start,
            between=between,
        )
        told = bool(await desk.ledger.outbox_size())
        await relay.run()


asyncio.run(main(sys.argv[1]))
