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

pytestmark = pytest.mark.attack

UNREADABLE = RawValue(Payload(metadata={"encoding": b"json/plain"}, data=b"{never closed"))
UNKNOWN = RawValue(Payload(metadata={"encoding": b"json/of-tomorrow"}, data=b"{}"))

ODD: dict[str, list[Any]] = {
    "nothing": [],
    "null": [None],
    "empty": [{}],
    "a word": ["report"],
    "a list": [[1, 2]],
    "bytes": [b"\x00\x01"],
    "unknown fields": [{"zone": b.ZONE, "key": "no such field", "surprise": 1}],
    "two of them": [{}, {}],
}
UNDECODABLE: dict[str, list[Any]] = {
    "not JSON": [UNREADABLE],
    "an encoding nobody knows": [UNKNOWN],
}


async def keeps_its_clock(city: City) -> None:
    """Check that the workflow lives: it rings its next rung, and no task of it has failed."""
    await city.lapse.advance_to(b.MON_11)
    assert [each.rung for each in await city.fired()] == ["at-50"]
    assert count(await city.history(), "WORKFLOW_TASK_FAILED") == 0


async def test_odd_updates_are_rejected_without_a_trace(city: City) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    for name, arguments in (ODD | UNDECODABLE).items():
        with pytest.raises(WorkflowUpdateFailedError) as failed:
            await city.handle().execute_update(
                "carry_out", args=arguments, id=name, rpc_timeout=timedelta(seconds=5)
            )
        assert isinstance(failed.value.cause, ApplicationError), name
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


async def test_odd_signals_are_dropped(city: City) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    seen = await city.glimpse()
    for arguments in (ODD | UNDECODABLE).values():
        await city.handle().signal("poke", args=arguments)
        await city.handle().signal("no such signal", args=arguments)
    assert await city.glimpse() == seen
    await keeps_its_clock(city)


async def test_odd_starts_end_the_run_as_invalid(city: City) -> None:
    for name, arguments in ODD.items():
        handle = await city.client.start_workflow(
            "IssueWorkflow", args=arguments, id=city.handle().id, task_queue=city.task_queue
        )
        with pytest.raises(WorkflowFailureError) as failed:
            await asyncio.wait_for(handle.result(), 5)
        cause = failed.value.cause
        assert isinstance(cause, ApplicationError), name
        assert cause.type == "invalid", name
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
