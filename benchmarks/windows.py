"""Windows of sending: so many at once, for so long, and what each came to."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any

from benchmarks.cost import Meter, ms_each
from benchmarks.figures import median, percentile

COMMANDS_A_SECOND_MAX = 12_000
STOCK_IN_WINDOWS = 3
"""A side's stock of commands is filled up before it falls below so many windows: senders have
issues of their own, and one whose issues are used up would stop before the others."""

Send = Callable[[Any], Awaitable[object]]
Rest = Callable[[], Awaitable[float]]
"""Waits until what follows from the commands has been done, and returns the seconds it took."""


class OutOfCommandsError(Exception):
    """A sender had nothing left to send before its window was over."""


@dataclass(frozen=True, slots=True)
class Window:
    """What one window came to: latencies in ms, CPU in ms a command by process."""

    p50: float
    p95: float
    p99: float
    per_second: float
    cpu: dict[str, float]
    rest_s: float
    behind: int


@dataclass(slots=True)
class Side:
    """Who is sent to, and what it is to be sent for each issue. `sent_max`: how many commands each
    source has, 0 for no end."""

    name: str
    send: Send
    meter: Meter
    sent_max: int
    sources: list[Iterator[Any]] = field(default_factory=list)
    ready: list[list[Any]] = field(default_factory=list)
    left: int = 0
    fastest: float = 0.0
    windows: list[Window] = field(default_factory=list)

    def take(self, sources: list[Iterator[Any]]) -> None:
        """Take the commands of further issues."""
        self.sources += sources
        self.ready += [[] for _ in sources]
        self.left += len(sources) * self.sent_max

    def lacks(self, seconds: float) -> bool:
        """Return whether its stock is too small to begin a window of `seconds`."""
        return bool(self.sent_max) and self.left < STOCK_IN_WINDOWS * seconds * self.fastest

    def prepare(self, seconds: float) -> None:
        """Make what a window of `seconds` can need, before it begins; the next one stands last."""
        each = 1 + int(seconds * COMMANDS_A_SECOND_MAX / len(self.sources))
        for place, source in enumerate(self.sources):
            kept = self.ready[place]
            self.ready[place] = [*reversed(list(islice(source, max(0, each - len(kept))))), *kept]

    def median_of(self, name: str) -> float:
        """Return the median over the windows of one of the numbers."""
        return float(median([getattr(window, name) for window in self.windows]))

    def cpu(self) -> dict[str, float]:
        """Return the medians of the CPU ms a command, by process."""
        names = self.windows[0].cpu
        return {name: median([window.cpu[name] for window in self.windows]) for name in names}


async def no_rest() -> float:
    """Return at once: for a side of whose commands nothing follows."""
    return 0.0


async def nobody_behind() -> int:
    """Return 0: for a side that has nobody to tell."""
    return 0


async def window(
    side: Side,
    in_flight: int,
    seconds: float,
    *,
    rest: Rest = no_rest,
    behind: Callable[[], Awaitable[int]] = nobody_behind,
) -> Window:
    """Send for `seconds`, `in_flight` at once, each sender to issues of its own, in turn; then wait
    until all is at rest, which counts as CPU and not as time. Raises OutOfCommandsError."""
    side.prepare(seconds)
    acknowledged_s: list[float] = []
    cpu, began = side.meter.read(), time.perf_counter()
    until = began + seconds

    async def sender(queues: list[list[Any]]) -> None:
        turns = cycle(queues)
        while (now := time.perf_counter()) < until:
            queue = next(turns)
            if queue:
                await side.send(queue.pop())
                acknowledged_s.append(time.perf_counter() - now)
            elif not any(queues):
                raise OutOfCommandsError("no commands left: give it more issues")

    # Fullest first, so that all issues come to their turn whatever the level.
    ordered = sorted(side.ready, key=len, reverse=True)
    async with asyncio.TaskGroup() as senders:
        for start in range(in_flight):
            senders.create_task(sender(ordered[start::in_flight]))
    took, waiting = time.perf_counter() - began, await behind()
    rest_s = await rest()
    count = len(acknowledged_s)
    side.left -= count
    made = Window(
        p50=percentile(acknowledged_s, 50) * 1000,
        p95=percentile(acknowledged_s, 95) * 1000,
        p99=percentile(acknowledged_s, 99) * 1000,
        per_second=count / took,
        cpu=ms_each(cpu, side.meter.read(), count),
        rest_s=rest_s,
        behind=waiting,
    )
    side.fastest = max(side.fastest, made.per_second)
    side.windows.append(made)
    return made
