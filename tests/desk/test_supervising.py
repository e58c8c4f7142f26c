"""The desk of supervision orders: repeats, conflicts, races, refusals, rings, lists."""

import asyncio

import builders as b
import builders_orders as o
import pytest
from desks import StandingClock
from supervisions import Bureau

from audit.reexecute import reexecute_all
from audit.verify import verify_all
from domain.errors import (
    ConflictError,
    InvalidRequestError,
    NotPermittedError,
    UnknownOrderError,
    UnknownZoneError,
    WrongPhaseError,
)
from domain.order_words import OrderStanding
from domain.people import ENGINE
from domain.view import RingOutcome
from ledger.port import Ledger


@pytest.fixture
def bureau(ledger: Ledger, clock: StandingClock) -> Bureau:
    """A bureau, once on each ledger."""
    return Bureau(ledger, clock)


@pytest.fixture
def elsewhere(ledger: Ledger, clock: StandingClock) -> Bureau:
    """Another process at the same ledger."""
    return Bureau(ledger, clock)


async def test_an_order_lives_from_issue_to_settlement(bureau: Bureau) -> None:
    done = await bureau.issued()
    assert (done.version, done.events, done.at) == (1, ("order_issued",), b.MON_9)
    seen = await bureau.supervision.look(b.ZONE, o.KEY)
    assert (seen.standing, seen.due_at, seen.overdue) == (OrderStanding.OPEN, b.MON_13, False)
    assert seen.next_rung is not None
    assert (seen.next_rung.clock, seen.next_rung.rung) == ("reminder", "half")
    await bureau.do(o.REPLY, o.UNIT)
    settled = await bureau.do(o.ACCEPT)
    assert settled.version == 3
    row = await bureau.supervision.row(b.ZONE, o.KEY)
    assert row.order.standing is OrderStanding.SETTLED
    assert (await verify_all(bureau.ledger)).found == ()
    assert (await reexecute_all(bureau.ledger)).differences == ()


async def test_what_is_sent_again_gets_the_first_answer(bureau: Bureau) -> None:
    await bureau.issued()
    first = await bureau.do(o.REPLY, o.UNIT, id="reply-1")
    bureau.clock.at = b.MON_15
    again = await bureau.do(o.REPLY, o.UNIT, id="reply-1")
    assert again == first.model_copy(update={"repeated": True})
    assert await bureau.kinds() == ["order_issued", "order_replied"]
    with pytest.raises(ConflictError, match="another request"):
        await bureau.do(o.LIFT, id="reply-1")


async def test_an_id_used_for_an_issue_does_not_serve_for_an_order(bureau: Bureau) -> None:
    await bureau.desk.carry_out(b.submission(b.report(), b.ENTERPRISE, id_="one-id"))
    with pytest.raises(ConflictError, match="another request"):
        await bureau.do(o.issue(), id="one-id")


async def test_a_stale_view_is_a_conflict_and_names_the_present_version(bureau: Bureau) -> None:
    await bureau.issued()
    bureau.clock.at = b.MON_11
    with pytest.raises(ConflictError) as refused:
        await bureau.do(o.LIFT, expected_version=1)
    assert refused.value.allowed == "2, its present version"
    assert await bureau.kinds() == ["order_issued"]


async def test_of_two_who_act_at_once_the_second_meets_what_the_first_did(
    bureau: Bureau, elsewhere: Bureau
) -> None:
    await bureau.issued()
    met = await asyncio.gather(
        bureau.do(o.LIFT),
        elsewhere.do(o.REPLY, o.UNIT),
        elsewhere.do(o.RAISE),
        bureau.do(o.LIFT, o.OTHER_SUPERVISOR),
        return_exceptions=True,
    )
    refused = [each for each in met if isinstance(each, WrongPhaseError)]
    done = [each for each in met if not isinstance(each, BaseException)]
    assert len(refused) + len(done) == len(met)
    order = (await bureau.supervision.row(b.ZONE, o.KEY)).order
    assert order.version == 1 + sum(len(each.events) for each in done)
    assert (await bureau.kinds()).count("order_lifted") == 1
    assert (await verify_all(bureau.ledger)).found == ()
    assert (await reexecute_all(bureau.ledger)).differences == ()


async def test_one_key_issued_by_many_at_once_is_one_order(
    bureau: Bureau, elsewhere: Bureau
) -> None:
    await bureau.reported()
    met = await asyncio.gather(
        *(each.do(o.issue()) for each in (bureau, elsewhere) * 3), return_exceptions=True
    )
    assert sum(isinstance(each, ConflictError) for each in met) == 5
    assert await bureau.kinds() == ["order_issued"]


