"""A supervision desk of a test's own, and Temporal as the relay and the guard of orders see it."""

from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import builders as b
import builders_orders as o
from desks import StandingClock
from engine_fake import failure
from temporalio.client import Client
from temporalio.service import RPCStatusCode

from desk.desk import Desk
from desk.shelf import Shelf
from desk.supervising import SupervisionDesk
from domain.order_commands import OrderCommand
from domain.order_view import OrderGlimpse, OrderRing, OrderRingAnswer
from domain.people import Actor
from domain.terms import Terms
from domain.view import CommandResult
from ledger.port import Ledger


class Bureau:
    """Where orders are issued and answered: one process, and the verbs to act there with."""

    def __init__(self, ledger: Ledger, clock: StandingClock, terms: Terms = o.TERMS) -> None:
        self.ledger = ledger
        self.clock = clock
        self.pokes = 0
        shelf = Shelf(ledger, {b.ZONE: terms})
        self.desk = Desk(ledger, shelf, clock, on_poke=self._poked)
        self.supervision = SupervisionDesk(self.desk)

    def _poked(self) -> None:
        self.pokes += 1

    async def reported(self, key: str = b.KEY) -> None:
        """Report the issue that orders are about."""
        await self.desk.carry_out(b.submission(b.report(), b.ENTERPRISE, key=key))

    async def do(
        self, command: OrderCommand, actor: Actor = o.SUPERVISOR, *, key: str = o.KEY, **sent: Any
    ) -> CommandResult:
        """Carry out a command."""
        return await self.supervision.carry_out(o.submission(command, actor, key=key, **sent))

    async def issued(self, key: str = o.KEY) -> CommandResult:
        """Report an issue and issue an order about it."""
        await self.reported(f"about-{key}")
        return await self.do(o.issue(issues=(f"about-{key}",)), key=key)

    async def ring(self, cycle: int, rung: str, key: str = o.KEY) -> OrderRingAnswer:
        """Ring as the order's workflow does."""
        return await self.supervision.ring(OrderRing(zone=b.ZONE, key=key, cycle=cycle, rung=rung))

    async def kinds(self) -> list[str]:
        """Return the kinds of the order's events."""
        return [record.kind for record in await self.ledger.records(o.STREAM)]

    async def until(self, at: datetime, key: str = o.KEY) -> None:
        """Let time pass, each rung rung at its instant."""
        while rung := (await self.supervision.look(b.ZONE, key)).next_rung:
            if rung.due_at > at:
                break
            self.clock.at = rung.due_at
            await self.ring(rung.cycle, rung.rung, key)
        self.clock.at = at


@dataclass
class OrderEngine:
    """Which order workflows run, and what each has heard. `away`: nothing can be reached, `deaf`:
    these workflows."""

    heard: defaultdict[str, list[OrderGlimpse]] = field(default_factory=lambda: defaultdict(list))
    running: set[str] = field(default_factory=set)
    starts: list[str] = field(default_factory=list)
    away: bool = False
    deaf: set[str] = field(default_factory=set)
    lists: int = 0

    @property
    def client(self) -> Client:
        """Return it as the client that relay and guard are given."""
        return cast(Client, self)

    async def start_workflow(
        self, _type: str, _opening: object, *, id: str, start_signal_args: list[Any], **_: Any
    ) -> None:
        """Start a workflow with a signal, or give a running one the signal."""
        self.reach()
        if id in self.deaf:
            raise failure(RPCStatusCode.INVALID_ARGUMENT)
        if id not in self.running:
            self.starts.append(id)
        self.running.add(id)
        self.heard[id] += map(OrderGlimpse.model_validate, start_signal_args)

    def get_workflow_handle(self, id: str) -> "OrderHandle":
        """Return a handle, whether or not there is such a workflow."""
        return OrderHandle(self, id)

    async def count_workflows(self, _query: str) -> "OrderEngine":
        """Count the running ones."""
        self.reach()
        return self

    @property
    def count(self) -> int:
        """Return how many run."""
        return len(self.running)

    async def list_workflows(self, _query: str) -> AsyncIterator["OrderHandle"]:
        """List the running ones."""
        self.reach()
        self.lists += 1
        for id in sorted(self.running):
            yield OrderHandle(self, id)

    def reach(self) -> None:
        """Let a call through, or fail it."""
        if self.away:
            raise failure(RPCStatusCode.UNAVAILABLE)


@dataclass
class OrderHandle:
    """One workflow."""

    engine: OrderEngine
    id: str

    async def signal(self, _name: str, glimpse: object, **_: Any) -> None:
        """Signal a running workflow."""
        self.engine.reach()
        if self.id not in self.engine.running:
            raise failure(RPCStatusCode.NOT_FOUND)
        self.engine.heard[self.id].append(OrderGlimpse.model_validate(glimpse))

    async def terminate(self, *, reason: str) -> None:
        """End a run by force."""
        del reason
        self.engine.reach()
        if self.id not in self.engine.running:
            raise failure(RPCStatusCode.NOT_FOUND)
        self.engine.running.discard(self.id)
