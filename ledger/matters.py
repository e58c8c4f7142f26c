"""What a ledger keeps of matters, beside the events and commands of their streams."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from domain.chain import Record
from domain.matters.state import Matter
from ledger.kin import ErrandRow
from ledger.publications import TaskRow

if TYPE_CHECKING:
    from ledger.port import CommandRow, FiringRow, NoticeRow


@dataclass(frozen=True, slots=True)
class MatterHead:
    """Where a matter's stream stands, as its locked row says. `snapshot` is the matter's JSON."""

    version: int
    hash: str
    snapshot: str


@dataclass(frozen=True, slots=True)
class MatterRow:
    """A matter as the ledger's list shows it. `notices` are the ids of the undelivered ones, oldest
    first, at most 20."""

    matter: Matter
    hash: str
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MatterSight:
    """Which matters of a zone somebody sees: `whole`, all; else those that concern one of the
    `enterprises`, for which one of the `posts` is accountable, of one of the `procedures`, or of
    one of those that are seen `while_open`."""

    zone: str
    whole: bool = False
    enterprises: frozenset[str] = frozenset()
    posts: frozenset[str] = frozenset()
    procedures: frozenset[str] = frozenset()
    while_open: frozenset[str] = frozenset()

    @property
    def is_own(self) -> bool:
        """Return whether it is that of one enterprise, or of some: few among very many matters."""
        return not (self.whole or self.posts or self.procedures)

    def sees(self, matter: Matter) -> bool:
        """Return whether a matter lies within."""
        if matter.zone != self.zone:
            return False
        if self.whole or matter.post in self.posts or matter.procedure in self.procedures:
            return True
        if matter.is_open and matter.procedure in self.while_open:
            return True
        return self.concerns(matter)

    def is_of_others(self, matter: Matter) -> bool:
        """Return whether a matter is seen for being open alone: what was done in it was done by
        others."""
        return matter.procedure in self.while_open and not self.concerns(matter)

    def concerns(self, matter: Matter) -> bool:
        """Return whether a matter concerns one of the enterprises."""
        return not self.enterprises.isdisjoint(matter.enterprises)


@dataclass(frozen=True, slots=True)
class MatterColumns:
    """What the row of a matter says beside its snapshot: lists and timers go by it."""

    zone: str
    key: str
    version: int
    hash: str
    terms: str
    aggregate: str
    procedure: str
    open: bool
    stage: str | None
    post: str
    enterprises: tuple[str, ...]
    issues: tuple[str, ...]
    opened_at: datetime
    closed_at: datetime | None
    next_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class MatterChanges:
    """All that one command writes, in one transaction. `told`: the matter's workflow is given the
    answer, so that no relay need signal it."""

    command: "CommandRow"
    records: tuple[Record, ...]
    matter: Matter
    told: bool = False
    firings: tuple["FiringRow", ...] = ()
    notices: tuple["NoticeRow", ...] = ()
    tasks: tuple[TaskRow, ...] = ()
    errands: tuple[ErrandRow, ...] = ()


class MatterTransaction(Protocol):
    """One command's writes: locked at the first read, all or nothing."""

    async def lock_matter(
        self, stream: str, command_id: str
    ) -> "tuple[MatterHead | None, CommandRow | None]":
        """Return the stream's head, locked until the end, and the command stored under the id."""
        ...

    async def append_matter(self, head: MatterHead | None, changes: MatterChanges) -> None:
        """Write `changes` after `head`. Raises StreamConflictError if the stream moved on."""
        ...


class Matters(Protocol):
    """The part of a ledger that matters need."""

    def matter_transaction(self) -> AbstractAsyncContextManager[MatterTransaction]:
        """Open a transaction that commits at the end of the block, or leaves no trace."""
        ...

    async def matter(self, stream: str) -> MatterRow | None:
        """Return one matter as its snapshot says. Raises UnreadableRowError; lists leave out what
        cannot be read, and say so in the log."""
        ...

    async def matter_columns(self, stream: str) -> MatterColumns | None:
        """Return what a matter's row says beside its snapshot."""
        ...

    async def matter_records(
        self, stream: str, *, position: int, after: int, limit: int
    ) -> list[Record]:
        """Return the next events of a matter by version, after version `after`, none above
        `position`; at most `limit`."""
        ...

    async def find_matters(
        self,
        *,
        zone: str | None = None,
        procedure: str | None = None,
        aggregate: str | None = None,
        stage: str | None = None,
        post: str | None = None,
        enterprise: str | None = None,
        issue: str | None = None,
        open_only: bool = False,
        within: MatterSight | None = None,
        after: str = "",
        limit: int = 100,
    ) -> list[MatterRow]:
        """Return matters by stream, at most `limit` (1 to 1,000), after stream `after`.
        `enterprise` is one that they concern, `issue` the key of one that hangs together with
        them; `within` is how far somebody sees."""
        ...

    async def matters_on_other_terms(
        self, zone: str, terms: str, *, after: str, limit: int
    ) -> list[MatterRow]:
        """Return open matters of a zone that are judged by other terms than these, by stream, after
        stream `after`."""
        ...

    async def matters_with_news(self, limit: int, *, after: str = "") -> list[MatterRow]:
        """Return matters whose workflows must hear of something, by stream, after `after`."""
        ...

    async def mark_matter_heard(self, stream: str, version: int) -> None:
        """Record that a matter's workflow was told of this version."""
        ...

    async def mark_matters_unheard(self, streams: Sequence[str]) -> None:
        """Have a relay tell the workflows of these matters again, or start them."""
        ...

    async def matters_overdue(self, at: datetime, limit: int) -> list[MatterRow]:
        """Return open matters whose next instant was before `at` and has not passed for them."""
        ...

    async def matters_untold(self, before: datetime, limit: int) -> list[str]:
        """Return the streams of matters that wait for nothing more, closed ones among them, with
        notices made before `before` that are still to be delivered."""
        ...

    async def open_matter_count(self) -> int:
        """Return how many matters are open."""
        ...

    async def open_matters_by_aggregate(self, at: datetime) -> dict[str, tuple[int, int]]:
        """Return by aggregate how many matters are open, and of how many of them the next instant
        was before `at` and has not passed for them."""
        ...

    async def waiting_matter_count(self) -> int:
        """Return how many open matters wait for an instant."""
        ...

    async def next_matter_due_at(self) -> datetime | None:
        """Return the first instant that any open matter waits for."""
        ...
