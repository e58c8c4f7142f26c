"""Runs errands: what one issue has to tell another is carried out there, once."""

import asyncio
import time
from datetime import timedelta

import structlog

from desk.desk import Desk
from domain.commands import SUBMISSION
from domain.model import to_millisecond
from ledger.kin import ErrandRow
from ledger.port import LedgerUnavailableError

log = structlog.get_logger()

BATCH_MAX = 64
FIRST_PAUSE = timedelta(seconds=1)
PAUSE_MAX = timedelta(minutes=10)
DOUBLINGS_MAX = 10
PATIENCE_S = 1.0
"""How long an errand is tried at first, and after how long a batch takes no further one: pokes go
out between batches."""
PATIENCE_TIMES_MAX = 5
FAILURES_NOTED = 3
"""An errand that failed more often is spoken of in every round of the guard."""


class ErrandRunner:
    """Carries out the errands that are due. Any number may run: each errand has one id, under which
    its command is decided once, however many try."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def once(self) -> int:
        """Run a batch; return how many were carried out. One that fails is put off, and only what
        the same issue has to tell the same other waits behind it. What goes to an issue that could
        not be reached is put off untried.

        Raises LedgerError when the ledger is away.
        """
        at = to_millisecond(self._desk.clock.now())
        rows = await self._desk.ledger.due_errands(at, BATCH_MAX)
        until = time.monotonic() + PATIENCE_S
        out_of_reach: dict[str, Exception] = {}
        carried = 0
        for row in rows:
            known = out_of_reach.get(row.stream)
            if known is not None:
                await self._put_off(row, known)
                continue
            if time.monotonic() >= until:
                break
            error = await self._run(row)
            if isinstance(error, LedgerUnavailableError | TimeoutError):
                out_of_reach[row.stream] = error
            carried += error is None
        return carried

    async def _run(self, row: ErrandRow) -> Exception | None:
        """Whatever goes wrong with an errand is its own, and returned: the others are run."""
        try:
            # The longer, the more often it failed: it may be the ledger that is slow.
            async with asyncio.timeout(PATIENCE_S * min(row.attempts + 1, PATIENCE_TIMES_MAX)):
                await self._desk.carry_errand(SUBMISSION.validate_json(row.text))
        except Exception as error:  # noqa: BLE001  # kept with the errand, and told by the guard
            await self._put_off(row, error)
            return error
        await self._desk.ledger.drop_errand(row.id)
        return None

    async def _put_off(self, row: ErrandRow, error: Exception) -> None:
        said = f"{type(error).__name__}: {str(error) or 'it took too long'}"
        pause = min(FIRST_PAUSE * 2 ** min(row.attempts, DOUBLINGS_MAX), PAUSE_MAX)
        log.warning(
            "errand_failed",
            errand=row.id,
            to=row.stream,
            attempt=row.attempts + 1,
            error=said[:200],
        )
        not_before = to_millisecond(self._desk.clock.now()) + pause
        await self._desk.ledger.put_off_errand(row.id, said, not_before)
