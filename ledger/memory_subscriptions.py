"""Webhooks in memory."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ledger.memory_tables import Tables
from ledger.subscriptions import (
    BURIED,
    CREATED,
    DEAD_MAX,
    HEADLINES_MAX,
    OF_ONE_OWNER_MAX,
    PAUSED,
    REMOVED,
    REPLAYED,
    REPLAYED_MAX,
    RESUMED,
    WEBHOOKS_MAX,
    Behind,
    DeadRow,
    DeliveryRow,
    Headline,
    WebhookRow,
    WebhooksFullError,
)


class MemoryWebhooks:
    """The part of the ledger that webhooks need."""

    _tables: Tables

    async def put_webhook(
        self, row: WebhookRow, position: int = 0, *, owner: str | None = None
    ) -> bool:
        """Keep what happened to a subscription and have its workflow told; False if it is there."""
        if owner is not None:
            known = [each for each in self._open_rows() if each.kind == CREATED]
            own = sum(json.loads(each.body).get("owner") == owner for each in known)
            if len(known) >= WEBHOOKS_MAX or own >= OF_ONE_OWNER_MAX:
                raise WebhooksFullError
        if (row.webhook, row.revision) in self._tables.webhooks:
            return False
        self._tables.webhooks[row.webhook, row.revision] = row
        if row.kind == CREATED:
            self._tables.deliveries[row.webhook] = DeliveryRow(row.webhook, position, -1, 0)
        else:
            self._tell(row.webhook)
        return True

    async def webhook_rows(self, *, webhook: str | None = None) -> list[WebhookRow]:
        """Return what happened to one subscription, or to all that are not removed."""
        if webhook is None:
            return self._open_rows()
        return [row for _, row in sorted(self._tables.webhooks.items()) if row.webhook == webhook]

    async def deliveries(self, webhook: str | None = None) -> list[DeliveryRow]:
        """Return how far one subscription or every one has come that is not removed for good."""
        return [
            replace(row, pending=len(await self.pending_events(name, limit=len(self._pending))))
            for name, row in sorted(self._tables.deliveries.items())
            if webhook in (None, name)
        ]

    async def webhooks_behind(self, position: int) -> list[Behind]:
        """Return the subscriptions whose workflows must hear of something, and what they heard."""
        return [
            Behind(name, row.heard, is_busy=row.position < row.heard)
            for name, row in sorted(self._tables.deliveries.items())
            if row.heard < 0 or (row.heard < position and not self._is_paused(name))
        ]

    async def mark_webhooks_heard(self, behind: Sequence[Behind], position: int) -> None:
        """Record up to where workflows were told of events, each if nothing changed since."""
        for each in behind:
            row = self._tables.deliveries.get(each.webhook)
            if row is not None and row.heard == each.heard:
                self._tables.deliveries[each.webhook] = replace(row, heard=position)

    async def headlines(self, *, after: int, upto: int) -> list[Headline]:
        """Return the next events of all streams, in short."""
        records = self._tables.positions[after:upto][:HEADLINES_MAX]
        return [
            Headline(position, record.stream, record.kind)
            for position, record in enumerate(records, start=after + 1)
        ]

    async def take_events(
        self, webhook: str, found: Sequence[tuple[int, str]], *, after: int, upto: int, at: datetime
    ) -> bool:
        """Move a subscription on; what was found is to be sent, or laid behind a dead letter."""
        row = self._tables.deliveries.get(webhook)
        if row is None or row.position != after:
            return False
        self._tables.deliveries[webhook] = replace(row, position=upto)
        dead = {each.stream for each in self._lying(webhook)}
        for position, stream in found:
            if stream in dead:
                reason = "an earlier event of the issue lies here"
                self._lay(webhook, position, stream, BURIED, reason, at, "closeout")
            else:
                self._pending[webhook, position] = stream
        return True

    async def pending_events(
        self, webhook: str, *, stream: str | None = None, limit: int
    ) -> list[tuple[int, str]]:
        """Return what is still to be sent, of one stream or of all, by position."""
        found = [
            (position, named)
            for (name, position), named in sorted(self._pending.items())
            if name == webhook and stream in (None, named)
        ]
        return found[:limit]

    async def mark_sent(self, webhook: str, position: int) -> None:
        """Record that an event was sent."""
        self._pending.pop((webhook, position), None)

    async def bury_events(
        self, webhook: str, stream: str, *, upto: int, reason: str, at: datetime, by: str
    ) -> int:
        """Lay what is to be sent of a stream among the dead letters."""
        if (webhook, upto) not in self._pending:
            return 0
        found = await self.pending_events(webhook, stream=stream, limit=len(self._pending))
        for position, named in found:
            del self._pending[webhook, position]
            self._lay(webhook, position, named, BURIED, reason, at, by)
        return len(found)

    async def dead_letters(
        self, webhook: str, *, after: int = 0, limit: int = 100, stream: str | None = None
    ) -> list[DeadRow]:
        """Return the events that lie among the dead letters now, by position."""
        found = [
            row
            for row in self._lying(webhook)
            if row.position > after and stream in (None, row.stream)
        ]
        return found[: max(1, min(limit, DEAD_MAX))]

    async def dead_letter_counts(self) -> dict[str, int]:
        """Return how many events lie among the dead letters now, of each that is not removed."""
        gone = {row.webhook for row in self._tables.webhooks.values() if row.kind == REMOVED}
        known = sorted({row.webhook for row in self._tables.dead_letters} - gone)
        counts = {name: len(self._lying(name)) for name in known}
        return {name: count for name, count in counts.items() if count}

    async def replay_events(
        self, webhook: str, *, stream: str | None, at: datetime, by: str
    ) -> int:
        """Have the dead letters of one stream or of all sent again."""
        lying = [row for row in self._lying(webhook) if stream in (None, row.stream)]
        found = lying[:REPLAYED_MAX]
        for row in found:
            self._lay(webhook, row.position, row.stream, REPLAYED, "", at, by)
            self._pending[webhook, row.position] = row.stream
        self._tell(webhook)
        return len(found)

    async def forget_delivery(self, webhook: str) -> None:
        """Forget how far a subscription had come; what happened to it stays."""
        self._tables.deliveries.pop(webhook, None)
        for key in [key for key in self._pending if key[0] == webhook]:
            del self._pending[key]

    @property
    def _pending(self) -> dict[tuple[str, int], str]:
        return self._tables.webhook_pending

    def _tell(self, webhook: str) -> None:
        row = self._tables.deliveries.get(webhook)
        if row is not None:
            self._tables.deliveries[webhook] = replace(row, heard=min(row.heard, 0) - 1)

    def _open_rows(self) -> list[WebhookRow]:
        rows = [row for _, row in sorted(self._tables.webhooks.items())]
        removed = {row.webhook for row in rows if row.kind == REMOVED}
        return [row for row in rows if row.webhook not in removed]

    def _is_paused(self, webhook: str) -> bool:
        said = [
            row.kind
            for (name, _), row in sorted(self._tables.webhooks.items())
            if name == webhook and row.kind in (PAUSED, RESUMED)
        ]
        return said[-1:] == [PAUSED]

    def _lying(self, webhook: str) -> list[DeadRow]:
        newest: dict[int, DeadRow] = {}
        for row in self._tables.dead_letters:
            if row.webhook == webhook:
                newest[row.position] = row
        return [newest[position] for position in sorted(newest) if newest[position].kind == BURIED]

    def _lay(
        self,
        webhook: str,
        position: int,
        stream: str,
        kind: str,
        reason: str,
        at: datetime,
        by: str,
    ) -> None:
        rows = self._tables.dead_letters
        same = [row for row in rows if (row.webhook, row.position) == (webhook, position)]
        rows.append(DeadRow(webhook, position, len(same) + 1, stream, kind, reason, at, by))
