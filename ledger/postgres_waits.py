"""What waits, in PostgreSQL."""

from typing import Final

from ledger.postgres_publications import Pooled
from ledger.waits import OutboxSpan, Unsent

OUTBOX_SIZE: Final = "SELECT count(DISTINCT stream) FROM outbox"
OUTBOX_SPAN: Final = """
SELECT count(DISTINCT stream), coalesce(min(id), 0), coalesce(max(id), 0) FROM outbox
"""
UNSENT: Final = """
SELECT coalesce(sum(p.events), 0), (SELECT e.at FROM event e WHERE e.position = min(p.first))
FROM webhook_delivery d
CROSS JOIN LATERAL (SELECT count(*) AS events, min(w.position) AS first
                    FROM webhook_pending w WHERE w.webhook = d.webhook) p
WHERE NOT EXISTS (SELECT FROM webhook r WHERE r.webhook = d.webhook AND r.kind = 'removed')
  AND 'paused' IS DISTINCT FROM (
    SELECT w.kind FROM webhook w
    WHERE w.webhook = d.webhook AND w.kind IN ('paused', 'resumed')
    ORDER BY w.revision DESC LIMIT 1)
"""


class PostgresWaits(Pooled):
    """The part of the ledger that is asked what waits."""

    async def outbox_size(self) -> int:
        """Return how many issues wait to be poked."""
        row = await self._row(OUTBOX_SIZE)
        return 0 if row is None else int(row[0])

    async def outbox_span(self) -> OutboxSpan:
        """Return what lies in the outbox."""
        row = await self._row(OUTBOX_SPAN)
        return OutboxSpan(0, 0, 0) if row is None else OutboxSpan(*map(int, row))

    async def unsent(self) -> Unsent:
        """Return what is still to be sent to active subscriptions."""
        row = await self._row(UNSENT)
        return Unsent(0, None) if row is None else Unsent(int(row[0]), row[1])
