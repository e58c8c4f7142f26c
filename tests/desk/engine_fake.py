"""Temporal as the relay and the guard see it: runs that start, hear, end, or cannot be reached."""

from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from domain.view import Glimpse


def failure(status: RPCStatusCode) -> RPCError:
    """Return what the client raises for a status."""
    return RPCError(status.name.lower(), status, b"")


@dataclass
class Engine:
    """Which workflows run and what each has heard. `away` and `poisoned` make calls fail;
    `asked` counts them."""

    heard: defaultdict[str, list[Glimpse]] = field(default_factory=lambda: defaultdict(list))
    running: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    starts: list[str] = field(default_factory=list)
    poisoned: set[str] = field(default_factory=set)
    away: bool = False
    troubled: int = 0
    asked: int = 0

    @property
    def client(self) -> Client:
        """Return it as the client that relay and guard are given."""
        return cast(Client, self)

    async def start_workflow(
        self, _type: str, _opening: object, *, id: str, start_signal_args: list[Any], **_: Any
    ) -> None:
        """Start a workflow with a signal, or give a running one the signal."""
        self._reach(id)
        if id not in self.running:
            self.starts.append(id)
        self.running.add(id)
        self.known.add(id)
        self.heard[id] += map(Glimpse.model_validate, start_signal_args)

    def get_workflow_handle(self, id: str) -> "Handle":
        """Return a handle, whether or not there is such a workflow."""
        return Handle(self, id)

    async def count_workflows(self, query: str, **_: Any) -> "Count":
        """Count the running ones, or those of them with problems."""
        self._reach("")
        return Count(self.troubled if "TemporalReportedProblems" in query else len(self.running))

    async def list_workflows(self, _query: str) -> AsyncIterator["Handle"]:
        """List the running ones."""
        self._reach("")
        for id in sorted(self.running):
            yield Handle(self, id)

    def end(self, id: str, *, forgotten: bool = False) -> None:
        """End a run; `forgotten`: nothing is known of it any more."""
        self.running.discard(id)
        if forgotten:
            self.known.discard(id)

    async def reach(self, id: str) -> None:
        """Let a call through, or fail it."""
        self._reach(id)

    def _reach(self, id: str) -> None:
        self.asked += 1
        if self.away:
            raise failure(RPCStatusCode.UNAVAILABLE)
        if id in self.poisoned:
            raise failure(RPCStatusCode.INVALID_ARGUMENT)


@dataclass
class Count:
    """An answer of `count_workflows`."""

    count: int


@dataclass
class Described:
    """An answer of `describe`."""

    status: WorkflowExecutionStatus


@dataclass
class Handle:
    """One workflow."""

    engine: Engine
    id: str

    async def signal(self, _name: str, glimpse: object, **_: Any) -> None:
        """Signal a running workflow."""
        await self.engine.reach(self.id)
        if self.id not in self.engine.running:
            raise failure(RPCStatusCode.NOT_FOUND)
        self.engine.heard[self.id].append(Glimpse.model_validate(glimpse))

    async def describe(self) -> "Described":
        """Say whether it runs; fail for a workflow of which nothing is known."""
        self.engine._reach(self.id)
        if self.id not in self.engine.known:
            raise failure(RPCStatusCode.NOT_FOUND)
        runs = self.id in self.engine.running
        return Described(
            WorkflowExecutionStatus.RUNNING if runs else WorkflowExecutionStatus.TERMINATED
        )

    async def terminate(self, *, reason: str) -> None:
        """End a run by force."""
        self.engine._reach(self.id)
        if self.id not in self.engine.running:
            raise failure(RPCStatusCode.NOT_FOUND)
        self.engine.end(self.id)
