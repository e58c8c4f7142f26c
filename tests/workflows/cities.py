"""A city of a test's own: desk, relay and worker on one virtual clock and a fresh database."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import builders as b
from databases import Database
from temporalio.api.enums.v1 import EventType
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowHandle,
    WorkflowHistory,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.testing import TimeSkipper

from demo.virtual import TimeLapse, VirtualClock, skipping
from desk.desk import Desk
from desk.shelf import Shelf
from domain.commands import Command, Submission
from domain.people import Actor
from domain.terms import Terms
from domain.view import WORKFLOW_TYPE, CommandResult, Glimpse, IssueView, workflow_id
from ledger.port import FiringRow, Ledger
from worker import make_relay, make_worker

NUMBERS = itertools.count(1)
KEPT = {("cached", False): 500, ("cached", True): 500, ("plain", False): 0, ("plain", True): 1}
ANSWER_SECONDS = 20.0


@dataclass
class Post:
    """The channel: what it delivered, and whether it hangs or fails before that."""

    delivered: list[tuple[str, str, str]] = field(default_factory=list)
    failures_left: int = 0
    attempts: int = 0
    answers: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.answers.set()

    async def deliver(self, addressee: str, kind: str, issue: IssueView) -> None:
        """Deliver, unless the channel has its troubles."""
        self.attempts += 1
        if not self.answers.is_set():
            await self.answers.wait()
            raise ConnectionError("the call had been given up long ago")
        if self.failures_left:
            self.failures_left -= 1
            raise ConnectionError("the mail server is down")
        self.delivered.append((addressee, kind, issue.key))


class NobodyWaits:
    """A ledger for a time-lapse that goes on while there is still something to tell."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def undelivered(self) -> int:
        """Say that all is told."""
        return 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)


