"""How costs grow with what is stored: the same reads over ledgers of closed issues, ten times as
many each time, and the exponent of their growth.

The issues are whole, as `verify` loads them, so that the past can be told and every event be
verified. Beside them stand a few open ones, as many in each ledger: what is shown of those must
cost the same.
"""

import asyncio
import shutil
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import asyncpg

from audit.across import Across, Depth
from audit.facts import terms_reader
from audit.reports import Wanted, compose_report
from audit.verify import verify_stream
from benchmarks.curves import Asked, Call, Cost, Read, note_growth, timed
from benchmarks.figures import Results
from benchmarks.generated import Life, bench_terms, lives, load
from benchmarks.pages import TIMEOUT_S
from benchmarks.pages_http import StandingClock
from benchmarks.plans import greedy, plans_of
from benchmarks.script import OPENING, ZONE, submissions
from benchmarks.verification import SEED, UnsoundError
from desk.desk import Desk
from desk.shelf import Shelf
from desk.travelling import row_then, rows_then, sight_of
from domain.access import Horizon
from domain.days import zone_of
from domain.handbook_routines import routines_rule
from domain.issue import stream_name
from domain.routines import RoutineKind, Run, run_of
from domain.sight import Sight
from domain.terms import Terms
from ledger import asof_queries, list_queries
from ledger import dashboard_queries as queries
from ledger.asof import Filters
from ledger.connections import open_pool
from ledger.dashboards import By, Shown
from ledger.lists import Narrowed, Order, Sort
from ledger.migrate import migrate
from ledger.postgres import PostgresLedger
from runtime.postgres import ADMIN, DATABASE, EmbeddedPostgres
from runtime.postgres_home import remove_home

AT = datetime(2026, 12, 21, 3, 0, tzinfo=UTC)
"""After the last of what is stored, and no later than its year."""
THEN = AT - timedelta(days=150)
A_DAY = timedelta(days=1)
WHOLE = Horizon(zone=ZONE, whole=True)
NEWEST = Order(Sort.REPORTED_AT, descending=True)
CHANGED = Order(Sort.CHANGED, descending=True)
VERIFIED_PAGES = 5
STREAMS_A_PAGE = 100
EVENTS_SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Stored:
    """A ledger that is filled: its desk, how many closed issues it has, and a life like theirs."""

    ledger: PostgresLedger
    desk: Desk
    terms: Terms
    issues: int
    runs: tuple[Run, ...]


def key_amid(issues: int) -> str:
    """Return the key of an issue in the midst of so many."""
    return f"key-{issues // 2:07d}"


def number_amid(issues: int) -> str:
    """Return the number of the same issue."""
    return f"BENCH-2026-{issues // 2 + 1:06d}"


def measure(
    results: Results,
    *,
    smallest: float,
    times: float,
    sizes: float,
    distinct: float,
    opened: float,
    rounds: float,
    seconds: float,
    monthly_max: float,
) -> None:
    """Fill one PostgreSQL after the other, each with `times` as many, and ask all of them."""
    asked = Asked(int(opened), int(rounds), seconds, int(monthly_max))
    known = [int(smallest * times**step) for step in range(int(sizes))]
    asyncio.run(_measure(results, known, int(distinct), asked))


async def _measure(results: Results, sizes: Sequence[int], distinct: int, asked: Asked) -> None:
    terms = bench_terms()
    played = await lives(distinct, SEED, terms)
    reads: dict[str, dict[int, Read]] = {}
    async with AsyncExitStack() as up:
        for issues in sizes:
            runs = reported_runs(terms, played, monthly=issues <= asked.monthly_max)
            filled = _filled(results, played, terms, issues, asked.opened)
            ledger = await up.enter_async_context(filled)
            desk = Desk(ledger, Shelf(ledger, {ZONE: terms}), StandingClock(AT))
            stored = Stored(ledger, desk, terms, issues, runs)
            for read in (*_reads(stored), *await _verifying(stored)):
                reads.setdefault(read.name, {})[issues] = read
        # The same of each ledger within seconds: what else the machine does hits all of them.
        costs: dict[str, dict[int, Cost]] = {
            name: {issues: await timed(read, asked) for issues, read in own.items()}
            for name, own in reads.items()
        }
    note_growth(results, [next(iter(own.values())) for own in reads.values()], costs)


