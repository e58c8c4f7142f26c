"""The embedded stack: PostgreSQL and Temporal in one folder, and what is kept alive on them."""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self

import structlog

from runtime.errors import FolderUnusableError, StackError
from runtime.lock import DataFolder, holder
from runtime.postgres import EmbeddedPostgres
from runtime.postgres_home import write_private
from runtime.processes import Child
from runtime.settings import NOWHERE, Settings, kept_by_stack
from runtime.surroundings import settings_for, surroundings
from runtime.temporal import EmbeddedTemporal

log = structlog.get_logger(__name__)

RECORD_NAME: Final = "stack.json"
UNFINISHED_NAME: Final = "restore-not-finished"
"""In a data folder from before a restore touches it until it has ended well."""
BACKOFF_FIRST_S: Final = 0.2
BACKOFF_LAST_S: Final = 5.0
STEADY_AFTER_S: Final = 10.0
"""A child that lived this long is sound again: its next restart waits only the first back-off."""
CHILD_STOP: Final = (signal.SIGTERM, 8.0)
"""Container runtimes kill after 10 s by default; the databases need the rest."""


@dataclass(frozen=True)
class RunningStack:
    """What another process must know of a stack that runs now; its file is for its owner only."""

    pid: int
    database_url: str = field(repr=False)
    owner_database_url: str = field(repr=False)
    temporal_address: str
    temporal_namespace: str
    postgres_bin_dir: str
    pids: dict[str, int]
    reader_database_url: str = field(default="", repr=False)
    api_address: str = ""
    """Where its HTTP face is served; empty if it has none."""

    @property
    def environment(self) -> dict[str, str]:
        """The variables that connect a process to this stack: as the writer, never as the owner."""
        return {
            "CLOSEOUT_DATABASE_URL": self.database_url,
            "TEMPORAL_ADDRESS": self.temporal_address,
            "TEMPORAL_NAMESPACE": self.temporal_namespace,
            # A profile of the user's, with its keys and TLS, belongs to another server.
            "TEMPORAL_CONFIG_FILE": os.devnull,
        }


