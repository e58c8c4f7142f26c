"""A limit whose target moves while the workflow waits for the old one: nothing lost, nothing twice.

Later needs no word: the old wake-up rings in vain. Earlier must be heard. The ledger says of each
rung that it fired once, at its new instant.
"""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta

import builders as b
import pytest
from cities import City, city_on, count, rings
from databases import Database
from deep import IN_CHECK
from limits import (
    IN_TIME,
    LIMITS,
    OPEN,
    WALL,
    account,
    begin,
    clock,
    firings,
    minute,
    moves,
    on_time,
    pause,
    wake,
)
from temporalio.client import Client

from domain import commands_of_time as tm
from domain.days import ClosedDay, Label
from domain.durations import Wall
from domain.terms import Terms

pytestmark = IN_CHECK


NOTHING = timedelta(0)
MORE = tm.AskExtension(clock=WALL, extra=Wall(minutes=30), reason="Cables are on their way.")


@pytest.fixture
async def city(ring: str, database: Database, temporal: Client) -> AsyncIterator[City]:
    """A city whose clock stands at the opening of a plain week, with the two limits."""
    async with city_on(database, temporal, ring, terms=LIMITS) as city:
        yield city


# --- the target moves while the workflow waits ---


async def test_an_extension_granted_while_the_workflow_waits_rings_at_the_new_deadline_only(
    city: City,
) -> None:
    await begin(city)
    await city.at(minute(85), MORE)
    waiting = await city.history()
    await city.at(minute(90), b.GRANT, b.HEAD)
    assert count(await city.history(), "TIMER_STARTED") == count(waiting, "TIMER_STARTED")
    version = (await city.view()).version

    await wake(city, minute(100))
    woken = await city.history()
    assert count(woken, "TIMER_FIRED") == count(waiting, "TIMER_FIRED") + 1
    assert rings(woken) == rings(waiting) + 1
    assert (await city.view()).version == version

    await city.lapse.advance_to(minute(200))
    assert await firings(city) == on_time(
        half=minute(50),
        near=minute(80),
        due=minute(130),
        again_1=minute(150),
        again_2=minute(170),
    )
    assert [
        (move.retarget.rule, move.retarget.from_due_at, move.retarget.to_due_at)
        for _, move in await moves(city)
        if move.retarget is not None
    ] == [("extension", minute(100), minute(130))]
    assert count(await city.history(), "TIMER_CANCELED") == count(waiting, "TIMER_CANCELED")
    assert await account(city) == IN_TIME


async def test_an_extension_granted_during_a_pause_is_added_to_what_was_left(city: City) -> None:
    await begin(city)
    await city.at(minute(85), MORE)
    await city.at(minute(95), b.PAUSE)
    await city.at(minute(97), b.GRANT, b.HEAD)
    await city.at(minute(105), b.RESUME)
    await city.lapse.advance_to(minute(200))

    assert (await firings(city))[2:] == on_time(
        due=minute(140), again_1=minute(160), again_2=minute(180)
    )
    assert await account(city) == IN_TIME


async def raise_priority(city: City, at: datetime) -> None:
    await city.at(at, b.RAISE, b.HEAD)


async def test_a_raised_priority_is_heard_by_the_workflow_that_waits_for_a_later_deadline(
    city: City,
) -> None:
    await begin(city)
    await city.lapse.advance_to(minute(20))
    before = await city.history()
    await raise_priority(city, minute(20))
    assert count(await city.history(), "TIMER_CANCELED") == count(before, "TIMER_CANCELED") + 1
    await city.lapse.advance_to(minute(200))

    assert await firings(city) == on_time(
        half=minute(30),
        near=minute(48),
        due=minute(60),
        again_1=minute(80),
        again_2=minute(100),
    )
    assert await account(city) == IN_TIME


async def test_a_pause_after_a_raised_priority_counts_against_the_new_limit(city: City) -> None:
    await begin(city)
    await raise_priority(city, minute(20))
    await pause(city, (minute(55), minute(70)))
    await city.lapse.advance_to(minute(200))

    assert await firings(city) == on_time(
        half=minute(30),
        near=minute(48),
        due=minute(75),
        again_1=minute(95),
        again_2=minute(115),
    )
    assert await account(city) == IN_TIME


