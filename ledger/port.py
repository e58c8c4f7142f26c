"""What the desk, the relay and the auditor ask of a ledger; PostgreSQL and memory both answer."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.chain import Record
from domain.issue import Issue
from domain.phases import LinkType
from ledger.asof import AsOf
from ledger.attachments import Attachments
from ledger.board_rows import BoardRow
from ledger.day_lists import DayLists
from ledger.draws import Draws
from ledger.erasures import Erasures
from ledger.exports import Exports
from ledger.figures import Figures
from ledger.histories import Histories
from ledger.kin import ErrandRow, Kindred, KinRow, LinkChange
from ledger.matters import Matters
from ledger.orders import Orders
from ledger.principals import Principals
from ledger.publications import Publications, TaskRow
from ledger.reads import AuditReads
from ledger.receipts import Receipts
from ledger.refusals import Refusals
from ledger.reports import Reports
from ledger.saved_views import SavedViews
from ledger.subscriptions import Webhooks
from ledger.texts import Texts
from ledger.verifications import Verifications
from ledger.waits import Waits


class LedgerError(Exception):
    """The ledger could not do what it was asked."""


class LedgerUnavailableError(LedgerError):
    """The ledger is out of reach or too slow just now; the same request may succeed later."""


class UnreadableRowError(LedgerError):
    """A row is not of a form that this program reads: a later one wrote it, or it was spoilt."""


class StreamConflictError(LedgerError):
    """Another writer was in the stream, or used the command id, first: look and decide again."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a stream stands, as its locked row says.

    `snapshot` is the issue's JSON, or "" if the caller named this very version as known to it.
    """

    version: int
    hash: str
    snapshot: str
    terms: str
    armed_due_at: datetime | None
    answered: bool
    notices_open: int


@dataclass(frozen=True, slots=True)
class CommandRow:
    """A command that was decided, and the result that a repeat is given."""

    id: str
    stream: str
    kind: str
    at: datetime
    actor: str
    body: str
    hash: str
    terms: str
    rules: int
    first_version: int
    count: int
    result: str


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One cycle of one clock, for lists and boards."""

    stream: str
    clock: str
    cycle: int
    rule: str
    standing: str
    budget_ms: int
    elapsed_ms: int
    anchor_at: datetime
    due_at: datetime | None
    provisional: bool
    breached_at: datetime | None
    verdict: str | None


@dataclass(frozen=True, slots=True)
class FiringRow:
    """A rung that fired: unique by (stream, clock, cycle, rung) (R4.2). `ring` is False when
    another command found it due before the workflow rang it. `effect_done_at` is the last
    `delivered_at` of its notices: all lie in their inboxes, and no other channel need have them."""

    stream: str
    clock: str
    cycle: int
    rung: str
    version: int
    due_at: datetime
    fired_at: datetime
    ring: bool
    effect_done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """Something to tell an addressee, and whether it has been told.

    `delivered_at`: it lies in the addressee's inbox, and each other channel of theirs has taken it,
    refused it for good, or is to have it later, when quiet hours or a storm's window end. What an
    outer channel did, and when, is in the receipts alone.
    """

    id: str
    stream: str
    version: int
    kind: str
    addressee: str
    created_at: datetime
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """All that one command writes, in one transaction. An empty outcome has no `records`; `issue`
    may then be None, and is not written.

    `records` carry the command's id, hash, terms and rules. `poke`: the workflow must hear.
    `armed_due_at`: the instant the workflow waits for, from now on. `board`: None once closed.
    """

    command: CommandRow
    records: tuple[Record, ...]
    issue: Issue | None
    armed_due_at: datetime | None
    answered: bool
    clocks: tuple[ClockRow, ...] = ()
    firings: tuple[FiringRow, ...] = ()
    notices: tuple[NoticeRow, ...] = ()
    poke: bool = False
    tasks: tuple[TaskRow, ...] = ()
    links: tuple[LinkChange, ...] = ()
    errands: tuple[ErrandRow, ...] = ()
    board: BoardRow | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A command that a person or service sent and was refused."""

    command_id: str
    stream: str
    kind: str
    at: datetime
    actor: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class IssueRow:
    """An issue as the ledger's list shows it, with what the relay and the guard need.

    `notices` are the ids of the undelivered ones, oldest first, at most 20.
    """

    issue: Issue
    hash: str
    armed_due_at: datetime | None
    answered: bool
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Poke:
    """An issue whose workflow must hear."""

    row: IssueRow


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A closed workflow run's history, swept into the archive: gzipped JSON and its SHA-256."""

    run_id: str
    workflow_id: str
    closed_as: str
    events: int
    sha256: str
    archive: bytes
    swept_at: datetime


class Transaction(Protocol):
    """One command's writes: locked at the first read, all or nothing."""

    async def lock(
        self, stream: str, command_id: str, *, known_version: int | None = None
    ) -> tuple[Head | None, CommandRow | None]:
        """Return the stream's head, locked until the end, and the command stored under the id.

        The snapshot of `known_version`, which the caller holds, is not sent again.
        """
        ...

    async def allot_number(self, zone: str, year: int) -> int:
        """Return the next ledger number of a zone and year: no gaps, never reused."""
        ...

    async def kin(self, zone: str, key: str, target: str, type_: LinkType) -> KinRow | None:
        """Return what is known of the issue `target`, which a link of `key` names; None if there is
        no such issue. Nobody else links within the zone until the end of the transaction."""
        ...

    async def append(self, head: Head | None, changes: Changes) -> None:
        """Write `changes` after `head`. Raises StreamConflictError if the stream moved on."""
        ...


