"""The stored sample with another ledger, a part of its archive gone, or other code."""

import contextlib
import copy
import gzip
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from audit_histories import (
    ACCEPTED,
    CONVERTER,
    DOOR_2,
    HALF,
    STREAM,
    TOLD,
    Event,
    Sample,
    answered,
    asked,
    marked,
    places,
    replayed,
    row_of,
    sample,
    wished,
)
from deep import IN_CHECK
from google.protobuf.json_format import MessageToDict, ParseDict
from pydantic import JsonValue
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter

from audit.replay import DamagedHistoryError, cross_check, replay_histories, replay_ledger
from domain.chain import Origin, recorded
from domain.events import HistoryLost
from domain.people import ENGINE
from domain.view import WORKFLOW_TYPE
from ledger.port import CommandRow, HistoryRow
from runtime.codec import SealedPayloads
from worker import WORKFLOWS

pytestmark = IN_CHECK

# --- a ledger that was tampered with ---


async def test_a_ring_that_was_taken_out_of_the_ledger_is_found() -> None:
    ledger = sample()
    ledger.alter_commands(STREAM, lambda row: None if row.id == HALF else row)
    ((kind, about, event_id, field),) = await places(ledger, STREAM, ledger.run(DOOR_2).run_id)

    assert (kind, about, field) == ("surplus", HALF, "input")
    assert event_id is not None


async def test_a_ledger_that_cannot_be_read_is_found_and_ends_nothing() -> None:
    ledger = sample()
    records = ledger.corpus.records_of[STREAM]
    spoilt = replace(records[2], kind="history_lost", text="[" * 100_000)
    ledger.corpus.records_of[STREAM] = [*records[:2], spoilt, *records[3:]]
    whole = await replayed(ledger, STREAM)

    assert {each.kind for each in whole.checked.found} == {"ledger"}
    assert {each.stream for each in whole.decided.differences} == {STREAM}


async def test_a_command_that_was_taken_out_of_the_ledger_is_found_at_each_of_its_updates() -> None:
    ledger = sample()
    ledger.alter_commands(STREAM, lambda row: None if row.id == ACCEPTED else row)
    found = await places(ledger, STREAM, ledger.run(DOOR_2).run_id)

    assert {(kind, about, field) for kind, about, _, field in found} == {
        ("surplus", ACCEPTED, "input")
    }
    assert len(found) == 2


RESULTS = {("result", "result.result.number"), ("result", "result.number")}


@pytest.mark.parametrize(
    ("id_", "column", "was", "becomes", "expected"),
    [
        (HALF, "body", '"rung":"at-50"', '"rung":"at-30"', {("input", "input.rung")}),
        (ACCEPTED, "body", "grid-east-1.a", "grid-east-1.b", {("input", "input.actor.person")}),
        (ACCEPTED, "result", "000001", "000009", RESULTS),
    ],
)
async def test_a_command_that_was_written_over_is_found(
    id_: str, column: str, was: str, becomes: str, expected: set[tuple[str, str]]
) -> None:
    ledger = sample()

    def forged(row: CommandRow) -> CommandRow:
        text = getattr(row, column).replace(was, becomes)
        return replace(row, **{column: text}) if row.id == id_ else row

    ledger.alter_commands(STREAM, forged)
    found = await places(ledger, STREAM, ledger.run(DOOR_2).run_id)

    assert {(kind, field) for kind, _, _, field in found} == expected
    assert all(event_id for _, _, event_id, _ in found)


async def test_a_notice_that_is_told_and_not_delivered_by_the_ledger_is_found() -> None:
    ledger = sample()
    ledger.told = [replace(n, delivered_at=None) if n.id == TOLD else n for n in ledger.told]
    ((kind, about, _, field),) = await places(ledger, STREAM, ledger.run(DOOR_2).run_id)

    assert (kind, about, field) == ("delivery", TOLD, "result.told")


async def test_a_notice_that_was_taken_out_of_the_ledger_is_found() -> None:
    ledger = sample()
    ledger.told = [notice for notice in ledger.told if notice.id != TOLD]
    ((kind, about, _, field),) = await places(ledger, STREAM, ledger.run(DOOR_2).run_id)

    assert (kind, about, field) == ("delivery", TOLD, "result.told")


# --- what is missing and no finding ---


