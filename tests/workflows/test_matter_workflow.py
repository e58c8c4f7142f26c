"""A matter in time: a notice that nobody reads climbs, a question in it becomes an issue."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import builders as b
import builders_matters as m
import builders_zone as z
import pytest
from cities import ANSWER_SECONDS, City, city_on
from databases import Database
from matter_offices import CLOSE, DELIVERED, OPEN, QUESTION, READ, TERMS, TOLD, MatterOffice
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError
from temporalio.service import RPCError

from desk.guard import Guard
from domain.matters.view import MATTER_TYPE, matter_workflow_id
from domain.matters.words import MatterStanding
from ledger.port import LedgerUnavailableError

DAY = timedelta(days=1)


@pytest.fixture
async def city(ring: str, database: Database, temporal: Client) -> AsyncIterator[City]:
    """A city whose zone sends notices down."""
    async with city_on(database, temporal, ring, terms=TERMS, several=True) as city:
        yield city


@pytest.fixture
def office(city: City) -> MatterOffice:
    """A matter of the city."""
    return MatterOffice(city)


async def test_a_notice_unread_for_two_days_climbs_to_the_top_and_stays_open(
    office: MatterOffice,
) -> None:
    await office.delivered()
    await office.city.lapse.advance_to(b.MON_9 + 9 * DAY)
    rows = await office.city.ledger.firings(office.stream)
    assert [(row.clock, row.cycle, row.fired_at - b.MON_9) for row in rows] == [
        ("step-read", 1, 2 * DAY),
        ("step-read", 2, 3 * DAY),
        ("step-read", 3, 4 * DAY),
    ]
    assert all(row.ring and row.effect_done_at is not None for row in rows)
    assert await office.told("step_overdue") == ["grid-east-1", "head-east", "director"]
    assert (await office.matter()).next_due is None
    assert (await office.ended())["standing"] == "open"  # it waits for nothing, and rests
    await office.do(CLOSE)
    assert (await office.matter()).standing is MatterStanding.CLOSED


async def test_a_matter_that_waits_for_nothing_has_no_workflow_until_it_does(
    office: MatterOffice,
) -> None:
    await office.do(OPEN)
    with pytest.raises(RPCError):
        await office.handle().describe()
    await office.do(DELIVERED)
    assert (await office.handle().describe()).status is WorkflowExecutionStatus.RUNNING
    await office.do(READ, b.ENTERPRISE)
    assert (await office.ended())["standing"] == "open"
    guard = Guard(office.city.desk, office.city.client)
    office.city.clock.at = b.MON_9 + timedelta(minutes=10)
    assert not (await guard.round()).matters


async def test_news_that_comes_while_something_is_told_is_told_at_once(
    office: MatterOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The matter waits for nothing, its last notice for the channel: then news opens it again."""
    read, asked, held = office.city.ledger.notice, asyncio.Event(), asyncio.Event()
    slow = f"{office.stream}/2/"

    async def slowly(notice_id: str) -> object:
        if notice_id.startswith(slow):
            asked.set()
            await held.wait()
        return await read(notice_id)

    monkeypatch.setattr(office.city.ledger, "notice", slowly)
    for command in (OPEN, TOLD):
        await office.matters.carry_out(m.sent(command, b.COORDINATOR, key=office.key))
    await asyncio.wait_for(asked.wait(), ANSWER_SECONDS)
    await office.matters.carry_out(m.sent(DELIVERED, b.COORDINATOR, key=office.key))
    async with asyncio.timeout(ANSWER_SECONDS):
        while await office.untold() != [f"{slow}head-east"]:  # noqa: ASYNC110  # nothing announces it
            await asyncio.sleep(0.05)
    held.set()
    await office.city.lapse.settle()
    assert await office.told("step_recorded") == ["head-east", "grid-east-1"]


async def test_a_notice_that_is_read_in_time_rings_nobody(office: MatterOffice) -> None:
    await office.delivered()
    await office.at(b.MON_9 + DAY, READ, b.ENTERPRISE)
    await office.city.lapse.advance_to(b.MON_9 + 9 * DAY)
    assert await office.city.ledger.firings(office.stream) == []
    assert await office.told("step_overdue") == []


async def test_a_question_becomes_an_issue_whose_own_clocks_run(office: MatterOffice) -> None:
    await office.delivered()
    await office.do(QUESTION, b.ENTERPRISE)
    (tie,) = (await office.matter()).ties
    issue = (await office.city.desk.row(z.ZONE, tie.issue)).issue
    assert (issue.matter, issue.enterprise) == (office.key, "mill")
    await office.city.lapse.advance_to(b.NEXT_MON_9)
    assert (await office.city.desk.row(z.ZONE, tie.issue)).issue.tier > 1


async def test_a_workflow_that_was_lost_is_given_back_by_the_guard_and_misses_nothing(
    office: MatterOffice,
) -> None:
    await office.delivered()
    await office.handle().terminate("a test")
    # A round in full: the counts may agree by chance, where others' workflows run beside.
    office.city.clock.at = b.MON_9 + timedelta(minutes=10)
    guard = Guard(office.city.desk, office.city.client)
    async with asyncio.timeout(ANSWER_SECONDS):
        while not (await guard.round()).matters:  # noqa: ASYNC110  # lists lag
            await asyncio.sleep(0.05)
    await office.city.lapse.advance_to(b.MON_9 + 2 * DAY)
    rows = await office.city.ledger.firings(office.stream)
    assert [(row.clock, row.fired_at) for row in rows] == [("step-read", b.MON_9 + 2 * DAY)]


async def test_a_ledger_that_is_away_is_waited_for(
    office: MatterOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.delivered()
    open_transaction = office.city.ledger.matter_transaction
    failures = iter([True, True])

    def often_away() -> object:
        if next(failures, False):
            raise LedgerUnavailableError("a short outage")
        return open_transaction()

    monkeypatch.setattr(office.city.ledger, "matter_transaction", often_away)
    await office.city.lapse.advance_to(b.MON_9 + 2 * DAY)
    assert len(await office.city.ledger.firings(office.stream)) == 1
    assert next(failures, None) is None


async def test_news_that_cannot_be_read_harms_nothing(office: MatterOffice) -> None:
    await office.delivered()
    await office.handle().signal("poke", {"zone": "nonsense"})
    await office.handle().signal("poke")
    other = (await office.glimpse()).model_copy(update={"key": "another"})
    await office.handle().signal("poke", other.model_dump(mode="json"))
    await office.city.lapse.advance_to(b.MON_9 + 2 * DAY)
    assert len(await office.city.ledger.firings(office.stream)) == 1


async def test_a_malformed_start_ends_at_once(city: City) -> None:
    for given in ({"zone": "harbour"}, {"zone": "harbour", "key": "other"}):
        handle = await city.client.start_workflow(
            MATTER_TYPE, given, id=f"matter/harbour/{city.key}-x", task_queue=city.task_queue
        )
        with pytest.raises(WorkflowFailureError):
            await asyncio.wait_for(handle.result(), ANSWER_SECONDS)


async def test_a_workflow_without_a_matter_has_nothing_to_keep(city: City) -> None:
    key = city.another("nothing")
    handle = await city.client.start_workflow(
        MATTER_TYPE,
        {"zone": z.ZONE, "key": key},
        id=matter_workflow_id(z.ZONE, key),
        task_queue=city.task_queue,
    )
    closing = await asyncio.wait_for(handle.result(), ANSWER_SECONDS)
    assert (closing["version"], closing["standing"]) == (0, None)
