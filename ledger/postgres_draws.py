"""Draws of closed issues in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime

from domain.drawing import CloseOut
from ledger import codec, draw_queries, queries
from ledger.draws import DrawRow
from ledger.port import IssueRow
from ledger.postgres_publications import Pooled


class PostgresDraws(Pooled):
    """The part of the ledger that callbacks need."""

    async def close_outs(
        self, zone: str, from_at: datetime, to_at: datetime, *, horizon: int, limit: int
    ) -> list[CloseOut]:
        """Return the close-outs of a zone's issues in a period, at or below a position."""
        rows = await self._fetch(draw_queries.CLOSE_OUTS, zone, from_at, to_at, horizon, limit)
        return [CloseOut(*row) for row in rows]

    async def put_draw(self, row: DrawRow) -> bool:
        """Keep a draw; False if there is one of this id."""
        return await self._row(draw_queries.PUT_DRAW, *astuple(row)) is not None

    async def drawing(self, id_: str) -> DrawRow | None:
        """Return one draw."""
        row = await self._row(draw_queries.DRAWING, id_)
        return None if row is None else DrawRow(*row)

    async def draws(self, zone: str, *, limit: int) -> list[DrawRow]:
        """Return the draws of a zone, newest first."""
        return [DrawRow(*row) for row in await self._fetch(draw_queries.DRAWS, zone, limit)]

    async def lots(self, zone: str, draw: str) -> list[tuple[str, str]]:
        """Return the lots of a draw that the streams of a zone have recorded, by stream."""
        rows = await self._fetch(draw_queries.LOTS, zone, draw)
        return [(stream, lot) for stream, lot in rows]

    async def without_events(self, ids: Sequence[str]) -> set[str]:
        """Return those of these ids whose command is stored and caused no event."""
        return {row[0] for row in await self._fetch(draw_queries.WITHOUT_EVENTS, list(ids))}

    async def issues(self, streams: Sequence[str]) -> list[IssueRow]:
        """Return those of the issues that are there, by stream."""
        rows = await self._fetch(queries.ISSUES, list(streams))
        found = codec.readable(rows, codec.issue_row_of)
        return sorted(found, key=lambda row: row.issue.stream)