async def test_a_span_that_the_ledger_calls_lost_is_reported_apart() -> None:
    ledger = sample()
    run_id = ledger.run(DOOR_2).run_id
    ledger.archive.remove(ledger.run(DOOR_2))
    records = await ledger.records(STREAM)
    at = records[-1].at
    lost = HistoryLost(at=at, by=ENGINE, run=run_id, from_at=records[0].at, to_at=at)
    origin = Origin(STREAM, "lost-1", "", records[-1].terms, records[-1].rules)
    ledger.corpus.records_of[STREAM] = [
        *records,
        *recorded([lost], origin, after_version=len(records), previous=records[-1].hash),
    ]
    checked = await cross_check(ledger, ledger.archive, data_converter=CONVERTER)

    (span,) = checked.lost_spans
    assert (checked.mismatches, span.stream, span.run, len(span.rings)) == (0, STREAM, run_id, 3)
    assert TOLD in span.deliveries


async def test_an_issue_that_no_workflow_ever_kept_is_named_and_no_finding() -> None:
    ledger = sample()
    ledger.archive.remove(ledger.run(DOOR_2))
    ledger.told = [notice for notice in ledger.told if notice.stream != STREAM]
    whole = await replayed(ledger)

    assert whole.is_sound
    assert whole.checked.streams_without_workflow == (STREAM,)
    assert whole.checked.rings_in_both == 32


async def test_what_was_done_after_the_last_event_of_a_run_that_goes_on_is_pending() -> None:
    ledger = sample()
    ledger.archive.remove(ledger.run(DOOR_2))
    life = json.loads(gzip.decompress(sample().run(DOOR_2).archive))["events"]
    first = [event for event in life if int(event["eventId"]) <= 16]
    for event in first:
        event["eventTime"] = "2026-03-02T01:00:00Z"
    ledger.running.append(WorkflowHistory.from_json(DOOR_2, {"events": first}))
    whole = await replayed(ledger, STREAM)

    assert (whole.checked.mismatches, whole.checked.rings_in_both) == (0, 0)
    assert whole.checked.pending == 3 + 10
    assert (whole.checked.commands_in_both, whole.checked.deliveries_in_both) == (1, 2)


async def test_markers_of_older_histories_name_nobody_and_are_counted_apart() -> None:
    ledger = sample()

    def as_it_was(events: list[Event]) -> None:
        for event in events:
            if event["eventType"] == "EVENT_TYPE_MARKER_RECORDED":
                with contextlib.suppress(LookupError):
                    marked([event], '"told"').rewrite(to=[])

    ledger.alter(DOOR_2, as_it_was)
    whole = await replayed(ledger, STREAM)

    assert whole.is_sound
    assert (whole.checked.unnamed, whole.checked.deliveries_in_both) == (12, 0)


async def test_a_report_sent_again_under_another_id_is_given_the_first_answer() -> None:
    ledger = sample()

    def again(events: list[Event]) -> None:
        for found in (wished(events, "report-1"), asked(events, "carry_out", "report-1")):
            found.rewrite("id", to="report-9")
        answered(events, "carry_out", "report-9").rewrite("result", "repeated", to=True)

    ledger.alter(DOOR_2, again)

    assert (await replayed(ledger, STREAM)).is_sound


@pytest.mark.parametrize("outcome", ["stale", "early"])
async def test_a_ring_that_met_nothing_leaves_no_command_and_is_no_finding(outcome: str) -> None:
    ledger = sample()

    def also(events: list[Event]) -> None:
        shown = answered(events, "ring", "at-50")
        place = asked(events, "ring", "at-50").event_id - 1
        more = copy.deepcopy([events[place], events[shown.event_id - 1]])
        more[0]["eventId"] = "901"
        more[1]["activityTaskCompletedEventAttributes"]["scheduledEventId"] = "901"
        asked(more, "ring").rewrite("rung", to="at-99")
        answered(more, "ring").rewrite("outcome", to=outcome)
        events += more

    ledger.alter(DOOR_2, also)
    checked = await cross_check(ledger, ledger.archive, data_converter=CONVERTER)

    assert (checked.mismatches, checked.rings_in_both) == (0, 35)


async def test_a_ring_whose_run_ended_before_its_answer_came_stands_in_both() -> None:
    ledger = sample()

    def cut(events: list[Event]) -> None:
        events.pop(answered(events, "ring", '"due"').event_id - 1)

    ledger.alter(DOOR_2, cut)
    checked = await cross_check(ledger, ledger.archive, data_converter=CONVERTER)

    assert (checked.mismatches, checked.rings_in_both) == (0, 35)


async def test_what_a_run_told_when_it_was_terminated_may_have_left_no_marker() -> None:
    ledger = sample()
    told_at = next(n.delivered_at for n in ledger.told if n.id == TOLD)
    assert told_at is not None

    def cut(events: list[Event]) -> None:
        events.pop(marked(events, TOLD).event_id - 1)
        ended = {"eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED", "eventId": "999"}
        events.append(ended | {"eventTime": told_at.isoformat()})

    ledger.alter(DOOR_2, cut)
    checked = await cross_check(ledger, ledger.archive, data_converter=CONVERTER)

    assert (checked.mismatches, checked.unnamed) == (0, 1)


