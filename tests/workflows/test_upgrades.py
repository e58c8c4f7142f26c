"""Workers come and go under open issues; relays and whole servers' memories do too."""

import asyncio
from datetime import timedelta

import builders as b
import pytest
from cities import City, city_on, rings
from databases import Database
from deep import IN_CHECK
from temporalio.client import Client

from desk.guard import Guard
from worker import make_relay

pytestmark = IN_CHECK


ISSUES = 50


async def test_a_worker_replaced_under_fifty_issues_with_due_rungs_loses_none(
    ring: str, database: Database, temporal: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.relay.TIME_FOR_A_TASK", timedelta(seconds=2))
    async with city_on(database, temporal, ring, several=True, worker=False) as city:
        keys = [city.another(str(number)) for number in range(ISSUES)]
        async with city.worker():
            await asyncio.gather(
                *(
                    city.desk.carry_out(b.submission(b.report(), b.ENTERPRISE, key=key))
                    for key in keys
                )
            )
            await city.lapse.settle()
        city.clock.at = b.MON_11
        rows = await city.ledger.overdue(b.MON_11 + timedelta(seconds=1), ISSUES)
        going = asyncio.gather(*(city.lapse._bring(row, 2 * b.HOUR) for row in rows))
        async with city.worker(), asyncio.timeout(10):
            while len(await city.ledger.firings()) < ISSUES // 5:  # noqa: ASYNC110  # some have rung
                await asyncio.sleep(0.005)
        async with city.worker():
            await going
            await city.lapse.settle()
            for key in keys:
                fired = await city.fired(key)
                assert [(each.rung, each.fired_at) for each in fired] == [("at-50", b.MON_11)]
            await city.lapse.advance_to(b.local(hour=12, minute=12))
            for key in keys:
                assert [each.rung for each in await city.fired(key)] == ["at-50", "at-80"]


async def test_an_issue_reported_while_no_worker_runs_is_kept_once_one_does(
    ring: str, database: Database, temporal: Client
) -> None:
    async with city_on(database, temporal, ring, worker=False) as city:
        await city.desk.carry_out(b.submission(b.report(), b.ENTERPRISE, key=city.key))
        await city.desk.carry_out(b.submission(b.ACCEPT, key=city.key))
        await city.drained()
        async with city.worker():
            await city.lapse.advance_to(b.MON_17)
            assert [each.clock for each in await city.fired()] == ["handling"]


class KilledError(Exception):
    """Stands for the end of the relay's process."""


async def test_a_closing_poke_that_is_sent_again_starts_no_second_run(city: City) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    await city.do(b.WITHDRAW, b.ENTERPRISE)
    await city.ended()
    run = (await city.handle().describe()).run_id
    relay = make_relay(city.client, city.desk, task_queue=city.task_queue)
    row = await city.desk.row(b.ZONE, city.key)
    assert await relay._tell(row)
    assert (await city.handle().describe()).run_id == run


async def test_a_report_whose_signal_was_sent_twice_has_one_run(
    ring: str, database: Database, temporal: Client
) -> None:
    async with city_on(database, temporal, ring, relay=False) as city:
        await city.desk.carry_out(b.submission(b.report(), b.ENTERPRISE, key=city.key))

        def killed() -> None:
            raise KilledError

        relay = make_relay(city.client, city.desk, task_queue=city.task_queue)
        relay._between = killed
        with pytest.raises(KilledError):
            await relay.once()
        first = (await city.handle().describe()).run_id
        async with city.relaying():
            await city.lapse.advance_to(b.MON_11)
        assert (await city.handle().describe()).run_id == first
        assert rings(await city.history()) == 1


async def test_the_guard_brings_back_a_workflow_that_somebody_ended(city: City) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    await city.handle().terminate(reason="by mistake")
    city.clock.at = b.MON_10
    guard = Guard(city.desk, city.client)
    async with asyncio.timeout(10):
        while not (await guard.round()).without_workflow:  # noqa: ASYNC110  # Temporal's lists lag
            await asyncio.sleep(0.02)
    await city.lapse.advance_to(b.MON_11)
    assert [each.rung for each in await city.fired()] == ["at-50"]


async def test_restarting_every_run_leaves_every_clock_as_it_was(city: City) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    await city.do(b.ACCEPT)
    first = (await city.handle().describe()).run_id
    await city.lapse.advance_to(b.MON_15)
    assert await Guard(city.desk, city.client).restart("a change in the workflow") == 1
    await city.lapse.settle()
    assert (await city.handle().describe()).run_id != first
    await city.lapse.advance_to(b.TUE_17)
    assert [each.rung for each in await city.fired()] == ["at-50", "at-80", "due"]
