"""Whether a ledger still says what was written: chain, fold, commands, rungs and terms (I4)."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Protocol, assert_never

from audit.across import SHALLOW, Across, Depth
from audit.checks import (
    Finding,
    Findings,
    chain_findings,
    command_findings,
    result_findings,
    rung_findings,
    terms_findings,
)
from audit.clocks import GRACE, audit_stream
from audit.facts import (
    Life,
    Tables,
    TermsOf,
    UnsoundTermsError,
    Waiting,
    read_life,
    terms_reader,
)
from audit.kin import KinTally
from audit.reexecute import SPOILT, in_words, reexecute_life
from audit.verify_boards import board_findings, misplaced_board_findings
from audit.verify_columns import (
    NoticeTally,
    is_as_folded,
    issue_column_findings,
    out_of_place_findings,
)
from audit.verify_matters import matter_findings
from audit.verify_orders import order_findings
from audit.verify_publications import Published, publication_findings
from audit.vouched import VouchTally, vouch_findings
from domain.chain import GENESIS, Record
from domain.events import Event, RungFired
from domain.evolve import evolve
from domain.issue import Issue
from domain.streams import StreamKind, kind_of_stream, stream_names
from domain.terms import Terms
from ledger.codec import read_snapshot
from ledger.kin import LinkRow
from ledger.pages import Columns, Paged, Stored, StreamPage
from ledger.port import ClockRow, FiringRow, IssueRow, UnreadableRowError
from ledger.projections import rows_of

READS_MAX = 5
__all__ = ["Across", "Depth", "Finding", "Findings", "verify_all", "verify_stream"]


@dataclass(frozen=True, slots=True)
class _Projected:
    """What the ledger keeps beside the facts, read at the same moment as they. `problem` is why the
    stored issue cannot be read, if it cannot."""

    row: IssueRow | None
    problem: str | None
    firings: tuple[FiringRow, ...]
    clocks: tuple[ClockRow, ...]
    links: tuple[LinkRow, ...]
    stored: Stored | None = None
    """Where the ledger gives pages: whole rows, and notices."""


STREAMS_A_PAGE = 100


class Everything(Waiting, Published, Protocol):
    """A ledger with its publications, and what waits in it."""


async def verify_all(
    ledger: Everything,
    terms_of: TermsOf | None = None,
    *,
    depth: Depth = SHALLOW,
    across: Across | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Findings:
    """Verify every stream and publication; `progress` hears how many streams are done, `across`
    what streams say of each other."""
    reader = terms_of or terms_reader(ledger)
    across = across or Across()
    total, done = Findings(0, 0, 0, ()), 0
    async for tables, stream in _paged(ledger):
        total = total.plus(await verify_stream(tables, stream, reader, across, depth))
        done += 1
        progress(done)
    uncaused = await across.balance.findings(ledger)
    return total.plus(Findings(0, 0, 0, (*uncaused, *await publication_findings(ledger))))


async def _paged(ledger: Everything) -> AsyncIterator[tuple[Tables, str]]:
    """Yield every stream, with the tables to read it from: a page, where the ledger gives pages."""
    if not isinstance(ledger, Paged):
        async for stream in ledger.streams():
            yield ledger, stream
        return
    after = ""
    while names := await ledger.stream_names_after(after, STREAMS_A_PAGE):
        try:
            page: Tables = await ledger.stream_page(names)
        except SPOILT:
            page = ledger  # one after the other: one that cannot be read hides none
        for stream in names:
            yield page, stream
        after = names[-1]


async def verify_stream(
    ledger: Tables,
    stream: str,
    terms_of: TermsOf | None = None,
    across: Across | None = None,
    depth: Depth = SHALLOW,
) -> Findings:
    """Verify one stream. What cannot be read is a finding too, not an error.

    `across` hears what the stream has to tell others, and what it was told.
    """
    try:
        return await _verified(ledger, stream, terms_of or terms_reader(ledger), across, depth)
    except SPOILT as error:
        return spoilt(stream, error)


def spoilt(stream: str, error: Exception) -> Findings:
    """Return the finding that a stream cannot be read: some value in it is none of ours."""
    told = f"its rows cannot be read: {in_words(error)}"
    return Findings(1, 0, 0, (Finding("fold", stream, None, told),))


async def _verified(
    ledger: Tables, stream: str, reader: TermsOf, across: Across | None, depth: Depth
) -> Findings:
    tables: Tables = await ledger.stream_page([stream]) if isinstance(ledger, Paged) else ledger
    kind = kind_of_stream(stream)
    match kind:
        case StreamKind.ISSUE:
            life, found = await _issue_findings(tables, stream, reader, across)
        case StreamKind.ORDER:
            life, found = await order_findings(tables, stream, reader)
        case StreamKind.MATTER:
            life, found = await matter_findings(tables, stream, reader, across)
        case _:
            assert_never(kind)
    if isinstance(tables, StreamPage):
        stored = tables.stored(stream)
        found += out_of_place_findings(life, stored)
        if kind is not StreamKind.ISSUE:
            found += misplaced_board_findings(life, stored.boards)
    tally = VouchTally() if across is None else across.vouches
    found += vouch_findings(life, depth.faces, tally)
    if depth.decisions:
        found += await _decision_findings(life, reader)
    if depth.now is not None:
        found += await _due_findings(tables, stream, depth.now)
    return Findings(1, len(life.records), len(life.commands), tuple(found))


async def _issue_findings(
    ledger: Tables, stream: str, terms_of: TermsOf, across: Across | None
) -> tuple[Life, list[Finding]]:
    life, projected = await _read(ledger, stream)
    tallies = _Tallies(KinTally(life), NoticeTally(), across)
    found = [
        *chain_findings(life.records),
        *command_findings(life),
        *await terms_findings(life, terms_of),
        *await _fold_findings(life, projected, tallies, terms_of),
        *await tallies.kin.errand_findings(ledger),
    ]
    if across is not None:
        across.balance.add(life, tallies.kin.errands)
    return life, found


async def _decision_findings(life: Life, terms_of: TermsOf) -> list[Finding]:
    """Every decision comes out again, to the byte."""
    again = await reexecute_life(life, terms_of)
    return [
        Finding(
            "decision",
            each.stream,
            each.version,
            f"command {each.command_id}: {each.message}",
            each.field,
        )
        for each in again.differences
    ]


async def _due_findings(ledger: Tables, stream: str, now: datetime) -> list[Finding]:
    """Every rung that was due has fired, or an event says why it did not. The table of firings is
    held against the events elsewhere, and when people were told is for `clocks audit` to say."""
    timers = await audit_stream(ledger, stream, now=now, grace=GRACE)
    return [
        Finding(
            "rung",
            stream,
            each.version,
            f"rung {each.rung} of {each.clock}, cycle {each.cycle}: {each.message}",
            each.kind,
        )
        for each in timers.found
        if each.kind not in ("row", "untold", "unreadable")
    ]


async def _read(ledger: Tables, stream: str) -> tuple[Life, _Projected]:
    """Read again while others write between the reads. A page is of one moment."""
    if isinstance(ledger, StreamPage):
        stored = ledger.stored(stream)
        life = Life(stream, tuple(stored.records), tuple(stored.commands))
        return life, _Projected(
            None, None, tuple(stored.firings), tuple(stored.clocks), tuple(stored.links), stored
        )
    for _ in range(READS_MAX):
        row, _ = await _stored_issue(ledger, stream)
        life = await read_life(ledger, stream)
        firings = tuple(await ledger.firings(stream))
        clocks = tuple(await ledger.clocks(stream))
        links = tuple(await ledger.links(*stream_names(stream)))
        again, problem = await _stored_issue(ledger, stream)
        if (row and row.hash) == (again and again.hash):
            break
    return life, _Projected(again, problem, firings, clocks, links)


async def _stored_issue(ledger: Tables, stream: str) -> tuple[IssueRow | None, str | None]:
    try:
        return await ledger.issue(stream), None
    except (ValueError, UnreadableRowError) as error:
        return None, f"the stored issue cannot be read: {error}"


@dataclass(slots=True)
class _Tallies:
    """What is counted while a stream is folded."""

    kin: KinTally
    notices: NoticeTally
    across: Across | None

    def saw(self, record: Record, event: Event, before: Issue | None, after: Issue) -> None:
        self.kin.saw(record, event, before, after)
        if self.across is not None:
            self.across.numbers.saw(after.zone, record, event)


async def _fold_findings(
    life: Life, projected: _Projected, tallies: _Tallies, terms_of: TermsOf
) -> list[Finding]:
    issue: Issue | None = None
    cycles: dict[tuple[str, int], ClockRow] = {}
    fired: list[tuple[Record, RungFired]] = []
    numbers: dict[int, str | None] = {0: None}
    told = _Telling(tallies.notices, terms_of)
    for record in life.records:
        try:
            event = record.event
            before = issue
            issue = evolve(before, event, zone=life.zone, key=life.key, terms=record.terms)
        except (ValueError, KeyError, TypeError) as error:
            return [Finding("event", life.stream, record.version, f"cannot be folded: {error}")]
        if event.clocks or isinstance(event, RungFired):
            moved = rows_of(before, issue, [event], [record], ()).clocks
            cycles |= {(row.clock, row.cycle): row for row in moved}
        tallies.saw(record, event, before, issue)
        if projected.stored is not None:
            await told.saw(record, event, before)
        numbers[record.version] = issue.number
        if isinstance(event, RungFired):
            fired.append((record, event))
    found = [
        *_stored_findings(life, issue, projected),
        *rung_findings(life, fired, projected.firings),
        *_clock_findings(life, cycles, projected.clocks),
        *tallies.kin.link_findings(projected.links),
        *result_findings(life, numbers),
    ]
    if projected.stored is not None:
        await told.close(issue)
        found += await board_findings(life, issue, projected.stored.boards, terms_of)
        if not told.is_unknown:
            notices = projected.stored.notices
            found += tallies.notices.findings(life, notices, projected.firings)
    return found


class _Telling:
    """Gives a tally of notices the events of one command after the other."""

    def __init__(self, tally: NoticeTally, terms_of: TermsOf) -> None:
        self._tally = tally
        self._terms_of = terms_of
        self._events: list[tuple[Record, Event]] = []
        self.is_unknown = False
        """The terms of a command cannot be read, which is a finding of its own."""

    async def saw(self, record: Record, event: Event, before: Issue | None) -> None:
        if self._events and self._events[-1][0].command_id != record.command_id:
            await self.close(before)
        self._events.append((record, event))

    async def close(self, after: Issue | None) -> None:
        if not self._events or after is None:
            return
        try:
            terms: Terms = await self._terms_of(self._events[0][0].terms)
        except UnsoundTermsError:
            self.is_unknown = True
            return
        self._tally.of_issue(self._events, after, terms)
        self._events = []


def _stored_findings(life: Life, issue: Issue | None, projected: _Projected) -> Iterator[Finding]:
    """The stored issue is the fold: compared as text first, and read only where that differs."""
    stored = projected.stored
    row = projected.row
    problem = projected.problem
    if stored is not None and stored.issue is not None:
        row, problem = _row_of(stored.issue, life, issue)
    if problem is None:
        yield from _head_findings(life, issue, row)
    else:
        yield Finding("fold", life.stream, len(life.records), problem)
    if stored is not None and stored.issue is not None and issue is not None:
        yield from issue_column_findings(life, issue, stored.issue)


def _row_of(
    columns: Columns, life: Life, issue: Issue | None
) -> tuple[IssueRow | None, str | None]:
    hash_ = str(columns["hash"])
    if issue is not None and is_as_folded(issue, columns):
        return IssueRow(issue, hash_, None, answered=True, notices=()), None
    try:
        read = read_snapshot(str(columns["snapshot"]), life.stream)
    except UnreadableRowError as error:
        return None, f"the stored issue cannot be read: {error}"
    return IssueRow(read, hash_, None, answered=True, notices=()), None


def _head_findings(life: Life, issue: Issue | None, row: IssueRow | None) -> Iterator[Finding]:
    def finding(kind: str, message: str) -> Finding:
        return Finding(kind, life.stream, None if issue is None else issue.version, message)

    if issue is None:
        if row is not None or life.commands:
            yield finding("fold", "there is a stored issue or command, and no event")
        return
    if row is None:
        yield finding("head", "there are events, and no stored issue")
        return
    hash_ = life.records[-1].hash if life.records else GENESIS
    if row.issue.version != issue.version:
        said = f"the stored issue is at version {row.issue.version}, its events at {issue.version}"
        yield finding("head", said)
    if row.hash != hash_:
        yield finding("head", "the stored head's hash is not that of the last event")
    if row.issue is not issue and row.issue.model_dump_json() != issue.model_dump_json():
        yield finding("fold", f"the stored issue is not the fold: {_differing(row.issue, issue)}")


def _differing(stored: Issue, folded: Issue) -> str:
    left, right = stored.model_dump(mode="json"), folded.model_dump(mode="json")
    return (
        ", ".join(name for name in left | right if left.get(name) != right.get(name))
        or "order of fields"
    )


def _clock_findings(
    life: Life, expected: dict[tuple[str, int], ClockRow], rows: tuple[ClockRow, ...]
) -> Iterator[Finding]:
    """Every cycle of every clock is listed as its events left it."""
    listed = {(row.clock, row.cycle): row for row in rows}
    for name in sorted(expected.keys() | listed.keys()):
        label = f"clock {name[0]}, cycle {name[1]}"
        if name not in expected:
            yield Finding("clock", life.stream, None, f"{label} is in the list and never started")
        elif name not in listed:
            yield Finding("clock", life.stream, None, f"{label} is not in the list")
        else:
            for column in fields(ClockRow):
                if getattr(expected[name], column.name) != getattr(listed[name], column.name):
                    said = f"{label}: {column.name} is not as recorded"
                    yield Finding("clock", life.stream, None, said, column.name)
