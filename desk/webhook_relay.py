"""Tells the workflows of subscriptions that there is news, and brings back those that are gone."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Final

import structlog
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from desk.relay import TIME_FOR_A_TASK, TIME_TO_SIGNAL
from desk.subscribed import Asked, subscription_of
from domain.streams import StreamKind, kind_of_stream, stream_names
from domain.webhooks import WEBHOOK_TYPE, webhook_workflow_id
from ledger.port import Ledger, LedgerError, UnreadableRowError
from ledger.subscriptions import HEADLINES_MAX, Behind, Headline, WebhookRow

log = structlog.get_logger()

BETWEEN_S: Final = 0.4
"""A burst of events is one poke."""
BUSY_S: Final = 1.0
"""A workflow that has not come to what it was told of last is told again so long after that."""
AT_ONCE: Final = 8
QUIET_MAX: Final = 500
"""How many events a subscription may lie behind that asks for none of them, before that is kept
while more are coming."""
ENSURE_EVERY_S: Final = 60.0


class WebhookRelay:
    """Pokes the workflows of subscriptions, started if need be. Any number may run, each beside the
    relay of issues, which never waits for it."""

    def __init__(self, ledger: Ledger, client: Client, *, task_queue: str) -> None:
        self._ledger = ledger
        self._client = client
        self._task_queue = task_queue
        self._asked: dict[str, Asked | None] = {}
        self._told_s: dict[str, float] = {}
        self._reached = -1
        self._ensure_s = time.monotonic() + ENSURE_EVERY_S

    async def run(self) -> None:
        """Poke until cancelled. Survives the loss of PostgreSQL and of Temporal."""
        while True:
            try:
                await self.once()
                if time.monotonic() >= self._ensure_s:
                    self._ensure_s = time.monotonic() + ENSURE_EVERY_S
                    await self.ensure()
            except (LedgerError, RPCError, OSError) as error:
                log.warning("webhook_relay_waits", error=repr(error)[:200])
            await asyncio.sleep(BETWEEN_S)

    async def once(self) -> int:
        """Poke those for which there is something; return how many that were."""
        reached = await self._ledger.safe_position()
        behind = await self._ledger.webhooks_behind(reached)
        told = await self._poke_all([each for each in behind if each.heard < 0], reached)
        waiting = [each for each in behind if each.heard >= 0]
        if not waiting:
            return told
        first = min(each.heard for each in waiting)
        page = await self._ledger.headlines(after=first, upto=reached)
        news = _News(page, reached if len(page) < HEADLINES_MAX else page[-1].position)
        await self._learn([each.webhook for each in waiting])
        wanted = [each for each in waiting if self._wants(each, news)]
        if news.upto - first >= QUIET_MAX or reached == self._reached:
            await self._ledger.mark_webhooks_heard([*set(waiting) - set(wanted)], news.upto)
        self._reached = reached
        return told + await self._poke_all([e for e in wanted if self._may_hear(e)], reached)

    async def ensure(self) -> None:
        """Start the workflow of every subscription that has none: Temporal may have lost it."""
        rows = await self._ledger.deliveries()
        known = {row.webhook for row in rows}
        self._asked = {name: asked for name, asked in self._asked.items() if name in known}
        self._told_s = {name: at_s for name, at_s in self._told_s.items() if name in known}
        names = iter(sorted(known))

        async def one_after_the_other() -> None:
            for name in names:
                if not await self._ensure(name):
                    return  # Temporal is away: in a minute again

        await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))

    async def _ensure(self, webhook: str) -> bool:
        try:
            await self._client.start_workflow(
                WEBHOOK_TYPE,
                webhook,
                id=webhook_workflow_id(webhook),
                task_queue=self._task_queue,
                static_summary=webhook,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                task_timeout=TIME_FOR_A_TASK,
                rpc_timeout=TIME_TO_SIGNAL,
            )
        except RPCError as error:
            log.warning("ensure_failed", webhook=webhook, error=str(error)[:200])
            return False
        return True

    async def _learn(self, names: Sequence[str]) -> None:
        """Read what those ask for that are not known yet; it never changes."""
        if self._asked.keys() >= set(names):
            return
        rows: dict[str, list[WebhookRow]] = {}
        for row in await self._ledger.webhook_rows():
            rows.setdefault(row.webhook, []).append(row)
        for name in names:
            if name not in self._asked:
                self._asked[name] = _asked(rows.get(name, []))

    def _wants(self, behind: Behind, news: "_News") -> bool:
        """Return whether a subscription asks for something of the news. Who cannot be read is told
        of all, and who is further than the news goes is told to be safe."""
        asked = self._asked[behind.webhook]
        return (
            asked is None
            or behind.heard >= news.upto
            or any(behind.heard < position for position in news.for_(asked))
        )

    def _may_hear(self, behind: Behind) -> bool:
        told_s = self._told_s.get(behind.webhook)
        return not behind.is_busy or told_s is None or time.monotonic() - told_s >= BUSY_S

    async def _poke_all(self, behind: Sequence[Behind], reached: int) -> int:
        waiting, told = iter(behind), list[Behind]()

        async def one_after_the_other() -> None:
            for each in waiting:
                if not await self._poke(each.webhook):
                    return  # Temporal is away: the others are behind in the next round as well
                told.append(each)

        await asyncio.gather(*(one_after_the_other() for _ in range(min(AT_ONCE, len(behind)))))
        await self._ledger.mark_webhooks_heard(told, reached)
        return len(told)

    async def _poke(self, webhook: str) -> bool:
        try:
            await self._client.start_workflow(
                WEBHOOK_TYPE,
                webhook,
                id=webhook_workflow_id(webhook),
                task_queue=self._task_queue,
                start_signal="poke",
                static_summary=webhook,
                task_timeout=TIME_FOR_A_TASK,
                rpc_timeout=TIME_TO_SIGNAL,
            )
        except RPCError as error:
            log.warning("poke_failed", webhook=webhook, error=str(error)[:200])
            return False
        self._told_s[webhook] = time.monotonic()
        return True


class _News:
    """What happened up to a position, kept so that many can ask: the last event of each kind, by
    issue, and by zone and whether it is of issues, orders or matters."""

    def __init__(self, page: Sequence[Headline], upto: int) -> None:
        self.upto = upto
        self._of_issue: dict[str, dict[str, int]] = {}
        self._of_zone: dict[tuple[StreamKind, str, str], int] = {}
        for each in page:
            of, (zone, _) = kind_of_stream(each.stream), stream_names(each.stream)
            if of is StreamKind.ISSUE:
                self._of_issue.setdefault(each.stream, {})[each.kind] = each.position
            self._of_zone[of, zone, each.kind] = each.position

    def for_(self, asked: Asked) -> Iterator[int]:
        """Yield the positions of what was asked for."""
        if asked.issue is not None:
            of_issue = self._of_issue.get(asked.issue, {})
            yield from (at for kind, at in of_issue.items() if asked.fits(asked.issue, kind))
        else:
            yield from (at for told, at in self._of_zone.items() if asked.takes(*told))


def _asked(rows: Sequence[WebhookRow]) -> Asked | None:
    """Return what was asked for; None if that cannot be read, or it is removed."""
    try:
        return subscription_of(rows).asked if rows else None
    except UnreadableRowError:
        return None
