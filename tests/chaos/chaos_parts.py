"""The processes that chaos kills: worker, relay and HTTP face, and the nurseries they come from."""

import asyncio
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

from runtime.processes import LEASH

ROOT: Final = Path(__file__).parents[2]
NURSERY: Final = Path(__file__).with_name("chaos_nursery.py")
READ_BY_A_PART: Final = (
    *("activities", "api", "audit", "console", "demo", "desk", "domain", "face", "handbooks"),
    *("ledger", "runtime", "terminal", "workflows"),
)
PATIENCE_S: Final = 60.0
SERVES: Final = {"worker": "worker_serves", "relay": "worker_serves", "api": "api_serves"}
AGAIN_FIRST_S: Final = 0.2
AGAIN_LAST_S: Final = 1.0


class Nursery:
    """Makes processes of the program in one source tree."""

    def __init__(self, tree: Path, log: Path) -> None:
        leash = (sys.executable, str(LEASH), str(os.getpid()), str(int(signal.SIGKILL)), "-1", "-1")
        foreign = ("CLOSEOUT_", "TEMPORAL_", "PG")
        env = {name: text for name, text in os.environ.items() if not name.startswith(foreign)}
        self._making = asyncio.Lock()
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [*leash, sys.executable, str(NURSERY)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                env={**env, "PYTHONPATH": str(tree)},
                text=True,
            )

    async def until_ready(self) -> Self:
        """Wait until the program is read."""
        assert await self._line() == "ready"
        return self

    async def make(self, asked: Mapping[str, object]) -> int:
        """Make a process and return its pid."""
        async with self._making:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            return int(await self._line())

    async def _line(self) -> str:
        assert self._process.stdout is not None
        return (await asyncio.to_thread(self._process.stdout.readline)).strip()

    def end(self) -> None:
        """End it, and with it whatever it made."""
        self._process.kill()
        self._process.wait(PATIENCE_S)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()


def another_build(folder: Path) -> Path:
    """Copy what a part runs, with a change in the workflow that changes nothing."""
    for name in READ_BY_A_PART:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("worker.py", "cli.py"):
        shutil.copy(ROOT / name, folder)
    with folder.joinpath("workflows", "issue.py").open("a") as source:
        source.write("\n# Another build.\n")
    return folder


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that only waits to be reaped does not."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


class Part:
    """One process that is kept alive, as the supervisor of `closeout up` would: one that died is
    started again after 0.2 s, then later, but not while it is held down."""

    def __init__(self, name: str, nursery: Nursery, env: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self.nursery = nursery
        self.log = folder / f"{name}.log"
        self.log.touch(mode=0o600)
        self.deaths = 0
        self.down_until = 0.0
        """Not started before this instant of the monotonic clock."""
        self._env = dict(env)
        self._clock = folder / f"{name}.clock"
        self._clock.write_bytes(struct.pack("d", 0.0))
        self._pid = 0
        self._read_from = 0
        self._began = 0.0
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """The process that runs, or ran last."""
        return self._pid

    async def start(self) -> None:
        """Start it, and keep it alive from now on."""
        await self._spawn()
        self._keeper = asyncio.create_task(self._keep())

    def kill(self, *, down_s: float = 0.0) -> None:
        """End it in the middle of whatever it does, for so long at least."""
        self.down_until = time.monotonic() + down_s
        self.signal(signal.SIGKILL)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it runs."""
        if self._pid and is_alive(self._pid):
            os.kill(self._pid, number)

    def shift_clock(self, seconds: float) -> None:
        """Let its clock differ from the machine's."""
        with self._clock.open("r+b") as file:
            file.write(struct.pack("d", seconds))

    def serves(self) -> bool:
        """Return whether it runs and has said that it serves."""
        if not self._pid or not is_alive(self._pid):
            return False
        with self.log.open("rb") as file:
            file.seek(self._read_from)
            return SERVES[self.name].encode() in file.read()

    async def until_serving(self) -> None:
        """Wait until it serves."""
        end = time.monotonic() + PATIENCE_S
        while not self.serves():
            assert time.monotonic() < end, f"{self.name} does not serve; see {self.log}"
            await asyncio.sleep(0.02)

    async def replace(self, nursery: Nursery) -> None:
        """Start a process of another build; when it serves, end the old one as a deploy does."""
        old, self._pid = self._pid, 0
        self.nursery = nursery
        await self._spawn()
        await self.until_serving()
        if old and is_alive(old):
            os.kill(old, signal.SIGTERM)

    async def end(self) -> None:
        """End it for good."""
        if self._keeper is not None:
            self._keeper.cancel()
        self.kill()

    async def _spawn(self) -> None:
        self._read_from = self.log.stat().st_size
        self._began = time.monotonic()
        asked = {
            "part": self.name,
            "env": self._env,
            "log": str(self.log),
            "clock": str(self._clock),
        }
        self._pid = await self.nursery.make(asked)

    async def _keep(self) -> None:
        pause_s = AGAIN_FIRST_S
        while True:
            await asyncio.sleep(0.02)
            if not self._pid or is_alive(self._pid):
                continue
            self.deaths += 1
            if time.monotonic() - self._began > 2.0:
                pause_s = AGAIN_FIRST_S
            await asyncio.sleep(max(pause_s, self.down_until - time.monotonic()))
            pause_s = min(2 * pause_s, AGAIN_LAST_S)
            await self._spawn()
