"""`closeout up` and its parts as processes of their own, and how they are killed."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from runtime.processes import LEASH, Account
from runtime.stack import EmbeddedStack, RunningStack, read_running_stack

ROOT: Final = Path(__file__).parents[2]
CLOSEOUT: Final = (sys.executable, str(ROOT / "cli.py"))
PATIENCE_S: Final = 60.0
PARTS: Final = ("postgres", "temporal", "worker", "relay")


def environment(**given: str) -> dict[str, str]:
    """Return our environment without any setting of the person who runs the tests."""
    foreign = ("CLOSEOUT_", "TEMPORAL_", "PG")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(foreign)}
    ours = {
        "PYTHONPATH": str(ROOT),
        "CLOSEOUT_WAKEUP_SPREAD_MS": "0",
        # The bell would ring what a workflow has to: stories that want it shorten this.
        "CLOSEOUT_BELL_GRACE_MS": "600000",
        "CLOSEOUT_API_ADDRESS": "off",  # a process more for every stack; stories that ask, start it
    }
    return kept | ours | given


def start(
    argv: tuple[str, ...],
    env: Mapping[str, str],
    log: Path,
    *,
    account: Account | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program that dies with this process; what it says goes to the end of `log`."""
    owner = (account.uid, account.gid) if account else (-1, -1)
    leash = (sys.executable, str(LEASH), *map(str, (os.getpid(), int(signal.SIGTERM), *owner)))
    with log.open("ab") as file:
        return subprocess.Popen(
            [*leash, *argv], stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=dict(env)
        )


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that only waits to be reaped does not."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


async def until(
    what: str, met: Callable[[], Awaitable[object]], *, patience_s: float = PATIENCE_S
) -> None:
    """Ask again and again until `met` says yes; fail, naming `what`, when patience ends."""
    end = time.monotonic() + patience_s
    while not await met():
        assert time.monotonic() < end, f"not within {patience_s:.0f} s: {what}"
        await asyncio.sleep(0.05)


class Process:
    """A worker or a relay in a process of its own."""

    def __init__(
        self, argv: tuple[str, ...], env: Mapping[str, str], log: Path, *, tree: Path = ROOT
    ) -> None:
        self.log = log
        program = (sys.executable, str(tree / argv[0]), *argv[1:])
        self._process = start(program, {**env, "PYTHONPATH": str(tree)}, log)

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        self._process.kill()
        self._process.wait(PATIENCE_S)

    def stop(self) -> int:
        """End it as an operator does, and return its exit code."""
        self._process.terminate()
        try:
            return self._process.wait(PATIENCE_S)
        finally:
            self._process.kill()

    async def ended(self) -> int:
        """Wait for it to end by itself, and return its exit code."""

        async def has_ended() -> bool:
            return self._process.poll() is not None

        await until(f"the end of {self.log.name}", has_ended)
        return self._process.wait()


class Servers:
    """PostgreSQL and Temporal without a supervisor, and the processes that a story puts on them."""

    def __init__(self, stack: EmbeddedStack, folder: Path, handbooks: Path) -> None:
        self.stack = stack
        self.folder = folder
        self.env = environment(**stack.environment, CLOSEOUT_HANDBOOK_DIR=str(handbooks))
        self._processes: list[Process] = []

    def run(self, name: str, *argv: str, tree: Path = ROOT) -> Process:
        """Start a program of `tree`; its log is named after it."""
        process = Process(argv, self.env, self.folder / f"{name}.log", tree=tree)
        self._processes.append(process)
        return process

    def worker(self, name: str = "worker", *, tree: Path = ROOT) -> Process:
        """Start a worker."""
        return self.run(name, "worker.py", "--only", "worker", tree=tree)

    def relay(self, name: str = "relay") -> Process:
        """Start a relay."""
        return self.run(name, "worker.py", "--only", "relay")

    def closeout(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one `closeout` command against these servers."""
        return closeout(*words, env=self.env)

    def end(self) -> None:
        """End every process that still runs."""
        for process in self._processes:
            process.kill()


def closeout(*words: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run one `closeout` command to its end."""
    return subprocess.run(
        [*CLOSEOUT, *words], env=dict(env), capture_output=True, text=True, check=False, timeout=60
    )


class Up:
    """`closeout up` on a data folder of its own; its log lies beside the folder."""

    def __init__(
        self, folder: Path, env: Mapping[str, str], *, account: Account | None = None
    ) -> None:
        self.folder = folder
        self._account = account
        self.log = folder.parent / "up.log"
        self._env = env
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start, and wait until all four parts run."""
        self._process = start(
            (*CLOSEOUT, "up", "--data-dir", str(self.folder)),
            self._env,
            self.log,
            account=self._account,
        )
        await until("closeout up", self._runs)

    async def _runs(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()
        stack = read_running_stack(self.folder)
        return stack is not None and set(PARTS) <= set(stack.pids)

    @property
    def stack(self) -> RunningStack:
        """What runs now."""
        stack = read_running_stack(self.folder)
        assert stack is not None
        return stack

    async def kill(self, *names: str) -> None:
        """Kill these parts with SIGKILL, and wait until each was started again."""
        before = self.stack.pids
        for name in names:
            os.kill(before[name], signal.SIGKILL)

        async def all_anew() -> bool:
            assert await self._runs() is not None
            now = self.stack.pids
            return all(
                now.get(name, before[name]) != before[name] and is_alive(now[name])
                for name in names
            )

        await until(f"{', '.join(names)} started again", all_anew)

    async def kill_everything(self) -> None:
        """Kill the supervisor and all that it keeps, and wait until nothing of it is left."""
        assert self._process is not None
        pids = list(self.stack.pids.values())
        for pid in (self._process.pid, *pids):
            with contextlib.suppress(ProcessLookupError):  # its children die with the supervisor
                os.kill(pid, signal.SIGKILL)
        self._process.wait(PATIENCE_S)

        async def all_gone() -> bool:
            return not any(map(is_alive, pids))

        await until("everything gone", all_gone)

    def stop(self) -> int:
        """End it as Ctrl-C does and return its exit code; leave nothing behind."""
        if self._process is None:
            return 0
        stack = read_running_stack(self.folder)
        self._process.terminate()
        try:
            return self._process.wait(PATIENCE_S)
        finally:
            self._process.kill()
            for pid in stack.pids.values() if stack else ():
                if is_alive(pid):
                    os.kill(pid, signal.SIGKILL)
