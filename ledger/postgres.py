"""The ledger in PostgreSQL: four round trips a command, or one if the desk knows the issue."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import asyncpg

from domain.chain import Record
from ledger import codec, queries
from ledger.connections import ledger_errors
from ledger.port import (
    Changes,
    ClockRow,
    CommandRow,
    FiringRow,
    Head,
    HistoryRow,
    IssueRow,
    LedgerError,
    LedgerUnavailableError,
    NoticeRow,
    Poke,
    Refusal,
    StreamConflictError,
)
from ledger.postgres_asof import PostgresAsOf
from ledger.postgres_attachments import PostgresAttachments
from ledger.postgres_dashboards import PostgresDashboards
from ledger.postgres_day_lists import PostgresDayLists
from ledger.postgres_draws import PostgresDraws
from ledger.postgres_erasures import PostgresErasures
from ledger.postgres_exports import PostgresExports
from ledger.postgres_figures import PostgresFigures
from ledger.postgres_kin import PostgresKin
from ledger.postgres_lists import PostgresLists
from ledger.postgres_log import PostgresLog
from ledger.postgres_matters import PostgresMatters
from ledger.postgres_misplaced import PostgresMisplaced
from ledger.postgres_orders import PostgresOrders
from ledger.postgres_principals import PostgresPrincipals
from ledger.postgres_publications import PostgresPublications
from ledger.postgres_reads import PostgresReads
from ledger.postgres_receipts import PostgresReceipts
from ledger.postgres_reports import PostgresReports
from ledger.postgres_saved_views import PostgresSavedViews
from ledger.postgres_subscriptions import PostgresWebhooks
from ledger.postgres_texts import PostgresTexts
from ledger.postgres_verifications import PostgresVerifications
from ledger.postgres_verify import PostgresVerify
from ledger.postgres_waits import PostgresWaits
from ledger.postgres_writing import PostgresTransaction
from ledger.together import Together

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = PoolConnectionProxy[asyncpg.Record]

ACQUIRE_TIMEOUT_S = 5.0
FIND_MAX = 1000


class PostgresLedger(
    PostgresPublications,
    PostgresOrders,
    PostgresMatters,
    PostgresKin,
    PostgresDraws,
    PostgresErasures,
    PostgresAttachments,
    PostgresTexts,
    PostgresAsOf,
    PostgresLog,
    PostgresMisplaced,
    PostgresReads,
    PostgresReports,
    PostgresVerifications,
    PostgresReceipts,
    PostgresSavedViews,
    PostgresWebhooks,
    PostgresPrincipals,
    PostgresExports,
    PostgresFigures,
    PostgresLists,
    PostgresDashboards,
    PostgresDayLists,
    PostgresVerify,
    PostgresWaits,
):
    """The ledger in a migrated database, reached through a pool that `open_pool` made.

    Every method raises LedgerUnavailableError when PostgreSQL is out of reach, too slow, or has no
    connection free in time. A command whose commit got no answer may or may not be there: sent
    again under its id, it gives the one result.
    """

    def __init__(self, pool: "Pool", *, acquire_timeout_s: float = ACQUIRE_TIMEOUT_S) -> None:
        super().__init__(pool, acquire_timeout_s)
        self._together = Together(pool, acquire_timeout_s=acquire_timeout_s)

    def transaction(self) -> PostgresTransaction:
        """Open a transaction that commits at the end of the block, or leaves no trace."""
        return PostgresTransaction(self._pool, self._acquire_timeout_s)

    def matter_transaction(self) -> PostgresTransaction:
        """Open a transaction for a command to a matter."""
        return self.transaction()

    def order_transaction(self) -> PostgresTransaction:
        """Open a transaction for a command to an order."""
        return self.transaction()

    async def append_at_once(self, head: Head, changes: Changes) -> bool:
        """Write `changes` if the stream stands exactly at `head`, together with what others write.

        It never waits for another's lock.
        """
        try:
            return await self._together.append(head, codec.checked_at_once(changes))
        except StreamConflictError:
            return False

    async def put_terms(self, hash_: str, zone: str, text: str, at: datetime) -> None:
        """Keep a version of terms; a version that is there already stays as it is."""
        await self._fetch(queries.PUT_TERMS, hash_, zone, text, at)

    async def terms(self, hash_: str) -> str | None:
        """Return the text of the terms called `hash_`."""
        row = await self._row(queries.TERMS, hash_)
        return None if row is None else str(row[0])

    async def put_refusal(self, refusal: Refusal) -> None:
        """Keep a refusal."""
        await self._fetch(
            queries.PUT_REFUSAL,
            refusal.command_id,
            refusal.stream,
            refusal.kind,
            refusal.at,
            refusal.actor,
            refusal.code,
            refusal.message,
        )

    async def refusals(
        self, stream: str, after: int = 0, limit: int | None = None
    ) -> list[Refusal]:
        """Return the refusals of a stream behind the first `after`, oldest first."""
        rows = await self._fetch(queries.REFUSALS, stream, after, limit)
        return [codec.refusal_of(row) for row in rows]

    async def issue(self, stream: str) -> IssueRow | None:
        """Return one issue as its snapshot says."""
        row = await self._row(queries.ISSUE, stream)
        return None if row is None else codec.issue_row_of(row)

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
        given = {
            "zone": zone,
            "phase": phase,
            "owner": owner,
            "category": category,
            "number": number,
            "overdue_at": overdue_at,
            "incident": incident,
            "report_id": report_id,
        }
        filters = {name: value for name, value in given.items() if value is not None}
        query = queries.find(filters, open_only=open_only)
        bounded = max(1, min(limit, FIND_MAX))
        rows = await self._fetch(query, after, bounded, *filters.values())
        return codec.readable(rows, codec.issue_row_of)

    async def records(self, stream: str, *, after_version: int = 0) -> list[Record]:
        """Return the events of a stream in order of version."""
        rows = await self._fetch(queries.RECORDS, stream, after_version)
        return [codec.record_of(row) for row in rows]

    async def follow(self, after_position: int, limit: int) -> list[tuple[int, Record]]:
        """Return the next events of all streams with their positions, up to the safe position."""
        # Two statements: events are read by a snapshot younger than the bound.
        bound = await self.safe_position()
        rows = await self._fetch(queries.FOLLOW, after_position, bound, limit)
        return [codec.positioned_record_of(row) for row in rows]

    async def commands(self, stream: str) -> list[CommandRow]:
        """Return the decided commands of a stream in the order in which they were decided."""
        return [codec.command_of(row) for row in await self._fetch(queries.COMMANDS, stream)]

    async def clocks(self, stream: str) -> list[ClockRow]:
        """Return every cycle of every clock of a stream."""
        return [codec.clock_of(row) for row in await self._fetch(queries.CLOCKS, stream)]

    async def firings(self, stream: str | None = None) -> list[FiringRow]:
        """Return the rungs that fired, of one stream or of all, by due instant."""
        if stream is None:
            rows = await self._fetch(queries.FIRINGS)
        else:
            rows = await self._fetch(queries.FIRINGS_OF_STREAM, stream)
        return [codec.firing_of(row) for row in rows]

    async def streams(self, *, batch: int = 500) -> AsyncIterator[str]:
        """Yield every stream, in order."""
        after = ""
        while rows := await self._fetch(queries.STREAMS, after, batch):
            for row in rows:
                yield row[0]
            after = rows[-1][0]

    async def notice(self, id_: str) -> NoticeRow | None:
        """Return one notice."""
        row = await self._row(queries.NOTICE, id_)
        return None if row is None else codec.notice_of(row)

    async def notices(self, stream: str) -> list[NoticeRow]:
        """Return the notices of a stream, oldest first."""
        return [codec.notice_of(row) for row in await self._fetch(queries.NOTICES, stream)]

    async def mark_delivered(self, notice_id: str, at: datetime) -> None:
        """Record that a notice was delivered; the first time stands."""
        await self._fetch(queries.MARK_DELIVERED, notice_id, at)

    async def mark_answered(self, stream: str, armed_due_at: datetime | None, version: int) -> bool:
        """Record that the workflow answers for this issue and what it waits for."""
        marked = await self._row(queries.MARK_ANSWERED, stream, armed_due_at, version)
        return marked is not None

    async def untold(self, before: datetime, limit: int) -> list[str]:
        """Return closed issues with notices from before `before` that are still to be delivered."""
        return [str(row[0]) for row in await self._fetch(queries.UNTOLD, before, limit)]

    async def swept_at(self) -> datetime | None:
        """Return when a history was last put into the archive."""
        row = await self._row(queries.SWEPT_AT)
        return None if row is None else row[0]

    async def mark_unanswered(self, streams: Sequence[str], *, silent: bool = False) -> int:
        """Record that no workflow answers for these issues, and write an outbox row for each."""
        return len(await self._fetch(queries.MARK_UNANSWERED, list(streams), silent))

    @asynccontextmanager
    async def take_pokes(self, limit: int) -> AsyncIterator["PostgresPokes"]:
        """Take up to `limit` distinct issues with all their outbox rows, skipping what others hold.

        The rows stay locked, and a connection in use, to the end of the block.
        """
        with ledger_errors():
            connection = await self._pool.acquire(timeout=self._acquire_timeout_s)
        try:
            transaction = connection.transaction()
            with ledger_errors():
                await transaction.start()
            try:
                with ledger_errors():
                    pokes = await _take(connection, limit)
                yield pokes
            finally:
                # Also after a failure: workflows that have heard need not hear again.
                with ledger_errors():
                    await transaction.commit()
        finally:
            with ledger_errors():
                await self._pool.release(connection)

    async def overdue(self, at: datetime, limit: int) -> list[IssueRow]:
        """Return open issues whose next rung was due before `at` and has not fired."""
        rows = await self._fetch(queries.OVERDUE, at, limit)
        return codec.readable(rows, codec.issue_row_of)

    async def open_count(self) -> int:
        """Return how many issues are open."""
        row = await self._row(queries.OPEN_COUNT)
        return 0 if row is None else int(row[0])

    async def provisional_count(self) -> int:
        """Return how many live clocks have a deadline beyond the published days."""
        row = await self._row(queries.PROVISIONAL_COUNT)
        return 0 if row is None else int(row[0])

    async def next_due_at(self) -> datetime | None:
        """Return the instant of the first rung that any open issue waits for."""
        row = await self._row(queries.NEXT_DUE_AT)
        return None if row is None else row[0]

    async def undelivered(self) -> int:
        """Return how many notices are still to be delivered."""
        row = await self._row(queries.UNDELIVERED)
        return 0 if row is None else int(row[0])

    async def put_history(self, row: HistoryRow) -> bool:
        """Keep a run's history; return whether it was new."""
        added = await self._row(
            queries.PUT_HISTORY,
            row.run_id,
            row.workflow_id,
            row.closed_as,
            row.events,
            row.sha256,
            row.archive,
            row.swept_at,
        )
        return added is not None

    async def archived(self, run_ids: Sequence[str]) -> set[str]:
        """Return those of `run_ids` whose history is archived."""
        return {row[0] for row in await self._fetch(queries.ARCHIVED, list(run_ids))}

    async def histories(self, workflow_id: str | None = None) -> list[HistoryRow]:
        """Return the archived histories, of one workflow or of all."""
        if workflow_id is None:
            rows = await self._fetch(queries.HISTORIES)
        else:
            rows = await self._fetch(queries.HISTORIES_OF_WORKFLOW, workflow_id)
        return [codec.history_of(row) for row in rows]

    async def archived_workflows(self, after: str, limit: int) -> list[str]:
        """Return the ids of workflows with an archived history, in order, after the id `after`."""
        return [row[0] for row in await self._fetch(queries.ARCHIVED_WORKFLOWS, after, limit)]

    async def close(self) -> None:
        """Close the pool; a connection whose server is gone is closed already."""
        try:
            with ledger_errors():
                await self._pool.close()
        except LedgerUnavailableError:
            self._pool.terminate()


