"""One run of the real IssueWorkflow in the SDK's own instance, fed by a server in virtual time."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.message import Message
from temporalio import workflow
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.bridge.proto.workflow_activation import (
    InitializeWorkflow,
    RemoveFromCache,
    WorkflowActivation,
    WorkflowActivationJob,
)
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.common import Priority, TypedSearchAttributes
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DefaultFailureConverter
from temporalio.worker import (
    UnsandboxedWorkflowRunner,
    WorkflowInstance,
    WorkflowInstanceDetails,
)

from domain.view import WORKFLOW_TYPE

CONVERTER = pydantic_data_converter.payload_converter
FAILURES = DefaultFailureConverter()
ENDS = ("complete_workflow_execution", "continue_as_new_workflow_execution")


class WorkflowTaskFailedError(Exception):
    """The workflow's own code failed its task, its run, or did otherwise than the first time."""


@dataclass(frozen=True)
class Step:
    """One activation that counts, and what the workflow wanted done."""

    activation: WorkflowActivation
    commands: tuple[WorkflowCommand, ...]


@dataclass
class Run:
    """What the server keeps of a run: its history, and what its workflow has not yet been told."""

    id: str
    run_id: str
    opening: list[Payload]
    shown: TypedSearchAttributes
    definition: type
    history: list[Step] = field(default_factory=list)
    inbox: list[WorkflowActivationJob] = field(default_factory=list)
    timers: dict[int, int] = field(default_factory=dict)
    last_at: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    phase: str = ""
    is_running: bool = True
    is_served: bool = False
    steps_since_start: int = 0
    signals: int = 0

    @property
    def stream(self) -> str:
        """Return the issue's stream."""
        return self.id.removeprefix("issue/")

    def first_job(self) -> WorkflowActivationJob:
        """Return the job that the first activation begins with."""
        return WorkflowActivationJob(
            initialize_workflow=InitializeWorkflow(
                workflow_type=WORKFLOW_TYPE, workflow_id=self.id, arguments=self.opening
            )
        )

    def local_activities(self) -> dict[int, WorkflowCommand]:
        """Return the local activities that the history has begun and not ended."""
        begun: dict[int, WorkflowCommand] = {}
        for step in self.history:
            for job in step.activation.jobs:
                if job.HasField("resolve_activity") and job.resolve_activity.is_local:
                    begun.pop(job.resolve_activity.seq)
            for command in step.commands:
                if command.HasField("schedule_local_activity"):
                    begun[command.schedule_local_activity.seq] = command
        return begun


class Kept:
    """A run's workflow as one worker keeps it in memory."""

    def __init__(self, run: Run) -> None:
        self._loop = asyncio.get_running_loop()
        self._run_id = run.run_id
        self._instance = self._outside(lambda: _instance(run))
        self.locals: dict[int, asyncio.Task[Any]] = {}

    def activate(self, activation: WorkflowActivation) -> tuple[WorkflowCommand, ...]:
        """Let the workflow go on; return what it wants done."""
        completion = self._outside(lambda: self._instance.activate(activation))
        if completion.HasField("failed"):
            raise WorkflowTaskFailedError(completion.failed.failure.message)
        commands = tuple(completion.successful.commands)
        for command in commands:
            if command.HasField("fail_workflow_execution"):
                raise WorkflowTaskFailedError(str(command.fail_workflow_execution.failure))
        return commands

    def replay(self, run: Run) -> None:
        """Bring a fresh workflow to where the history ends. It must do as it did."""
        for step in run.history:
            again = WorkflowActivation()
            again.CopyFrom(step.activation)
            again.is_replaying = True
            commands = self.activate(again)
            if [bytes_of(c) for c in commands] != [bytes_of(c) for c in step.commands]:
                raise WorkflowTaskFailedError(f"{run.id} does not replay")

    def forget(self) -> None:
        """Let go of the workflow's coroutines in order."""
        for task in self.locals.values():
            task.cancel()
        evict = WorkflowActivation(run_id=self._run_id)
        evict.jobs.append(WorkflowActivationJob(remove_from_cache=RemoveFromCache()))
        self._outside(lambda: self._instance.activate(evict))

    def _outside(self, work: Any) -> Any:
        """Do something that has a running loop of its own, while ours stands by."""
        task = asyncio.current_task(self._loop)
        if task is not None:
            asyncio.tasks._leave_task(self._loop, task)
        try:
            return work()
        finally:
            asyncio._set_running_loop(self._loop)
            if task is not None:
                asyncio.tasks._enter_task(self._loop, task)


def activation_of(run: Run, jobs: list[WorkflowActivationJob], at: datetime) -> WorkflowActivation:
    """Return what a worker tells the workflow. Its time never goes back, as in the SDK's core."""
    run.last_at = max(run.last_at, at)
    activation = WorkflowActivation(run_id=run.run_id, jobs=jobs)
    activation.timestamp.FromDatetime(run.last_at)
    return activation


def bytes_of(message: Message) -> bytes:
    """Return the one text of a message."""
    return message.SerializeToString(deterministic=True)


def _instance(run: Run) -> WorkflowInstance:
    started_at = run.last_at
    definition = workflow._Definition.must_from_class(run.definition)
    info = workflow.Info(
        attempt=1,
        continued_run_id=None,
        cron_schedule=None,
        execution_timeout=None,
        first_execution_run_id=run.run_id,
        headers={},
        namespace="default",
        original_execution_run_id=run.run_id,
        parent=None,
        root=None,
        priority=Priority.default,
        raw_memo={},
        retry_policy=None,
        run_id=run.run_id,
        run_timeout=None,
        search_attributes={},
        start_time=started_at,
        task_queue="closeout",
        task_timeout=timedelta(seconds=5),
        typed_search_attributes=TypedSearchAttributes(list(run.shown.search_attributes)),
        workflow_id=run.id,
        workflow_start_time=started_at,
        workflow_type=WORKFLOW_TYPE,
    )
    return UnsandboxedWorkflowRunner().create_instance(
        WorkflowInstanceDetails(
            payload_converter_factory=pydantic_data_converter.payload_converter_class,
            failure_converter_class=DefaultFailureConverter,
            interceptor_classes=[],
            defn=definition,
            info=info,
            randomness_seed=1,
            extern_functions={"__temporal_assert_local_activity_valid": lambda _: None},
            disable_eager_activity_execution=True,
            worker_level_failure_exception_types=[],
            patch_activation_callback=None,
            last_completion_result=Payloads(),
            last_failure=None,
        )
    )
