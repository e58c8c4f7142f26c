"""Ledgers laid out event by event from recorded lives, for figures to be made from."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from audit.corpus import Corpus, read_corpus
from audit.figures import Asked, Scope, Signed
from domain.chain import Record
from domain.figure_definitions import definition
from domain.figures import Period
from ledger.memory import MemoryLedger

ZONE = "xinghe"
FIRST_AT, LAST_AT = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
SPRING = Period(FIRST_AT, LAST_AT)
SIGNED = Signed(
    at=datetime(2026, 7, 2, tzinfo=UTC), author="coordination (a)", reason="The spring's figures."
)


@cache
def recorded_lives() -> Corpus:
    """Return the stored lives through every procedure: all of one zone."""
    return read_corpus(Path(__file__).with_name("corpus") / "rules-3-procedures.jsonl.gz")


class LaidLedger(MemoryLedger):
    """A ledger whose events somebody else decided. Pages are short."""

    page = 10

    def lay(self, records: Iterable[Record]) -> "LaidLedger":
        """Write events down in this order."""
        for record in records:
            self._tables.records[record.stream].append(record)
            self._tables.positions.append(record)
        self._tables.terms |= recorded_lives().texts
        return self

    def forget(self, position: int) -> None:
        """Take an event away, as a superuser could."""
        gone = self._tables.positions[position - 1]
        self._tables.positions[position - 1] = self._tables.positions[0]
        self._tables.records[gone.stream].remove(gone)

    def write_over(self, position: int, record: Record) -> None:
        """Put another event in the place of one."""
        self._tables.positions[position - 1] = record

    def write_over_digits(self, sequence: int, digits: str) -> None:
        """Put other digits in the place of those that were published."""
        row = self._tables.figures[sequence - 1]
        self._tables.figures[sequence - 1] = replace(row, digits=digits)

    async def prefix(
        self, zone: str, *, after: tuple[str, int], horizon: int, limit: int
    ) -> list[tuple[int, Record]]:
        """Return the next events of a zone, few at a time."""
        few = min(limit, self.page)
        return await super().prefix(zone, after=after, horizon=horizon, limit=few)


def all_records() -> list[Record]:
    """Return every event of the lives, stream by stream."""
    lives = recorded_lives().records_of
    return [record for stream in sorted(lives) for record in lives[stream]]


def interleaved(streams: Sequence[str], turns: Iterable[int]) -> list[Record]:
    """Return the events of some lives, whose turn it is being drawn."""
    left = [list(recorded_lives().records_of[stream]) for stream in streams]
    order: list[Record] = []
    for turn in turns:
        left = [life for life in left if life]
        if left:
            order.append(left[turn % len(left)].pop(0))
    return [*order, *(record for life in left for record in life)]


def asked(name: str, period: Period = SPRING, unit: str | None = None) -> Asked:
    """Return a figure of the lives' zone."""
    return Asked(definition(name), Scope(ZONE, unit), period)
