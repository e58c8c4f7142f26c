"""What holds of every grant, whatever is asked of it; and what grants come to in numbers."""

from datetime import date, timedelta
from itertools import combinations
from typing import Any, get_args

import builders as b
import builders_grants as g
import builders_matters as m
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import IssueError
from domain.matters.counting import figures_of
from domain.matters.events import MATTER_EVENT
from domain.matters.figures import Figure, number_of
from domain.matters.grant.events import GrantEvent
from domain.matters.grant.figures import grants_by_enterprise
from domain.matters.grant.rules import GrantProcedure
from domain.matters.grant.state import Grant
from domain.matters.grant.sums import split_cost, with_amount
from domain.matters.values import Amount, Count, Quantity

TOWNS = st.sampled_from(["mill", "bakery"])
WHOLE = st.integers(0, 40)
MONEY = st.none() | st.builds(g.cny, st.integers(0, 999))


def _correct(whole: int) -> Any:
    return m.asked(kind="correct_stock", counted=g.quantity(whole), reason="Counted.")


def _returned(whole: int, enterprise: str) -> Any:
    return m.asked(kind="return_stock", enterprise=enterprise, quantity=g.quantity(whole))


STOCK_ACTS = st.lists(
    st.builds(lambda n, money: g.received(n, amount=money), WHOLE, MONEY)
    | st.builds(lambda n, who, money: g.issued(n, who, cost=money), WHOLE, TOWNS, MONEY)
    | st.builds(_returned, WHOLE, TOWNS)
    | st.builds(_correct, WHOLE),
    max_size=12,
)


def rule_of(id_: str, terms: Any = g.TERMS) -> GrantProcedure:
    """Return a procedure."""
    found = terms.handbook.procedure(id_)
    assert isinstance(found, GrantProcedure)
    return found


def tried(story: m.MatterStory, at: Any, command: Any) -> bool:
    """Carry out a command; return whether it was not refused."""
    try:
        story.then(at, command)
    except IssueError:
        return False
    return True


def figure(figures: tuple[Figure, ...], id_: str) -> Any:
    """Return one figure's number; nothing, if it is not stated."""
    (found,) = (each for each in figures if each.id == id_)
    if found.part is None:
        return None
    assert isinstance(found.part, Amount | Count | Quantity)
    return number_of(found.part)


@settings(max_examples=40)
@given(STOCK_ACTS)
def test_a_stock_never_holds_less_than_nothing_and_its_numbers_balance(acts: list[Any]) -> None:
    story = g.opened("supplies", unit="mask")
    for command in acts:
        tried(story, b.MON_10, command)
        assert g.grant(story).on_hand.thousandths >= 0
    figures = figures_of(rule_of("supplies"), [g.grant(story)])
    came = sum(
        figure(figures, f"{id_}.mask") for id_ in ("received.purchase", "returned", "found_more")
    )
    went = sum(figure(figures, f"{id_}.mask") for id_ in ("on_hand", "issued", "found_less"))
    assert came == went
    cost = figure(figures, "cost.CNY") if any(f.id == "cost.CNY" for f in figures) else 0
    zone = sum(a.hundredths for t in g.grant(story).tallies for a in t.zone_pays)
    own = sum(a.hundredths for t in g.grant(story).tallies for a in t.enterprise_pays)
    assert zone + own == cost


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 20), st.sampled_from(["A", "a", "B"]), st.integers(0, 15), st.booleans()
        ),
        max_size=12,
    )
)
def test_passes_of_one_vehicle_never_overlap(asked: list[tuple[int, str, int, bool]]) -> None:
    story = g.opened("passes")
    for number, (days, plate, ahead, renews) in enumerate(sorted(asked)):
        today = date(2026, 3, 2) + timedelta(days=days)
        at = b.local(days, 12, number)
        if renews and number:
            tried(story, at, g.about("renew_permit", f"p-{number - 1}"))
        command = g.permit(f"p-{number}", plate, from_on=today + timedelta(days=ahead))
        if tried(story, at, command):
            assert all(each.to_on and each.to_on >= today for each in g.grant(story).holdings)
        for first, second in combinations(g.grant(story).holdings, 2):
            if first.subject.casefold() == second.subject.casefold():
                assert not first.meets(second.from_on, second.to_on)
    state = g.grant(story)
    assert state.issued == len(state.holdings) + sum(state.ended.values())


