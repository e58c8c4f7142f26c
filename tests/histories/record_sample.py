"""Records the sample that is replayed: `PYTHONPATH=.:tests:tests/workflows:tests/desk
.venv/bin/python tests/histories/record_sample.py`. As `tests/workflows/record.py`, only when it may
be replaced. With the word `matters` it plays matters alone, and adds them to the stored sample,
which stays as it is; a sample that has them is left alone.

Plays lives of issues, orders, matters and what keeps house on servers of its own, and writes both
records of them: the ledger as a corpus, and the notices and histories of every run.
"""

import asyncio
import gzip
import json
import os
import re
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import builders as b
import builders_orders as o
from bureaus import Bureau
from cities import City, city_on
from databases import Database
from matter_offices import TERMS as MATTER_TERMS
from matter_offices import MatterOffice
from record import PROCESS, STACK_TRACE, adoption, reopened, second_door, servers, troubled_channel
from record_matters import matter_asked_about, matter_unread
from record_orders import order_argued
from temporalio.client import Client, WorkflowHistory
from temporalio.common import RetryPolicy

from activities.upkeep import history_row, sweep
from audit.corpus import read_corpus, write_corpus
from audit.replay import workflow_of
from domain.matters.matter import is_matter_stream
from domain.model import written
from ledger.port import HistoryRow, Ledger
from workflows import steps
from workflows.upkeep import GuardWorkflow, SweepWorkflow

FOLDER = Path(__file__).parent
LONG_AGO = b.MON_9 - timedelta(days=9999)
EVERY_RUN = "StartTime > '2000-01-01T00:00:00Z'"
IDENTITY = re.compile(r'"identity": "[^"]*"')


async def long_life(city: City) -> None:
    """A silence of days on a server that suggests a new run every few dozen events."""
    await city.do(b.report(), b.ENTERPRISE)
    await city.lapse.advance_to(b.NEXT_FRI_9)
    await city.do(b.TURN_AWAY, b.DIRECTOR)
    await city.ended()


async def housekeeping(city: City) -> None:
    """A round of the guard and a sweep."""
    for name, workflow in (("guard", GuardWorkflow.run), ("sweep", SweepWorkflow.run)):
        id_, queue = f"upkeep/{name}", city.task_queue
        await city.client.execute_workflow(workflow, id=id_, task_queue=queue)


def scrubbed(row: HistoryRow) -> dict[str, Any]:
    """Return a history without what only this machine says, in its archived form."""
    plain = gzip.decompress(row.archive).decode()
    plain = STACK_TRACE.sub('"stackTrace": ""', IDENTITY.sub('"identity": "recorder"', plain))
    plain = PROCESS.sub("recorder", plain)
    history = WorkflowHistory.from_json(row.workflow_id, plain)
    kept = history_row(history, row.run_id, row.closed_as)
    return {
        "run_id": kept.run_id,
        "workflow_id": kept.workflow_id,
        "closed_as": kept.closed_as,
        "history": gzip.decompress(kept.archive).decode(),
        "swept_at": written(b.NEXT_FRI_9),
    }


async def others(client: Client) -> list[HistoryRow]:
    """Return the runs that no sweep takes: the house's, the publications', those that go on."""
    rows = []
    async for run in client.list_workflows(EVERY_RUN):
        history = await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        closed_as = "" if run.status is None else run.status.name
        rows.append(history_row(history, run.run_id, closed_as))
    return rows


Plain = dict[str, list[dict[str, Any]]]


async def matters(database: Database, client: Client, forgetful: Client) -> None:
    """A notice that is read late and with a question, and one that nobody reads, in several
    runs."""
    for life, on in ((matter_asked_about, client), (matter_unread, forgetful)):
        async with city_on(database, on, terms=MATTER_TERMS) as city:
            office = MatterOffice(city)
            await life(office)
            await office.ended()
            for tie in (await office.matter()).ties:
                # The next city shares the ledger: an open issue would never be rung there.
                await city.desk.carry_out(b.submission(b.TURN_AWAY, b.DIRECTOR, key=tie.issue))
            await city.drained()


async def gathered(ledger: Ledger, clients: list[Client]) -> Plain:
    """Return the notices and the histories of every run."""
    for client in clients:
        await sweep(client, ledger, LONG_AGO)
    rows = {row.run_id: row for client in clients for row in await others(client)}
    rows |= {row.run_id: row for row in await ledger.histories()}
    notices = [
        {name: written(v) if name.endswith("_at") and v else v for name, v in row.items()}
        async for stream in ledger.streams()
        for row in [
            {field: getattr(notice, field) for field in notice.__slots__}
            for notice in await ledger.notices(stream)
        ]
    ]
    streams = [stream async for stream in ledger.streams()]
    kept = {row.workflow_id for row in rows.values()}
    assert {workflow_of(stream) for stream in streams} <= kept
    return {"notices": notices, "histories": [scrubbed(row) for _, row in sorted(rows.items())]}


def keep(found: Plain) -> None:
    """Write notices and histories."""
    found["histories"].sort(key=lambda row: str(row["run_id"]))
    plain = json.dumps(found, ensure_ascii=False)
    (FOLDER / "sample_histories.json.gz").write_bytes(gzip.compress(plain.encode(), mtime=0))


def add(corpus: Path, found: Plain) -> None:
    """Add both records to what is stored."""
    stored = json.loads(gzip.decompress((FOLDER / "sample_histories.json.gz").read_bytes()))
    keep({name: stored[name] + found[name] for name in stored})
    kept = gzip.decompress((FOLDER / "sample.jsonl.gz").read_bytes()).splitlines(keepends=True)
    _, *added = gzip.decompress(corpus.read_bytes()).splitlines(keepends=True)
    new = [line for line in added if line not in set(kept)]
    whole = gzip.compress(b"".join([*kept, *new]), mtime=0)
    (FOLDER / "sample.jsonl.gz").write_bytes(whole)


async def add_matters() -> None:
    """Play matters, and add them."""
    stored = read_corpus(FOLDER / "sample.jsonl.gz")
    if any(is_matter_stream(stream) for stream in stored.records_of):
        sys.exit("the sample has matters already")
    with tempfile.TemporaryDirectory() as folder:
        async with servers(Path(folder)) as (database, client, forgetful):
            await matters(database, client, forgetful)
            async with database.ledger(size=2) as ledger:
                corpus = await write_corpus(ledger, Path(folder), name="matters")
                add(corpus, await gathered(ledger, [client, forgetful]))


async def record() -> None:
    """Play everything and write it."""
    patience = RetryPolicy(initial_interval=timedelta(milliseconds=50))
    with tempfile.TemporaryDirectory() as folder:
        async with servers(Path(folder)) as (database, client, forgetful):
            with patch.object(steps, "PATIENT", patience):
                for life in (second_door, troubled_channel, reopened):
                    async with city_on(database, client) as city:
                        await life(city)
            async with city_on(database, client, terms=o.TERMS) as city:
                bureau = Bureau(city)
                await order_argued(bureau)
                await bureau.ended()
                await city.do(b.TURN_AWAY, b.DIRECTOR)
                await city.ended()
            async with city_on(database, forgetful) as city:
                await long_life(city)
            await matters(database, client, forgetful)
            async with city_on(database, client) as city:
                await adoption(city)
                await housekeeping(city)
                await city.drained()
                await write_corpus(city.ledger, FOLDER, name="sample")
                keep(await gathered(city.ledger, [client, forgetful]))


if __name__ == "__main__":
    asyncio.run(add_matters() if sys.argv[1:] == ["matters"] else record())
    sys.stdout.flush()
    os._exit(0)
