"""What of a ledger says how much waits, and for how long: for those who watch over it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class OutboxSpan:
    """What lies in the outbox: of how many issues, and the first and the last number of its rows,
    0 for none. Numbers grow with time."""

    issues: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Unsent:
    """What is still to be sent to subscriptions that are neither paused nor removed: how many
    events, and when the oldest of them happened."""

    events: int
    oldest_at: datetime | None


class Waits(Protocol):
    """The part of a ledger that is asked, again and again, what waits."""

    async def outbox_size(self) -> int:
        """Return how many issues wait to be poked."""
        ...

    async def outbox_span(self) -> OutboxSpan:
        """Return what lies in the outbox."""
        ...

    async def unsent(self) -> Unsent:
        """Return what is still to be sent to active subscriptions."""
        ...
