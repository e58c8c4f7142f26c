"""Whole lives to the drained end, beside the bare start and completion of a trivial workflow."""

import asyncio
import time

from temporalio.client import Client

from benchmarks import bare
from benchmarks.figures import Figure, Results, median
from benchmarks.script import LIFE, ZONE, submissions
from benchmarks.stage import Stage, drained, until
from desk.desk import Desk
from domain.view import workflow_id

SECTION = "whole lives"
IN_FLIGHT = 20
LIFE_SECONDS_MAX = 60.0


async def measure(stage: Stage, results: Results, *, lives: int, rounds: int) -> None:
    """Play `lives` lives, then start and complete as many trivial workflows; `rounds` times."""
    ours: list[float] = []
    theirs: list[float] = []
    async with stage.desk() as desk, stage.worker(), stage.program("-m", "benchmarks.bare"):
        await _play(stage.client, desk, "life-warm", IN_FLIGHT)
        await _start_and_complete(stage.client, "bare-warm", IN_FLIGHT)
        for number in range(rounds):
            ours.append(await _play(stage.client, desk, f"life-{number}", lives))
            theirs.append(await _start_and_complete(stage.client, f"bare-{number}", lives))
    results.figures.append(
        Figure(
            SECTION,
            f"lives of {len(LIFE)} commands, {IN_FLIGHT} in flight",
            "/s",
            median(ours),
            median(theirs),
            "bare start + complete",
            at_least=0.4,
        )
    )
    results.notes.append(
        f"Whole lives: {rounds} rounds of {lives}, each to the end of its workflow, the outbox "
        "empty and every notice told; no pause between a life's commands."
    )


async def _play(client: Client, desk: Desk, name: str, lives: int) -> float:
    """Return lives a second, up to the end of the last workflow."""
    keys = iter([f"{name}-{number:05d}" for number in range(lives)])
    ended: list[asyncio.Task[object]] = []
    began = time.perf_counter()

    async def player() -> None:
        for key in keys:
            for submission in submissions(key, LIFE):
                await desk.carry_out(submission)
            ended.append(asyncio.create_task(_end(client, desk, key)))

    await asyncio.gather(*(player() for _ in range(IN_FLIGHT)))
    await drained(desk)
    await asyncio.gather(*ended)
    return lives / (time.perf_counter() - began)


async def _end(client: Client, desk: Desk, key: str) -> None:
    """Wait for the end of an issue's workflow, which the relay may not have started yet."""

    async def is_there() -> bool:
        return (await desk.row(ZONE, key)).answered

    await until("the workflow of an issue", is_there)
    handle = client.get_workflow_handle(workflow_id(ZONE, key))
    await asyncio.wait_for(handle.result(), LIFE_SECONDS_MAX)


async def _start_and_complete(client: Client, name: str, count: int) -> float:
    numbers = iter(range(count))
    began = time.perf_counter()

    async def starter() -> None:
        for number in numbers:
            await client.execute_workflow(
                bare.Trivial.run, id=f"{name}-{number:05d}", task_queue=bare.TASK_QUEUE
            )

    await asyncio.gather(*(starter() for _ in range(IN_FLIGHT)))
    return count / (time.perf_counter() - began)
