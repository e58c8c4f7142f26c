"""Matters in memory."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace
from datetime import datetime
from itertools import islice
from types import TracebackType
from typing import Self

from domain.chain import Record
from ledger.matter_codec import (
    MATTERS_MAX,
    checked_matter,
    matter_columns,
    read_matter_snapshot,
)
from ledger.matters import MatterChanges, MatterColumns, MatterHead, MatterRow, MatterSight
from ledger.memory_publications import settle
from ledger.memory_tables import NOTICES_SHOWN_MAX, MatterKept, Tables
from ledger.port import CommandRow, StreamConflictError


class MemoryMatters:
    """The part of the ledger that matters need."""

    _tables: Tables

    def matter_transaction(self) -> "MemoryMatterTransaction":
        """Open a transaction that commits at the end of the block, or leaves no trace."""
        return MemoryMatterTransaction(self._tables)

    async def matter(self, stream: str) -> MatterRow | None:
        """Return one matter as its snapshot says."""
        kept = self._tables.matters.get(stream)
        return None if kept is None else self._matter_row(kept)

    async def matter_columns(self, stream: str) -> MatterColumns | None:
        """Return what a matter's row says beside its snapshot."""
        kept = self._tables.matters.get(stream)
        return None if kept is None else matter_columns(kept.matter, kept.hash)

    async def matter_records(
        self, stream: str, *, position: int, after: int, limit: int
    ) -> list[Record]:
        """Return the next events of a matter by version, none above `position`."""
        seen = self._tables.positions[: max(0, position)]
        found = (each for each in seen if each.stream == stream and each.version > after)
        return list(islice(found, limit))

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

        def fits(kept: MatterKept) -> bool:
            said = matter_columns(kept.matter, kept.hash)
            return (
                zone in (None, said.zone)
                and procedure in (None, said.procedure)
                and aggregate in (None, said.aggregate)
                and stage in (None, said.stage)
                and post in (None, said.post)
                and (enterprise is None or enterprise in said.enterprises)
                and (issue is None or issue in said.issues)
                and (said.open or not open_only)
                and (within is None or within.sees(kept.matter))
            )

        return self._matter_rows(fits, max(1, min(limit, MATTERS_MAX)), after)

    async def matters_on_other_terms(
        self, zone: str, terms: str, *, after: str, limit: int
    ) -> list[MatterRow]:
        """Return open matters of a zone that are judged by other terms than these, by stream."""

        def fits(kept: MatterKept) -> bool:
            matter = kept.matter
            return matter.is_open and matter.zone == zone and matter.terms != terms

        return self._matter_rows(fits, limit, after)

    async def matters_with_news(self, limit: int, *, after: str = "") -> list[MatterRow]:
        """Return matters whose workflows must hear of something, by stream, after `after`."""
        return self._matter_rows(lambda kept: kept.heard < kept.news, limit, after)

    async def mark_matter_heard(self, stream: str, version: int) -> None:
        """Record that a matter's workflow was told of this version."""
        kept = self._tables.matters.get(stream)
        if kept is not None:
            self._tables.matters[stream] = replace(kept, heard=max(kept.heard, version))

    async def mark_matters_unheard(self, streams: Sequence[str]) -> None:
        """Have a relay tell the workflows of these matters again, or start them."""
        for stream in streams:
            kept = self._tables.matters.get(stream)
            if kept is not None:
                self._tables.matters[stream] = replace(kept, heard=0)

    async def matters_overdue(self, at: datetime, limit: int) -> list[MatterRow]:
        """Return open matters whose next instant was before `at` and has not passed for them."""
        late = []
        for kept in self._tables.matters.values():
            due = kept.matter.next_due
            if due is not None and due.due_at < at:
                late.append((due.due_at, kept.matter.stream, kept))
        late.sort(key=lambda entry: entry[:2])
        return [self._matter_row(kept) for _, _, kept in late[:limit]]

    async def matters_untold(self, before: datetime, limit: int) -> list[str]:
        """Return matters that wait for nothing, with notices from before `before` nobody got."""
        late = {
            notice.stream
            for notice in self._tables.notices.values()
            if notice.delivered_at is None and notice.created_at < before
        }
        kept_all = self._tables.matters.items()
        over = {name for name, kept in kept_all if kept.matter.next_due is None}
        return sorted(late & over)[:limit]

    async def open_matter_count(self) -> int:
        """Return how many matters are open."""
        return sum(kept.matter.is_open for kept in self._tables.matters.values())

    async def open_matters_by_aggregate(self, at: datetime) -> dict[str, tuple[int, int]]:
        """Return by aggregate how many matters are open, and how many of them are overdue."""
        found: dict[str, tuple[int, int]] = {}
        for matter in (kept.matter for kept in self._tables.matters.values()):
            if matter.is_open:
                number, overdue = found.get(matter.aggregate.value, (0, 0))
                due = matter.next_due
                late = due is not None and due.due_at < at
                found[matter.aggregate.value] = number + 1, overdue + late
        return found

    async def waiting_matter_count(self) -> int:
        """Return how many open matters wait for an instant."""
        return sum(kept.matter.next_due is not None for kept in self._tables.matters.values())

    async def next_matter_due_at(self) -> datetime | None:
        """Return the first instant that any open matter waits for."""
        dues = (kept.matter.next_due for kept in self._tables.matters.values())
        return min((due.due_at for due in dues if due is not None), default=None)

    def _matter_rows(
        self, fits: Callable[[MatterKept], bool], limit: int, after: str
    ) -> list[MatterRow]:
        matters = self._tables.matters
        names = sorted(stream for stream in matters if stream > after)
        fitting = (matters[stream] for stream in names if fits(matters[stream]))
        return [self._matter_row(kept) for kept in islice(fitting, limit)]

    def _matter_row(self, kept: MatterKept) -> MatterRow:
        shown = self._tables.undelivered(kept.matter.stream)[:NOTICES_SHOWN_MAX]
        return MatterRow(kept.matter, kept.hash, tuple(notice.id for notice in shown))


