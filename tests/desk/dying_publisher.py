"""A process that publishes a calendar, or goes on with it, and kills itself on the way."""

import asyncio
import os
import signal
import sys

from adoptions import EXTENDED, Office
from desks import StandingClock

from desk.adopting import Adopter
from desk.grounds import ground_of
from ledger.connections import open_pool
from ledger.postgres import PostgresLedger


async def main(url: str, reference: str, issues: int) -> None:
    """Die when so many issues have been moved; at once for 0, never for a negative number."""
    ledger = PostgresLedger(await open_pool(url))
    office = Office(ledger, StandingClock())
    if reference == "new":
        ground = await office.published(EXTENDED)
    else:
        ground = await ground_of(office.desk, reference)
    left = issues

    def step() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    if issues == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    await Adopter(office.desk).run(ground, on_issue=step)
    await ledger.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
