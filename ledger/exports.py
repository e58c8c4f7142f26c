"""What an export reads: streams, events and commands as they stood at one position, in pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from domain.chain import Record
from domain.matters.matter import matter_stream
from domain.orders import order_stream

if TYPE_CHECKING:
    from ledger.port import CommandRow

FIRST, LAST = "", "~"
"""Every stream's name sorts between the two."""


@dataclass(frozen=True, slots=True)
class StreamRow:
    """A stream at a position: its version there, and what its row says by now.

    A command of which the position would cut the events in two has none of them in `version`.

    `row_version` is the row's own; None without a row. What an issue's row says holds for the
    position if both versions are the same. `issues` are the keys that an order covers, or that hang
    together with a matter: those of a matter too hold if both versions are the same.
    """

    stream: str
    version: int
    row_version: int | None = None
    category: str | None = None
    open: bool | None = None
    reported_at: datetime | None = None
    issues: tuple[str, ...] = ()


class Exports(Protocol):
    """The part of a ledger that exports need. `position` is one that `safe_position` gave."""

    async def streams_between(
        self, position: int, after: str, before: str, limit: int
    ) -> list[StreamRow]:
        """Return streams with events, by name, between two names and without them; those that
        have no event up to `position` are at version 0."""
        ...

    async def streams_named(self, position: int, names: Sequence[str]) -> list[StreamRow]:
        """Return those of the named streams that have events, by name."""
        ...

    async def events_up_to(self, versions: Mapping[str, int]) -> list[tuple[int, Record]]:
        """Return the events of streams up to a version each, with their positions, by stream and
        version."""
        ...

    async def commands_of(self, streams: Sequence[str]) -> "list[CommandRow]":
        """Return the decided commands of streams, by stream and order of decision."""
        ...

    async def stream_count(self, zone: str | None = None) -> int:
        """Return how many issues, orders and matters a zone has, or all zones."""
        ...


def ranges(zone: str | None) -> tuple[tuple[str, str], ...]:
    """Return between which names the streams of a zone lie: its issues, then its orders, then its
    matters. `0` comes right after the slash. Of a zone called `order` or `matter` all orders, or
    matters, lie among its issues."""
    if zone is None:
        return ((FIRST, LAST),)
    issues, others = (f"{zone}/", f"{zone}0"), ranges_of_others(zone)
    return (issues, *(each for each in others if not issues[0] < each[0] < issues[1]))


def ranges_of_others(zone: str) -> tuple[tuple[str, str], ...]:
    """Return between which names the orders of a zone lie, then its matters."""
    return tuple(
        (first, f"{first.removesuffix('/')}0")
        for first in (order_stream(zone, ""), matter_stream(zone, ""))
    )
