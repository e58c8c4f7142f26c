"""How late rungs fire that are all due at one instant, beside as many bare timers."""

import asyncio
import itertools
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
from temporalio.client import Client, WorkflowHandle

from benchmarks import bare
from benchmarks.figures import Figure, Results, percentile
from benchmarks.script import MILL, report, submissions
from benchmarks.stage import LateError, Stage, drained, until
from desk.desk import Desk
from domain.model import to_millisecond
from domain.phases import Priority

SECTION = "lateness"
ASKED_AT_ONCE = 50
AT_ONCE = 20
RUNG_AFTER = timedelta(minutes=50)
"""The first rung of the zone's emergency clock: half of its 100 minutes."""
SHOWN = (("p50", 50.0), ("p99", 99.0), ("max", 100.0))
AIM = 1.5
PACED = 200
MARGIN = 1.5
LATE_SECONDS_MAX = 90.0
LATE_SECONDS_EACH = 0.1
FIRED_A_LOOK = 2000
TOLD_SECONDS_MAX = 900.0
BINS_S = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0)
FIRED = """
SELECT stream, text::json #>> '{body,clock}', text::json #>> '{body,cycle}',
       text::json #>> '{body,rung}', count(*)::integer
FROM event
WHERE kind = 'rung_fired' AND stream LIKE $1
  AND (text::json #>> '{body,due_at}')::timestamptz = $2
GROUP BY 1, 2, 3, 4
"""
"""The events themselves, not the table of firings, whose key keeps it from holding one twice."""

Sleeping = WorkflowHandle[bare.Sleeper, float]


class FixedClock:
    """Stands at one instant, so that every report starts its clock at the same time."""

    offset = timedelta(0)

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """Return the instant."""
        return self._at


@dataclass(frozen=True, slots=True)
class Counted:
    """Of the rungs that were due: how many never fired, and how many firings were too many."""

    lost: int
    doubled: int


async def measure(stage: Stage, results: Results, *, rungs: float, lead_s: float) -> None:
    """Let `rungs` timers and then as many rungs fall due, each all at one instant."""
    count = int(rungs)
    async with stage.program("-m", "benchmarks.bare"):
        timers = await woken(await sleeping(stage.client, count, due_in(lead_s)), count)
    async with stage.worker():
        due_at = due_in(max(lead_s, await _pace_s(stage) * count * MARGIN))
        await open_due(stage, "late", count, due_at)
        async with stage.desk() as desk:
            rings = await fired(desk, "late", count, due_at)
            told = await told_of(desk, due_at)
    counted = await count_rungs(stage.stack.postgres.owner_url, "late", count, due_at)
    note_lateness(results, SECTION, rings, timers, counted)
    results.notes.append(
        f"Lateness: {count} issues whose first rung (a reminder, with a notice) is due at one "
        "instant, wake-ups not spread: the ledger's fired_at minus due_at. The bare timers: "
        f"{count} workflows that sleep until one instant and end; the worker's clock minus it. "
        + told
    )


async def _pace_s(stage: Stage) -> float:
    """Return how many seconds an issue takes to be opened here and now."""
    much_later = due_in(RUNG_AFTER.total_seconds())
    # The first waits for the worker to start.
    await open_due(stage, "warm", 1, much_later)
    began = time.perf_counter()
    await open_due(stage, "pace", PACED, much_later)
    return (time.perf_counter() - began) / PACED


def due_in(seconds: float) -> datetime:
    """Return an instant so far ahead: no whole minute, or wake-ups would be spread."""
    at = to_millisecond(datetime.now(UTC)) + timedelta(seconds=seconds)
    return at.replace(second=at.second or 1, microsecond=123_000)


async def open_due(stage: Stage, prefix: str, count: int, due_at: datetime) -> None:
    """Report issues whose first rung is due at one instant, and wait until all of them have their
    workflows. Raises RuntimeError if the instant has passed by then."""
    keys = iter([f"{prefix}-{number:06d}" for number in range(count)])
    async with stage.desk(FixedClock(due_at - RUNG_AFTER)) as desk:

        async def reporter() -> None:
            for key in keys:
                for submission in submissions(key, ((MILL, report(Priority.EMERGENCY)),)):
                    await desk.carry_out(submission)

        await asyncio.gather(*(reporter() for _ in range(AT_ONCE)))
        await drained(desk, seconds=late_seconds_max(count))
    if datetime.now(UTC) >= due_at:
        raise RuntimeError("the issues were not open before their rungs: raise the lead")


