"""Webhooks in PostgreSQL."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Final

import asyncpg

from ledger.connections import ledger_errors
from ledger.postgres_publications import Pooled
from ledger.subscriptions import (
    BURIED,
    CREATED,
    DEAD_MAX,
    HEADLINES_MAX,
    OF_ONE_OWNER_MAX,
    REPLAYED,
    REPLAYED_MAX,
    WEBHOOKS_MAX,
    Behind,
    DeadRow,
    DeliveryRow,
    Headline,
    WebhookRow,
    WebhooksFullError,
)

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy[asyncpg.Record]

LOCK: Final = "SELECT position FROM webhook_delivery WHERE webhook = $1 FOR UPDATE"
PUT_WEBHOOK: Final = """
INSERT INTO webhook (id, webhook, revision, kind, body, at, by)
VALUES ($1 || '#' || $2::integer, $1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING RETURNING id
"""
PUT_DELIVERY: Final = "INSERT INTO webhook_delivery (webhook, position, heard) VALUES ($1, $2, -1)"
TELL: Final = "UPDATE webhook_delivery SET heard = least(heard, 0) - 1 WHERE webhook = $1"
ONE_WEBHOOK: Final = """
SELECT webhook, revision, kind, body, at, by FROM webhook WHERE webhook = $1 ORDER BY revision
"""
_IS_REMOVED: Final = """
EXISTS (SELECT FROM webhook r WHERE r.webhook = d.webhook AND r.kind = 'removed')
"""
OPEN_WEBHOOKS: Final = f"""
SELECT w.webhook, w.revision, w.kind, w.body, w.at, w.by
FROM webhook_delivery d JOIN webhook w ON w.webhook = d.webhook
WHERE NOT {_IS_REMOVED} ORDER BY w.webhook, w.revision
"""  # noqa: S608  # built of constants
ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(hashtext('closeout webhooks'))"
OPEN_COUNTS: Final = f"""
SELECT count(*) AS of_all, count(*) FILTER (WHERE w.body::json ->> 'owner' = $1) AS of_one
FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook || '#1' WHERE NOT {_IS_REMOVED}
"""  # noqa: S608  # built of constants
DELIVERIES: Final = """
SELECT d.webhook, d.position, d.heard,
       (SELECT count(*) FROM webhook_pending p WHERE p.webhook = d.webhook) AS pending
FROM webhook_delivery d WHERE $1::text IS NULL OR d.webhook = $1 ORDER BY d.webhook
"""
BEHIND: Final = """
SELECT d.webhook, d.heard, d.position < d.heard AS is_busy FROM webhook_delivery d
WHERE d.heard < 0 OR (d.heard < $1 AND 'paused' IS DISTINCT FROM (
    SELECT w.kind FROM webhook w
    WHERE w.webhook = d.webhook AND w.kind IN ('paused', 'resumed')
    ORDER BY w.revision DESC LIMIT 1))
ORDER BY d.webhook
"""
HEARD: Final = """
UPDATE webhook_delivery d SET heard = $3
FROM unnest($1::text[], $2::bigint[]) AS h (webhook, heard)
WHERE d.webhook = h.webhook AND d.heard = h.heard
"""
HEADLINES: Final = """
SELECT position, stream, kind FROM event
WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3
"""
MOVE: Final = """
UPDATE webhook_delivery SET position = $3 WHERE webhook = $1 AND position = $2 RETURNING webhook
"""
_LIES_THERE: Final = """
d.kind = 'buried' AND NOT EXISTS (SELECT FROM dead_letter l WHERE l.webhook = d.webhook
    AND l.position = d.position AND l.revision > d.revision)
"""
DEAD_STREAMS: Final = f"""
SELECT DISTINCT d.stream FROM dead_letter d
WHERE d.webhook = $1 AND d.stream = ANY ($2::text[]) AND {_LIES_THERE}
"""  # noqa: S608  # built of constants
PEND: Final = """
INSERT INTO webhook_pending (webhook, position, stream)
SELECT $1, f.position, f.stream FROM unnest($2::bigint[], $3::text[]) AS f (position, stream)
"""
PENDING: Final = """
SELECT position, stream FROM webhook_pending
WHERE webhook = $1 AND ($2::text IS NULL OR stream = $2) ORDER BY position LIMIT $3
"""
SENT: Final = "DELETE FROM webhook_pending WHERE webhook = $1 AND position = $2"
TAKE_OUT: Final = """
DELETE FROM webhook_pending WHERE webhook = $1 AND stream = $2 AND EXISTS (
    SELECT FROM webhook_pending p WHERE p.webhook = $1 AND p.position = $3)
RETURNING position, stream
"""
PUT_DEAD: Final = """
INSERT INTO dead_letter (id, webhook, position, revision, stream, kind, reason, at, by)
SELECT $1 || '@' || f.position || '#' || f.revision, $1, f.position, f.revision, f.stream, $4, $5,
       $6, $7
FROM (SELECT n.position, n.stream, 1 + coalesce((SELECT max(d.revision) FROM dead_letter d
          WHERE d.webhook = $1 AND d.position = n.position), 0) AS revision
      FROM unnest($2::bigint[], $3::text[]) AS n (position, stream)) AS f
"""
DEAD: Final = f"""
SELECT d.webhook, d.position, d.revision, d.stream, d.kind, d.reason, d.at, d.by
FROM dead_letter d
WHERE d.webhook = $1 AND d.position > $2 AND ($3::text IS NULL OR d.stream = $3) AND {_LIES_THERE}
ORDER BY d.position LIMIT $4
"""  # noqa: S608  # built of constants
DEAD_COUNTS: Final = f"""
SELECT d.webhook, count(*) FROM dead_letter d
WHERE {_LIES_THERE} AND NOT EXISTS (SELECT FROM webhook w WHERE w.webhook = d.webhook
    AND w.kind = 'removed')
GROUP BY d.webhook ORDER BY d.webhook
"""  # noqa: S608  # built of constants
FORGET_PENDING: Final = "DELETE FROM webhook_pending WHERE webhook = $1"
FORGET: Final = "DELETE FROM webhook_delivery WHERE webhook = $1"


class PostgresWebhooks(Pooled):
    """The part of the ledger that webhooks need."""

    async def put_webhook(
        self, row: WebhookRow, position: int = 0, *, owner: str | None = None
    ) -> bool:
        """Keep what happened to a subscription and have its workflow told; False if it is there."""
        said = (row.webhook, row.revision, row.kind, row.body, row.at, row.by)
        async with self._alone(row.webhook) as connection:
            if owner is not None:
                await _require_room(connection, owner)
            if await connection.fetchrow(PUT_WEBHOOK, *said) is None:
                return False
            if row.kind == CREATED:
                await connection.execute(PUT_DELIVERY, row.webhook, position)
            else:
                await connection.execute(TELL, row.webhook)
        return True

    async def webhook_rows(self, *, webhook: str | None = None) -> list[WebhookRow]:
        """Return what happened to one subscription, or to all that are not removed."""
        if webhook is not None:
            return [WebhookRow(*row) for row in await self._fetch(ONE_WEBHOOK, webhook)]
        return [WebhookRow(*row) for row in await self._fetch(OPEN_WEBHOOKS)]

    async def deliveries(self, webhook: str | None = None) -> list[DeliveryRow]:
        """Return how far one subscription or every one has come that is not removed for good."""
        return [DeliveryRow(*row) for row in await self._fetch(DELIVERIES, webhook)]

    async def webhooks_behind(self, position: int) -> list[Behind]:
        """Return the subscriptions whose workflows must hear of something, and what they heard."""
        return [Behind(*row) for row in await self._fetch(BEHIND, position)]

    async def mark_webhooks_heard(self, behind: Sequence[Behind], position: int) -> None:
        """Record up to where workflows were told of events, each if nothing changed since."""
        if behind:
            ordered = sorted(behind, key=lambda each: each.webhook)  # against deadlocks of relays
            names, heard = [each.webhook for each in ordered], [each.heard for each in ordered]
            await self._fetch(HEARD, names, heard, position)

    async def headlines(self, *, after: int, upto: int) -> list[Headline]:
        """Return the next events of all streams, in short."""
        rows = await self._fetch(HEADLINES, after, upto, HEADLINES_MAX)
        return [Headline(*row) for row in rows]

    async def take_events(
        self, webhook: str, found: Sequence[tuple[int, str]], *, after: int, upto: int, at: datetime
    ) -> bool:
        """Move a subscription on; what was found is to be sent, or laid behind a dead letter."""
        async with self._alone(webhook) as connection:
            if await connection.fetchrow(MOVE, webhook, after, upto) is None:
                return False
            streams = sorted({stream for _, stream in found})
            rows = await connection.fetch(DEAD_STREAMS, webhook, streams) if found else []
            dead = {row[0] for row in rows}
            alive = [each for each in found if each[1] not in dead]
            await connection.execute(PEND, webhook, *_columns(alive))
            behind = [each for each in found if each[1] in dead]
            reason = "an earlier event of the issue lies here"
            await connection.execute(
                PUT_DEAD, webhook, *_columns(behind), BURIED, reason, at, "closeout"
            )
        return True

    async def pending_events(
        self, webhook: str, *, stream: str | None = None, limit: int
    ) -> list[tuple[int, str]]:
        """Return what is still to be sent, of one stream or of all, by position."""
        rows = await self._fetch(PENDING, webhook, stream, limit)
        return [(int(row[0]), str(row[1])) for row in rows]

    async def mark_sent(self, webhook: str, position: int) -> None:
        """Record that an event was sent."""
        await self._fetch(SENT, webhook, position)

    async def bury_events(
        self, webhook: str, stream: str, *, upto: int, reason: str, at: datetime, by: str
    ) -> int:
        """Lay what is to be sent of a stream among the dead letters."""
        async with self._alone(webhook) as connection:
            rows = await connection.fetch(TAKE_OUT, webhook, stream, upto)
            found = sorted((int(row[0]), str(row[1])) for row in rows)
            await connection.execute(PUT_DEAD, webhook, *_columns(found), BURIED, reason, at, by)
        return len(found)

    async def dead_letters(
        self, webhook: str, *, after: int = 0, limit: int = 100, stream: str | None = None
    ) -> list[DeadRow]:
        """Return the events that lie among the dead letters now, by position."""
        bounded = max(1, min(limit, DEAD_MAX))
        return [DeadRow(*row) for row in await self._fetch(DEAD, webhook, after, stream, bounded)]

    async def dead_letter_counts(self) -> dict[str, int]:
        """Return how many events lie among the dead letters now, of each that is not removed."""
        return {str(row[0]): int(row[1]) for row in await self._fetch(DEAD_COUNTS)}

    async def replay_events(
        self, webhook: str, *, stream: str | None, at: datetime, by: str
    ) -> int:
        """Have the dead letters of one stream or of all sent again."""
        async with self._alone(webhook) as connection:
            rows = await connection.fetch(DEAD, webhook, 0, stream, REPLAYED_MAX)
            found = [(int(row["position"]), str(row["stream"])) for row in rows]
            await connection.execute(PUT_DEAD, webhook, *_columns(found), REPLAYED, "", at, by)
            await connection.execute(PEND, webhook, *_columns(found))
            await connection.execute(TELL, webhook)
        return len(found)

    async def forget_delivery(self, webhook: str) -> None:
        """Forget how far a subscription had come; what happened to it stays."""
        async with self._alone(webhook) as connection:
            await connection.execute(FORGET_PENDING, webhook)
            await connection.execute(FORGET, webhook)

    @asynccontextmanager
    async def _alone(self, webhook: str) -> "AsyncIterator[Connection]":
        """Hold the delivery of a subscription, if it has one, in a transaction."""
        with ledger_errors():
            async with (
                self._pool.acquire(timeout=self._acquire_timeout_s) as connection,
                connection.transaction(),
            ):
                await connection.fetchrow(LOCK, webhook)
                yield connection


async def _require_room(connection: "Connection", owner: str) -> None:
    await connection.execute(ONE_AT_A_TIME)
    of_all, of_one = await connection.fetchrow(OPEN_COUNTS, owner) or (0, 0)
    if of_all >= WEBHOOKS_MAX or of_one >= OF_ONE_OWNER_MAX:
        raise WebhooksFullError


def _columns(found: Sequence[tuple[int, str]]) -> tuple[list[int], list[str]]:
    return [position for position, _ in found], [stream for _, stream in found]
