"""What is counted of a log: one set of figures, over its own rows and over the ledger's."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from desk.importing.mapping import Signature
from desk.importing.marks import Mark
from domain.chain import Record, read_text
from domain.events import Event, NoteAdded, ResolutionProposed, ResolutionRejected, SignOffAnswered
from domain.evolve import evolve
from domain.issue import Issue
from domain.terms import Terms
from ledger.port import Ledger, LedgerError

COMMAND = "row"
"""A command of the import is called `row/<the row's number>/<its place among the row's acts>`."""


@dataclass(frozen=True, slots=True)
class Row:
    """Where a case stands after one event: the tier it is at, the group that has it, its status.

    `signatures` are what its status holds, in the log's reading; in the ledger's, what was done, or
    what its mark says was refused. `mark`: only in the ledger.
    """

    case: str
    tier: int
    group: str
    status: str
    signatures: frozenset[Signature] = frozenset()
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class SignedFigures:
    """Of a log of sign-offs: the cases with a rejection, with a submission somewhere after one, and
    with a final approval."""

    cases_rejected: int
    cases_resubmitted: int
    cases_final_approved: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What the rows of a log come to.

    `tier_reached` counts the cases by their highest tier, `last_status` by the status of their last
    row. `steps_up`, `steps_down` and `handovers` count neighbouring rows of a case whose tier or
    group differs; `ping_pong_cases` those where work went from A to B and, with the next hand-over,
    back to A.
    """

    cases: int
    events: int
    tier_reached: Mapping[str, int]
    steps_up: int
    steps_down: int
    handovers: int
    ping_pong_cases: int
    last_status: Mapping[str, int]


class Count:
    """Adds up the rows of one case after another."""

    def __init__(self) -> None:
        self._cases = self._events = self._up = self._down = self._over = self._ping_pong = 0
        self._reached: Counter[int] = Counter()
        self._last: Counter[str] = Counter()
        self._rejected = self._resubmitted = self._final_approved = 0
        self.marked: Counter[Mark] = Counter()

    def add(self, rows: Sequence[Row]) -> None:
        """Count the rows of one case, in order."""
        if not rows:
            return
        held = [group for group, _ in groupby(row.group for row in rows)]
        self._cases += 1
        self._events += len(rows)
        self._up += sum(before.tier < after.tier for before, after in pairwise(rows))
        self._down += sum(before.tier > after.tier for before, after in pairwise(rows))
        self._over += len(held) - 1
        self._ping_pong += any(a == b for a, b in zip(held, held[2:], strict=False))
        self._reached[max(row.tier for row in rows)] += 1
        self._last[rows[-1].status] += 1
        self._add_signed([row.signatures for row in rows])
        self.marked.update(row.mark for row in rows if row.mark is not None)

    def _add_signed(self, rows: Sequence[frozenset[Signature]]) -> None:
        first = next((n for n, held in enumerate(rows) if Signature.REJECTED in held), None)
        if first is not None:
            self._rejected += 1
            self._resubmitted += any(Signature.SUBMITTED in held for held in rows[first + 1 :])
        self._final_approved += any(Signature.FINAL_APPROVED in held for held in rows)

    @property
    def figures(self) -> Figures:
        """Return what has been counted so far."""
        return Figures(
            cases=self._cases,
            events=self._events,
            tier_reached={str(tier): self._reached[tier] for tier in sorted(self._reached)},
            steps_up=self._up,
            steps_down=self._down,
            handovers=self._over,
            ping_pong_cases=self._ping_pong,
            last_status=dict(sorted(self._last.items())),
        )

    @property
    def signed(self) -> SignedFigures:
        """Return what has been counted so far of signatures."""
        return SignedFigures(self._rejected, self._resubmitted, self._final_approved)


SIGNED_BY = {
    ResolutionProposed: Signature.SUBMITTED,
    ResolutionRejected: Signature.REJECTED,
    SignOffAnswered: Signature.FINAL_APPROVED,
}
REFUSED_SIGNATURE = {
    "propose_resolution": Signature.SUBMITTED,
    "reject": Signature.REJECTED,
    "confirm": Signature.FINAL_APPROVED,
}
"""What the rows were whose own command was refused."""


def command_id(row: int, place: int) -> str:
    """Return the id of a row's act."""
    return f"{COMMAND}/{row}/{place}"


async def rows_of(ledger: Ledger, *, signs: bool = False) -> AsyncIterator[list[Row]]:
    """Yield the rows of each issue that a ledger holds of an import, from its events alone; of a
    log that `signs`, with what was signed.

    Each event names its command and so its row; after a row's last event the fold says tier and
    unit, and the row's note says the status. The names of units are those of the pinned handbook.
    """
    names: dict[str, dict[str, str]] = {}
    async for stream in ledger.streams():
        records = await ledger.records(stream)
        for version in {record.terms for record in records} - names.keys():
            names[version] = await _groups(ledger, version)
        yield _rows(stream, records, names, signs=signs)


async def kinds_of(ledger: Ledger) -> Counter[str]:
    """Return how many events of each kind a ledger holds."""
    kinds: Counter[str] = Counter()
    async for stream in ledger.streams():
        kinds.update(record.kind for record in await ledger.records(stream))
    return kinds


def _rows(
    stream: str, records: Sequence[Record], names: Mapping[str, Mapping[str, str]], *, signs: bool
) -> list[Row]:
    zone, _, key = stream.partition("/")
    rows: list[Row] = []
    issue: Issue | None = None
    for _, of_row in groupby(records, key=lambda record: record.command_id.split("/")[1]):
        status: str | None = None
        events: list[Event] = []
        for record in of_row:
            event = read_text(record.text)
            events.append(event)
            issue = evolve(issue, event, zone=zone, key=key, terms=record.terms)
            if isinstance(event, NoteAdded):
                status = event.text
        if issue is not None and status is not None:
            unit = "" if issue.unit is None else names[issue.terms][issue.unit]
            signed = _signed(events) if signs else ()
            rows.append(Row(key, issue.tier, unit, status, *signed))
    return rows


def _signed(events: Iterable[Event]) -> tuple[frozenset[Signature], Mark | None]:
    """Return what a row was by its events. Beside a mark all of them are the authority's, and the
    mark says what the row was."""
    told = tuple(events)
    mark = next((found for each in told if (found := Mark.on(each)) is not None), None)
    done = (
        {SIGNED_BY.get(type(each)) for each in told}
        if mark is None
        else {REFUSED_SIGNATURE.get(mark.act)}
    )
    return frozenset(each for each in done if each is not None), mark


async def _groups(ledger: Ledger, version: str) -> dict[str, str]:
    text = await ledger.terms(version)
    if text is None:
        msg = f"terms {version} are named by an event but not kept"
        raise LedgerError(msg)
    handbook = Terms.model_validate(json.loads(text)).handbook
    return {unit.id: unit.name.en for unit in handbook.units}