async def fired(desk: Desk, prefix: str, count: int, due_at: datetime) -> list[float]:
    """Wait until so many rungs that are due at one instant have fired, and return how many seconds
    late each was. Raises LateError."""

    async def all_fired() -> bool:
        # Each look reads all of them, so that very many are looked at less often.
        await asyncio.sleep(max(0.5, count / FIRED_A_LOOK))
        return len(await _fired(desk, prefix)) >= count

    still_s = max(0.0, (due_at - datetime.now(UTC)).total_seconds())
    await until("rungs", all_fired, seconds=still_s + late_seconds_max(count))
    return await _fired(desk, prefix)


async def told_of(desk: Desk, due_at: datetime) -> str:
    """Wait until what the rungs bring is told, for so long at most, and say when that was."""

    async def all_told() -> bool:
        await asyncio.sleep(1.0)
        return await desk.ledger.undelivered() == 0

    try:
        await until("notices", all_told, seconds=TOLD_SECONDS_MAX)
    except LateError:
        left = await desk.ledger.undelivered()
        return f"{left} notices were not told {_since(due_at):.0f} s after the instant."
    return f"All notices were told {_since(due_at):.0f} s after the instant."


def _since(at: datetime) -> float:
    return (datetime.now(UTC) - at).total_seconds()


async def _fired(desk: Desk, prefix: str) -> list[float]:
    return [
        (row.fired_at - row.due_at).total_seconds()
        for row in await desk.ledger.firings()
        if f"/{prefix}-" in row.stream
    ]


async def count_rungs(url: str, prefix: str, count: int, due_at: datetime) -> Counted:
    """Return what was lost and doubled of the rungs due at one instant, as the events say."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(FIRED, f"%/{prefix}-%", due_at)
    finally:
        await connection.close()
    return counted_of(count, [(str(row[0]), int(row[4])) for row in rows])


def counted_of(count: int, firings: Iterable[tuple[str, int]]) -> Counted:
    """Return what was lost and doubled. `firings`: the stream of each rung, and how often that rung
    fired."""
    found = list(firings)
    return Counted(
        lost=count - len({stream for stream, _ in found}),
        doubled=sum(times - 1 for _, times in found),
    )


async def sleeping(client: Client, count: int, due_at: datetime) -> list[Sleeping]:
    """Start so many bare workflows that sleep until an instant. Raises RuntimeError if it has
    passed before all of them are started."""
    numbers = iter(range(count))
    handles: list[Sleeping] = []

    async def starter() -> None:
        for number in numbers:
            handles.append(
                await client.start_workflow(
                    bare.Sleeper.run,
                    due_at,
                    id=f"timer-{number:06d}",
                    task_queue=bare.TASK_QUEUE,
                )
            )

    began = time.perf_counter()
    await asyncio.gather(*(starter() for _ in range(AT_ONCE)))
    if datetime.now(UTC) >= due_at:
        took = time.perf_counter() - began
        msg = f"the timers took {took:.0f} s to start: raise the lead"
        raise RuntimeError(msg)
    return handles


async def woken(handles: Sequence[Sleeping], count: int) -> list[float]:
    """Return how many seconds late each bare workflow woke. Few are asked at once: the server lets
    so many requests of a namespace wait, and no more."""
    asked = asyncio.Semaphore(ASKED_AT_ONCE)

    async def late(handle: Sleeping) -> float:
        async with asked:
            return await handle.result()

    async with asyncio.timeout(2 * late_seconds_max(count)):
        return list(await asyncio.gather(*map(late, handles)))


def late_seconds_max(count: int) -> float:
    """Return how long is waited for so many, in seconds."""
    return LATE_SECONDS_MAX + count * LATE_SECONDS_EACH


def note_lateness(
    results: Results,
    section: str,
    rings: Sequence[float],
    timers: Sequence[float],
    counted: Counted,
) -> None:
    """Note how late rungs were beside bare timers, as figures and as a histogram, and what was lost
    and doubled: nothing may be."""
    count = len(timers)
    for name, percent in SHOWN:
        results.figures.append(
            Figure(
                section,
                f"{name} of {count} at one instant",
                "s",
                percentile(rings, percent),
                percentile(timers, percent),
                "bare timers",
                at_most=None if name == "max" else AIM,
            )
        )
    for name, number in (("lost", counted.lost), ("doubled", counted.doubled)):
        results.figures.append(
            Figure(section, f"rungs {name}", "", number, count, "due", at_most=0.0)
        )
    results.notes.append(
        f"Seconds late, {section}: rungs {shown_bins(rings)}; bare timers {shown_bins(timers)}."
    )


def shown_bins(values: Sequence[float]) -> str:
    """Return a histogram in words: how many lie from one bound to before the next."""
    bounds = (*BINS_S, float("inf"))
    told = []
    for low, high in itertools.pairwise(bounds):
        inside = sum(1 for value in values if low <= max(value, 0.0) < high)
        if inside:
            told.append(
                f"{low:g} to {high:g}: {inside}"
                if high < float("inf")
                else f"{low:g} and more: {inside}"
            )
    return ", ".join(told)
