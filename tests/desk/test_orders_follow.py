"""Orders and the terms in force: new people act at once, limits are counted anew and say so."""

import asyncio
from datetime import date, timedelta
from typing import Any

import builders as b
import builders_orders as o
import pytest
from desks import StandingClock
from supervisions import Bureau, OrderEngine

from audit.reexecute import reexecute_all
from audit.verify import verify_all
from desk.guard import Guard
from desk.shelf import Shelf
from domain.calendar import WorkingCalendar
from domain.canonical import canonical
from domain.errors import ConflictError, NotPermittedError
from domain.handbook import Handbook
from domain.order_events import OrderTermsAdopted
from domain.people import Officer
from domain.terms import Terms
from ledger.port import Ledger
from ledger.publications import CalendarRow, HandbookRow

SUCCESSOR = Officer(person="roads-desk.new", post="roads-desk")


def replaced(**changes: Any) -> Terms:
    """Return the terms of a handbook in which somebody else holds the unit's post."""
    posts = [
        post | ({"people": ["roads-desk.new"]} if post["id"] == "roads-desk" else {})
        for post in o.POSTS
    ]
    return b.terms_of(supervision=o.SUPERVISION | changes, posts=posts, revision=2)


def tuesday_off() -> Terms:
    """Return the terms with a calendar by which Tuesday is a holiday."""
    off = {"kind": "closed", "on": date(2026, 3, 3), "name": {"zh": "放假", "en": "holiday"}}
    plain = b.CALENDAR.model_dump() | {"overrides": [off]}
    return Terms(handbook=o.TERMS.handbook, calendar=WorkingCalendar.model_validate(plain))


@pytest.fixture
def bureau(ledger: Ledger, clock: StandingClock) -> Bureau:
    """A bureau, once on each ledger."""
    return Bureau(ledger, clock)


async def calendar_published(ledger: Ledger, calendar: WorkingCalendar) -> None:
    """Publish a calendar behind every desk's back."""
    row = CalendarRow(
        hash=calendar.hash,
        id=calendar.id,
        text=canonical(calendar),
        valid_until=calendar.valid_until,
        at=b.MON_9,
    )
    await ledger.publish(row, after=0, previous=None, author="a", reason="r")


async def handbook_published(ledger: Ledger, handbook: Handbook) -> None:
    """Publish a handbook behind every desk's back."""
    row = HandbookRow(hash=handbook.hash, zone=handbook.zone, text=canonical(handbook), at=b.MON_9)
    await ledger.publish_handbook(row, after=0, previous=None, author="a", approver="b", reason="r")


async def moves(ledger: Ledger) -> list[OrderTermsAdopted]:
    """Return the moves of the order to other terms."""
    events = [record.order_event for record in await ledger.records(o.STREAM)]
    return [event for event in events if isinstance(event, OrderTermsAdopted)]


async def test_who_was_replaced_may_not_answer_and_the_successor_may(
    bureau: Bureau, ledger: Ledger, clock: StandingClock
) -> None:
    await bureau.issued()
    clock.at = b.MON_10
    later = Bureau(ledger, clock, replaced())
    with pytest.raises(NotPermittedError):
        await later.do(o.REPLY, o.UNIT)
    done = await later.do(o.REPLY, SUCCESSOR)
    assert (done.version, done.events) == (3, ("order_replied",))
    (move,) = await moves(ledger)
    assert (move.from_terms, move.to_terms) == (o.TERMS.hash, replaced().hash)
    assert move.run is not None
    assert move.run.due_at == move.old_due_at == b.MON_13
    assert (await verify_all(ledger)).found == ()
    assert (await reexecute_all(ledger)).differences == ()


async def test_a_published_holiday_moves_the_limit_and_the_unit_is_told(
    bureau: Bureau, ledger: Ledger, clock: StandingClock
) -> None:
    await bureau.reported(f"about-{o.KEY}")
    clock.at = b.MON_13
    await bureau.do(o.issue(instrument="notice", issues=(f"about-{o.KEY}",)))
    later = Bureau(ledger, clock, tuesday_off())
    assert not await later.supervision.follow(b.ZONE, o.KEY)  # one program's own calendar
    await calendar_published(ledger, tuesday_off().calendar)
    assert await later.supervision.follow(b.ZONE, o.KEY)
    (move,) = await moves(ledger)
    assert move.run is not None
    assert (move.old_due_at, move.run.due_at) == (b.local(1, 13), b.local(2, 13))
    told = [n.addressee for n in await ledger.notices(o.STREAM) if n.version == 2]
    assert told == ["roads-desk"]
    assert (await later.supervision.look(b.ZONE, o.KEY)).due_at == b.local(2, 13)
    assert (await reexecute_all(ledger)).differences == ()


async def test_terms_that_do_not_hold_what_the_order_names_leave_it_where_it_is(
    bureau: Bureau, ledger: Ledger, clock: StandingClock
) -> None:
    await bureau.issued()
    without = replaced(instruments=o.INSTRUMENTS[1:])
    later = Bureau(ledger, clock, without)
    assert not await later.supervision.follow(b.ZONE, o.KEY)
    assert (await later.do(o.REPLY, o.UNIT)).events == ("order_replied",)
    assert await moves(ledger) == []


