"""Deadlines that move: later leaves the timer alone, earlier is heard, and no rung gets lost."""

import asyncio
from datetime import timedelta

import builders as b
from cities import City, city_on, count, rings
from databases import Database
from deep import IN_CHECK
from temporalio.client import Client

from desk.desk import Desk
from domain.view import Ring, RingAnswer

pytestmark = IN_CHECK


SECOND = timedelta(seconds=1)


async def test_a_deadline_that_moved_later_leaves_the_one_timer_alone(city: City) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    await city.do(b.ACCEPT)
    timers = count(await city.history(), "TIMER_STARTED")
    await city.at(b.MON_10, b.PAUSE)
    await city.at(b.MON_11, b.RESUME)
    history = await city.history()
    assert count(history, "TIMER_STARTED") == timers
    assert count(history, "TIMER_CANCELED") == 0


async def test_an_earlier_deadline_is_heard_and_moves_the_timer(city: City) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    await city.do(b.ACCEPT)
    await city.do(b.ESCALATE)
    await city.lapse.advance_to(b.local(1, 13))  # the first warning; the next is half a day away
    before = await city.history()
    await city.do(b.CONVENE, b.HEAD)  # its parts warn in four hours
    after = await city.history()
    assert count(after, "TIMER_CANCELED") == count(before, "TIMER_CANCELED") + 1
    await city.lapse.advance_to(b.TUE_17)
    assert [each.clock for each in (await city.fired())[1:]] == [
        "part.1.cable",
        "part.1.permit",
        "part.1.survey",
    ]


async def test_a_deadline_that_moved_later_and_then_earlier_again_is_rung_in_time(
    city: City,
) -> None:
    """The ring that came back early must not make the workflow deaf for what was left then."""
    await city.do(b.report(), b.ENTERPRISE)
    await city.do(b.ACCEPT)
    await city.at(b.MON_10, b.PAUSE)
    await city.lapse.advance_to(b.FRI_9)
    await city.do(b.RESUME)
    await city.do(b.ESCALATE)
    await city.do(b.CONVENE, b.HEAD)
    first = (await city.view()).next_rung
    assert first is not None
    await city.lapse.advance_to(first.due_at)
    assert {each.fired_at - each.due_at for each in await city.fired()} == {timedelta(0)}


async def test_a_ring_for_a_rung_that_moved_on_is_not_taken_for_a_slow_clock(city: City) -> None:
    """It comes back early by a day; waiting as long would sleep through whatever comes sooner."""
    await city.do(b.report(), b.ENTERPRISE)
    await city.do(b.ACCEPT)
    await city.desk.look(b.ZONE, city.key, heard=True)  # the ledger knows of the alarm at MON_17
    await city.at(b.MON_10, b.ASK_EXTENSION)
    await city.at(b.MON_11, b.GRANT, b.HEAD)  # unheard: the alarm still stands
    await city.lapse.advance_to(b.MON_17)
    skipper = city.lapse._skipper
    engine_at = b.MON_17 + SECOND - city.clock.offset
    gap = engine_at - await skipper.get_current_time(city.handle())
    await skipper.fast_forward(city.handle(), gap)
    assert rings(await city.history()) == 1
    assert await city.fired() == []
    await city.do(b.ESCALATE)
    await city.do(b.CONVENE, b.HEAD)
    await city.lapse.advance_to(b.local(1, 13))
    assert {each.clock for each in await city.fired()} == {
        *("part.1.cable", "part.1.permit", "part.1.survey")
    }
    assert {each.fired_at - each.due_at for each in await city.fired()} == {timedelta(0)}


async def test_a_desk_three_seconds_behind_the_engine_is_rung_twice_and_not_hundreds_of_times(
    city: City,
) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    rung = (await city.view()).next_rung
    assert rung is not None
    city.clock.at = rung.due_at - 3 * SECOND
    skipper = city.lapse._skipper
    gap = rung.wake_at - await skipper.get_current_time(city.handle())
    await skipper.fast_forward(city.handle(), gap + SECOND)
    await asyncio.sleep(0.4)  # hundreds of rings, if each early one were followed by the next
    assert rings(await city.history()) == 1
    assert await city.fired() == []
    city.clock.at = rung.due_at
    await skipper.fast_forward(city.handle(), 4 * SECOND)
    await city.lapse.settle()
    assert [each.rung for each in await city.fired()] == ["at-50"]
    assert rings(await city.history()) <= 3


