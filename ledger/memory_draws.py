"""Draws of closed issues in memory."""

from collections.abc import Sequence
from datetime import datetime

from domain.drawing import CloseOut
from domain.events import IssueClosedOut
from domain.events_of_callbacks import CallbackDrawn
from domain.phases import Outcome
from ledger.draws import DrawRow
from ledger.memory_tables import Tables
from ledger.port import IssueRow

DRAWN_FROM = (Outcome.CLOSED_OUT, Outcome.CLOSED_BY_REVIEW)


class MemoryDraws:
    """The part of the ledger that callbacks need."""

    _tables: Tables

    async def close_outs(
        self, zone: str, from_at: datetime, to_at: datetime, *, horizon: int, limit: int
    ) -> list[CloseOut]:
        """Return the close-outs of a zone's issues in a period, at or below a position."""
        found = [
            CloseOut(record.stream, record.version)
            for record in self._tables.positions[:horizon]
            if record.kind == "issue_closed_out"
            and record.stream.startswith(f"{zone}/")
            and from_at <= record.at < to_at
            and isinstance(closed := record.event, IssueClosedOut)
            and closed.outcome in DRAWN_FROM
        ]
        return sorted(found)[:limit]

    async def put_draw(self, row: DrawRow) -> bool:
        """Keep a draw; False if there is one of this id."""
        return self._tables.draws.setdefault(row.id, row) is row

    async def drawing(self, id_: str) -> DrawRow | None:
        """Return one draw."""
        return self._tables.draws.get(id_)

    async def draws(self, zone: str, *, limit: int) -> list[DrawRow]:
        """Return the draws of a zone, newest first."""
        own = sorted(
            (row for row in self._tables.draws.values() if row.zone == zone), key=lambda r: r.id
        )
        return sorted(own, key=lambda row: row.drawn_at, reverse=True)[:limit]

    async def lots(self, zone: str, draw: str) -> list[tuple[str, str]]:
        """Return the lots of a draw that the streams of a zone have recorded, by stream."""
        found = [
            (record.stream, record.version, drawn.lot)
            for record in self._tables.positions
            if record.kind == "callback_drawn"
            and record.stream.startswith(f"{zone}/")
            and isinstance(drawn := record.event, CallbackDrawn)
            and drawn.draw == draw
        ]
        return [(stream, lot) for stream, _, lot in sorted(found)]

    async def without_events(self, ids: Sequence[str]) -> set[str]:
        """Return those of these ids whose command is stored and caused no event."""
        kept = self._tables.commands
        return {id_ for id_ in ids if id_ in kept and kept[id_].count == 0}

    async def issues(self, streams: Sequence[str]) -> list[IssueRow]:
        """Return those of the issues that are there, by stream."""
        kept = self._tables.issues
        return [
            self._tables.issue_row(kept[stream])
            for stream in sorted(set(streams))
            if stream in kept
        ]
