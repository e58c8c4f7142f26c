"""Door 2: a service in any language starts the workflow, sends Updates, and asks."""

import asyncio

import builders as b
import pytest
from cities import City, city_on, count
from databases import Database
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from desk.desk import Desk
from domain.commands import Submission
from domain.errors import UnknownIssueError
from domain.view import Answer, IssueView


def refusal(failed: pytest.ExceptionInfo[WorkflowUpdateFailedError]) -> ApplicationError:
    """Return the application error that a service is given."""
    cause = failed.value.cause
    assert isinstance(cause, ApplicationError)
    return cause


async def test_a_report_comes_with_the_start_of_the_workflow(city: City) -> None:
    sent = b.submission(b.report(), b.ENTERPRISE, key=city.key)
    done = await city.update_with_start(sent)
    assert (done.version, done.events) == (1, ("issue_reported",))
    again = await city.update_with_start(sent)
    assert again.model_copy(update={"repeated": False}) == done
    await city.lapse.settle()
    assert await city.ledger.outbox_size() == 0
    await city.lapse.advance_to(b.MON_11)
    assert [each.rung for each in await city.fired()] == ["at-50"]


async def test_a_report_may_be_the_opening_itself(city: City) -> None:
    sent = b.submission(b.report(), b.ENTERPRISE, key=city.key)
    opening = {"zone": b.ZONE, "key": city.key, "report": sent.model_dump(mode="json")}
    await city.client.start_workflow(
        "IssueWorkflow", opening, id=city.handle().id, task_queue=city.task_queue
    )
    await city.recorded("issue_reported")
    await city.lapse.settle()
    await city.lapse.advance_to(b.MON_11)
    assert [each.rung for each in await city.fired()] == ["at-50"]


async def test_a_whole_life_through_the_workflow_needs_no_poke(
    ring: str, database: Database, temporal: Client
) -> None:
    async with city_on(database, temporal, ring, relay=False) as city:
        await city.update_with_start(b.submission(b.report(), b.ENTERPRISE, key=city.key))
        for command, actor in (
            (b.ACCEPT, b.OFFICER),
            (b.ESCALATE, b.OFFICER),
            (b.PROPOSE, b.HEAD),
            (b.CONFIRM, b.ENTERPRISE),
            (b.VERIFY, b.DIRECTOR),
        ):
            await city.through(command, actor)
        assert (await city.ended())["outcome"] == "closed_out"
        assert await city.ledger.outbox_size() == 0
        assert await city.ledger.undelivered() == 0


async def test_an_update_on_an_unknown_issue_is_refused_and_the_run_ends(city: City) -> None:
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await city.update_with_start(b.submission(b.ACCEPT, key=city.key))
    assert refusal(failed).type == "unknown_issue"
    assert refusal(failed).non_retryable
    assert (await city.ended())["version"] == 0


async def test_a_refused_report_ends_the_run_too(city: City) -> None:
    sent = b.submission(b.report(category="nonsense"), b.ENTERPRISE, key=city.key)
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await city.update_with_start(sent)
    assert refusal(failed).type == "unknown_category"
    assert (await city.ended())["version"] == 0
    done = await city.update_with_start(b.submission(b.report(), b.ENTERPRISE, key=city.key))
    assert done.version == 1


async def test_a_refusal_arrives_with_its_code_and_its_details(city: City) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await city.through(b.ACCEPT, b.NEIGHBOUR)
    error = refusal(failed)
    assert error.type == "not_permitted"
    (details,) = error.details
    assert details["code"] == "not_permitted"
    assert details["message"]
    assert (await city.through(b.ACCEPT)).events == ("issue_accepted",)


async def test_the_same_update_twice_is_one_act(city: City) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    sent = b.submission(b.NOTE, key=city.key)
    first = await city.update(sent, update_id="u1")
    again = await city.update(sent, update_id="u1")
    assert again == first
    other = await city.update(sent, update_id="u2")
    assert other == first.model_copy(update={"repeated": True})
    assert (await city.kinds()).count("note_added") == 1


