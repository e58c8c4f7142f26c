"""Published figures in memory."""

from dataclasses import replace
from datetime import datetime

from domain.chain import Record
from ledger.figures import FIGURES_MAX, FigureRow
from ledger.memory_tables import Tables


class MemoryFigures:
    """The part of the ledger that figures need."""

    _tables: Tables

    async def prefix(
        self, zone: str, *, after: tuple[str, int], horizon: int, limit: int
    ) -> list[tuple[int, Record]]:
        """Return events of a zone's issues at or below a position, each with its own."""
        found = [
            (position, record)
            for position, record in enumerate(self._tables.positions[:horizon], start=1)
            if record.stream.startswith(f"{zone}/") and (record.stream, record.version) > after
        ]
        return sorted(found, key=lambda each: (each[1].stream, each[1].version))[:limit]

    async def put_figure(self, row: FigureRow) -> FigureRow | None:
        """Keep a figure; None if it was published, or what it restates was restated, before."""
        kept = self._tables.figures
        if any(_restated(each) == _restated(row) for each in kept):
            return None
        kept.append(replace(row, sequence=len(kept) + 1))
        return kept[-1]

    async def figure(self, sequence: int) -> FigureRow | None:
        """Return one figure."""
        return next((row for row in self._tables.figures if row.sequence == sequence), None)

    async def newest_figure(
        self, definition: str, scope: str, from_at: datetime, to_at: datetime
    ) -> FigureRow | None:
        """Return the figure of a definition, scope and period that is in force."""
        asked = (definition, scope, from_at, to_at)
        return next((row for row in reversed(self._tables.figures) if _subject(row) == asked), None)

    async def figures(
        self, *, zone: str | None, definition: str | None, before: int | None, limit: int
    ) -> list[FigureRow]:
        """Return figures, newest first, before a sequence."""
        found = [
            row
            for row in reversed(self._tables.figures)
            if zone in (None, row.scope.partition("/")[0])
            and definition in (None, row.definition)
            and (before is None or row.sequence < before)
        ]
        return found[: max(1, min(limit, FIGURES_MAX))]


def _subject(row: FigureRow) -> tuple[str, str, datetime, datetime]:
    return row.definition, row.scope, row.from_at, row.to_at


def _restated(row: FigureRow) -> object:
    """Return what of which there is one row alone."""
    return _subject(row) if row.restates is None else row.restates
