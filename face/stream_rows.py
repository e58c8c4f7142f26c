"""What events are of, as far as it decides who hears of them: kept for many listeners at once."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from domain.chain import Record
from domain.matters.events import MatterEvent
from face.matter_facts import is_learnt_from
from ledger.matters import MatterRow
from ledger.orders import OrderRow
from ledger.port import IssueRow, Ledger

Kept = TypeVar("Kept")
Learnt = tuple[int, MatterEvent]
"""An event of a matter, and its version."""

ROWS_KEPT_MAX: Final = 512
LIVES_KEPT_MAX: Final = 64


class StreamRows:
    """The rows of what events are of, and of some matters what was told before an event."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._issues: OrderedDict[str, IssueRow] = OrderedDict()
        self._orders: OrderedDict[str, OrderRow] = OrderedDict()
        self._matters: OrderedDict[str, MatterRow] = OrderedDict()
        self._lives: OrderedDict[str, tuple[int, list[Learnt]]] = OrderedDict()

    def clear(self) -> None:
        """Forget everything: nobody listens."""
        for kept in (self._issues, self._orders, self._matters, self._lives):
            kept.clear()

    def forget(self, stream: str) -> None:
        """Forget how something stood of which there is news."""
        self._issues.pop(stream, None)
        self._orders.pop(stream, None)
        self._matters.pop(stream, None)

    async def issue(self, record: Record) -> IssueRow | None:
        """Return the issue of an event, not older than the event."""
        row = self._issues.get(record.stream)
        if row is None or row.issue.version < record.version:
            row = await _read(self._issues, record, self._ledger.issue)
        return row

    async def order(self, record: Record) -> OrderRow | None:
        """Return the supervision order of an event, not older than the event."""
        row = self._orders.get(record.stream)
        if row is None or row.order.version < record.version:
            row = await _read(self._orders, record, self._ledger.order)
        return row

    async def matter(self, record: Record) -> MatterRow | None:
        """Return the matter of an event, not older than the event."""
        row = self._matters.get(record.stream)
        if row is None or row.matter.version < record.version:
            row = await _read(self._matters, record, self._ledger.matter)
        return row

    async def before(self, record: Record) -> list[MatterEvent]:
        """Return those events of a matter before one of them that say which of its lines are whose.
        Each is read once while it is kept, however many events follow."""
        upto, learnt = self._lives.get(record.stream, (0, list[Learnt]()))
        if upto < record.version - 1:
            fresh = await self._ledger.records(record.stream, after_version=upto)
            upto = fresh[-1].version if fresh else upto
            learnt = learnt + [(e.version, e.matter_event) for e in fresh if is_learnt_from(e)]
            _keep(self._lives, record.stream, (upto, learnt), LIVES_KEPT_MAX)
        return [event for version, event in learnt if version < record.version]


async def _read(
    kept: OrderedDict[str, Kept], record: Record, read: Callable[[str], Awaitable[Kept | None]]
) -> Kept | None:
    row = await read(record.stream)
    if row is not None:
        _keep(kept, record.stream, row, ROWS_KEPT_MAX)
    return row


def _keep(kept: OrderedDict[str, Kept], stream: str, value: Kept, most: int) -> None:
    kept[stream] = value
    while len(kept) > most:
        kept.popitem(last=False)