def read_running_stack(data_dir: Path) -> RunningStack | None:
    """Return the stack that runs on this folder, None if none does.

    A record that a killed stack left does not count: its writer must hold the folder's lock.
    """
    folder = data_dir.expanduser().absolute()
    try:
        stack = RunningStack(**json.loads(folder.joinpath(RECORD_NAME).read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        raise FolderUnusableError(
            f"The stack in {folder} belongs to another user; ask as that user."
        ) from None
    except (ValueError, TypeError):
        return None
    return stack if holder(folder) == stack.pid else None


class EmbeddedStack:
    """PostgreSQL and Temporal for one data folder, from entering to leaving the context."""

    def __init__(self, settings: Settings, *, finishing: bool = False) -> None:
        """`finishing`: it is the restore itself that starts it, on what was just loaded."""
        self.data_dir = settings.data_dir
        self._finishing = finishing
        self.postgres = EmbeddedPostgres(self.data_dir, bin_dir=settings.postgres_bin_dir)
        self.temporal = EmbeddedTemporal(self.data_dir, binary=settings.temporal_binary)
        self._folder = DataFolder(self.data_dir)
        self._kept = kept_by_stack(settings)
        self.api_address = "" if settings.api_address == NOWHERE else settings.api_address

    async def __aenter__(self) -> Self:
        self._folder.hold()
        try:
            self._require_whole()
            await self._start_both()
            self.note_pids({})
        except BaseException:
            await self.stop()
            raise
        log.info(
            "stack_started",
            folder=str(self.data_dir),
            temporal=self.temporal.address,
            postgres_pid=self.postgres.pid,
            temporal_pid=self.temporal.pid,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def _require_whole(self) -> None:
        """Refuse what a restore has left half done: a part of a ledger looks like a whole one."""
        if not self._finishing and self.data_dir.joinpath(UNFINISHED_NAME).exists():
            raise FolderUnusableError(
                f"A restore into {self.data_dir} has not ended. Run the same `closeout restore` "
                "again: it begins anew."
            )

    async def _start_both(self) -> None:
        """Start them side by side; the first to fail calls off the other."""
        try:
            async with asyncio.TaskGroup() as starting:
                starting.create_task(self.postgres.start())
                starting.create_task(self.temporal.start())
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def stop(self) -> None:
        """Stop Temporal, then PostgreSQL, and give the folder back; again changes nothing."""
        if not self._folder.is_held:
            return
        await self.temporal.stop()
        await self.postgres.stop()
        self.data_dir.joinpath(RECORD_NAME).unlink(missing_ok=True)
        self._folder.release()
        log.info("stack_stopped", folder=str(self.data_dir))

    def running(self, pids: Mapping[str, int]) -> RunningStack:
        """Return what others must know; `pids` are those of further children."""
        servers = {each.name: each.pid for each in (self.postgres, self.temporal) if each.pid}
        return RunningStack(
            pid=os.getpid(),
            database_url=self.postgres.app_url,
            owner_database_url=self.postgres.owner_url,
            reader_database_url=self.postgres.reader_url,
            api_address=self.api_address,
            temporal_address=self.temporal.address,
            temporal_namespace=self.temporal.namespace,
            postgres_bin_dir=str(self.postgres.bin_dir),
            pids={**servers, **pids},
        )

    def note_pids(self, pids: Mapping[str, int]) -> None:
        """Write the stack's record anew."""
        text = json.dumps(asdict(self.running(pids)), indent=1)
        write_private(self.data_dir / RECORD_NAME, text)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that connect a child to this stack, and lead it to the keys."""
        return {
            **self.running({}).environment,
            "CLOSEOUT_DATA_DIR": str(self.data_dir),
            "CLOSEOUT_LOG_KEY": str(self._kept["log_key"]),
            "CLOSEOUT_ANCHOR_DIR": str(self._kept["anchor_dir"]),
            "CLOSEOUT_API_ADDRESS": self.api_address or NOWHERE,
        }


class Kept(Protocol):
    """Something the supervisor keeps alive."""

    @property
    def name(self) -> str: ...
    @property
    def pid(self) -> int | None: ...
    async def start(self) -> None: ...
    async def wait(self) -> int: ...
    async def stop(self) -> None: ...


@dataclass(frozen=True)
class ChildProgram:
    """A program to keep alive on the stack: the worker, the relay, an HTTP face."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to what programs run by, our settings and the stack's connection."""
    withheld: frozenset[str] = frozenset()
    """Secrets among our settings that it does not use; a file of settings is read by all."""

    def environment(self, connection: Mapping[str, str]) -> dict[str, str]:
        """Return all that the program is given; `connection` leads it to the stack."""
        return {**surroundings(), **settings_for(self.withheld), **connection, **self.env}


class _KeptProgram:
    def __init__(self, program: ChildProgram, stack: EmbeddedStack) -> None:
        self.name = program.name
        self._program = program
        self._stack = stack
        self._child = Child(program.name)

    @property
    def pid(self) -> int | None:
        return self._child.pid

    async def start(self) -> None:
        env = self._program.environment(self._stack.environment)
        await self._child.spawn(self._program.argv, env=env, death_signal=signal.SIGKILL)

    async def wait(self) -> int:
        return await self._child.wait()

    async def stop(self) -> None:
        await self._child.stop(CHILD_STOP)


class Supervisor:
    """Keeps the stack and any number of programs alive until SIGINT, SIGTERM or `request_stop`.

    A child that dies is started again after 0.2 s, doubled to at most 5 s while it keeps dying;
    sockets and ports stay the same, so that clients find their servers again. At the end the
    programs are stopped first (SIGTERM, 8 s), then Temporal, PostgreSQL last. Killed with SIGKILL,
    it takes its children along (on Linux at once, elsewhere at the next start).
    Run it in the main thread.
    """

    def __init__(
        self,
        stack: EmbeddedStack,
        programs: Sequence[ChildProgram] = (),
        *,
        on_ready: Callable[[EmbeddedStack], Awaitable[None]] | None = None,
    ) -> None:
        """`on_ready` is awaited when both servers serve, before any program starts."""
        self.stack = stack
        self._programs = [_KeptProgram(program, stack) for program in programs]
        self._on_ready = on_ready
        self._stop = asyncio.Event()

    def request_stop(self) -> None:
        """Let `run` come to its end."""
        self._stop.set()

    async def run(self) -> None:
        """Start everything, keep it alive, and return once everything is stopped.

        `StackError` if a server cannot be started in the first place; what `on_ready` raises.
        """
        with _signals(self.request_stop):
            serving = asyncio.create_task(self._serve())
            stopping = asyncio.create_task(self._stop.wait())
            try:
                await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                stopping.cancel()
                if not serving.done():
                    serving.cancel()
                    await asyncio.wait({serving})
            if not serving.cancelled():
                serving.result()

    async def _serve(self) -> None:
        async with self.stack:
            keepers = [_task(self._keep(each)) for each in self._servers()]
            try:
                if self._on_ready is not None:
                    await self._on_ready(self.stack)
                for program in self._programs:
                    await program.start()
                    keepers.append(_task(self._keep(program)))
                self._note()
                log.info("stack_ready", programs=[program.name for program in self._programs])
                await asyncio.gather(*keepers)
            finally:
                for keeper in keepers:
                    keeper.cancel()
                await asyncio.wait(keepers)
                await asyncio.gather(*(program.stop() for program in self._programs))

    def _servers(self) -> tuple[Kept, Kept]:
        return self.stack.postgres, self.stack.temporal

    async def _keep(self, kept: Kept) -> None:
        backoff_s = BACKOFF_FIRST_S
        while True:
            began = time.monotonic()
            pid = kept.pid
            code = await kept.wait()
            lived_s = time.monotonic() - began
            log.warning(
                "child_died", child=kept.name, pid=pid, exit_code=code, lived_s=round(lived_s, 1)
            )
            if lived_s >= STEADY_AFTER_S:
                backoff_s = BACKOFF_FIRST_S
            backoff_s = await self._start_again(kept, backoff_s)

    async def _start_again(self, kept: Kept, backoff_s: float) -> float:
        """Return the back-off that the next death meets."""
        while True:
            await asyncio.sleep(backoff_s)
            backoff_s = min(2 * backoff_s, BACKOFF_LAST_S)
            try:
                await kept.start()
            except (StackError, OSError) as problem:
                log.warning("child_not_restarted", child=kept.name, problem=str(problem))
            else:
                self._note()
                log.info("child_restarted", child=kept.name, pid=kept.pid)
                return backoff_s

    def _note(self) -> None:
        try:
            self.stack.note_pids({each.name: each.pid for each in self._programs if each.pid})
        except OSError as problem:
            # A full disk is no reason to stop what still runs.
            log.warning("stack_record_not_written", problem=str(problem))


def _task(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.create_task(work)


@contextlib.contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
