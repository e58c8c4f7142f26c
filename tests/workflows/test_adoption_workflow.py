"""A publication or plan as a workflow: page by page, through failures, each issue exactly once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import builders as b
import pytest
from cities import City, city_on, count
from databases import Database
from deep import IN_CHECK
from temporalio.client import Client

from activities.adoption import Leg
from audit.reexecute import reexecute_all
from audit.verify import verify_all
from desk.adopting import Adopter
from desk.grounds import CalendarGround
from desk.handover import hand_over
from desk.planning import Planning
from desk.publishing import Publishing
from desk.shelf import Shelf
from domain.calendar import WorkingCalendar
from domain.terms import Terms
from domain.view import ADOPTION_TYPE, adoption_workflow_id
from ledger.port import IssueRow, LedgerUnavailableError
from runtime.temporal import DYNAMIC_CONFIG, EmbeddedTemporal, connect
from workflows.adoption import AdoptionWorkflow

pytestmark = IN_CHECK

WEEK_OFF = WorkingCalendar.model_validate(
    b.CALENDAR.model_dump()
    | {
        "overrides": [
            {
                "kind": "closed",
                "on": date(2026, 3, 3) + timedelta(days=number),
                "name": {"zh": "放假", "en": "holiday"},
            }
            for number in range(7)
        ]
    }
)
AT_ONCE = timedelta(0)
WAIT_SECONDS = 30.0


async def opened(city: City, issues: int) -> list[str]:
    """Report issues and accept them."""
    keys = [city.another(f"{number:02}") for number in range(issues)]
    for key in keys:
        await city.desk.carry_out(b.submission(b.report(), b.ENTERPRISE, key=key))
        await city.desk.carry_out(b.submission(b.ACCEPT, key=key))
    return keys


async def published(city: City) -> CalendarGround:
    """Publish the calendar and move nothing."""
    return await Publishing(city.desk).publish(WEEK_OFF, reason="A notice.", author=b.COORDINATOR)


async def carried(city: City, reference: str) -> Leg:
    """Have the workflow go through it, and return what it came to."""
    await hand_over(city.client, reference, city.task_queue, head_start=AT_ONCE)
    handle = city.client.get_workflow_handle_for(
        AdoptionWorkflow.run, adoption_workflow_id(reference)
    )
    return await asyncio.wait_for(handle.result(), WAIT_SECONDS)


async def adoptions(city: City, keys: list[str]) -> list[int]:
    """Return how often each issue was moved to other terms."""
    return [(await city.kinds(key)).count("terms_adopted") for key in keys]


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of two issues."""
    monkeypatch.setattr("desk.adopting.PAGE", 2)


