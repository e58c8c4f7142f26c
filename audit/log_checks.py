"""The transparency log verified: leaves, tree, signed checkpoints, anchors, and clocks put back."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from audit.checks import FOUND_MAX, Finding
from audit.log_keys import Keyring, checkpoint_findings, keyring
from audit.log_leaves import LEAVES_A_PAGE, UNREADABLE, LeafCheck, Log, loose_findings
from audit.log_times import CLOCK_SLACK, EVENT, Clocks, Told, moment
from audit.log_tree import NodeCheck, Tree
from domain.checkpoints import Checkpoint, VerifierKey
from domain.model import written
from ledger.log import CheckpointRow
from ledger.port import LedgerError, LedgerUnavailableError

LATE_MAX = 1000
OUTSIDE_MAX = 100_000
CHECKPOINTS_A_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Outside:
    """What the auditor holds apart from the database: keys, and notes given to anchors, the newest
    last. `is_played`: it is known that another system's log was imported, at that log's times."""

    keys: tuple[VerifierKey, ...] = ()
    notes: tuple[str, ...] = ()
    is_played: bool = False


@dataclass(slots=True)
class LogReport:
    """What of the log was looked at. `is_trusted`: signatures hang on a key from outside.

    `beyond`: leaves that no checkpoint covers yet; `waiting`: facts that have no leaf yet, of the
    one issue if only one was looked at; `played`: facts at another log's times, which no checkpoint
    can hold to ours; `outside_left_out`: notes from outside, the oldest, beyond OUTSIDE_MAX.
    """

    leaves: int = 0
    checkpoints: int = 0
    anchors: int = 0
    outside: int = 0
    outside_left_out: int = 0
    newest_size: int | None = None
    newest_at: datetime | None = None
    is_trusted: bool = False
    beyond: int = 0
    waiting: int = 0
    played: int = 0
    found: list[Finding] = field(default_factory=list)
    left_out: int = 0

    def add(self, found: Sequence[Finding]) -> None:
        """Take in findings: the first FOUND_MAX are kept."""
        room = max(0, FOUND_MAX - len(self.found))
        self.found += found[:room]
        self.left_out += len(found) - len(found[:room])


@dataclass(slots=True)
class Walk:
    """How far the leaves have been read: what is kept to carry on later."""

    tree: Tree = field(default_factory=Tree)
    position: int = 0
    checked: int = 0
    """The size of the last checkpoint that was held against the tree."""
    last_at: datetime | None = None
    events: int = 0


@dataclass(frozen=True, slots=True)
class _Stop:
    """A root that somebody signed, to be met at a size of the tree."""

    size: int
    root: bytes
    at: datetime
    label: str


Kept = Callable[[Walk, LogReport], None]


async def verify_log(
    log: Log,
    outside: Outside | None = None,
    *,
    since: int = 0,
    walk: Walk | None = None,
    report: LogReport | None = None,
    now: datetime | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    kept: Kept = lambda _walk, _report: None,
) -> LogReport:
    """Verify the whole log, or what came after its first `since` leaves.

    `walk` and `report` are where an earlier run left off; `kept` hears them after every page,
    `progress` how many leaves of how many are read.
    """
    outside, report = outside or Outside(), report or LogReport()
    ring = keyring(await log.log_keys(), outside.keys)
    report.is_trusted = ring.is_trusted
    newest = await log.checkpoint()
    size, unsized = await size_of(log)
    top = -1 if newest is None else newest.size
    clocks = Clocks(is_played=outside.is_played)
    noted, of_notes = _outside_stops(outside, ring, report, size)
    if walk is None:
        report.add([*ring.found, *unsized, *of_notes])
        walk = await _begun(log, since, ring, report)
    if walk is not None:
        run = _Run(log, ring, report, walk, noted, size, top, clocks, now, is_part=since > 0)
        await run.through(progress, kept)
        if newest is not None and walk.tree.size == size:
            report.add(await _late_findings(log, walk.position, newest, clocks))
    report.add(await loose_findings(log))
    report.add(await _anchor_findings(log, report))
    if newest is None and size and outside.keys:
        said = f"there are {size} leaves, keys are trusted, and no checkpoint is kept"
        report.add([Finding("checkpoint", "checkpoint", None, said, "size")])
    for stop in noted:
        if await log.checkpoint(stop.size) is None:
            said = "it was given outside, and the ledger does not keep it"
            report.add([Finding("anchor", stop.label, None, said, "size")])
    last = 0 if walk is None else walk.position
    report.waiting = await log.log_waiting() + await log.events_after_position(last)
    report.played += clocks.played
    report.leaves, report.beyond = size, size - max(0, top)
    report.newest_size = None if newest is None else newest.size
    report.newest_at = None if newest is None else moment(newest.at)
    return report


async def size_of(log: Log) -> tuple[int, list[Finding]]:
    """Return how many leaves there are; none can be read if an index lies beyond all numbers."""
    try:
        return await log.log_size(), []
    except LedgerUnavailableError:
        raise
    except LedgerError as error:
        said = f"how many leaves there are cannot be told: {error}"
        return 0, [Finding("leaf", "log_entry", None, said, "index")]


async def _late_findings(
    log: Log, position: int, newest: CheckpointRow, clocks: Clocks
) -> list[Finding]:
    """Return facts without a leaf that are older than the newest checkpoint: whoever signed it had
    given all that there were their places. `position`: of the last event that has a leaf."""
    signed_at = moment(newest.at)
    if signed_at is None:
        return []
    late: list[Told] = []
    try:
        for event in await log.late_events(position, signed_at - CLOCK_SLACK, LATE_MAX):
            if (at := moment(event.at)) is not None:
                by = event.command_id
                late.append(Told(EVENT, event.stream, event.version, "at", at, by))
        for fact in await log.late_facts(signed_at - CLOCK_SLACK, LATE_MAX):
            if (at := moment(fact.at)) is not None:
                name = f"{fact.kind} {fact.key}"
                late.append(Told(fact.kind, name, None, "at", at, fact.by))
    except UNREADABLE as error:
        said = f"a fact that waits for its leaf cannot be read: {error}"
        return [Finding("time", "log_pending", None, said, "at")]
    return [found for told in late for found in clocks.late(told, signed_at)]


async def _begun(log: Log, since: int, ring: Keyring, report: LogReport) -> Walk | None:
    """Return where to begin: at the first leaf, or at a checkpoint whose signed root the stored
    nodes come to. None if they do not: then nothing that follows means anything."""
    if not since:
        return Walk()
    row = await log.checkpoint(since)
    if row is None:
        said = f"there is no checkpoint of {since} leaves to go on from"
        report.add([Finding("checkpoint", f"checkpoint {since}", None, said, "size")])
        return None
    point, found = ring.read(row.note, f"checkpoint {since}")
    report.add(found)
    try:
        tree = await Tree.of_prefix(log, since)
        is_root = point is not None and tree.root() == point.root
    except LedgerError:
        is_root = False
    if point is None or not is_root:
        said = f"the first {since} leaves do not come to the root that was signed"
        report.add([Finding("checkpoint", f"checkpoint {since}", None, said, "root")])
        return None
    return Walk(tree, await log.last_position(since), since, point.at)


def _outside_stops(
    outside: Outside, ring: Keyring, report: LogReport, size: int
) -> tuple[list[_Stop], list[Finding]]:
    """Return what the notes from outside say of the tree, and what is wrong with them. Of too many
    the newest count: nothing else tells that the end of a log was cut off."""
    stops: list[_Stop] = []
    wrong: list[Finding] = []
    notes = outside.notes[-OUTSIDE_MAX:]
    report.outside, report.outside_left_out = 0, len(outside.notes) - len(notes)
    for number, text in enumerate(notes, start=1 + report.outside_left_out):
        label = f"anchored note {number}"
        point, found = ring.read(text, label)
        wrong += [Finding("anchor", each.stream, None, each.message, "note") for each in found]
        if point is None:
            continue
        report.outside += 1
        label = f"{label} of {point.size} leaves"
        stops.append(_Stop(point.size, point.root, point.at, label))
        if point.size > size:
            said = f"it states {point.size} leaves, and the log has {size}: it was cut off"
            wrong.append(Finding("anchor", label, None, said, "size"))
    return sorted(stops, key=lambda stop: stop.size), wrong


class _Run:
    """One walk over the leaves, page by page, past every root that was signed."""

    def __init__(
        self,
        log: Log,
        ring: Keyring,
        report: LogReport,
        walk: Walk,
        noted: Sequence[_Stop],
        size: int,
        top: int,
        clocks: Clocks,
        now: datetime | None,
        *,
        is_part: bool,
    ) -> None:
        self._log, self._ring, self._report, self._walk = log, ring, report, walk
        self._size, self._top = size, top
        self._clocks, self._now = clocks, now
        self._noted = [stop for stop in noted if is_part or stop.size >= walk.tree.size]
        self._leaves = LeafCheck(log, walk.position)
        self._nodes = NodeCheck(log, levels=1) if is_part else NodeCheck(log)
        self._kept = self._checkpoints()
        self._next: CheckpointRow | None = None
        self._last_at = walk.last_at
        self._is_part = is_part

    async def through(self, progress: Callable[[int, int], None], kept: Kept) -> None:
        """Read to the last leaf there was at the beginning."""
        walk, size = self._walk, self._size
        self._next = await anext(self._kept, None)
        await self._before()
        await self._met()
        is_gapless = True
        while walk.tree.size < size and is_gapless:
            start = walk.tree.size
            end = min(size, start - start % LEAVES_A_PAGE + LEAVES_A_PAGE)
            before = self._leaves.position
            entries, found = await self._leaves.page(start, end)
            is_gapless = [each.index for each in entries] == list(range(start, end))
            self._report.add(found)
            times = await self._times(before, self._leaves.position)
            for entry in entries if is_gapless else ():
                told = times.get(entry.position or 0) or self._leaves.told.get(entry.index)
                if told is not None:
                    until = None if self._next is None else moment(self._next.at)
                    self._report.add(list(self._clocks.findings(told, walk.last_at, until)))
                walk.tree.append(entry.hash)
                await self._met()
            self._report.add(await self._nodes.findings(walk.tree.completed))
            walk.tree.completed = []
            walk.position = self._leaves.position
            self._report.played += self._clocks.played
            self._clocks.played = 0
            progress(walk.tree.size, size)
            kept(walk, self._report)
        if not self._is_part and is_gapless:
            self._report.add(await self._nodes.beyond(size))
        while self._next is not None:
            self._read(self._next)
            said = f"it states {self._next.size} leaves, and the log has {walk.tree.size} in order"
            label = f"checkpoint {self._next.size}"
            self._report.add([Finding("checkpoint", label, None, said, "size")])
            self._next = await anext(self._kept, None)

    async def _before(self) -> None:
        """Hold what was given outside of the leaves before the first that is read."""
        while self._noted and self._noted[0].size < self._walk.tree.size:
            stop = self._noted.pop(0)
            try:
                root = await self._log.log_root((0, stop.size))
            except LedgerError:
                root = b""
            self._hold(stop.size, stop.root, root, stop.label)

    async def _times(self, before: int, until: int) -> dict[int, Told]:
        """Return when the events of a page were recorded, by position. Without any checkpoint there
        is nothing to hold that against."""
        if self._walk.last_at is None and self._next is None:
            return {}
        try:
            rows = await self._log.event_times(before, until)
        except UNREADABLE:
            return {}  # its stream names the event
        return {
            row.position: Told(EVENT, row.stream, row.version, "at", at, row.command_id)
            for row in rows
            if (at := moment(row.at)) is not None
        }

    async def _met(self) -> None:
        """Hold the tree against every root that was signed at its size."""
        walk = self._walk
        while self._next is not None and self._next.size <= walk.tree.size:
            row = self._next
            point = self._read(row)
            if point is not None:
                self._hold(row.size, point.root, walk.tree.root(), f"checkpoint {row.size}")
                walk.last_at = self._last_at
            walk.checked = row.size
            self._next = await anext(self._kept, None)
        while self._noted and self._noted[0].size <= walk.tree.size:
            stop = self._noted.pop(0)
            self._hold(stop.size, stop.root, walk.tree.root(), stop.label)

    def _hold(self, size: int, signed: bytes, root: bytes, label: str) -> None:
        if signed != root:
            said = f"the first {size} leaves do not come to the root that was signed"
            self._report.add([Finding("tree", label, None, said, "root")])

    async def _checkpoints(self) -> AsyncIterator[CheckpointRow]:
        """Yield the stored checkpoints that are still to be met, in order of size."""
        after = self._walk.checked if self._walk.tree.size else -1
        while page := await self._log.checkpoints(after_size=after, limit=CHECKPOINTS_A_PAGE):
            for row in page:
                after = row.size
                if row.size > self._top:
                    return  # signed while this was running
                yield row

    def _read(self, row: CheckpointRow) -> Checkpoint | None:
        """Return what a checkpoint states, if it is signed; report what is wrong with it."""
        label = f"checkpoint {row.size}"
        self._report.checkpoints += 1
        point, found = self._ring.read(row.note, label)
        self._report.add(found)
        if point is None:
            return None
        self._report.add(checkpoint_findings(row, point))
        if self._last_at is not None and point.at < self._last_at:
            said = f"it is of {written(point.at)}, the one before it of {written(self._last_at)}"
            self._report.add([Finding("time", label, None, said, "at")])
        if self._now is not None and point.at > self._now + CLOCK_SLACK:
            said = f"it is of {written(point.at)}, and it is {written(self._now)} now"
            self._report.add([Finding("time", label, None, said, "at")])
        self._last_at = point.at if self._last_at is None else max(self._last_at, point.at)
        return point


async def _anchor_findings(log: Log, report: LogReport) -> list[Finding]:
    """Every anchor was given a checkpoint that is kept."""
    found, after = [], 0
    while page := await log.anchors(after=after, limit=CHECKPOINTS_A_PAGE):
        for row in page:
            after = row.sequence
            report.anchors += 1
            if await log.checkpoint(row.size) is None:
                said = f"{row.kind} {row.target} was given the checkpoint of {row.size} leaves, "
                said += "which is not kept"
                found.append(Finding("anchor", f"anchor {row.sequence}", None, said, "size"))
    return found


def notes_in(text: str) -> list[str]:
    """Return the signed notes that a file of anchors holds, one after the other."""
    notes: list[str] = []
    lines: list[str] = []
    is_signed = False
    for line in text.splitlines(keepends=True):
        is_signature = line.startswith("\u2014 ")
        if is_signed and not is_signature:
            notes.append("".join(lines))
            lines, is_signed = [], False
        if lines or line.strip():
            lines.append(line)
        is_signed = is_signed or is_signature
    return [*notes, "".join(lines)] if lines else notes
