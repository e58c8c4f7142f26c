"""The stored sample: both records of a few lives, replayed by today's code, and tampered with."""

import gzip
from collections.abc import Callable
from dataclasses import replace

import pytest
from audit_histories import (
    ACCEPTED,
    CONVERTER,
    DOOR_2,
    FOLDER,
    HALF,
    MATTER,
    MATTER_IN_RUNS,
    OF_HALF,
    ORDER,
    OTHER,
    REOPENED,
    STREAM,
    TOLD,
    Event,
    Payloads,
    answered,
    asked,
    marked,
    places,
    replayed,
    sample,
    without,
)
from temporalio.client import WorkflowHistory

from audit.replay import replay_histories
from audit.replay_histories import HistoryReplay
from domain.view import BELL_PREFIX
from worker import WORKFLOWS

GOLDEN = FOLDER.parent / "workflows" / "histories"
BYTES_MAX = 300_000


# --- the sample as it was recorded ---


async def test_the_stored_sample_replays_and_its_two_records_tell_the_same() -> None:
    whole = await replayed(sample())

    assert whole.is_sound, (whole.decided.differences, whole.histories.failures, whole.checked)
    assert whole.histories.replayed == whole.archived + whole.running
    assert whole.decided.identical == whole.decided.decisions > 70
    checked = whole.checked
    both = (checked.rings_in_both, checked.commands_in_both, checked.deliveries_in_both)
    assert both > (25, 6, 90)
    assert (checked.pending, checked.unnamed, checked.without_workflow) == (0, 0, 0)


def test_the_sample_has_a_history_of_every_kind_of_workflow_and_is_small() -> None:
    ledger = sample()
    named = {row.workflow_id.split("/")[0] for row in ledger.archive}
    assert named == {"issue", "order", "matter", "upkeep", "adoption"}
    in_runs = [row.closed_as for row in ledger.archive if row.workflow_id == MATTER_IN_RUNS]
    assert sorted(in_runs) == ["COMPLETED", "CONTINUED_AS_NEW"]
    assert {row.closed_as for row in ledger.archive} == {"COMPLETED", "CONTINUED_AS_NEW"}
    assert sum(file.stat().st_size for file in FOLDER.glob("*.gz")) < BYTES_MAX


async def test_in_the_golden_histories_every_activity_is_asked_what_it_was_asked() -> None:
    replay, files = HistoryReplay(WORKFLOWS, CONVERTER), sorted(GOLDEN.glob("*.json.gz"))
    for file in files:
        read = WorkflowHistory.from_json("", gzip.decompress(file.read_bytes()).decode())
        started = read.events[0].workflow_execution_started_event_attributes
        history = WorkflowHistory(started.workflow_id, read.events)
        assert not await replay.failures(history.run_id, history), file.name
    assert len(files) > 40


async def test_without_temporal_what_is_open_is_pending() -> None:
    whole = await replayed(sample(), online=False)

    assert whole.is_sound
    assert (whole.running, whole.checked.pending) == (0, 10)


async def test_one_issue_is_replayed_alone() -> None:
    whole = await replayed(sample(), STREAM)

    assert (whole.streams, whole.archived, whole.checked.rings_in_both) == (1, 1, 3)


# --- histories that were tampered with; their hashes were made to fit ---


def the_rung_asked(events: list[Event]) -> Payloads:
    found = asked(events, "ring", "at-50")
    found.rewrite("rung", to="at-80")
    return found


def the_clock_asked(events: list[Event]) -> Payloads:
    found = asked(events, "ring", "at-50")
    found.rewrite("clock", to="acceptance")
    return found


def the_outcome_of_a_ring(events: list[Event]) -> Payloads:
    found = answered(events, "ring", "at-50")
    found.rewrite("outcome", to="stale")
    return found


def the_version_after_a_ring(events: list[Event]) -> Payloads:
    found = answered(events, "ring", "at-50")
    found.rewrite("glimpse", "version", to=2)
    return found


def the_next_due_instant(events: list[Event]) -> Payloads:
    found = answered(events, "ring", "at-50")
    found.rewrite("glimpse", "next_rung", "due_at", to="2026-03-03T05:49:00.000Z")
    return found


def the_words_of_a_command(events: list[Event]) -> Payloads:
    found = asked(events, "carry_out", "reject-")
    found.rewrite("command", "reason", to="Never mind.")
    return found


def the_actor_of_a_command(events: list[Event]) -> Payloads:
    found = asked(events, "carry_out", ACCEPTED)
    found.rewrite("actor", "person", to="grid-east-1.b")
    return found


def the_number_in_a_result(events: list[Event]) -> Payloads:
    found = answered(events, "carry_out", ACCEPTED)
    found.rewrite("result", "number", to="HARBOUR-2026-000002")
    return found


