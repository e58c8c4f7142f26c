"""Records the golden histories of orders: `PYTHONPATH=.:tests:tests/workflows .venv/bin/python
tests/workflows/record_orders.py`. As `record.py`, to be run only when they may be replaced.
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

import builders as b
import builders_orders as o
from bureaus import Bureau
from cities import city_on
from record import keep_runs, servers


async def order_unanswered(bureau: Bureau) -> None:
    """Silence up to the last instrument, its reminders, and a settlement in the end."""
    await bureau.issued()
    await bureau.city.lapse.advance_to(b.local(14))
    await bureau.do(o.REPLY, o.UNIT)
    await bureau.do(o.ACCEPT, o.LEADER)


async def order_argued(bureau: Bureau) -> None:
    """A reply that is refused, a step up by act, an appeal, a lifting."""
    await bureau.issued()
    await bureau.at(b.MON_11, o.REPLY, o.UNIT)
    await bureau.at(b.MON_15, o.REFUSE)
    await bureau.at(b.TUE_9, o.RAISE)
    await bureau.do(o.APPEAL, o.UNIT)
    await bureau.do(o.UPHOLD, o.LEADER)
    await bureau.at(b.WED_17, o.LIFT)


async def record() -> None:
    """Play both and write their histories; a third life is cut into several runs."""
    with tempfile.TemporaryDirectory() as folder:
        async with servers(Path(folder)) as (database, client, forgetful):
            for life, name, on in (
                (order_unanswered, "order_unanswered", client),
                (order_argued, "order_argued", client),
                (order_unanswered, "order_in_runs", forgetful),
            ):
                async with city_on(database, on, terms=o.TERMS) as city:
                    bureau = Bureau(city)
                    await life(bureau)
                    await bureau.ended()
                    # The next city shares the ledger: an open issue there would never be rung.
                    await city.do(b.TURN_AWAY, b.DIRECTOR)
                    await keep_runs(name, city.client, bureau.handle().id)


if __name__ == "__main__":
    asyncio.run(record())
    sys.stdout.flush()
    os._exit(0)
