"""What pages wait for: boards and dashboards over very many issues, and an issue with a long past.

Each is asked by one caller, again and again, on the wall: p50 and p95 of all its statements
together, as the console asks them. The plans stand in the results, and none may scan all events.
"""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2

from audit.timeline import timeline
from benchmarks.figures import Figure, Results
from benchmarks.pages_http import browser, opened, pages
from benchmarks.pages_ledger import LONG_KEY, Filled, fill
from benchmarks.plans import plans_of
from domain.access import Horizon
from domain.lights import Light
from ledger import dashboard_queries as queries
from ledger import list_queries
from ledger.connections import open_pool
from ledger.dashboards import By, Shown
from ledger.lists import Narrowed, Order, Place, Sort
from ledger.postgres import PostgresLedger
from runtime.postgres import ADMIN, DATABASE, EmbeddedPostgres
from runtime.postgres_home import remove_home

SECTION = "pages"
AIM_MS = 100.0
WARM = 6
"""Prepared statements change to generic plans at the sixth time."""
A_DAY = timedelta(days=1)
TIMEOUT_S = 600.0
RED_LOGISTICS = Shown(category="LOG-1", light=Light.RED)

Call = tuple[str, Callable[[], Awaitable[object]]]


def measure(
    results: Results, *, issues: float, opened: float, events: float, rounds: float
) -> None:
    """Fill a PostgreSQL of its own and ask for each page."""
    asyncio.run(_measure(results, int(issues), int(opened), int(events), int(rounds)))


async def timed(
    results: Results, section: str, calls: Sequence[Call], rounds: int, *, aim_ms: float = AIM_MS
) -> None:
    """Ask for each so many times, and note p50 and p95; p95 has the aim."""
    for name, call in calls:
        for _ in range(WARM):
            await call()
        taken = []
        for _ in range(rounds):
            began = time.perf_counter()
            await call()
            taken.append((time.perf_counter() - began) * 1000)
        taken.sort()
        p50, p95 = taken[len(taken) // 2], taken[min(len(taken) - 1, len(taken) * 95 // 100)]
        results.figures.append(Figure(section, f"{name}, p50", "ms", p50))
        results.figures.append(
            Figure(section, f"{name}, p95", "ms", p95, aim_ms, "aim", at_most=1.0)
        )


async def _measure(results: Results, issues: int, opened: int, events: int, rounds: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="closeout-pages-"))
    try:
        async with EmbeddedPostgres(folder) as server:
            admin = server.url(ADMIN, DATABASE)
            ledger = PostgresLedger(
                await open_pool(server.app_url, size=4, command_timeout_s=TIMEOUT_S)
            )
            try:
                filled = await fill(
                    server.owner_url, admin, ledger, issues=issues, opened=opened, events=events
                )
                results.notes.append(
                    f"Pages: {filled.issues} issues, {filled.opened} of them open, "
                    f"{filled.events} events, loaded in {filled.loaded_s:.0f} s; one caller, "
                    f"{rounds} times each after {WARM} to warm up."
                )
                results.plans |= await plans(admin, filled)
                await timed(results, SECTION, calls(ledger, filled), rounds)
                async with browser(ledger, filled) as client:
                    await timed(results, SECTION, _shown(client, filled), rounds)
            finally:
                await ledger.close()
    finally:
        remove_home(folder)
        shutil.rmtree(folder, ignore_errors=True)


def horizons(filled: Filled) -> tuple[Horizon, Horizon]:
    """Return the whole zone, and what the head of an area sees of it."""
    zone = filled.year.zone
    some = (f"xinghe-{name}-{number}" for name in ("optics", "foods") for number in range(250))
    own = Horizon(zone=zone, posts=frozenset({"xinghe-area-east-3"}), enterprises=frozenset(some))
    return Horizon(zone=zone, whole=True), own


