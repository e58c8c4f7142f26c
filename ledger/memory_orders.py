"""Supervision orders in memory."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Self

from domain.access import Horizon
from domain.issue import stream_name
from domain.orders import SupervisionOrder
from ledger.memory_publications import settle
from ledger.memory_tables import NOTICES_SHOWN_MAX, OrderKept, Tables
from ledger.order_codec import ORDERS_MAX, checked_order, columns_of, read_order_snapshot
from ledger.orders import OrderChanges, OrderColumns, OrderHead, OrderRow
from ledger.port import CommandRow, StreamConflictError


class MemoryOrders:
    """The part of the ledger that supervision needs."""

    _tables: Tables

    def order_transaction(self) -> "MemoryOrderTransaction":
        """Open a transaction that commits at the end of the block, or leaves no trace."""
        return MemoryOrderTransaction(self._tables)

    async def order(self, stream: str) -> OrderRow | None:
        """Return one order as its snapshot says."""
        kept = self._tables.orders.get(stream)
        return None if kept is None else self._row(kept)

    async def order_columns(self, stream: str) -> OrderColumns | None:
        """Return what an order's row says beside its snapshot."""
        kept = self._tables.orders.get(stream)
        return None if kept is None else columns_of(kept.order, kept.hash)

    async def find_orders(
        self,
        *,
        zone: str | None = None,
        unit: str | None = None,
        standing: str | None = None,
        issue: str | None = None,
        open_only: bool = False,
        within: Horizon | None = None,
        moved_since: datetime | None = None,
        after: str = "",
        limit: int = 100,
    ) -> list[OrderRow]:
        """Return orders by stream, at most `limit` (1 to 1,000), after stream `after`."""

        def fits(kept: OrderKept) -> bool:
            order = kept.order
            return (
                order.stream > after
                and zone in (None, order.zone)
                and unit in (None, order.unit)
                and standing in (None, order.standing.value)
                and (issue is None or issue in order.issues)
                and (order.is_open or not open_only)
                and (within is None or self._is_seen(within, order))
                and (moved_since is None or order.changed_at >= moved_since)
            )

        return self._rows(fits, max(1, min(limit, ORDERS_MAX)))

    async def orders_on_other_terms(
        self, zone: str, terms: str, *, after: str, limit: int
    ) -> list[OrderRow]:
        """Return open orders of a zone that are judged by other terms than these, by stream."""

        def fits(kept: OrderKept) -> bool:
            order = kept.order
            of_zone = order.is_open and order.zone == zone and order.stream > after
            return of_zone and order.terms != terms

        return self._rows(fits, limit)

    async def orders_with_news(self, limit: int, *, after: str = "") -> list[OrderRow]:
        """Return orders whose workflows must hear of something, by stream, after `after`."""
        return self._rows(lambda kept: kept.heard < kept.news and kept.order.stream > after, limit)

    async def mark_order_heard(self, stream: str, version: int) -> None:
        """Record that an order's workflow was told of this version."""
        kept = self._tables.orders.get(stream)
        if kept is not None:
            self._tables.orders[stream] = replace(kept, heard=max(kept.heard, version))

    async def mark_orders_unheard(self, streams: Sequence[str]) -> None:
        """Have a relay tell the workflows of these orders again, or start them."""
        for stream in streams:
            kept = self._tables.orders.get(stream)
            if kept is not None:
                self._tables.orders[stream] = replace(kept, heard=0)

    async def orders_overdue(self, at: datetime, limit: int) -> list[OrderRow]:
        """Return open orders whose next rung was due before `at` and has not fired."""
        late = []
        for kept in self._tables.orders.values():
            rung = kept.order.next_rung
            if kept.order.is_open and rung is not None and rung.due_at < at:
                late.append((rung.due_at, kept.order.stream, kept))
        late.sort(key=lambda entry: entry[:2])
        return [self._row(kept) for _, _, kept in late[:limit]]

    async def orders_untold(self, before: datetime, limit: int) -> list[str]:
        """Return orders that are over, with notices from before `before` that nobody was told."""
        late = {
            notice.stream
            for notice in self._tables.notices.values()
            if notice.delivered_at is None and notice.created_at < before
        }
        over = {name for name, kept in self._tables.orders.items() if not kept.order.is_open}
        return sorted(late & over)[:limit]

    async def open_order_count(self) -> int:
        """Return how many orders are open."""
        return sum(kept.order.is_open for kept in self._tables.orders.values())

    async def next_order_due_at(self) -> datetime | None:
        """Return the instant of the first rung that any open order waits for."""
        rungs = (k.order.next_rung for k in self._tables.orders.values() if k.order.is_open)
        return min((rung.due_at for rung in rungs if rung is not None), default=None)

    def _is_seen(self, within: Horizon, order: SupervisionOrder) -> bool:
        """Return whether an order is in sight: by its unit, its issuer, or an issue of its own."""
        if order.zone != within.zone:
            return False
        if within.whole or order.unit in within.units or order.issuer.post in within.posts:
            return True
        covered = (self._tables.issues.get(stream_name(order.zone, key)) for key in order.issues)
        return any(each is not None and within.sees(each.issue) for each in covered)

    def _rows(self, fits: Callable[[OrderKept], bool], limit: int) -> list[OrderRow]:
        fitting = [kept for _, kept in sorted(self._tables.orders.items()) if fits(kept)]
        return [self._row(kept) for kept in fitting[:limit]]

    def _row(self, kept: OrderKept) -> OrderRow:
        shown = self._tables.undelivered(kept.order.stream)[:NOTICES_SHOWN_MAX]
        return OrderRow(kept.order, kept.hash, tuple(notice.id for notice in shown))


