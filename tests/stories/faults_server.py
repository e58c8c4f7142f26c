"""What the simulated server does for a run: timers by its own clock, activities until answered."""

import asyncio
from typing import TYPE_CHECKING, Any

from faults_account import Rung
from faults_hosts import Host
from faults_run import CONVERTER, FAILURES, Run
from temporalio.bridge.proto.activity_result import ActivityResolution, Failure, Success
from temporalio.bridge.proto.workflow_activation import (
    FireTimer,
    ResolveActivity,
    WorkflowActivationJob,
)
from temporalio.bridge.proto.workflow_commands import (
    ScheduleActivity,
    ScheduleLocalActivity,
    StartTimer,
    WorkflowCommand,
)
from temporalio.common import TypedSearchAttributes
from temporalio.exceptions import ApplicationError

from domain.view import Ring, RingAnswer
from workflows.shown import PHASE

if TYPE_CHECKING:
    from faults_engine import Engine
    from faults_world import World

TYPES: dict[str, list[type]] = {
    "look": [str, str],
    "ring": [Ring],
    "tell": [str],
    "tell_at_once": [list],
}


class Timers:
    """Durable timers. They go off by the clock of the server that keeps the run."""

    def __init__(self, world: "World", engine: "Engine") -> None:
        self._world = world
        self._engine = engine

    def start(self, run: Run, timer: StartTimer) -> None:
        """Start a timer from now."""
        clock = self._engine.clock_of(run)
        at = clock.now() + timer.start_to_fire_timeout.ToTimedelta()
        run.timers[timer.seq] = clock.alarm(at, lambda: self._fire(run, timer.seq))

    def cancel(self, run: Run, seq: int) -> None:
        """Cancel a timer, even one that has gone off and not been told of."""
        number = run.timers.pop(seq, None)
        if number is not None:
            self._engine.clock_of(run).cancel(number)

    def cancel_all(self, run: Run) -> None:
        """Cancel the timers of a run that is over."""
        for seq in list(run.timers):
            self.cancel(run, seq)

    def _fire(self, run: Run, seq: int) -> None:
        run.timers.pop(seq, None)
        self._engine.tell(run, WorkflowActivationJob(fire_timer=FireTimer(seq=seq)))


class Activities:
    """Runs the real activities on live workers, as often as it takes."""

    def __init__(self, world: "World", engine: "Engine") -> None:
        self._world = world
        self._engine = engine

    async def schedule(self, run: Run, wanted: ScheduleActivity) -> None:
        """Try an activity until an attempt answers in time, then tell the workflow."""
        policy = wanted.retry_policy
        pause = policy.initial_interval.ToTimedelta().total_seconds()
        longest = policy.maximum_interval.ToTimedelta().total_seconds()
        timeout = wanted.start_to_close_timeout.ToTimedelta().total_seconds()
        asked_at = self._engine.clock_of(run).now()
        while run.is_running:
            host = await self._engine.worker()
            answer = await self._attempt(host, wanted, run, timeout)
            if answer is not None:
                (result,) = answer
                if isinstance(result, RingAnswer):
                    self._note(run, wanted, result, asked_at)
                self._engine.tell(run, job_of(wanted.seq, result, local=False))
                return
            if self._world.is_forgetful:
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, longest)

    async def _attempt(
        self, host: Host, wanted: ScheduleActivity, run: Run, seconds: float
    ) -> tuple[Any] | None:
        """Return what one attempt answered in time. A worker that dies answers nothing, and one
        that is slow goes on with what nobody waits for any more."""
        ends = self._world.loop.time() + seconds
        task = host.start(self._carry_out(host, wanted))
        done, _ = await asyncio.wait({task}, timeout=seconds)
        answered = bool(done) and not task.cancelled()
        if answered and task.exception() is not None:
            self._world.failed_attempts += 1
            return None
        if answered and wanted.activity_type == "ring":
            self._world.counts[f"ring: {task.result().outcome}"] += 1
            if self._world.springs("ring: answer lost", run.stream):
                answered = False
        if not answered:
            await asyncio.sleep(max(0.0, ends - self._world.loop.time()))
            return None
        return (task.result(),)

    def begin_locally(self, host: Host, command: WorkflowCommand) -> asyncio.Task[Any]:
        """Run a local activity inside the worker that has the workflow task."""
        return host.start(self._locally(host, command.schedule_local_activity))

    async def _locally(self, host: Host, wanted: ScheduleLocalActivity) -> Any:
        policy = wanted.retry_policy
        pause = policy.initial_interval.ToTimedelta().total_seconds()
        attempts = 0
        while True:
            attempts += 1
            try:
                async with asyncio.timeout(
                    wanted.start_to_close_timeout.ToTimedelta().total_seconds()
                ):
                    return await self._carry_out(host, wanted)
            except Exception as error:  # noqa: BLE001  # whatever an activity raises is its failure
                self._world.failed_attempts += 1
                if isinstance(error, ApplicationError) and error.non_retryable:
                    return error
                if policy.maximum_attempts and attempts >= policy.maximum_attempts:
                    return ApplicationError(repr(error))
            await asyncio.sleep(pause)
            pause = min(2 * pause, policy.maximum_interval.ToTimedelta().total_seconds())

    async def _carry_out(self, host: Host, wanted: ScheduleActivity | ScheduleLocalActivity) -> Any:
        name = wanted.activity_type
        arguments = CONVERTER.from_payloads(wanted.arguments, TYPES[name])
        home = host.issue_activities if name in ("look", "ring") else host.notifier
        return await getattr(home, name)(*arguments)

    def _note(self, run: Run, wanted: ScheduleActivity, answer: RingAnswer, asked_at: Any) -> None:
        """Keep what the workflow asked and was told, for the law of the remainder."""
        (ring,) = CONVERTER.from_payloads(wanted.arguments, TYPES["ring"])
        self._world.asked.append(
            Rung(
                run_id=run.run_id,
                ring=ring,
                asked_at=asked_at,
                answered_at=self._engine.clock_of(run).now(),
                answer=answer,
            )
        )


def job_of(seq: int, answer: Any, *, local: bool) -> WorkflowActivationJob:
    """Return an activity's end as the workflow is told of it."""
    result = ActivityResolution()
    if isinstance(answer, ApplicationError):
        failed = Failure()
        FAILURES.to_failure(answer, CONVERTER, failed.failure)
        result.failed.CopyFrom(failed)
    else:
        result.completed.CopyFrom(Success(result=CONVERTER.to_payload(answer)))
    return WorkflowActivationJob(
        resolve_activity=ResolveActivity(seq=seq, result=result, is_local=local)
    )


def phase_in(shown: TypedSearchAttributes) -> str:
    """Return the phase that a run was started with."""
    return str(shown.get(PHASE))
