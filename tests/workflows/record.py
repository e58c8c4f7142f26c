"""Records the golden histories: `PYTHONPATH=.:tests .venv/bin/python tests/workflows/record.py`.

Plays the demo's cases and stories and a few lives of its own on servers of its own, and writes the
history of every run to `histories/`. To be run only when histories may be replaced: after that,
nothing tells any more that today's workflow replays what yesterday's has begun.
"""

import asyncio
import gzip
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

import builders as b
from cities import City, city_on
from databases import Database, running_server
from pydantic import SecretStr
from temporalio.client import Client, WorkflowHistory, WorkflowUpdateFailedError
from temporalio.common import RetryPolicy

from demo.acts import begins_at, play_cases, play_stories
from demo.cases import read_cases
from demo.engine import Engine, Parts, drain, running
from demo.stories import read_stories
from demo.virtual import TimeLapse, VirtualClock, skipping
from desk.handover import hand_over
from desk.publishing import Publishing
from domain.issue import stream_name
from domain.view import adoption_workflow_id, workflow_id
from ledger.migrate import migrate
from ledger.receipts import HoldRow, Telling
from runtime.settings import Settings
from runtime.temporal import DYNAMIC_CONFIG, EmbeddedTemporal, connect
from worker import WORKFLOWS, ensure_schedules, make_relay, make_worker
from workflows import steps
from workflows.upkeep import NoticesWorkflow

FOLDER = Path(__file__).with_name("histories")
STACK_TRACE = re.compile(r'"stackTrace": "(?:[^"\\]|\\.)*"')
PROCESS = re.compile(r"\b\d+@[\w.-]+")
PARTS = Parts(make_worker, make_relay, ensure_schedules, WORKFLOWS)


def keep(name: str, history: WorkflowHistory) -> None:
    """Write a history: the same bytes for the same history, and no path of this machine."""
    plain = STACK_TRACE.sub('"stackTrace": ""', history.to_json())
    plain = PROCESS.sub("recorder", plain)
    (FOLDER / f"{name}.json.gz").write_bytes(gzip.compress(plain.encode(), mtime=0))


async def keep_runs(name: str, client: Client, id_: str) -> None:
    """Write the history of every run of a workflow, oldest first."""
    first = await client.get_workflow_handle(id_).describe()
    query = f"WorkflowId = '{first.id}'"
    async with asyncio.timeout(20):
        while first.run_id not in {run.run_id async for run in client.list_workflows(query)}:  # noqa: ASYNC110  # lists lag
            await asyncio.sleep(0.05)
    runs = [run async for run in client.list_workflows(query)]
    runs.sort(key=lambda run: run.start_time)
    for number, run in enumerate(runs, start=1):
        handle = client.get_workflow_handle(id_, run_id=run.run_id)
        suffix = f"-run-{number}" if len(runs) > 1 else ""
        keep(f"{name}{suffix}", await handle.fetch_history())


async def cases(database: Database, client: Client) -> None:
    """Play Act 1."""
    played = read_cases()
    async with running(settings_for(database), client, PARTS) as engine:
        await play_cases(engine, played, lambda: None)
        await keep_all(engine, [(case.id, case.zone, case.key) for case in played])


async def stories(database: Database, client: Client) -> None:
    """Play Act 2."""
    told = read_stories()
    clock = VirtualClock(begins_at(told))
    skipper = skipping(client)
    async with running(settings_for(database), skipper.client, PARTS, clock) as engine:
        lapse = TimeLapse(engine.desk.ledger, skipper, clock)
        await play_stories(engine, lapse, clock, told, lambda _: None)
        await keep_all(engine, [(story.id, story.zone, story.key) for story in told])


async def keep_all(engine: Engine, played: list[tuple[str, str, str]]) -> None:
    """Let everything end that ends, and write it."""
    await drain(engine, [(zone, key) for _, zone, key in played])
    for name, zone, key in played:
        await keep_runs(name, engine.client, workflow_id(zone, key))


async def second_door(city: City) -> None:
    """A life through Updates, with refusals, a repeat and a rung."""
    await city.update_with_start(b.submission(b.report(), b.ENTERPRISE, key=city.key))
    try:
        await city.through(b.ACCEPT, b.NEIGHBOUR)
    except WorkflowUpdateFailedError:
        await city.through(b.ACCEPT, id_=f"{city.key}-accept")
    await city.through(b.ACCEPT, id_=f"{city.key}-accept")
    await city.lapse.advance_to(b.TUE_17)
    await city.through(b.PROPOSE, b.HEAD)
    await city.through(b.REJECT, b.ENTERPRISE)
    await city.through(b.PROPOSE, b.HEAD)
    await city.through(b.CONFIRM, b.ENTERPRISE)
    await city.through(b.VERIFY, b.DIRECTOR)
    await city.ended()


