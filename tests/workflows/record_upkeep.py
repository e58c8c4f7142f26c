"""Records the golden histories of the guard, the sweep and the log's step: `PYTHONPATH=.:tests:
tests/workflows .venv/bin/python tests/workflows/record_upkeep.py`. Only when they may be replaced.
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

import builders as b
from cities import City, city_on
from record import keep_runs, servers

from desk.log_keeper import LogKeeper
from ledger.postgres_log import log_of
from ledger.signing import Signer
from worker import make_worker
from workflows.upkeep import GuardWorkflow, LogWorkflow, SweepWorkflow

QUEUE = "upkeep"


async def rounds(city: City) -> None:
    """One round of each, over a ledger with an issue that lives and one that is over."""
    await city.do(b.report(), b.ENTERPRISE)
    await city.do(b.WITHDRAW, b.ENTERPRISE)
    await city.ended()
    log = log_of(city.ledger)
    signer = Signer.from_bytes("example.org/ledger", bytes(32))
    worker = make_worker(
        city.client, city.desk, task_queue=QUEUE, keeper=lambda: LogKeeper(log, signer)
    )
    async with worker:
        for name, workflow in (
            ("guard", GuardWorkflow.run),
            ("sweep", SweepWorkflow.run),
            ("log", LogWorkflow.run),
        ):
            id_ = f"upkeep/{name}"
            await city.client.execute_workflow(workflow, id=id_, task_queue=QUEUE)
            await keep_runs(f"upkeep-{name}", city.client, id_)


async def record() -> None:
    """Go through them on servers of their own and write every history."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            servers(Path(folder)) as (database, client, _),
            city_on(database, client) as city,
        ):
            await rounds(city)


if __name__ == "__main__":
    asyncio.run(record())
    sys.stdout.flush()
    os._exit(0)
