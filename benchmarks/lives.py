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
from benchmarks.cost import POSTGRES, SENDER, TEMPORAL, WORKER, TemporalFront
from benchmarks.dbos_peer import dbos_standing
from benchmarks.figures import Figure, Results, median
from benchmarks.lives_cost import Counter, Way, report, report_memory
from benchmarks.script import LIFE, OPENING, ZONE, life_for_peer, submissions
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


async def measure(stage: Stage, results: Results, *, lives: int, rounds: int) -> None:
    """Play `lives` lives, then let each of the others do as many; `rounds` times, in turn."""
    rest_s: list[float] = []
    async with AsyncExitStack() as open_now:
        desk = await open_now.enter_async_context(stage.desk())
        ways = await _ways(stage, desk, rest_s, open_now)
        ours, *others = ways
        stack = stage.stack
        counter = Counter(stage.client, TemporalFront(stack.temporal.pid))
        for at, way in enumerate(ways):
            await way.play(f"warm-{at}", IN_FLIGHT)
        rest_s.clear()
        for number in range(rounds):
            for at, way in enumerate(ways):
                await counter.round(way, f"life-{at}-{number}", lives)
        _report(results, ours, others)
        report(results, ours, others)
        servers = {name: pid for name, pid in ours.pids.items() if name != SENDER}
        await report_memory(results, servers, lives, partial(_opened, desk))
    results.conditions["dbos"] = pinned("dbos")
    results.notes.append(
        f"Whole lives: {rounds} rounds of {lives}, in turn, each of ours to the end of its "
        "workflow, the outbox empty and every notice told; no pause between a life's commands. "
        f"After the last acknowledgement of a round the relay and the workflows had "
        f"{max(rest_s):.1f} s left to do at most, which counts."
    )


def _report(results: Results, ours: Way, others: list[Way]) -> None:
    for other in others:
        results.figures.append(
            Figure(
                SECTION,
                f"lives of {len(LIFE)} commands, {IN_FLIGHT} in flight",
                "/s",
                median(ours.rates),
                median(other.rates),
                other.name,
                at_least=AIMS[other.name],
            )
        )


async def _ways(
    stage: Stage, desk: Desk, rest_s: list[float], open_now: AsyncExitStack
) -> list[Way]:
    """Return what is played: ours first. How long ours then took to rest goes into `rest_s`."""
    enter, stack = open_now.enter_async_context, stage.stack
    worker = await enter(stage.worker())
    bare_worker = await enter(stage.program("-m", "benchmarks.bare"))
    pool = await peer.open_pool(stage.peer_url, POOL_SIZE)
    open_now.push_async_callback(pool.close)
    await pool.execute(peer.SCHEMA)
    by_hand = peer.Peer(pool)
    polling = asyncio.create_task(by_hand.poll())
    open_now.callback(polling.cancel)
    urls = [await stage.database(name) for name in ("naive", "dbos_peer", "dbos_system")]
    await _schema(urls[0])
    naive_worker = await enter(stage.program("-m", "benchmarks.naive", urls[0]))
    dbos = await enter(dbos_standing(*urls[1:]))
    client = stage.client
    postgres: dict[str, int | None] = {POSTGRES: stack.postgres.pid}
    temporal: dict[str, int | None] = {TEMPORAL: stack.temporal.pid}
    by_dbos = {**postgres, "dbos": dbos.pid}
    return [
        Way(
            "ours",
            partial(_play, client, desk, rest_s),
            {**postgres, **temporal, WORKER: worker},
            (stack.postgres.owner_url,),
            lambda name, number: workflow_id(ZONE, key_of(name, number)),
        ),
        Way(
            "bare start + complete",
            partial(_start_and_complete, client),
            {**temporal, "worker": bare_worker},
            workflow=key_of,
        ),
        Way("CRUD by hand", partial(_lives, by_hand.live), postgres, (stage.peer_url,)),
        *(
            Way(
                f"dbos, a workflow {a_or_an} {each}",
                partial(dbos.lives_a_second, each, IN_FLIGHT),
                by_dbos,
                tuple(urls[1:]),
            )
            for a_or_an, each in (("an", "issue"), ("a", "command"))
        ),
        Way(
            "naive Temporal",
            partial(_lives, partial(_naive, client)),
            {**postgres, **temporal, "worker": naive_worker},
            (urls[0],),
            lambda name, number: f"naive-{key_of(name, number)}",
        ),
    ]


def key_of(name: str, number: int) -> str:
    """Return the key of a life of a round."""
    return f"{name}-{number:05d}"


async def _opened(desk: Desk, count: int) -> None:
    """Open issues that stay open, until all their workflows run."""
    keys = iter([key_of("open", number) for number in range(count)])

    async def opener() -> None:
        for key in keys:
            for submission in submissions(key, OPENING):
                await desk.carry_out(submission)

    await asyncio.gather(*(opener() for _ in range(IN_FLIGHT)))
    await drained(desk)


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
    told = iter([life_for_peer(key_of(name, number)) for number in range(lives)])
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


async def _play(client: Client, desk: Desk, rest_s: list[float], name: str, lives: int) -> float:
    """Return lives a second, up to the end of the last workflow."""
    keys = iter([key_of(name, number) for number in range(lives)])
    ended: list[asyncio.Task[object]] = []
    began = time.perf_counter()

    async def player() -> None:
        for key in keys:
            for submission in submissions(key, LIFE):
                await desk.carry_out(submission)
            ended.append(asyncio.create_task(_end(client, desk, key)))

    await asyncio.gather(*(player() for _ in range(IN_FLIGHT)))
    acknowledged = time.perf_counter()
    await drained(desk)
    await asyncio.gather(*ended)
    rest_s.append(time.perf_counter() - acknowledged)
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
                bare.Trivial.run, id=key_of(name, number), task_queue=bare.TASK_QUEUE
            )

    await asyncio.gather(*(starter() for _ in range(IN_FLIGHT)))
    return count / (time.perf_counter() - began)
