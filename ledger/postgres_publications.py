"""Published calendars and handbooks, plans of adoption and administrators' tasks in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import asyncpg

from ledger import codec, queries
from ledger.connections import ledger_errors
from ledger.port import CommandRow, IssueRow, LedgerError, StreamConflictError
from ledger.publications import (
    CalendarRow,
    HandbookPublicationRow,
    HandbookRow,
    OpenRow,
    PlanRow,
    ProvisionalRow,
    PublicationRow,
    TaskRow,
    adoption_ids,
)

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]


class Pooled:
    """What asks PostgreSQL one statement at a time, on any connection of a pool."""

    def __init__(self, pool: "Pool", acquire_timeout_s: float) -> None:
        self._pool = pool
        self._acquire_timeout_s = acquire_timeout_s

    async def _fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        with ledger_errors():
            async with self._pool.acquire(timeout=self._acquire_timeout_s) as connection:
                return await connection.fetch(query, *arguments)

    async def _row(self, query: str, *arguments: object) -> asyncpg.Record | None:
        with ledger_errors():
            async with self._pool.acquire(timeout=self._acquire_timeout_s) as connection:
                return await connection.fetchrow(query, *arguments)


class PostgresPublications(Pooled):
    """The part of the ledger that adoptions need."""

    async def publish(
        self, version: CalendarRow, *, after: int, previous: str | None, author: str, reason: str
    ) -> PublicationRow:
        """Keep a version and its publication and settle tasks, if `after` is still the newest."""
        row = await self._row(
            queries.PUBLISH,
            version.hash,
            version.id,
            version.text,
            version.valid_until,
            version.at,
            after,
            previous,
            author,
            reason,
        )
        if row is None or row[0] is None:
            raise StreamConflictError(f"another version of {version.id} was published meanwhile")
        return PublicationRow(
            row[0], version.id, version.hash, previous, version.at, author, reason
        )

    async def newest_publications(self) -> list[PublicationRow]:
        """Return the newest publication of every calendar, by the calendar's id."""
        rows = await self._fetch(queries.NEWEST_PUBLICATIONS)
        return [codec.publication_of(row) for row in rows]

    async def publication(self, sequence: int) -> PublicationRow | None:
        """Return one publication."""
        row = await self._row(queries.PUBLICATION, sequence)
        return None if row is None else codec.publication_of(row)

    async def publications_after(self, sequence: int, limit: int) -> list[PublicationRow]:
        """Return the next publications of all calendars, in order of sequence."""
        rows = await self._fetch(queries.PUBLICATIONS_AFTER, sequence, limit)
        return [codec.publication_of(row) for row in rows]

    async def calendar_version(self, hash_: str) -> CalendarRow | None:
        """Return one published version."""
        row = await self._row(queries.CALENDAR_VERSION, hash_)
        return None if row is None else codec.calendar_of(row)

    async def publish_handbook(
        self,
        version: HandbookRow,
        *,
        after: int,
        previous: str | None,
        author: str,
        approver: str,
        reason: str,
    ) -> HandbookPublicationRow:
        """Keep a handbook and its publication, if `after` is still the newest of its zone."""
        row = await self._row(
            queries.PUBLISH_HANDBOOK,
            version.hash,
            version.zone,
            version.text,
            version.at,
            after,
            previous,
            author,
            approver,
            reason,
        )
        if row is None or row[0] is None:
            raise StreamConflictError(f"another handbook of {version.zone} was published meanwhile")
        return HandbookPublicationRow(
            sequence=row[0],
            zone=version.zone,
            hash=version.hash,
            previous=previous,
            at=version.at,
            author=author,
            approver=approver,
            reason=reason,
        )

    async def newest_handbooks(self) -> list[HandbookPublicationRow]:
        """Return the newest publication of every zone, by the zone's id."""
        rows = await self._fetch(queries.NEWEST_HANDBOOKS)
        return [codec.handbook_publication_of(row) for row in rows]

    async def handbook_publications(self, zone: str) -> list[HandbookPublicationRow]:
        """Return all publications of a zone, oldest first."""
        rows = await self._fetch(queries.HANDBOOK_PUBLICATIONS, zone)
        return [codec.handbook_publication_of(row) for row in rows]

    async def handbook_version(self, hash_: str) -> HandbookRow | None:
        """Return one published handbook."""
        row = await self._row(queries.HANDBOOK_VERSION, hash_)
        return None if row is None else codec.handbook_of(row)

    async def terms_of_zone(self, zone: str) -> list[str]:
        """Return the hashes of all terms that the zone was ever judged by, in order."""
        return [str(row[0]) for row in await self._fetch(queries.TERMS_OF_ZONE, zone)]

    async def open_by_owner(self, zone: str) -> list[OpenRow]:
        """Count the open issues of a zone, by their terms and the post that owns them."""
        return [codec.open_of(row) for row in await self._fetch(queries.OPEN_BY_OWNER, zone)]

    async def open_terms(self, zone: str | None = None) -> list[str]:
        """Return the hashes of all terms that open issues are judged by, in order."""
        return [str(row[0]) for row in await self._fetch(queries.OPEN_TERMS, zone)]

    async def open_on(self, terms: Sequence[str], *, after: str, limit: int) -> list[IssueRow]:
        """Return open issues judged by one of `terms`, by stream, after stream `after`."""
        rows = await self._fetch(queries.OPEN_ON, list(terms), after, limit)
        return codec.readable(rows, codec.issue_row_of)

    async def adoptions(self, reference: str, *, after: str, limit: int) -> list[CommandRow]:
        """Return the commands by which a publication or plan moved issues, by id."""
        first, last = _bounds(reference, after)
        rows = await self._fetch(queries.ADOPTIONS, first, last, limit)
        return [codec.command_of(row) for row in rows]

    async def adoption_count(self, reference: str) -> int:
        """Return how many commands `adoptions` has."""
        row = await self._row(queries.ADOPTION_COUNT, *_bounds(reference, ""))
        return 0 if row is None else int(row[0])

    async def put_plan(self, plan: PlanRow) -> PlanRow:
        """Keep a plan; it is given its sequence."""
        row = await self._row(
            queries.PUT_PLAN,
            plan.zone,
            list(plan.from_terms),
            plan.to_terms,
            plan.undoes,
            plan.author,
            plan.approver,
            plan.reason,
            plan.at,
        )
        if row is None:
            raise LedgerError("the plan was given no sequence")
        return replace(plan, sequence=row[0])

    async def plans(self, zone: str | None = None, *, unended: bool = False) -> list[PlanRow]:
        """Return the plans, of one zone or of all, in the order in which they were made."""
        return [codec.plan_of(row) for row in await self._fetch(queries.PLANS, zone, unended)]

    async def end_plan(self, sequence: int, at: datetime) -> None:
        """Record that a plan has been through all its issues; the first time stands."""
        await self._fetch(queries.END_PLAN, sequence, at)

    async def tasks(self, *, settled: bool = False) -> list[TaskRow]:
        """Return the tasks that are open, or those that are settled, by when they were raised."""
        return [codec.task_of(row) for row in await self._fetch(queries.TASKS, settled)]

    async def settle_tasks(self) -> int:
        """Settle the tasks whose year a publication covers; return how many that were."""
        row = await self._row(queries.SETTLE_TASKS)
        return 0 if row is None else int(row[0])

    async def provisional_clocks(self) -> list[ProvisionalRow]:
        """Return the running clocks whose deadline lies beyond the published days."""
        return [codec.provisional_of(row) for row in await self._fetch(queries.PROVISIONAL_CLOCKS)]


def _bounds(reference: str, after: str) -> tuple[str, str]:
    """Return what the ids of an adoption's commands lie between; `;` follows `:`."""
    first = adoption_ids(reference)
    return max(first, after), f"{first.removesuffix(':')};"