@pytest.fixture(scope="session")
async def forgetful(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A client of a server that suggests to continue as new after two dozen events."""
    with pytest.MonkeyPatch.context() as patch:
        limit = {"limit.historyCount.suggestContinueAsNew": "24"}
        patch.setattr("runtime.temporal.DYNAMIC_CONFIG", DYNAMIC_CONFIG | limit)
        folder = tmp_path_factory.mktemp("forgetful")
        async with EmbeddedTemporal(folder, time_skipping=True) as server:
            yield await connect(server.address)


@pytest.mark.usefixtures("small_pages")
async def test_every_open_issue_is_moved_once_in_pages(city: City) -> None:
    keys = await opened(city, 5)
    await city.lapse.settle()
    ground = await published(city)
    assert await carried(city, ground.reference) == Leg(after=None, moved=5)
    assert await adoptions(city, keys) == [1] * 5
    history = await city.client.get_workflow_handle(
        adoption_workflow_id(ground.reference)
    ).fetch_history()
    assert count(history, "ACTIVITY_TASK_SCHEDULED", "adopt_page") == 3


@pytest.mark.usefixtures("small_pages")
async def test_the_workflow_of_an_issue_that_was_moved_waits_for_the_new_deadline(
    city: City,
) -> None:
    keys = await opened(city, 1)
    await city.lapse.settle()
    assert await carried(city, (await published(city)).reference) == Leg(after=None, moved=1)
    await city.lapse.advance_to(b.TUE_17)
    assert [row.rung for row in await city.fired(keys[0])] == ["at-50"]
    await city.lapse.advance_to(b.local(8, 17))
    fired = {(row.clock, row.rung): row.fired_at for row in await city.fired(keys[0])}
    assert fired["handling", "due"] == b.local(8, 17)


@pytest.mark.usefixtures("small_pages")
async def test_a_ledger_that_is_away_is_waited_for(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = await opened(city, 3)
    ground = await published(city)
    open_on = city.ledger.open_on
    failures = iter([True, False, True])

    async def often_away(*given: Any, **named: Any) -> list[IssueRow]:
        if next(failures, False):
            raise LedgerUnavailableError("a short outage")
        return await open_on(*given, **named)

    monkeypatch.setattr(city.ledger, "open_on", often_away)
    assert (await carried(city, ground.reference)).moved == 3
    assert await adoptions(city, keys) == [1] * 3
    assert next(failures, None) is None


@pytest.mark.usefixtures("small_pages")
async def test_a_workflow_beside_the_process_that_published_moves_nothing_twice(
    city: City,
) -> None:
    keys = await opened(city, 9)
    ground = await published(city)
    leg, (moved, left) = await asyncio.gather(
        carried(city, ground.reference), Adopter(city.desk).run(ground)
    )
    assert (leg.moved + moved, leg.left + left) == (9, 0)
    assert await adoptions(city, keys) == [1] * 9
    assert (await verify_all(city.ledger)).found == ()
    assert (await reexecute_all(city.ledger)).differences == ()


async def test_handed_over_twice_it_runs_once(city: City) -> None:
    await opened(city, 1)
    ground = await published(city)
    await hand_over(city.client, ground.reference, city.task_queue, head_start=AT_ONCE)
    await hand_over(city.client, ground.reference, city.task_queue, head_start=AT_ONCE)
    assert (await carried(city, ground.reference)).after is None
    assert sum(await adoptions(city, [city.another("00")])) == 1


async def test_a_publication_overtaken_by_another_leaves_the_issues_to_it(city: City) -> None:
    keys = await opened(city, 2)
    first = await published(city)
    later = WEEK_OFF.model_copy(update={"valid_until": date(2031, 12, 31)})
    second = await Publishing(city.desk).publish(later, reason="More.", author=b.COORDINATOR)
    assert await carried(city, first.reference) == Leg(after=None)
    assert (await carried(city, second.reference)).moved == 2
    assert await adoptions(city, keys) == [1] * 2


async def test_a_plan_is_carried_through_and_ended(city: City) -> None:
    keys = await opened(city, 3)
    longer = b.handbook(
        revision=2,
        clocks=b.clock_rule(
            "handling", budgets=[{"duration": {"kind": "open_hours", "minutes": 40 * 60}}]
        ),
    )
    city.desk.shelf = Shelf(city.ledger, {b.ZONE: Terms(handbook=longer, calendar=b.CALENDAR)})
    ground = await Planning(city.desk, b.ZONE).approve(
        reason="New limits.", author=b.COORDINATOR, approver=b.DIRECTOR
    )
    assert (await carried(city, ground.reference)).moved == 3
    (plan,) = await city.ledger.plans()
    assert plan.ended_at is not None
    assert await adoptions(city, keys) == [1] * 3


async def test_many_pages_go_on_in_a_new_run(
    ring: str, database: Database, forgetful: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.adopting.PAGE", 1)
    async with city_on(database, forgetful, ring, relay=False) as city:
        keys = await opened(city, 12)
        ground = await published(city)
        assert await carried(city, ground.reference) == Leg(after=None, moved=12)
        assert await adoptions(city, keys) == [1] * 12
        query = f"WorkflowType = '{ADOPTION_TYPE}'"
        async with asyncio.timeout(WAIT_SECONDS):
            while (await city.client.count_workflows(query)).count < 2:  # noqa: ASYNC110  # lists lag
                await asyncio.sleep(0.05)
