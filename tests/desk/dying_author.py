"""A process that publishes a handbook, and is killed by whoever started it."""

import asyncio
import sys

from adoptions import Office
from desks import StandingClock
from shelves import REPLACED, publish

from ledger.connections import open_pool
from ledger.postgres import PostgresLedger


async def main(url: str) -> None:
    """Publish; say so if there is time for it."""
    ledger = PostgresLedger(await open_pool(url))
    await publish(Office(ledger, StandingClock()), REPLACED)
    sys.stdout.write("published\n")
    await ledger.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
