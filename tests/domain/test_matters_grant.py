"""Grants: stocks, permits, places, entitlements; what time does to them, what they come to."""

from datetime import date, datetime

import builders as b
import builders_grants as g
import builders_matters as m

from domain.matters.grant.events import (
    HoldingsEnding,
    HoldingsExpired,
    HoldingUsed,
    MonitoringChecked,
    PermitRenewed,
    StaysOver,
    StockCorrected,
    StockIssued,
    StockLow,
    StockOut,
)
from domain.matters.grant.passing import BATCH_MAX
from domain.matters.grant.words import Keeps, StockLevel
from domain.matters.values import Amount, Precision, Quantity
from domain.people import ENGINE

FIRST_MONDAY, FIRST_SUNDAY = date(2026, 3, 2), date(2026, 3, 8)


def midnight(days: int) -> datetime:
    """Return the midnight with which the day so many after the first Monday begins."""
    return b.local(days, 0)


def test_a_stock_holds_what_came_less_what_went() -> None:
    story = g.opened("supplies", unit="mask")
    story.then(b.MON_10, g.received(1000)).then(b.MON_11, g.issued(300, "mill"))
    story.then(b.MON_13, g.issued(200, "bakery"))
    story.then(b.MON_15, m.asked(kind="return_stock", enterprise="mill", quantity=g.quantity(50)))
    state = g.grant(story)
    assert (state.keeps, state.unit, state.on_hand.thousandths) == (Keeps.STOCK, "mask", 550_000)
    assert (state.enterprises, state.issued, state.stage) == (("mill", "bakery"), 2, "held")


def test_an_issue_of_supplies_tells_the_enterprise_that_gets_them() -> None:
    story = g.opened("supplies", unit="mask").then(b.MON_10, g.received(10))
    story.then(b.MON_11, g.issued(1), b.OFFICER)
    assert story.events[-1].tells == ("mill",)


def test_what_was_stated_as_more_than_a_number_is_counted_as_that_number_and_said() -> None:
    story = g.opened("supplies", unit="mask")
    story.then(b.MON_10, g.received(70_000, quantity=g.quantity(70_000, precision="over")))
    story.then(b.MON_11, g.issued(20_000, quantity=g.quantity(20_000, precision="over")))
    on_hand = g.grant(story).on_hand
    assert (on_hand.thousandths, on_hand.precision) == (50_000_000, Precision.ABOUT)


def test_masks_that_become_few_and_run_out_are_told_once_each() -> None:
    story = g.opened("supplies", unit="mask").then(b.MON_9, g.received(300))
    story.then(b.MON_10, g.issued(200)).then(b.MON_11, g.issued(50)).then(b.MON_13, g.issued(50))
    told = [each for each in story.events if isinstance(each, StockLow | StockOut)]
    assert [each.kind for each in told] == ["stock_low", "stock_out"]
    assert all(each.tells == ("coordination", "supervision") for each in told)
    assert story.matter.stage == "empty"


def test_a_stock_that_runs_out_at_once_is_not_called_low_first() -> None:
    story = g.opened("supplies", unit="mask").then(b.MON_9, g.received(300))
    story.then(b.MON_10, g.issued(300))
    assert g.kinds(story, 2) == ["stock_issued", "stock_out"]


def test_a_low_stock_that_nobody_fills_up_climbs_and_a_filled_one_does_not() -> None:
    story = g.opened("supplies", unit="mask").then(b.MON_9, g.received(150))
    story.then(b.MON_10, g.issued(60))
    waiting = story.matter.due("refill")
    assert waiting is not None
    assert waiting.due_at == b.local(1, 10)
    story.then(b.local(2, 11), g.ring("refill"), ENGINE)
    assert [each.tells for each in story.events[-2:]] == [("head-east",), ("director",)]
    assert story.matter.due("refill") is None
    story.then(b.local(3), g.received(100)).then(b.local(3, 10), g.issued(100))
    assert story.matter.due("refill") is not None
    story.then(b.local(3, 11), g.received(5))
    assert story.matter.due("refill") is not None
    story.then(b.local(3, 12), g.received(100))
    assert story.matter.dues == ()


