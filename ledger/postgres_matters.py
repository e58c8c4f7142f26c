"""Matters in PostgreSQL: their rows, and a command's writes."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

import asyncpg

from domain.chain import Record
from ledger import codec, matter_queries
from ledger.codec import readable
from ledger.connections import ledger_errors
from ledger.matter_codec import (
    MATTERS_MAX,
    checked_matter,
    facts_of,
    matter_arguments,
    matter_columns_of,
    matter_row_of,
)
from ledger.matters import MatterChanges, MatterColumns, MatterHead, MatterRow, MatterSight
from ledger.port import Changes, CommandRow, LedgerError, StreamConflictError
from ledger.postgres_publications import Pooled

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy[asyncpg.Record]

HEAD_COLUMNS: Final = 3


class PostgresMatters(Pooled):
    """What is read of matters, and what their workflows have heard."""

    async def matter(self, stream: str) -> MatterRow | None:
        """Return one matter as its snapshot says."""
        row = await self._row(matter_queries.MATTER, stream)
        return None if row is None else matter_row_of(row)

    async def matter_columns(self, stream: str) -> MatterColumns | None:
        """Return what a matter's row says beside its snapshot."""
        row = await self._row(matter_queries.MATTER_COLUMNS, stream)
        return None if row is None else matter_columns_of(row)

    async def matter_records(
        self, stream: str, *, position: int, after: int, limit: int
    ) -> list[Record]:
        """Return the next events of a matter by version, none above `position`."""
        rows = await self._fetch(matter_queries.MATTER_RECORDS, stream, position, after, limit)
        return [codec.record_of(row) for row in rows]

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
        """Return matters by stream, at most `limit` (1 to 1,000), after stream `after`."""
        given = {
            "zone": zone,
            "procedure": procedure,
            "aggregate": aggregate,
            "stage": stage,
            "post": post,
            "enterprise": enterprise,
            "issue": issue,
        }
        filters = {name: value for name, value in given.items() if value is not None}
        seen: list[object] = []
        if within is not None:
            if zone not in (None, within.zone):
                return []
            filters["zone"] = within.zone
            if not within.whole:
                held = [] if within.is_own else [within.posts, within.procedures]
                seen = [sorted(each) for each in (*held, within.while_open, within.enterprises)]
        query = matter_queries.find_matters(
            filters,
            open_only=open_only,
            narrow=bool(seen),
            own=within is not None and within.is_own,
        )
        bounded = max(1, min(limit, MATTERS_MAX))
        return await self._matters(query, after, bounded, *filters.values(), *seen)

    async def matters_on_other_terms(
        self, zone: str, terms: str, *, after: str, limit: int
    ) -> list[MatterRow]:
        """Return open matters of a zone that are judged by other terms than these, by stream."""
        query = matter_queries.MATTERS_ON_OTHER_TERMS
        return await self._matters(query, after, limit, zone, terms)

    async def matters_with_news(self, limit: int, *, after: str = "") -> list[MatterRow]:
        """Return matters whose workflows must hear of something, by stream, after `after`."""
        return await self._matters(matter_queries.MATTERS_WITH_NEWS, after, limit)

    async def mark_matter_heard(self, stream: str, version: int) -> None:
        """Record that a matter's workflow was told of this version."""
        await self._fetch(matter_queries.MARK_MATTER_HEARD, stream, version)

    async def mark_matters_unheard(self, streams: Sequence[str]) -> None:
        """Have a relay tell the workflows of these matters again, or start them."""
        await self._fetch(matter_queries.MARK_MATTERS_UNHEARD, list(streams))

    async def matters_overdue(self, at: datetime, limit: int) -> list[MatterRow]:
        """Return open matters whose next instant was before `at` and has not passed for them."""
        rows = await self._fetch(matter_queries.MATTERS_OVERDUE, at, limit)
        return readable(rows, matter_row_of)

    async def matters_untold(self, before: datetime, limit: int) -> list[str]:
        """Return matters that wait for nothing, with notices from before `before` nobody got."""
        rows = await self._fetch(matter_queries.MATTERS_UNTOLD, before, limit)
        return [str(row[0]) for row in rows]

    async def open_matter_count(self) -> int:
        """Return how many matters are open."""
        row = await self._row(matter_queries.OPEN_MATTER_COUNT)
        return 0 if row is None else int(row[0])

    async def open_matters_by_aggregate(self, at: datetime) -> dict[str, tuple[int, int]]:
        """Return by aggregate how many matters are open, and how many of them are overdue."""
        rows = await self._fetch(matter_queries.OPEN_MATTERS_BY_AGGREGATE, at)
        return {aggregate: (number, overdue) for aggregate, number, overdue in rows}

    async def waiting_matter_count(self) -> int:
        """Return how many open matters wait for an instant."""
        row = await self._row(matter_queries.WAITING_MATTER_COUNT)
        return 0 if row is None else int(row[0])

    async def next_matter_due_at(self) -> datetime | None:
        """Return the first instant that any open matter waits for."""
        row = await self._row(matter_queries.NEXT_MATTER_DUE_AT)
        return None if row is None else row[0]

    async def _matters(
        self, query: str, after: str, limit: int, *arguments: object
    ) -> list[MatterRow]:
        """Return a page of a list; one that holds nothing readable is passed over."""
        while rows := await self._fetch(query, after, limit, *arguments):
            if found := readable(rows, matter_row_of):
                return found
            after = rows[-1][0]
        return []


class MatterWriting(ABC):
    """The part of a transaction that writes matters."""

    @property
    @abstractmethod
    def _connection(self) -> "Connection":
        """Return the transaction's connection; raises LedgerError while it is not open."""

    @abstractmethod
    async def put_kin(self, changes: Changes) -> None:
        """Write what of the changes others have to hear of."""

    async def lock_matter(
        self, stream: str, command_id: str
    ) -> tuple[MatterHead | None, CommandRow | None]:
        """Return the stream's head, locked until the end, and the command stored under the id."""
        with ledger_errors():
            row = await self._connection.fetchrow(matter_queries.LOCK_MATTER, stream, command_id)
        if row is None:
            raise LedgerError("ledger_lock_matter gave no row")
        head, command = tuple(row)[:HEAD_COLUMNS], tuple(row)[HEAD_COLUMNS:]
        return (
            None if head[0] is None else MatterHead(*head),
            None if command[0] is None else CommandRow(*command),
        )

    async def append_matter(self, head: MatterHead | None, changes: MatterChanges) -> None:
        """Write `changes` after `head`. Raises StreamConflictError if the stream moved on."""
        arguments = matter_arguments(head, checked_matter(changes))
        with ledger_errors():
            written = await self._connection.fetchval(matter_queries.APPEND_MATTER, *arguments)
        if not written:
            raise StreamConflictError(f"{changes.command.stream} is not where it was")
        await self.put_kin(facts_of(changes))
