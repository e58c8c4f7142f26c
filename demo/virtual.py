"""One virtual clock for desk and workflows, on Temporal's time skipping."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from temporalio.client import Client
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from domain.matters.view import matter_workflow_id
from domain.order_view import order_workflow_id
from domain.view import workflow_id
from ledger.matters import MatterRow
from ledger.orders import OrderRow
from ledger.port import IssueRow, Ledger

OVERSHOOT = timedelta(seconds=2)
"""A fast-forward whose target falls while a task is in flight jumps to the next timer instead."""

MANY = 1000
SETTLE_POLL_SECONDS = 0.003
SETTLE_SECONDS_MAX = 20.0
TICK = timedelta(milliseconds=1)


class VirtualClock:
    """Stands still; moved only by a time-lapse. The engine's clock can only go forward from now,
    so another year is played at a constant offset."""

    def __init__(self, start_at: datetime) -> None:
        self.at = start_at
        self.offset = start_at - datetime.now(UTC)

    def now(self) -> datetime:
        """Return the instant at which the clock stands."""
        return self.at


class TimeLapse:
    """Moves the clock, rung by rung, and every workflow with it."""

    def __init__(self, ledger: Ledger, skipper: TimeSkipper, clock: VirtualClock) -> None:
        self._ledger = ledger
        self._skipper = skipper
        self._clock = clock
        self.on_rung: Callable[[datetime], None] = lambda _: None

    async def advance(self, by: timedelta) -> None:
        """Let `by` pass."""
        await self.advance_to(self._clock.at + by)

    async def advance_to(self, target: datetime) -> None:
        """Let time pass until `target`. Every rung due by then has fired when this returns."""
        await self.settle()
        while True:
            due_at = await self._next_due_at()
            if due_at is None or due_at > target:
                break
            step = max(due_at - self._clock.at, timedelta(0))
            self._clock.at += step
            late = await self._late(MANY)
            await asyncio.gather(*(self._bring(row, step) for row in late))
            await self.settle()
            self.on_rung(self._clock.at)
        self._clock.at = target

    async def settle(self) -> None:
        """Wait until every due rung has fired, every errand that can be run is run, the relay has
        drained and every notice is told.

        Looked at in the order in which one leads to the other, so that nothing slips past.
        """
        waited = 0.0
        while waited < SETTLE_SECONDS_MAX:
            late = await self._late(1)
            errands = len(await self._ledger.due_errands(self._clock.at, MANY))
            pokes = await self._ledger.outbox_size()
            pokes += len(await self._ledger.orders_with_news(MANY))
            pokes += len(await self._ledger.matters_with_news(MANY))
            untold = await self._ledger.undelivered()
            if not late and not errands and not pokes and not untold:
                return
            await asyncio.sleep(SETTLE_POLL_SECONDS)
            waited += SETTLE_POLL_SECONDS
        msg = f"not settled: {errands} errands, {pokes} pokes, {untold} notices, overdue {late}"
        raise TimeoutError(msg)

    async def _next_due_at(self) -> datetime | None:
        """Return when the first rung of any issue, supervision order or matter is due."""
        of_all = (
            await self._ledger.next_due_at(),
            await self._ledger.next_order_due_at(),
            await self._ledger.next_matter_due_at(),
        )
        return min((at for at in of_all if at is not None), default=None)

    async def _late(self, limit: int) -> list[IssueRow | OrderRow | MatterRow]:
        """Return the issues, the supervision orders and the matters that have a rung due by now."""
        by = self._clock.at + TICK
        issues = await self._ledger.overdue(by, limit)
        orders = await self._ledger.orders_overdue(by, limit)
        return [*issues, *orders, *await self._ledger.matters_overdue(by, limit)]

    async def _bring(self, row: IssueRow | OrderRow | MatterRow, step: timedelta) -> None:
        """Bring the clock of one workflow to where ours stands.

        One that jumped ahead has rung early, and sleeps for as long as was left by our clock then.
        """
        handle = self._skipper.client.get_workflow_handle(_workflow_of(row))
        engine_at = self._clock.at - self._clock.offset
        gap = engine_at - await self._skipper.get_current_time(handle)
        await self._skipper.fast_forward(handle, (gap if gap > timedelta(0) else step) + OVERSHOOT)


def _workflow_of(row: IssueRow | OrderRow | MatterRow) -> str:
    """Return the id of the workflow that keeps the time of what a row is of."""
    match row:
        case IssueRow():
            return workflow_id(row.issue.zone, row.issue.key)
        case OrderRow():
            return order_workflow_id(row.order.zone, row.order.key)
        case MatterRow():
            return matter_workflow_id(row.matter.zone, row.matter.key)


def skipping(client: Client) -> TimeSkipper:
    """Return a skipper whose workflows never skip by themselves: only a time-lapse moves them."""
    return TimeSkipper(client, config=TimeSkippingConfig(enabled=False))
