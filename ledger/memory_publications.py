"""Published calendars and handbooks, plans of adoption and administrators' tasks in memory."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from domain.clocks import Standing
from ledger.memory_tables import Tables
from ledger.port import CommandRow, IssueRow, StreamConflictError
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


class MemoryPublications:
    """The part of the ledger that adoptions need."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def publish(
        self, version: CalendarRow, *, after: int, previous: str | None, author: str, reason: str
    ) -> PublicationRow:
        """Keep a version and its publication and settle tasks, if `after` is still the newest."""
        published = self._tables.publications
        newest = max((p.sequence for p in published if p.calendar == version.id), default=0)
        if newest != after:
            raise StreamConflictError(f"another version of {version.id} was published meanwhile")
        self._tables.calendars.setdefault(version.hash, version)
        row = PublicationRow(
            len(published) + 1, version.id, version.hash, previous, version.at, author, reason
        )
        published.append(row)
        settle(self._tables)
        return row

    async def newest_publications(self) -> list[PublicationRow]:
        """Return the newest publication of every calendar, by the calendar's id."""
        newest = {row.calendar: row for row in self._tables.publications}
        return [newest[calendar] for calendar in sorted(newest)]

    async def publication(self, sequence: int) -> PublicationRow | None:
        """Return one publication."""
        published = self._tables.publications
        return published[sequence - 1] if 1 <= sequence <= len(published) else None

    async def publications_after(self, sequence: int, limit: int) -> list[PublicationRow]:
        """Return the next publications of all calendars, in order of sequence."""
        return self._tables.publications[sequence : sequence + limit]

    async def calendar_version(self, hash_: str) -> CalendarRow | None:
        """Return one published version."""
        return self._tables.calendars.get(hash_)

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
        published = self._tables.handbook_publications
        newest = max((p.sequence for p in published if p.zone == version.zone), default=0)
        if newest != after:
            raise StreamConflictError(f"another handbook of {version.zone} was published meanwhile")
        self._tables.handbooks.setdefault(version.hash, version)
        row = HandbookPublicationRow(
            sequence=len(published) + 1,
            zone=version.zone,
            hash=version.hash,
            previous=previous,
            at=version.at,
            author=author,
            approver=approver,
            reason=reason,
        )
        published.append(row)
        return row

    async def newest_handbooks(self) -> list[HandbookPublicationRow]:
        """Return the newest publication of every zone, by the zone's id."""
        newest = {row.zone: row for row in self._tables.handbook_publications}
        return [newest[zone] for zone in sorted(newest)]

    async def handbook_publications(self, zone: str) -> list[HandbookPublicationRow]:
        """Return all publications of a zone, oldest first."""
        return [row for row in self._tables.handbook_publications if row.zone == zone]

    async def handbook_version(self, hash_: str) -> HandbookRow | None:
        """Return one published handbook."""
        return self._tables.handbooks.get(hash_)

    async def terms_of_zone(self, zone: str) -> list[str]:
        """Return the hashes of all terms that the zone was ever judged by, in order."""
        return sorted(hash_ for hash_, own in self._tables.zones_of_terms.items() if own == zone)

    async def open_by_owner(self, zone: str) -> list[OpenRow]:
        """Count the open issues of a zone, by their terms and the post that owns them."""
        issues = (row.issue for row in self._tables.issues.values() if row.columns.open)
        counted = Counter((each.terms, each.owner) for each in issues if each.zone == zone)
        return [OpenRow(*key, count) for key, count in sorted(counted.items())]

    async def open_terms(self, zone: str | None = None) -> list[str]:
        """Return the hashes of all terms that open issues are judged by, in order."""
        rows = (row for row in self._tables.issues.values() if row.columns.open)
        return sorted({row.issue.terms for row in rows if zone in (None, row.issue.zone)})

    async def open_on(self, terms: Sequence[str], *, after: str, limit: int) -> list[IssueRow]:
        """Return open issues judged by one of `terms`, by stream, after stream `after`."""
        named = set(terms)
        fitting = [
            row
            for stream, row in sorted(self._tables.issues.items())
            if row.columns.open and row.issue.terms in named and stream > after
        ]
        return [self._tables.issue_row(row) for row in fitting[:limit]]

    async def adoptions(self, reference: str, *, after: str, limit: int) -> list[CommandRow]:
        """Return the commands by which a publication or plan moved issues, by id."""
        rows = [row for row in self._adoptions(reference) if row.id > after]
        return sorted(rows, key=lambda row: row.id)[:limit]

    async def adoption_count(self, reference: str) -> int:
        """Return how many commands `adoptions` has."""
        return len(self._adoptions(reference))

    async def put_plan(self, plan: PlanRow) -> PlanRow:
        """Keep a plan; it is given its sequence."""
        kept = replace(plan, sequence=len(self._tables.plans) + 1, ended_at=None)
        self._tables.plans.append(kept)
        return kept

    async def plans(self, zone: str | None = None, *, unended: bool = False) -> list[PlanRow]:
        """Return the plans, of one zone or of all, in the order in which they were made."""
        ends = self._tables.plan_ends
        made = [replace(plan, ended_at=ends.get(plan.sequence)) for plan in self._tables.plans]
        return [
            plan
            for plan in made
            if zone in (None, plan.zone) and (plan.ended_at is None or not unended)
        ]

    async def end_plan(self, sequence: int, at: datetime) -> None:
        """Record that a plan has been through all its issues; the first time stands."""
        self._tables.plan_ends.setdefault(sequence, at)

    async def tasks(self, *, settled: bool = False) -> list[TaskRow]:
        """Return the tasks that are open, or those that are settled, by when they were raised."""
        rows = (t for t in self._tables.tasks.values() if (t.settled_at is not None) == settled)
        return sorted(rows, key=lambda task: (task.raised_at, task.id))

    async def settle_tasks(self) -> int:
        """Settle the tasks whose year a publication covers; return how many that were."""
        return settle(self._tables)

    async def provisional_clocks(self) -> list[ProvisionalRow]:
        """Return the running clocks whose deadline lies beyond the published days."""
        counted = Counter(
            (self._tables.issues[row.stream].issue.terms, row.rule, row.due_at)
            for row in self._tables.clocks.values()
            if row.provisional and row.standing == Standing.RUNNING and row.due_at is not None
        )
        rows = [
            ProvisionalRow(terms, rule, due_at, count)
            for (terms, rule, due_at), count in counted.items()
            if due_at is not None
        ]
        return sorted(rows, key=lambda row: (row.terms, row.rule, row.due_at))

    def _adoptions(self, reference: str) -> list[CommandRow]:
        begins = adoption_ids(reference)
        rows = self._tables.commands.values()
        return [row for row in rows if row.id.startswith(begins) and row.count]


def settle(tables: Tables) -> int:
    """Settle the tasks whose year a publication covers; return how many that were."""
    settled = 0
    for id_, task in tables.tasks.items():
        covering = (
            row
            for row in tables.publications
            if row.calendar == task.subject
            and tables.calendars[row.hash].valid_until >= date(task.year, 12, 31)
        )
        first = next(covering, None)
        if task.settled_at is None and first is not None:
            at = max(task.raised_at, first.at)
            tables.tasks[id_] = replace(task, settled_at=at, settled_by=first.sequence)
            settled += 1
    return settled