async def test_a_command_that_came_through_one_door_is_a_repeat_at_the_other(city: City) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    one = await city.do(b.ACCEPT, id_=f"{city.key}-accept")
    other = await city.through(b.ACCEPT, id_=f"{city.key}-accept")
    assert other == one.model_copy(update={"repeated": True})
    noted = await city.through(b.NOTE, id_=f"{city.key}-note")
    again = await city.do(b.NOTE, id_=f"{city.key}-note")
    assert again == noted.model_copy(update={"repeated": True})


async def test_a_command_for_another_issue_is_refused_before_it_is_recorded(city: City) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    await city.do(b.report(), b.ENTERPRISE, key=city.another("b"))
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await city.update(b.submission(b.ACCEPT, key=city.another("b")))
    assert refusal(failed).type == "invalid"
    assert refusal(failed).details[0]["allowed"] == f"issue/{b.ZONE}/{city.key}"
    assert count(await city.history(), "WORKFLOW_EXECUTION_UPDATE_ACCEPTED") == 0


async def test_queries_answer_from_what_the_workflow_has_seen(city: City) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    await city.do(b.ACCEPT)
    glimpse = await city.glimpse()
    assert (glimpse.version, glimpse.phase, glimpse.number) == (2, "handling", glimpse.number)
    assert glimpse.number is not None
    view: IssueView = await city.handle().query("clocks", result_type=IssueView)
    assert [clock.id for clock in view.clocks] == ["acceptance"]
    assert view.version == 1


async def test_lists_show_an_escalation_as_soon_as_the_workflow_has_heard(city: City) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    await city.do(b.ACCEPT)
    await city.lapse.advance_to(b.TUE_17)
    assert (await city.view()).tier == 2
    query = f"IssueZone='{b.ZONE}' AND IssueTier=2 AND IssueOwner='head-east'"
    async with asyncio.timeout(10):
        while True:
            found = {w.id: w async for w in city.client.list_workflows(query)}
            if city.handle().id in found:
                break
            await asyncio.sleep(0.02)
    shown = found[city.handle().id].search_attributes
    assert shown["IssuePhase"] == ["handling"]
    assert shown["IssueCategory"] == ["road-access"]
    assert shown["IssueNumber"] == ["HARBOUR-2026-000001"]
    assert shown["IssueOverdue"] == [False]
    assert "IssueDueAt" in shown


class SlowToMiss(Desk):
    """A desk that takes its time to say that it does not know an issue, and that it now does."""

    missed: asyncio.Event
    done: asyncio.Event

    async def look(self, zone: str, key: str, *, heard: bool = False) -> IssueView:
        """Look, and wait before a refusal."""
        try:
            return await super().look(zone, key, heard=heard)
        except UnknownIssueError:
            await self.missed.wait()
            raise

    async def carry_out_for_workflow(self, submission: Submission) -> Answer:
        """Carry out, and hold the answer back."""
        answer = await super().carry_out_for_workflow(submission)
        await self.done.wait()
        return answer


async def test_a_report_that_comes_while_the_run_finds_no_issue_keeps_its_workflow(
    ring: str, database: Database, temporal: Client
) -> None:
    """The first Update was refused, for there was no issue; the run must not end under the next."""
    async with city_on(database, temporal, ring, worker=False, relay=False) as city:
        desk = SlowToMiss(city.ledger, city.desk.shelf, city.clock)
        desk.missed, desk.done = asyncio.Event(), asyncio.Event()
        city.desk = desk
        async with city.worker():
            early = b.submission(b.NOTE, key=city.key)
            first = asyncio.create_task(city.update_with_start(early, task_seconds=1))
            with pytest.raises(WorkflowUpdateFailedError):
                await first
            run = (await city.handle().describe()).run_id
            sent = b.submission(b.report(), b.ENTERPRISE, key=city.key)
            reporting = asyncio.create_task(city.update_with_start(sent))
            await city.recorded("issue_reported")
            desk.missed.set()
            await asyncio.sleep(1.2)  # the look's answer is in; the report's is not
            desk.done.set()
            assert (await reporting).version == 1
            assert (await city.handle().describe()).run_id == run
            await city.lapse.advance_to(b.MON_11)
            assert [each.rung for each in await city.fired()] == ["at-50"]