def the_command_in_a_result(events: list[Event]) -> Payloads:
    found = answered(events, "carry_out", ACCEPTED)
    found.rewrite("result", "command_id", to="another")
    return found


def the_owner_that_was_shown(events: list[Event]) -> Payloads:
    found = marked(events, '"phase":"intake"')
    found.rewrite("owner", to="head-east")
    return found


def the_one_that_was_told(events: list[Event]) -> Payloads:
    found = marked(events, TOLD)
    found.rewrite("told", 0, to="harbour/t1/3/nobody")
    return found


def that_anyone_was_told(events: list[Event]) -> Payloads:
    found = marked(events, TOLD)
    found.rewrite("told", to=[])
    return found


def a_marker_that_names_nobody(events: list[Event]) -> Payloads:
    found = marked(events, TOLD)
    found.rewrite(to=[])
    return found


SAMPLED = next(r.id for r in sample().corpus.commands_of[STREAM] if r.kind == "reject")
Expected = tuple[str, str, bool, str]
"""As Place; whether it names the event that was altered."""
ALTERED: list[tuple[Callable[[list[Event]], Payloads], list[Expected]]] = [
    (the_rung_asked, [("input", HALF, True, "input.rung")]),
    (the_clock_asked, [("input", HALF, True, "input.clock")]),
    (the_outcome_of_a_ring, [("result", HALF, True, "result.outcome")]),
    (
        the_version_after_a_ring,
        [
            ("result", HALF, True, "result.glimpse.version"),
            ("result", "", True, "result.glimpse.next_rung.rung"),
        ],
    ),
    (the_next_due_instant, [("result", "", True, "result.glimpse.next_rung.due_at")]),
    (the_number_in_a_result, [("result", ACCEPTED, True, "result.result.number")]),
    (the_command_in_a_result, [("result", ACCEPTED, True, "result.result.command_id")]),
    (the_owner_that_was_shown, [("result", "", True, "result.owner")]),
    (
        the_one_that_was_told,
        [
            ("delivery", "harbour/t1/3/nobody", True, "result.told"),
            ("delivery", TOLD, False, "delivered_at"),
        ],
    ),
    (that_anyone_was_told, [("delivery", TOLD, False, "delivered_at")]),
    (a_marker_that_names_nobody, [("delivery", "", True, "result")]),
]


@pytest.mark.parametrize(
    ("alter", "expected"), ALTERED, ids=[alter.__name__ for alter, _ in ALTERED]
)
async def test_what_was_altered_in_a_history_is_named(
    alter: Callable[[list[Event]], Payloads], expected: list[Expected]
) -> None:
    ledger, at = sample(), list[int]()
    run_id = ledger.alter(DOOR_2, lambda events: at.append(alter(events).event_id))

    assert await places(ledger, STREAM, run_id) == {
        (kind, about, at[0] if of_event else None, name) for kind, about, of_event, name in expected
    }


@pytest.mark.parametrize(
    ("alter", "about", "name"),
    [
        (the_words_of_a_command, SAMPLED, "input.command.reason"),
        (the_actor_of_a_command, ACCEPTED, "input.actor.person"),
    ],
)
async def test_a_command_that_was_altered_is_not_what_the_update_asked_for_either(
    alter: Callable[[list[Event]], Payloads], about: str, name: str
) -> None:
    ledger, at = sample(), list[int]()
    run_id = ledger.alter(DOOR_2, lambda events: at.append(alter(events).event_id))
    found = await places(ledger, STREAM, run_id)

    assert ("input", about, at[0], name) in found
    assert [(each[1], each[3]) for each in found if each[0] == "missing"] == [(about, "input")]


@pytest.mark.parametrize(
    ("alter", "field"),
    [
        (the_rung_asked, "input.rung"),
        (the_clock_asked, "input.clock"),
        (the_words_of_a_command, "input.command.reason"),
    ],
)
async def test_the_replay_itself_names_an_activity_that_is_asked_for_something_else(
    alter: Callable[[list[Event]], Payloads], field: str
) -> None:
    """Without the ledger: whoever forges both records alike forges the workflow's own words."""
    ledger, at = sample(), list[int]()
    run_id = ledger.alter(DOOR_2, lambda events: at.append(alter(events).event_id))
    report = await replay_histories([ledger.run(DOOR_2)], WORKFLOWS, data_converter=CONVERTER)

    (failure,) = report.failures
    assert (failure.run_id, failure.workflow_id) == (run_id, DOOR_2)
    assert (failure.event_id, failure.field) == (at[0], field)


async def test_a_ring_without_its_activity_is_found() -> None:
    ledger = sample()
    run_id = ledger.alter(DOOR_2, lambda events: without(events, "ring", "at-50"))

    assert await places(ledger, STREAM, run_id) == {("missing", HALF, None, "activity")}


