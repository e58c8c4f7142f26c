"""Streams read for an audit, some hundred at once and as of one moment: facts and what is read."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from domain.chain import Record
from domain.streams import is_issue_stream
from ledger import codec
from ledger.kin import LinkRow
from ledger.matter_codec import read_matter_snapshot
from ledger.matters import MatterColumns, MatterRow
from ledger.order_codec import read_order_snapshot
from ledger.orders import OrderColumns, OrderRow
from ledger.port import ClockRow, CommandRow, FiringRow, IssueRow, NoticeRow

Columns = Mapping[str, object]
"""All columns of one row, by name."""


class Behind(Protocol):
    """What of a ledger is not of one stream."""

    async def terms(self, hash_: str) -> str | None:
        """Return the text of the terms called `hash_`."""
        ...

    async def errand_texts(self, ids: Sequence[str]) -> dict[str, str]:
        """Return the texts of those errands that wait or have been carried out, by id."""
        ...


@dataclass(frozen=True, slots=True)
class PartyRow:
    """That a matter concerns an enterprise."""

    zone: str
    enterprise: str
    stream: str


@dataclass(slots=True)
class Stored:
    """Everything that is kept of one stream. `issue`, `order`, `matter` and `boards` are their
    whole rows."""

    records: list[Record] = field(default_factory=list)
    commands: list[CommandRow] = field(default_factory=list)
    issue: Columns | None = None
    order: Columns | None = None
    matter: Columns | None = None
    parties: list[PartyRow] = field(default_factory=list)
    clocks: list[ClockRow] = field(default_factory=list)
    firings: list[FiringRow] = field(default_factory=list)
    notices: list[NoticeRow] = field(default_factory=list)
    links: list[LinkRow] = field(default_factory=list)
    boards: list[Columns] = field(default_factory=list)


class StreamPage:
    """Some streams as they stood at one moment. Asked like a ledger; of others it knows nothing."""

    def __init__(self, behind: Behind, stored: Mapping[str, Stored]) -> None:
        self._behind = behind
        self._stored = stored

    def stored(self, stream: str) -> Stored:
        """Return everything that is kept of a stream."""
        return self._stored.get(stream) or Stored()

    async def streams(self, *, batch: int = 500) -> AsyncIterator[str]:  # as any ledger
        """Yield the streams of this page, in order."""
        for stream in sorted(self._stored):
            yield stream

    async def records(self, stream: str, *, after_version: int = 0) -> list[Record]:
        """Return the events of a stream in order of version."""
        records = self.stored(stream).records
        return [r for r in records if r.version > after_version] if after_version else records

    async def commands(self, stream: str) -> list[CommandRow]:
        """Return the commands of a stream in the order in which they were decided."""
        return self.stored(stream).commands

    async def terms(self, hash_: str) -> str | None:
        """Return the text of the terms called `hash_`."""
        return await self._behind.terms(hash_)

    async def issue(self, stream: str) -> IssueRow | None:
        """Return one issue as its snapshot says. Raises UnreadableRowError."""
        stored = self.stored(stream)
        row = stored.issue
        if row is None:
            return None
        waiting = tuple(n.id for n in stored.notices if n.delivered_at is None)
        issue = codec.read_snapshot(str(row["snapshot"]), stream)
        return IssueRow(
            issue,
            str(row["hash"]),
            row["armed_due_at"],  # type: ignore[arg-type]  # typed by the table
            answered=bool(row["answered"]),
            notices=waiting,
        )

    async def order(self, stream: str) -> OrderRow | None:
        """Return one supervision order as its snapshot says. Raises UnreadableRowError."""
        stored = self.stored(stream)
        row = stored.order
        if row is None:
            return None
        waiting = tuple(n.id for n in stored.notices if n.delivered_at is None)
        order = read_order_snapshot(str(row["snapshot"]), stream)
        return OrderRow(order, str(row["hash"]), waiting)

    async def order_columns(self, stream: str) -> OrderColumns | None:
        """Return what an order's row says beside its snapshot."""
        row = self.stored(stream).order
        if row is None:
            return None
        said = {name: row[name] for name in OrderColumns.__slots__}
        return OrderColumns(**said | {"issues": tuple(row["issues"])})  # type: ignore[arg-type]  # typed by the table

    async def matter(self, stream: str) -> MatterRow | None:
        """Return one matter as its snapshot says. Raises UnreadableRowError."""
        stored = self.stored(stream)
        row = stored.matter
        if row is None:
            return None
        waiting = tuple(n.id for n in stored.notices if n.delivered_at is None)
        matter = read_matter_snapshot(str(row["snapshot"]), stream)
        return MatterRow(matter, str(row["hash"]), waiting)

    async def matter_columns(self, stream: str) -> MatterColumns | None:
        """Return what a matter's row says beside its snapshot."""
        row = self.stored(stream).matter
        if row is None:
            return None
        said = {name: row[name] for name in MatterColumns.__slots__}
        said |= {name: tuple(row[name]) for name in ("enterprises", "issues")}  # type: ignore[arg-type]  # typed by the table
        return MatterColumns(**said)  # type: ignore[arg-type]  # as above

    async def firings(self, stream: str | None = None) -> list[FiringRow]:
        """Return the rungs that fired, of one stream or of the page."""
        if stream is not None:
            return self.stored(stream).firings
        return [row for stored in self._stored.values() for row in stored.firings]

    async def clocks(self, stream: str) -> list[ClockRow]:
        """Return every cycle of every clock of a stream."""
        return self.stored(stream).clocks

    async def links(self, zone: str, key: str) -> list[LinkRow]:
        """Return the links that the stream of this issue wrote."""
        stream = f"{zone}/{key}"
        return self.stored(stream).links if is_issue_stream(stream) else []

    async def errand_texts(self, ids: Sequence[str]) -> dict[str, str]:
        """Return the texts of those errands that wait or have been carried out, by id."""
        return await self._behind.errand_texts(ids) if ids else {}


