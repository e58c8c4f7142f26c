"""What a ledger keeps of published figures, and how what they are made from is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.chain import Record

FIGURES_MAX = 200


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A published figure: all that is needed to count it again, and what must come out.

    `scope` is a zone, or ZONE/UNIT. Of the period from `from_at` to before `to_at`, as the events
    at or below the position `horizon` say. `digits` are canonical JSON. `restates` is the sequence
    of the figure that it corrects.
    """

    sequence: int
    definition: str
    revision: int
    scope: str
    from_at: datetime
    to_at: datetime
    horizon: int
    digits: str
    restates: int | None
    at: datetime
    author: str
    reason: str


class Figures(Protocol):
    """The part of a ledger that figures need."""

    async def prefix(
        self, zone: str, *, after: tuple[str, int], horizon: int, limit: int
    ) -> Sequence[tuple[int, Record]]:
        """Return events of a zone's issues at or below a position, each with its own, in order of
        stream and version, after the stream and version `after`."""
        ...

    async def put_figure(self, row: FigureRow) -> FigureRow | None:
        """Keep a figure; it is given its sequence. None, and no trace, if this definition was
        published for the scope and period before, or the figure it restates was restated."""
        ...

    async def figure(self, sequence: int) -> FigureRow | None:
        """Return one figure."""
        ...

    async def newest_figure(
        self, definition: str, scope: str, from_at: datetime, to_at: datetime
    ) -> FigureRow | None:
        """Return the figure of a definition, scope and period that is in force: the one published,
        or its last restatement."""
        ...

    async def figures(
        self, *, zone: str | None, definition: str | None, before: int | None, limit: int
    ) -> list[FigureRow]:
        """Return figures, newest first, at most `limit` (1 to FIGURES_MAX), before a sequence."""
        ...
