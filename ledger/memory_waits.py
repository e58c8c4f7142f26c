"""What waits, in memory."""

from ledger.memory_tables import Tables
from ledger.subscriptions import PAUSED, REMOVED, RESUMED
from ledger.waits import OutboxSpan, Unsent


class MemoryWaits:
    """The part of the ledger that is asked what waits."""

    _tables: Tables

    async def outbox_size(self) -> int:
        """Return how many issues wait to be poked."""
        return len(set(self._tables.outbox.values()))

    async def outbox_span(self) -> OutboxSpan:
        """Return what lies in the outbox."""
        rows = self._tables.outbox
        return OutboxSpan(len(set(rows.values())), min(rows, default=0), max(rows, default=0))

    async def unsent(self) -> Unsent:
        """Return what is still to be sent to active subscriptions."""
        stands: dict[str, str] = {}
        for (webhook, _), row in sorted(self._tables.webhooks.items()):
            if row.kind in (PAUSED, RESUMED, REMOVED):
                stands[webhook] = row.kind
        waiting = [
            position
            for webhook, position in self._tables.webhook_pending
            if stands.get(webhook) not in (PAUSED, REMOVED)
        ]
        if not waiting:
            return Unsent(0, None)
        return Unsent(len(waiting), self._tables.positions[min(waiting) - 1].at)
