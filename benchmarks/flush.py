"""Each flush of PostgreSQL's log a millisecond slower, by the server's own settings.

With `commit_siblings` 0 the server sleeps `commit_delay` before each flush, in the process that
leads the flush and holds its lock. Whoever commits during the sleep is flushed with it, so it is
kinder to many at once than a disk that is a millisecond slower: there they wait for the next one.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from benchmarks.figures import median
from benchmarks.stage import Stage
from runtime.postgres import ADMIN, MAINTENANCE

DELAY_US = 1000
COMMITS = 60
SETTINGS = {"commit_delay": DELAY_US, "commit_siblings": 0}


@asynccontextmanager
async def slower(stage: Stage) -> AsyncIterator[None]:
    """Let each flush take a millisecond longer until the end of the block."""
    connection = await asyncpg.connect(stage.stack.postgres.url(ADMIN, MAINTENANCE))
    try:
        for name, value in SETTINGS.items():
            await connection.execute(f"ALTER SYSTEM SET {name} = {value}")
        await connection.execute("SELECT pg_reload_conf()")
        yield
    finally:
        for name in SETTINGS:
            await connection.execute(f"ALTER SYSTEM RESET {name}")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.close()


async def flush_ms(stage: Stage) -> float:
    """Return the median of how long one commit of one row takes, with nobody beside it, in ms."""
    connection = await asyncpg.connect(stage.peer_url)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS flushed (at double precision)")
        taken = []
        for _ in range(COMMITS):
            began = time.perf_counter()
            await connection.execute("INSERT INTO flushed VALUES ($1)", began)
            taken.append((time.perf_counter() - began) * 1000)
        return median(taken)
    finally:
        await connection.close()
