"""Archived histories: whole, replayable, and of one mind with the ledger about every ring."""

import gzip
from dataclasses import replace
from datetime import timedelta

import builders as b
import pytest
from audit_histories import Run, ring
from builders import Step
from played_ledger import LIFE, played
from temporalio import workflow

from audit.replay import CrossCheck, DamagedHistoryError, LostSpan, cross_check, replay_histories
from domain import commands as cmd
from domain.people import ENGINE

HALF, DUE = ring("handling", 1, "at-50"), ring("handling", 1, "due")
LOST_FROM, LOST_TO = b.TUE_9, b.WED_9
OPEN_LIFE = LIFE[:6]


@workflow.defn(name="Still", sandboxed=False)
class Still:
    """Ends at once, as the history says."""

    @workflow.run
    async def run(self) -> None:
        return


@workflow.defn(name="Still", sandboxed=False)
class Sleeper:
    """Sleeps first, which the history does not know."""

    @workflow.run
    async def run(self) -> None:
        await workflow.sleep(timedelta(seconds=1))


async def test_a_history_replays_with_the_code_that_made_it() -> None:
    report = await replay_histories([Run().ended().row], [Still])

    assert (report.replayed, report.failures) == (1, ())


async def test_a_history_that_the_code_cannot_follow_is_named() -> None:
    rows = [Run(run_id="run-7").ended().row]

    report = await replay_histories(rows, [Sleeper])

    assert report.replayed == 0
    (failure,) = report.failures
    assert (failure.run_id, failure.workflow_id) == ("run-7", "issue/harbour/issue-1")
    assert "does not replay" in failure.problem


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"sha256": "0" * 64}, "not what was hashed"),
        ({"archive": gzip.compress(b"{}")}, "not what was hashed"),
        ({"archive": b"no gzip"}, "cannot be read"),
        ({"events": 99}, "5 events, and 99 were swept"),
    ],
)
async def test_a_damaged_archive_is_named_and_the_others_are_replayed(
    changes: dict[str, object], problem: str
) -> None:
    row = Run(run_id="damaged").ended().row
    rows = [replace(row, **changes), Run(run_id="whole").ended().row]  # type: ignore[arg-type]  # any column

    report = await replay_histories(rows, [Still])

    assert report.replayed == 1
    assert [failure.run_id for failure in report.failures] == ["damaged"]
    assert problem in report.failures[0].problem


async def test_a_damaged_archive_is_no_witness() -> None:
    with pytest.raises(DamagedHistoryError):
        await cross_check(played(), [replace(Run().row, sha256="0" * 64)])


async def test_every_ring_stands_in_both_records() -> None:
    rows = [Run(run_id="run-1").rang(HALF).row, Run(run_id="run-2").rang(DUE).ended().row]

    assert await cross_check(played(), rows) == CrossCheck(2, (), (), (), 0)


async def test_a_ring_without_its_activity_is_found() -> None:
    found = await cross_check(played(), [Run().rang(HALF).ended().row])

    assert found.only_in_ledger == (DUE.command_id,)
    assert (found.rings_in_both, found.only_in_history) == (1, ())
    assert not found.is_sound


async def test_an_activity_without_its_ring_is_found() -> None:
    other = ring("handling", 2, "at-50")

    found = await cross_check(played(), [Run().rang(HALF).rang(DUE).rang(other).ended().row])

    assert found.only_in_history == (other.command_id,)
    assert not found.is_sound


async def test_an_activity_of_an_issue_that_is_not_there_is_found() -> None:
    elsewhere = HALF.model_copy(update={"key": "issue-9"})

    found = await cross_check(played(), [Run().rang(HALF).rang(DUE).rang(elsewhere).ended().row])

    assert found.only_in_history == (elsewhere.command_id,)


@pytest.mark.parametrize("outcome", ["stale", "early"])
async def test_a_ring_that_met_nothing_leaves_no_command_and_is_no_finding(outcome: str) -> None:
    other = ring("handling", 2, "at-50")
    run = Run().rang(HALF).rang(DUE).rang(other, outcome).ended()

    assert (await cross_check(played(), [run.row])).is_sound


async def test_a_ring_that_was_early_first_and_fired_later_stands_in_both() -> None:
    run = Run().rang(HALF, "early").rang(HALF).rang(DUE).ended()

    assert await cross_check(played(), [run.row]) == CrossCheck(2, (), (), (), 0)


async def test_a_ring_whose_run_ended_before_its_answer_came_stands_in_both() -> None:
    run = Run().rang(HALF).rang(DUE, None)

    assert await cross_check(played(), [run.row]) == CrossCheck(2, (), (), (), 0)


async def test_the_rings_of_a_run_that_is_not_archived_yet_are_pending() -> None:
    ledger = played(*OPEN_LIFE)

    found = await cross_check(ledger, [], live=[Run().rang(HALF).history])

    assert found == CrossCheck(0, (), (), (), 1)


async def test_a_live_run_without_the_ring_is_a_finding() -> None:
    ledger = played(*OPEN_LIFE)
    other = ring("resolution", 1, "at-50")

    found = await cross_check(ledger, [], live=[Run().rang(other, "stale", at=b.FRI_9).history])

    assert found.only_in_ledger == (HALF.command_id,)


async def test_a_ring_after_the_live_history_was_fetched_is_pending() -> None:
    ledger = played(*OPEN_LIFE)

    found = await cross_check(ledger, [], live=[Run().history])

    assert found == CrossCheck(0, (), (), (), 1)


async def test_an_open_issue_whose_run_was_not_given_is_pending() -> None:
    assert (await cross_check(played(*OPEN_LIFE), [])).pending == 1


async def test_a_span_that_the_ledger_calls_lost_is_reported_apart() -> None:
    lost = cmd.RecordHistoryLost(run="run-1", from_at=LOST_FROM, to_at=LOST_TO)
    life = (*LIFE[:6], Step(ENGINE, lost, b.NEXT_MON_9), *LIFE[6:])

    found = await cross_check(played(*life), [Run(run_id="run-2").rang(DUE).ended().row])

    span = LostSpan("harbour/issue-1", "run-1", LOST_FROM, LOST_TO, (HALF.command_id,))
    assert found == CrossCheck(1, (), (), (span,), 0)
