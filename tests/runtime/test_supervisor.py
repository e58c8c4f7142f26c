"""The embedded stack under its supervisor: what is killed comes back, what is stopped is gone."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from deep import IN_CHECK

from runtime.errors import BinariesMissingError, FolderTakenError
from runtime.lock import holder
from runtime.settings import Settings
from runtime.stack import EmbeddedStack, RunningStack, Supervisor, read_running_stack
from runtime.temporal import connect

ROOT = Path(__file__).parents[2]
PATIENCE_S = 15.0

SUPERVISED = '''
import asyncio, sys
import asyncpg
from runtime.logging import configure_logging
from runtime.settings import Settings
from runtime.stack import ChildProgram, EmbeddedStack, Supervisor

STEADY = """
import os, time
assert os.environ["CLOSEOUT_DATABASE_URL"] and os.environ["TEMPORAL_NAMESPACE"]
assert "CLOSEOUT_OWNER_DATABASE_URL" not in os.environ
time.sleep(600)
"""
MORTAL = """
import os, pathlib, sys, time
lives = pathlib.Path(sys.argv[1])
with lives.open("a") as file:
    file.write(os.environ["TEMPORAL_ADDRESS"] + chr(10))
time.sleep(600 if len(lives.read_text().splitlines()) > 2 else 0.05)
sys.exit(3)
"""

async def migrate(stack):
    connection = await asyncpg.connect(stack.postgres.owner_url)
    await connection.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
    await connection.close()

configure_logging("info", as_json=True)
settings = Settings.load()
lives = str(settings.data_dir.parent / "lives")
programs = [
    ChildProgram("worker", [sys.executable, "-c", STEADY]),
    ChildProgram("relay", [sys.executable, "-c", MORTAL, lives]),
]
asyncio.run(Supervisor(EmbeddedStack(settings), programs, on_ready=migrate).run())
'''


class Supervised:
    """A supervisor in a process of its own, and its log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder.parent / "log"
        path = os.pathsep.join([str(ROOT), *sys.path])
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SUPERVISED],
                stderr=log,
                env={**os.environ, "PYTHONPATH": path, "CLOSEOUT_DATA_DIR": str(folder)},
            )

    def events(self, name: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line[:1] == "{"]
        return [line for line in lines if line["event"] == name]

    def until(self, met: Callable[[], object]) -> None:
        until = time.monotonic() + PATIENCE_S
        while not met():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.02)

    def stack(self) -> RunningStack:
        stack = read_running_stack(self.folder)
        assert stack is not None
        return stack

    def kill(self, *names: str) -> None:
        """Kill these children, and wait until each was started again."""

        def restarts() -> int:
            return sum(line["child"] in names for line in self.events("child_restarted"))

        before, pids = restarts(), self.stack().pids
        for name in names:
            os.kill(pids[name], signal.SIGKILL)
        self.until(lambda: restarts() == before + len(names))
        assert all(self.stack().pids[name] != pids[name] for name in names)


@pytest.fixture
def supervised(folder: Path) -> Iterator[Supervised]:
    running = Supervised(folder)
    try:
        running.until(lambda: running.events("stack_ready"))
        yield running
    finally:
        running.process.terminate()
        running.process.wait(PATIENCE_S)


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def until_gone(pids: list[int]) -> None:
    until = time.monotonic() + PATIENCE_S
    while any(map(alive, pids)):
        assert time.monotonic() < until, pids
        time.sleep(0.02)