@pytest.mark.parametrize("how", ["FAILED", "TIMED_OUT"])
async def test_what_was_told_in_a_task_that_was_lost_may_have_left_no_marker(how: str) -> None:
    ledger = sample()

    def lose(events: list[Event]) -> None:
        marker = marked(events, TOLD).event_id - 1
        events[marker] = {"eventType": f"EVENT_TYPE_WORKFLOW_TASK_{how}", "eventId": "999"}

    ledger.alter(DOOR_2, lose)
    checked = await cross_check(ledger, ledger.archive, data_converter=CONVERTER)

    assert (checked.mismatches, checked.unnamed) == (0, 1)


# --- damage, and code that is not what it was ---


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"sha256": "0" * 64}, "not what was hashed"),
        ({"archive": gzip.compress(b"{}")}, "not what was hashed"),
        ({"archive": b"no gzip"}, "cannot be read"),
        ({"events": 99}, "166 events, and 99 were swept"),
    ],
)
async def test_a_damaged_archive_is_named_and_is_no_witness(
    changes: dict[str, Any], problem: str
) -> None:
    ledger = sample()
    row = ledger.run(DOOR_2)
    ledger.archive[ledger.archive.index(row)] = replace(row, **changes)
    whole = await replayed(ledger)

    (failure,) = whole.histories.failures
    assert failure.run_id == row.run_id
    assert problem in failure.problem
    assert whole.histories.replayed == whole.archived + whole.running - 1
    assert {each.stream for each in whole.checked.found} == {STREAM}
    with pytest.raises(DamagedHistoryError):
        await cross_check(ledger, ledger.archive, data_converter=CONVERTER)


@workflow.defn(name=WORKFLOW_TYPE)
class Sleeper:
    """Sleeps first, which the histories do not know."""

    @workflow.run
    async def run(self, opening: JsonValue) -> None:
        await workflow.sleep(timedelta(seconds=1))


async def test_a_history_that_the_code_cannot_follow_is_named() -> None:
    row = sample().run(DOOR_2)
    report = await replay_histories([row], [Sleeper], data_converter=CONVERTER)

    assert report.replayed == 0
    (failure,) = report.failures
    assert (failure.run_id, failure.workflow_id) == (row.run_id, DOOR_2)
    assert "does not replay" in failure.problem


# --- histories whose payloads are sealed ---


def sealing(key: bytes) -> tuple[SealedPayloads, DataConverter]:
    """Return a codec with a key, and the converter of a process that has it."""
    codec = SealedPayloads({"key-1": key}, "key-1")
    return codec, replace(CONVERTER, payload_codec=codec)


async def seal(part: Any, codec: SealedPayloads) -> None:
    """Seal all payloads in a part of a history, but for what the SDK's core writes of a marker."""
    if isinstance(part, list):
        for each in part:
            await seal(each, codec)
    elif isinstance(part, dict):
        for name, value in part.items():
            if name == "payloads":
                plain = [ParseDict(each, Payload()) for each in value]
                part[name] = [MessageToDict(each) for each in await codec.encode(plain)]
            elif name != "data":
                await seal(value, codec)


async def sealed_sample(codec: SealedPayloads) -> Sample:
    """Return the sample as a worker with this codec would have left it."""
    ledger, found = sample(), list[HistoryRow]()
    for row in ledger.archive:
        history = json.loads(gzip.decompress(row.archive))
        await seal(history, codec)
        found.append(row_of(row.run_id, row.workflow_id, json.dumps(history), row.closed_as))
    ledger.archive = found
    return ledger


async def test_sealed_histories_tell_the_same_to_whoever_has_the_key() -> None:
    codec, converter = sealing(b"k" * 32)
    ledger = await sealed_sample(codec)
    whole = await replay_ledger(ledger, WORKFLOWS, data_converter=converter)

    assert whole.is_sound
    assert (whole.checked.rings_in_both, whole.checked.commands_in_both) == (35, 7)


async def test_without_the_key_what_cannot_be_read_is_named() -> None:
    codec, _ = sealing(b"k" * 32)
    _, without_it = sealing(b"x" * 32)
    ledger = await sealed_sample(codec)
    whole = await replay_ledger(ledger, WORKFLOWS, data_converter=without_it, only=STREAM)

    assert not whole.is_sound
    assert {"history"} <= {each.kind for each in whole.checked.found}
    assert all(each.run_id for each in whole.checked.found if each.kind == "history")