async def test_a_priority_raised_too_late_breaches_at_once_and_names_the_warning_passed_over(
    city: City,
) -> None:
    await begin(city)
    await city.lapse.advance_to(minute(70))
    await wake(city, minute(70))  # what is due at once rings only for who has come so far
    await raise_priority(city, minute(70))
    await city.lapse.advance_to(minute(200))

    assert await firings(city) == on_time(
        half=minute(50), due=minute(70), again_1=minute(80), again_2=minute(100)
    )
    kept = await clock(city)
    assert (kept.due_at, kept.breached_at) == (minute(60), minute(70))
    (move,) = [move for _, move in await moves(city) if move.retarget is not None]
    assert move.retarget is not None
    assert (move.retarget.born_breached, move.retarget.superseded) == (True, ("near",))
    assert await account(city) == IN_TIME


# --- the calendar changes under a limit that counts ---

WEDNESDAY_OFF = LIMITS.with_calendar(
    b.CALENDAR.model_copy(
        update={"overrides": (ClosedDay(on=date(2026, 3, 4), name=Label(zh="放假", en="Holiday")),)}
    )
)


async def adopt(city: City, target: Terms) -> None:
    """Move the issue to the calendar of `target`, as the publication of one does."""
    await city.desk.shelf.keep(target, city.clock.at)
    await city.desk.adopt(
        b.submission(b.adopt_calendar(target), b.ENGINE, key=city.key, id_=f"adopt:{target.hash}"),
        target,
    )
    await city.lapse.settle()


async def test_a_calendar_that_moves_a_deadline_earlier_is_heard_by_the_workflow_that_waits(
    ring: str, database: Database, temporal: Client
) -> None:
    """Wednesday was to be off, and is worked: half of the hours are spent a day sooner."""
    async with city_on(database, temporal, ring, terms=WEDNESDAY_OFF) as city:
        await begin(city)
        await city.lapse.advance_to(b.TUE_9)
        due = (await city.view()).next_rung
        assert due is not None
        assert (due.clock, due.rung, due.due_at) == (OPEN, "half", b.local(3, 13))
        before = await city.history()
        await adopt(city, LIMITS)
        after = await city.history()
        assert count(after, "TIMER_CANCELED") == count(before, "TIMER_CANCELED") + 1
        await city.lapse.advance_to(b.NEXT_TUE_9)

        assert await firings(city, OPEN) == on_time(
            half=b.local(2, 13),
            near=b.local(3, 17),
            due=b.local(4, 17),
            again_1=b.local(7, 11),
            again_2=b.local(7, 13),
        )
        assert await account(city) == IN_TIME


async def test_a_calendar_that_moves_a_deadline_later_leaves_the_old_wake_up_without_effect(
    city: City,
) -> None:
    await begin(city)
    await city.lapse.advance_to(b.TUE_9)
    before = await city.history()
    await adopt(city, WEDNESDAY_OFF)
    version = (await city.view()).version
    await wake(city, b.local(2, 13))
    woken = await city.history()
    assert count(woken, "TIMER_FIRED") == count(before, "TIMER_FIRED") + 1
    assert count(woken, "TIMER_CANCELED") == count(before, "TIMER_CANCELED")
    assert rings(woken) == rings(before) + 1
    assert (await city.view()).version == version
    await city.lapse.advance_to(b.NEXT_WED_9)

    assert await firings(city, OPEN) == on_time(
        half=b.local(3, 13),
        near=b.local(4, 17),
        due=b.local(7, 17),
        again_1=b.local(8, 11),
        again_2=b.local(8, 13),
    )
    assert await account(city) == IN_TIME


async def test_a_calendar_adopted_during_a_pause_counts_when_the_limit_goes_on(
    city: City,
) -> None:
    """Of the pause from Tuesday to Thursday noon, Wednesday was no working time after all."""
    await begin(city)
    await city.at(b.TUE_9, b.PAUSE)
    await city.lapse.advance_to(b.TUE_17)
    await adopt(city, WEDNESDAY_OFF)
    await city.at(b.local(3, 13), b.RESUME)
    await city.lapse.advance_to(b.local(11))

    assert await firings(city, OPEN) == on_time(
        half=b.local(4, 17),
        near=b.local(8, 13),
        due=b.local(9, 13),
        again_1=b.local(9, 15),
        again_2=b.local(9, 17),
    )
    assert await account(city) == IN_TIME
