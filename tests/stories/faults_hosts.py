"""The machines of the simulation: a desk, a relay, and a connection to the ledger that fails."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from builders_zone import ZONE
from faults_time import SkewedClock

from activities.issue import IssueActivities
from activities.notifier import Notifier
from desk.desk import Desk
from desk.guard import Guard
from desk.relay import Relay
from desk.shelf import Shelf
from domain.phases import LinkType
from domain.view import IssueView
from ledger.kin import KinRow
from ledger.port import Changes, CommandRow, Head, Ledger, LedgerUnavailableError, PokeBatch
from workflows.shown import at_start

if TYPE_CHECKING:
    from faults_engine import Line
    from faults_world import World

T = TypeVar("T")
SPREAD_MS = 3000
"""How far the wake-ups of one calendar instant are spread."""


class Post:
    """The channel. It fails when the simulation says so."""

    def __init__(self, world: "World") -> None:
        self._world = world

    async def deliver(self, addressee: str, kind: str, issue: IssueView) -> None:
        """Deliver, or fail, or take longer than a workflow waits for it."""
        await asyncio.sleep(self._world.dice.uniform(0.001, 0.05))
        if self._world.springs("delivery: fails", f"{issue.zone}/{issue.key}"):
            raise ConnectionError("the mail server is down")
        if self._world.springs("delivery: hangs", f"{issue.zone}/{issue.key}"):
            await asyncio.sleep(20)
        self._world.delivered += 1


class Host:
    """One machine with one process: door, desk, relay and worker. It can die at any await."""

    def __init__(self, world: "World", name: str, clock: SkewedClock) -> None:
        self.world = world
        self.name = name
        self.clock = clock
        self.alive = False
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._ledger = cast(Ledger, HostLedger(self))
        self._shelf = Shelf(self._ledger, {ZONE: world.terms})

    def boot(self) -> None:
        """Start the process. What it knew of issues is gone; terms never change, so they stay."""
        self.alive = True
        self.desk = Desk(
            self._ledger,
            self._shelf,
            self.clock,
            wakeup_spread_ms=SPREAD_MS,
            on_poke=self._ring_the_bell,
        )
        self.line: Line = self.world.engine.line(self)
        self.relay = Relay(
            self._ledger, self.line.client, self.desk.seer, task_queue="closeout", shown=at_start
        )
        self.guard = Guard(self.desk, self.line.client)
        self.issue_activities = IssueActivities(self.desk)
        self.notifier = Notifier(self.desk, Post(self.world))
        self.start(self.relay.run())
        self.world.engine.has_worker()

    def kill(self, down_seconds: float) -> None:
        """Kill the process: everything in hand stops at the await where it stands."""
        self.alive = False
        self.world.engine.lost_worker(self)
        for task in list(self._tasks):
            task.cancel()
        self.world.loop.call_later(down_seconds, self.boot)

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin some work that dies with the process."""
        task = self.world.loop.create_task(work)
        self._tasks[task] = None
        task.add_done_callback(self._ended)
        return task

    async def dies_here(self) -> None:
        """Kill the process from within its own work, at this very place."""
        self.kill(self.world.dice.uniform(0.5, 40))
        await asyncio.sleep(0)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled():
            task.exception()  # seen, so that the loop does not complain of it

    def _ring_the_bell(self) -> None:
        """Wake this process's relay at once and, unless the bell is lost, the others."""
        self.relay.wake()
        if not self.world.springs("bell lost", None):
            for host in self.world.hosts:
                if host is not self and host.alive:
                    self.world.loop.call_later(0.05, host.relay.wake)


class HostLedger:
    """The one ledger over one machine's connection: slow, away, or cut around a commit."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._ledger = host.world.ledger

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self._ledger, name)

        async def asked(*args: Any, **named: Any) -> Any:
            await self.reach()
            return await inner(*args, **named)

        return asked

    async def reach(self) -> None:
        """Take the time of a round trip; raise if the ledger is away."""
        world = self._host.world
        await asyncio.sleep(world.dice.uniform(0.0005, 0.003))
        if world.is_slow:
            await asyncio.sleep(world.dice.uniform(0.5, 8))
        if world.is_ledger_away:
            raise LedgerUnavailableError("the ledger is away")

    def transaction(self) -> "HostTransaction":
        """Open a transaction over this connection."""
        return HostTransaction(self, self._host)

    async def append_at_once(self, head: Head, changes: Changes) -> bool:
        """Write in one statement."""
        await self.reach()
        await self.before_commit(changes)
        done = await self._ledger.append_at_once(head, changes)
        if done:
            await self.after_commit(changes)
        return done

    @asynccontextmanager
    async def take_pokes(self, limit: int) -> AsyncIterator[PokeBatch]:
        """Take issues with news; a process that dies lets go of them."""
        await self.reach()
        async with self._ledger.take_pokes(limit) as batch:
            yield batch

    async def before_commit(self, changes: Changes) -> None:
        """Die, or lose the connection, with nothing written."""
        what, world = _kind(changes), self._host.world
        if world.springs(f"{what}: crash before commit", changes.command.stream):
            await self._host.dies_here()
        if world.springs(f"{what}: connection lost before commit", changes.command.stream):
            raise LedgerUnavailableError("the connection broke; nothing was written")

    async def after_commit(self, changes: Changes) -> None:
        """Die, or lose the connection, with everything written and nobody told."""
        what, world = _kind(changes), self._host.world
        if world.springs(f"{what}: crash after commit", changes.command.stream):
            await self._host.dies_here()
        if world.springs(f"{what}: connection lost after commit", changes.command.stream):
            raise LedgerUnavailableError("the connection broke; all was written")


class HostTransaction:
    """A transaction of the real ledger, with the faults of a connection around its commit."""

    def __init__(self, line: HostLedger, host: Host) -> None:
        self._line = line
        self._counts = host.world.counts
        self._inner = host.world.ledger.transaction()
        self._written: list[Changes] = []

    async def __aenter__(self) -> "HostTransaction":
        await self._line.reach()
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._inner.__aexit__(kind, error, trace)
        if error is None:
            for changes in self._written:
                await self._line.after_commit(changes)

    async def lock(
        self, stream: str, command_id: str, *, known_version: int | None = None
    ) -> tuple[Head | None, CommandRow | None]:
        """Lock a stream, and look what is stored under the command's id."""
        found = await self._inner.lock(stream, command_id, known_version=known_version)
        await self._line.reach()
        if found[1] is not None:
            what = "ring" if found[1].kind == "ring_rung" else "command"
            self._counts[f"{what}: repeat, done before"] += 1
        return found

    async def allot_number(self, zone: str, year: int) -> int:
        """Return the next number."""
        return await self._inner.allot_number(zone, year)

    async def kin(self, zone: str, key: str, target: str, type_: LinkType) -> KinRow | None:
        """Return what is known of the issue that a link names."""
        return await self._inner.kin(zone, key, target, type_)

    async def append(self, head: Head | None, changes: Changes) -> None:
        """Put changes by for the commit."""
        await self._inner.append(head, changes)
        await self._line.reach()
        await self._line.before_commit(changes)
        self._written.append(changes)


def _kind(changes: Changes) -> str:
    return "ring" if changes.command.kind == "ring_rung" else "command"
