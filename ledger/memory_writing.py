"""How the ledger in memory writes: a command's changes, kept aside until all is well."""

from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace
from types import TracebackType
from typing import Self

from domain.phases import LinkType
from ledger.codec import checked, read_snapshot, snapshot_text
from ledger.kin import KinRow
from ledger.memory_kin import kin_row, write_kin
from ledger.memory_publications import settle
from ledger.memory_tables import Row, Tables
from ledger.port import Changes, CommandRow, Head, LedgerError, StreamConflictError
from ledger.projections import columns_of
from ledger.texts import text_of


class MemoryTransaction(AbstractAsyncContextManager["MemoryTransaction"]):
    """One command's writes, kept aside until the end of the block."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._locks = AsyncExitStack()
        self._locked: set[object] = set()
        self._numbers: dict[tuple[str, int], int] = {}
        self._changes: list[tuple[Head | None, Changes]] = []

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
                self._commit()
        finally:
            await self._locks.aclose()

    async def lock(
        self, stream: str, command_id: str, *, known_version: int | None = None
    ) -> tuple[Head | None, CommandRow | None]:
        """Return the stream's head, locked until the end, and the command stored under the id."""
        await self._hold(stream)
        command = self._tables.commands.get(command_id)
        row = self._tables.issues.get(stream)
        if row is None:
            return None, command
        head = Head(
            version=row.version,
            hash=row.hash,
            snapshot="" if known_version == row.version else snapshot_text(row.issue),
            terms=row.issue.terms,
            armed_due_at=row.armed_due_at,
            answered=row.answered,
            notices_open=len(self._tables.undelivered(stream)),
        )
        return head, command

    async def allot_number(self, zone: str, year: int) -> int:
        """Return the next ledger number of a zone and year: no gaps, never reused."""
        key = (zone, year)
        await self._hold(key)
        last = self._numbers.get(key, self._tables.numbers.get(key, 0))
        self._numbers[key] = last + 1
        return last + 1

    async def kin(self, zone: str, key: str, target: str, type_: LinkType) -> KinRow | None:
        """Return what is known of `target`; nobody else links in this zone until the end."""
        await self._hold(("links", zone))
        return kin_row(self._tables, zone, key, target, type_)

    async def append(self, head: Head | None, changes: Changes) -> None:
        """Write `changes` after `head`. Raises StreamConflictError if the stream moved on."""
        checked(changes)
        self._refuse_conflicts(head, changes)
        self._changes.append((head, changes))

    async def _hold(self, what: object) -> None:
        if what not in self._locked:
            await self._locks.enter_async_context(self._tables.locks[what])
            self._locked.add(what)

    def _refuse_conflicts(self, head: Head | None, changes: Changes) -> None:
        tables, stream = self._tables, changes.command.stream
        row = tables.issues.get(stream)
        if (None if row is None else row.version) != (None if head is None else head.version):
            raise StreamConflictError(f"{stream} is not where it was")
        if changes.command.id in tables.commands:
            raise StreamConflictError(f"command {changes.command.id} was decided before")
        for firing in changes.firings:
            if (firing.stream, firing.clock, firing.cycle, firing.rung) in tables.firings:
                raise StreamConflictError(f"{firing.rung} of {firing.clock} has fired before")
        issue = changes.issue
        if issue is None or issue.number is None:
            return
        if tables.numbered.get((issue.zone, issue.number), issue.key) != issue.key:
            raise LedgerError(f"number {issue.number} is taken")

    def _commit(self) -> None:
        for head, changes in self._changes:
            self._refuse_conflicts(head, changes)
            self._write(changes)
        self._tables.numbers |= self._numbers

    def _write(self, changes: Changes) -> None:
        tables, command = self._tables, changes.command
        tables.commands[command.id] = command
        tables.records[command.stream].extend(changes.records)
        tables.positions.extend(changes.records)
        tables.clocks |= {(c.stream, c.clock, c.cycle): c for c in changes.clocks}
        tables.firings |= {(f.stream, f.clock, f.cycle, f.rung): f for f in changes.firings}
        tables.notices |= {n.id: n for n in changes.notices}
        tables.tasks = {task.id: task for task in changes.tasks} | tables.tasks
        if changes.tasks:
            settle(tables)
        write_kin(tables, changes)
        if (text := text_of(changes)) is not None:
            tables.texts[text.stream] = text
        row = tables.issues.get(command.stream)
        if changes.issue is not None and changes.records:
            # Through the text and back, as in the database: what cannot be kept shows here too.
            issue = read_snapshot(snapshot_text(changes.issue))
            tables.issues[command.stream] = Row(
                issue,
                columns_of(issue),
                issue.version,
                changes.records[-1].hash,
                changes.armed_due_at,
                changes.answered,
            )
            tables.boards.pop(command.stream, None)
            if changes.board is not None:
                tables.boards[command.stream] = changes.board
            if issue.number is not None:
                tables.numbered[issue.zone, issue.number] = issue.key
        elif row is not None:
            tables.issues[command.stream] = replace(
                row, armed_due_at=changes.armed_due_at, answered=changes.answered
            )
        if changes.poke and command.stream in tables.issues:
            tables.poke(command.stream)
