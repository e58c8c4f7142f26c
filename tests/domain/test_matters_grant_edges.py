"""The last of everything: what is just allowed in a grant, and what is just not."""

from datetime import date, datetime, timedelta

import builders as b
import builders_grants as g
import builders_matters as m
import pytest

from domain.errors import InvalidRequestError
from domain.matters.grant.events import MonitoringChecked, StockCorrected
from domain.matters.grant.guards import ENTERPRISES_MAX
from domain.matters.grant.holding import AHEAD_MAX, LASTS_MAX
from domain.matters.grant.sums import TOTAL_MAX
from domain.matters.values import Quantity
from domain.people import ENGINE

FIRST_MONDAY = date(2026, 3, 2)


def midnight(days: int) -> datetime:
    """Return the midnight with which the day so many after the first Monday begins."""
    return b.local(days, 0)


def test_all_that_was_issued_may_come_back_and_not_again() -> None:
    story = g.opened("supplies", unit="mask").then(b.MON_9, g.received(300))
    story.then(b.MON_10, g.issued(10))
    back = m.asked(kind="return_stock", enterprise="mill", quantity=g.quantity(10))
    story.then(b.MON_11, back)
    assert g.grant(story).on_hand.thousandths == 300_000
    with pytest.raises(InvalidRequestError, match="no more than it was issued"):
        story.when(b.MON_13, back)


def test_a_count_that_finds_what_the_records_say_finds_neither_more_nor_less() -> None:
    story = g.opened("supplies", unit="mask").then(b.MON_9, g.received(300))
    counted = g.quantity(300)
    story.then(b.MON_10, m.asked(kind="correct_stock", counted=counted, reason="The quarter."))
    found = story.events[-1]
    assert isinstance(found, StockCorrected)
    assert (found.found_more, found.found_less) == (None, None)


def test_a_low_stock_that_runs_out_is_still_to_be_filled_up_by_the_first_time() -> None:
    story = g.opened("supplies", unit="mask").then(b.MON_9, g.received(150))
    story.then(b.MON_10, g.issued(60)).then(b.MON_15, g.issued(90))
    waiting = story.matter.due("refill")
    assert g.kinds(story)[-1] == "stock_out"
    assert waiting is not None
    assert waiting.due_at == b.local(1, 10)


def test_a_stock_without_a_time_to_fill_it_up_waits_for_nothing() -> None:
    story = g.opened("supplies", g.changed(g.SUPPLIES, refill=None), unit="mask")
    story.then(b.MON_9, g.received(150)).then(b.MON_10, g.issued(60))
    assert g.kinds(story)[-1] == "stock_low"
    assert story.matter.dues == ()


def test_as_much_as_is_counted_may_come_in() -> None:
    story = g.opened("supplies", unit="mask").then(b.MON_9, g.received(TOTAL_MAX // 1000))
    assert g.grant(story).on_hand.thousandths == TOTAL_MAX
    with pytest.raises(InvalidRequestError) as refused:
        story.when(b.MON_10, g.received(1))
    assert refused.value.allowed == "up to 0"


def test_a_year_ahead_is_near_enough() -> None:
    story = g.opened("passes")
    story.then(b.MON_10, g.permit(from_on=FIRST_MONDAY + AHEAD_MAX))
    with pytest.raises(InvalidRequestError) as refused:
        story.when(b.MON_10, g.permit("p-2", "B-1", from_on=date(2027, 3, 4)))
    assert refused.value.allowed == "up to 2027-03-03"


def test_five_years_are_not_too_long_and_a_day_more_is() -> None:
    story = g.opened("unpaid")
    last = FIRST_MONDAY + LASTS_MAX
    assert story.when(b.MON_10, g.entitled(to_on=last)).events
    with pytest.raises(InvalidRequestError, match="for so long"):
        story.when(b.MON_10, g.entitled(to_on=last + timedelta(days=1)))


def test_one_matter_keeps_sums_of_so_many_enterprises_and_no_more() -> None:
    story = g.opened("unpaid").then(b.MON_9, g.entitled())
    (tally,) = g.grant(story).tallies
    many = [tally.model_copy(update={"enterprise": f"e{n}"}) for n in range(ENTERPRISES_MAX - 1)]
    story.now = g.grant(story).model_copy(update={"tallies": (tally, *many)})
    assert story.when(b.MON_10, g.entitled("e-2", subject="meter-2")).events
    with pytest.raises(InvalidRequestError, match="Too many enterprises"):
        story.when(b.MON_10, g.entitled("e-2", enterprise="bakery"))


def test_what_ends_first_is_waited_for_whenever_it_was_issued() -> None:
    story = g.opened("passes").then(b.MON_10, g.permit())
    story.then(b.MON_11, g.permit("p-2", "B-1", to_on=date(2026, 3, 4)))
    assert [(due.id, due.due_at) for due in story.matter.dues] == [
        ("ends", midnight(3)),
        ("ending", midnight(2)),
    ]
    story.then(midnight(3), g.ring("ends"), ENGINE)
    assert [held.id for held in g.grant(story).holdings] == ["p-1"]
    assert sorted(due.due_at for due in story.matter.dues) == [midnight(6), midnight(7)]


def test_a_warning_that_would_come_at_once_is_not_waited_for() -> None:
    story = g.opened("passes").then(midnight(1), g.permit(to_on=date(2026, 3, 3)))
    assert [due.id for due in story.matter.dues] == ["ends"]


def test_whoever_came_first_and_was_not_looked_after_is_missed_at_the_first_check() -> None:
    story = g.opened("places", capacity=5).then(b.MON_9, g.entry())
    story.then(midnight(1), g.ring("watch"), ENGINE)
    check = story.events[-1]
    assert isinstance(check, MonitoringChecked)
    assert (check.missed, check.due_at) == (("in-1",), midnight(1))
    assert story.matter.due("watch") is not None


def test_an_entitlement_is_used_up_to_the_last() -> None:
    story = g.opened("tests").then(b.MON_9, g.entitled(limit=g.quantity(5, "test")))
    story.then(b.MON_10, g.used(2)).then(b.MON_11, g.used(3, cost=g.cny(100)))
    (held,) = g.grant(story).holdings
    assert (held.uses, held.used) == (2, Quantity(thousandths=5000, unit="test"))
    assert g.grant(story).used == 2
    tally = g.grant(story).tally("mill")
    assert tally is not None
    assert (tally.issues, tally.priced, tally.quantity) == (1, 1, held.used)
    with pytest.raises(InvalidRequestError) as refused:
        story.when(b.MON_13, g.used(1))
    assert refused.value.allowed == "up to 0"


def test_receipts_and_those_of_which_an_amount_was_stated_are_counted() -> None:
    story = g.opened("supplies", unit="mask")
    story.then(b.MON_9, g.received(1)).then(b.MON_9, g.received(1, amount=g.cny(7)))
    story.then(b.MON_10, g.received(1, amount=g.cny(8)))
    (source,) = g.grant(story).sources
    assert (source.receipts, source.priced, source.amounts[0].hundredths) == (3, 2, 15)


def test_a_place_may_shrink_to_those_who_are_in_it() -> None:
    story = g.opened("places", capacity=3).then(b.MON_9, g.entry())
    story.then(b.MON_10, m.asked(kind="change_capacity", capacity=1, reason="A floor is closed."))
    assert story.matter.stage == "full"
