"""`python -m benchmarks [--quick] [--only ack,lives,…,pages]`."""

import argparse
import asyncio
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console

from benchmarks import (
    acknowledgement,
    backtests,
    calendars,
    folds,
    growth,
    histories,
    lateness,
    lives,
    open_issues,
    pages,
    verification,
)
from benchmarks.figures import Results
from benchmarks.stage import Stage, standing
from runtime.collecting import look_seldom_for_cycles
from runtime.logging import configure_logging
from runtime.postgres_home import remove_home

RESULTS = Path(__file__).parent / "results"
SECTIONS = (
    *("ack", "lives", "history", "lateness", "open"),
    *("calendars", "folds", "verify", "backtest", "pages", "growth"),
)

FULL: dict[str, dict[str, float]] = {
    "ack": {"issues": 1000, "door_issues": 500, "windows": 3, "seconds": 2.5, "warm_s": 2.5},
    "lives": {"lives": 300, "rounds": 3},
    "history": {"issues": 5},
    "lateness": {"rungs": 10_000, "lead_s": 400.0},
    "open": {"issues": 100_000, "due": 10_000},
    "calendars": {"cases": 40, "rounds": 5, "seconds": 0.1, "fresh": 15},
    "folds": {"rounds": 9, "seconds": 0.2},
    "verify": {"issues": 100_000, "distinct": 300, "rounds": 5, "seconds": 1.0},
    "backtest": {"issues": 100_000, "distinct": 300},
    "pages": {"issues": 1_000_000, "opened": 100_000, "events": 500, "rounds": 60},
    "growth": {
        **{"smallest": 10_000, "times": 10, "sizes": 3, "distinct": 300},
        **{"opened": 500, "rounds": 40, "seconds": 30.0, "monthly_max": 100_000},
    },
}
QUICK: dict[str, dict[str, float]] = {
    "ack": {"issues": 420, "door_issues": 100, "windows": 1, "seconds": 0.7, "warm_s": 0.5},
    "lives": {"lives": 30, "rounds": 1},
    "history": {"issues": 2},
    "lateness": {"rungs": 100, "lead_s": 6.0},
    "open": {"issues": 300, "due": 100},
    "calendars": {"cases": 10, "rounds": 1, "seconds": 0.02, "fresh": 3},
    "folds": {"rounds": 1, "seconds": 0.05},
    "verify": {"issues": 200, "distinct": 20, "rounds": 1, "seconds": 0.1},
    "backtest": {"issues": 400, "distinct": 20},
    "pages": {"issues": 20_000, "opened": 5_000, "events": 100, "rounds": 10},
    "growth": {
        **{"smallest": 1_000, "times": 5, "sizes": 2, "distinct": 20},
        **{"opened": 100, "rounds": 10, "seconds": 2.0, "monthly_max": 0},
    },
}
MEASURES: dict[str, Callable[..., Awaitable[None]]] = {
    "ack": acknowledgement.measure,
    "lives": lives.measure,
    "history": histories.measure,
    "lateness": lateness.measure,
    "open": open_issues.measure,
}
COMPUTED: dict[str, Callable[..., None]] = {
    "calendars": calendars.measure,
    "folds": folds.measure,
    "verify": verification.measure,
    "backtest": backtests.measure,
    "pages": pages.measure,
    "growth": growth.measure,
}
"""Without the stack; pure computation by CPU time instead of the wall's."""


def flags_of(*, quick: bool, opened: int | None) -> dict[str, dict[str, float]]:
    """Return the flags of every section. `opened`: how many issues are open in all in `open`; at
    most a third of them is due at one instant."""
    flags = dict(QUICK if quick else FULL)
    if opened is not None:
        most = min(flags["open"]["due"], opened // 3)
        flags["open"] = {"issues": opened, "due": most}
    return flags


async def run(
    console: Console, sections: list[str], pool_size: int, *, quick: bool, opened: int | None = None
) -> Results:
    """Measure the sections, each on a stack of its own, so that none inherits another's debts. What
    one had found before it failed is kept, and the others are measured."""
    flags = flags_of(quick=quick, opened=opened)
    results = Results(
        {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "quick": quick,
            "flags": {name: flags[name] for name in sections},
            "pool_size": pool_size,
            "machine": f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
            "load_before": _load(),
            "python": platform.python_version(),
            "temporalio": version("temporalio"),
            "asyncpg": version("asyncpg"),
        }
    )
    for name in sections:
        began = time.perf_counter()
        with console.status(f"{name} …"):
            try:
                await _measured(name, results, pool_size, flags[name])
            except Exception as error:  # noqa: BLE001  # hours of other sections are not thrown away
                console.print_exception()
                results.broken.append(f"{name}: broken off, {type(error).__name__}: {error}")
        console.print(f"{name}: {time.perf_counter() - began:.0f} s", style="dim")
    results.conditions["load_after"] = _load()
    return results


def _load() -> list[float]:
    """Return the load averages of the machine; those before tell what ran beside, those after hold
    our own work."""
    return [round(load, 2) for load in os.getloadavg()]


async def _measured(name: str, results: Results, pool_size: int, flags: dict[str, float]) -> None:
    if name in COMPUTED:
        await asyncio.to_thread(COMPUTED[name], results, **flags)
        return
    folder = Path(tempfile.mkdtemp(prefix="closeout-benchmark-"))
    try:
        async with standing(folder, pool_size) as stage:
            if "postgres" not in results.conditions:
                results.conditions |= await _server_settings(stage)
            await MEASURES[name](stage, results, **flags)
    finally:
        remove_home(folder)
        shutil.rmtree(folder, ignore_errors=True)


async def _server_settings(stage: Stage) -> dict[str, object]:
    """Return what decides over durability and speed, as PostgreSQL itself says."""
    import asyncpg

    connection = await asyncpg.connect(stage.peer_url)
    try:
        names = ("server_version", "fsync", "synchronous_commit", "shared_buffers")
        settings = {name: await connection.fetchval(f"SHOW {name}") for name in names}
    finally:
        await connection.close()
    return {"postgres": settings}


def main() -> int:
    """Read the flags, measure, print the table, write the JSON; 0 if every aim was met and every
    section came to its end."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="within five minutes; a smoke test")
    parser.add_argument("--only", default=",".join(SECTIONS), help=", ".join(SECTIONS))
    parser.add_argument("--open", type=int, help="how many issues the section `open` opens")
    parser.add_argument("--pool-size", type=int, default=10, help="connections a side")
    parser.add_argument("--output", type=Path, help="where the JSON goes")
    given = parser.parse_args()
    sections = [name for name in SECTIONS if name in given.only.split(",")]
    if unknown := set(given.only.split(",")) - set(SECTIONS):
        parser.error(f"--only: no such section {', '.join(sorted(unknown))}")
    configure_logging("warning")
    look_seldom_for_cycles()  # as whatever serves does; for the peers in this process as well
    console = Console(width=None if sys.stdout.isatty() else 140)
    results = asyncio.run(
        run(console, sections, given.pool_size, quick=given.quick, opened=given.open)
    )
    results.show(console)
    stamp = str(results.conditions["at"]).replace(":", "").replace("+0000", "Z")
    file = given.output or RESULTS / f"{stamp}{'-quick' if given.quick else ''}.json"
    results.write(file)
    console.print(f"written to {file}", soft_wrap=True)
    met = all(figure.is_met is not False for figure in results.figures)
    return 0 if met and not results.broken else 1


if __name__ == "__main__":
    code = main()
    # The Temporal SDK may abort while Python shuts down.
    sys.stdout.flush()
    os._exit(code)
