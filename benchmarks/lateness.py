"""How late rungs fire that are all due at one instant, beside as many bare timers."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from temporalio.client import Client

from benchmarks import bare
from benchmarks.figures import Figure, Results, percentile
from benchmarks.script import MILL, report, submissions
from benchmarks.stage import Stage, drained, until
from desk.desk import Desk
from domain.model import to_millisecond
from domain.phases import Priority

SECTION = "lateness"
AT_ONCE = 20
RUNG_AFTER = timedelta(minutes=50)
"""The first rung of the zone's emergency clock: half of its 100 minutes."""
LATE_SECONDS_MAX = 90.0


class FixedClock:
    """Stands at one instant, so that every report starts its clock at the same time."""

    offset = timedelta(0)

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """Return the instant."""
        return self._at


async def measure(stage: Stage, results: Results, *, rungs: int, lead_s: float) -> None:
    """Let `rungs` timers and then as many rungs fall due, each all at one instant."""
    async with stage.program("-m", "benchmarks.bare"):
        timers = await _timers(stage.client, rungs, lead_s)
    due_at = to_millisecond(datetime.now(UTC)) + timedelta(seconds=lead_s)
    # No whole minute, or the wake-ups would be spread.
    due_at = due_at.replace(second=due_at.second or 1, microsecond=123_000)
    async with stage.worker():
        async with stage.desk(FixedClock(due_at - RUNG_AFTER)) as reporting:
            await _open(reporting, rungs)
            if datetime.now(UTC) >= due_at:
                raise RuntimeError("the issues were not open before their rungs: raise the lead")
        async with stage.desk() as desk:
            rings = await _rings(desk, rungs)
    for name, percent in (("p50", 50.0), ("p99", 99.0), ("max", 100.0)):
        results.figures.append(
            Figure(
                SECTION,
                f"{name} of {rungs} at one instant",
                "s",
                percentile(rings, percent),
                percentile(timers, percent),
                "bare timers",
            )
        )
    results.notes.append(
        f"Lateness: {rungs} issues whose first rung (a reminder, with a notice) is due at one "
        "instant, wake-ups not spread: the ledger's fired_at minus due_at. The bare timers: "
        f"{rungs} workflows that sleep until one instant and end; the worker's clock minus it."
    )


async def _open(desk: Desk, count: int) -> None:
    keys = iter([f"late-{number:05d}" for number in range(count)])

    async def reporter() -> None:
        for key in keys:
            for submission in submissions(key, ((MILL, report(Priority.EMERGENCY)),)):
                await desk.carry_out(submission)

    await asyncio.gather(*(reporter() for _ in range(AT_ONCE)))
    await drained(desk)


async def _rings(desk: Desk, count: int) -> list[float]:
    async def all_fired() -> bool:
        await asyncio.sleep(0.5)
        return len(await _fired(desk)) >= count

    await until("rungs", all_fired, seconds=LATE_SECONDS_MAX)
    return await _fired(desk)


async def _fired(desk: Desk) -> list[float]:
    return [
        (row.fired_at - row.due_at).total_seconds()
        for row in await desk.ledger.firings()
        if "/late-" in row.stream
    ]


async def _timers(client: Client, count: int, lead_s: float) -> list[float]:
    due_at = datetime.now(UTC) + timedelta(seconds=lead_s)
    numbers = iter(range(count))
    handles = []

    async def starter() -> None:
        for number in numbers:
            handles.append(
                await client.start_workflow(
                    bare.Sleeper.run,
                    due_at,
                    id=f"timer-{number:05d}",
                    task_queue=bare.TASK_QUEUE,
                )
            )

    began = time.perf_counter()
    await asyncio.gather(*(starter() for _ in range(AT_ONCE)))
    if datetime.now(UTC) >= due_at:
        took = time.perf_counter() - began
        msg = f"the timers took {took:.0f} s to start: raise the lead"
        raise RuntimeError(msg)
    waiting = (asyncio.wait_for(handle.result(), lead_s + LATE_SECONDS_MAX) for handle in handles)
    return list(await asyncio.gather(*waiting))
