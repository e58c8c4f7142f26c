"""Both records of the stored sample, as they were written or as somebody made of them."""

import base64
import gzip
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import builders as b
from pydantic import TypeAdapter
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter

from audit.corpus import Corpus, read_corpus
from audit.replay import Replayed, replay_ledger
from domain.chain import Record
from ledger.port import CommandRow, HistoryRow, NoticeRow
from worker import WORKFLOWS

FOLDER = Path(__file__).parents[1] / "histories"
CONVERTER: DataConverter = pydantic_data_converter
NOTICE = TypeAdapter(NoticeRow)
Event = dict[str, Any]

DOOR_2, OTHER, REOPENED = "issue/harbour/t1", "issue/harbour/t10", "issue/harbour/t11"
STREAM, ORDER = "harbour/t1", "order/harbour/t12-order"
MATTER, MATTER_IN_RUNS = "matter/harbour/t1-m", "matter/harbour/t2-m"
HALF = "ring:harbour/t1:handling:1:at-50"
ACCEPTED = "t1-accept"
TOLD = "harbour/t1/3/grid-east-1"
OF_HALF = "order/harbour/t12-order/2/roads-desk"

Place = tuple[str, str, int | None, str]
"""Of a finding: its kind, what it is about, the event and the field."""


@cache
def _stored() -> tuple[Corpus, str]:
    corpus = read_corpus(FOLDER / "sample.jsonl.gz")
    return corpus, gzip.decompress((FOLDER / "sample_histories.json.gz").read_bytes()).decode()


def row_of(run_id: str, workflow_id: str, plain: str, closed_as: str = "COMPLETED") -> HistoryRow:
    """Return a history as the archive would keep it, with a hash that fits."""
    return HistoryRow(
        run_id=run_id,
        workflow_id=workflow_id,
        closed_as=closed_as,
        events=len(json.loads(plain)["events"]),
        sha256=hashlib.sha256(plain.encode()).hexdigest(),
        archive=gzip.compress(plain.encode(), mtime=0),
        swept_at=b.NEXT_FRI_9,
    )


@dataclass
class Sample:
    """A ledger with its archive of histories, read from the sample. Everything can be altered."""

    corpus: Corpus
    told: list[NoticeRow]
    archive: list[HistoryRow] = field(default_factory=list)
    running: list[WorkflowHistory] = field(default_factory=list)

    async def records(self, stream: str, *, after_version: int = 0) -> list[Record]:
        return await self.corpus.records(stream, after_version=after_version)

    async def commands(self, stream: str) -> list[CommandRow]:
        return await self.corpus.commands(stream)

    async def terms(self, hash_: str) -> str | None:
        return await self.corpus.terms(hash_)

    async def streams(self, *, batch: int = 500) -> AsyncIterator[str]:
        async for stream in self.corpus.streams(batch=batch):
            yield stream

    async def notices(self, stream: str) -> list[NoticeRow]:
        return [row for row in self.told if row.stream == stream]

    async def histories(self, workflow_id: str | None = None) -> list[HistoryRow]:
        return [row for row in self.archive if workflow_id in (None, row.workflow_id)]

    async def archived_workflows(self, after: str, limit: int) -> list[str]:
        names = sorted({row.workflow_id for row in self.archive if row.workflow_id > after})
        return names[:limit]

    def run(self, workflow_id: str, place: int = 0) -> HistoryRow:
        """Return a run of a workflow, by default the first."""
        return [row for row in self.archive if row.workflow_id == workflow_id][place]

    def alter(self, workflow_id: str, change: Callable[[list[Event]], None]) -> str:
        """Write over events of a workflow's first run, and make the hash anew; return the run."""
        row = self.run(workflow_id)
        history = json.loads(gzip.decompress(row.archive))
        change(history["events"])
        forged = row_of(row.run_id, workflow_id, json.dumps(history), row.closed_as)
        self.archive[self.archive.index(row)] = forged
        return row.run_id

    def alter_commands(
        self, stream: str, change: Callable[[CommandRow], CommandRow | None]
    ) -> None:
        """Write over the commands of a stream; None takes one out."""
        altered = [change(row) for row in self.corpus.commands_of[stream]]
        self.corpus.commands_of[stream] = [row for row in altered if row is not None]

    def forget(self, stream: str) -> None:
        """Take a whole stream out of the ledger."""
        del self.corpus.commands_of[stream], self.corpus.records_of[stream]
        self.told = [notice for notice in self.told if notice.stream != stream]