class City:
    """Everything that runs, and the verbs to live in it."""

    def __init__(
        self, desk: Desk, skipper: TimeSkipper, clock: VirtualClock, kept_max: int
    ) -> None:
        self.desk = desk
        self.ledger = desk.ledger
        self.client: Client = skipper.client
        self.clock = clock
        self.kept_max = kept_max
        self.post = Post()
        self.lapse = TimeLapse(desk.ledger, skipper, clock)
        self.hasty = TimeLapse(NobodyWaits(desk.ledger), skipper, clock)
        self.number = next(NUMBERS)
        self.key = f"t{self.number}"
        self.task_queue = f"closeout-{self.number}"

    def worker(self) -> Any:
        """Return a worker that keeps `kept_max` workflows between their tasks."""
        return make_worker(
            self.client,
            self.desk,
            task_queue=self.task_queue,
            channel=self.post,
            cached_workflows_max=self.kept_max,
        )

    @asynccontextmanager
    async def relaying(self, window: timedelta = timedelta(0)) -> AsyncIterator[None]:
        """Run a relay until the end of the block."""
        relay = make_relay(self.client, self.desk, task_queue=self.task_queue, window=window)
        task = asyncio.create_task(relay.run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def another(self, name: str) -> str:
        """Return the key of another issue of this test."""
        return f"{self.key}-{name}"

    async def do(
        self, command: Command, actor: Actor = b.OFFICER, *, key: str = "", id_: str | None = None
    ) -> CommandResult:
        """Send a command through door 1 and let everybody hear of it."""
        sent = b.submission(command, actor, key=key or self.key, id_=id_)
        result = await self.desk.carry_out(sent)
        await self.lapse.settle()
        return result

    async def at(self, at: datetime, command: Command, actor: Actor = b.OFFICER) -> CommandResult:
        """Let time pass until `at`, then do."""
        await self.lapse.advance_to(at)
        return await self.do(command, actor)

    async def through(
        self,
        command: Command,
        actor: Actor = b.OFFICER,
        *,
        id_: str | None = None,
        update_id: str | None = None,
    ) -> CommandResult:
        """Send a command through door 2 to the running workflow."""
        sent = b.submission(command, actor, key=self.key, id_=id_)
        return await self.update(sent, update_id=update_id)

    async def update(self, sent: object, *, update_id: str | None = None) -> CommandResult:
        """Send anything at all as the Update."""
        done: CommandResult = await self.handle().execute_update(
            "carry_out",
            sent,
            id=update_id or f"update-{next(NUMBERS)}",
            result_type=CommandResult,
            rpc_timeout=timedelta(seconds=ANSWER_SECONDS),
        )
        return done

    def starting(self, task_seconds: float = 10) -> WithStartWorkflowOperation[Any, Any]:
        """Return the start that goes with an Update of another service."""
        return WithStartWorkflowOperation(
            WORKFLOW_TYPE,
            {"zone": b.ZONE, "key": self.key},
            id=workflow_id(b.ZONE, self.key),
            task_queue=self.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            task_timeout=timedelta(seconds=task_seconds),
        )

    async def update_with_start(
        self, sent: Submission, *, task_seconds: float = 10
    ) -> CommandResult:
        """Send a command through door 2 as a service does that knows of no workflow."""
        done: CommandResult = await self.client.execute_update_with_start_workflow(
            "carry_out",
            sent,
            id=sent.id,
            start_workflow_operation=self.starting(task_seconds),
            result_type=CommandResult,
            rpc_timeout=timedelta(seconds=ANSWER_SECONDS),
        )
        return done

    def handle(self, key: str = "") -> WorkflowHandle[Any, Any]:
        """Return the handle of an issue's workflow, whichever run is the last."""
        return self.client.get_workflow_handle(workflow_id(b.ZONE, key or self.key))

    async def view(self, key: str = "") -> IssueView:
        """Return the issue as the ledger has it."""
        return await self.desk.look(b.ZONE, key or self.key)

    async def glimpse(self) -> Glimpse:
        """Ask the workflow what it has seen, once it has nothing in hand."""
        await self.calm()
        seen: Glimpse = await self.handle().query("issue", result_type=Glimpse)
        return seen

    async def fired(self, key: str = "") -> list[FiringRow]:
        """Return the rungs that fired."""
        return await self.ledger.firings(f"{b.ZONE}/{key or self.key}")

    async def kinds(self, key: str = "") -> list[str]:
        """Return the kinds of the issue's events."""
        return [event.kind for event in await self.ledger.records(f"{b.ZONE}/{key or self.key}")]

    async def history(self, key: str = "") -> WorkflowHistory:
        """Return the history of the last run, once the workflow has nothing in hand."""
        await self.calm(key)
        return await self.handle(key).fetch_history()

    async def calm(self, key: str = "") -> None:
        """Wait until the workflow has nothing in hand, and has had its first task."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while await self._is_at_work(key):  # noqa: ASYNC110  # nothing announces it
                await asyncio.sleep(0.005)

    async def _is_at_work(self, key: str) -> bool:
        described = (await self.handle(key).describe()).raw_description
        is_new = described.workflow_execution_info.history_length <= 2
        return is_new or described.HasField("pending_workflow_task")

    async def runs(self, at_least: int) -> None:
        """Wait until Temporal's lists, which lag, show so many runs of the issue's workflow."""
        query = f"WorkflowId = '{self.handle().id}'"
        async with asyncio.timeout(ANSWER_SECONDS):
            while (await self.client.count_workflows(query)).count < at_least:  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.02)

    async def drained(self) -> None:
        """Wait until the relay has nothing left to tell the workflows."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while await self.ledger.outbox_size():  # noqa: ASYNC110  # nothing announces it
                await asyncio.sleep(0.005)

    async def recorded(self, kind: str) -> None:
        """Wait until the issue has an event of a kind."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while kind not in await self.kinds():  # noqa: ASYNC110  # nothing announces it
                await asyncio.sleep(0.005)

    async def ended(self, key: str = "") -> dict[str, Any]:
        """Wait until the workflow has ended, and return its Closing."""
        closing: dict[str, Any] = await asyncio.wait_for(self.handle(key).result(), ANSWER_SECONDS)
        return closing


@asynccontextmanager
async def city_on(
    database: Database,
    client: Client,
    ring: str = "cached",
    *,
    start_at: datetime = b.MON_9,
    terms: Terms = b.TERMS,
    worker: bool = True,
    relay: bool = True,
    several: bool = False,
) -> AsyncIterator[City]:
    """Run a city until the end of the block; `several`: its issues are at work at the same time.

    With no cache at all, the SDK loses local activities of workflows that are at work at once, and
    their tasks wait for a timeout. One that is kept, of several, makes the others replay as well.
    """
    clock = VirtualClock(start_at)
    async with database.ledger(size=8) as ledger, AsyncExitStack() as up:
        desk = Desk(ledger, Shelf(ledger, {b.ZONE: terms}), clock)
        city = City(desk, skipping(client), clock, KEPT[ring, several])
        if worker:
            await up.enter_async_context(city.worker())
        if relay:
            await up.enter_async_context(city.relaying())
        yield city


def count(history: WorkflowHistory, kind: str, activity: str | None = None) -> int:
    """Return how many events of a kind a history has, such as TIMER_STARTED."""
    wanted = EventType.Value(f"EVENT_TYPE_{kind}")
    return sum(
        event.event_type == wanted
        and (
            activity is None
            or event.activity_task_scheduled_event_attributes.activity_type.name == activity
        )
        for event in history.events
    )


def rings(history: WorkflowHistory) -> int:
    """Return how many rings a history has."""
    return count(history, "ACTIVITY_TASK_SCHEDULED", "ring")


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(ANSWER_SECONDS):
        while not holds():  # noqa: ASYNC110  # nothing announces it
            await asyncio.sleep(0.005)