def test_a_count_of_the_stock_says_what_was_found_and_why() -> None:
    story = g.opened("supplies", unit="mask").then(b.MON_9, g.received(300))
    for counted, reason in ((280, "Twenty were wet."), (290, "Ten lay in the van.")):
        command = m.asked(kind="correct_stock", counted=g.quantity(counted), reason=reason)
        story.then(b.MON_10, command)
    first, second = (each for each in story.events if isinstance(each, StockCorrected))
    assert (first.found_less, first.found_more) == (Quantity(thousandths=20_000, unit="mask"), None)
    assert second.found_more == Quantity(thousandths=10_000, unit="mask")
    assert g.grant(story).on_hand.thousandths == 290_000


def test_an_odd_hundredth_of_a_cost_is_the_enterprises() -> None:
    story = g.opened("supplies", unit="mask").then(b.MON_9, g.received(300))
    story.then(b.MON_10, g.issued(1, cost=g.cny(101)))
    issue = story.events[-1]
    assert isinstance(issue, StockIssued)
    assert issue.shares is not None
    assert issue.shares.zone == Amount(hundredths=50, currency="CNY")
    assert issue.shares.enterprise == Amount(hundredths=51, currency="CNY")


def test_parts_of_a_unit_that_has_parts_are_counted() -> None:
    story = g.opened("supplies", unit="tonne")
    half = {"kind": "quantity", "thousandths": 500, "unit": "tonne"}
    story.then(b.MON_10, g.received(0, quantity=half))
    assert g.grant(story).on_hand.thousandths == 500


def test_what_comes_to_light_at_an_issue_is_opened_as_an_issue() -> None:
    story = g.opened("supplies", unit="mask").then(b.MON_9, g.received(300))
    problem = {"category": "road-access", "title": "No van", "text": "Nothing can be fetched."}
    story.then(b.MON_10, g.issued(1, problems=[problem]))
    (found,) = story.events[-1].found
    assert (found.enterprise, found.category) == ("mill", "road-access")
    assert [tie.issue for tie in story.matter.ties] == [found.issue]


def test_a_pass_holds_seven_days_and_ends_at_midnight() -> None:
    story = g.opened("passes").then(b.MON_10, g.permit())
    (held,) = g.grant(story).holdings
    assert (held.from_on, held.to_on) == (FIRST_MONDAY, FIRST_SUNDAY)
    assert held.ends_at == midnight(7)
    story.then(midnight(7), g.ring("ends"), ENGINE)
    ending, expired = (e for e in story.events if isinstance(e, HoldingsEnding | HoldingsExpired))
    assert isinstance(expired, HoldingsExpired)
    assert ending.tells == expired.tells == ("mill", "grid-east-1")
    assert [(each.holding, each.last_on) for each in expired.ended] == [("p-1", FIRST_SUNDAY)]
    assert (g.grant(story).holdings, story.matter.dues) == ((), ())


def test_a_pass_is_warned_of_a_day_before_its_end_and_not_again() -> None:
    story = g.opened("passes").then(b.MON_10, g.permit())
    story.then(b.local(6, 9), g.permit("p-2", "A-200"))
    assert g.kinds(story, 2) == ["due_passed", "holdings_ending", "permit_issued"]
    waiting = [(due.id, due.due_at) for due in story.matter.dues]
    assert sorted(waiting) == [("ending", midnight(12)), ("ends", midnight(7))]


def test_a_pass_shorter_than_the_warning_is_not_warned_of() -> None:
    story = g.opened("passes").then(b.MON_10, g.permit(to_on=FIRST_MONDAY))
    assert [due.id for due in story.matter.dues] == ["ends"]


