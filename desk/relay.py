"""From the outbox to Temporal: each issue's workflow hears that the ledger has news."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta

import structlog
from temporalio.client import Client
from temporalio.common import TypedSearchAttributes
from temporalio.service import RPCError, RPCStatusCode

from desk.seen import Seer
from domain.view import WORKFLOW_TYPE, Glimpse, lean, workflow_id
from ledger.port import IssueRow, Ledger, LedgerError
from runtime.tracing import HANDED, working

log = structlog.get_logger()

BATCH_MAX = 64
BATCH_MIN = 8
"""A signal that Temporal answers too late arrives all the same, and is sent again: of a server that
has more to do than it can, fewer are asked for at once."""
TIME_TO_SIGNAL = timedelta(seconds=2)
TIME_FOR_A_TASK = timedelta(seconds=5)
"""A worker that dies with a workflow's task in hand leaves the workflow deaf for so long."""
POLL_SECONDS = 0.5
BACK_OFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)


async def _nothing() -> int:
    return 0


async def _nobody() -> None:
    return


class Relay:
    """Takes issues with news from the outbox and pokes their workflows. Any number may run.

    `shown` gives the search attributes that a workflow is started with. `window` is how long news
    is gathered, so that a burst of commands on an issue is one poke. `between` is called after
    issues have been signalled and before their rows are forgotten; tests stop the relay there.
    `also` relays one batch of what else has news, and says how many it had. `beside` runs as long
    as the relay does: what issues must never wait for.
    """

    def __init__(
        self,
        ledger: Ledger,
        client: Client,
        seer: Seer,
        *,
        task_queue: str,
        shown: Callable[[Glimpse], TypedSearchAttributes],
        window: timedelta = timedelta(0),
        between: Callable[[], None] = lambda: None,
        also: Callable[[], Awaitable[int]] = _nothing,
        beside: Callable[[], Coroutine[None, None, None]] = _nobody,
    ) -> None:
        self._ledger = ledger
        self._client = client
        self._seer = seer
        self._task_queue = task_queue
        self._shown = shown
        self._window = window
        self._between = between
        self._also = also
        self._beside = beside
        self._woken = asyncio.Event()
        self._failures = 0
        self._most = BATCH_MAX

    def wake(self) -> None:
        """Say that there may be something in the outbox."""
        self._woken.set()

    async def run(self) -> None:
        """Relay until cancelled. Survives the loss of PostgreSQL and of Temporal."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._beside())
            await self._run()

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            most = self._most
            taken = await self._once_safely()
            if not taken:
                await self._sleep(POLL_SECONDS)
            if taken < most:
                await asyncio.sleep(self._window.total_seconds())

    async def once(self) -> int:
        """Relay one batch; return how many issues were taken."""
        async with self._ledger.take_pokes(self._most) as batch:
            rows = [poke.row for poke in batch.pokes]
            heard = await asyncio.gather(*(self._tell(row) for row in rows))
            self._between()
            await batch.done([row.issue.stream for row, ok in zip(rows, heard, strict=True) if ok])
        mostly = 2 * sum(heard) >= len(rows)
        self._most = min(BATCH_MAX, 2 * self._most) if mostly else max(BATCH_MIN, self._most // 2)
        if rows and not any(heard):
            raise LedgerOrEngineAwayError
        return len(rows)

    async def _once_safely(self) -> int:
        """Relay one batch; return how many issues it had, or a batch after a failure was waited."""
        try:
            taken = await self._also_safely() + await self.once()
        except (LedgerError, RPCError, LedgerOrEngineAwayError, OSError) as error:
            pause = BACK_OFF_SECONDS[min(self._failures, len(BACK_OFF_SECONDS) - 1)]
            self._failures += 1
            log.warning("relay_waits", error=repr(error)[:200], seconds=pause)
            await asyncio.sleep(pause)
            return BATCH_MAX
        self._failures = 0
        return taken

    async def _also_safely(self) -> int:
        """What else has news holds up no issue, and waits with the next batch of them."""
        try:
            return await self._also()
        except (LedgerError, RPCError, OSError) as error:
            log.warning("relay_leaves_out", error=repr(error)[:200])
            return 0

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return

    async def _tell(self, row: IssueRow) -> bool:
        """Poke one workflow; whether its rows can be forgotten. One bad issue stops no other."""
        stream, version = row.issue.stream, row.issue.version
        came_by = HANDED.take(stream)
        with working("relay.poke", kind="producer", parent=came_by, issue=stream, version=version):
            try:
                await self._poke(row)
            except (RPCError, LedgerError) as error:
                log.warning("poke_failed", error=str(error)[:200])
                return False
        return True

    async def _poke(self, row: IssueRow) -> None:
        glimpse = self._seer.glimpse(row)
        if glimpse.is_open and not row.answered:
            await self._start(glimpse)
        elif not await self._signal(glimpse):
            await self._start_if_untold(row.issue.stream)

    async def _signal(self, glimpse: Glimpse) -> bool:
        """Signal a running workflow; False if there is none, which for an open issue the guard
        mends."""
        handle = self._client.get_workflow_handle(workflow_id(glimpse.zone, glimpse.key))
        try:
            await handle.signal("poke", lean(glimpse), rpc_timeout=TIME_TO_SIGNAL)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True

    async def _start_if_untold(self, stream: str) -> None:
        """Give a closed issue a workflow if something is still to be told.

        Asked only now: whatever workflow it had is over, and will not tell it any more.
        """
        row = await self._ledger.issue(stream)
        if row is not None and row.notices and not row.issue.is_open:
            await self._start(self._seer.glimpse(row))

    async def _start(self, glimpse: Glimpse) -> None:
        """Start the workflow with its first news; if it runs already, it only hears the news."""
        await self._client.start_workflow(
            WORKFLOW_TYPE,
            {"zone": glimpse.zone, "key": glimpse.key},
            id=workflow_id(glimpse.zone, glimpse.key),
            task_queue=self._task_queue,
            start_signal="poke",
            start_signal_args=[lean(glimpse)],
            static_summary=f"{glimpse.zone}/{glimpse.key}",
            search_attributes=self._shown(glimpse),
            task_timeout=TIME_FOR_A_TASK,
            rpc_timeout=TIME_TO_SIGNAL,
        )


class LedgerOrEngineAwayError(Exception):
    """Not one issue of a batch could be told: Temporal is away."""
