"""A matter as it stood, told from its events page by page."""

import asyncio
from typing import TYPE_CHECKING, Final

from domain.matters.past import MatterFold
from domain.sight import Sight
from ledger.asof import UNREADABLE
from ledger.matters import MatterRow, Matters

if TYPE_CHECKING:
    from domain.chain import Record

EVENTS: Final = 500
"""How many events of a matter are held at once."""


async def matter_then(
    ledger: Matters, stream: str, sight: Sight, *, page: int = EVENTS
) -> MatterRow | None:
    """Return a matter as it is seen, None if it was not there; nothing waits for it. No more than
    `page` of its events are held at once. Raises UnreadableRowError."""
    fold, after, more = MatterFold(sight), 0, True
    while more:
        records = await ledger.matter_records(
            stream, position=sight.position, after=after, limit=page
        )
        # What is told again of many events takes a while: others are answered meanwhile.
        more = await asyncio.to_thread(_taken, fold, stream, records) and len(records) == page
        after += len(records)  # versions have no gaps
    return None if fold.matter is None else MatterRow(fold.matter, fold.hash, notices=())


def _taken(fold: MatterFold, stream: str, records: "list[Record]") -> bool:
    from ledger.port import UnreadableRowError

    try:
        return fold.take(records)
    except UNREADABLE as error:
        msg = f"the events of {stream} cannot be read: {type(error).__name__}"
        raise UnreadableRowError(msg) from error