@settings(max_examples=40)
@given(
    st.integers(1, 3),
    st.lists(st.tuples(st.booleans(), st.integers(0, 4)), max_size=15),
)
def test_heads_are_never_more_than_places(capacity: int, moves: list[tuple[bool, int]]) -> None:
    story = g.opened("places", capacity=capacity)
    for number, (enters, who) in enumerate(moves):
        at = b.MON_10 + timedelta(hours=7 * number)
        held = g.grant(story).holdings
        if enters or not held:
            done = tried(story, at, g.entry(f"in-{number}", f"file-{who}"))
        else:
            done = tried(story, at, g.about("leave_place", held[who % len(held)].id))
        state = g.grant(story)
        assert len(state.holdings) <= capacity
        assert len({held.subject for held in state.holdings}) == len(state.holdings)
        assert len(state.holdings) == state.issued - sum(state.ended.values())
        assert not done or all(due.due_at > at for due in state.dues)


@given(st.integers(0, 10**12), st.integers(0, 100))
def test_shares_add_up_to_the_cost_and_neither_is_below_zero(cost: int, percent: int) -> None:
    shares = split_cost(Amount(hundredths=cost, currency="CNY"), percent)
    assert shares.zone is not None
    assert shares.enterprise is not None
    assert shares.zone.hundredths + shares.enterprise.hundredths == cost
    assert shares.zone.hundredths * 100 <= cost * percent < (shares.zone.hundredths + 1) * 100


def test_money_of_two_currencies_is_never_one_sum() -> None:
    cny, usd = Amount(hundredths=5, currency="CNY"), Amount(hundredths=7, currency="USD")
    sums = with_amount(with_amount(with_amount((), cny), usd), cny)
    assert [(each.hundredths, each.currency) for each in sums] == [(10, "CNY"), (7, "USD")]


def test_thirty_four_came_and_six_are_still_in() -> None:
    story = g.opened("places", capacity=40)
    for number in range(34):
        story.then(b.MON_10, g.entry(f"in-{number}", f"file-{number}"))
    for number in range(28):
        story.then(b.MON_11, g.about("leave_place", f"in-{number}"))
    figures = figures_of(rule_of("places"), [g.grant(story)])
    assert [figure(figures, id_) for id_ in ("entered", "still_in", "left")] == [34, 6, 28]
    (occupied,) = (each for each in figures if each.id == "occupied")
    assert (occupied.part, occupied.whole) == (Count(n=6), Count(n=40))


def test_stocks_of_two_units_are_never_one_sum_and_what_is_not_stated_stays_so() -> None:
    masks, litres = g.opened("supplies", unit="mask"), g.opened("supplies", unit="tonne")
    masks.then(b.MON_9, g.received(70_000, quantity=g.quantity(70_000, precision="over")))
    masks.then(b.MON_10, g.received(30, source="donation", amount=g.cny(900)))
    masks.then(b.MON_10, g.received(30, source="donation"))
    litres.then(b.MON_9, g.received(6, quantity=g.quantity(6, "tonne")))
    figures = figures_of(rule_of("supplies"), [g.grant(masks), g.grant(litres)])
    parts = {each.id: each.part for each in figures}
    assert parts["received.purchase.mask"] == Quantity(
        thousandths=70_000_000, unit="mask", precision="over"
    )
    assert parts["received.purchase.tonne"] == Quantity(thousandths=6000, unit="tonne")
    assert parts["amount.purchase"] is None
    assert parts["amount.donation.CNY"] == Amount(hundredths=900, currency="CNY")
    (priced,) = (each for each in figures if each.id == "priced.donation")
    assert (priced.part, priced.whole) == (Count(n=1), Count(n=2))


