"""What a workflow history says was done: activities with input and result, markers, Updates."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum

from pydantic import JsonValue
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter

LOCAL_ACTIVITY = "core_local_activity"
"""The name that the SDK gives the markers of local activities."""
CARRY_OUT = "carry_out"
LOST_TASKS = {
    EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
}
CUT_SHORT = timedelta(seconds=10)
"""What was under way when a run was ended may have been done this long before or after."""


class End(Enum):
    """How an activity ended, as far as the history goes."""

    OPEN = "open"
    DONE = "done"
    FAILED = "failed"


@dataclass(slots=True)
class Act:
    """One activity of one run. A marker keeps no input: `sent` is empty then.

    `event_id` is where it was asked, `end_event_id` where its result stands. `unreadable` names the
    field that could not be decoded.
    """

    run_id: str
    event_id: int
    name: str
    sent: Sequence[JsonValue]
    local: bool = False
    end: End = End.OPEN
    end_event_id: int | None = None
    answer: JsonValue = None
    unreadable: str | None = None


@dataclass(slots=True)
class Wish:
    """A submission that came with the start of a run or with an Update: door 2."""

    run_id: str
    event_id: int
    sent: JsonValue
    end_event_id: int | None = None
    answer: JsonValue = None


@dataclass(slots=True)
class Told:
    """All that the histories of one workflow say. `heard_until_at`: how far those go that are not
    over; None if there are none. `archived`: damaged ones too. `cut_at`: when
    runs were ended from outside, whatever they did. `lost_tasks`: how many tasks failed or timed
    out, and with them the markers of what was told in them. `looked`: Temporal knows of no others.
    """

    runs: list[str] = field(default_factory=list)
    archived: set[str] = field(default_factory=set)
    acts: list[Act] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)
    heard_until_at: datetime | None = None
    cut_at: list[datetime] = field(default_factory=list)
    lost_tasks: int = 0
    looked: bool = False

    def may_be_unnamed(self, at: datetime) -> bool:
        """Return whether a notice may have been told at `at` by a marker that does not name it, or
        by one that was never written: its task was lost, or the run was ended while it told."""
        if self.lost_tasks or any(act.local and isinstance(act.answer, list) for act in self.acts):
            return True
        return any(abs(cut_at - at) <= CUT_SHORT for cut_at in self.cut_at)


async def take(
    told: Told, run_id: str, history: WorkflowHistory, converter: DataConverter, *, live: bool
) -> None:
    """Add what one history says. `live`: the run is not archived yet."""
    reader = _Reader(told, run_id, converter)
    for event in history.events:
        await reader.take(event)
        told.lost_tasks += event.event_type in LOST_TASKS
    told.runs.append(run_id)
    if live and history.events:
        last_at = history.events[-1].event_time.ToDatetime(tzinfo=UTC)
        told.heard_until_at = max(last_at, told.heard_until_at or last_at)


class _Reader:
    def __init__(self, told: Told, run_id: str, converter: DataConverter) -> None:
        self._told = told
        self._run_id = run_id
        self._converter = converter
        self._scheduled: dict[int, Act] = {}
        self._accepted: dict[int, Wish] = {}
        self._report: Wish | None = None

    async def take(self, event: HistoryEvent) -> None:
        match event.event_type:
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
                await self._started(event)
            case EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED if self._report is not None:
                self._told.wishes.append(self._report)  # before its first task a run does nothing
                self._report = None
            case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                await self._asked(event)
            case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
                done = event.activity_task_completed_event_attributes
                await self._ended(event, done.scheduled_event_id, done.result.payloads)
            case EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED:
                failed = event.activity_task_failed_event_attributes
                await self._ended(event, failed.scheduled_event_id, None)
            case EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
                late = event.activity_task_timed_out_event_attributes
                await self._ended(event, late.scheduled_event_id, None)
            case EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
                dropped = event.activity_task_canceled_event_attributes
                await self._ended(event, dropped.scheduled_event_id, None)
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
                self._told.cut_at.append(event.event_time.ToDatetime(tzinfo=UTC))
            case EventType.EVENT_TYPE_MARKER_RECORDED:
                await self._marked(event)
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
                await self._wished(event)
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED:
                await self._granted(event)

    async def _started(self, event: HistoryEvent) -> None:
        """A service may start the workflow with the report itself."""
        started = event.workflow_execution_started_event_attributes
        try:
            opening = await self._one(started.input.payloads)
        except (ValueError, RuntimeError):
            return  # the replay names a start that cannot be read
        if isinstance(opening, dict) and opening.get("report") is not None:
            self._report = Wish(self._run_id, event.event_id, opening["report"])

    async def _asked(self, event: HistoryEvent) -> None:
        asked = event.activity_task_scheduled_event_attributes
        act = Act(self._run_id, event.event_id, asked.activity_type.name, ())
        try:
            act.sent = await self._converter.decode(asked.input.payloads)
        except (ValueError, RuntimeError):
            act.unreadable = "input"
        self._scheduled[event.event_id] = act
        self._told.acts.append(act)

    async def _ended(
        self, event: HistoryEvent, scheduled: int, result: Sequence[Payload] | None
    ) -> None:
        act = self._scheduled.get(scheduled)
        if act is not None:
            await self._finish(act, event, result)

    async def _finish(
        self, act: Act, event: HistoryEvent, result: Sequence[Payload] | None
    ) -> None:
        act.end_event_id = event.event_id
        act.end = End.FAILED if result is None else End.DONE
        try:
            act.answer = await self._one(result or ())
        except (ValueError, RuntimeError):
            act.unreadable = "result"

    async def _marked(self, event: HistoryEvent) -> None:
        marker = event.marker_recorded_event_attributes
        if marker.marker_name != LOCAL_ACTIVITY:
            return
        act = Act(self._run_id, event.event_id, "", (), local=True)
        try:
            said = await self._one(marker.details["data"].payloads)
            act.name = str(said["activity_type"]) if isinstance(said, dict) else ""
        except (ValueError, RuntimeError, KeyError):
            act.unreadable = "details"
        failed = marker.HasField("failure")
        await self._finish(act, event, None if failed else marker.details["result"].payloads)
        self._told.acts.append(act)

    async def _wished(self, event: HistoryEvent) -> None:
        accepted = event.workflow_execution_update_accepted_event_attributes
        request = accepted.accepted_request
        if request.input.name != CARRY_OUT:
            return
        try:
            sent = await self._one(request.input.args.payloads)
        except (ValueError, RuntimeError):
            sent = None
        wish = Wish(self._run_id, event.event_id, sent)
        self._accepted[event.event_id] = wish
        self._told.wishes.append(wish)

    async def _granted(self, event: HistoryEvent) -> None:
        granted = event.workflow_execution_update_completed_event_attributes
        wish = self._accepted.get(granted.accepted_event_id)
        if wish is None or not granted.outcome.HasField("success"):
            return
        wish.end_event_id = event.event_id
        try:
            wish.answer = await self._one(granted.outcome.success.payloads)
        except (ValueError, RuntimeError):
            wish.answer = None

    async def _one(self, payloads: Sequence[Payload]) -> JsonValue:
        """Return the one value that was sent or returned, None if there is none."""
        values: list[JsonValue] = await self._converter.decode(payloads)
        return values[0] if values else None