class MemoryOrderTransaction(AbstractAsyncContextManager["MemoryOrderTransaction"]):
    """One command's writes, kept aside until the end of the block."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._locks = AsyncExitStack()
        self._changes: list[tuple[OrderHead | None, OrderChanges]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                for head, changes in self._changes:
                    self._refuse_conflicts(head, changes)
                    self._write(changes)
        finally:
            await self._locks.aclose()

    async def lock_order(
        self, stream: str, command_id: str
    ) -> tuple[OrderHead | None, CommandRow | None]:
        """Return the stream's head, locked until the end, and the command stored under the id."""
        await self._locks.enter_async_context(self._tables.locks[stream])
        command = self._tables.commands.get(command_id)
        kept = self._tables.orders.get(stream)
        if kept is None:
            return None, command
        text = kept.order.model_dump_json()
        return OrderHead(kept.order.version, kept.hash, text), command

    async def append_order(self, head: OrderHead | None, changes: OrderChanges) -> None:
        """Write `changes` after `head`. Raises StreamConflictError if the stream moved on."""
        self._refuse_conflicts(head, checked_order(changes))
        self._changes.append((head, changes))

    def _refuse_conflicts(self, head: OrderHead | None, changes: OrderChanges) -> None:
        tables, stream = self._tables, changes.command.stream
        kept = tables.orders.get(stream)
        if (None if kept is None else kept.order.version) != (head and head.version):
            raise StreamConflictError(f"{stream} is not where it was")
        if changes.command.id in tables.commands:
            raise StreamConflictError(f"command {changes.command.id} was decided before")
        for firing in changes.firings:
            if (firing.stream, firing.clock, firing.cycle, firing.rung) in tables.firings:
                raise StreamConflictError(f"{firing.rung} of {firing.clock} has fired before")

    def _write(self, changes: OrderChanges) -> None:
        tables, command = self._tables, changes.command
        tables.commands[command.id] = command
        tables.records[command.stream].extend(changes.records)
        tables.positions.extend(changes.records)
        tables.firings |= {(f.stream, f.clock, f.cycle, f.rung): f for f in changes.firings}
        tables.notices |= {n.id: n for n in changes.notices}
        tables.tasks = {task.id: task for task in changes.tasks} | tables.tasks
        if changes.tasks:
            settle(tables)
        # Through the text and back, as in the database: what cannot be kept shows here too.
        order = read_order_snapshot(changes.order.model_dump_json())
        kept = tables.orders.get(command.stream)
        before = 0 if kept is None else kept.heard
        tables.orders[command.stream] = OrderKept(
            order=order,
            hash=changes.records[-1].hash,
            news=order.version,
            heard=order.version if changes.told else before,
        )
