"""Published figures in PostgreSQL."""

from dataclasses import astuple, replace
from datetime import datetime

from domain.chain import Record
from ledger import codec, figure_queries
from ledger.figures import FIGURES_MAX, FigureRow
from ledger.postgres_publications import Pooled

BEHIND_A_SLASH = "0"
"""The character after the slash, by code point: streams sort so."""


class PostgresFigures(Pooled):
    """The part of the ledger that figures need."""

    async def prefix(
        self, zone: str, *, after: tuple[str, int], horizon: int, limit: int
    ) -> list[tuple[int, Record]]:
        """Return events of a zone's issues at or below a position, each with its own."""
        stream, version = max(after, (f"{zone}/", 0))
        behind = f"{zone}{BEHIND_A_SLASH}"
        rows = await self._fetch(figure_queries.PREFIX, stream, version, horizon, behind, limit)
        return [codec.positioned_record_of(row) for row in rows]

    async def put_figure(self, row: FigureRow) -> FigureRow | None:
        """Keep a figure; None if it was published, or what it restates was restated, before."""
        kept = await self._row(figure_queries.PUT_FIGURE, *astuple(row)[1:])
        return None if kept is None else replace(row, sequence=kept[0])

    async def figure(self, sequence: int) -> FigureRow | None:
        """Return one figure."""
        row = await self._row(figure_queries.FIGURE, sequence)
        return None if row is None else FigureRow(*row)

    async def newest_figure(
        self, definition: str, scope: str, from_at: datetime, to_at: datetime
    ) -> FigureRow | None:
        """Return the figure of a definition, scope and period that is in force."""
        row = await self._row(figure_queries.NEWEST_FIGURE, definition, scope, from_at, to_at)
        return None if row is None else FigureRow(*row)

    async def figures(
        self, *, zone: str | None, definition: str | None, before: int | None, limit: int
    ) -> list[FigureRow]:
        """Return figures, newest first, before a sequence."""
        bounded = max(1, min(limit, FIGURES_MAX))
        rows = await self._fetch(figure_queries.FIGURES, zone, definition, before, bounded)
        return [FigureRow(*row) for row in rows]