class PostgresPokes:
    """Issues taken from the outbox, their rows locked."""

    def __init__(
        self, connection: "Connection", ids: dict[str, list[int]], pokes: Sequence[Poke]
    ) -> None:
        self._connection = connection
        self._ids = ids
        self.pokes = pokes

    async def done(self, streams: Sequence[str]) -> None:
        """Forget the rows that were taken of these issues; rows written since then stay."""
        ids = [id_ for stream in streams for id_ in self._ids.get(stream, ())]
        with ledger_errors():
            await self._connection.execute(queries.FORGET_POKES, ids)


async def _take(connection: "Connection", limit: int) -> PostgresPokes:
    taken = {
        str(stream): list(ids) for stream, ids in await connection.fetch(queries.TAKE_POKES, limit)
    }
    if not taken:
        return PostgresPokes(connection, taken, ())
    # A statement of its own, so the rows are as they are now, never older than the outbox rows.
    rows = await connection.fetch(queries.ISSUES, list(taken))
    found = {row.issue.stream: row for row in codec.readable(rows, codec.issue_row_of)}
    pokes = tuple(Poke(found[stream]) for stream in taken if stream in found)
    return PostgresPokes(connection, taken, pokes)


def in_postgres(ledger: object) -> PostgresLedger:
    """Return a ledger that keeps all there is. Raises LedgerError: one in memory does not."""
    if not isinstance(ledger, PostgresLedger):
        raise LedgerError("This ledger is in memory: it keeps no log and proves nothing.")
    return ledger
