"""The engine as a first attempt uses it: a workflow an issue, every command an Update, an activity
for each event, the deadline a timer of the workflow. `python -m benchmarks.naive URL` serves it.

It decides as `peer.py` does and writes the rows that `peer.py` writes, in one transaction for each
event. Its worker has the sandbox, the cache and the pollers that the SDK gives by default.
"""

import asyncio
import os
import signal
import sys
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.worker import Worker

with workflow.unsafe.imports_passed_through():
    from benchmarks.peer import Peer, Request, open_pool

TASK_QUEUE = "naive"
ACTIVITY_LIMIT = timedelta(seconds=30)
LAST = "verify"
POOL_SIZE = 10


@workflow.defn
class NaiveIssue:
    """One issue: what it hears, it lets an activity write, and it ends with its close-out."""

    def __init__(self) -> None:
        self._is_opened = False
        self._due_in_s: float | None = None
        self._is_closed = False
        self._moved = 0
        self._turn = asyncio.Lock()

    @workflow.run
    async def run(self, issue: str) -> int:
        """Wait for each deadline in turn until the issue is closed; return how many were missed."""
        missed = 0
        await workflow.execute_activity(
            Writing.open_issue, issue, start_to_close_timeout=ACTIVITY_LIMIT
        )
        self._is_opened = True
        while not self._is_closed:
            seen = self._moved
            try:
                await workflow.wait_condition(
                    lambda seen=seen: self._is_closed or self._moved != seen,
                    timeout=None if self._due_in_s is None else self._due_in_s,
                )
            except TimeoutError:
                missed += 1
                self._due_in_s = None
        await workflow.wait_condition(workflow.all_handlers_finished)
        return missed

    @workflow.update
    async def command(self, request: dict[str, Any]) -> dict[str, Any]:
        """Carry out one command."""
        # One that overtook the opening would fail, and be tried again only after a second.
        await workflow.wait_condition(lambda: self._is_opened)
        async with self._turn:
            result = await workflow.execute_activity(
                Writing.carry_out, request, start_to_close_timeout=ACTIVITY_LIMIT
            )
            self._due_in_s = result["due_in_s"]
            self._moved += 1
            self._is_closed = request["kind"] == LAST
            return result


class Writing:
    """The activities, on a pool of connections."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    @activity.defn
    async def open_issue(self, issue: str) -> None:
        """Write a new issue."""
        await self._peer.open_issue(issue)

    @activity.defn
    async def carry_out(self, request: dict[str, Any]) -> dict[str, Any]:
        """Write one event."""
        result = await self._peer.carry_out(Request(**request))
        return {**result, "due_in_s": 3 * 86_400.0}


def plain(request: Request) -> dict[str, Any]:
    """Return a request as it is sent."""
    return asdict(request)


async def main(url: str) -> None:
    """Serve until SIGTERM."""
    from runtime.temporal import connect

    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    client = await connect()
    writing = Writing(Peer(await open_pool(url, POOL_SIZE)))
    async with Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[NaiveIssue],
        activities=[writing.open_issue, writing.carry_out],
    ):
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
    # The Temporal SDK may abort while Python shuts down.
    os._exit(0)
