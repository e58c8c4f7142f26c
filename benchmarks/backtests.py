"""What a back-test costs: many issues of one zone tried under a changed handbook, by one process
and by two."""

import asyncio
import resource
import shutil
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg

from audit.backtest_run import Scope, UnderHandbook, backtest
from benchmarks import script
from benchmarks.figures import Figure, Results
from benchmarks.generated import bench_terms, lives, load
from domain.handbook import Handbook
from domain.terms import Terms
from ledger.connections import open_pool
from ledger.migrate import migrate
from ledger.postgres import PostgresLedger
from runtime.postgres import ADMIN, DATABASE, EmbeddedPostgres
from runtime.postgres_home import remove_home

SECTION = "back-test"
SEED = 20261122
FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
UNTIL = datetime(2027, 6, 1, tzinfo=UTC)
TIMEOUT_S = 600.0
AIM_ISSUES, AIM_S = 100_000, 120.0
"""Issue 11: so many issues within so many seconds, on two cores."""


class UnsoundError(Exception):
    """What came of it cannot be right: what was timed is not what it says."""


def measure(results: Results, *, issues: int, distinct: int) -> None:
    """Try generated issues under half of every budget; under what they stood under, a tenth."""
    terms = bench_terms()
    asyncio.run(_measured(results, terms, int(issues), int(distinct)))


async def _measured(results: Results, terms: Terms, issues: int, distinct: int) -> None:
    played = await lives(distinct, SEED, terms)
    folder = Path(tempfile.mkdtemp(prefix="closeout-backtest-"))
    try:
        async with EmbeddedPostgres(folder) as server:
            await migrate(server.owner_url)
            events = await load(server.url(ADMIN, DATABASE), played, terms, issues, SEED)
            some = await _first_tenth(server.url(ADMIN, DATABASE))
            for jobs, (count, to_at) in ((1, some), (2, (issues, LAST))):
                await _run(results, server.app_url, terms, count, to_at, jobs)
    finally:
        remove_home(folder)
        shutil.rmtree(folder, ignore_errors=True)
    results.notes.append(
        f"Back-test: {issues} generated issues of {distinct} distinct lives, {events} events, "
        "under half of every budget, to June of the year after; the seconds are of the wall, from "
        f"the first page asked for to the last sum. One process tried the {some[0]} first reported."
    )


async def _first_tenth(url: str) -> tuple[int, datetime]:
    """Return about a tenth of the issues: how many, and before when they were reported."""
    connection = await asyncpg.connect(url)
    try:
        row = await connection.fetchrow(
            "SELECT count(*), max(to_at) FROM issue, (SELECT percentile_disc(0.1)"
            " WITHIN GROUP (ORDER BY reported_at) AS to_at FROM issue) AS tenth"
            " WHERE reported_at <= to_at"
        )
    finally:
        await connection.close()
    assert row is not None
    return row[0], row[1] + timedelta(milliseconds=1)


async def _run(
    results: Results, url: str, terms: Terms, issues: int, to_at: datetime, jobs: int
) -> None:
    ledger = PostgresLedger(await open_pool(url, size=2, command_timeout_s=TIMEOUT_S))
    try:
        scope = Scope(script.ZONE, await ledger.safe_position(), FIRST, to_at, UNTIL)
        policy = UnderHandbook(_half(terms.handbook), (terms.calendar, *terms.calendars))
        began = time.perf_counter()
        found = await backtest(ledger, policy, scope, jobs=jobs, url=url)
        taken_s = time.perf_counter() - began
    finally:
        await ledger.close()
    totals = found.totals
    if (totals.issues, totals.unreadable, totals.unplayable) != (issues, 0, 0):
        raise UnsoundError(f"{totals.issues} of {issues} issues, {totals.unreadable} unreadable")
    if not totals.earlier or totals.differing > totals.issues:
        raise UnsoundError("half of every budget moved no deadline")
    name = f"{jobs} process{'es' if jobs > 1 else ''}"
    results.figures.append(Figure(SECTION, f"{name}, issues", "/s", issues / taken_s))
    results.figures.append(Figure(SECTION, f"{name}, of a core", "/s", issues / taken_s / jobs))
    if jobs > 1:
        aim = AIM_ISSUES / AIM_S
        results.figures.append(
            Figure(SECTION, f"{name}, of the aim", "/s", issues / taken_s, aim, "aim", at_least=1.0)
        )
    most_kb = max(
        resource.getrusage(kind).ru_maxrss
        for kind in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    results.figures.append(Figure(SECTION, f"{name}, memory", "MB", most_kb / 1024))


def _half(handbook: Handbook) -> Handbook:
    """Return the handbook with half of every budget, at least a minute or a day."""
    told = handbook.model_dump(mode="json")
    for clock in told["clocks"]:
        for budget in clock["budgets"]:
            for name in ("days", "minutes"):
                if isinstance(budget["duration"].get(name), int):
                    budget["duration"][name] = max(1, budget["duration"][name] // 2)
    return Handbook.model_validate(told)
