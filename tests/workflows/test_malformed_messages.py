"""Whatever is sent to a workflow, no task fails for ever: it is refused, or dropped, or the end."""

import asyncio
from datetime import timedelta
from typing import Any

import builders as b
import pytest
from cities import City, count
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from test_second_door import refusal

UNREADABLE = RawValue(Payload(metadata={"encoding": b"json/plain"}, data=b"{never closed"))
UNKNOWN = RawValue(Payload(metadata={"encoding": b"json/of-tomorrow"}, data=b"{}"))

ODD: list[Any] = [
    pytest.param([], id="nothing"),
    pytest.param([None], id="null"),
    pytest.param([{}], id="empty"),
    pytest.param(["report"], id="a word"),
    pytest.param([[1, 2]], id="a list"),
    pytest.param([b"\x00\x01"], id="bytes"),
    pytest.param([{"zone": b.ZONE, "key": "no such field", "surprise": 1}], id="unknown fields"),
    pytest.param([{}, {}], id="two of them"),
]
UNDECODABLE: list[Any] = [
    pytest.param([UNREADABLE], id="not JSON"),
    pytest.param([UNKNOWN], id="an encoding nobody knows"),
]


async def keeps_its_clock(city: City) -> None:
    """Check that the workflow lives: it rings its next rung, and no task of it has failed."""
    await city.lapse.advance_to(b.MON_11)
    assert [each.rung for each in await city.fired()] == ["at-50"]
    assert count(await city.history(), "WORKFLOW_TASK_FAILED") == 0


@pytest.mark.parametrize("arguments", [*ODD, *UNDECODABLE])
async def test_an_odd_update_is_rejected_without_a_trace(
    city: City, arguments: list[object]
) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await city.handle().execute_update(
            "carry_out", args=arguments, id="odd", rpc_timeout=timedelta(seconds=5)
        )
    assert isinstance(failed.value.cause, ApplicationError)
    assert count(await city.history(), "WORKFLOW_EXECUTION_UPDATE_ACCEPTED") == 0
    await keeps_its_clock(city)


async def test_a_malformed_submission_is_refused_naming_field_and_bounds(city: City) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    sent = b.submission(b.ACCEPT, key=city.key).model_dump(mode="json")
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await city.update(sent | {"expected_version": -1})
    error = refusal(failed)
    assert error.type == "invalid"
    assert error.details[0]["field"] == "expected_version"


@pytest.mark.parametrize("arguments", [*ODD, *UNDECODABLE])
async def test_an_odd_signal_is_dropped(city: City, arguments: list[object]) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    seen = await city.glimpse()
    await city.handle().signal("poke", args=arguments)
    await city.handle().signal("no such signal", args=arguments)
    await city.do(b.NOTE)
    assert await city.glimpse() == seen
    await keeps_its_clock(city)


@pytest.mark.parametrize("arguments", ODD)
async def test_an_odd_start_ends_the_run_as_invalid(city: City, arguments: list[object]) -> None:
    handle = await city.client.start_workflow(
        "IssueWorkflow", args=arguments, id=city.handle().id, task_queue=city.task_queue
    )
    with pytest.raises(WorkflowFailureError) as failed:
        await asyncio.wait_for(handle.result(), 5)
    cause = failed.value.cause
    assert isinstance(cause, ApplicationError)
    assert cause.type == "invalid"
    await city.do(b.report(), b.ENTERPRISE)
    await keeps_its_clock(city)


async def test_a_start_under_the_id_of_another_issue_ends_at_once(city: City) -> None:
    opening = {"zone": b.ZONE, "key": "somebody-else"}
    handle = await city.client.start_workflow(
        "IssueWorkflow", opening, id=city.handle().id, task_queue=city.task_queue
    )
    with pytest.raises(WorkflowFailureError):
        await asyncio.wait_for(handle.result(), 5)


async def test_a_poke_for_no_issue_at_all_ends_the_run(city: City) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    forged = (await city.glimpse()).model_copy(update={"key": city.another("ghost")})
    handle = await city.client.start_workflow(
        "IssueWorkflow",
        {"zone": b.ZONE, "key": city.another("ghost")},
        id=city.handle(city.another("ghost")).id,
        task_queue=city.task_queue,
        start_signal="poke",
        start_signal_args=[forged],
    )
    closing = await asyncio.wait_for(handle.result(), 5)
    assert closing["version"] == 0