async def test_an_order_covers_only_issues_that_are_there(bureau: Bureau) -> None:
    await bureau.reported()
    with pytest.raises(InvalidRequestError) as refused:
        await bureau.do(o.issue(issues=(b.KEY, "never-reported")))
    assert (refused.value.field, refused.value.value) == ("issues", "never-reported")
    with pytest.raises(UnknownOrderError):
        await bureau.supervision.look(b.ZONE, o.KEY)


async def test_a_zone_without_a_handbook_has_no_orders(bureau: Bureau) -> None:
    with pytest.raises((UnknownZoneError, InvalidRequestError)):
        await bureau.do(o.issue(), zone="nowhere")


async def test_a_refusal_is_kept_with_who_and_why(bureau: Bureau) -> None:
    await bureau.issued()
    with pytest.raises(NotPermittedError):
        await bureau.do(o.REPLY, b.HOTLINE)
    (kept,) = await bureau.ledger.refusals(o.STREAM)
    assert (kept.kind, kept.code) == ("reply_to_order", "not_permitted")
    assert "hotline" in kept.actor
    assert await bureau.kinds() == ["order_issued"]


async def test_nobody_outside_rings_or_takes_a_rings_id(bureau: Bureau) -> None:
    await bureau.issued()
    for command, actor, id_ in (
        (o.ring(), ENGINE, "mine"),
        (o.ring(), o.SUPERVISOR, "mine"),
        (o.LIFT, ENGINE, "mine"),
        (o.LIFT, o.SUPERVISOR, f"ring:{o.STREAM}:1:limit"),
    ):
        with pytest.raises((NotPermittedError, InvalidRequestError)):
            await bureau.do(command, actor, id=id_)
    assert await bureau.kinds() == ["order_issued"]


async def test_a_ring_fires_once_and_says_what_it_met(bureau: Bureau) -> None:
    await bureau.issued()
    early = await bureau.ring(1, "half")
    assert (early.outcome, early.glimpse.version) == (RingOutcome.EARLY, 1)
    bureau.clock.at = b.MON_11
    first, again = await bureau.ring(1, "half"), await bureau.ring(1, "half")
    assert (first.outcome, first.glimpse) == (again.outcome, again.glimpse)
    assert first.outcome is RingOutcome.FIRED
    assert (await bureau.ring(3, "half")).outcome is RingOutcome.STALE
    assert await bureau.kinds() == ["order_issued", "order_rung_fired"]
    assert [row.kind for row in await bureau.ledger.commands(o.STREAM)] == [
        *("issue_order", "ring_order"),
    ]


async def test_many_who_ring_at_once_fire_once(bureau: Bureau, elsewhere: Bureau) -> None:
    await bureau.issued()
    bureau.clock.at = b.MON_13
    rings = [each.ring(1, rung) for each in (bureau, elsewhere) for rung in ("half", "limit")]
    await asyncio.gather(*rings)
    assert [(row.cycle, row.rung) for row in await bureau.ledger.firings(o.STREAM)] == [
        (1, "half"),
        (1, "limit"),
    ]
    assert (await bureau.kinds()).count("order_raised") == 1


async def test_lists_find_orders_by_unit_standing_and_issue(bureau: Bureau) -> None:
    for key in ("one", "two", "three"):
        await bureau.issued(key)
    await bureau.do(o.LIFT, key="two")
    find = bureau.supervision.find
    assert [r.order.key for r in await find(unit="roads")] == ["one", "three", "two"]
    assert [r.order.key for r in await find(standing="lifted")] == ["two"]
    assert [r.order.key for r in await find(issue="about-three")] == ["three"]
    assert [r.order.key for r in await find(open_only=True, limit=1)] == ["one"]


async def test_whoever_is_concerned_is_told_of_each_event(bureau: Bureau) -> None:
    await bureau.issued()
    await bureau.until(b.NEXT_MON_9)
    told = [(n.kind, n.addressee) for n in await bureau.ledger.notices(o.STREAM)]
    assert told[:2] == [("order_issued", "roads-desk"), ("order_rung_fired", "roads-desk")]
    raised = {addressee for kind, addressee in told if kind == "order_raised"}
    # Only a leader may interview, so that the director hears whose turn it is.
    assert raised == {"roads-desk", "supervision", "director"}
    assert ("order_unanswered", "supervision") in told


async def test_a_limit_past_the_published_days_raises_a_task(
    ledger: Ledger, clock: StandingClock
) -> None:
    year_end = Bureau(ledger, clock)
    await year_end.reported()
    clock.at = b.local((b.CALENDAR.valid_until - b.FIRST_MONDAY).days, 15)
    await year_end.do(o.issue(instrument="interview"), o.LEADER)
    assert (await year_end.supervision.row(b.ZONE, o.KEY)).order.run is not None
    (task,) = [t for t in await ledger.tasks() if t.stream == o.STREAM]
    assert (task.kind, task.subject, task.year) == ("calendar", "plain", 2031)
