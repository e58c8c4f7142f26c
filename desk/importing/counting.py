"""What is counted of a log: one set of figures, over its own rows and over the ledger's."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from domain.chain import Record, read_text
from domain.events import NoteAdded
from domain.evolve import evolve
from domain.issue import Issue
from domain.terms import Terms
from ledger.port import Ledger, LedgerError

COMMAND = "row"
"""A command of the import is called `row/<the row's number>/<its place among the row's acts>`."""


@dataclass(frozen=True, slots=True)
class Row:
    """Where a case stands after one event: the tier it is at, the group that has it, its status."""

    case: str
    tier: int
    group: str
    status: str


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


def command_id(row: int, place: int) -> str:
    """Return the id of a row's act."""
    return f"{COMMAND}/{row}/{place}"


async def rows_of(ledger: Ledger) -> AsyncIterator[list[Row]]:
    """Yield the rows of each issue that a ledger holds of an import, from its events alone.

    Each event names its command and so its row; after a row's last event the fold says tier and
    unit, and the row's note says the status. The names of units are those of the pinned handbook.
    """
    names: dict[str, dict[str, str]] = {}
    async for stream in ledger.streams():
        records = await ledger.records(stream)
        for version in {record.terms for record in records} - names.keys():
            names[version] = await _groups(ledger, version)
        yield _rows(stream, records, names)


def _rows(
    stream: str, records: Sequence[Record], names: Mapping[str, Mapping[str, str]]
) -> list[Row]:
    zone, _, key = stream.partition("/")
    rows: list[Row] = []
    issue: Issue | None = None
    for _, of_row in groupby(records, key=lambda record: record.command_id.split("/")[1]):
        status: str | None = None
        for record in of_row:
            event = read_text(record.text)
            issue = evolve(issue, event, zone=zone, key=key, terms=record.terms)
            if isinstance(event, NoteAdded):
                status = event.text
        if issue is not None and status is not None:
            unit = "" if issue.unit is None else names[issue.terms][issue.unit]
            rows.append(Row(case=key, tier=issue.tier, group=unit, status=status))
    return rows


async def _groups(ledger: Ledger, version: str) -> dict[str, str]:
    text = await ledger.terms(version)
    if text is None:
        msg = f"terms {version} are named by an event but not kept"
        raise LedgerError(msg)
    handbook = Terms.model_validate(json.loads(text)).handbook
    return {unit.id: unit.name.en for unit in handbook.units}
