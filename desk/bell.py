"""The bell: rings what is due by the ledger where no workflow has rung it in time.

A workflow's timer rings a rung within milliseconds. Where Temporal is away, starts again, or has
thousands of timers for one instant, deadlines do not wait for it: each worker looks into the ledger
every second. A rung fires once, whoever rings it first; the other finds nothing left to do.
"""

import asyncio
import secrets
import time
from datetime import timedelta
from typing import Final

import structlog

from desk.desk import Desk
from domain.errors import IssueError
from domain.issue import Issue
from domain.model import to_millisecond
from domain.view import Ring, RingOutcome
from ledger.port import IssueRow, LedgerError, LedgerUnavailableError

log = structlog.get_logger()

GRACE: Final = timedelta(seconds=5)
AFTER_SPREAD: Final = timedelta(seconds=2)
LOOK_S: Final = 1.0
AWAY_S: Final = 5.0
PAGE: Final = 200
AT_ONCE: Final = 8
REST_S: Final = 60.0
RESTING_MAX: Final = 2000


class Bell:
    """Rings what is overdue, the first due first.

    `grace`: so long a workflow has for itself. `spread`: by so much workflows wake up later than
    what a calendar makes due, at most; the bell comes no sooner than a little after that.
    """

    def __init__(
        self, desk: Desk, *, grace: timedelta = GRACE, spread: timedelta = timedelta(0)
    ) -> None:
        self._desk = desk
        self._grace = max(grace, spread + AFTER_SPREAD)
        self._resting: dict[str, float] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Look and ring without end; while the ledger is away, wait for it."""
        while True:
            try:
                rung = await self.once()
            except LedgerError as error:
                log.warning("bell_waits", error=repr(error)[:200])
                await asyncio.sleep(AWAY_S)
                continue
            if not rung:
                await asyncio.sleep(LOOK_S)

    async def once(self) -> int:
        """Ring a page of what is overdue; return how many rungs fired. Raises LedgerError."""
        until, now = to_millisecond(self._desk.clock.now()) - self._grace, time.monotonic()
        self._resting = {name: end for name, end in self._resting.items() if end > now}
        rows = await self._desk.ledger.overdue(until, PAGE + len(self._resting))
        due = [row for row in rows if row.issue.stream not in self._resting]
        # Two workers that look at once begin at different ends.
        secrets.SystemRandom().shuffle(due)
        fired = sum(await asyncio.gather(*map(self._ring, due)))
        if fired:
            log.info("bell_rang", rungs=fired)
        return fired

    async def _ring(self, row: IssueRow) -> bool:
        ring = ring_of(row.issue)
        if ring is None:
            return False
        async with self._places:
            try:
                return await self._desk.ring_unheard(ring) is RingOutcome.FIRED
            except LedgerUnavailableError:
                raise
            except (IssueError, LedgerError, ValueError) as error:
                # It must not stand in the way of others; its workflow and the guard go on trying.
                if len(self._resting) < RESTING_MAX:
                    self._resting[row.issue.stream] = time.monotonic() + REST_S
                log.warning("bell_failed", issue=row.issue.stream, error=repr(error)[:200])
                return False


def ring_of(issue: Issue) -> Ring | None:
    """Return the ring of the rung that an issue waits for, None if it waits for none."""
    if issue.next_rung is None:
        return None
    clock, rung = issue.next_rung
    return Ring(zone=issue.zone, key=issue.key, clock=clock.id, cycle=clock.cycle, rung=rung.id)
