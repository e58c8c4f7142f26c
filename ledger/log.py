"""What is asked of the transparency log: its leaves in order, its roots, checkpoints and keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.merkle import Frontier, Range


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One leaf: the fact that it names and its hash. An event has a position, any other a key."""

    index: int
    kind: str
    key: str | None
    position: int | None
    hash: bytes


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """A signed state of the log. `root` in hex; `note` is the whole signed note."""

    size: int
    root: str
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class LogKeyRow:
    """A key that signs checkpoints from `at` on. `note`: the hand-over, None of the first."""

    sequence: int
    vkey: str
    note: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class AnchorRow:
    """That the checkpoint of `size` was given to somebody outside, and what was given back."""

    sequence: int
    size: int
    kind: str
    target: str
    receipt: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EventStub:
    """Of an event what its leaf says. `command`: the row of the command whose first event it is."""

    stream: str
    version: int
    position: int
    hash: str
    command: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class Carried:
    """What a stretch of the log holds. `gone`: the first position there that has no event."""

    leaves: int
    gone: int | None


class LogReading(Protocol):
    """The part of a ledger from which the log is read and proved."""

    async def log_size(self) -> int:
        """Return how many leaves there are."""
        ...

    async def log_entries(self, start: int, end: int) -> list[LogEntry]:
        """Return the leaves from `start` to before `end`, in order; at most 10,000."""
        ...

    async def log_entry_of_event(self, stream: str, version: int) -> LogEntry | None:
        """Return the leaf of an event, None while it waits for its place."""
        ...

    async def log_entry_of(self, kind: str, key: str) -> LogEntry | None:
        """Return the leaf of another fact, None while it waits for its place."""
        ...

    async def log_carried(self, start: int, end: int) -> Carried:
        """Return what of the leaves from `start` to before `end` is there, and their events."""
        ...

    async def log_root(self, leaves: Range) -> bytes:
        """Return the root over a subtree, from a place where one of its length may begin."""
        ...

    async def log_frontier(self) -> Frontier:
        """Return the right edge of the tree."""
        ...

    async def checkpoints(self, *, after_size: int = -1, limit: int = 1000) -> list[CheckpointRow]:
        """Return checkpoints in order of size."""
        ...

    async def checkpoint(self, size: int | None = None) -> CheckpointRow | None:
        """Return the checkpoint of `size`, or the newest."""
        ...

    async def log_keys(self) -> list[LogKeyRow]:
        """Return the keys in the order in which they came into force."""
        ...

    async def anchors(self, *, after: int = 0, limit: int = 1000) -> list[AnchorRow]:
        """Return what was given to whom, in order."""
        ...

    async def last_anchored(self) -> dict[tuple[str, str], datetime]:
        """Return when each kind and target was last given a checkpoint."""
        ...

    async def fact_rows(self, kind: str, keys: Sequence[str]) -> dict[str, dict[str, object]]:
        """Return rows of a table of facts by their keys."""
        ...

    async def facts_after(
        self, kind: str, after: str | None, limit: int
    ) -> list[tuple[str, dict[str, object]]]:
        """Return the keys and rows of a table of facts in order of key, after the key `after`."""
        ...

    async def event_stubs(self, after: int, until: int, limit: int) -> list[EventStub]:
        """Return the events whose positions lie above `after` up to `until`, in order."""
        ...

    async def log_waiting(self) -> int:
        """Return how many facts beside events wait for their place."""
        ...

    async def safe_position(self) -> int:
        """Return the position at and below which no event can appear any more."""
        ...


class TransparencyLog(LogReading, Protocol):
    """The log, to be carried on."""

    async def log_extend(self, limit: int = 5000) -> int:
        """Give the next facts their places, at most about `limit`; return how many. 0: none waits.

        Two at once: the second waits for the first. Safe beside writers that commit in any order.
        """
        ...

    async def put_checkpoint(self, row: CheckpointRow) -> bool:
        """Keep a checkpoint; False if there is one of this size."""
        ...

    async def put_log_key(self, vkey: str, note: str | None, at: datetime) -> None:
        """Keep a key; one that is there already stays as it is."""
        ...

    async def put_anchor(
        self, size: int, kind: str, target: str, receipt: str, at: datetime
    ) -> None:
        """Keep that a checkpoint was given to somebody outside."""
        ...