async def troubled_channel(city: City) -> None:
    """A life whose notices fail at first, with deadlines that move both ways, and a reopening."""
    city.post.failures_left = 3
    await city.desk.carry_out(b.submission(b.report(), b.ENTERPRISE, key=city.key))
    await city.hasty.advance_to(b.MON_10)
    await city.do(b.ACCEPT)
    await city.at(b.MON_13, b.PAUSE)
    await city.at(b.WED_9, b.RESUME)
    await city.do(b.ESCALATE)
    await city.do(b.CONVENE, b.HEAD)
    await city.lapse.advance_to(b.NEXT_MON_9)
    await city.do(b.WITHDRAW, b.ENTERPRISE)
    await city.do(b.VERIFY, b.DIRECTOR)
    await city.ended()


async def long_life(city: City) -> None:
    """A silence of weeks on a server that suggests a new run every few dozen events."""
    await city.do(b.report(), b.ENTERPRISE)
    await city.lapse.advance_to(b.MON_9 + timedelta(days=30))


async def reopened(city: City) -> None:
    """A close-out, a reopening, and a second close-out in a run of its own."""
    await city.do(b.report(), b.ENTERPRISE)
    await city.do(b.ACCEPT)
    for _ in range(2):
        await city.do(b.PROPOSE)
        await city.do(b.CONFIRM, b.ENTERPRISE)
        await city.do(b.VERIFY, b.HEAD)
        await city.ended()
        if (await city.view()).reopened == 0:
            await city.do(b.REOPEN, b.ENTERPRISE)


async def adoption(city: City) -> str:
    """A publication that goes through five issues, two a page; the id of its workflow."""
    for number in range(5):
        key = city.another(str(number))
        await city.desk.carry_out(b.submission(b.report(), b.ENTERPRISE, key=key))
    longer = b.CALENDAR.model_copy(update={"valid_until": date(2031, 12, 31)})
    ground = await Publishing(city.desk).publish(longer, reason="2031.", author=b.COORDINATOR)
    with patch("desk.adopting.PAGE", 2):
        await hand_over(city.client, ground.reference, city.task_queue, head_start=timedelta(0))
        id_ = adoption_workflow_id(ground.reference)
        await city.client.get_workflow_handle(id_).result()
    return id_


async def notices(city: City) -> str:
    """A round of sending what was held back: one whose channel is gone; the id of its workflow."""
    await city.do(b.report(), b.ENTERPRISE)
    (notice, *_) = await city.ledger.notices(stream_name(b.ZONE, city.key))
    await city.ledger.put_telling(Telling(holds=(HoldRow(notice.id, "bot", "0" * 16, b.MON_9),)))
    id_ = f"upkeep/notices-{city.key}"
    told = await city.client.execute_workflow(
        NoticesWorkflow.run, id=id_, task_queue=city.task_queue
    )
    assert told == 1
    return id_


def settings_for(database: Database) -> Settings:
    """Return the settings of the demo on a database."""
    return Settings.load(database_url=SecretStr(database.app_url), wakeup_spread_ms=0)


@asynccontextmanager
async def servers(folder: Path) -> AsyncIterator[tuple[Database, Client, Client]]:
    """Start PostgreSQL, a Temporal server, and one that suggests new runs early."""
    short = DYNAMIC_CONFIG | {"limit.historyCount.suggestContinueAsNew": "40"}
    async with (
        running_server(folder / "postgres") as postgres,
        EmbeddedTemporal(folder / "temporal", time_skipping=True) as temporal,
    ):
        with patch("runtime.temporal.DYNAMIC_CONFIG", short):
            forgetful = EmbeddedTemporal(folder / "forgetful", time_skipping=True)
            await forgetful.start()
        try:
            database = Database(postgres, "recorded")
            await postgres.create_database(database.name)
            await migrate(database.owner_url)
            clients = [await connect(each.address) for each in (temporal, forgetful)]
            yield database, clients[0], clients[1]
        finally:
            await forgetful.stop()


async def record() -> None:
    """Play everything and write every history."""
    FOLDER.mkdir(exist_ok=True)
    patience = RetryPolicy(initial_interval=timedelta(milliseconds=50))
    with tempfile.TemporaryDirectory() as folder:
        async with servers(Path(folder)) as (database, client, forgetful):
            await cases(database, client)
            await stories(database, client)
            with patch.object(steps, "PATIENT", patience):
                for life in (second_door, troubled_channel, reopened):
                    async with city_on(database, client) as city:
                        await life(city)
                        await keep_runs(life.__name__, city.client, city.handle().id)
            async with city_on(database, forgetful) as city:
                await long_life(city)
                await keep_runs(long_life.__name__, city.client, city.handle().id)
            async with city_on(database, client) as city:
                await keep_runs(adoption.__name__, city.client, await adoption(city))
                await keep_runs(notices.__name__, city.client, await notices(city))


if __name__ == "__main__":
    asyncio.run(record())
    sys.stdout.flush()
    os._exit(0)