@dataclass
class Payloads:
    """Payloads in the event of a number."""

    event_id: int
    plain: dict[str, Any]

    def rewrite(self, *path: str | int, to: Any) -> None:
        """Write over a part of the first value."""
        (payload,) = self.plain["payloads"]
        value = json.loads(base64.b64decode(payload["data"]))
        holder = [value]
        part: Any = holder
        way = [0, *path]
        for name in way[:-1]:
            part = part[name]
        assert part[way[-1]] != to
        part[way[-1]] = to
        payload["data"] = base64.b64encode(json.dumps(holder[0]).encode()).decode()


def asked(events: list[Event], name: str, having: str = "") -> Payloads:
    """Return the first input of an activity of this name that holds a text."""
    for event in events:
        found = event.get("activityTaskScheduledEventAttributes")
        if found and found["activityType"]["name"] == name and having in text_of(found["input"]):
            return Payloads(int(event["eventId"]), found["input"])
    raise LookupError(name, having)


def answered(events: list[Event], name: str, having: str = "") -> Payloads:
    """Return the result of that activity."""
    number = asked(events, name, having).event_id
    for event in events:
        found = event.get("activityTaskCompletedEventAttributes")
        if found and found["scheduledEventId"] == str(number):
            return Payloads(int(event["eventId"]), found["result"])
    raise LookupError(name, having)


def marked(events: list[Event], having: str) -> Payloads:
    """Return the result in the first marker that holds a text."""
    for event in events:
        details = event.get("markerRecordedEventAttributes", {}).get("details", {})
        if having in text_of(details.get("result", {})):
            return Payloads(int(event["eventId"]), details["result"])
    raise LookupError(having)


def wished(events: list[Event], having: str) -> Payloads:
    """Return the argument of the first Update that holds a text."""
    for event in events:
        accepted = event.get("workflowExecutionUpdateAcceptedEventAttributes")
        found = accepted["acceptedRequest"]["input"]["args"] if accepted else {}
        if having in text_of(found):
            return Payloads(int(event["eventId"]), found)
    raise LookupError(having)


def without(events: list[Event], name: str, having: str = "") -> None:
    """Remove an activity, and number what is left anew."""
    number = str(asked(events, name, having).event_id)
    kept = [event for event in events if number not in (event["eventId"], _of_activity(event))]
    events[:] = [event | {"eventId": str(n)} for n, event in enumerate(kept, start=1)]


def _of_activity(event: Event) -> str:
    for kind in ("Started", "Completed"):
        found = event.get(f"activityTask{kind}EventAttributes")
        if found:
            return str(found["scheduledEventId"])
    return ""


def text_of(payloads: dict[str, Any]) -> str:
    """Return what payloads hold, as text."""
    held = (payload.get("data", "") for payload in payloads.get("payloads", ()))
    return " ".join(base64.b64decode(data).decode() for data in held)


def sample() -> Sample:
    """Return the sample as it was recorded."""
    corpus, plain = _stored()
    kept = json.loads(plain)
    own = replace(corpus, records_of=dict(corpus.records_of), commands_of=dict(corpus.commands_of))
    found = Sample(own, [NOTICE.validate_python(row) for row in kept["notices"]])
    for row in kept["histories"]:
        if row["closed_as"] == "RUNNING":
            found.running.append(WorkflowHistory.from_json(row["workflow_id"], row["history"]))
        else:
            named = (row["run_id"], row["workflow_id"], row["history"], row["closed_as"])
            found.archive.append(row_of(*named))
    return found


async def replayed(ledger: Sample, only: str | None = None, *, online: bool = True) -> Replayed:
    """Replay a sample with today's workflows."""

    async def live(id_: str, archived: set[str]) -> list[WorkflowHistory]:
        return [each for each in ledger.running if each.workflow_id == id_]

    return await replay_ledger(
        ledger, WORKFLOWS, data_converter=CONVERTER, live=live if online else None, only=only
    )


async def places(ledger: Sample, stream: str, run_id: str | None) -> set[Place]:
    """Return what the two records of a stream do not tell alike; each finding names the run."""
    checked = (await replayed(ledger, stream)).checked
    assert checked.mismatches == len(checked.found)
    assert {each.stream for each in checked.found} == {stream}
    assert {each.run_id for each in checked.found} <= {run_id, None}
    return {(each.kind, each.about, each.event_id, each.field) for each in checked.found}
