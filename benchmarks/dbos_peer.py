"""The package dbos as a process of its own, in an environment made from its lock."""

import asyncio
import json
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.beside import python
from benchmarks.script import life_for_peer

PROGRAM = "benchmarks.dbos_program"
ROOT = Path(__file__).parent.parent
LINE_BYTES_MAX = 2**26


class Dbos:
    """Plays lives as dbos does, and says how fast."""

    def __init__(self, child: Process) -> None:
        self._child = child

    @property
    def pid(self) -> int:
        """The pid of its process."""
        return self._child.pid

    async def lives_a_second(self, way: str, in_flight: int, name: str, lives: int) -> float:
        """Return lives a second, `way` being a workflow for each `issue` or each `command`."""
        told = [
            [asdict(each) for each in life_for_peer(f"{name}-{number:05d}")]
            for number in range(lives)
        ]
        asked = {"way": way, "in_flight": in_flight, "lives": told}
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(asked).encode() + b"\n")
        await self._child.stdin.drain()
        return lives / float(await self.answer())

    async def answer(self) -> Any:
        """Return what the process says next."""
        assert self._child.stdout is not None
        line = await self._child.stdout.readline()
        assert line, "dbos ended"
        return json.loads(line)


@asynccontextmanager
async def dbos_standing(url: str, system_url: str) -> AsyncIterator[Dbos]:
    """Run the package's process until the end of the block."""
    environment = await asyncio.to_thread(python)
    child = await asyncio.create_subprocess_exec(
        *(environment, "-m", PROGRAM, url, system_url),
        stdin=PIPE,
        stdout=PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        limit=LINE_BYTES_MAX,
    )
    try:
        standing = Dbos(child)
        assert await standing.answer() == "ready"
        yield standing
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()