@asynccontextmanager
async def _filled(
    results: Results, played: Sequence[Life], terms: Terms, issues: int, opened: int
) -> AsyncIterator[PostgresLedger]:
    """Yield a ledger with so many closed issues, on a PostgreSQL of its own."""
    folder = Path(tempfile.mkdtemp(prefix="closeout-growth-"))
    try:
        async with EmbeddedPostgres(folder) as server:
            await migrate(server.owner_url)
            admin, began = server.url(ADMIN, DATABASE), time.perf_counter()
            events = await load(admin, played, terms, issues, SEED)
            loaded_s = time.perf_counter() - began
            pool = await open_pool(server.app_url, size=4, command_timeout_s=TIMEOUT_S)
            ledger = PostgresLedger(pool)
            try:
                await _open(Desk(ledger, Shelf(ledger, {ZONE: terms}), StandingClock(AT)), opened)
                size_gb = await _settled(admin)
                results.notes.append(
                    f"Growth: {issues:,} closed issues, {opened} open, {events:,} events, "
                    f"{size_gb:.2f} GB, loaded in {loaded_s:.0f} s."
                )
                found = await plans_of(admin, await _statements(ledger, issues))
                results.plans |= {f"{name}, {issues}": plan for name, plan in found.items()}
                results.notes += [f"Plan at {issues:,}: {each}." for each in greedy(found, issues)]
                yield ledger
            finally:
                await ledger.close()
    finally:
        remove_home(folder)
        shutil.rmtree(folder, ignore_errors=True)


async def _open(desk: Desk, count: int) -> None:
    for number in range(count):
        for submission in submissions(f"open-{number:05d}", OPENING):
            await desk.carry_out(submission)


async def _settled(admin_url: str) -> float:
    """Have PostgreSQL know what it holds; return how much that is, in GB."""
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute("VACUUM ANALYZE")
        size = await connection.fetchval("SELECT pg_database_size(current_database())")
    finally:
        await connection.close()
    return int(size) / 1e9


def reported_runs(terms: Terms, played: Sequence[Life], *, monthly: bool) -> tuple[Run, ...]:
    """Return the daily report, and the monthly one if it is wanted, in whose periods most
    happened."""
    local = zone_of(terms.calendar.time_zone)
    rule = routines_rule(terms.handbook.routines)
    days = Counter(record.at.astimezone(local).date() for life in played for record in life.records)
    found: dict[RoutineKind, Run] = {}
    for day, _ in days.most_common():
        ends = {RoutineKind.DAILY: day} | (
            {RoutineKind.MONTHLY: _month_ends(day)} if monthly else {}
        )
        for kind, to_on in ends.items():
            run = run_of(rule, terms.calendar, kind, to_on)
            if run is not None and run.due_at < AT:
                found.setdefault(kind, run)
    return tuple(found.values())


def _month_ends(day: date) -> date:
    return (day.replace(day=1) + 31 * A_DAY).replace(day=1) - A_DAY


