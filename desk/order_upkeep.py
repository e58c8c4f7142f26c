"""What carries news of supervision orders to their workflows, and what mends where none came."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import structlog
from pydantic import JsonValue
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from desk.relay import BATCH_MAX, TIME_FOR_A_TASK, TIME_TO_SIGNAL
from desk.supervising import SupervisionDesk
from domain.order_view import SUPERVISION_TYPE, OrderGlimpse, order_workflow_id
from ledger.orders import OrderRow
from ledger.port import LedgerError

log = structlog.get_logger()

PAGE = 500
UNTOLD_MAX = 100
RUNNING_ORDERS = f"WorkflowType = '{SUPERVISION_TYPE}' AND ExecutionStatus = 'Running'"


class OrderRelay:
    """Starts and pokes the workflows of orders that have news. Any number may run: a workflow that
    hears twice of a version hears nothing new."""

    def __init__(self, desk: SupervisionDesk, client: Client, *, task_queue: str) -> None:
        self._desk = desk
        self._client = client
        self._task_queue = task_queue
        self._after = ""

    async def once(self) -> int:
        """Relay one batch; return how many orders heard.

        After a batch of which none heard the next one is taken, so that the first do not stand in
        the way of all others.
        """
        ledger = self._desk.ledger
        rows = await ledger.orders_with_news(BATCH_MAX, after=self._after)
        if self._after and not rows:
            rows = await ledger.orders_with_news(BATCH_MAX)
        heard = await asyncio.gather(*(self._tell(row) for row in rows))
        self._after = rows[-1].order.stream if rows and not any(heard) else ""
        return sum(heard)

    async def _tell(self, row: OrderRow) -> bool:
        glimpse = self._desk.glimpse(row)
        try:
            if glimpse.is_open or (not await self._signal(glimpse) and glimpse.notices):
                await self._start(glimpse)
            await self._desk.ledger.mark_order_heard(row.order.stream, glimpse.version)
        except (RPCError, LedgerError) as error:
            log.warning("poke_failed", order=row.order.stream, error=str(error)[:200])
            return False
        return True

    async def _signal(self, glimpse: OrderGlimpse) -> bool:
        """Signal a running workflow; False if there is none."""
        handle = self._client.get_workflow_handle(order_workflow_id(glimpse.zone, glimpse.key))
        try:
            await handle.signal("poke", lean_order(glimpse), rpc_timeout=TIME_TO_SIGNAL)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True

    async def _start(self, glimpse: OrderGlimpse) -> None:
        """Start the workflow with its first news; one that runs already only hears the news."""
        id_ = order_workflow_id(glimpse.zone, glimpse.key)
        await self._client.start_workflow(
            SUPERVISION_TYPE,
            {"zone": glimpse.zone, "key": glimpse.key},
            id=id_,
            task_queue=self._task_queue,
            start_signal="poke",
            start_signal_args=[lean_order(glimpse)],
            static_summary=id_,
            task_timeout=TIME_FOR_A_TASK,
            rpc_timeout=TIME_TO_SIGNAL,
        )


def lean_order(seen: OrderGlimpse) -> dict[str, JsonValue]:
    """Return what is shown as JSON without what goes without saying: it is kept in histories."""
    return seen.model_dump(mode="json", exclude_defaults=True)


class OrderGuard:
    """Finds open orders whose workflow is gone or deaf and has a relay start them again."""

    def __init__(self, desk: SupervisionDesk, client: Client) -> None:
        self._desk = desk
        self._client = client

    async def round(self, before: datetime, *, in_full: bool) -> int:
        """Look for orders that were deaf or without a workflow `before`; return how many had to be
        mended. Unless it is done `in_full`, counts that agree are believed."""
        ledger = self._desk.ledger
        late = {row.order.stream for row in await ledger.orders_overdue(before, PAGE)}
        untold = await ledger.orders_untold(before, UNTOLD_MAX)
        counted = await self._client.count_workflows(RUNNING_ORDERS)
        if in_full or untold or counted.count != await ledger.open_order_count():
            running = await self._running()
            late |= set(untold) - running
            late |= {name async for name in self._open(before) if name not in running}
        if late:
            await ledger.mark_orders_unheard(sorted(late))
            log.warning("order_guard_mended", orders=len(late))
        return len(late)

    async def recover(self, at: datetime) -> int:
        """Have every open order that has no workflow given one; return how many there were."""
        running = await self._running()
        missing = [name async for name in self._open(at) if name not in running]
        await self._desk.ledger.mark_orders_unheard(missing)
        return len(missing)

    async def restart(self, reason: str) -> int:
        """End the run of every open order and have it started again."""
        open_orders = [name async for name in self._open(None)]
        for name in open_orders:
            try:
                await self._client.get_workflow_handle(name).terminate(reason=reason)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
        await self._desk.ledger.mark_orders_unheard(open_orders)
        return len(open_orders)

    async def _running(self) -> set[str]:
        return {run.id async for run in self._client.list_workflows(RUNNING_ORDERS)}

    async def _open(self, unchanged_since: datetime | None) -> AsyncIterator[str]:
        """Yield the open orders; one that changed since then is given its time, for lists lag."""
        after = ""
        while page := await self._desk.find(open_only=True, after=after, limit=PAGE):
            for row in page:
                if unchanged_since is None or row.order.changed_at <= unchanged_since:
                    yield row.order.stream
            after = page[-1].order.stream
