"""Pauses where a peer loses warnings and the breach itself (semantics 2.9), on the real workflow.

Each limit has rungs at 50 % and 80 %, the deadline, and two repeats after it. Whatever moves it,
each rung fires once, at the very instant at which it is due, and the timer ledger accounts for all.
"""

from collections.abc import AsyncIterator
from datetime import timedelta

import builders as b
import pytest
from cities import City, city_on
from databases import Database
from deep import IN_CHECK
from limits import (
    IN_TIME,
    LIMITS,
    MINUTE,
    OPEN,
    SECOND,
    WALL,
    Firing,
    account,
    begin,
    clock,
    firings,
    minute,
    on_time,
    pause,
    paused_and_moved,
    wake,
)
from temporalio.client import Client

pytestmark = IN_CHECK

NOTHING = timedelta(0)


@pytest.fixture
async def city(ring: str, database: Database, temporal: Client) -> AsyncIterator[City]:
    """A city whose clock stands at the opening of a plain week, with the two limits."""
    async with city_on(database, temporal, ring, terms=LIMITS) as city:
        yield city


# --- the traps ---


async def test_a_pause_from_30_to_40_shifts_every_rung_by_ten_minutes_and_loses_none(
    city: City,
) -> None:
    await begin(city)
    await pause(city, (minute(30), minute(40)))
    await wake(city, minute(50))  # the alarm of before the pause, which nothing had taken back
    assert await firings(city) == []
    await city.lapse.advance_to(minute(200))

    assert await firings(city) == on_time(
        half=minute(60),
        near=minute(90),
        due=minute(110),
        again_1=minute(130),
        again_2=minute(150),
    )
    assert await paused_and_moved(city) == [(10 * MINUTE, 10 * MINUTE)]
    assert await paused_and_moved(city, OPEN) == [(10 * MINUTE, 10 * MINUTE)]
    assert (await clock(city)).breached_at == minute(110)
    assert await account(city) == IN_TIME


@pytest.mark.parametrize("door", ["desk", "workflow"])
async def test_a_pause_from_95_to_105_in_the_last_leg_does_not_lose_the_breach(
    city: City, door: str
) -> None:
    send = city.do if door == "desk" else city.through
    await begin(city)
    await city.lapse.advance_to(minute(95))
    await send(b.PAUSE)
    await city.lapse.advance_to(minute(105))
    await send(b.RESUME)
    await wake(city, minute(100))
    assert [each.rung for each in await firings(city)] == ["half", "near"]
    await city.lapse.advance_to(minute(200))

    assert await firings(city) == on_time(
        half=minute(50),
        near=minute(80),
        due=minute(110),
        again_1=minute(130),
        again_2=minute(150),
    )
    assert await paused_and_moved(city) == [(10 * MINUTE, 10 * MINUTE)]
    assert (await clock(city)).breached_at == minute(110)
    assert await account(city) == IN_TIME


async def test_a_pause_that_outlasts_the_deadline_holds_the_breach_back_and_then_lets_it_come(
    city: City,
) -> None:
    """While it stands nothing rings, not even the alarm that the workflow still had set."""
    await begin(city)
    await city.at(minute(95), b.PAUSE)
    await wake(city, minute(100))
    await city.lapse.advance_to(minute(600))
    assert [each.rung for each in await firings(city)] == ["half", "near"]
    await city.do(b.RESUME)
    await city.lapse.advance_to(minute(700))

    assert (await firings(city))[2:] == on_time(
        due=minute(605), again_1=minute(625), again_2=minute(645)
    )
    assert await paused_and_moved(city) == [(505 * MINUTE, 505 * MINUTE)]
    assert await account(city) == IN_TIME


async def test_three_pauses_of_fifty_seconds_are_credited_to_the_second(city: City) -> None:
    await begin(city)
    await pause(city, *((minute(at), minute(at, 50)) for at in (10, 20, 30)))
    await city.lapse.advance_to(minute(200))

    assert await firings(city) == on_time(
        half=minute(52, 30),
        near=minute(82, 30),
        due=minute(102, 30),
        again_1=minute(122, 30),
        again_2=minute(142, 30),
    )
    assert await paused_and_moved(city) == [(50 * SECOND, 50 * SECOND)] * 3
    assert await account(city) == IN_TIME


