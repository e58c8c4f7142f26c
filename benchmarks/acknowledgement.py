"""How long until a command is acknowledged, and how many a second: the desk beside the peer, and
the same commands through HTTP and through door 2; then the desk and the peer on slower flushes."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from benchmarks.cost import POSTGRES, SENDER, TEMPORAL, WORKER, Meter, told
from benchmarks.doors import SecondDoor, face_standing
from benchmarks.figures import Figure, Results
from benchmarks.flush import flush_ms, slower
from benchmarks.peer import SCHEMA, Peer, open_pool
from benchmarks.script import (
    MIX,
    MIX_ROUNDS_MAX,
    MIX_TOLD,
    OPENING,
    mix_for_desk,
    mix_for_peer,
    submissions,
)
from benchmarks.stage import Stage, drained
from benchmarks.windows import Side, window
from desk.desk import Desk

SECTION = "acknowledgement"
SLOWER = "acknowledgement, flushes 1 ms slower"
IN_FLIGHT = (1, 20, 100, 400)
CPU_LEVELS = (20, 100, 400)
OPENING_AT_ONCE = 20
WARM_AT_ONCE = 20
HTTP = "HTTP"
DOOR_2 = "door 2"
DESK = "desk"
PEER = "CRUD peer"
AIMS: dict[tuple[str, int], dict[str, float]] = {
    ("p50", 20): {"at_most": 0.8},
    ("p99", 20): {"at_most": 1.0},
    ("per_second", 100): {"at_least": 1.3},
    ("per_second", 400): {"at_least": 2.0},
}
"""Of the desk beside the peer, by what is measured and how many are in flight."""
MEASURED = (
    ("p50", "p50", "ms"),
    ("p95", "p95", "ms"),
    ("p99", "p99", "ms"),
    ("per_second", "commands a second", "/s"),
)


@dataclass(slots=True)
class Ours:
    """One of our doors, and how it comes to further issues."""

    side: Side
    mix: Callable[[str], Iterator[Any]]
    opened: int = 0


@dataclass(slots=True)
class Round:
    """All that takes turns, and what is noted of it."""

    desk: Desk
    ours: list[Ours]
    peer: Side
    lags: dict[str, list[float]] = field(default_factory=dict)
    behind: dict[str, int] = field(default_factory=dict)

    async def open(self, door: Ours, count: int) -> float:
        """Open `count` issues for a door, and return the seconds until all their workflows run."""
        began, first = time.perf_counter(), door.opened
        name = door.side.name.replace(" ", "")
        keys = [f"{name}-{number:06d}" for number in range(first, first + count)]
        door.opened += count

        async def open_some(mine: list[str]) -> None:
            for key in mine:
                for submission in submissions(key, OPENING):
                    await self.desk.carry_out(submission)

        await asyncio.gather(
            *(open_some(keys[start::OPENING_AT_ONCE]) for start in range(OPENING_AT_ONCE))
        )
        await drained(self.desk)
        door.side.take([door.mix(key) for key in keys])
        return time.perf_counter() - began

    async def take_turns(self, in_flight: int, seconds: float, doors: list[Ours]) -> None:
        """Let each door, and then the peer, have a window."""
        for door in doors:
            while door.opened < in_flight or door.side.lacks(seconds):
                await self.open(door, max(in_flight, door.opened // 2))
            made = await window(
                door.side,
                in_flight,
                seconds,
                rest=lambda: drained(self.desk),
                behind=self.desk.ledger.outbox_size,
            )
            name = door.side.name
            self.lags.setdefault(name, []).append(made.rest_s)
            self.behind[name] = max(self.behind.get(name, 0), made.behind)
        await window(self.peer, in_flight, seconds)


async def measure(
    stage: Stage,
    results: Results,
    *,
    issues: int,
    door_issues: int,
    windows: int,
    seconds: float,
    warm_s: float,
) -> None:
    """Open issues on every side, wait until every workflow runs, then take turns at each level;
    HTTP and door 2 only with as many in flight as there are `door_issues` for."""
    async with _standing(stage, issues) as turns:
        desk, *others = turns.ours
        opened_s = [
            await turns.open(door, issues if door is desk else door_issues) for door in turns.ours
        ]
        for side in (*(door.side for door in turns.ours), turns.peer):
            await window(side, WARM_AT_ONCE, warm_s)
        await drained(turns.desk)
        for in_flight in IN_FLIGHT:
            _forget(turns)
            doors = [door for door in others if in_flight <= door_issues]
            for _ in range(windows):
                await turns.take_turns(in_flight, seconds, [desk, *doors])
            _report(results, in_flight, desk.side, turns.peer)
            for door in doors:
                _report_door(results, in_flight, door.side, desk.side)
        normal_ms = await flush_ms(stage)
        async with slower(stage):
            slower_ms = await flush_ms(stage)
            for in_flight in IN_FLIGHT:
                _forget(turns)
                for _ in range(windows):
                    await turns.take_turns(in_flight, seconds, [desk])
                _report_pair(results, SLOWER, in_flight, desk.side, turns.peer)
        _note(results, turns, sum(opened_s), windows, seconds)
    results.figures.append(
        Figure(SLOWER, "one commit alone", "ms", slower_ms, normal_ms, "as the disk is")
    )


@asynccontextmanager
async def _standing(stage: Stage, peer_issues: int) -> AsyncIterator[Round]:
    """Let all sides stand: the desk and the peer here, worker and HTTP face beside."""
    async with AsyncExitStack() as open_now:
        pool = await open_pool(stage.peer_url, stage.settings.pool_size)
        open_now.push_async_callback(pool.close)
        await pool.execute(SCHEMA)
        peer = Peer(pool)
        polling = asyncio.create_task(peer.poll())
        open_now.push_async_callback(_ended, polling)
        desk = await open_now.enter_async_context(stage.desk())
        worker = await open_now.enter_async_context(stage.worker())
        face = await open_now.enter_async_context(face_standing(stage, desk))
        stack = stage.stack
        pids = {POSTGRES: stack.postgres.pid, TEMPORAL: stack.temporal.pid, WORKER: worker}
        by_us, of_each = Meter(pids), len(MIX) * MIX_ROUNDS_MAX
        by_face = Meter({"API": face.pid, **pids})
        ours = [
            Ours(Side(DESK, desk.carry_out, by_us, of_each), mix_for_desk),
            Ours(Side(HTTP, face.client.send, by_face, of_each), face.mix),
            Ours(Side(DOOR_2, SecondDoor(stage.client).send, by_us, of_each), mix_for_desk),
        ]
        theirs = Side(PEER, peer.carry_out, Meter({POSTGRES: stack.postgres.pid}), 0)
        keys = [f"peer-{number:06d}" for number in range(peer_issues)]
        for key in keys:
            await peer.open_issue(key)
        theirs.take([mix_for_peer(key) for key in keys])
        yield Round(desk, ours, theirs)


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _report(results: Results, in_flight: int, ours: Side, theirs: Side) -> None:
    _report_pair(results, SECTION, in_flight, ours, theirs, AIMS)
    results.notes.append(_cpu_told(in_flight, ours))
    results.notes.append(_cpu_told(in_flight, theirs))
    if in_flight in CPU_LEVELS:
        beside = theirs.cpu()
        for name, value in ours.cpu().items():
            results.figures.append(
                Figure(
                    SECTION,
                    f"CPU a command of {DESK if name == SENDER else name}, {in_flight} in flight",
                    "ms",
                    value,
                    beside.get(name),
                    PEER,
                )
            )


def _report_pair(
    results: Results,
    section: str,
    in_flight: int,
    ours: Side,
    beside: Side,
    aims: dict[tuple[str, int], dict[str, float]] | None = None,
) -> None:
    for field_name, name, unit in MEASURED:
        results.figures.append(
            Figure(
                section,
                f"{name}, {in_flight} in flight",
                unit,
                ours.median_of(field_name),
                beside.median_of(field_name),
                beside.name,
                **(aims or {}).get((field_name, in_flight), {}),
            )
        )


def _report_door(results: Results, in_flight: int, door: Side, desk: Side) -> None:
    section = f"{SECTION}, through {door.name}"
    _report_pair(results, section, in_flight, door, desk)
    results.notes.append(_cpu_told(in_flight, door))
    if in_flight in CPU_LEVELS:
        for name, value in door.cpu().items():
            results.figures.append(
                Figure(section, f"CPU a command of {name}, {in_flight} in flight", "ms", value)
            )


def _cpu_told(in_flight: int, side: Side) -> str:
    return f"CPU ms a command, {side.name}, {in_flight} in flight: {told(side.cpu())}."


def _note(results: Results, turns: Round, opened_s: float, windows: int, seconds: float) -> None:
    counts = ", ".join(f"{door.opened} for {door.side.name}" for door in turns.ours)
    results.notes.append(
        f"Acknowledgement: open issues, each with its running workflow: {counts} (the first of "
        f"them all ran {opened_s:.1f} s after the first report); {windows} windows of "
        f"{seconds:g} s a side and level, taking turns; the mix: {MIX_TOLD}. CPU is of a window "
        "and of what follows from it until the relay has told all; the servers' own idling, with "
        "so many open issues, is in it, and weighs where few commands are sent."
    )
    for name, lags in turns.lags.items():
        results.notes.append(
            f"The relay after a window of {name}: at most {turns.behind[name]} entries behind, "
            f"told within {max(lags):.1f} s at most, outside any window."
        )
    results.notes.append(
        "Flushes 1 ms slower: PostgreSQL's commit_delay = 1000 with commit_siblings = 0; it sleeps "
        "before each flush, and whoever commits meanwhile is flushed with it, which a slower disk "
        "does not do: kinder to many at once than such a disk, to both sides."
    )


def _forget(turns: Round) -> None:
    for side in (*(door.side for door in turns.ours), turns.peer):
        side.windows.clear()
