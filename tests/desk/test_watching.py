"""How long the outbox waits, by what was seen of it; problems that Temporal reports."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from deep import IN_CHECK
from engine_fake import Engine
from hypothesis import given
from hypothesis import strategies as st
from temporalio import workflow
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from desk.watching import PROBLEMS, OutboxAge
from ledger.waits import OutboxSpan
from runtime.temporal import DYNAMIC_CONFIG, EmbeddedTemporal, connect

EMPTY = OutboxSpan(0, 0, 0)
SOONER = "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute"


@pytest.fixture
async def temporal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[EmbeddedTemporal]:
    """A server of this test's own, which reports problems sooner than others do."""
    monkeypatch.setitem(DYNAMIC_CONFIG, SOONER, "2")  # type: ignore[arg-type]  # a dict
    async with EmbeddedTemporal(tmp_path) as server:
        yield server


def test_a_row_waits_since_it_was_first_seen() -> None:
    age = OutboxAge()

    assert age.seconds(EMPTY, 100) == 0
    assert age.seconds(OutboxSpan(1, 7, 7), 115) == 0
    assert age.seconds(OutboxSpan(2, 7, 9), 130) == 15
    assert age.seconds(OutboxSpan(1, 9, 9), 145) == 15
    assert age.seconds(OutboxSpan(3, 10, 12), 160) == 0
    assert age.seconds(EMPTY, 175) == 0
    assert age.seconds(OutboxSpan(1, 13, 13), 190) == 0


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=1, max_size=60))
def test_a_row_is_never_said_to_wait_longer_than_it_does_nor_a_look_less(
    acts: list[tuple[bool, int]],
) -> None:
    age, rows, number, step = OutboxAge(), dict[int, int](), 0, 15
    for look, (is_written, taken) in enumerate(acts):
        now = look * step
        for gone in sorted(rows)[:taken]:
            del rows[gone]
        if is_written:
            number += 1
            rows[number] = now - 1  # between two looks
        span = OutboxSpan(len(rows), min(rows, default=0), max(rows, default=0))
        said = age.seconds(span, now)
        waits = now - rows[span.first] if rows else 0
        assert waits - step <= said <= waits


async def test_problems_are_asked_for_and_not_all_that_runs() -> None:
    engine = Engine(running={"a", "b"}, troubled=1)

    assert (await engine.client.count_workflows(PROBLEMS)).count == 1


@workflow.defn
class Stumbling:
    """Fails every one of its tasks."""

    @workflow.run
    async def run(self) -> None:
        raise RuntimeError("a mistake")


@IN_CHECK
async def test_temporal_itself_counts_a_workflow_whose_tasks_fail_on_end(
    temporal: EmbeddedTemporal,
) -> None:
    client = await connect(temporal.address)
    assert (await client.count_workflows(PROBLEMS)).count == 0
    worker = Worker(
        client,
        task_queue="q",
        workflows=[Stumbling],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    async with worker, asyncio.timeout(120):
        handle = await client.start_workflow(Stumbling.run, id="stumbles", task_queue="q")
        while not (await client.count_workflows(PROBLEMS)).count:  # noqa: ASYNC110  # nothing announces it
            await asyncio.sleep(0.5)
        await handle.terminate()
