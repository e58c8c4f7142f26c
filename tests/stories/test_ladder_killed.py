"""`kill -9` of the worker while silence carries an issue up: no level is missed or doubled."""

import asyncio
import time
from pathlib import Path

import pytest
from databases import Database
from deep import IN_CHECK, deep
from ladder_world import beijing, world_of
from story_stack import Process, environment
from temporalio.client import Client
from virtual_worker import KeptClock

from domain import commands as cmd
from domain.events import IssueEscalated
from domain.phases import Origin

pytestmark = IN_CHECK


EVE = "2026-02-14 16:00"
KILLED_AFTER = sorted((3, 1, 5, 7)[: deep("kills of the worker on the way up", 4)])
"""So many rungs have fired when the worker is killed."""
UPS = [(2, beijing("2026-02-24 11:30")), (3, beijing("2026-02-24 17:00"))]


@pytest.mark.deep
async def test_a_worker_killed_on_the_way_up_leaves_no_rung_out_and_doubles_none(
    database: Database, skipper: Client, folder: Path
) -> None:
    clock = KeptClock(beijing(EVE), folder / "clock")
    async with world_of("xinghe", database, skipper, EVE, clock=clock, worker=False) as world:
        address = skipper.service_client.config.target_host
        program = ("tests/stories/virtual_worker.py", database.app_url, address)
        kept = (world.task_queue, str(folder / "clock"))

        def worker(number: int) -> Process:
            return Process((*program, *kept), environment(), folder / f"worker-{number}.log")

        now = worker(0)
        try:
            firm = "xinghe-optics"
            report = cmd.Report(
                enterprise=firm,
                category="MAT-1",
                title="原料短缺",
                text="节前原料告急。",
                origin=Origin.ENTERPRISE,
            )
            await world.do("silent", world.firm(firm), report)
            waiting = asyncio.create_task(world.until("2026-02-25 17:30"))
            for number, rungs in enumerate(KILLED_AFTER, start=1):
                end = time.monotonic() + 30
                while len(await world.fired("silent")) < rungs:
                    assert time.monotonic() < end, now.log.read_text()
                    await asyncio.sleep(0.002)
                now.kill()
                now = worker(number)
            await waiting
            seen = await world.glimpse("silent")
            ups = await world.events("silent", "issue_escalated")
            assert [(e.to_tier, e.at) for e in ups if isinstance(e, IssueEscalated)] == UPS
            assert (seen.tier, seen.owner) == (3, "xinghe-sponsor")
            told = await world.ledger.notices(f"{world.zone}/{world.key('silent')}")
            assert [
                (row.addressee, row.delivered_at) for row in told if row.kind == "issue_escalated"
            ] == [("xinghe-area-east", UPS[0][1]), ("xinghe-sponsor", UPS[1][1])]
            await world.proved("silent")
        finally:
            now.kill()
