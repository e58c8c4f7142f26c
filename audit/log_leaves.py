"""Every fact has its leaf, every leaf its fact, and each is made of all of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from audit.checks import Finding
from audit.log_times import Told, told_by
from domain.leaves import event_leaf, fact_leaf, row_hash
from domain.merkle import leaf_hash
from ledger.log import EventStub, LogEntry, LogReading
from ledger.log_rows import FACT_TABLES
from ledger.misplaced import Places
from ledger.pages import LogInside
from ledger.port import LedgerError

LEAVES_A_PAGE = 5120
ROWS_AT_ONCE = 500
LARGE_ROWS_AT_ONCE = 20
LARGE = frozenset({"workflow_history", "handbook_version", "calendar_version", "terms", "figure"})
STRAYS_MAX = 1000
UNREADABLE = (ValueError, OverflowError)
"""What the driver raises for a value that Python has no place for: a moment in the year 20000."""


class Log(LogReading, LogInside, Places, Protocol):
    """A log, and what only an audit asks of it."""


def leaf_of(stub: EventStub) -> bytes:
    """Return the leaf of an event, made of its row and of that of the command that caused it."""
    command = None if stub.command is None else row_hash(stub.command)
    return event_leaf(stub.stream, stub.version, stub.position, stub.hash, command)


class LeafCheck:
    """Holds leaves against facts, page after page. `position` is that of the last event so far,
    `told` when the facts beside events of the last page were written, by the index of the leaf."""

    def __init__(self, log: Log, position: int = 0) -> None:
        self._log = log
        self.position = position
        self.events = 0
        self.told: dict[int, Told] = {}

    async def page(self, start: int, end: int) -> tuple[list[LogEntry], list[Finding]]:
        """Return the leaves from `start` to before `end`, and what is wrong with them."""
        self.told = {}
        entries = await self._log.log_entries(start, end)
        found = list(_gaps(entries, start, end))
        found += await self._event_findings([each for each in entries if each.position is not None])
        by_kind: dict[str, list[LogEntry]] = {}
        for entry in entries:
            if entry.position is None:
                by_kind.setdefault(entry.kind, []).append(entry)
        for kind, of_kind in by_kind.items():
            found += await self._fact_findings(kind, of_kind)
        return entries, found

    async def _event_findings(self, entries: Sequence[LogEntry]) -> list[Finding]:
        found: list[Finding] = []
        if not entries:
            return found
        last = max(entry.position or 0 for entry in entries)
        try:
            stubs = await self._stubs(last)
        except UNREADABLE:
            stubs = await self._stubs_one_by_one([entry.position or 0 for entry in entries])
        before = self.position
        for entry in entries:
            position = entry.position or 0
            if position <= before:
                said = (
                    f"leaf {entry.index} names position {position}, after one that names {before}"
                )
                found.append(Finding("leaf", "log_entry", None, said, "position"))
            before = max(before, position)
            stub = stubs.pop(position, None)
            if entry.kind != "event":
                said = f"leaf {entry.index} names a position, and its kind is {entry.kind}"
                found.append(Finding("leaf", "log_entry", None, said, "kind"))
            if stub is None:
                said = f"leaf {entry.index} names the event at position {position}: there is none "
                said += "that can be read"
                found.append(Finding("leaf", "log_entry", None, said, "position"))
            elif not _is_of(entry, stub):
                said = f"leaf {entry.index} is not made of this event and its command"
                found.append(Finding("leaf", stub.stream, stub.version, said, "hash"))
        for stub in stubs.values():
            said = f"the event at position {stub.position} has no leaf, and later ones have"
            found.append(Finding("leaf", stub.stream, stub.version, said, "position"))
        self.events += len(entries)
        self.position = max(self.position, last)
        return found

    async def _stubs(self, until: int) -> dict[int, EventStub]:
        """Return the events from the last position on, by position: all of them, unless so many
        have no leaf that the first are enough to tell of."""
        stubs: dict[int, EventStub] = {}
        after = self.position
        while len(stubs) < 4 * LEAVES_A_PAGE:
            page = await self._log.event_stubs(after, until, LEAVES_A_PAGE)
            if not page:
                break
            stubs |= {stub.position: stub for stub in page}
            after = page[-1].position
        return stubs

    async def _stubs_one_by_one(self, positions: Sequence[int]) -> dict[int, EventStub]:
        """Where a column holds what cannot be read at all, the other events are read without it."""
        stubs: dict[int, EventStub] = {}
        for position in positions:
            with suppress(*UNREADABLE):
                for stub in await self._log.event_stubs(position - 1, position, 1):
                    stubs[position] = stub
        return stubs

    async def _fact_findings(self, kind: str, entries: Sequence[LogEntry]) -> list[Finding]:
        if kind not in FACT_TABLES:
            return [
                Finding(
                    "leaf", "log_entry", None, f"leaf {each.index}: no fact is a {kind}", "kind"
                )
                for each in entries
            ]
        found: list[Finding] = []
        step = LARGE_ROWS_AT_ONCE if kind in LARGE else ROWS_AT_ONCE
        for first in range(0, len(entries), step):
            some = entries[first : first + step]
            rows = await self._rows(kind, [str(each.key) for each in some])
            for entry in some:
                row = rows.get(str(entry.key))
                if row is None:
                    said = f"leaf {entry.index} names {kind} {entry.key}: there is none that can "
                    said += "be read"
                    found.append(Finding("leaf", f"{kind} {entry.key}", None, said, "key"))
                    continue
                if not _is_of_fact(entry, kind, row):
                    said = f"leaf {entry.index} is not made of {kind} {entry.key} as it is"
                    found.append(Finding("leaf", f"{kind} {entry.key}", None, said, "hash"))
                told = told_by(kind, str(entry.key), row)
                if told is not None:
                    self.told[entry.index] = told
        return found

    async def _rows(self, kind: str, keys: Sequence[str]) -> Mapping[str, Mapping[str, object]]:
        """A key that is no value of its column has no row; it spoils no other."""
        try:
            return await self._log.fact_rows(kind, keys)
        except (LedgerError, *UNREADABLE):
            if len(keys) == 1:
                return {}
            rows: dict[str, Mapping[str, object]] = {}
            for key in keys:
                rows |= await self._rows(kind, [key])
            return rows


def _is_of(entry: LogEntry, stub: EventStub) -> bool:
    """What has no canonical text makes no leaf."""
    try:
        return leaf_hash(leaf_of(stub)) == entry.hash
    except UNREADABLE:
        return False


def _is_of_fact(entry: LogEntry, kind: str, row: Mapping[str, object]) -> bool:
    try:
        return leaf_hash(fact_leaf(kind, str(entry.key), row)) == entry.hash
    except UNREADABLE:
        return False


def _gaps(entries: Sequence[LogEntry], start: int, end: int) -> Iterator[Finding]:
    there = Counter(entry.index for entry in entries)
    for index in (index for index, times in there.items() if times > 1):
        yield Finding("leaf", "log_entry", None, f"leaf {index} is there twice", "index")
    missing = [index for index in range(start, end) if index not in there]
    for index in missing[:STRAYS_MAX]:
        yield Finding("leaf", "log_entry", None, f"leaf {index} is missing", "index")


async def loose_findings(log: Log) -> list[Finding]:
    """Return facts that are no leaf and do not wait to be, and what waits and is no fact."""
    found = []
    for kind in FACT_TABLES:
        for key in await log.unlogged(kind, STRAYS_MAX):
            said = f"{kind} {key} has no leaf, and does not wait for one"
            found.append(Finding("leaf", f"{kind} {key}", None, said, "key"))
    for kind in await log.waiting_kinds():
        for key in await log.waiting_for_nothing(kind, STRAYS_MAX):
            said = f"{kind} {key} waits for its leaf, and there is no such fact"
            found.append(Finding("leaf", "log_pending", None, said, "key"))
    return found
