"""What one life costs beside its time, by who plays it: CPU, requests, history, bytes, memory."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from temporalio.client import Client

from benchmarks.cost import Meter, TemporalFront, ms_each, told, written
from benchmarks.figures import Figure, Results, median
from benchmarks.footprint import KB_A_MB, memory_mb

SECTION: Final = "cost of a life"
MEMORY: Final = "memory of an open issue"
HISTORIES_MAX: Final = 5
"""How many workflows of a round are asked for the length of their history."""

Played = Callable[[str, int], Awaitable[float]]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one life cost in one round. Bytes, CPU in ms; None where it has none of it."""

    cpu: dict[str, float]
    wal: float | None
    tables: float | None
    requests: float | None
    events: float | None
    history: float | None


@dataclass(slots=True)
class Way:
    """One way of living lives. `databases`: where its tables lie; `workflow`: the id of the
    workflow of a life, from the name of the round and the life's number, if it has just one."""

    name: str
    play: Played
    pids: Mapping[str, int | None]
    databases: tuple[str, ...] = ()
    workflow: Callable[[str, int], str] | None = None
    rates: list[float] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)

    def median_of(self, name: str) -> float | None:
        """Return the median of one of the numbers over the rounds, None where there is none."""
        values = [getattr(cost, name) for cost in self.costs]
        return None if None in values else median(values)

    def cpu(self) -> dict[str, float]:
        """Return the medians of the CPU ms a life, by process."""
        return {name: median([cost.cpu[name] for cost in self.costs]) for name in self.costs[0].cpu}


@dataclass(slots=True)
class Counter:
    """Plays a round and says what it cost."""

    client: Client
    front: TemporalFront

    async def round(self, way: Way, name: str, lives: int) -> None:
        """Let a way play so many lives, and note rate and cost. Nothing else must run meanwhile:
        PostgreSQL's log and Temporal's requests belong to the whole server."""
        meter = Meter(way.pids)
        stored, asked = await written(way.databases), await self.front.requests()
        cpu = meter.read()
        rate = await way.play(name, lives)
        spent = ms_each(cpu, meter.read(), lives)
        asked_then, then = await self.front.requests(), await written(way.databases)
        events, history = await self._history(way, name, lives)
        way.rates.append(rate)
        way.costs.append(
            Cost(
                cpu=spent,
                wal=(then.wal - stored.wal) / lives if way.databases else None,
                tables=(then.tables - stored.tables) / lives if way.databases else None,
                requests=requests_each(asked, asked_then, lives) if way.workflow else None,
                events=events,
                history=history,
            )
        )

    async def _history(self, way: Way, name: str, lives: int) -> tuple[float | None, float | None]:
        if way.workflow is None:
            return None, None
        events, sizes = [], []
        for number in range(min(lives, HISTORIES_MAX)):
            handle = self.client.get_workflow_handle(way.workflow(name, number))
            told_of = (await handle.describe()).raw_description.workflow_execution_info
            events.append(told_of.history_length)
            sizes.append(told_of.history_size_bytes)
        return median(events), median(sizes)


def requests_each(before: float | None, after: float | None, lives: int) -> float | None:
    """Return how many requests each life took, None where the server did not say."""
    return None if before is None or after is None else (after - before) / lives


WITHOUT_PROCESS: Final = (
    ("wal", "PostgreSQL's log", "B"),
    ("tables", "PostgreSQL's tables and indexes", "B"),
    ("requests", "requests to Temporal", ""),
    ("events", "history events", ""),
    ("history", "history", "B"),
)


def report(results: Results, ours: Way, others: list[Way]) -> None:
    """Note what a life of ours costs, and beside it those of each other way."""
    for name, value in ours.cpu().items():
        results.figures.append(Figure(SECTION, f"CPU of {name}", "ms", value))
    for other in others:
        total = sum(other.cpu().values())
        results.figures.append(
            Figure(SECTION, "CPU of all", "ms", sum(ours.cpu().values()), total, other.name)
        )
    for what, name, unit in WITHOUT_PROCESS:
        mine = ours.median_of(what)
        beside = [(other.name, other.median_of(what)) for other in others]
        found = [(whose, value) for whose, value in beside if value is not None]
        if mine is not None and not found:
            results.figures.append(Figure(SECTION, name, unit, mine))
        for whose, value in found:
            if mine is not None:
                results.figures.append(Figure(SECTION, name, unit, mine, value, whose))
    for way in (ours, *others):
        results.notes.append(f"CPU ms a life, {way.name}: {told(way.cpu())}.")
    results.notes.append(
        "Cost of a life: CPU of the processes that take part, from before a round until all is at "
        "rest; the servers' own idling, and what the others' loops ask meanwhile, is in it. "
        "PostgreSQL's log is of the whole server, with the pages it writes whole after a "
        "checkpoint; tables are measured without a VACUUM between."
    )


async def report_memory(
    results: Results,
    pids: Mapping[str, int | None],
    count: int,
    open_issues: Callable[[int], Awaitable[None]],
) -> None:
    """Open `count` issues more, and note what each added to the memory of each process."""
    before = {name: memory_mb(pid) for name, pid in pids.items()}
    await open_issues(count)
    for name, pid in pids.items():
        kb = (memory_mb(pid) - before[name]) * KB_A_MB / count
        results.figures.append(Figure(MEMORY, f"memory of {name}, {count} more", "KiB", kb))
