"""Very many open issues, each with its running workflow and its timers: what they hold of memory
and disk, how a cold worker finds back to them, and very many deadlines at one instant."""

import asyncio
import os
import signal
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg

from benchmarks.figures import Figure, Results
from benchmarks.footprint import files_mb, machine_mb, memory_mb, slope
from benchmarks.lateness import (
    AT_ONCE,
    count_rungs,
    due_in,
    fired,
    late_seconds_max,
    note_lateness,
    open_due,
    sleeping,
    woken,
)
from benchmarks.script import OPENING, submissions
from benchmarks.stage import LateError, Stage, drained, until
from desk.desk import Desk
from domain.view import WORKFLOW_TYPE

SECTION = "open"
PARTS = 4
"""Memory and disk are looked at after each quarter: from that comes what one issue more takes."""
PROBES = 20
"""Issues whose rungs fall due while no worker runs."""
PROBES_AHEAD_S = 12.0
COLD_AHEAD_S = 15.0
MARGIN = 2.0
BARE_A_SECOND_MAX = 40.0
BARE_AGAIN_S = 30.0
START_SECONDS_MAX = 300.0
RUNNING = f"WorkflowType = '{WORKFLOW_TYPE}' AND ExecutionStatus = 'Running'"
ARMED = "SELECT count(*) FROM issue WHERE open AND answered AND next_due_at IS NOT NULL"
NOT_ARMED = """
SELECT i.stream, i.version, i.answered, i.next_due_at, i.armed_due_at,
       EXISTS (SELECT FROM outbox o WHERE o.stream = i.stream) AS waits
FROM issue i WHERE i.open AND NOT (i.answered AND i.next_due_at IS NOT NULL) LIMIT 5
"""
LOOK_S = 0.5
"""How often is looked whether all run: counting tens of thousands keeps the server busy."""
GIB_PLANNED = 24.0
CACHED_MAX = 2000
"""How many workflows a worker keeps in memory (`worker.make_worker`): beyond it its own grows no
further."""
MB_A_GIB = 1024.0
KB_A_MB = 1024.0
WORKER = "worker"
PROCESSES = ("PostgreSQL", "Temporal", WORKER)


@dataclass(frozen=True, slots=True)
class Footprint:
    """What so many open issues take, in MiB: memory by process, disk by store."""

    issues: int
    memory: dict[str, float]
    disk: dict[str, float]


async def measure(stage: Stage, results: Results, *, issues: float, due: float) -> None:
    """Open issues, kill the worker, start it cold, and let deadlines fall at one instant."""
    count, at_once = int(issues), int(due)
    if count <= at_once + PARTS:
        msg = f"{count} open issues are too few for {at_once} deadlines at one instant"
        raise ValueError(msg)
    async with stage.desk() as desk:
        async with stage.worker() as worker:
            a_second = await _fill(stage, desk, results, worker, count - at_once)
            probes_at = due_in(PROBES_AHEAD_S + MARGIN * PROBES / a_second)
            await open_due(stage, "probe", PROBES, probes_at)
            os.kill(worker, signal.SIGKILL)
        await asyncio.sleep(max(0.0, (probes_at - datetime.now(UTC)).total_seconds()))
        async with stage.worker() as worker:
            cold_s = await _cold(desk, results)
            due_at = due_in(MARGIN * (at_once / a_second + cold_s) + COLD_AHEAD_S)
            await open_due(stage, "due", at_once, due_at)
            await _require_running(stage, count + PROBES)
            # Again, so that none of what is due is in a worker's memory.
            os.kill(worker, signal.SIGKILL)
        async with stage.worker():
            if datetime.now(UTC) + timedelta(seconds=cold_s) >= due_at:
                raise RuntimeError("the deadlines fall before a worker can be back")
            rings = await fired(desk, "due", at_once, due_at)
            await drained(desk, seconds=late_seconds_max(at_once))
    counted = await count_rungs(stage.stack.postgres.owner_url, "due", at_once, due_at)
    timers = await _bare(stage, at_once, min(BARE_A_SECOND_MAX, a_second))
    note_lateness(results, SECTION, rings, timers, counted)
    results.notes.append(
        f"Open: {count} issues and {PROBES} probes. The worker was killed and started cold, "
        f"twice: after the second time {at_once} of the issues were due at one instant. The bare "
        "timers slept on the same server with all of that in it, their worker started cold as well."
    )