@dataclass(frozen=True, slots=True)
class NumberRow:
    """The last ledger number that was given in a zone and year."""

    zone: str
    year: int
    last: int


@dataclass(frozen=True, slots=True)
class StrayRow:
    """A row beside the facts whose stream has no event."""

    table: str
    stream: str


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A stored root of a whole subtree of 256 to the power of `level` leaves."""

    level: int
    index: int
    hash: bytes


@runtime_checkable
class Paged(Protocol):
    """The part of a ledger that an audit reads by the page."""

    async def stream_page(self, streams: Sequence[str]) -> StreamPage:
        """Return these streams as of one moment; at most 1,000."""
        ...

    async def stream_names_after(self, after: str, limit: int, *, since_size: int = 0) -> list[str]:
        """Return the next streams in order of name; of those with `since_size` only such as have an
        event or a command that is not among the first so many leaves of the log."""
        ...

    async def numbers(self) -> list[NumberRow]:
        """Return the last ledger numbers given, by zone and year."""
        ...

    async def stray_rows(self, limit: int) -> list[StrayRow]:
        """Return rows of clocks, firings and notices whose stream has no event."""
        ...


class LogInside(Protocol):
    """What only an audit asks of the log."""

    async def log_nodes_after(self, level: int, index: int, limit: int) -> list[NodeRow]:
        """Return stored nodes in order of level and index, after this one."""
        ...

    async def unlogged(self, kind: str, limit: int) -> list[str]:
        """Return the keys of facts that are no leaf and do not wait to be one."""
        ...

    async def waiting_for_nothing(self, kind: str, limit: int) -> list[str]:
        """Return the keys that wait for the log and of which there is no fact."""
        ...

    async def waiting_kinds(self) -> list[str]:
        """Return the kinds of facts that wait for the log."""
        ...

    async def event_times(self, after: int, until: int) -> "list[EventTime]":
        """Return when events above position `after` up to `until` were recorded, in order."""
        ...

    async def last_position(self, size: int) -> int:
        """Return the greatest position among the first `size` leaves, 0 if there is none."""
        ...

    async def events_after_position(self, position: int) -> int:
        """Return how many events have no leaf, whose positions lie above this one."""
        ...


@dataclass(frozen=True, slots=True)
class EventTime:
    """When an event was recorded, by the ledger's clock, and by which command."""

    position: int
    stream: str
    version: int
    at: datetime
    command_id: str
