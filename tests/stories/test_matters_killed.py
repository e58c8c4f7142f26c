"""`kill -9` of the worker while a notice climbs: no instant is lost, and nobody is told twice."""

import asyncio
import time
from pathlib import Path

import pytest
from databases import Database
from deep import IN_CHECK
from ladder_world import beijing
from matters_world import MattersWorld, keeping_matters
from procedure_world import FIRM, MONDAY
from story_stack import Process, environment
from temporalio.client import Client
from virtual_worker import KeptClock

pytestmark = IN_CHECK
OTHER = "xinghe-optics"


async def climbed(world: MattersWorld, worker: Process) -> None:
    """Wait until the first tier's turn has come."""
    end = time.monotonic() + 30
    while not await world.rang("notice"):
        assert time.monotonic() < end, worker.log.read_text()
        await asyncio.sleep(0.002)


@pytest.mark.deep
async def test_a_worker_killed_while_a_notice_climbs_loses_no_instant_and_tells_nobody_twice(
    database: Database, skipper: Client, folder: Path
) -> None:
    clock = KeptClock(beijing(MONDAY), folder / "clock")
    async with keeping_matters(database, skipper, clock=clock, worker=False) as world:
        address = skipper.service_client.config.target_host
        program = ("tests/stories/virtual_worker.py", database.app_url, address)
        kept = (*program, world.task_queue, str(folder / "clock"))
        now = Process(kept, environment(), folder / "worker-0.log")
        try:
            sender = world.officer("xinghe-service")
            opening = {"procedure": "notices-down", "title": "稳岗补贴通知"}
            await world.act("notice", sender, "open_campaign", **opening, targets=[FIRM, OTHER])
            for firm in (FIRM, OTHER):
                await world.act("notice", sender, "record_step", enterprise=firm, step="delivered")
            waiting = asyncio.create_task(world.until("2026-03-12 09:00"))
            await climbed(world, now)
            now.kill()
            # While nobody works the desk takes what comes: one of the two has read it after all.
            read = {"enterprise": OTHER, "step": "read"}
            sent = world.sent("notice", world.firm(OTHER), "record_step", **read)
            await world.matters.carry_out(sent)
            now = Process(kept, environment(), folder / "worker-1.log")
            await waiting
            assert await world.rang("notice") == [
                ("step-read", "level-1", "03-04 17:30"),
                ("step-read", "level-1", "03-05 17:30"),
                ("step-read", "level-1", "03-06 17:30"),
            ]
            assert await world.heard("notice", "step_overdue") == sorted(
                ["xinghe-grid-east-1", "xinghe-area-east", "xinghe-director"]
            )
            assert (await world.matter("notice")).next_due is None
            await world.sound()
        finally:
            now.kill()
