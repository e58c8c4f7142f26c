"""A ledger that somebody wrote over, and the ways to write over it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import builders as b

from domain.chain import Record
from ledger.matters import MatterRow
from ledger.memory import MemoryLedger
from ledger.orders import OrderRow
from ledger.port import CommandRow, FiringRow

MINUTE = timedelta(minutes=1)


class Altered:
    """A ledger that was written over: `change` is applied to the rows of one kind."""

    def __init__(self, ledger: MemoryLedger, **changes: Callable[[list[Any]], list[Any]]) -> None:
        self._ledger = ledger
        self._changes = changes

    async def records(self, stream: str, *, after_version: int = 0) -> list[Record]:
        rows = self._altered("records", await self._ledger.records(stream))
        return [row for row in rows if row.version > after_version]

    async def commands(self, stream: str) -> list[CommandRow]:
        return self._altered("commands", await self._ledger.commands(stream))

    async def firings(self, stream: str | None = None) -> list[FiringRow]:
        return self._altered("firings", await self._ledger.firings(stream))

    async def order(self, stream: str) -> OrderRow | None:
        row = await self._ledger.order(stream)
        rows = self._altered("orders", [] if row is None else [row])
        return rows[0] if rows else None

    async def matter(self, stream: str) -> MatterRow | None:
        row = await self._ledger.matter(stream)
        rows = self._altered("matters", [] if row is None else [row])
        return rows[0] if rows else None

    def _altered(self, kind: str, rows: list[Any]) -> list[Any]:
        return self._changes[kind](rows) if kind in self._changes else rows

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)


def other(value: object) -> Any:
    """Return a value of the same type that is not `value`."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return f"{value}x"
        case None:
            return b.MON_9
        case _:
            return value + MINUTE  # type: ignore[operator]  # an instant


def at_place(place: int, column: str) -> Callable[[list[Any]], list[Any]]:
    """Return a change of one column of one row."""

    def change(rows: list[Any]) -> list[Any]:
        row = rows[place]
        return [
            *rows[:place],
            replace(row, **{column: other(getattr(row, column))}),
            *rows[place + 1 :],
        ]

    return change