def test_what_each_enterprise_was_issued_is_shown_with_its_shares() -> None:
    story = g.opened("tests").then(b.MON_9, g.entitled()).then(b.MON_9, g.used(3, cost=g.cny(99)))
    story.then(b.MON_9, g.entitled("e-2", enterprise="bakery"))
    mill, bakery = sorted(
        grants_by_enterprise([g.grant(story)]), key=lambda each: each.enterprise, reverse=True
    )
    assert (mill.issues, mill.held, mill.quantities[0].thousandths) == (1, 1, 3000)
    assert (mill.zone_pays[0].hundredths, mill.enterprise_pays[0].hundredths) == (49, 50)
    assert (bakery.enterprise, bakery.costs) == ("bakery", ())


def test_permits_are_counted_by_what_became_of_them() -> None:
    story = g.opened("passes").then(b.MON_9, g.permit()).then(b.MON_9, g.permit("p-2", "B-1"))
    story.then(b.MON_9, g.permit("p-3", "C-1")).then(b.MON_9, g.about("renew_permit", "p-1"))
    story.then(b.MON_9, g.about("revoke_permit", "p-2", reason="Sold."))
    story.then(b.local(8), m.asked(kind="note_matter", text="A week later."))
    figures = figures_of(rule_of("passes"), [g.grant(story)])
    wanted = {"issued": 3, "held": 1, "renewed": 1, "expired": 1, "revoked": 1, "uses": 0}
    assert {id_: figure(figures, id_) for id_ in wanted} == wanted


def test_every_figure_of_every_kind_has_an_id_of_its_own() -> None:
    for id_ in ("supplies", "passes", "places", "tests", "unpaid"):
        more: dict[str, Any] = {"supplies": {"unit": "mask"}, "places": {"capacity": 1}}.get(
            id_, {}
        )
        story = g.opened(id_, **more)
        assert isinstance(story.now, Grant)
        figures = figures_of(rule_of(id_), [story.now])
        assert len({each.id for each in figures}) == len(figures) > 0
        assert figures_of(rule_of(id_), [])


def test_events_and_grants_are_read_back_as_they_were_written() -> None:
    stock = g.opened("supplies", unit="mask").then(b.MON_9, g.received(120, amount=g.cny(5)))
    stock.then(b.MON_10, g.issued(60, cost=g.cny(9))).then(b.MON_10, g.issued(60))
    stock.then(b.MON_11, _returned(5, "mill")).then(b.MON_11, _correct(3))
    book = g.opened("passes").then(b.MON_9, g.permit()).then(b.MON_9, g.permit("p-2", "B-1"))
    book.then(b.MON_9, g.about("renew_permit", "p-1"))
    book.then(b.MON_9, g.about("revoke_permit", "p-2", reason="Sold."))
    book.then(b.MON_9, g.about("use_holding", "p-1"), b.HOTLINE)
    book.then(b.local(14), m.asked(kind="note_matter", text="All are over."))
    rooms = g.opened("places", capacity=2).then(b.MON_9, g.entry())
    rooms.then(b.MON_9, g.entry("in-2", "file-2"))
    rooms.then(b.MON_10, g.about("leave_place", "in-2"))
    well = {"celsius_tenths": {"kind": "count", "n": 366}, "well": {"kind": "flag", "yes": True}}
    rooms.then(b.MON_10, g.about("record_monitoring", "in-1", values=well))
    rooms.then(b.local(15), m.asked(kind="change_capacity", capacity=9, reason="More beds."))
    unpaid = g.opened("unpaid").then(b.MON_9, g.entitled())
    unpaid.then(b.MON_10, g.used(1, "month"))
    unpaid.then(b.MON_11, g.about("end_entitlement", "e-1", reason="All is paid."))

    seen: set[str] = set()
    for story in (stock, book, rooms, unpaid):
        state = g.grant(story)
        assert Grant.model_validate_json(state.model_dump_json()) == state
        for event in story.events:
            seen.add(event.kind)
            assert MATTER_EVENT.validate_json(MATTER_EVENT.dump_json(event)) == event
    ours = {kind.model_fields["kind"].default for kind in get_args(GrantEvent)}
    assert ours - seen == set()
