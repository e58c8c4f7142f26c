"""Records the golden histories of matters: `PYTHONPATH=.:tests:tests/workflows:tests/desk
.venv/bin/python tests/workflows/record_matters.py`. As `record.py`, to be run only when they may be
replaced.
"""

import asyncio
import os
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import builders as b
from cities import city_on
from matter_offices import CLOSE, QUESTION, TERMS, MatterOffice
from record import keep_runs, servers

DAY = timedelta(days=1)


async def matter_unread(office: MatterOffice) -> None:
    """A notice that nobody reads climbs to the top, and is closed in the end."""
    await office.delivered()
    await office.city.lapse.advance_to(b.MON_9 + 9 * DAY)
    await office.do(CLOSE)


async def matter_asked_about(office: MatterOffice) -> None:
    """A notice that is read late and with a question, which becomes an issue."""
    await office.delivered()
    await office.at(b.MON_9 + 2 * DAY + timedelta(hours=1), QUESTION, b.ENTERPRISE)
    await office.do(CLOSE)


async def record() -> None:
    """Play both and write their histories; a third life is cut into several runs."""
    with tempfile.TemporaryDirectory() as folder:
        async with servers(Path(folder)) as (database, client, forgetful):
            for life, name, on in (
                (matter_unread, "matter_unread", client),
                (matter_asked_about, "matter_asked_about", client),
                (matter_unread, "matter_in_runs", forgetful),
            ):
                async with city_on(database, on, terms=TERMS) as city:
                    office = MatterOffice(city)
                    await life(office)
                    await office.ended()
                    for tie in (await office.matter()).ties:
                        # The next city shares the ledger: an open issue would never be rung there.
                        await city.desk.carry_out(
                            b.submission(b.TURN_AWAY, b.DIRECTOR, key=tie.issue)
                        )
                    await keep_runs(name, city.client, office.handle().id)


if __name__ == "__main__":
    asyncio.run(record())
    sys.stdout.flush()
    os._exit(0)
