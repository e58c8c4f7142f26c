"""Supervision orders in PostgreSQL: their rows, and a command's writes."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

import asyncpg

from domain.access import Horizon
from ledger import order_queries
from ledger.codec import readable
from ledger.connections import ledger_errors
from ledger.lists import hands_within
from ledger.order_codec import (
    ORDERS_MAX,
    checked_order,
    order_arguments,
    order_columns_of,
    order_row_of,
)
from ledger.orders import OrderChanges, OrderColumns, OrderHead, OrderRow
from ledger.port import CommandRow, LedgerError, StreamConflictError
from ledger.postgres_publications import Pooled

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy[asyncpg.Record]

HEAD_COLUMNS: Final = 3


class PostgresOrders(Pooled):
    """What is read of orders, and what their workflows have heard."""

    async def order(self, stream: str) -> OrderRow | None:
        """Return one order as its snapshot says."""
        row = await self._row(order_queries.ORDER, stream)
        return None if row is None else order_row_of(row)

    async def order_columns(self, stream: str) -> OrderColumns | None:
        """Return what an order's row says beside its snapshot."""
        row = await self._row(order_queries.ORDER_COLUMNS, stream)
        return None if row is None else order_columns_of(row)

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
        if within is not None and zone not in (None, within.zone):
            return []
        zone = zone if within is None else within.zone
        given: dict[str, object] = {
            "zone": zone,
            "unit": unit,
            "standing": standing,
            "issue": issue,
        }
        given |= {"moved_since": moved_since}
        filters = {name: value for name, value in given.items() if value is not None}
        narrow = None if within is None or within.whole else within
        sight = () if narrow is None else _sight(narrow)
        query = order_queries.find_orders(filters, open_only=open_only, in_sight=bool(sight))
        bounded = max(1, min(limit, ORDERS_MAX))
        return await self._page(query, after, bounded, *filters.values(), *sight)

    async def orders_on_other_terms(
        self, zone: str, terms: str, *, after: str, limit: int
    ) -> list[OrderRow]:
        """Return open orders of a zone that are judged by other terms than these, by stream."""
        return await self._page(order_queries.ORDERS_ON_OTHER_TERMS, after, limit, zone, terms)

    async def orders_with_news(self, limit: int, *, after: str = "") -> list[OrderRow]:
        """Return orders whose workflows must hear of something, by stream, after `after`."""
        return await self._page(order_queries.ORDERS_WITH_NEWS, after, limit)

    async def mark_order_heard(self, stream: str, version: int) -> None:
        """Record that an order's workflow was told of this version."""
        await self._fetch(order_queries.MARK_ORDER_HEARD, stream, version)

    async def mark_orders_unheard(self, streams: Sequence[str]) -> None:
        """Have a relay tell the workflows of these orders again, or start them."""
        await self._fetch(order_queries.MARK_ORDERS_UNHEARD, list(streams))

    async def orders_overdue(self, at: datetime, limit: int) -> list[OrderRow]:
        """Return open orders whose next rung was due before `at` and has not fired."""
        rows = await self._fetch(order_queries.ORDERS_OVERDUE, at, limit)
        return readable(rows, order_row_of)

    async def orders_untold(self, before: datetime, limit: int) -> list[str]:
        """Return orders that are over, with notices from before `before` that nobody was told."""
        rows = await self._fetch(order_queries.ORDERS_UNTOLD, before, limit)
        return [str(row[0]) for row in rows]

    async def open_order_count(self) -> int:
        """Return how many orders are open."""
        row = await self._row(order_queries.OPEN_ORDER_COUNT)
        return 0 if row is None else int(row[0])

    async def next_order_due_at(self) -> datetime | None:
        """Return the instant of the first rung that any open order waits for."""
        row = await self._row(order_queries.NEXT_ORDER_DUE_AT)
        return None if row is None else row[0]

    async def _page(self, query: str, after: str, limit: int, *arguments: object) -> list[OrderRow]:
        """Return a page of a list; one that holds nothing readable is passed over."""
        while rows := await self._fetch(query, after, limit, *arguments):
            if found := readable(rows, order_row_of):
                return found
            after = rows[-1][0]
        return []


def _sight(within: Horizon) -> tuple[list[str], list[str], list[str]]:
    return sorted(within.units), sorted(within.posts), hands_within(within)


class OrderWriting(ABC):
    """The part of a transaction that writes orders."""

    @property
    @abstractmethod
    def _connection(self) -> "Connection":
        """Return the transaction's connection; raises LedgerError while it is not open."""

    async def lock_order(
        self, stream: str, command_id: str
    ) -> tuple[OrderHead | None, CommandRow | None]:
        """Return the stream's head, locked until the end, and the command stored under the id."""
        with ledger_errors():
            row = await self._connection.fetchrow(order_queries.LOCK_ORDER, stream, command_id)
        if row is None:
            raise LedgerError("ledger_lock_order gave no row")
        head, command = tuple(row)[:HEAD_COLUMNS], tuple(row)[HEAD_COLUMNS:]
        return (
            None if head[0] is None else OrderHead(*head),
            None if command[0] is None else CommandRow(*command),
        )

    async def append_order(self, head: OrderHead | None, changes: OrderChanges) -> None:
        """Write `changes` after `head`. Raises StreamConflictError if the stream moved on."""
        arguments = order_arguments(head, checked_order(changes))
        with ledger_errors():
            written = await self._connection.fetchval(order_queries.APPEND_ORDER, *arguments)
        if not written:
            raise StreamConflictError(f"{changes.command.stream} is not where it was")
