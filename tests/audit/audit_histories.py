"""Workflow histories written by hand: a run that rings some rungs, and ends or goes on."""

import gzip
import hashlib
import json
from datetime import datetime

import builders as b
from google.protobuf.duration_pb2 import Duration
from temporalio.api.common.v1 import ActivityType, Payload, Payloads, WorkflowType
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.client import WorkflowHistory

from domain.view import Ring, workflow_id
from ledger.port import HistoryRow

WORKFLOW = workflow_id(b.ZONE, b.KEY)


def ring(clock: str, cycle: int, rung: str) -> Ring:
    """Return a ring for the story's issue."""
    return Ring(zone=b.ZONE, key=b.KEY, clock=clock, cycle=cycle, rung=rung)


class Run:
    """A history that grows event by event."""

    def __init__(self, *, workflow_type: str = "Still", run_id: str = "run-1") -> None:
        self.run_id = run_id
        self.events: list[HistoryEvent] = []
        started = self._add(
            "WORKFLOW_EXECUTION_STARTED"
        ).workflow_execution_started_event_attributes
        started.workflow_type.CopyFrom(WorkflowType(name=workflow_type))
        started.task_queue.CopyFrom(TaskQueue(name="closeout"))
        started.original_execution_run_id = run_id
        started.first_execution_run_id = run_id
        started.workflow_task_timeout.CopyFrom(Duration(seconds=10))
        self._workflow_task()

    def rang(self, ring: Ring, outcome: str | None = "fired", *, at: datetime = b.MON_9) -> "Run":
        """Add a ring that came to `outcome`, or has no end yet."""
        scheduled = self._add("ACTIVITY_TASK_SCHEDULED", at)
        asked = scheduled.activity_task_scheduled_event_attributes
        asked.activity_id = str(scheduled.event_id)
        asked.activity_type.CopyFrom(ActivityType(name="ring"))
        asked.input.CopyFrom(_json(ring.model_dump(mode="json")))
        if outcome is not None:
            self._add(
                "ACTIVITY_TASK_STARTED", at
            ).activity_task_started_event_attributes.scheduled_event_id = scheduled.event_id
            done = self._add("ACTIVITY_TASK_COMPLETED", at).activity_task_completed_event_attributes
            done.scheduled_event_id = scheduled.event_id
            done.result.CopyFrom(_json({"outcome": outcome, "glimpse": {}}))
        return self

    def ended(self) -> "Run":
        """Let the workflow complete."""
        self._add(
            "WORKFLOW_EXECUTION_COMPLETED"
        ).workflow_execution_completed_event_attributes.workflow_task_completed_event_id = 4
        return self

    @property
    def history(self) -> WorkflowHistory:
        """Return what the server would give."""
        return WorkflowHistory(WORKFLOW, self.events)

    @property
    def row(self) -> HistoryRow:
        """Return what the archive would keep."""
        plain = self.history.to_json().encode()
        return HistoryRow(
            run_id=self.run_id,
            workflow_id=WORKFLOW,
            closed_as="COMPLETED",
            events=len(self.events),
            sha256=hashlib.sha256(plain).hexdigest(),
            archive=gzip.compress(plain, mtime=0),
            swept_at=b.NEXT_FRI_9,
        )

    def _workflow_task(self) -> None:
        scheduled = self._add("WORKFLOW_TASK_SCHEDULED").workflow_task_scheduled_event_attributes
        scheduled.task_queue.CopyFrom(TaskQueue(name="closeout"))
        self._add(
            "WORKFLOW_TASK_STARTED"
        ).workflow_task_started_event_attributes.scheduled_event_id = 2
        done = self._add("WORKFLOW_TASK_COMPLETED").workflow_task_completed_event_attributes
        done.scheduled_event_id, done.started_event_id = 2, 3

    def _add(self, kind: str, at: datetime = b.MON_9) -> HistoryEvent:
        event = HistoryEvent(
            event_id=len(self.events) + 1, event_type=EventType.Value(f"EVENT_TYPE_{kind}")
        )
        event.event_time.FromDatetime(at)
        self.events.append(event)
        return event


def _json(value: object) -> Payloads:
    data = json.dumps(value).encode()
    return Payloads(payloads=[Payload(metadata={"encoding": b"json/plain"}, data=data)])
