"""What a ledger keeps of supervision orders, beside the events and commands of their streams."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from domain.access import Horizon
from domain.chain import Record
from domain.orders import SupervisionOrder
from ledger.publications import TaskRow

if TYPE_CHECKING:
    from ledger.port import CommandRow, FiringRow, NoticeRow


@dataclass(frozen=True, slots=True)
class OrderHead:
    """Where an order's stream stands, as its locked row says. `snapshot` is the order's JSON."""

    version: int
    hash: str
    snapshot: str


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order as the ledger's list shows it. `notices` are the ids of the undelivered ones, oldest
    first, at most 20."""

    order: SupervisionOrder
    hash: str
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrderColumns:
    """What the row of an order says beside its snapshot: lists and timers go by it."""

    zone: str
    key: str
    version: int
    hash: str
    terms: str
    standing: str
    open: bool
    instrument: str
    unit: str
    issuer: str
    issues: tuple[str, ...]
    issued_at: datetime
    ended_at: datetime | None
    next_due_at: datetime | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderChanges:
    """All that one command writes, in one transaction. `told`: the order's workflow is given the
    answer, so that no relay need signal it."""

    command: "CommandRow"
    records: tuple[Record, ...]
    order: SupervisionOrder
    told: bool = False
    firings: tuple["FiringRow", ...] = ()
    notices: tuple["NoticeRow", ...] = ()
    tasks: tuple[TaskRow, ...] = ()


class OrderTransaction(Protocol):
    """One command's writes: locked at the first read, all or nothing."""

    async def lock_order(
        self, stream: str, command_id: str
    ) -> "tuple[OrderHead | None, CommandRow | None]":
        """Return the stream's head, locked until the end, and the command stored under the id."""
        ...

    async def append_order(self, head: OrderHead | None, changes: OrderChanges) -> None:
        """Write `changes` after `head`. Raises StreamConflictError if the stream moved on."""
        ...


class Orders(Protocol):
    """The part of a ledger that supervision needs."""

    def order_transaction(self) -> AbstractAsyncContextManager[OrderTransaction]:
        """Open a transaction that commits at the end of the block, or leaves no trace."""
        ...

    async def order(self, stream: str) -> OrderRow | None:
        """Return one order as its snapshot says. Raises UnreadableRowError; lists leave out what
        cannot be read, and say so in the log."""
        ...

    async def order_columns(self, stream: str) -> OrderColumns | None:
        """Return what an order's row says beside its snapshot."""
        ...

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
        """Return orders by stream, at most `limit` (1 to 1,000), after stream `after`. `issue` is
        the key of one that they cover; `within` is how far somebody sees; `moved_since`: their last
        event is not older."""
        ...

    async def orders_on_other_terms(
        self, zone: str, terms: str, *, after: str, limit: int
    ) -> list[OrderRow]:
        """Return open orders of a zone that are judged by other terms than these, by stream, after
        stream `after`."""
        ...

    async def orders_with_news(self, limit: int, *, after: str = "") -> list[OrderRow]:
        """Return orders whose workflows must hear of something, by stream, after `after`."""
        ...

    async def mark_order_heard(self, stream: str, version: int) -> None:
        """Record that an order's workflow was told of this version."""
        ...

    async def mark_orders_unheard(self, streams: Sequence[str]) -> None:
        """Have a relay tell the workflows of these orders again, or start them."""
        ...

    async def orders_overdue(self, at: datetime, limit: int) -> list[OrderRow]:
        """Return open orders whose next rung was due before `at` and has not fired."""
        ...

    async def orders_untold(self, before: datetime, limit: int) -> list[str]:
        """Return the streams of orders that are over, with notices made before `before` that are
        still to be delivered."""
        ...

    async def open_order_count(self) -> int:
        """Return how many orders are open."""
        ...

    async def next_order_due_at(self) -> datetime | None:
        """Return the instant of the first rung that any open order waits for."""
        ...
