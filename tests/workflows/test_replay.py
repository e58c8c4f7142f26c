"""Stored histories: today's workflow follows every life that was begun before, step by step."""

import asyncio
import gzip
import json
from pathlib import Path

import pytest
from pydantic import JsonValue
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from demo.cases import read_cases
from demo.stories import read_stories
from domain.routines import RoutineAsked, RoutineDone
from domain.view import WORKFLOW_TYPE
from worker import WORKFLOWS
from workflows.issue import Closing, IssueWorkflow
from workflows.routine import RoutineWorkflow

FOLDER = Path(__file__).with_name("histories")
GOLDEN = sorted(FOLDER.glob("*.json.gz"))
DEMO = {case.id for case in read_cases()} | {story.id for story in read_stories()}
BYTES_MAX = 1_500_000


def read(file: Path) -> WorkflowHistory:
    """Return a stored history."""
    plain = gzip.decompress(file.read_bytes()).decode()
    return WorkflowHistory.from_json(file.name.removesuffix(".json.gz"), plain)


def replayer(*workflows: type) -> Replayer:
    """Return a replayer that is set up as the worker is."""
    return Replayer(
        workflows=workflows,
        data_converter=pydantic_data_converter,
        workflow_runner=UnsandboxedWorkflowRunner(),
    )


def test_every_case_and_story_of_the_demo_has_its_history_and_all_of_them_are_small() -> None:
    names = {file.name.removesuffix(".json.gz").split("-run-")[0] for file in GOLDEN}
    assert names >= DEMO
    assert sum(file.stat().st_size for file in GOLDEN) < BYTES_MAX


def test_every_type_of_workflow_that_a_worker_serves_has_a_stored_history() -> None:
    begun = {
        read(file).events[0].workflow_execution_started_event_attributes.workflow_type.name
        for file in GOLDEN
    }
    assert begun >= {served.__name__ for served in WORKFLOWS}


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.name.removesuffix(".json.gz"))
async def test_a_stored_history_replays(file: Path) -> None:
    history = read(file)
    id_ = history.events[0].workflow_execution_started_event_attributes.workflow_id
    await replayer(*WORKFLOWS).replay_workflow(WorkflowHistory(id_, history.events))


@workflow.defn(name=WORKFLOW_TYPE)
class Impatient(IssueWorkflow):
    """A workflow that was changed: it asks for the notices before it looks."""

    @workflow.init
    def __init__(self, *opening: JsonValue) -> None:
        super().__init__(*opening)

    @workflow.run
    async def run(self, *opening: JsonValue) -> Closing:
        """Wait a moment before all else."""
        await asyncio.sleep(1)
        return await super().run(*opening)


@pytest.mark.parametrize("name", ["A01", "S1", "second_door"])
async def test_a_workflow_that_does_something_else_first_does_not_replay(name: str) -> None:
    history = read(FOLDER / f"{name}.json.gz")
    with pytest.raises(workflow.NondeterminismError):
        await replayer(Impatient).replay_workflow(history)


@workflow.defn(name="RoutineWorkflow")
class Hesitant(RoutineWorkflow):
    """A workflow that was changed: it waits before it does what is due."""

    @workflow.run
    async def run(self, asked: RoutineAsked) -> RoutineDone:
        """Wait a moment before all else."""
        await asyncio.sleep(1)
        return await super().run(asked)


@pytest.mark.parametrize("name", ["done", "caught_up", "given_up"])
async def test_a_routine_that_does_something_else_first_does_not_replay(name: str) -> None:
    history = read(FOLDER / f"routine-{name}.json.gz")
    with pytest.raises(workflow.NondeterminismError):
        await replayer(Hesitant).replay_workflow(history)


@pytest.mark.parametrize(
    ("name", "periods", "attempt"),
    [
        ("done", ["2026-04-07"], 1),
        ("nothing_due", [], 1),
        ("caught_up", ["2026-04-08", "2026-04-09", "2026-04-10"], 1),
        ("tried_again", ["2026-04-13"], 2),
        ("given_up", None, 2),
        ("after_given_up", ["2026-04-14", "2026-04-15"], 1),
    ],
)
def test_the_stored_calls_of_a_routine_are_of_every_kind(
    name: str, periods: list[str] | None, attempt: int
) -> None:
    events = read(FOLDER / f"routine-{name}.json.gz").events
    tried = [e.activity_task_started_event_attributes.attempt for e in events]
    assert max(tried) == attempt
    if periods is None:
        assert events[-1].HasField("workflow_execution_failed_event_attributes")
        return
    (result,) = events[-1].workflow_execution_completed_event_attributes.result.payloads
    assert json.loads(result.data)["periods"] == periods
