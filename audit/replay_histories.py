"""Workflow histories run again by today's code, which must ask for the very same, word for word."""

import asyncio
import gzip
import hashlib
import re
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from google.protobuf.json_format import ParseError
from pydantic import JsonValue
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.worker import (
    Interceptor,
    Replayer,
    StartActivityInput,
    UnsandboxedWorkflowRunner,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle

from audit.replay_words import first_difference
from ledger.port import HistoryRow

__all__ = ["DamagedHistoryError", "HistoryReplay", "ReplayFailure", "ReplayReport", "read_history"]


MESSAGE = re.compile(r'message: "((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class ReplayFailure:
    """A run whose history is damaged, does not replay, or was asked for something else.

    `event_id` and `field` say where, if it is at one event.
    """

    run_id: str
    workflow_id: str
    problem: str
    event_id: int | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """How many runs were replayed to the end without a difference, and which were not."""

    replayed: int
    failures: tuple[ReplayFailure, ...]

    def plus(self, other: "ReplayReport") -> "ReplayReport":
        """Return both together."""
        return ReplayReport(self.replayed + other.replayed, self.failures + other.failures)


class DamagedHistoryError(Exception):
    """An archived history is not what was swept."""


def read_history(row: HistoryRow) -> WorkflowHistory:
    """Return the history that a row holds; its hash is tried first. Raises DamagedHistoryError."""
    try:
        plain = gzip.decompress(row.archive)
        if row.sha256 != hashlib.sha256(plain).hexdigest():
            raise DamagedHistoryError("the archive is not what was hashed")
        history = WorkflowHistory.from_json(row.workflow_id, plain.decode())
    except (OSError, EOFError, zlib.error, ValueError, ParseError) as error:
        raise DamagedHistoryError(f"the archive cannot be read: {error}") from error
    if len(history.events) != row.events:
        said = f"the archive has {len(history.events)} events, and {row.events} were swept"
        raise DamagedHistoryError(said)
    return history


async def read_apart(row: HistoryRow) -> WorkflowHistory:
    """Read a history beside the event loop."""
    return await asyncio.to_thread(read_history, row)


class _Listener(Interceptor):
    """Hears what a replayed workflow asks of its activities."""

    def __init__(self) -> None:
        self.asked: list[StartActivityInput] = []

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor]:
        """Return the interceptor of one run, which passes on what goes out of it."""
        asked = self.asked

        class Outbound(WorkflowOutboundInterceptor):
            def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:
                asked.append(input)
                return super().start_activity(input)

        class Inbound(WorkflowInboundInterceptor):
            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                super().init(Outbound(outbound))

        return Inbound


class HistoryReplay:
    """Runs the given workflow classes over histories, one at a time.

    The SDK compares commands and their order only. What each activity is asked is compared here,
    from what the workflow asks in the replay; results are compared with the ledger (`replay_acts`).
    """

    def __init__(self, workflows: Sequence[type], data_converter: DataConverter) -> None:
        self._listener = _Listener()
        self._data_converter = data_converter
        self._replayer = Replayer(
            workflows=workflows,
            data_converter=data_converter,
            workflow_runner=UnsandboxedWorkflowRunner(),
            interceptors=[self._listener],
        )

    async def failures(self, run_id: str, history: WorkflowHistory) -> list[ReplayFailure]:
        """Return what is wrong with one run; its identity first, for any run replays."""
        found = [
            ReplayFailure(run_id, history.workflow_id, problem, 1, name)
            for name, problem in _strange(run_id, history)
        ]
        self._listener.asked.clear()
        result = await self._replayer.replay_workflow(history, raise_on_replay_failure=False)
        if result.replay_failure is not None:
            problem = f"does not replay: {_said(result.replay_failure)}"
            found.append(ReplayFailure(run_id, history.workflow_id, problem))
            return found
        async for event_id, name, problem in self._otherwise(history):
            found.append(ReplayFailure(run_id, history.workflow_id, problem, event_id, name))
        return found

    async def _otherwise(self, history: WorkflowHistory) -> AsyncIterator[tuple[int, str, str]]:
        """Compare what is asked today with what was; at its end a replay may ask for more."""
        scheduled = [
            event
            for event in history.events
            if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
        ]
        converter = self._data_converter.payload_converter
        for event, asked in zip_longest(scheduled, self._listener.asked[: len(scheduled)]):
            was = event.activity_task_scheduled_event_attributes
            if asked is None:
                said = f"today's code does not ask for {was.activity_type.name}"
                yield event.event_id, "input", said
                continue
            try:
                before = await self._data_converter.decode(was.input.payloads)
            except (ValueError, RuntimeError) as error:
                yield event.event_id, "input", f"the input cannot be read: {error}"
                continue
            now: list[JsonValue] = converter.from_payloads(converter.to_payloads(asked.args))
            alone = len(before) == len(now) == 1
            left_all, right_all = (before[0], now[0]) if alone else (before, now)
            differing = first_difference(left_all, right_all, "input")
            if differing is not None:
                path, left, right = differing
                said = f"{was.activity_type.name} was asked {left}, and today's code asks {right}"
                yield event.event_id, path, said


def _said(failure: Exception) -> str:
    """Return what a failure says, without the protocol that it comes wrapped in."""
    found = MESSAGE.search(str(failure))
    return str(failure) if found is None else found[1]


def _strange(run_id: str, history: WorkflowHistory) -> Iterator[tuple[str, str]]:
    """Say where a history is not of the run that it is kept for."""
    if not history.events:
        yield "events", "the history is empty"
        return
    started = history.events[0].workflow_execution_started_event_attributes
    if started.workflow_id not in ("", history.workflow_id):
        yield "workflow_id", f"it is the history of {started.workflow_id}"
    original = started.original_execution_run_id
    if original not in ("", run_id) and run_id not in set(_made_by_reset(history)):
        yield "run_id", f"it is the history of run {original}"


def _made_by_reset(history: WorkflowHistory) -> Iterator[str]:
    """Yield the runs that came of resets: they begin with the events of the run before."""
    for event in history.events:
        failed = event.workflow_task_failed_event_attributes
        if failed.cause == WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW:
            yield failed.new_run_id


async def replay_histories(
    rows: Iterable[HistoryRow],
    workflows: Sequence[type],
    *,
    data_converter: DataConverter = DataConverter.default,
) -> ReplayReport:
    """Run the given workflow classes over archived histories and name each that they cannot follow,
    or in which an activity was asked for something else."""
    replay = HistoryReplay(workflows, data_converter)
    replayed, failures = 0, list[ReplayFailure]()
    for row in rows:
        try:
            found = await replay.failures(row.run_id, await read_apart(row))
        except DamagedHistoryError as error:
            found = [ReplayFailure(row.run_id, row.workflow_id, str(error))]
        replayed += not found
        failures += found
    return ReplayReport(replayed, tuple(failures))
