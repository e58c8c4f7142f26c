"""A supervision order in time: raised by silence up to the top, reminded, and over."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import builders as b
import builders_orders as o
import pytest
from bureaus import Bureau
from cities import ANSWER_SECONDS, City, city_on, count
from databases import Database
from deep import IN_CHECK
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError

from activities.upkeep import history_row
from audit.reexecute import reexecute_all
from audit.replay import cross_check
from audit.verify import verify_all
from desk.guard import Guard
from domain.order_view import SUPERVISION_TYPE, order_workflow_id
from domain.order_words import OrderStanding
from ledger.port import LedgerUnavailableError
from runtime.temporal import DYNAMIC_CONFIG, EmbeddedTemporal, connect

pytestmark = IN_CHECK


@pytest.fixture
async def city(ring: str, database: Database, temporal: Client) -> AsyncIterator[City]:
    """A city whose zone supervises."""
    async with city_on(database, temporal, ring, terms=o.TERMS, several=True) as city:
        yield city


@pytest.fixture
def bureau(city: City) -> Bureau:
    """The orders of the city."""
    return Bureau(city)


async def told(bureau: Bureau) -> list[tuple[str, str]]:
    """Return what was told to whom about the order; nothing may be left to tell."""
    notices = await bureau.city.ledger.notices(bureau.stream)
    assert all(notice.delivered_at is not None for notice in notices)
    return [(notice.kind, notice.addressee) for notice in notices]


@IN_CHECK
async def test_an_order_that_nobody_answers_is_raised_and_reminded_up_to_the_top(
    bureau: Bureau,
) -> None:
    await bureau.issued()
    await bureau.city.lapse.advance_to(b.local(30))
    order = await bureau.order()
    assert [(step.to, step.at) for step in order.raised] == [
        ("notice", b.local(hour=13)),
        ("order", b.local(1, 13)),
        ("interview", b.local(3, 13)),
    ]
    assert (order.standing, order.next_rung) == (OrderStanding.OPEN, None)
    firings = await bureau.city.ledger.firings(bureau.stream)
    assert [(row.clock, row.rung) for row in firings] == [
        *[(each, rung) for each in ("reminder", "notice", "order") for rung in ("half", "limit")],
        *[("interview", rung) for rung in ("half", "limit", "again.1", "again.2", "again.3")],
    ]
    assert all(row.ring and row.fired_at == row.due_at for row in firings)
    assert all(row.effect_done_at is not None for row in firings)
    reminders = [who for kind, who in await told(bureau) if kind == "order_rung_fired"]
    assert reminders == ["roads-desk"] * 7
    status = (await bureau.handle().describe()).status
    assert status is WorkflowExecutionStatus.RUNNING
    await bureau.do(o.REPLY, o.UNIT)
    await bureau.do(o.ACCEPT, o.LEADER)
    closing = await bureau.ended()
    assert (closing["standing"], closing["version"]) == ("settled", order.version + 2)
    assert (await verify_all(bureau.city.ledger)).found == ()
    assert (await reexecute_all(bureau.city.ledger)).differences == ()


async def test_an_answer_stops_the_limit_and_a_refusal_sets_another(bureau: Bureau) -> None:
    await bureau.issued()
    await bureau.at(b.MON_11, o.REPLY, o.UNIT)
    await bureau.city.lapse.advance_to(b.TUE_9)
    assert (await bureau.order()).standing is OrderStanding.ANSWERED
    await bureau.do(o.REFUSE)
    await bureau.city.lapse.advance_to(b.TUE_17)
    kinds = await bureau.kinds()
    assert kinds[:4] == ["order_issued", "order_rung_fired", "order_replied", "reply_refused"]
    assert kinds[-3:] == ["order_unanswered", "order_raised", "order_rung_fired"]
    assert (await bureau.order()).instrument == "notice"


async def test_an_order_that_is_lifted_ends_its_workflow_and_rings_no_more(
    bureau: Bureau,
) -> None:
    await bureau.issued()
    await bureau.at(b.MON_10, o.LIFT)
    assert (await bureau.ended())["standing"] == "lifted"
    await bureau.city.lapse.advance_to(b.NEXT_FRI_9)
    assert await bureau.kinds() == ["order_issued", "order_lifted"]
    assert await told(bureau) == [("order_issued", "roads-desk"), ("order_lifted", "roads-desk")]


async def test_an_instrument_that_asks_for_nothing_is_told_and_over(bureau: Bureau) -> None:
    await bureau.issued(instrument="criticism")
    assert (await bureau.ended())["standing"] == "settled"
    assert await told(bureau) == [("order_issued", "roads-desk")]


async def test_an_appeal_against_an_order_that_is_over_is_told_all_the_same(
    bureau: Bureau,
) -> None:
    await bureau.issued(instrument="criticism")
    await bureau.ended()
    await bureau.at(b.MON_11, o.APPEAL, o.UNIT)
    await bureau.do(o.ANNUL, o.LEADER)
    assert (await bureau.order()).annulled == {1}
    assert (await told(bureau))[1:] == [
        ("order_appealed", "director"),
        ("order_appealed", "supervision"),
        ("appeal_ruled", "roads-desk"),
        ("appeal_ruled", "supervision"),
    ]


async def test_a_step_up_by_act_wakes_the_workflow_for_the_new_limit(bureau: Bureau) -> None:
    await bureau.issued()
    await bureau.at(b.MON_10, o.RAISE)
    seen = await bureau.glimpse()
    assert (seen.instrument, seen.due_at) == ("order", b.local(2, 10))
    await bureau.city.lapse.advance_to(b.local(2, 10))
    assert (await bureau.order()).instrument == "interview"


async def test_a_workflow_that_was_lost_is_given_back_by_the_guard_and_misses_nothing(
    bureau: Bureau,
) -> None:
    await bureau.issued()
    await bureau.handle().terminate("a test")
    bureau.city.clock.at = b.MON_9 + timedelta(minutes=1)
    guard = Guard(bureau.city.desk, bureau.city.client)
    async with asyncio.timeout(ANSWER_SECONDS):
        while not (await guard.round()).orders:  # noqa: ASYNC110  # lists lag
            await asyncio.sleep(0.05)
    await bureau.city.lapse.advance_to(b.MON_15)
    rows = await bureau.city.ledger.firings(bureau.stream)
    assert [(row.rung, row.fired_at) for row in rows] == [("half", b.MON_11), ("limit", b.MON_13)]
    assert (await bureau.order()).instrument == "notice"


async def test_a_ledger_that_is_away_is_waited_for(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bureau.issued()
    ring = bureau.city.ledger.order_transaction
    failures = iter([True, True])

    def often_away() -> object:
        if next(failures, False):
            raise LedgerUnavailableError("a short outage")
        return ring()

    monkeypatch.setattr(bureau.city.ledger, "order_transaction", often_away)
    await bureau.city.lapse.advance_to(b.MON_11)
    assert await bureau.kinds() == ["order_issued", "order_rung_fired"]
    assert next(failures, None) is None


async def test_news_that_cannot_be_read_harms_nothing(bureau: Bureau) -> None:
    await bureau.issued()
    await bureau.handle().signal("poke", {"zone": "nonsense"})
    await bureau.handle().signal("poke")
    other = (await bureau.glimpse()).model_copy(update={"key": "another"})
    await bureau.handle().signal("poke", other.model_dump(mode="json"))
    await bureau.city.lapse.advance_to(b.MON_11)
    assert await bureau.kinds() == ["order_issued", "order_rung_fired"]


async def test_a_malformed_start_ends_at_once(city: City) -> None:
    for given in ({"zone": "harbour"}, {"zone": "harbour", "key": "other"}):
        handle = await city.client.start_workflow(
            SUPERVISION_TYPE, given, id=f"order/harbour/{city.key}-x", task_queue=city.task_queue
        )
        with pytest.raises(WorkflowFailureError):
            await asyncio.wait_for(handle.result(), ANSWER_SECONDS)


async def test_a_workflow_without_an_order_has_nothing_to_keep(city: City) -> None:
    key = city.another("nothing")
    handle = await city.client.start_workflow(
        SUPERVISION_TYPE,
        {"zone": b.ZONE, "key": key},
        id=order_workflow_id(b.ZONE, key),
        task_queue=city.task_queue,
    )
    closing = await asyncio.wait_for(handle.result(), ANSWER_SECONDS)
    assert (closing["version"], closing["standing"]) == (0, None)


async def test_the_rings_of_ledger_and_history_are_the_same(bureau: Bureau) -> None:
    await bureau.issued()
    await bureau.city.lapse.advance_to(b.TUE_9)
    await bureau.do(o.LIFT)
    await bureau.ended()
    history = await bureau.handle().fetch_history()
    archived = history_row(history, "run-1", "COMPLETED")
    checked = await cross_check(bureau.city.ledger, [archived])
    assert checked.is_sound
    assert checked.rings_in_both == count(history, "ACTIVITY_TASK_SCHEDULED", "ring_order") == 3


@IN_CHECK
async def test_a_long_life_goes_on_in_a_new_run(
    ring: str, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        limit = {"limit.historyCount.suggestContinueAsNew": "40"}
        patch.setattr("runtime.temporal.DYNAMIC_CONFIG", DYNAMIC_CONFIG | limit)
        server = EmbeddedTemporal(tmp_path_factory.mktemp("brief"), time_skipping=True)
        await server.start()
    try:
        client = await connect(server.address)
        async with city_on(database, client, ring, terms=o.TERMS, several=True) as city:
            bureau = Bureau(city)
            await bureau.issued()
            await city.lapse.advance_to(b.local(30))
            assert len(await city.ledger.firings(bureau.stream)) == 11
            await bureau.do(o.LIFT, o.LEADER)
            assert (await bureau.ended())["standing"] == "lifted"
            first = (await bureau.handle().describe()).raw_description
            info = first.workflow_execution_info
            assert info.first_run_id != info.execution.run_id
    finally:
        await server.stop()