async def test_a_pause_of_fifty_seconds_in_every_leg_moves_only_what_comes_after_it(
    city: City,
) -> None:
    """After the breach a pause moves the repeats, and no more the deadline that has passed."""
    await begin(city)
    await pause(city, *((minute(at), minute(at, 50)) for at in (10, 60, 95, 110)))
    await city.lapse.advance_to(minute(200))

    assert await firings(city) == on_time(
        half=minute(50, 50),
        near=minute(81, 40),
        due=minute(102, 30),
        again_1=minute(123, 20),
        again_2=minute(143, 20),
    )
    assert await paused_and_moved(city) == [(50 * SECOND, 50 * SECOND)] * 3 + [
        (50 * SECOND, NOTHING)
    ]
    assert (await clock(city)).breached_at == minute(102, 30)
    assert await account(city) == IN_TIME


async def test_a_pause_over_the_weekend_credits_the_open_hours_that_it_took_and_no_more(
    city: City,
) -> None:
    """65 hours on the wall, two of them open: an hour of Friday and an hour of Monday."""
    await begin(city)
    await pause(city, (b.local(4, 16), b.local(7, 10)))
    await city.lapse.advance_to(b.NEXT_TUE_9)

    assert await firings(city, OPEN) == on_time(
        half=b.local(2, 13),
        near=b.local(3, 17),
        due=b.local(7, 11),
        again_1=b.local(7, 13),
        again_2=b.local(7, 15),
    )
    assert await paused_and_moved(city, OPEN) == [(2 * b.HOUR, 2 * b.HOUR)]
    assert (await clock(city, OPEN)).breached_at == b.local(7, 11)
    assert await account(city) == IN_TIME


async def test_a_pause_within_the_weekend_credits_nothing_and_loses_nothing(city: City) -> None:
    await begin(city, b.TUE_9)
    await pause(city, (b.SAT_12, b.local(6, 12)))
    await city.lapse.advance_to(b.NEXT_WED_9)

    assert await firings(city, OPEN) == on_time(
        half=b.local(3, 13),
        near=b.local(4, 17),
        due=b.local(7, 17),
        again_1=b.local(8, 11),
        again_2=b.local(8, 13),
    )
    assert await paused_and_moved(city, OPEN) == [(NOTHING, NOTHING)]
    assert await account(city) == IN_TIME


async def test_one_weekend_pause_credits_each_limit_by_its_own_measure(city: City) -> None:
    """From Friday 16:30 to Monday 10:00: 65.5 hours on any clock, an hour and a half of work."""
    await begin(city, b.local(4, 16))
    await pause(city, (b.local(4, 16, 30), b.local(7, 10)))
    await city.lapse.advance_to(b.local(14, 17))

    assert await firings(city, WALL) == on_time(
        half=b.local(7, 10, 20),
        near=b.local(7, 10, 50),
        due=b.local(7, 11, 10),
        again_1=b.local(7, 11, 30),
        again_2=b.local(7, 11, 50),
    )
    assert await firings(city, OPEN) == on_time(
        half=b.local(9, 13, 30),
        near=b.local(11, 9, 30),
        due=b.local(14, 9, 30),
        again_1=b.local(14, 11, 30),
        again_2=b.local(14, 13, 30),
    )
    weekend, work = timedelta(hours=65.5), timedelta(hours=1.5)
    assert await paused_and_moved(city, WALL) == [(weekend, weekend)]
    assert await paused_and_moved(city, OPEN) == [(work, work)]
    assert await account(city) == IN_TIME


# --- the pause that overtakes the ring: where the peer's signal wins over its sleep ---


async def test_a_pause_at_the_instant_of_a_warning_does_not_take_the_warning_with_it(
    city: City,
) -> None:
    """The command comes before the ring: it finds the warning due and fires it first."""
    await begin(city)
    await city.lapse.advance_to(minute(79))
    city.clock.at = minute(80)
    await city.do(b.PAUSE)
    await city.at(minute(90), b.RESUME)
    await city.lapse.advance_to(minute(200))

    half, near, *rest = await firings(city)
    assert (half.rung, half.fired_at) == ("half", minute(50))
    assert near == Firing("near", minute(80), minute(80), by_workflow=False)
    assert rest == on_time(due=minute(110), again_1=minute(130), again_2=minute(150))
    assert await account(city) == IN_TIME


async def test_a_pause_that_overtakes_the_ring_of_the_breach_finds_the_breach_recorded(
    city: City,
) -> None:
    await begin(city)
    await city.lapse.advance_to(minute(99))
    city.clock.at = minute(100, 30)
    await city.do(b.PAUSE)
    await city.at(minute(110, 30), b.RESUME)
    await city.lapse.advance_to(minute(200))

    assert (await firings(city))[2:] == [
        Firing("due", minute(100), minute(100, 30), by_workflow=False),
        *on_time(again_1=minute(130), again_2=minute(150)),
    ]
    assert (await clock(city)).breached_at == minute(100)
    assert await account(city) == IN_TIME._replace(latest=30 * SECOND)