async def test_what_the_bell_rang_needs_no_history_that_tells_of_it() -> None:
    ledger = sample()
    run_id = ledger.alter(DOOR_2, lambda events: without(events, "ring", "at-50"))
    ledger.alter_commands(
        STREAM,
        lambda row: replace(row, id=HALF.replace("ring:", BELL_PREFIX)) if row.id == HALF else row,
    )

    checked = (await replayed(ledger, STREAM)).checked
    assert [each for each in checked.found if run_id in (each.run_id, None)] == []


async def test_an_update_without_its_activity_is_found() -> None:
    ledger = sample()
    run_id = ledger.alter(DOOR_2, lambda events: without(events, "carry_out", "report-1"))
    whole = await replayed(ledger, STREAM)

    assert await places(ledger, STREAM, run_id) == {("missing", "report-1", 5, "input")}
    assert [failure.run_id for failure in whole.histories.failures] == [run_id]


async def test_a_ring_of_an_order_that_was_altered_is_found() -> None:
    ledger, at = sample(), list[int]()

    def alter(events: list[Event]) -> None:
        found = asked(events, "ring_order", "limit")
        found.rewrite("cycle", to=9)
        at.append(found.event_id)

    run_id = ledger.alter(ORDER, alter)

    assert await places(ledger, ORDER, run_id) == {
        ("input", f"ring:{ORDER}:3:limit", at[0], "input.cycle")
    }


async def test_an_order_notice_that_no_activity_told_is_found() -> None:
    ledger = sample()
    run_id = ledger.alter(ORDER, lambda events: without(events, "tell_order", OF_HALF))

    assert await places(ledger, ORDER, run_id) == {("delivery", OF_HALF, None, "delivered_at")}


async def test_a_ring_of_a_matter_that_was_altered_is_found() -> None:
    ledger, at = sample(), list[int]()

    def alter(events: list[Event]) -> None:
        found = asked(events, "ring_matter")
        found.rewrite("cycle", to=9)
        at.append(found.event_id)

    run_id = ledger.alter(MATTER, alter)

    ((kind, about, event_id, field),) = await places(ledger, MATTER, run_id)
    assert (kind, event_id, field) == ("input", at[0], "input.cycle")
    assert about.startswith(f"ring:{MATTER}:")


async def test_a_notice_of_a_matter_that_no_activity_told_is_found() -> None:
    ledger = sample()
    run_id = ledger.alter(MATTER, lambda events: without(events, "tell_matter"))
    (notice, *_) = await ledger.notices(MATTER)

    assert await places(ledger, MATTER, run_id) == {("delivery", notice.id, None, "delivered_at")}


# --- histories that were exchanged or taken away ---


async def test_the_history_of_another_issue_is_found() -> None:
    ledger = sample()
    mine, other = ledger.run(DOOR_2), ledger.run(OTHER)
    ledger.archive[ledger.archive.index(mine)] = replace(
        other, run_id=mine.run_id, workflow_id=DOOR_2
    )
    whole = await replayed(ledger, STREAM)

    strange = {(each.run_id, each.event_id, each.field) for each in whole.histories.failures}
    assert strange > {(mine.run_id, 1, "workflow_id"), (mine.run_id, 1, "run_id")}
    kinds = {each.kind for each in whole.checked.found}
    assert {"foreign", "missing", "delivery"} <= kinds
    assert HALF in whole.checked.only_in_ledger


async def test_a_history_of_another_run_of_the_issue_is_found() -> None:
    ledger = sample()
    first, second = ledger.run(REOPENED), ledger.run(REOPENED, 1)
    ledger.archive[ledger.archive.index(second)] = replace(first, run_id=second.run_id)
    whole = await replayed(ledger, REOPENED.removeprefix("issue/"))

    (failure,) = whole.histories.failures
    assert (failure.run_id, failure.event_id, failure.field) == (second.run_id, 1, "run_id")
    assert not whole.checked.is_sound


async def test_an_issue_whose_histories_were_taken_away_is_found() -> None:
    ledger = sample()
    ledger.archive.remove(ledger.run(DOOR_2))
    checked = (await replayed(ledger, STREAM)).checked

    assert HALF in checked.only_in_ledger
    assert TOLD in {each.about for each in checked.found}


async def test_a_history_of_an_issue_that_the_ledger_does_not_have_is_found() -> None:
    ledger = sample()
    ledger.forget(STREAM)
    checked = (await replayed(ledger)).checked

    assert {each.stream for each in checked.found} == {STREAM}
    assert {HALF, ACCEPTED} <= set(checked.only_in_history)
    assert ("delivery", TOLD) in {(each.kind, each.about) for each in checked.found}
