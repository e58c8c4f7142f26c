"""Whether a ledger still says what was written: chain, fold, commands, rungs and terms (I4)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Protocol

from audit.checks import (
    Finding,
    Findings,
    command_findings,
    result_findings,
    rung_findings,
    terms_findings,
)
from audit.facts import Life, Tables, TermsOf, Waiting, read_life, stream_names, terms_reader
from audit.kin import KinBalance, KinTally
from audit.verify_orders import order_findings
from audit.verify_publications import Published, publication_findings
from domain.chain import GENESIS, Record, breaks
from domain.events import RungFired
from domain.evolve import evolve
from domain.issue import Issue
from domain.orders import is_order_stream
from ledger.kin import LinkRow
from ledger.port import ClockRow, FiringRow, IssueRow, UnreadableRowError
from ledger.projections import rows_of

READS_MAX = 5
__all__ = ["Finding", "Findings", "verify_all", "verify_stream"]


@dataclass(frozen=True, slots=True)
class _Projected:
    """What the ledger keeps beside the facts, read at the same moment as they. `problem` is why the
    stored issue cannot be read, if it cannot."""

    row: IssueRow | None
    problem: str | None
    firings: tuple[FiringRow, ...]
    clocks: tuple[ClockRow, ...]
    links: tuple[LinkRow, ...]


class Everything(Waiting, Published, Protocol):
    """A ledger with its publications, and what waits in it."""


async def verify_all(
    ledger: Everything,
    terms_of: TermsOf | None = None,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> Findings:
    """Verify every stream and publication; `progress` hears how many streams are done."""
    reader = terms_of or terms_reader(ledger)
    total, done, balance = Findings(0, 0, 0, ()), 0, KinBalance()
    async for stream in ledger.streams():
        total = total.plus(await verify_stream(ledger, stream, reader, balance))
        done += 1
        progress(done)
    uncaused = await balance.findings(ledger)
    return total.plus(Findings(0, 0, 0, (*uncaused, *await publication_findings(ledger))))


async def verify_stream(
    ledger: Tables,
    stream: str,
    terms_of: TermsOf | None = None,
    balance: KinBalance | None = None,
) -> Findings:
    """Verify one stream. What cannot be read is a finding too, not an error.

    `balance` hears what the stream has to tell others, and what it was told.
    """
    if is_order_stream(stream):
        life, of_order = await order_findings(ledger, stream, terms_of or terms_reader(ledger))
        return Findings(1, len(life.records), len(life.commands), of_order)
    life, projected = await _read(ledger, stream)
    kin = KinTally(life)
    found = [
        *(Finding("chain", b.stream, b.version, b.problem) for b in breaks(life.records)),
        *command_findings(life),
        *await terms_findings(life, terms_of or terms_reader(ledger)),
        *_fold_findings(life, projected, kin),
        *await kin.errand_findings(ledger),
    ]
    if balance is not None:
        balance.add(life, kin.errands)
    return Findings(1, len(life.records), len(life.commands), tuple(found))


async def _read(ledger: Tables, stream: str) -> tuple[Life, _Projected]:
    """Read again while others write between the reads."""
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


def _fold_findings(life: Life, projected: _Projected, kin: KinTally) -> Iterator[Finding]:
    issue: Issue | None = None
    cycles: dict[tuple[str, int], ClockRow] = {}
    fired: list[tuple[Record, RungFired]] = []
    numbers: dict[int, str | None] = {0: None}
    for record in life.records:
        try:
            event = record.event
            before = issue
            issue = evolve(before, event, zone=life.zone, key=life.key, terms=record.terms)
        except (ValueError, KeyError, TypeError) as error:
            yield Finding("event", life.stream, record.version, f"cannot be folded: {error}")
            return
        moved = rows_of(before, issue, [event], [record], ()).clocks
        cycles |= {(row.clock, row.cycle): row for row in moved}
        kin.saw(record, event, before, issue)
        numbers[record.version] = issue.number
        if isinstance(event, RungFired):
            fired.append((record, event))
    if projected.problem is None:
        yield from _head_findings(life, issue, projected.row)
    else:
        yield Finding("fold", life.stream, len(life.records), projected.problem)
    yield from rung_findings(life, fired, projected.firings)
    yield from _clock_findings(life, cycles, projected.clocks)
    yield from kin.link_findings(projected.links)
    yield from result_findings(life, numbers)


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
    if row.issue.model_dump_json() != issue.model_dump_json():
        yield finding("fold", f"the stored issue is not the fold: {_differing(row.issue, issue)}")


def _differing(stored: Issue, folded: Issue) -> str:
    left, right = stored.model_dump(mode="json"), folded.model_dump(mode="json")
    return ", ".join(name for name in left if left[name] != right[name]) or "order of fields"


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
                    yield Finding("clock", life.stream, None, said)