async def test_the_guard_moves_every_open_order_once_and_none_that_is_over(
    bureau: Bureau, ledger: Ledger, clock: StandingClock
) -> None:
    for key in ("one", "two", "over"):
        await bureau.issued(key)
    await bureau.do(o.LIFT, key="over")
    clock.at += timedelta(minutes=1)
    later = Bureau(ledger, clock, replaced())
    assert [await later.supervision.catch_up(10), await later.supervision.catch_up(10)] == [2, 0]
    left = await ledger.orders_on_other_terms(b.ZONE, o.TERMS.hash, after="", limit=10)
    assert [row.order.key for row in left] == ["one", "two"]
    for desk in (bureau.desk, later.desk):
        await Guard(desk, OrderEngine().client).round()
        back = await ledger.orders_on_other_terms(b.ZONE, replaced().hash, after="", limit=9)
        assert back == []


async def test_of_two_who_move_an_order_at_once_one_does(
    bureau: Bureau, ledger: Ledger, clock: StandingClock
) -> None:
    await bureau.issued()
    others = [Bureau(ledger, clock, replaced()) for _ in range(4)]
    moved = await asyncio.gather(*(each.supervision.follow(b.ZONE, o.KEY) for each in others))
    assert sum(moved) == 1
    assert len(await moves(ledger)) == 1


async def test_an_order_goes_forward_only_whichever_program_looks(
    bureau: Bureau, ledger: Ledger, clock: StandingClock
) -> None:
    await bureau.issued()
    there = Bureau(ledger, clock, replaced())
    desks = (there, bureau, there, bureau)
    assert [await each.supervision.follow(b.ZONE, o.KEY) for each in desks] == [True, *[False] * 3]
    assert [await each.supervision.catch_up(10) for each in desks] == [0] * 4
    assert len(await moves(ledger)) == 1
    assert (await verify_all(ledger)).found == ()


async def test_of_two_programs_with_handbooks_of_one_revision_neither_moves_an_order(
    bureau: Bureau, ledger: Ledger, clock: StandingClock
) -> None:
    await bureau.issued()
    same = replaced().handbook.model_copy(update={"revision": o.TERMS.handbook.revision})
    other = Bureau(ledger, clock, Terms(handbook=same, calendar=b.CALENDAR))
    assert not await other.supervision.follow(b.ZONE, o.KEY)
    assert await other.supervision.catch_up(10) == 0
    await handbook_published(ledger, same)
    await other.desk.shelf.refresh()
    assert await other.supervision.follow(b.ZONE, o.KEY)


async def test_a_process_that_has_not_looked_takes_nothing_back(
    bureau: Bureau, ledger: Ledger, clock: StandingClock
) -> None:
    await bureau.issued()
    stale = Bureau(ledger, clock)
    await stale.desk.shelf.current(b.ZONE, clock.at)
    await handbook_published(ledger, replaced().handbook)
    await bureau.desk.shelf.refresh()
    assert await bureau.supervision.follow(b.ZONE, o.KEY)
    assert not await stale.supervision.follow(b.ZONE, o.KEY)
    with pytest.raises(NotPermittedError):
        await stale.do(o.REPLY, o.UNIT)
    assert len(await moves(ledger)) == 1


async def test_who_saw_the_order_before_its_terms_changed_saw_all_that_was_done(
    bureau: Bureau, ledger: Ledger, clock: StandingClock
) -> None:
    await bureau.issued()
    later = Bureau(ledger, clock, replaced())
    done = await later.do(o.REPLY, SUCCESSOR, expected_version=1)
    assert (done.version, done.events) == (3, ("order_replied",))
    for seen in (1, 2, 4):
        with pytest.raises(ConflictError):
            await later.do(o.ACCEPT, expected_version=seen)
    assert (await reexecute_all(ledger)).differences == ()


async def test_a_refusal_for_an_older_version_moves_nothing(
    bureau: Bureau, ledger: Ledger, clock: StandingClock
) -> None:
    await bureau.issued()
    await bureau.do(o.REPLY, o.UNIT)
    later = Bureau(ledger, clock, replaced())
    with pytest.raises(ConflictError):
        await later.do(o.ACCEPT, expected_version=1)
    assert await moves(ledger) == []


async def test_an_order_of_a_zone_that_cannot_follow_lives_on_by_its_own_terms(
    bureau: Bureau, ledger: Ledger
) -> None:
    await bureau.issued()
    await ledger.publish_handbook(
        HandbookRow(hash="e" * 64, zone=b.ZONE, text='{"later": 1}', at=b.MON_9),
        after=0,
        previous=None,
        author="a",
        approver="b",
        reason="r",
    )
    await bureau.desk.shelf.refresh()
    assert not await bureau.supervision.follow(b.ZONE, o.KEY)
    assert (await bureau.do(o.REPLY, o.UNIT)).events == ("order_replied",)
    await Guard(bureau.desk, OrderEngine().client).round()


async def test_an_order_of_a_zone_that_is_no_more_lives_on_by_its_own_terms(
    bureau: Bureau, ledger: Ledger, clock: StandingClock
) -> None:
    await bureau.issued()
    orphaned = Bureau(ledger, clock)
    orphaned.desk.shelf = Shelf(ledger, {})
    assert await orphaned.supervision.catch_up(10) == 0
    assert (await orphaned.do(o.REPLY, o.UNIT)).version == 2