def test_passes_that_end_at_one_midnight_are_one_instant() -> None:
    terms = g.changed(g.PASSES, gate=None)
    story = g.opened("passes", terms)
    for number in range(BATCH_MAX + 1):
        story.now = story.when(b.MON_10, g.permit(f"p-{number}", f"A-{number}", gate={})).matter
    decision = story.when(midnight(7), g.ring("ends"), ENGINE)
    expired = [each for each in decision.events if isinstance(each, HoldingsExpired)]
    assert [len(each.ended) for each in expired] == [BATCH_MAX, 1]
    assert isinstance(decision.matter, type(story.now))
    assert (decision.matter.dues, decision.matter.enterprises) == ((), ("mill",))


def test_a_renewal_begins_where_the_pass_ends() -> None:
    story = g.opened("passes").then(b.MON_10, g.permit())
    story.then(b.TUE_9, g.about("renew_permit", "p-1"))
    renewed = story.events[-1]
    assert isinstance(renewed, PermitRenewed)
    assert (renewed.period.from_on, renewed.period.to_on) == (date(2026, 3, 9), date(2026, 3, 15))
    (held,) = g.grant(story).holdings
    assert (held.from_on, held.to_on, held.renewals) == (FIRST_MONDAY, date(2026, 3, 15), 1)
    story.then(midnight(7), m.asked(kind="note_matter", text="Still on the road."))
    assert g.kinds(story)[-1] == "matter_noted"
    assert len(g.grant(story).holdings) == 1


def test_a_pass_of_the_same_vehicle_may_follow_the_one_before() -> None:
    story = g.opened("passes").then(b.MON_10, g.permit())
    story.then(b.MON_11, g.permit("p-2", "a-100", from_on=date(2026, 3, 9)))
    assert [held.id for held in g.grant(story).holdings] == ["p-1", "p-2"]


def test_a_revoked_pass_makes_room_on_the_same_day() -> None:
    story = g.opened("passes", capacity=1).then(b.MON_10, g.permit())
    story.then(b.MON_11, g.about("revoke_permit", "p-1", reason="The lorry was sold."))
    story.then(b.MON_13, g.permit("p-2"))
    assert (story.matter.stage, g.grant(story).issued) == ("full", 2)


def test_the_use_of_a_pass_is_recorded_by_the_gate() -> None:
    story = g.opened("passes").then(b.MON_10, g.permit())
    story.then(b.MON_11, g.about("use_holding", "p-1"), b.HOTLINE)
    assert isinstance(story.events[-1], HoldingUsed)
    assert g.grant(story).holdings[0].uses == 1


def test_places_count_heads_and_let_out() -> None:
    story = g.opened("places", capacity=2)
    story.then(b.MON_10, g.entry()).then(b.MON_10, g.entry("in-2", "file-2"))
    assert story.matter.stage == "full"
    story.then(b.MON_11, g.about("leave_place", "in-1")).then(b.MON_13, g.entry("in-3", "file-3"))
    state = g.grant(story)
    assert [held.subject for held in state.holdings] == ["file-2", "file-3"]
    assert (state.issued, dict(state.ended)) == (3, {"left": 1})


def test_whoever_was_not_looked_after_for_a_day_is_told_of_each_midnight() -> None:
    story = g.opened("places", capacity=5)
    story.then(b.MON_9, g.entry()).then(b.MON_10, g.entry("in-2", "file-2"))
    well = {"celsius_tenths": {"kind": "count", "n": 366}, "well": {"kind": "flag", "yes": True}}
    story.then(b.MON_11, g.about("record_monitoring", "in-1", values=well))
    story.then(b.TUE_9, g.about("record_monitoring", "in-2", values=well))
    story.then(b.WED_9, m.asked(kind="note_matter", text="Two checks later."))
    checks = [each for each in story.events if isinstance(each, MonitoringChecked)]
    assert [each.missed for each in checks] == [(), ("in-1",)]
    assert [each.tells for each in checks] == [(), ("supervision",)]
    assert (g.grant(story).monitored, g.grant(story).missed) == (2, 1)