def _reads(stored: Stored) -> list[Read]:
    """Return what is asked of each ledger."""
    ledger, desk, key = stored.ledger, stored.desk, key_amid(stored.issues)
    stream = stream_name(ZONE, key)

    def listed(order: Order = NEWEST, **narrowed: str) -> Call:
        return lambda: ledger.listed(WHOLE, Narrowed(**narrowed), order, at=AT)  # type: ignore[arg-type]  # texts

    async def dashboard() -> None:
        await ledger.standing(WHOLE, at=AT)
        await ledger.today(WHOLE, at=AT, from_at=AT - A_DAY, to_at=AT + A_DAY)
        await ledger.day(WHOLE, at=AT, from_at=AT - A_DAY, to_at=AT + A_DAY)
        await ledger.load(WHOLE, at=AT)

    async def issue() -> None:
        await ledger.issue(stream)
        await ledger.records(stream)
        await ledger.clocks(stream)
        await ledger.notices(stream)

    async def as_of() -> None:
        life = await ledger.records(stream)
        await row_then(
            desk, ZONE, key_amid(stored.issues), await sight_of(desk, life[len(life) // 2].at)
        )

    async def list_then() -> None:
        await rows_then(desk, await sight_of(desk, THEN), Filters(zone=ZONE), limit=50)

    aimed = {
        "list, newest first": listed(),
        "list, last changed first": listed(CHANGED),
        "board by phase": lambda: ledger.columns(WHOLE, Shown(), By.PHASE, at=AT),
        "dashboard": dashboard,
        "search, a number": listed(number=number_amid(stored.issues)),
        "search, a title of all": listed(title="gate"),
        "search, a title of one": listed(title=key),
        "an issue": issue,
        "an issue as of its midst": as_of,
        "a list as of an instant": list_then,
    }
    return [
        *(Read(name, call, is_aimed=True) for name, call in aimed.items()),
        *(
            Read(f"report, {run.routine.value}", _composed(stored, run), is_flat=False)
            for run in stored.runs
        ),
    ]


def _composed(stored: Stored, run: Run) -> Call:
    async def compose() -> object:
        position = await stored.ledger.safe_position()
        wanted = Wanted(f"{ZONE}-{run.period}", ZONE, run, position, run.to_at)
        return await compose_report(stored.ledger, wanted, stored.terms)

    return compose


async def _verifying(stored: Stored) -> list[Read]:
    """Return the verification of one stream, and that of pages of streams, as `verify --all` goes
    over them, from places all over the ledger."""
    ledger, deep = stored.ledger, Depth(decisions=True)
    reader = terms_reader(ledger)
    stream = stream_name(ZONE, key_amid(stored.issues))
    starts = [
        stream_name(ZONE, f"key-{stored.issues * place // VERIFIED_PAGES:07d}")
        for place in range(VERIFIED_PAGES)
    ]

    async def one() -> int:
        found = await verify_stream(ledger, stream, reader, Across(), deep)
        if found.found:
            raise UnsoundError(str(found.found[:3]))
        return found.events

    async def page() -> int:
        # In turn, so that no page is the only one in memory.
        starts.append(starts.pop(0))
        names = await ledger.stream_names_after(starts[-1], STREAMS_A_PAGE)
        tables, events = await ledger.stream_page(names), 0
        for name in names:
            found = await verify_stream(tables, name, reader, Across(), deep)
            if found.found:
                raise UnsoundError(str(found.found[:3]))
            events += found.events
        return events

    events = [await page() for _ in starts]
    scale = EVENTS_SHOWN / statistics.mean(events)
    return [
        Read("verify one stream", one),
        Read(f"verify, for {EVENTS_SHOWN:,} events", page, scale=scale),
    ]


async def _statements(ledger: PostgresLedger, issues: int) -> dict[str, queries.Statement]:
    position, key = await ledger.safe_position(), key_amid(issues)
    sight = Sight(THEN, position, as_of_at=THEN)
    stream = stream_name(ZONE, key)

    def listed(order: Order, narrowed: Narrowed) -> queries.Statement:
        return list_queries.listed(WHOLE, narrowed, order, AT, None, 51)

    return {
        "list": listed(NEWEST, Narrowed()),
        "list, changed": listed(CHANGED, Narrowed()),
        "search, number": listed(NEWEST, Narrowed(number=number_amid(issues))),
        "search, title": listed(NEWEST, Narrowed(title=key)),
        "standing": queries.standing(WHOLE, AT, AT + A_DAY),
        "column": queries.column(WHOLE, Shown(), By.PHASE, "handling", AT, None, 20),
        "day": queries.day_counts(WHOLE, AT, AT + A_DAY),
        "issue as of": (asof_queries.RECORDS_SEEN, [[stream], position, None]),
        "list as of": list_queries.kept_newest(WHOLE, sight, Narrowed(), None, 51),
    }
