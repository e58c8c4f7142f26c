"""Whole lives to the drained end, beside the bare start and completion of a trivial workflow, CRUD
by hand, dbos in two ways, and the engine as a first attempt uses it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial

import asyncpg
from temporalio.client import Client

from benchmarks import bare, naive, peer
from benchmarks.beside import pinned
from benchmarks.dbos_peer import dbos_standing
from benchmarks.figures import Figure, Results, median
from benchmarks.script import LIFE, ZONE, life_for_peer, submissions
from benchmarks.stage import Stage, drained, until
from desk.desk import Desk
from domain.view import workflow_id

SECTION = "whole lives"
IN_FLIGHT = 20
LIFE_SECONDS_MAX = 60.0
POOL_SIZE = 10


AIMS = {
    "bare start + complete": 0.5,
    "CRUD by hand": None,
    "dbos, a workflow an issue": 8.0,
    "dbos, a workflow a command": 3.0,
    "naive Temporal": 5.0,
}
"""At least so many times the lives of each that stands beside."""

Played = Callable[[str, int], Awaitable[float]]


async def measure(stage: Stage, results: Results, *, lives: int, rounds: int) -> None:
    """Play `lives` lives, then let each of the others do as many; `rounds` times, in turn."""
    async with AsyncExitStack() as open_now:
        ways = await _ways(stage, open_now)
        told: dict[str, list[float]] = {name: [] for name in ways}
        for at, play in enumerate(ways.values()):
            await play(f"warm-{at}", IN_FLIGHT)
        for number in range(rounds):
            for at, (name, play) in enumerate(ways.items()):
                told[name].append(await play(f"life-{at}-{number}", lives))
    for name, aim in AIMS.items():
        results.figures.append(
            Figure(
                SECTION,
                f"lives of {len(LIFE)} commands, {IN_FLIGHT} in flight",
                "/s",
                median(told["ours"]),
                median(told[name]),
                name,
                at_least=aim,
            )
        )
    results.conditions["dbos"] = pinned("dbos")
    results.notes.append(
        f"Whole lives: {rounds} rounds of {lives}, in turn, each of ours to the end of its "
        "workflow, the outbox empty and every notice told; no pause between a life's commands."
    )


async def _ways(stage: Stage, open_now: AsyncExitStack) -> dict[str, Played]:
    """Return what is played, by name: ours first."""
    desk = await open_now.enter_async_context(stage.desk())
    await open_now.enter_async_context(stage.worker())
    await open_now.enter_async_context(stage.program("-m", "benchmarks.bare"))
    pool = await peer.open_pool(stage.peer_url, POOL_SIZE)
    open_now.push_async_callback(pool.close)
    await pool.execute(peer.SCHEMA)
    by_hand = peer.Peer(pool)
    polling = asyncio.create_task(by_hand.poll())
    open_now.callback(polling.cancel)
    urls = [await stage.database(name) for name in ("naive", "dbos_peer", "dbos_system")]
    await _schema(urls[0])
    await open_now.enter_async_context(stage.program("-m", "benchmarks.naive", urls[0]))
    dbos = await open_now.enter_async_context(dbos_standing(*urls[1:]))
    client = stage.client
    return {
        "ours": partial(_play, client, desk),
        "bare start + complete": partial(_start_and_complete, client),
        "CRUD by hand": partial(_lives, by_hand.live),
        "dbos, a workflow an issue": partial(dbos.lives_a_second, "issue", IN_FLIGHT),
        "dbos, a workflow a command": partial(dbos.lives_a_second, "command", IN_FLIGHT),
        "naive Temporal": partial(_lives, partial(_naive, client)),
    }


async def _schema(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(peer.SCHEMA)
    finally:
        await connection.close()


async def _lives(
    live: Callable[[list[peer.Request]], Awaitable[None]], name: str, lives: int
) -> float:
    """Return lives a second."""
    told = iter([life_for_peer(f"{name}-{number:05d}") for number in range(lives)])
    began = time.perf_counter()

    async def player() -> None:
        for life in told:
            await live(life)

    await asyncio.gather(*(player() for _ in range(IN_FLIGHT)))
    return lives / (time.perf_counter() - began)


async def _naive(client: Client, life: list[peer.Request]) -> None:
    issue = life[0].issue
    handle = await client.start_workflow(
        naive.NaiveIssue.run, issue, id=f"naive-{issue}", task_queue=naive.TASK_QUEUE
    )
    for request in life[1:]:
        await handle.execute_update(naive.NaiveIssue.command, naive.plain(request), id=request.id)
    await handle.result()


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
