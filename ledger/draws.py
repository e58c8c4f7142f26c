"""What a ledger keeps of draws of closed issues, and what a draw is made from (R8.5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from domain.drawing import CloseOut

if TYPE_CHECKING:
    from ledger.port import IssueRow


@dataclass(frozen=True, slots=True)
class DrawRow:
    """A recorded draw: all that is needed to draw again, and what must come out.

    Of a zone's close-outs from `from_at` to before `to_at` at or below the position `horizon`.
    `percent` and `at_least` are the handbook's, `actor` is canonical JSON.
    """

    id: str
    zone: str
    seed: str
    from_at: datetime
    to_at: datetime
    horizon: int
    percent: int
    at_least: int
    population: int
    population_hash: str
    drawn: int
    method: str
    drawn_at: datetime
    actor: str


class Draws(Protocol):
    """The part of a ledger that callbacks need."""

    async def close_outs(
        self, zone: str, from_at: datetime, to_at: datetime, *, horizon: int, limit: int
    ) -> list[CloseOut]:
        """Return the close-outs of a zone's issues in a period, at or below a position, at most
        `limit`: with the enterprise's say or by a closing review, not withdrawals."""
        ...

    async def put_draw(self, row: DrawRow) -> bool:
        """Keep a draw; False if there is one of this id, which stays as it is."""
        ...

    async def drawing(self, id_: str) -> DrawRow | None:
        """Return one draw."""
        ...

    async def draws(self, zone: str, *, limit: int) -> list[DrawRow]:
        """Return the draws of a zone, newest first."""
        ...

    async def lots(self, zone: str, draw: str) -> list[tuple[str, str]]:
        """Return the lots of a draw that the streams of a zone have recorded, by stream."""
        ...

    async def without_events(self, ids: Sequence[str]) -> set[str]:
        """Return those of these ids whose command is stored and caused no event."""
        ...

    async def issues(self, streams: Sequence[str]) -> "list[IssueRow]":
        """Return those of the issues that are there, by stream."""
        ...