async def _fill(stage: Stage, desk: Desk, results: Results, worker: int, count: int) -> float:
    """Open so many issues that are due much later, and note what they take; return how many a
    second came to run at last."""
    # One before anything is timed, so that the worker serves.
    await _open(desk, 0, 1)
    await _require_running(stage, 1)
    taken, paces = [await _footprint(stage, worker, 1)], []
    for part in range(PARTS):
        first, last = max(1, count * part // PARTS), count * (part + 1) // PARTS
        began = time.perf_counter()
        await _open(desk, first, last)
        await drained(desk, seconds=START_SECONDS_MAX + late_seconds_max(count))
        await _require_running(stage, last)
        paces.append((last - first) / (time.perf_counter() - began))
        results.figures.append(
            Figure(SECTION, f"issues opened until {first} to {last} run", "/s", paces[-1])
        )
        taken.append(await _footprint(stage, worker, last))
        # Hours may lie between the first and the last: what is known by now is said now.
        sys.stderr.write(f"{last} open, {paces[-1]:.0f} a second; MiB: {_told(taken[-1].memory)}\n")
        sys.stderr.flush()
    _note_footprints(results, taken, paces[-1])
    return paces[-1]


async def _open(desk: Desk, first: int, last: int) -> None:
    numbers = iter(range(first, last))

    async def sender() -> None:
        for number in numbers:
            for submission in submissions(f"open-{number:07d}", OPENING):
                await desk.carry_out(submission)

    await asyncio.gather(*(sender() for _ in range(AT_ONCE)))


async def _require_running(stage: Stage, count: int) -> None:
    """Wait until so many workflows run and each has answered that it waits for its next rung.
    Raises LateError."""
    connection = await asyncpg.connect(stage.stack.postgres.owner_url)

    counted = 0, 0

    async def all_run() -> bool:
        nonlocal counted
        await asyncio.sleep(LOOK_S)
        running = (await stage.client.count_workflows(RUNNING)).count
        counted = running, await connection.fetchval(ARMED)
        return counted == (count, count)

    try:
        await until(f"{count} running workflows", all_run, seconds=START_SECONDS_MAX)
    except LateError as error:
        rows = "; ".join(str(dict(row)) for row in await connection.fetch(NOT_ARMED))
        running, armed = counted
        msg = f"{error}: {running} run, {armed} wait for their next rung; not: {rows}"
        raise LateError(msg) from error
    finally:
        await connection.close()


async def _footprint(stage: Stage, worker: int, issues: int) -> Footprint:
    stack = stage.stack
    connection = await asyncpg.connect(stack.postgres.owner_url)
    try:
        size = await connection.fetchval("SELECT pg_database_size(current_database())")
    finally:
        await connection.close()
    file = stack.temporal.database_file
    pids = dict(zip(PROCESSES, (stack.postgres.pid, stack.temporal.pid, worker), strict=True))
    return Footprint(
        issues,
        {name: memory_mb(pid) for name, pid in pids.items()},
        {
            "PostgreSQL": int(size) / KB_A_MB / KB_A_MB,
            "Temporal": files_mb([file, file.with_name(f"{file.name}-wal")]),
        },
    )


def _note_footprints(results: Results, taken: list[Footprint], a_second: float) -> None:
    """Note what is taken at the end and what each issue adds, and what that bounds."""
    last, filled = taken[-1], taken[1:]
    memory = {name: slope([(e.issues, e.memory[name]) for e in filled]) for name in PROCESSES}
    disk = {name: slope([(e.issues, e.disk[name]) for e in filled]) for name in last.disk}
    for what, now, each in (("memory", last.memory, memory), ("disk", last.disk, disk)):
        for name, value in now.items():
            results.figures.append(
                Figure(SECTION, f"{what} of {name}, {last.issues} open", "MiB", value)
            )
            results.figures.append(
                Figure(SECTION, f"{what} of {name}, each issue more", "KiB", each[name] * KB_A_MB)
            )
    told = [f"{each.issues}: {_told(each.memory)}" for each in taken]
    results.notes.append(f"MiB of memory by open issues: {'; '.join(told)}.")
    results.notes.append(bound(last, memory, disk, a_second))


def _told(memory: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.0f}" for name, value in memory.items())


def bound(
    last: Footprint, memory: dict[str, float], disk: dict[str, float], a_second: float
) -> str:
    """Return what bounds how many issues can be open, in words. `memory`, `disk`: what each issue
    adds, in MiB. A straight line: it says nothing of what happens beyond what was measured."""
    servers = {name: each for name, each in memory.items() if name != WORKER and each > 0}
    each = sum(servers.values())
    cache = max(memory[WORKER], 0.0) * max(0, CACHED_MAX - last.issues)
    free = GIB_PLANNED * MB_A_GIB - sum(last.memory.values()) - cache
    machine = f"this machine has {machine_mb() / MB_A_GIB:.0f} GiB"
    if not each:
        return f"Bound: memory did not grow with open issues up to {last.issues}; {machine}."
    bears = last.issues + free / each
    most = max(servers, key=lambda name: servers[name])
    return (
        f"Bound, on a straight line from {last.issues} open issues: {GIB_PLANNED:.0f} GiB bear "
        f"{bears:,.0f} at {each * KB_A_MB:.1f} KiB each, most of it in {most} ({machine}); they "
        f"take {bears / a_second / 3600:.1f} h to start at {a_second:.0f} a second and "
        f"{bears * sum(disk.values()) / MB_A_GIB:,.0f} GiB of disk."
    )


async def _cold(desk: Desk, results: Results) -> float:
    """Note how many seconds a worker that has just been started takes to ring what was due
    meanwhile; return those to the last ring."""
    began_at = datetime.now(UTC)
    await fired(desk, "probe", PROBES, began_at)
    found = [
        (row.fired_at - began_at).total_seconds()
        for row in await desk.ledger.firings()
        if "/probe-" in row.stream
    ]
    for name, seconds in (("first", min(found)), (f"last of {PROBES}", max(found))):
        results.figures.append(Figure(SECTION, f"cold start to the {name} ring", "s", seconds))
    return max(found)


async def _bare(stage: Stage, count: int, a_second: float) -> list[float]:
    """Return how late as many bare timers are on the same server, their worker cold as ours was.
    `a_second`: so many can be started at least."""
    lead_s = count / a_second + BARE_AGAIN_S
    due_at = due_in(lead_s)
    async with stage.program("-m", "benchmarks.bare"):
        handles = await sleeping(stage.client, count, due_at)
    async with stage.program("-m", "benchmarks.bare"):
        return await woken(handles, count)
