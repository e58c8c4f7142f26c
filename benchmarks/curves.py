"""How a cost grows with what is stored: the exponent from size to size, and what it may be."""

import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.figures import Figure, Results, percentile
from benchmarks.pages import AIM_MS, WARM

SECTION = "growth"
NOISE_SHARE = 0.25
NOISE_MS = 0.5
SLOW_S = 0.2
"""What takes longer gains nothing by being warmed up."""

Call = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Read:
    """Something that is asked for. `is_flat`: it tells of as much however much is stored, so it
    must not grow. `is_aimed`: a person waits for it. `scale`: what its time is multiplied by."""

    name: str
    call: Call
    is_flat: bool = True
    is_aimed: bool = False
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What a read took, in milliseconds."""

    p50: float
    p75: float
    p95: float


@dataclass(frozen=True, slots=True)
class Asked:
    """How many open issues stand beside the closed ones, how often each read is asked, for how long
    at most, and up to how many closed issues a monthly report is composed."""

    opened: int
    rounds: int
    seconds: float
    monthly_max: int


async def timed(read: Read, asked: Asked) -> Cost:
    """Ask so many times, fewer if it takes long."""
    taken: list[float] = []
    began = time.perf_counter()
    for number in range(WARM + asked.rounds):
        asked_s = time.perf_counter()
        await read.call()
        ended_s = time.perf_counter()
        if number >= WARM or ended_s - asked_s > SLOW_S:
            taken.append((ended_s - asked_s) * 1000 * read.scale)
        if taken and ended_s - began > asked.seconds:
            break
    return Cost(*(percentile(taken, percent) for percent in (50, 75, 95)))


def exponent(smaller: float, larger: float, times: float) -> float:
    """Return by which power of what is stored a cost grows; `times` as much is stored."""
    return math.log(larger / smaller) / math.log(times)


def allowed(cost: Cost, issues: int, more: int, *, is_flat: bool) -> float:
    """Return the most that a read may take with `more` issues, in milliseconds, if it took `cost`
    with `issues`: as long and a little for noise, or as n log n grows."""
    still = cost.p75 * (1 + NOISE_SHARE) + NOISE_MS
    return still if is_flat else still * more * math.log(more) / (issues * math.log(issues))


def note_growth(
    results: Results, reads: Sequence[Read], costs: Mapping[str, Mapping[int, Cost]]
) -> None:
    """Note what each read took with each size, and the exponents of its growth; the mark says
    whether it is more than allowed."""
    for read in reads:
        own = costs[read.name]
        for issues, cost in sorted(own.items()):
            name = f"{read.name}, {issues:,}"
            results.figures.append(Figure(SECTION, f"{name}, p50", "ms", cost.p50))
            aim = AIM_MS if read.is_aimed else None
            most = 1.0 if read.is_aimed else None
            results.figures.append(
                Figure(SECTION, f"{name}, p95", "ms", cost.p95, aim, "aim", at_most=most)
            )
        results.figures += _exponents(read, own)
    results.notes.append(
        "Growth: an exponent of 0 is flat, 1 a straight line. Beside it is what it may be: for "
        f"what must not grow, {NOISE_SHARE:.0%} and {NOISE_MS} ms above the upper quartile of the "
        "smaller ledger; for reports, which tell of a share of all that is stored, n log n."
    )


def _exponents(read: Read, own: Mapping[int, Cost]) -> list[Figure]:
    """Return the growth from each size to the next, and from the first to the last."""
    known = sorted(own)
    steps = list(pairwise(known))
    steps += [(known[0], known[-1])] if len(known) > 2 else []
    found = []
    for issues, more in steps:
        before, times = own[issues], more / issues
        limit = allowed(before, issues, more, is_flat=read.is_flat)
        found.append(
            Figure(
                SECTION,
                f"{read.name}, exponent {issues:,} to {more:,}",
                "",
                exponent(before.p50, own[more].p50, times),
                exponent(before.p50, limit, times),
                "flat, with noise" if read.is_flat else "n log n",
                at_most=1.0,
            )
        )
    return found