def calls(ledger: PostgresLedger, filled: Filled) -> list[Call]:
    """Return what pages ask for."""
    at = filled.at
    whole, own = horizons(filled)
    behind = {name: Place(f"{filled.year.zone}/y000100", at) for name in ("handling", "sign_off")}
    stream = f"{filled.year.zone}/{LONG_KEY}"

    async def issue() -> object:
        records = await ledger.records(stream)
        return (
            await ledger.issue(stream),
            timeline(records, {filled.year.terms.hash: filled.year.terms}),
            await ledger.commands(stream),
            await ledger.clocks(stream),
            await ledger.firings(stream),
            await ledger.notices(stream),
            await ledger.links(filled.year.zone, LONG_KEY),
        )

    def board(
        horizon: Horizon, shown: Shown, by: By, **more: Any
    ) -> Callable[[], Awaitable[object]]:
        return lambda: ledger.columns(horizon, shown, by, at=at, **more)

    newest = Order(Sort.REPORTED_AT, descending=True)
    found = [
        (f"{name}, {told}", call)
        for told, horizon in (("zone", whole), ("two in eight enterprises", own))
        for name, call in _of(ledger, horizon, filled)
    ]
    return [
        *found,
        ("board by phase, its next page", board(whole, Shown(), By.PHASE, after=behind)),
        ("board by phase, red of a category", board(whole, RED_LOGISTICS, By.PHASE)),
        ("board by phase, part of a title", board(whole, Shown(title="y0001"), By.PHASE)),
        ("board by tier", board(whole, Shown(), By.TIER)),
        ("coverage", lambda: ledger.coverage(whole, at=at)),
        ("an enterprise", lambda: ledger.of_enterprise(whole, "xinghe-optics-7", at=at)),
        ("a list, newest first", lambda: ledger.listed(whole, Narrowed(), newest, at=at)),
        ("an issue's reads and timeline", issue),
    ]


def _shown(client: httpx2.AsyncClient, filled: Filled) -> list[Call]:
    def call(name: str, address: str) -> Callable[[], Awaitable[object]]:
        return lambda: opened(client, name, address)

    asked = pages(filled.year.zone)
    return [(name, call(name, address)) for name, address in asked.items()]


def _of(ledger: PostgresLedger, horizon: Horizon, filled: Filled) -> list[Call]:
    at = filled.at
    from_at, to_at = at - A_DAY, at + A_DAY
    return [
        ("standing", lambda: ledger.standing(horizon, at=at)),
        ("today", lambda: ledger.today(horizon, at=at, from_at=from_at, to_at=to_at)),
        ("day", lambda: ledger.day(horizon, at=at, from_at=from_at, to_at=to_at)),
        ("board by phase", lambda: ledger.columns(horizon, Shown(), By.PHASE, at=at)),
        ("load", lambda: ledger.load(horizon, at=at)),
    ]


async def plans(admin_url: str, filled: Filled) -> dict[str, object]:
    """Return the plan of every statement. Raises ScannedError where one scans all events."""
    return await plans_of(admin_url, _statements(filled))


def _statements(filled: Filled) -> dict[str, queries.Statement]:
    at, since_at = filled.at, filled.at - A_DAY
    found: dict[str, queries.Statement] = {}
    for told, horizon in zip(("zone", "own"), horizons(filled), strict=True):
        newest = Order(Sort.REPORTED_AT, descending=True)
        found |= {
            f"standing, {told}": queries.standing(horizon, at, at + A_DAY),
            f"load, {told}": queries.grouped(
                horizon, at, "owner", "handler", "holder", "holder_kind"
            ),
            f"coverage, {told}": queries.grouped(horizon, at, "grid", "enterprise"),
            f"day, {told}": queries.day_counts(horizon, at, at + A_DAY),
            f"red, {told}": queries.lit(horizon, Light.RED, at, 10),
            f"yellow, {told}": queries.lit(horizon, Light.YELLOW, at, 10),
            f"due, {told}": queries.due(horizon, at, at + A_DAY, 10),
            f"reported, {told}": queries.reported(horizon, since_at, at, 10),
            **{
                f"{kind}, {told}": queries.happened(kind, horizon, since_at, at, 10)
                for kind in queries.NEWS
            },
            f"column, {told}": queries.column(horizon, Shown(), By.PHASE, "handling", at, None, 20),
            f"column lights, {told}": queries.column_lights(horizon, Shown(), By.PHASE, at),
            f"list, {told}": list_queries.listed(horizon, Narrowed(), newest, at, None, 51),
            f"enterprise, {told}": queries.of_enterprise(horizon, "xinghe-optics-7", None, 51),
        }
    return found