def test_of_checks_that_went_by_unseen_only_one_is_told() -> None:
    story = g.opened("places", g.changed(g.PLACES, duration=None), capacity=5)
    story.then(b.MON_9, g.entry())
    story.then(b.local(400), m.asked(kind="note_matter", text="The engine slept."))
    checks = [each for each in story.events if isinstance(each, MonitoringChecked)]
    assert len(checks) == 1
    waiting = story.matter.due("watch")
    assert waiting is not None
    assert waiting.due_at == midnight(401)


def test_an_empty_place_waits_for_nothing() -> None:
    story = g.opened("places", capacity=5).then(b.MON_9, g.entry())
    assert sorted(due.id for due in story.matter.dues) == ["ends", "watch"]
    story.then(b.MON_10, g.about("leave_place", "in-1"))
    assert story.matter.dues == ()


def test_whose_time_is_over_is_in_until_let_out() -> None:
    story = g.opened("places", g.changed(g.PLACES, watch=None), capacity=5)
    story.then(b.MON_9, g.entry()).then(midnight(14), g.ring("ends"), ENGINE)
    over = story.events[-1]
    assert isinstance(over, StaysOver)
    assert (over.holdings, over.tells) == (("in-1",), ("coordination",))
    assert len(g.grant(story).holdings) == 1
    assert story.matter.dues == ()


def test_tests_are_paid_half_by_the_zone_up_to_a_limit() -> None:
    story = g.opened("tests").then(b.MON_10, g.entitled(limit=g.quantity(300, "test")))
    story.then(b.MON_11, g.used(199, cost=g.cny(1_194_001)))
    tally = g.grant(story).tally("mill")
    assert tally is not None
    assert [each.hundredths for each in (*tally.zone_pays, *tally.enterprise_pays)] == [
        597_000,
        597_001,
    ]
    held = g.grant(story).holdings[0]
    assert held.used == Quantity(thousandths=199_000, unit="test")


def test_supply_that_is_not_cut_off_has_no_end() -> None:
    story = g.opened("unpaid").then(b.MON_10, g.entitled())
    assert story.matter.dues == ()
    story.then(b.local(700), g.used(1, "month", cost=g.cny(5000)))
    (held,) = g.grant(story).holdings
    assert (held.to_on, held.uses) == (None, 1)
    tally = g.grant(story).tally("mill")
    assert tally is not None
    assert (tally.costs[0].hundredths, tally.zone_pays) == (5000, ())
    story.then(b.local(701), g.about("end_entitlement", "e-1", reason="All is paid."))
    assert dict(g.grant(story).ended) == {"ended": 1}


def test_a_grant_of_which_nothing_is_left_is_closed() -> None:
    story = g.opened("passes").then(b.MON_10, g.permit(to_on=FIRST_MONDAY))
    story.then(b.TUE_9, m.asked(kind="close_matter", ending="All passes are over."))
    assert not story.matter.is_open


def test_room_is_made_for_more() -> None:
    story = g.opened("places", capacity=1).then(b.MON_9, g.entry())
    story.then(b.MON_10, m.asked(kind="change_capacity", capacity=2, reason="Another floor."))
    assert g.grant(story).capacity == 2
    assert story.matter.stage == "free"


def test_a_level_is_named_for_every_quantity_in_stock() -> None:
    levels = []
    for whole in (0, 1, 100, 101):
        story = g.opened("supplies", unit="mask").then(b.MON_9, g.received(500))
        counted = g.quantity(whole)
        story.then(b.MON_9, m.asked(kind="correct_stock", counted=counted, reason="Counted."))
        levels.append(g.grant(story).level)
    assert levels == [StockLevel.EMPTY, StockLevel.LOW, StockLevel.LOW, StockLevel.HELD]
