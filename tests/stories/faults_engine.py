"""Temporal as the relay, the guard and the workflows see it: a server and its workers in memory.

It keeps the promises that Temporal gives and no others: a run's history survives any worker; a
signal, a timer and an activity's end reach the workflow at least as late as they happen, in a
workflow task that is tried again if its worker dies; an activity is tried until an answer comes
back in time, so that it may run twice; timers and `workflow.now()` go by the server's own clock,
which may be wrong; a run that wants to end while news waits is asked again. The workflow itself is
the real one, in the SDK's own instance (`faults_run`); after a worker's death it is replayed.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, cast

from faults_hosts import Host
from faults_run import CONVERTER, ENDS, Kept, Run, Step, activation_of
from faults_server import Activities, Timers, job_of, phase_in
from faults_time import SkewedClock
from temporalio.bridge.proto.workflow_activation import SignalWorkflow, WorkflowActivationJob
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import TypedSearchAttributes
from temporalio.service import RPCError, RPCStatusCode

from desk.relay import TIME_FOR_A_TASK

if TYPE_CHECKING:
    from faults_world import World

HEARTBEAT = 0.8 * TIME_FOR_A_TASK.total_seconds()
"""A workflow task that waits for local activities is reported so often: then news gets in."""
STICKY_SECONDS = 2.0
"""How long a task waits for a worker that has died (`worker.STICKY`)."""


class Engine:
    """The server: every run, and which worker keeps it."""

    def __init__(self, world: "World", definition: type) -> None:
        self.world = world
        self.definition = definition
        self.runs: dict[str, Run] = {}
        self.number = 0
        self.kept: dict[str, tuple[Host, Kept]] = {}
        self.timers = Timers(world, self)
        self.activities = Activities(world, self)
        self._worker_there = asyncio.Event()

    def line(self, host: Host) -> "Line":
        """Return a host's connection."""
        return Line(self, host)

    def has_worker(self) -> None:
        """Note that a worker polls."""
        self._worker_there.set()

    def lost_worker(self, host: Host) -> None:
        """Forget all that a dead worker kept."""
        for run_id, (keeper, kept) in list(self.kept.items()):
            if keeper is host:
                del self.kept[run_id]
                self.world.loop.call_soon(kept.forget)
        if not any(other.alive for other in self.world.hosts):
            self._worker_there.clear()

    async def worker(self) -> Host:
        """Return a worker that takes a task, when there is one."""
        while True:
            await self._worker_there.wait()
            await asyncio.sleep(self.world.dice.uniform(0.001, 0.01))
            alive = [host for host in self.world.hosts if host.alive]
            if alive:
                return self.world.dice.choice(alive)

    def start(self, id_: str, opening: list[Any], shown: TypedSearchAttributes) -> Run:
        """Start a run under an id that none is running under."""
        self.number += 1
        run = Run(id_, f"run-{self.number}", opening, shown, self.definition)
        run.phase = phase_in(shown)
        run.last_at = self.world.server_clock(id_).now()
        self.runs[id_] = run
        self.world.started += 1
        self.tell(run, run.first_job())
        return run

    def running(self, id_: str) -> Run | None:
        """Return the run that is running under an id."""
        run = self.runs.get(id_)
        return run if run is not None and run.is_running else None

    def tell(self, run: Run, job: WorkflowActivationJob) -> None:
        """Put something into a run's history that its workflow must hear of."""
        if not run.is_running:
            return
        told = WorkflowActivationJob()
        told.CopyFrom(job)
        if told.HasField("signal_workflow"):
            run.signals += 1
            told.signal_workflow.originating_event_id = run.signals
        run.inbox.append(told)
        self.serve(run)

    def serve(self, run: Run) -> None:
        """See that workflow tasks are made as long as there is something to tell."""
        if not run.is_served:
            run.is_served = True
            self.world.background(self._serve(run))

    async def _serve(self, run: Run) -> None:
        try:
            while run.is_running and (run.inbox or run.local_activities()):
                await self._workflow_task(run)
        finally:
            run.is_served = False

    async def _workflow_task(self, run: Run) -> None:
        """Have a worker do one task. If it dies, the server learns by the time that passes."""
        keeper, kept = self.kept.get(run.run_id, (None, None))
        if keeper is None and run.history:
            await asyncio.sleep(STICKY_SECONDS)
        host = keeper if keeper is not None else await self.worker()
        await asyncio.sleep(self.world.dice.uniform(0.001, 0.01))
        if not host.alive:
            return
        task = host.start(self._work(run, host, kept))
        began = self.world.loop.time()
        await asyncio.wait({task})
        if task.cancelled():
            left = began + TIME_FOR_A_TASK.total_seconds() - self.world.loop.time()
            await asyncio.sleep(max(0.0, left))
            return
        task.result()

    async def _work(self, run: Run, host: Host, kept: Kept | None) -> None:
        """Be the worker in one workflow task: activations, local activities, then the report."""
        if kept is None:
            kept = Kept(run)
            self.kept[run.run_id] = (host, kept)
            kept.replay(run)
            for seq, command in run.local_activities().items():
                kept.locals[seq] = self.activities.begin_locally(host, command)
            self.world.replayed += bool(run.history)
        clock, began = self.world.server_clock(run.id), self.world.loop.time()
        jobs, steps = list(run.inbox), list[Step]()
        taken = len(jobs)
        while True:
            if jobs:
                activation = activation_of(run, jobs, clock.now())
                if self.world.restarts(run):
                    activation.continue_as_new_suggested = True
                steps.append(Step(activation, kept.activate(activation)))
                for command in steps[-1].commands:
                    if command.HasField("schedule_local_activity"):
                        seq = command.schedule_local_activity.seq
                        kept.locals[seq] = self.activities.begin_locally(host, command)
            ended = any(c.WhichOneof("variant") in ENDS for s in steps for c in s.commands)
            left = began + HEARTBEAT - self.world.loop.time()
            if ended or not kept.locals or left <= 0:
                break
            done, _ = await asyncio.wait(
                kept.locals.values(), timeout=left, return_when=asyncio.FIRST_COMPLETED
            )
            jobs = [
                job_of(seq, t.result(), local=True) for seq, t in kept.locals.items() if t in done
            ]
            kept.locals = {seq: t for seq, t in kept.locals.items() if t not in done}
        if self.world.springs("worker: crash in a workflow task", run.stream):
            await host.dies_here()
        self._reported(run, kept, steps, taken, ended=ended)

    def _reported(
        self, run: Run, kept: Kept, steps: list[Step], taken: int, *, ended: bool
    ) -> None:
        """Take a workflow task's result. A run may not end while there is news: it is asked anew,
        from where its history stands."""
        if ended and len(run.inbox) > taken:
            del self.kept[run.run_id]
            kept.forget()
            return
        run.history += steps
        run.steps_since_start += len(steps)
        del run.inbox[:taken]
        for step in steps:
            for command in step.commands:
                self._obey(run, command)

    def _obey(self, run: Run, command: WorkflowCommand) -> None:
        match command.WhichOneof("variant"):
            case "start_timer":
                self.timers.start(run, command.start_timer)
            case "cancel_timer":
                self.timers.cancel(run, command.cancel_timer.seq)
            case "schedule_activity":
                self.world.background(self.activities.schedule(run, command.schedule_activity))
            case "schedule_local_activity":
                pass
            case "upsert_workflow_search_attributes":
                fields = command.upsert_workflow_search_attributes.search_attributes.indexed_fields
                if "IssuePhase" in fields:
                    run.phase = CONVERTER.from_payload(fields["IssuePhase"], str)
            case "complete_workflow_execution":
                self._end(run)
            case "continue_as_new_workflow_execution":
                self._end(run)
                arguments = list(command.continue_as_new_workflow_execution.arguments)
                self.start(run.id, arguments, run.shown)
                self.world.counts["run: continued as new"] += 1
            case other:
                raise AssertionError(f"this server knows no {other}")

    def _end(self, run: Run) -> None:
        run.is_running = False
        self.timers.cancel_all(run)
        kept = self.kept.pop(run.run_id, None)
        if kept is not None:
            kept[1].forget()

    def clock_of(self, run: Run) -> SkewedClock:
        """Return the clock of the server that keeps a run."""
        return self.world.server_clock(run.id)