class PokeBatch(Protocol):
    """Issues taken from the outbox, held until the end of the block they were taken in."""

    pokes: Sequence[Poke]

    async def done(self, streams: Sequence[str]) -> None:
        """Forget the rows of these issues: their workflows have heard."""
        ...


class Ledger(
    Publications,
    Orders,
    Matters,
    Kindred,
    Draws,
    Texts,
    Erasures,
    Attachments,
    AuditReads,
    Reports,
    Verifications,
    Receipts,
    Refusals,
    SavedViews,
    Webhooks,
    Principals,
    Exports,
    AsOf,
    Figures,
    Histories,
    DayLists,
    Waits,
    Protocol,
):
    """The only truth, and what is read from it."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction that commits at the end of the block, or leaves no trace."""
        ...

    async def append_at_once(self, head: Head, changes: Changes) -> bool:
        """Write `changes` in a transaction of their own if the stream stands exactly at `head` and
        the command's id is new. False, and no trace, if not: lock, and decide on what is there.
        Raises LedgerError for changes with links or errands, which need a transaction."""
        ...

    async def put_terms(self, hash_: str, zone: str, text: str, at: datetime) -> None:
        """Keep a version of terms; a version that is there already stays as it is."""
        ...

    async def terms(self, hash_: str) -> str | None:
        """Return the text of the terms called `hash_`."""
        ...

    async def issue(self, stream: str) -> IssueRow | None:
        """Return one issue as its snapshot says."""
        ...

    async def find(  # the list's filters, all optional, all named by callers
        self,
        *,
        zone: str | None = None,
        phase: str | None = None,
        owner: str | None = None,
        category: str | None = None,
        number: str | None = None,
        overdue_at: datetime | None = None,
        incident: str | None = None,
        report_id: str | None = None,
        open_only: bool = False,
        after: str = "",
        limit: int = 100,
    ) -> list[IssueRow]:
        """Return issues ordered by stream, at most `limit` (1 to 1,000), after stream `after`."""
        ...

    async def records(self, stream: str, *, after_version: int = 0) -> list[Record]:
        """Return the events of a stream in order of version."""
        ...

    async def safe_position(self) -> int:
        """Return the position at and below which no event can appear any more."""
        ...

    async def follow(self, after_position: int, limit: int) -> list[tuple[int, Record]]:
        """Return the next events of all streams with their positions, up to the safe position."""
        ...

    async def commands(self, stream: str) -> list[CommandRow]:
        """Return the decided commands of a stream in the order in which they were decided."""
        ...

    async def clocks(self, stream: str) -> list[ClockRow]:
        """Return every cycle of every clock of a stream."""
        ...

    async def firings(self, stream: str | None = None) -> list[FiringRow]:
        """Return the rungs that fired, of one stream or of all, by due instant."""
        ...

    def streams(self, *, batch: int = 500) -> AsyncIterator[str]:
        """Yield every stream, in order."""
        ...

    async def notice(self, id_: str) -> NoticeRow | None:
        """Return one notice."""
        ...

    async def notices(self, stream: str) -> list[NoticeRow]:
        """Return the notices of a stream, oldest first."""
        ...

    async def mark_delivered(self, notice_id: str, at: datetime) -> None:
        """Record that a notice was delivered; the first time stands. A fired rung whose notices are
        all delivered gets its `effect_done_at`: of outer channels it says nothing."""
        ...

    async def mark_answered(self, stream: str, armed_due_at: datetime | None, version: int) -> bool:
        """Record that the workflow answers for this issue and what it waits for, if the issue still
        has the version that the workflow is told of. False if it has moved on: tell it anew."""
        ...

    async def untold(self, before: datetime, limit: int) -> list[str]:
        """Return the streams of closed issues with notices made before `before` that are still to
        be delivered."""
        ...

    async def swept_at(self) -> datetime | None:
        """Return when a history was last put into the archive, None while it is empty."""
        ...

    async def mark_unanswered(self, streams: Sequence[str], *, silent: bool = False) -> int:
        """Record that no workflow answers for these issues, hence that none waits for anything, and
        write an outbox row for each; return of how many. `silent`: only of those of which that
        stands already, and for which no outbox row waits."""
        ...

    def take_pokes(self, limit: int) -> AbstractAsyncContextManager[PokeBatch]:
        """Take up to `limit` distinct issues with all their outbox rows, skipping what others hold.

        What was `done` stays done even if the block then fails.
        """
        ...

    async def open_count(self) -> int:
        """Return how many issues are open."""
        ...

    async def provisional_count(self) -> int:
        """Return how many live clocks have a deadline beyond the published days."""
        ...

    async def next_due_at(self) -> datetime | None:
        """Return the instant of the first rung that any open issue waits for."""
        ...

    async def undelivered(self) -> int:
        """Return how many notices are still to be delivered."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
