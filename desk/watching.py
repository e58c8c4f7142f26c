"""Looks, again and again, at what waits and for how long: in every worker and every relay, whether
Temporal is there or not. The guard does not: it is a workflow, and stands still with Temporal."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from temporalio.client import Client
from temporalio.service import RPCError

from desk.desk import Desk
from desk.errands import FAILURES_NOTED
from ledger.port import LedgerError
from ledger.postgres_log import PostgresLog
from ledger.waits import OutboxSpan
from runtime.telemetry import LEDGER, TEMPORAL, Telemetry, Waiting

log = structlog.get_logger()

EVERY_S: Final = 15.0
PROBLEMS_EVERY: Final = 4
"""Temporal's lists are asked at every so-manieth look: they are no cheap ones."""
RPC_TIMEOUT: Final = timedelta(seconds=5)
MARKS_MAX: Final = 1000
PROBLEMS: Final = "ExecutionStatus = 'Running' AND TemporalReportedProblems IS NOT NULL"
"""Temporal says so of a workflow whose tasks have failed several times on end."""


class OutboxAge:
    """For how long the oldest row of the outbox waits, by what earlier looks saw: a row was there
    at the latest when its number, or a later one, was first seen. So it is never said to wait
    longer than it does, and at most the time between two looks less."""

    def __init__(self) -> None:
        self._marks: deque[tuple[int, float]] = deque(maxlen=MARKS_MAX)

    def seconds(self, span: OutboxSpan, now_s: float) -> float:
        """Return for how long it waits, seen at `now_s` (monotonic); 0 where nothing does."""
        if not span.issues:
            self._marks.clear()
            return 0.0
        while self._marks and self._marks[0][0] < span.first:
            self._marks.popleft()
        if not self._marks or self._marks[-1][0] < span.last:
            self._marks.append((span.last, now_s))
        return now_s - self._marks[0][1]


class Watch:
    """Tells a process's telemetry what waits. `now_s` is a monotonic clock."""

    def __init__(
        self,
        desk: Desk,
        client: Client,
        telemetry: Telemetry,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._desk = desk
        self._client = client
        self._telemetry = telemetry
        self._now_s = now_s
        self._outbox = OutboxAge()

    async def run(self) -> None:
        """Look until cancelled. Survives the loss of PostgreSQL and of Temporal."""
        looks = 0
        while True:
            await self.look()
            if looks % PROBLEMS_EVERY == 0:
                await self.look_for_problems()
            looks += 1
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Look at the ledger once; that it did not answer is told too."""
        try:
            self._telemetry.looked(await self._waiting())
        except (LedgerError, OSError) as error:
            self._telemetry.look_failed(LEDGER)
            log.warning("look_failed", of=LEDGER, error=repr(error)[:200])

    async def look_for_problems(self) -> None:
        """Ask Temporal once for workflows that it reports problems of; that it did not answer is
        told too."""
        try:
            counted = await self._client.count_workflows(PROBLEMS, rpc_timeout=RPC_TIMEOUT)
        except (RPCError, OSError) as error:
            self._telemetry.look_failed(TEMPORAL)
            log.warning("look_failed", of=TEMPORAL, error=repr(error)[:200])
        else:
            self._telemetry.workflows_with_problems(counted.count)

    async def _waiting(self) -> Waiting:
        ledger, at = self._desk.ledger, self._desk.clock.now()
        span = await ledger.outbox_span()
        unsent = await ledger.unsent()
        verified = await ledger.newest_verification()
        uncovered, checkpoint_at = await self._log()
        return Waiting(
            at=at,
            outbox_issues=span.issues,
            outbox_oldest_s=self._outbox.seconds(span, self._now_s()),
            rung_overdue_s=_since(await ledger.next_due_at(), at),
            webhook_events=unsent.events,
            webhook_lag_s=_since(unsent.oldest_at, at),
            dead_letters=sum((await ledger.dead_letter_counts()).values()),
            errands_failing=await ledger.failed_errands(FAILURES_NOTED),
            verification_findings=0 if verified is None else verified.found,
            verification_age_s=_since(None if verified is None else verified.ended_at, at),
            log_facts_uncovered=uncovered,
            checkpoint_age_s=_since(checkpoint_at, at),
        )

    async def _log(self) -> tuple[int, datetime | None]:
        """Return how many facts are under no checkpoint, and when the newest was made. A ledger in
        memory keeps no log; where none was made yet, nobody signs."""
        ledger = self._desk.ledger
        if not isinstance(ledger, PostgresLog):
            return 0, None
        newest = await ledger.checkpoint()
        if newest is None:
            return 0, None
        waiting = await ledger.log_waiting() + await ledger.log_events_waiting()
        return waiting + await ledger.log_size() - newest.size, newest.at


def _since(earlier: datetime | None, at: datetime) -> float:
    return 0.0 if earlier is None else max(0.0, (at - earlier).total_seconds())
