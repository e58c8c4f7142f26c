"""Schedules of routines on a real server: made, changed, removed; a call too many does nothing."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import builders as b
import pytest
from deep import IN_CHECK
from temporalio.client import Client, ScheduleOverlapPolicy

from activities.routine_schedules import RoutineSchedules, planned
from desk.clock import SystemClock
from desk.desk import Desk
from desk.shelf import Shelf
from domain.routines import RoutineKind
from domain.terms import Terms
from ledger.memory import MemoryLedger
from runtime.temporal import EmbeddedTemporal, connect, ensure_namespace
from worker import make_worker

QUEUE = "routines"
SPARE = b.handbook(
    zone="spare",
    posts=[
        each | {"covers": "spare"} if each["covers"] == b.ZONE else each
        for each in b.HANDBOOK_DATA["posts"]
    ],
)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Client]:
    """A client of a server that knows schedules: the one that skips time does not."""
    async with EmbeddedTemporal(tmp_path) as embedded:
        client = await connect(embedded.address)
        await ensure_namespace(client)
        yield client


def desk_of(ledger: MemoryLedger, **changes: object) -> Desk:
    shipped = {
        b.ZONE: b.terms_of(**changes),
        "spare": Terms(handbook=SPARE, calendar=b.CALENDAR),
    }
    return Desk(ledger, Shelf(ledger, shipped), SystemClock())


async def listed(client: Client) -> set[str]:
    return {each.id async for each in await client.list_schedules()}


async def until_listed(client: Client, count: int) -> set[str]:
    for _ in range(100):
        found = await listed(client)
        if len(found) == count:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"{sorted(found)} are not {count} schedules")


@IN_CHECK
async def test_each_routine_of_a_zone_in_use_is_called_by_a_schedule_of_its_own(
    server: Client,
) -> None:
    ledger = MemoryLedger()
    desk = desk_of(ledger)
    schedules = RoutineSchedules(server, desk, task_queue=QUEUE)
    assert await schedules.ensure() == 0  # nothing was reported, nothing published: not in use
    assert not ledger._tables.terms
    await desk.carry_out(b.submission(b.report(), b.ENTERPRISE))

    assert await schedules.ensure() == len(RoutineKind)
    ids = await until_listed(server, len(RoutineKind))
    assert ids == {each.id for each in planned(desk_of(ledger).shelf._current[b.ZONE])}
    assert await schedules.ensure() == 0
    assert await RoutineSchedules(server, desk, task_queue=QUEUE).ensure() == 0

    later = desk_of(ledger, routines={"daily_at": "23:15", "attest_by": "22:00"})
    changed = RoutineSchedules(server, later, task_queue=QUEUE)
    assert await changed.ensure() == 2
    assert await changed.ensure() == 0
    daily = server.get_schedule_handle(f"closeout-routine-{b.ZONE}-daily")
    told = (await daily.describe()).schedule
    assert told.spec.time_zone_name == "Asia/Shanghai"
    assert sorted((c.hour[0].start, c.minute[0].start) for c in told.spec.calendars) == [
        (0, 15),
        (23, 15),
    ]
    assert told.policy.catchup_window == timedelta(days=31)

    async with make_worker(server, later, task_queue=QUEUE):
        for _ in range(3):
            await daily.trigger(overlap=ScheduleOverlapPolicy.ALLOW_ALL)
            await asyncio.sleep(0.05)
        for _ in range(200):
            done = (await daily.describe()).info.num_actions == 3
            if done and await ledger.routine_runs(b.ZONE, routine="daily"):
                break
            await asyncio.sleep(0.05)
    assert len(await ledger.routine_runs(b.ZONE, routine="daily")) == 1
    assert len(await ledger.reports(b.ZONE, kind="daily")) == 1

    nowhere = Desk(ledger, Shelf(ledger, {}), SystemClock())
    gone = await RoutineSchedules(server, nowhere, task_queue=QUEUE).ensure()
    assert gone == len(RoutineKind)
    assert await until_listed(server, 0) == set()