class MemoryMatterTransaction(AbstractAsyncContextManager["MemoryMatterTransaction"]):
    """One command's writes, kept aside until the end of the block."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._locks = AsyncExitStack()
        self._changes: list[tuple[MatterHead | None, MatterChanges]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                for head, changes in self._changes:
                    self._refuse_conflicts(head, changes)
                    self._write(changes)
        finally:
            await self._locks.aclose()

    async def lock_matter(
        self, stream: str, command_id: str
    ) -> tuple[MatterHead | None, CommandRow | None]:
        """Return the stream's head, locked until the end, and the command stored under the id."""
        await self._locks.enter_async_context(self._tables.locks[stream])
        command = self._tables.commands.get(command_id)
        kept = self._tables.matters.get(stream)
        if kept is None:
            return None, command
        text = kept.matter.model_dump_json()
        return MatterHead(kept.matter.version, kept.hash, text), command

    async def append_matter(self, head: MatterHead | None, changes: MatterChanges) -> None:
        """Write `changes` after `head`. Raises StreamConflictError if the stream moved on."""
        self._refuse_conflicts(head, checked_matter(changes))
        self._changes.append((head, changes))

    def _refuse_conflicts(self, head: MatterHead | None, changes: MatterChanges) -> None:
        tables, stream = self._tables, changes.command.stream
        kept = tables.matters.get(stream)
        if (None if kept is None else kept.matter.version) != (head and head.version):
            raise StreamConflictError(f"{stream} is not where it was")
        if changes.command.id in tables.commands:
            raise StreamConflictError(f"command {changes.command.id} was decided before")
        for firing in changes.firings:
            if (firing.stream, firing.clock, firing.cycle, firing.rung) in tables.firings:
                raise StreamConflictError(f"{firing.rung} of {firing.clock} has fired before")

    def _write(self, changes: MatterChanges) -> None:
        tables, command = self._tables, changes.command
        tables.commands[command.id] = command
        tables.records[command.stream].extend(changes.records)
        tables.positions.extend(changes.records)
        tables.firings |= {(f.stream, f.clock, f.cycle, f.rung): f for f in changes.firings}
        tables.notices |= {n.id: n for n in changes.notices}
        tables.tasks = {task.id: task for task in changes.tasks} | tables.tasks
        if changes.tasks:
            settle(tables)
        tables.errands |= {errand.id: errand for errand in changes.errands}
        # Through the text and back, as in the database: what cannot be kept shows here too.
        matter = read_matter_snapshot(changes.matter.model_dump_json())
        kept = tables.matters.get(command.stream)
        before = 0 if kept is None else kept.heard
        tables.matters[command.stream] = MatterKept(
            matter=matter,
            hash=changes.records[-1].hash,
            news=matter.version,
            heard=matter.version if changes.told else before,
        )
