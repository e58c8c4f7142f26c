"""A shipped zone at work: desk, relay and worker on one virtual clock and a fresh database."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, TypeVar

from databases import Database
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper

from audit.clocks import audit_clocks
from audit.reexecute import reexecute
from audit.verify import verify_stream
from demo.virtual import TimeLapse, VirtualClock, skipping
from desk.desk import Desk
from desk.shelf import Shelf
from desk.supervising import SupervisionDesk
from domain.chain import Record
from domain.clocks import Clock, ClockTransition
from domain.commands import Command, Submission
from domain.events import Event, RungFired
from domain.issue import Issue
from domain.order_commands import OrderCommand, OrderSubmission
from domain.order_view import OrderGlimpse, order_workflow_id
from domain.orders import SupervisionOrder, order_stream
from domain.organization import post
from domain.people import Actor, Officer, Representative
from domain.responsibility import Held, partition
from domain.retold import terms_named
from domain.team import DecisionRef
from domain.terms import Terms
from domain.view import CommandResult, Glimpse, IssueView, workflow_id
from handbooks.shelf import read_terms
from worker import make_relay, make_worker

NUMBERS = itertools.count(1)
ANSWER_SECONDS = 20.0
BEIJING = timezone(timedelta(hours=8))


def beijing(text: str) -> datetime:
    """Return the instant of a local time such as `2026-02-14 16:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """One delivery: to whom, of which kind of event, of which issue, when by the desk's clock."""

    addressee: str
    kind: str
    key: str
    at: datetime


class Post:
    """The channel: it keeps what it delivered."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.delivered: list[Told] = []

    async def deliver(self, addressee: str, kind: str, issue: IssueView) -> None:
        """Deliver."""
        self.delivered.append(Told(addressee, kind, issue.key, self._clock.now()))


class World:
    """Everything that runs for one zone, and the verbs to live in it."""

    def __init__(self, terms: Terms, desk: Desk, skipper: TimeSkipper, clock: VirtualClock) -> None:
        self.zone = terms.handbook.zone
        self.desk = desk
        self.ledger = desk.ledger
        self.supervision = SupervisionDesk(desk)
        self.client = skipper.client
        self.clock = clock
        self.post = Post(clock)
        self.lapse = TimeLapse(desk.ledger, skipper, clock)
        self.terms = terms
        self.handbook = terms.handbook
        self.number = next(NUMBERS)
        self.task_queue = f"ladder-{self.number}"

    def key(self, name: str) -> str:
        """Return the key of what this story calls so: Temporal's server is all stories' own.

        `first.f1` is the issue that follows up `first`, under the key that it gives itself.
        """
        plain, dot, ending = name.partition(".")
        return f"{plain}-{self.number}{dot}{ending}"

    # --- people ---

    def officer(self, post_id: str, place: int = 0) -> Officer:
        """Return one of the people of a post."""
        held = post(self.handbook, post_id)
        assert held is not None, post_id
        return Officer(person=held.holders[place], post=post_id)

    def firm(self, enterprise: str) -> Representative:
        """Return somebody of an enterprise."""
        return Representative(person=f"{enterprise}-r01", enterprise=enterprise)

    # --- acts ---

    async def until(self, text: str) -> None:
        """Let time pass until a local time."""
        await self.lapse.advance_to(beijing(text))

    async def do(
        self,
        name: str,
        actor: Actor,
        command: Command,
        *,
        at: str | None = None,
        occurred_at: datetime | None = None,
        expected_version: int | None = None,
        under: DecisionRef | None = None,
    ) -> CommandResult:
        """Send a command through door 1, at a local time if one is given; let all hear of it."""
        if at is not None:
            await self.until(at)
        result = await self.desk.carry_out(
            Submission(
                id=f"w{self.number}-{next(NUMBERS)}",
                zone=self.zone,
                key=self.key(name),
                actor=actor,
                command=command,
                occurred_at=occurred_at,
                expected_version=expected_version,
                under=under,
            )
        )
        await self.lapse.settle()
        return result

    async def order(
        self, name: str, actor: Actor, command: OrderCommand, *, at: str | None = None
    ) -> CommandResult:
        """Send a command to a supervision order, and let all hear of it."""
        if at is not None:
            await self.until(at)
        id_ = f"w{self.number}-{next(NUMBERS)}"
        key = self.key(name)
        sent = OrderSubmission(id=id_, zone=self.zone, key=key, actor=actor, command=command)
        result = await self.supervision.carry_out(sent)
        await self.lapse.settle()
        return result

    # --- what there is to see ---

    async def issue(self, name: str) -> Issue:
        """Return the issue as the ledger has it."""
        return (await self.desk.row(self.zone, self.key(name))).issue

    async def clock_of(self, name: str, id_: str) -> Clock:
        """Return one clock of an issue."""
        found = (await self.issue(name)).clock(id_)
        assert found is not None, id_
        return found

    async def records(self, name: str) -> list[Record]:
        """Return what the ledger has of an issue."""
        return await self.ledger.records(f"{self.zone}/{self.key(name)}")

    async def events(self, name: str, *kinds: str) -> list[Event]:
        """Return the events of an issue, of some kinds only if any are named."""
        found = await self.records(name)
        return [record.event for record in found if not kinds or record.kind in kinds]

    async def fired(self, name: str) -> list[RungFired]:
        """Return the rungs that fired."""
        return [e for e in await self.events(name, "rung_fired") if isinstance(e, RungFired)]

    async def moves(self, name: str) -> list[tuple[datetime, ClockTransition]]:
        """Return what became of every clock, and when."""
        return [(r.at, move) for r in await self.records(name) for move in r.event.clocks]

    async def held(self, name: str) -> tuple[Held, ...]:
        """Return whose time it was, from the report until now."""
        records = await self.records(name)
        terms = {hash_: await self.desk.shelf.version(hash_) for hash_ in terms_named(records)}
        return partition(records, terms, self.clock.now())

    async def glimpse(self, name: str) -> Glimpse:
        """Ask the issue's workflow what it has seen, once it has nothing in hand."""
        handle = await self._calm(workflow_id(self.zone, self.key(name)))
        seen: Glimpse = await handle.query("issue", result_type=Glimpse)
        return seen

    async def closing(self, name: str) -> dict[str, Any]:
        """Wait until the issue's workflow has ended, and return what it ended with."""
        handle = self.client.get_workflow_handle(workflow_id(self.zone, self.key(name)))
        ended: dict[str, Any] = await asyncio.wait_for(handle.result(), ANSWER_SECONDS)
        return ended

    async def order_closing(self, name: str) -> dict[str, Any]:
        """Wait until a supervision order's workflow has ended."""
        handle = self.client.get_workflow_handle(order_workflow_id(self.zone, self.key(name)))
        ended: dict[str, Any] = await asyncio.wait_for(handle.result(), ANSWER_SECONDS)
        return ended

    async def order_now(self, name: str) -> SupervisionOrder:
        """Return a supervision order as the ledger has it."""
        return (await self.supervision.row(self.zone, self.key(name))).order

    async def order_glimpse(self, name: str) -> OrderGlimpse:
        """Ask the order's workflow what it has seen."""
        handle = await self._calm(order_workflow_id(self.zone, self.key(name)))
        seen: OrderGlimpse = await handle.query("order", result_type=OrderGlimpse)
        return seen

    async def _calm(self, id_: str) -> WorkflowHandle[Any, Any]:
        """Wait until a workflow has nothing in hand."""
        handle = self.client.get_workflow_handle(id_)
        async with asyncio.timeout(ANSWER_SECONDS):
            while (await handle.describe()).raw_description.HasField("pending_workflow_task"):  # noqa: ASYNC110  # nothing announces it
                await asyncio.sleep(0.005)
        return handle

    def told(self, name: str, kind: str) -> list[tuple[str, datetime]]:
        """Return to whom a kind of event of an issue was delivered, and when, in order of name."""
        mine = (t for t in self.post.delivered if (t.key, t.kind) == (self.key(name), kind))
        return sorted((t.addressee, t.at) for t in mine)

    # --- what must hold in the end ---

    async def proved(self, *names: str, orders: tuple[str, ...] = ()) -> None:
        """Chains, folds and rungs of these streams verify, every decision comes out again, and
        every rung that was due has fired once, at its instant, and was told."""
        issues = [f"{self.zone}/{self.key(name)}" for name in names]
        for stream in (*issues, *(order_stream(self.zone, self.key(name)) for name in orders)):
            findings = await verify_stream(self.ledger, stream)
            assert findings.is_sound, findings.found[:5]
            again = await reexecute(self.ledger, stream)
            assert again.decisions
            assert again.is_identical, again.differences[:5]
            rungs = await self.ledger.firings(stream)
            assert len(rungs) == len({(row.clock, row.cycle, row.rung) for row in rungs})
            assert all(row.fired_at == row.due_at for row in rungs)
        audit = await audit_clocks(self.ledger, now=self.clock.now(), zone=self.zone)
        assert not audit.found, audit.found[:5]


AnyWorld = TypeVar("AnyWorld", bound=World)


@asynccontextmanager
async def world_of(
    zone: str,
    database: Database,
    client: Client,
    start: str,
    *,
    clock: VirtualClock | None = None,
    worker: bool = True,
) -> AsyncIterator[World]:
    """Run a shipped zone from a local time on, until the end of the block."""
    clock = clock or VirtualClock(beijing(start))
    async with database.ledger(size=8) as ledger:
        terms = read_terms(zone)
        desk = Desk(ledger, Shelf(ledger, {zone: terms}), clock)
        async with at_work(World(terms, desk, skipping(client), clock), worker=worker) as world:
            yield world


@asynccontextmanager
async def at_work(world: AnyWorld, *, worker: bool = True) -> AsyncIterator[AnyWorld]:
    """Run the world's relay, and its worker unless that is a process of its own."""
    queue = world.task_queue
    async with AsyncExitStack() as up:
        if worker:
            made = make_worker(world.client, world.desk, task_queue=queue, channel=world.post)
            await up.enter_async_context(made)
        relaying = asyncio.create_task(make_relay(world.client, world.desk, task_queue=queue).run())
        try:
            yield world
        finally:
            relaying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await relaying
