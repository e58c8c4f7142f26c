"""How each fault is done to a stack, and when it was over: when what it hit serves again."""

import asyncio
import contextlib
import os
import signal
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never

import asyncpg
from chaos_check import Outage
from chaos_parts import PATIENCE_S, is_alive
from chaos_plan import PARTS, Fault, Kind
from chaos_stack import Stack, as_superuser

from runtime.errors import StackError
from runtime.postgres import EmbeddedPostgres
from runtime.temporal import EmbeddedTemporal

SLOW = ("ALTER SYSTEM SET commit_delay = 100000", "ALTER SYSTEM SET commit_siblings = 0")
"""Every commit waits 0.1 s before its flush, as on a disk that takes so long: what PostgreSQL has
to let others join a flush, with nobody waited for."""
NO_LONGER_SLOW = ("ALTER SYSTEM RESET commit_delay", "ALTER SYSTEM RESET commit_siblings")
RELOAD = "SELECT pg_reload_conf()"
EXCUSES = {kind: kind is not Kind.DEPLOY for kind in Kind}
"""A deploy is no outage: a rung may not wait for it."""


class Faults:
    """Does the faults of one run. `outages`: from when to when, as it happened."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.outages: list[Outage] = []
        self.done: Counter[str] = Counter()
        self.skipped: list[str] = []

    async def do(self, fault: Fault) -> None:
        """Do one fault, from its beginning to the instant when what it hit serves again."""
        async with contextlib.AsyncExitStack() as held:
            for name in self._hit_by(fault):
                await held.enter_async_context(self.stack.locks[name])
            began_at = datetime.now(UTC)
            if not await self._do(fault):
                return
            self.done[f"{fault.kind} {fault.target}"] += 1
            if EXCUSES[fault.kind]:
                jump_s = abs(fault.amount) if fault.kind is Kind.CLOCK else 0.0
                self.outages.append(Outage(began_at, datetime.now(UTC), str(fault), jump_s))

    def _hit_by(self, fault: Fault) -> list[str]:
        everything = (*PARTS, "postgres", "temporal")
        return sorted(everything) if fault.kind is Kind.KILL_ALL else [fault.target]

    async def _do(self, fault: Fault) -> bool:
        match fault.kind:
            case Kind.KILL:
                await self._kill(fault.target, fault.for_s)
            case Kind.KILL_ALL:
                await self._kill_all(fault.for_s)
            case Kind.KILL_BACKEND:
                await self._kill_backend()
            case Kind.PAUSE:
                await self._pause(fault.target, fault.for_s)
            case Kind.CUT | Kind.DELAY:
                await self._hamper(fault)
            case Kind.CLOCK:
                part = self.stack.parts[fault.target]
                part.shift_clock(fault.amount)
                await asyncio.sleep(fault.for_s)
                part.shift_clock(0.0)
            case Kind.DISK_FULL:
                return await self._fill_disk(fault.for_s)
            case Kind.SLOW_FLUSH:
                await as_superuser(self.stack, *SLOW, RELOAD)
                await asyncio.sleep(fault.for_s)
                await as_superuser(self.stack, *NO_LONGER_SLOW, RELOAD)
            case Kind.DEPLOY:
                await self.stack.deploy()
            case _:
                assert_never(fault.kind)
        return True

    async def _kill(self, name: str, down_s: float) -> None:
        if name in PARTS:
            part = self.stack.parts[name]
            part.kill(down_s=down_s)
            await asyncio.sleep(down_s)
            await part.until_serving()
            return
        self._kill_server(name)
        await asyncio.sleep(down_s)
        await self._start_server(name)

    async def _kill_all(self, down_s: float) -> None:
        for part in self.stack.parts.values():
            part.kill(down_s=down_s)
        for name in ("postgres", "temporal"):
            self._kill_server(name)
        await asyncio.sleep(down_s)
        await asyncio.gather(*map(self._start_server, ("postgres", "temporal")))
        await self.stack.until_serving()

    def _kill_server(self, name: str) -> None:
        pid = self._server(name).pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)

    async def _start_server(self, name: str) -> None:
        server = self._server(name)
        await server.wait()
        await server.start()

    def _server(self, name: str) -> EmbeddedPostgres | EmbeddedTemporal:
        servers = self.stack.servers
        return servers.postgres if name == "postgres" else servers.temporal

    async def _kill_backend(self) -> None:
        """End a process that serves one connection: PostgreSQL ends all others and recovers."""
        postmaster = self.stack.servers.postgres.pid
        assert postmaster is not None
        victims = [pid for pid in _children(postmaster) if "closeout_app" in _title(pid)]
        if victims:
            os.kill(max(victims), signal.SIGKILL)
            await asyncio.sleep(0.05)
        await self._until_postgres_serves()

    async def _pause(self, name: str, for_s: float) -> None:
        pids = self._pids(name)
        _signal_all(pids, signal.SIGSTOP)
        try:
            await asyncio.sleep(for_s)
        finally:
            _signal_all(pids, signal.SIGCONT)

    def _pids(self, name: str) -> list[int]:
        if name in PARTS:
            return [self.stack.parts[name].pid]
        pid = self._server(name).pid
        assert pid is not None
        return [pid, *_children(pid)]

    async def _hamper(self, fault: Fault) -> None:
        link = self.stack.links[fault.target]
        if fault.kind is Kind.CUT:
            link.cut()
        else:
            link.delay_s = fault.amount
        await asyncio.sleep(fault.for_s)
        link.mend()

    async def _fill_disk(self, for_s: float) -> bool:
        disk = self.stack.disk
        if disk.why_not or not await disk.fill():
            self.skipped.append(f"disk_full was not done: {disk.why_not or 'it kept growing'}")
            return False
        await asyncio.sleep(for_s)
        await disk.free()
        await self._until_postgres_serves()
        return True

    async def _until_postgres_serves(self) -> None:
        """Wait until it takes statements; if it ended, start it, as the supervisor does."""
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                if self.stack.servers.postgres.pid is None:
                    await self._start_server("postgres")
                return await as_superuser(self.stack, "SELECT 1")
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, StackError):
                assert time.monotonic() < end, "PostgreSQL does not serve again"
                await asyncio.sleep(0.05)


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in listed.read_text().split()]


def _title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _signal_all(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        if is_alive(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