def asked(stack: RunningStack, statement: str) -> object:
    async def ask() -> object:
        connection = await asyncpg.connect(stack.owner_database_url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(ask())


def temporal_serves(stack: RunningStack) -> bool:
    async def ask() -> bool:
        client = await connect(stack.temporal_address)
        counted = await client.count_workflows(rpc_timeout=timedelta(seconds=5))
        return counted.count == 0

    return asyncio.run(ask())


@IN_CHECK
def test_killed_servers_come_back_at_the_same_address_with_their_rows(
    supervised: Supervised,
) -> None:
    before = supervised.stack()
    assert asked(before, "INSERT INTO kept VALUES (7) RETURNING number") == 7

    for names in (("postgres",), ("temporal",), ("postgres", "temporal")):
        supervised.kill(*names)
        now = supervised.stack()
        assert now.environment == before.environment
        assert asked(now, "SELECT number FROM kept") == 7
        assert temporal_serves(now)
    assert now.pids["worker"] == before.pids["worker"]
    died = [line["child"] for line in supervised.events("child_died") if line["child"] != "relay"]
    assert sorted(died) == ["postgres", "postgres", "temporal", "temporal"]


@IN_CHECK
def test_a_program_that_keeps_dying_is_started_again_and_sigterm_ends_everything(
    supervised: Supervised,
) -> None:
    supervised.until(lambda: len(supervised.events("child_restarted")) == 2)
    stack = supervised.stack()
    lives = supervised.folder.with_name("lives").read_text().splitlines()
    assert lives[:2] == [stack.temporal_address] * 2
    assert [line["exit_code"] for line in supervised.events("child_died")] == [3, 3]
    assert stack.pid == supervised.process.pid == holder(supervised.folder)
    assert set(stack.pids) == {"postgres", "temporal", "worker", "relay"}
    record = supervised.folder / "stack.json"
    assert record.stat().st_mode & 0o777 == 0o600

    supervised.process.terminate()

    assert supervised.process.wait(PATIENCE_S) == 0
    assert not any(map(alive, stack.pids.values()))
    assert not record.exists()
    assert read_running_stack(supervised.folder) is None
    assert "database system is shut down" in supervised.folder.joinpath("postgres.log").read_text()
    assert supervised.events("stack_stopped")


@IN_CHECK
def test_a_killed_supervisor_takes_its_children_along_and_the_next_one_finds_all(
    supervised: Supervised,
) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux ends the children of a killed process")
    before = supervised.stack()
    asked(before, "INSERT INTO kept VALUES (7)")

    supervised.process.kill()
    supervised.process.wait()
    until_gone([pid for name, pid in before.pids.items() if name != "postgres"])
    assert read_running_stack(supervised.folder) is None
    anew = Supervised(supervised.folder)
    try:
        anew.until(lambda: len(anew.events("stack_ready")) == 2)
        now = anew.stack()
        assert now.environment == before.environment
        assert asked(now, "SELECT number FROM kept") == 7
        assert temporal_serves(now)
    finally:
        anew.process.terminate()
        assert anew.process.wait(PATIENCE_S) == 0


async def test_a_stack_refuses_a_folder_in_use_and_leaves_it_as_it_was(folder: Path) -> None:
    async with EmbeddedStack(Settings.load(data_dir=folder)) as stack:
        with pytest.raises(FolderTakenError, match=f"in use by process {os.getpid()}"):
            await EmbeddedStack(Settings.load(data_dir=folder)).__aenter__()
        assert read_running_stack(folder) == stack.running({})

    assert read_running_stack(folder) is None
    assert stack.postgres.pid is None
    assert stack.temporal.pid is None


async def test_a_stack_of_which_one_server_cannot_start_leaves_nothing_running(
    folder: Path,
) -> None:
    stack = EmbeddedStack(Settings.load(data_dir=folder, temporal_binary=folder / "none"))

    with pytest.raises(BinariesMissingError):
        async with stack:
            pass

    assert stack.postgres.pid is None
    assert holder(folder) is None


async def test_when_the_first_work_on_the_servers_fails_all_is_stopped_and_the_failure_told(
    folder: Path,
) -> None:
    async def migrate(stack: EmbeddedStack) -> None:
        assert read_running_stack(folder) == stack.running({})
        raise ValueError("a migration that fails")

    stack = EmbeddedStack(Settings.load(data_dir=folder))

    with pytest.raises(ValueError, match="a migration that fails"):
        await Supervisor(stack, on_ready=migrate).run()

    assert stack.postgres.pid is None
    assert stack.temporal.pid is None
    assert holder(folder) is None
