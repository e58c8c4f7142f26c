"""How long until a command is acknowledged, and how many a second: the desk beside the peer."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any

from benchmarks.figures import Figure, Results, median, percentile
from benchmarks.peer import SCHEMA, Peer, open_pool
from benchmarks.script import (
    MIX_TOLD,
    OPENING,
    mix_for_desk,
    mix_for_peer,
    submissions,
)
from benchmarks.stage import Stage, drained
from desk.desk import Desk

SECTION = "acknowledgement"
IN_FLIGHT = (1, 20, 100)
OPENING_AT_ONCE = 20

COMMANDS_A_SECOND_MAX = 12_000

Send = Callable[[Any], Awaitable[object]]


@dataclass(slots=True)
class Side:
    """One of the two, what it is to be sent for each issue, and what its windows came to."""

    name: str
    send: Send
    sources: list[Iterator[Any]]
    ready: list[list[Any]] = field(init=False)
    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ready = [[] for _ in self.sources]

    def prepare(self, seconds: float) -> None:
        """Make what a window of `seconds` can need, before it begins; the next one stands last."""
        each = 1 + int(seconds * COMMANDS_A_SECOND_MAX / len(self.sources))
        for place, source in enumerate(self.sources):
            kept = self.ready[place]
            self.ready[place] = [*reversed(list(islice(source, max(0, each - len(kept))))), *kept]


async def measure(
    stage: Stage, results: Results, *, issues: int, windows: int, seconds: float, warm_s: float
) -> None:
    """Open `issues` issues on both sides, wait until every workflow runs, then take turns."""
    keys = [f"ack-{number:05d}" for number in range(issues)]
    pool = await open_pool(stage.peer_url, stage.settings.pool_size)
    await pool.execute(SCHEMA)
    peer = Peer(pool)
    try:
        async with stage.desk() as desk, stage.worker():
            polling = asyncio.create_task(peer.poll())
            try:
                opened = await _open(desk, peer, keys)
                ours = Side("desk", desk.carry_out, [mix_for_desk(key) for key in keys])
                theirs = Side("peer", peer.carry_out, [mix_for_peer(key) for key in keys])
                for side in (ours, theirs):
                    await _window(side, 20, warm_s)
                _forget(ours, theirs)
                drains = [await drained(desk)]
                for in_flight in IN_FLIGHT:
                    for _ in range(windows):
                        await _window(ours, in_flight, seconds)
                        drains.append(await drained(desk))
                        await _window(theirs, in_flight, seconds)
                    _report(results, in_flight, ours, theirs)
                    _forget(ours, theirs)
            finally:
                polling.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await polling
    finally:
        await pool.close()
    results.notes.append(
        f"Acknowledgement: {issues} open issues, each with its running workflow (all of them "
        f"running {opened:.1f} s after the first report); {windows} windows of {seconds:g} s a "
        f"side and level, taking turns; the mix: {MIX_TOLD}. After each of the desk's windows the "
        f"relay told the workflows the rest in {max(drains):.1f} s at most, outside any window."
    )


async def _open(desk: Desk, peer: Peer, keys: list[str]) -> float:
    began = time.perf_counter()

    async def open_some(mine: list[str]) -> None:
        for key in mine:
            for submission in submissions(key, OPENING):
                await desk.carry_out(submission)
            await peer.open_issue(key)

    await asyncio.gather(
        *(open_some(keys[start::OPENING_AT_ONCE]) for start in range(OPENING_AT_ONCE))
    )
    await drained(desk)
    return time.perf_counter() - began


async def _window(side: Side, in_flight: int, seconds: float) -> None:
    """Send for `seconds`, `in_flight` at once, each sender to issues of its own, in turn."""
    side.prepare(seconds)
    acknowledged_s: list[float] = []
    began, cpu = time.perf_counter(), time.process_time()
    until = began + seconds

    async def sender(queues: list[list[Any]]) -> None:
        turns = cycle(queues)
        while (now := time.perf_counter()) < until:
            queue = next(turns)
            if queue:
                await side.send(queue.pop())
                acknowledged_s.append(time.perf_counter() - now)
            elif not any(queues):
                raise RuntimeError("no commands left: give it more issues")

    # Fullest first, so that all issues come to their turn whatever the level.
    ordered = sorted(side.ready, key=len, reverse=True)
    await asyncio.gather(*(sender(ordered[start::in_flight]) for start in range(in_flight)))
    took = time.perf_counter() - began
    side.p50_ms.append(percentile(acknowledged_s, 50) * 1000)
    side.p99_ms.append(percentile(acknowledged_s, 99) * 1000)
    side.per_second.append(len(acknowledged_s) / took)
    side.cpu_ms.append((time.process_time() - cpu) / len(acknowledged_s) * 1000)


def _report(results: Results, in_flight: int, ours: Side, theirs: Side) -> None:
    def figure(name: str, unit: str, values: str, **aim: float) -> None:
        results.figures.append(
            Figure(
                SECTION,
                f"{name}, {in_flight} in flight",
                unit,
                median(getattr(ours, values)),
                median(getattr(theirs, values)),
                "CRUD peer",
                **aim,
            )
        )

    figure("p50", "ms", "p50_ms", at_most=0.9)
    figure("p99", "ms", "p99_ms")
    figure("commands a second", "/s", "per_second", at_least=1.0)
    figure("CPU of the sending process", "ms", "cpu_ms")


def _forget(*sides: Side) -> None:
    for side in sides:
        for values in (side.p50_ms, side.p99_ms, side.per_second, side.cpu_ms):
            values.clear()
