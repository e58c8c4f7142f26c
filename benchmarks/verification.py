"""What a verification costs: the chain, every decision again, and a whole ledger with its log."""

import asyncio
import multiprocessing
import resource
import shutil
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256 as hashed
from pathlib import Path

from audit.chain_check import is_whole
from audit.facts import Life as Stored
from audit.facts import TermsOf
from audit.log_checks import Outside
from audit.reexecute import reexecute_life
from audit.verification import verify_ledger
from benchmarks.figures import Figure, Results, median
from benchmarks.generated import Life, bench_terms, lives, load, told_of
from benchmarks.processor import seconds_each
from desk.log_keeper import LogKeeper
from domain.terms import Terms
from ledger.connections import open_pool
from ledger.migrate import migrate
from ledger.postgres import PostgresLedger
from ledger.signing import Signer
from runtime.postgres import ADMIN, DATABASE, EmbeddedPostgres
from runtime.postgres_home import remove_home

SECTION = "verification"
SEED = 20261122
IN_MEMORY = 1000
CHAIN_A_SECOND = 250_000.0
DECIDED_A_SECOND = 8_000.0
MEMORY_MAX_MB = 512.0
TIMEOUT_S = 600.0


class UnsoundError(Exception):
    """A generated ledger does not verify: what was timed is not what happened."""


def measure(results: Results, *, issues: int, distinct: int, rounds: int, seconds: float) -> None:
    """Time the chain and the decisions in memory, and the whole on PostgreSQL."""
    terms = bench_terms()
    played = asyncio.run(lives(int(distinct), SEED, terms))
    _in_memory(results, played, terms, int(rounds), seconds)
    if issues:
        asyncio.run(_whole(results, played, terms, int(issues)))


def _in_memory(
    results: Results, played: Sequence[Life], terms: Terms, rounds: int, seconds: float
) -> None:
    some = [told_of(played[place % len(played)], place) for place in range(IN_MEMORY)]
    chains = [life.records for life in some]
    stored = [Stored(life.issue.stream, life.records, life.commands) for life in some[:200]]
    texts = [(record.previous + record.text).encode() for chain in chains for record in chain]
    chain_s, decided_s, bare_s = [], [], []
    for _ in range(rounds):
        bare_s.append(seconds_each(lambda: _bare(texts), seconds))
        chain_s.append(seconds_each(lambda: _chains(chains), seconds))
        decided_s.append(seconds_each(lambda: asyncio.run(_decided(stored, terms)), seconds))
    bare = 1 / median(bare_s)
    for name, each, aim in (
        ("chain only, events", 1 / median(chain_s), CHAIN_A_SECOND),
        ("every decision again, events", 1 / median(decided_s), DECIDED_A_SECOND),
    ):
        results.figures.append(Figure(SECTION, name, "/s", each, bare, "bare SHA-256"))
        results.figures.append(
            Figure(SECTION, f"{name}, of the aim", "/s", each, aim, "aim", at_least=1.0)
        )
    events = sum(map(len, chains))
    size = sum(map(len, texts)) / len(texts)
    results.notes.append(
        f"Verification in memory: {len(played)} distinct lives of seed {SEED}, {events} events, "
        f"{size:.0f} bytes hashed of each; CPU time of one core; rounds: {rounds}. Bare SHA-256 is "
        "over the same bytes, already encoded."
    )


def _bare(texts: Sequence[bytes]) -> int:
    for text in texts:
        hashed(text).hexdigest()
    return len(texts)


def _chains(chains: Sequence[Sequence[object]]) -> int:
    for chain in chains:
        if not is_whole(chain):  # type: ignore[arg-type]  # records
            raise UnsoundError("a chain")
    return sum(map(len, chains))


async def _decided(stored: Sequence[Stored], terms: Terms) -> int:
    async def terms_of(_hash: str) -> Terms:
        return terms

    reader: TermsOf = terms_of
    for life in stored:
        again = await reexecute_life(life, reader)
        if not again.is_identical:
            raise UnsoundError(str(again.differences[:1]))
    return sum(len(life.records) for life in stored)


async def _whole(results: Results, played: Sequence[Life], terms: Terms, issues: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="closeout-verification-"))
    try:
        async with EmbeddedPostgres(folder) as server:
            await migrate(server.owner_url)
            began = time.perf_counter()
            events = await load(server.url(ADMIN, DATABASE), played, terms, issues, SEED)
            loaded_s = time.perf_counter() - began
            began = time.perf_counter()
            note, key = await _signed(server.app_url)
            logged_s = time.perf_counter() - began
            results.notes.append(
                f"The ledger: {issues} issues, {events} events, loaded in {loaded_s:.0f} s, its "
                f"log and checkpoint made in {logged_s:.0f} s."
            )
            for jobs in (1, 2):
                await _run(results, server.app_url, note, key, events, jobs)
    finally:
        remove_home(folder)
        shutil.rmtree(folder, ignore_errors=True)


async def _signed(url: str) -> tuple[str, Signer]:
    ledger = PostgresLedger(await open_pool(url, size=1, command_timeout_s=TIMEOUT_S))
    signer = Signer.from_bytes("bench.example/log", bytes(32))
    try:
        await LogKeeper(ledger, signer).carry_on(datetime(2027, 6, 1, tzinfo=UTC))
        while await ledger.log_waiting():
            await LogKeeper(ledger, signer).carry_on(datetime(2027, 6, 1, tzinfo=UTC))
        row = await ledger.checkpoint()
    finally:
        await ledger.close()
    if row is None:
        raise UnsoundError("no checkpoint was signed")
    return row.note, signer


async def _run(
    results: Results, url: str, note: str, signer: Signer, events: int, jobs: int
) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        run = pool.submit(_verified, url, note, signer.key.text, events, jobs)
        taken_s, memory_mb = await asyncio.to_thread(run.result)
    name = f"verify --all --jobs {jobs}"
    results.figures.append(Figure(SECTION, f"{name}, events", "/s", events / taken_s))
    results.figures.append(
        Figure(SECTION, f"{name}, memory", "MB", memory_mb, MEMORY_MAX_MB, "limit", at_most=1.0)
    )


def _verified(url: str, note: str, key: str, events: int, jobs: int) -> tuple[float, float]:
    return asyncio.run(_verify(url, note, key, events, jobs))


async def _verify(url: str, note: str, key: str, events: int, jobs: int) -> tuple[float, float]:
    """Return the seconds it took, and the most memory that one of the processes had, in MB."""
    from domain.checkpoints import read_verifier_key

    ledger = PostgresLedger(await open_pool(url, size=2, command_timeout_s=TIMEOUT_S))
    began = time.perf_counter()
    try:
        found = await verify_ledger(
            ledger,
            outside=Outside((read_verifier_key(key),), (note,)),
            now=datetime(2027, 6, 1, tzinfo=UTC),
            jobs=jobs,
            url=url,
        )
    finally:
        await ledger.close()
    taken_s = time.perf_counter() - began
    if not found.is_sound or found.streams.events != events:
        raise UnsoundError(f"{found.streams.events} of {events} events: {found.found[:3]}")
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    most_kb = max(resource.getrusage(kind).ru_maxrss for kind in kinds)
    return taken_s, most_kb / 1024