class Line:
    """The client of one host. A poke over it may be lost, late, repeated, or answered wrongly."""

    def __init__(self, engine: Engine, host: Host) -> None:
        self._engine = engine
        self._host = host
        self._world = engine.world

    @property
    def client(self) -> Client:
        """Return it as the client that relay and guard are given."""
        return cast(Client, self)

    async def reach(self) -> None:
        """Take the time of a call, or fail it."""
        await asyncio.sleep(self._world.dice.uniform(0.001, 0.005))
        if self._world.is_engine_away:
            raise RPCError("away", RPCStatusCode.UNAVAILABLE, b"")

    async def start_workflow(
        self,
        _type: str,
        opening: object,
        *,
        id: str,
        start_signal_args: list[Any],
        search_attributes: TypedSearchAttributes,
        **_: Any,
    ) -> None:
        """Start a workflow with a signal, or give a running one the signal."""
        await self.reach()
        arguments, news = CONVERTER.to_payloads([opening]), _poke(start_signal_args[0])

        def deliver() -> None:
            run = self._engine.running(id) or self._engine.start(id, arguments, search_attributes)
            self._engine.tell(run, news)

        await self._send(id, deliver)

    def get_workflow_handle(self, id: str) -> "Handle":
        """Return a handle, whether or not there is such a workflow."""
        return Handle(self, self._engine, id)

    async def count_workflows(self, query: str) -> "Count":
        """Count the running ones, or those whose issue is open."""
        await self.reach()
        running = [run for run in self._engine.runs.values() if run.is_running]
        if "IssuePhase != 'closed'" in query:
            running = [run for run in running if run.phase != "closed"]
        return Count(len(running))

    async def list_workflows(self, _query: str) -> AsyncIterator["Handle"]:
        """List the running ones."""
        await self.reach()
        for run in list(self._engine.runs.values()):
            if run.is_running:
                yield Handle(self, self._engine, run.id)

    async def signal(self, id: str, glimpse: object) -> None:
        """Signal a running workflow."""
        await self.reach()
        if self._engine.running(id) is None:
            raise RPCError("not found", RPCStatusCode.NOT_FOUND, b"")
        news = _poke(glimpse)

        def deliver() -> None:
            run = self._engine.running(id)
            if run is not None:
                self._engine.tell(run, news)

        await self._send(id, deliver)

    async def _send(self, id_: str, deliver: Callable[[], None]) -> None:
        """Deliver, with what can go wrong between a relay and a workflow."""
        stream, springs = id_.removeprefix("issue/"), self._world.springs
        later, uniform = self._world.loop.call_later, self._world.dice.uniform
        if springs("relay: crash before signal", stream):
            await self._host.dies_here()
        if springs("poke lost", stream):
            return
        late = 0.0
        if springs("poke late", stream):
            late = uniform(3, 90)
        if springs("pokes out of order", stream):
            late = uniform(0.1, 3)
        if late:
            later(late, deliver)
            self._world.impaired(stream, late)
        else:
            deliver()
        if springs("poke twice", stream):
            later(uniform(0.01, 120), deliver)
        if springs("relay: crash after signal", stream):
            await self._host.dies_here()
        if springs("poke delivered and reported lost", stream):
            raise RPCError("timed out", RPCStatusCode.DEADLINE_EXCEEDED, b"")


class Handle:
    """One workflow, as a host sees it."""

    def __init__(self, line: Line, engine: Engine, id_: str) -> None:
        self._line = line
        self._engine = engine
        self.id = id_
        self.status = WorkflowExecutionStatus.COMPLETED

    async def signal(self, _name: str, glimpse: object, **_: Any) -> None:
        """Signal the workflow if it is running."""
        await self._line.signal(self.id, glimpse)

    async def describe(self) -> "Handle":
        """Say whether it is running; fail for a workflow of which nothing is known."""
        await self._line.reach()
        if self.id not in self._engine.runs:
            raise RPCError("not found", RPCStatusCode.NOT_FOUND, b"")
        if self._engine.running(self.id) is not None:
            self.status = WorkflowExecutionStatus.RUNNING
        return self


class Count:
    """An answer of `count_workflows`."""

    def __init__(self, count: int) -> None:
        self.count = count


def _poke(glimpse: object) -> WorkflowActivationJob:
    signal = SignalWorkflow(signal_name="poke", input=CONVERTER.to_payloads([glimpse]))
    return WorkflowActivationJob(signal_workflow=signal)
