"""What every benchmark stands on: the embedded stack, a desk, and the worker as a process."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from temporalio.client import Client

from desk.clock import DeskClock
from desk.desk import Desk
from desk.log_opening import ensure_key
from desk.opening import open_desk
from ledger.migrate import migrate
from runtime.postgres import OWNER
from runtime.settings import Settings, kept_by_stack
from runtime.stack import EmbeddedStack
from runtime.temporal import connect, ensure_namespace

HANDBOOKS = Path(__file__).parent / "handbook"
ROOT = Path(__file__).parent.parent
PEER_DATABASE = "peer"
POLL_SECONDS = 0.02
STOP_SECONDS_MAX = 15.0


class LateError(Exception):
    """Something that should have come about in a bounded time did not."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A running stack with an empty, migrated ledger and a client of its Temporal."""

    stack: EmbeddedStack
    settings: Settings
    client: Client

    @property
    def peer_url(self) -> str:
        """The URL of the peer's database, on the same server."""
        return self.stack.postgres.url(OWNER, PEER_DATABASE)

    async def database(self, name: str) -> str:
        """Make a database for a peer on the same server, and return its URL."""
        await self.stack.postgres.create_database(name)
        return self.stack.postgres.url(OWNER, name)

    @asynccontextmanager
    async def desk(self, clock: DeskClock | None = None) -> AsyncIterator[Desk]:
        """Open a desk in this process, as every caller of door 1 has one."""
        async with open_desk(self.settings, clock=clock, name="closeout-benchmark") as desk:
            yield desk

    @asynccontextmanager
    async def program(self, *argv: str, env: Mapping[str, str] | None = None) -> AsyncIterator[int]:
        """Run a Python program on the stack until the end of the block; yields its pid. `env` is
        added to what every program here is given."""
        given = {
            **os.environ,
            **self.stack.environment,
            "CLOSEOUT_HANDBOOK_DIR": str(HANDBOOKS),
            "CLOSEOUT_WAKEUP_SPREAD_MS": "0",
            "CLOSEOUT_LOG_LEVEL": "warning",
            "PYTHONPATH": str(ROOT),
            **(env or {}),
        }
        child = await asyncio.create_subprocess_exec(sys.executable, *argv, cwd=ROOT, env=given)
        try:
            yield child.pid
        finally:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(child.wait(), STOP_SECONDS_MAX)
            except TimeoutError:
                child.kill()
                await child.wait()

    def worker(self) -> contextlib.AbstractAsyncContextManager[int]:
        """Run worker and relay, as `closeout up` does: one process beside ours."""
        return self.program("worker.py")


@asynccontextmanager
async def standing(folder: Path, pool_size: int) -> AsyncIterator[Stage]:
    """Start the stack in an empty folder; fsync stays on everywhere."""
    settings = Settings.load(
        data_dir=folder, handbook_dir=HANDBOOKS, pool_size=pool_size, wakeup_spread_ms=0
    )
    async with EmbeddedStack(settings) as stack:
        await migrate(stack.postgres.owner_url)
        # As `closeout up` does; without it the worker would fail to carry the log on, and retry.
        ensure_key(kept_by_stack(settings)["log_key"], settings.log_origin)
        await stack.postgres.create_database(PEER_DATABASE)
        client = await connect(stack.temporal.address)
        await ensure_namespace(client)
        url = SecretStr(stack.postgres.app_url)
        yield Stage(stack, settings.model_copy(update={"database_url": url}), client)


async def until(what: str, holds: Callable[[], Awaitable[bool]], *, seconds: float = 60.0) -> float:
    """Wait until `holds`; return the seconds it took. Raises LateError."""
    began = time.perf_counter()
    while not await holds():
        if time.perf_counter() - began > seconds:
            msg = f"{what}: not within {seconds:.0f} s"
            raise LateError(msg)
        await asyncio.sleep(POLL_SECONDS)
    return time.perf_counter() - began


async def drained(desk: Desk, *, seconds: float = 120.0) -> float:
    """Wait until the outbox is empty and every notice is told; return the seconds it took."""

    async def at_rest() -> bool:
        return not await desk.ledger.outbox_size() and not await desk.ledger.undelivered()

    return await until("outbox and notices", at_rest, seconds=seconds)
