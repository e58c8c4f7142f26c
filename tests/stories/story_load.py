"""Commands sent without pause through both doors, each until it is acknowledged."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import story_handbook as hb
from pydantic import SecretStr
from temporalio.client import Client, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.service import RPCError

from desk.desk import Desk
from desk.opening import open_desk
from desk.second_door import send_through_workflow
from domain.commands import Submission
from domain.view import CommandResult
from ledger.port import LedgerUnavailableError
from runtime.settings import Settings
from runtime.stack import RunningStack
from runtime.temporal import connect

DOORS = (1, 2)
RETRY_AFTER_S = 0.05
UPDATE_MAX = timedelta(seconds=30)


@lru_cache
def quiet_runtime() -> Runtime:
    """Return a Temporal runtime that does not log each call to a server that was just killed."""
    logging = LoggingConfig(filter=TelemetryFilter(core_level="ERROR", other_level="ERROR"))
    return Runtime(telemetry=TelemetryConfig(logging=logging))


@asynccontextmanager
async def opened(stack: RunningStack, handbooks: Path) -> AsyncIterator["Load"]:
    """Open both doors of a running stack, for one process that sends."""
    settings = Settings(database_url=SecretStr(stack.database_url), handbook_dir=handbooks)
    client = await connect(
        stack.temporal_address, namespace=stack.temporal_namespace, runtime=quiet_runtime()
    )
    async with open_desk(settings, name="closeout-story") as desk:
        yield Load(desk, client)


class Load:
    """What was sent and what was acknowledged. A command that gets no answer is sent again."""

    def __init__(self, desk: Desk, client: Client) -> None:
        self.desk = desk
        self.client = client
        self.sent: dict[str, Submission] = {}
        self.acknowledged: dict[str, CommandResult] = {}
        self.through: Counter[int] = Counter()
        self.sent_again: Counter[str] = Counter()
        self._numbers: Counter[str] = Counter()
        self._stop = asyncio.Event()

    async def send(self, submission: Submission, door: int) -> CommandResult:
        """Send one command until it is acknowledged; a refusal is an error here."""
        self.sent[submission.id] = submission
        while True:
            try:
                result = await self._once(submission, door)
            except (
                LedgerUnavailableError,
                RPCError,
                WorkflowUpdateRPCTimeoutOrCancelledError,
            ) as error:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    # The SDK turns a cancellation into an error of its own.
                    raise asyncio.CancelledError from error
                self.sent_again[type(error).__name__] += 1
                await asyncio.sleep(RETRY_AFTER_S)
            else:
                self.acknowledged[submission.id] = result
                self.through[door] += 1
                return result

    async def _once(self, submission: Submission, door: int) -> CommandResult:
        if door == 1:
            return await self.desk.carry_out(submission)
        return await send_through_workflow(self.client, submission, within=UPDATE_MAX)

    async def open_issues(self, keys: list[str]) -> None:
        """Report an issue under each key, by turns through either door."""
        await asyncio.gather(
            *(self.send(hb.report(key), DOORS[n % 2]) for n, key in enumerate(keys))
        )

    async def notes(self, keys: list[str], door: int, chance: random.Random) -> None:
        """Add notes to these issues through one door, one after the other, until stopped."""
        while not self._stop.is_set():
            key = chance.choice(keys)
            self._numbers[key] += 1
            await self.send(hb.note(key, self._numbers[key]), door)
            await asyncio.sleep(chance.uniform(0.01, 0.1))

    async def lives(self, name: str, chance: random.Random) -> None:
        """Live whole lives, one after the other, each step through either door, until stopped."""
        number = 0
        while not self._stop.is_set():
            number += 1
            for submission in hb.life(f"{name}-{number}"):
                await self.send(submission, chance.choice(DOORS))
                await asyncio.sleep(chance.uniform(0.05, 0.4))

    @asynccontextmanager
    async def going_on(self, keys: list[str], seed: int) -> AsyncIterator[None]:
        """Send notes and lives through both doors during the block, then finish what was begun."""
        self._stop.clear()
        async with asyncio.TaskGroup() as senders:
            for number in range(3):
                for door in DOORS:
                    chance = random.Random(f"{seed}:{door}:{number}")  # noqa: S311 - a load
                    senders.create_task(self.notes(keys, door, chance))
                chance = random.Random(f"{seed}:lives:{number}")  # noqa: S311 - a load
                senders.create_task(self.lives(f"life{number}", chance))
            try:
                yield
            finally:
                self._stop.set()