async def test_a_workflow_whose_clock_jumped_ahead_is_brought_along(city: City) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    skipper = city.lapse._skipper
    await skipper.fast_forward(city.handle(), timedelta(hours=3))
    await city.calm()
    await city.lapse.advance_to(b.MON_13)
    fired = await city.fired()
    assert [each.rung for each in fired] == ["at-50", "at-80", "due"]
    assert {each.fired_at - each.due_at for each in fired} == {timedelta(0)}


class SlowAnswer(Desk):
    """A desk whose answer to a ring is on its way for a while after its commit."""

    held: asyncio.Event
    rung: asyncio.Event

    async def ring(self, ring: Ring) -> RingAnswer:
        """Ring, and hold the answer back."""
        answer = await super().ring(ring)
        self.rung.set()
        await self.held.wait()
        return answer


async def test_a_deadline_named_by_an_overtaken_answer_is_still_kept(
    ring: str, database: Database, temporal: Client
) -> None:
    """The ledger goes by what it answered; so must the workflow, though newer news came first."""
    async with city_on(database, temporal, ring, worker=False) as city:
        desk = SlowAnswer(city.ledger, city.desk.shelf, city.clock)
        desk.held, desk.rung = asyncio.Event(), asyncio.Event()
        desk.on_poke = city.desk.on_poke
        city.desk = desk
        async with city.worker(), city.relaying():
            await city.do(b.report(), b.ENTERPRISE)
            rung = (await city.view()).next_rung
            assert rung is not None
            city.clock.at = rung.due_at
            (row,) = await city.ledger.overdue(rung.due_at + SECOND, 1)
            going = asyncio.create_task(city.lapse._bring(row, b.HOUR))
            await desk.rung.wait()
            answered = (await city.view()).next_rung
            await desk.carry_out(b.submission(b.ACCEPT, key=city.key))
            await city.drained()
            desk.held.set()
            await going
            await city.lapse.settle()
            now = (await city.view()).next_rung
            assert answered is not None
            assert now is not None
            assert now.due_at > answered.due_at
            row_now = await city.desk.row(b.ZONE, city.key)
            assert row_now.armed_due_at == answered.due_at
            timers = [
                event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
                for event in (await city.history()).events
                if event.HasField("timer_started_event_attributes")
            ]
            assert timers[-1] < answered.due_at - rung.due_at + SECOND


async def test_work_at_one_instant_is_recorded_in_the_same_order_every_time(
    ring: str, database: Database, temporal: Client
) -> None:
    async with city_on(database, temporal, ring, several=True) as city:
        keys = [city.another(name) for name in ("a", "b", "c")]
        for key in keys:
            await city.do(b.report(), b.ENTERPRISE, key=key)
        await city.lapse.advance_to(b.TUE_17)
        lives = [
            [
                (record.version, record.kind, record.at)
                for record in await city.ledger.records(f"{b.ZONE}/{key}")
            ]
            for key in keys
        ]
        assert lives[0] == lives[1] == lives[2]
        firings = [each for key in keys for each in await city.fired(key)]
        assert {each.fired_at - each.due_at for each in firings} == {timedelta(0)}
        steps = [timedelta(minutes=minutes) for minutes in (7, 90, 240, 1000)]
    async with city_on(database, temporal, ring) as again:
        await again.do(b.report(), b.ENTERPRISE)
        while again.clock.at < b.TUE_17:
            by = steps[len(await again.fired()) % len(steps)]
            await again.lapse.advance_to(min(again.clock.at + by, b.TUE_17))
        life = await again.ledger.records(f"{b.ZONE}/{again.key}")
        assert [(r.version, r.kind, r.at) for r in life] == lives[0]
