"""The ledger in memory: the same behaviour for tests, gone with the process."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from domain.chain import Record
from ledger.codec import checked_at_once
from ledger.memory_asof import MemoryAsOf
from ledger.memory_attachments import MemoryAttachments
from ledger.memory_day_lists import MemoryDayLists
from ledger.memory_draws import MemoryDraws
from ledger.memory_erasures import MemoryErasures
from ledger.memory_exports import MemoryExports
from ledger.memory_figures import MemoryFigures
from ledger.memory_kin import MemoryKin
from ledger.memory_lists import MemoryLists
from ledger.memory_matters import MemoryMatters
from ledger.memory_orders import MemoryOrders
from ledger.memory_principals import MemoryPrincipals
from ledger.memory_publications import MemoryPublications
from ledger.memory_reads import MemoryReads
from ledger.memory_receipts import MemoryReceipts
from ledger.memory_reports import MemoryReports
from ledger.memory_saved_views import MemorySavedViews
from ledger.memory_subscriptions import MemoryWebhooks
from ledger.memory_tables import Row, Tables
from ledger.memory_texts import MemoryTexts
from ledger.memory_verifications import MemoryVerifications
from ledger.memory_waits import MemoryWaits
from ledger.memory_writing import MemoryTransaction
from ledger.port import (
    Changes,
    ClockRow,
    CommandRow,
    FiringRow,
    Head,
    HistoryRow,
    IssueRow,
    NoticeRow,
    Poke,
    Refusal,
    StreamConflictError,
)

FIND_MAX = 1000


class MemoryLedger(
    MemoryPublications,
    MemoryOrders,
    MemoryMatters,
    MemoryKin,
    MemoryDraws,
    MemoryTexts,
    MemoryAsOf,
    MemoryErasures,
    MemoryAttachments,
    MemoryReads,
    MemoryReports,
    MemoryVerifications,
    MemoryReceipts,
    MemorySavedViews,
    MemoryWebhooks,
    MemoryPrincipals,
    MemoryExports,
    MemoryFigures,
    MemoryLists,
    MemoryDayLists,
    MemoryWaits,
):
    """The ledger in memory. One process, one event loop, no durability."""

    def __init__(self) -> None:
        super().__init__(Tables())

    def transaction(self) -> "MemoryTransaction":
        """Open a transaction that commits at the end of the block, or leaves no trace."""
        return MemoryTransaction(self._tables)

    async def append_at_once(self, head: Head, changes: Changes) -> bool:
        """Write `changes` if the stream stands exactly at `head`."""
        checked_at_once(changes)
        try:
            async with self.transaction() as transaction:
                found, _ = await transaction.lock(changes.command.stream, changes.command.id)
                if found is None or _standing(found) != _standing(head):
                    return False
                await transaction.append(found, changes)
        except StreamConflictError:
            return False
        return True

    async def put_terms(self, hash_: str, zone: str, text: str, at: datetime) -> None:
        """Keep a version of terms; a version that is there already stays as it is."""
        self._tables.terms.setdefault(hash_, text)
        self._tables.zones_of_terms.setdefault(hash_, zone)

    async def terms(self, hash_: str) -> str | None:
        """Return the text of the terms called `hash_`."""
        return self._tables.terms.get(hash_)

    async def put_refusal(self, refusal: Refusal) -> None:
        """Keep a refusal."""
        self._tables.refusals.append(refusal)

    async def refusals(
        self, stream: str, after: int = 0, limit: int | None = None
    ) -> list[Refusal]:
        """Return the refusals of a stream behind the first `after`, oldest first."""
        own = [refusal for refusal in self._tables.refusals if refusal.stream == stream]
        return own[after : None if limit is None else after + limit]

    async def issue(self, stream: str) -> IssueRow | None:
        """Return one issue as its snapshot says."""
        row = self._tables.issues.get(stream)
        return None if row is None else self._tables.issue_row(row)

    async def find(
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

        def fits(row: Row) -> bool:
            columns, deadline_at = row.columns, row.columns.deadline_at
            return (
                row.issue.stream > after
                and zone in (None, row.issue.zone)
                and phase in (None, columns.phase)
                and owner in (None, columns.owner)
                and category in (None, columns.category)
                and number in (None, columns.number)
                and incident in (None, row.issue.incident and row.issue.incident.id)
                and report_id in (None, row.issue.report_id)
                and (overdue_at is None or (deadline_at is not None and deadline_at < overdue_at))
                and (columns.open or not open_only)
            )

        fitting = [row for _, row in sorted(self._tables.issues.items()) if fits(row)]
        return [self._tables.issue_row(row) for row in fitting[: max(1, min(limit, FIND_MAX))]]

    async def records(self, stream: str, *, after_version: int = 0) -> list[Record]:
        """Return the events of a stream in order of version."""
        kept = self._tables.records.get(stream, [])
        return [record for record in kept if record.version > after_version]

    async def safe_position(self) -> int:
        """Return the position at and below which no event can appear any more."""
        return len(self._tables.positions)

    async def follow(self, after_position: int, limit: int) -> list[tuple[int, Record]]:
        """Return the next events of all streams with their positions, up to the safe position."""
        numbered = list(enumerate(self._tables.positions, start=1))
        return numbered[after_position : after_position + limit]

    async def commands(self, stream: str) -> list[CommandRow]:
        """Return the decided commands of a stream in the order in which they were decided."""
        return [row for row in self._tables.commands.values() if row.stream == stream]

    async def clocks(self, stream: str) -> list[ClockRow]:
        """Return every cycle of every clock of a stream."""
        return [row for key, row in sorted(self._tables.clocks.items()) if key[0] == stream]

    async def firings(self, stream: str | None = None) -> list[FiringRow]:
        """Return the rungs that fired, of one stream or of all, by due instant."""
        fired = (row for row in self._tables.firings.values() if stream in (None, row.stream))
        return sorted(fired, key=lambda f: (f.due_at, f.stream, f.clock, f.cycle, f.rung))

    async def streams(self, *, batch: int = 500) -> AsyncIterator[str]:
        """Yield every stream, in order."""
        named = {command.stream for command in self._tables.commands.values()}
        for stream in sorted(
            named.union(self._tables.issues, self._tables.orders, self._tables.matters)
        ):
            yield stream

    async def notice(self, id_: str) -> NoticeRow | None:
        """Return one notice."""
        return self._tables.notices.get(id_)

    async def notices(self, stream: str) -> list[NoticeRow]:
        """Return the notices of a stream, oldest first."""
        return self._tables.notices_of(stream)

    async def mark_answered(self, stream: str, armed_due_at: datetime | None, version: int) -> bool:
        """Record that the workflow answers for this issue and what it waits for."""
        async with self._tables.locks[stream]:
            row = self._tables.issues.get(stream)
            if row is None or row.version != version:
                return False
            answered = replace(row, answered=True, armed_due_at=armed_due_at)
            self._tables.issues[stream] = answered
            return True

    async def untold(self, before: datetime, limit: int) -> list[str]:
        """Return closed issues with notices from before `before` that are still to be delivered."""
        streams = {
            notice.stream
            for notice in self._tables.notices.values()
            if notice.delivered_at is None
            and notice.created_at < before
            and notice.stream in self._tables.issues
            and not self._tables.issues[notice.stream].columns.open
        }
        return sorted(streams)[:limit]

    async def swept_at(self) -> datetime | None:
        """Return when a history was last put into the archive."""
        swept = (row.swept_at for row in self._tables.histories.values())
        return max(swept, default=None)

    async def mark_unanswered(self, streams: Sequence[str], *, silent: bool = False) -> int:
        """Record that no workflow answers for these issues, and write an outbox row for each."""
        marked = 0
        for stream in sorted(set(streams)):
            async with self._tables.locks[stream]:
                row = self._tables.issues.get(stream)
                waits = stream in self._tables.outbox.values()
                if row is None or (silent and (row.answered or waits)):
                    continue
                unheard = replace(row, answered=False, armed_due_at=None)
                self._tables.issues[stream] = unheard
                self._tables.poke(stream)
                marked += 1
        return marked

    @asynccontextmanager
    async def take_pokes(self, limit: int) -> AsyncIterator["MemoryPokes"]:
        """Take up to `limit` distinct issues with all their rows, skipping what others hold."""
        taken: dict[str, list[int]] = {}
        for id_, stream in self._tables.outbox.items():
            if id_ not in self._tables.held and (stream in taken or len(taken) < limit):
                taken.setdefault(stream, []).append(id_)
        ids = {id_ for rows in taken.values() for id_ in rows}
        self._tables.held |= ids
        try:
            yield MemoryPokes(self._tables, taken)
        finally:
            self._tables.held -= ids

    async def overdue(self, at: datetime, limit: int) -> list[IssueRow]:
        """Return open issues whose next rung was due before `at` and has not fired."""
        late = [
            (row.columns.next_due_at, stream, row)
            for stream, row in self._tables.issues.items()
            if row.columns.open
            and row.columns.next_due_at is not None
            and row.columns.next_due_at < at
        ]
        late.sort(key=lambda entry: entry[:2])
        return [self._tables.issue_row(row) for _, _, row in late[:limit]]

    async def open_count(self) -> int:
        """Return how many issues are open."""
        return sum(row.columns.open for row in self._tables.issues.values())

    async def provisional_count(self) -> int:
        """Return how many live clocks have a deadline beyond the published days."""
        return self._tables.provisional_count()

    async def next_due_at(self) -> datetime | None:
        """Return the instant of the first rung that any open issue waits for."""
        due = (row.columns.next_due_at for row in self._tables.issues.values() if row.columns.open)
        return min((at for at in due if at is not None), default=None)

    async def undelivered(self) -> int:
        """Return how many notices are still to be delivered."""
        return sum(notice.delivered_at is None for notice in self._tables.notices.values())

    async def put_history(self, row: HistoryRow) -> bool:
        """Keep a run's history; return whether it was new."""
        is_new = row.run_id not in self._tables.histories
        self._tables.histories.setdefault(row.run_id, row)
        return is_new

    async def archived(self, run_ids: Sequence[str]) -> set[str]:
        """Return those of `run_ids` whose history is archived."""
        return set(run_ids) & set(self._tables.histories)

    async def histories(self, workflow_id: str | None = None) -> list[HistoryRow]:
        """Return the archived histories, of one workflow or of all."""
        kept = self._tables.histories.values()
        wanted = (row for row in kept if workflow_id in (None, row.workflow_id))
        return sorted(wanted, key=lambda row: (row.swept_at, row.run_id))

    async def archived_workflows(self, after: str, limit: int) -> list[str]:
        """Return the ids of workflows with an archived history, in order, after the id `after`."""
        kept = {row.workflow_id for row in self._tables.histories.values()}
        return sorted(name for name in kept if name > after)[:limit]

    async def close(self) -> None:
        """Nothing to let go of."""


def _standing(head: Head) -> tuple[object, ...]:
    return head.version, head.hash, head.answered, head.armed_due_at


class MemoryPokes:
    """Issues taken from the outbox, held from other relays."""

    def __init__(self, tables: Tables, taken: dict[str, list[int]]) -> None:
        self._tables = tables
        self._taken = taken
        self.pokes: Sequence[Poke] = tuple(
            Poke(tables.issue_row(tables.issues[stream])) for stream in taken
        )

    async def done(self, streams: Sequence[str]) -> None:
        """Forget the rows that were taken of these issues; rows written since then stay."""
        for stream in streams:
            for id_ in self._taken.get(stream, ()):
                self._tables.outbox.pop(id_, None)
