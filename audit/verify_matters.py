"""Whether the stream of a matter still says what was written, and what it called for was done."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from audit.across import Across
from audit.checks import (
    Finding,
    chain_findings,
    command_findings,
    result_findings,
    rung_findings,
    terms_findings,
)
from audit.facts import Life, Tables, TermsOf, read_life
from audit.kin import Called, called_for_by, errands_told
from audit.verify_columns import NoticeTally, matter_column_findings, party_findings
from domain.chain import Record
from domain.matters.acts import DuePassed
from domain.matters.evolve import evolve_matter
from domain.matters.state import Matter
from ledger.matter_codec import matter_columns
from ledger.matters import MatterColumns, MatterRow
from ledger.pages import StreamPage
from ledger.port import FiringRow, UnreadableRowError

READS_MAX = 5


async def matter_findings(
    ledger: Tables, stream: str, terms_of: TermsOf, across: Across | None
) -> tuple[Life, list[Finding]]:
    """Verify one stream: what was read of it, and what is not as it was written.

    `across` hears which reports its events called for.
    """
    life, stored, firings = await _read(ledger, stream)
    fold = _Fold.of(life)
    found = [
        *chain_findings(life.records),
        *command_findings(life),
        *await terms_findings(life, terms_of),
        *fold.found,
    ]
    if not fold.found:
        found += _fold_findings(life, fold, stored, firings)
        if isinstance(ledger, StreamPage):
            found += _page_findings(life, fold, ledger)
        found += await errands_told(ledger, stream, fold.called)
    if across is not None:
        across.balance.add(life, fold.called)
    return life, found


@dataclass(slots=True)
class _Fold:
    """What the events of a matter come to, and what they bring with them. `found` says which of
    them cannot be folded; then the rest says nothing."""

    matter: Matter | None
    passed: list[tuple[Record, DuePassed]]
    told: NoticeTally
    called: list[Called]
    found: list[Finding]

    @classmethod
    def of(cls, life: Life) -> "_Fold":
        """Return what a life comes to."""
        fold = cls(None, [], NoticeTally(), [], [])
        for record in life.records:
            try:
                event = record.matter_event
                fold.matter = evolve_matter(
                    fold.matter, event, zone=life.zone, key=life.key, terms=record.terms
                )
            except (ValueError, KeyError, TypeError) as error:
                said = f"cannot be folded: {error}"
                fold.found = [Finding("event", life.stream, record.version, said)]
                return fold
            fold.told.of_matter(record, event, fold.matter)
            fold.called += called_for_by(event, fold.matter)
            if isinstance(event, DuePassed):
                fold.passed.append((record, event))
        return fold


@dataclass(frozen=True, slots=True)
class _Stored:
    """The row of a matter. `problem` is why its snapshot cannot be read, if it cannot."""

    row: MatterRow | None
    problem: str | None
    columns: MatterColumns | None


async def _read(ledger: Tables, stream: str) -> tuple[Life, _Stored, tuple[FiringRow, ...]]:
    """Read again while others write between the reads."""
    for _ in range(READS_MAX):
        columns = await ledger.matter_columns(stream)
        life = await read_life(ledger, stream)
        firings = tuple(await ledger.firings(stream))
        stored = await _stored(ledger, stream)
        if columns == stored.columns:
            break
    return life, stored, firings


async def _stored(ledger: Tables, stream: str) -> _Stored:
    row, problem = None, None
    try:
        row = await ledger.matter(stream)
    except (ValueError, UnreadableRowError) as error:
        problem = f"the stored matter cannot be read: {error}"
    return _Stored(row, problem, await ledger.matter_columns(stream))


def _page_findings(life: Life, fold: _Fold, page: StreamPage) -> Iterator[Finding]:
    """Where the ledger gives pages: columns that no list goes by, parties and notices."""
    stored = page.stored(life.stream)
    yield from fold.told.findings(life, stored.notices, stored.firings)
    yield from party_findings(life, fold.matter, stored.parties)
    if fold.matter is not None and stored.matter is not None:
        yield from matter_column_findings(life, fold.matter, stored.matter)


def _fold_findings(
    life: Life, fold: _Fold, stored: _Stored, firings: tuple[FiringRow, ...]
) -> Iterator[Finding]:
    if stored.problem is None:
        yield from _head_findings(life, fold.matter, stored.row)
    else:
        yield Finding("fold", life.stream, len(life.records), stored.problem)
    yield from _column_findings(life, fold.matter, stored.columns)
    yield from rung_findings(life, fold.passed, firings)
    yield from result_findings(life, {})


def _column_findings(
    life: Life, matter: Matter | None, columns: MatterColumns | None
) -> Iterator[Finding]:
    """Lists, relay and guard go by the columns: they say what the fold does."""
    if matter is None or columns is None:
        return
    expected = matter_columns(matter, life.records[-1].hash)
    for column in fields(MatterColumns):
        if getattr(columns, column.name) != getattr(expected, column.name):
            said = f"the stored matter's {column.name} is not what its events come to"
            yield Finding("fold", life.stream, matter.version, said, column.name)


def _head_findings(life: Life, matter: Matter | None, row: MatterRow | None) -> Iterator[Finding]:
    def finding(kind: str, message: str) -> Finding:
        return Finding(kind, life.stream, None if matter is None else matter.version, message)

    if matter is None:
        if row is not None or life.commands:
            yield finding("fold", "there is a stored matter or command, and no event")
        return
    if row is None:
        yield finding("head", "there are events, and no stored matter")
        return
    if row.matter.version != matter.version:
        said = f"the stored matter is at version {row.matter.version}, its events at "
        yield finding("head", said + str(matter.version))
    if row.hash != life.records[-1].hash:
        yield finding("head", "the stored head's hash is not that of the last event")
    if row.matter.model_dump_json() != matter.model_dump_json():
        left, right = row.matter.model_dump(mode="json"), matter.model_dump(mode="json")
        differing = [name for name in left | right if left.get(name) != right.get(name)]
        said = ", ".join(differing) or "order of fields"
        yield finding("fold", f"the stored matter is not the fold: {said}")
