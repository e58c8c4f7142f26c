"""From the outbox to Temporal: each issue's workflow hears that the ledger has news."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog
from temporalio.client import Client
from temporalio.common import TypedSearchAttributes
from temporalio.service import RPCError, RPCStatusCode

from desk.seen import Seer
from domain.view import WORKFLOW_TYPE, Glimpse, workflow_id
from ledger.port import IssueRow, Ledger, LedgerError

log = structlog.get_logger()

BATCH_MAX = 64
TIME_TO_SIGNAL = timedelta(seconds=2)
POLL_SECONDS = 0.5
BACK_OFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)


class Relay:
    """Takes issues with news from the outbox and pokes their workflows. Any number may run.

    `shown` gives the search attributes that a workflow is started with. `between` is called after
    issues have been signalled and before their rows are forgotten; tests stop the relay there.
    """

    def __init__(
        self,
        ledger: Ledger,
        client: Client,
        seer: Seer,
        *,
        task_queue: str,
        shown: Callable[[Glimpse], TypedSearchAttributes],
        between: Callable[[], None] = lambda: None,
    ) -> None:
        self._ledger = ledger
        self._client = client
        self._seer = seer
        self._task_queue = task_queue
        self._shown = shown
        self._between = between
        self._woken = asyncio.Event()
        self._failures = 0

    def wake(self) -> None:
        """Say that there may be something in the outbox."""
        self._woken.set()

    async def run(self) -> None:
        """Relay until cancelled. Survives the loss of PostgreSQL and of Temporal."""
        while True:
            self._woken.clear()
            if not await self._once_safely():
                await self._sleep(POLL_SECONDS)

    async def once(self) -> int:
        """Relay one batch; return how many issues were taken."""
        async with self._ledger.take_pokes(BATCH_MAX) as batch:
            rows = [poke.row for poke in batch.pokes]
            heard = await asyncio.gather(*(self._tell(row) for row in rows))
            self._between()
            await batch.done([row.issue.stream for row, ok in zip(rows, heard, strict=True) if ok])
        if rows and not any(heard):
            raise LedgerOrEngineAwayError
        return len(rows)

    async def _once_safely(self) -> bool:
        """Relay one batch; False when there was nothing, or after a failure was waited out."""
        try:
            taken = await self.once()
        except (LedgerError, RPCError, LedgerOrEngineAwayError, OSError) as error:
            pause = BACK_OFF_SECONDS[min(self._failures, len(BACK_OFF_SECONDS) - 1)]
            self._failures += 1
            log.warning("relay_waits", error=repr(error)[:200], seconds=pause)
            await asyncio.sleep(pause)
            return True
        self._failures = 0
        return taken > 0

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return

    async def _tell(self, row: IssueRow) -> bool:
        """Poke one workflow; whether its rows can be forgotten. One bad issue stops no other."""
        glimpse = self._seer.glimpse(row)
        try:
            if not row.answered and (glimpse.is_open or glimpse.notices):
                await self._start(glimpse)
            else:
                await self._signal(glimpse)
        except RPCError as error:
            log.warning("poke_failed", issue=row.issue.stream, error=error.message[:200])
            return False
        return True

    async def _signal(self, glimpse: Glimpse) -> None:
        handle = self._client.get_workflow_handle(workflow_id(glimpse.zone, glimpse.key))
        try:
            await handle.signal("poke", glimpse, rpc_timeout=TIME_TO_SIGNAL)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            # A closed issue needs no workflow once all is told; for an open one it is the guard's.
            if not glimpse.is_open and glimpse.notices:
                await self._start(glimpse)

    async def _start(self, glimpse: Glimpse) -> None:
        """Start the workflow with its first news; if it runs already, it only hears the news."""
        await self._client.start_workflow(
            WORKFLOW_TYPE,
            {"zone": glimpse.zone, "key": glimpse.key},
            id=workflow_id(glimpse.zone, glimpse.key),
            task_queue=self._task_queue,
            start_signal="poke",
            start_signal_args=[glimpse],
            static_summary=f"{glimpse.zone}/{glimpse.key}",
            search_attributes=self._shown(glimpse),
            rpc_timeout=TIME_TO_SIGNAL,
        )


class LedgerOrEngineAwayError(Exception):
    """Not one issue of a batch could be told: Temporal is away."""
