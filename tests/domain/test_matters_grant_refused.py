"""What grants refuse: each with a message of its own, and nothing recorded."""

from collections.abc import Callable
from datetime import date
from typing import Any

import builders as b
import builders_grants as g
import builders_matters as m
import pytest
from pydantic import ValidationError

from domain.errors import ConflictError, InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.matters.acts import AdoptMatterTerms
from domain.matters.decide import decide_matter
from domain.matters.grant.sums import TOTAL_MAX
from domain.people import ENGINE, Actor

Made = Callable[[], m.MatterStory]
SUNDAY = date(2026, 3, 8)


def masks() -> m.MatterStory:
    """Return a stock of a thousand masks, of which the mill was issued ten."""
    story = g.opened("supplies", unit="mask").then(b.MON_9, g.received(1000))
    return story.then(b.MON_9, g.issued(10, cost=g.cny(100)))


def passes() -> m.MatterStory:
    """Return a book with one pass, and one that was revoked."""
    story = g.opened("passes", capacity=2).then(b.MON_9, g.permit())
    story.then(b.MON_9, g.permit("old", "B-1"))
    return story.then(b.MON_9, g.about("revoke_permit", "old", reason="Sold."))


def places() -> m.MatterStory:
    """Return a place for two with one in it."""
    return g.opened("places", capacity=2).then(b.MON_9, g.entry())


def half_paid() -> m.MatterStory:
    """Return tests for the mill: two of them, one used."""
    story = g.opened("tests").then(b.MON_9, g.entitled(limit=g.quantity(2, "test")))
    return story.then(b.MON_9, g.used(1))


def renewed() -> m.MatterStory:
    """Return a book with a pass that was renewed."""
    return passes().then(b.MON_9, g.about("renew_permit", "p-1"))


def full() -> m.MatterStory:
    """Return a full place."""
    return places().then(b.MON_9, g.entry("in-2", "file-2"))


def full_book() -> m.MatterStory:
    """Return a book with no more passes."""
    return passes().then(b.MON_9, g.permit("p-2", "C-1"))


def two_in_a_row() -> m.MatterStory:
    """Return a book with two passes of one vehicle, one after the other."""
    return passes().then(b.MON_9, g.permit("p-2", from_on=date(2026, 3, 9)))


def later() -> m.MatterStory:
    """Return a book with a pass for a day to come."""
    return passes().then(b.MON_9, g.permit("p-2", "C-1", from_on=SUNDAY))


def unpaid() -> m.MatterStory:
    """Return supply that is not cut off, without an end."""
    return g.opened("unpaid").then(b.MON_9, g.entitled())


def _returned(whole: int) -> Any:
    return m.asked(kind="return_stock", enterprise="mill", quantity=g.quantity(whole))


REFUSED: list[tuple[Made, Any, str, str]] = [
    (masks, g.issued(991), "The stock does not hold so much.", "quantity.thousandths"),
    (masks, _returned(11), "An enterprise returns no more", "quantity.thousandths"),
    (
        masks,
        g.issued(1, quantity=g.quantity(1, "tonne")),
        "counted in another unit",
        "quantity.unit",
    ),
    (
        masks,
        g.issued(1, quantity={"kind": "quantity", "thousandths": 1500, "unit": "mask"}),
        "There are whole ones",
        "quantity.thousandths",
    ),
    (masks, g.issued(0), "The quantity is out of bounds.", "quantity.thousandths"),
    (
        masks,
        g.issued(1, cost={"kind": "amount", "hundredths": 5}),
        "An amount says in which currency",
        "cost.currency",
    ),
    (
        masks,
        g.received(1, amount={"kind": "amount", "hundredths": 5}),
        "An amount says in which currency",
        "amount.currency",
    ),
    (masks, g.received(1, source="smuggling"), "The procedure has no such source.", "source"),
    (
        masks,
        g.received(TOTAL_MAX // 1000),
        "The sum would be more than is counted",
        "quantity.thousandths",
    ),
    (
        masks,
        g.issued(1, cost=g.cny(TOTAL_MAX)),
        "The sum would be more than is counted",
        "cost.hundredths",
    ),
    (masks, g.issued(1, "castle"), "The zone knows no such enterprise.", "enterprise"),
    (masks, g.issued(1, gate={"x": True}), "The gate asks nothing of this name.", "gate.x"),
    (
        masks,
        g.issued(1, values={"x": {"kind": "flag", "yes": True}}),
        "The procedure asks for no such field.",
        "values.x",
    ),
    (masks, g.entry(), "The grant keeps something else.", "command.kind"),
    (
        masks,
        m.asked(kind="change_capacity", capacity=5, reason="More room."),
        "The grant keeps something else.",
        "command.kind",
    ),
    (
        masks,
        m.asked(kind="close_matter", ending="All over."),
        "There still is something in stock.",
        "on_hand",
    ),
    (passes, g.permit("p-2", "a-100"), "It overlaps with what is held", "subject"),
    (two_in_a_row, g.about("renew_permit", "p-1"), "It overlaps with what is held", "subject"),
    (
        passes,
        g.permit("p-2", "C-1", from_on=date(2026, 3, 1)),
        "Nothing is issued for a day in the past.",
        "from_on",
    ),
    (
        passes,
        g.permit("p-2", "C-1", from_on=date(2028, 1, 1)),
        "Nothing is issued so long before",
        "from_on",
    ),
    (passes, g.permit("p-2", "C-1", to_on=date(2026, 3, 1)), "It ends before it begins.", "to_on"),
    (
        passes,
        g.permit("p-2", "C-1", to_on=date(2026, 3, 9)),
        "It would last longer than the procedure",
        "to_on",
    ),
    (
        unpaid,
        g.entitled("e-2", to_on=date(9999, 12, 31)),
        "Nothing is issued for so long.",
        "to_on",
    ),
    (passes, g.permit("p-1", "C-1"), "Something was held under this name before.", "holding"),
    (passes, g.permit("old", "C-1"), "Something was held under this name before.", "holding"),
    (full_book, g.permit("p-3", "D-1"), "No more of it may be held at once.", "holding"),
    (passes, g.permit("p-2", "C-1", gate={}), "Every item of the gate is ticked", "gate.papers"),
    (
        passes,
        g.permit("p-2", "C-1", gate={"papers": False}),
        "Every item of the gate is ticked",
        "gate.papers",
    ),
    (passes, g.about("renew_permit", "p-9"), "Nothing of this name is held.", "holding"),
    (passes, g.about("renew_permit", "old"), "This is over already.", "holding"),
    (renewed, g.about("renew_permit", "p-1"), "It was renewed as often", "holding"),
    (
        passes,
        g.about("renew_permit", "p-1", to_on=SUNDAY),
        "It ends before it begins.",
        "to_on",
    ),
    (later, g.about("use_holding", "p-2"), "It does not hold yet.", "holding"),
    (
        passes,
        g.about("use_holding", "p-1", quantity=g.quantity(1, "pass")),
        "The use of a permit has no quantity",
        "quantity",
    ),
    (
        passes,
        g.about("use_holding", "p-1", cost=g.cny(1)),
        "The use of a permit has no quantity",
        "cost",
    ),
    (
        passes,
        m.asked(kind="close_matter", ending="All over."),
        "Something of it is still held.",
        "holdings",
    ),
    (full, g.entry("in-3", "file-3"), "The place is full.", "holding"),
    (
        full,
        m.asked(kind="change_capacity", capacity=1, reason="A floor is closed."),
        "More are held than there would be room for.",
        "capacity",
    ),
    (places, g.entry("in-2", "FILE-1"), "This person is in already.", "person"),
    (places, g.entry("in-2", "13900001111"), "A person is given by a reference", "person"),
    (places, g.entry("in-2", "11010519491231002X"), "A person is given by a reference", "person"),
    (
        places,
        g.about("record_monitoring", "in-1"),
        "A field that the procedure asks for is missing.",
        "values.celsius_tenths",
    ),
    (half_paid, g.used(2), "It is more than is left of the entitlement.", "quantity.thousandths"),
    (half_paid, g.about("use_holding", "e-1"), "It says how much of the entitlement", "quantity"),
    (half_paid, g.entitled("e-2"), "It overlaps with what is held", "subject"),
]


@pytest.mark.parametrize(
    ("made", "command", "says", "field"),
    REFUSED,
    ids=[f"{made.__name__}-{command.kind}-{field}" for made, command, _, field in REFUSED],
)
def test_what_a_grant_cannot_do_is_refused(made: Made, command: Any, says: str, field: str) -> None:
    story = made()
    actor = b.HOTLINE if command.kind == "use_holding" and made in (later, passes) else None
    with pytest.raises((InvalidRequestError, ConflictError, WrongPhaseError)) as refused:
        story.when(b.MON_10, command, actor or b.COORDINATOR)
    assert refused.value.message.startswith(says) or says in refused.value.message
    assert refused.value.field == field


def test_a_refusal_does_not_repeat_a_number_that_others_know() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        places().when(b.MON_10, g.entry("in-2", "13900001111"))
    assert "13900001111" not in str(refused.value)


def test_a_permit_without_a_duration_says_when_it_ends() -> None:
    story = g.opened("passes", g.changed(g.PASSES, duration=None))
    with pytest.raises(InvalidRequestError, match="It says on which day it ends"):
        story.when(b.MON_10, g.permit())
    assert story.when(b.MON_10, g.permit(to_on=SUNDAY)).events


def test_what_has_no_end_is_not_renewed() -> None:
    terms = g.changed(g.PASSES, duration=None, open_ended=True)
    story = g.opened("passes", terms).then(b.MON_10, g.permit())
    with pytest.raises(InvalidRequestError, match="What has no end is not renewed"):
        story.when(b.MON_11, g.about("renew_permit", "p-1"))


@pytest.mark.parametrize(
    ("procedure", "more", "says"),
    [
        ("supplies", {}, "The procedure counts in units of its own."),
        ("supplies", {"unit": "bed"}, "The procedure counts in units of its own."),
        ("supplies", {"unit": "mask", "capacity": 5}, "A stock has no capacity."),
        ("places", {}, "A place says how many fit in."),
    ],
)
def test_a_grant_that_cannot_be_is_not_opened(
    procedure: str, more: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        g.opened(procedure, **more)
    assert refused.value.message == says


@pytest.mark.parametrize(
    ("made", "command", "actor"),
    [
        (masks, g.received(5), b.OFFICER),
        (masks, g.issued(5), b.SUPERVISOR),
        (masks, g.issued(5), b.NEIGHBOUR),
        (masks, m.asked(kind="correct_stock", counted=g.quantity(1), reason="Lost."), b.OFFICER),
        (passes, g.permit("p-2", "C-1"), b.ENTERPRISE),
        (passes, g.about("use_holding", "p-1"), b.COORDINATOR),
        (places, g.about("leave_place", "in-1"), b.OFFICER),
        (half_paid, g.used(1), b.ENTERPRISE),
    ],
)
def test_only_those_whom_the_rows_mean_may_act(made: Made, command: Any, actor: Actor) -> None:
    story = made()
    with pytest.raises(NotPermittedError):
        story.when(b.MON_10, command, actor)


def test_the_tier_over_an_enterprise_may_issue_to_its_own() -> None:
    assert masks().when(b.MON_10, g.issued(5), b.OFFICER).events


@pytest.mark.parametrize(
    ("rule", "changes", "says"),
    [
        (g.SUPPLIES, {"keeps": "permits"}, "procedure"),
        (g.SUPPLIES, {"units": [{"id": "box", "name": m.name("boxes"), "low": 1}]}, "unit"),
        (g.SUPPLIES, {"sources": g.named("donation")}, "source"),
    ],
)
def test_terms_that_lack_what_a_grant_stands_on_are_not_adopted(
    rule: dict[str, Any], changes: dict[str, Any], says: str
) -> None:
    bare = (
        {}
        if "keeps" not in changes
        else dict.fromkeys(("sources", "low_tells", "refill", "split", "receives_by"))
        | {"units": g.named("mask")}
    )
    target = g.changed(rule, **(bare | changes))
    story = masks()
    context = b.context(b.MON_10, story.terms, target)
    adopt = m.sent(AdoptMatterTerms(terms=target.hash), ENGINE)
    with pytest.raises(InvalidRequestError, match=says):
        decide_matter(story.now, adopt, context)


@pytest.mark.parametrize(
    ("rule", "changes", "says"),
    [
        (g.SUPPLIES, {"sources": None}, "names the sources"),
        (g.SUPPLIES, {"gate": None, "watch": g.PLACES["watch"]}, "watch is for places"),
        (g.SUPPLIES, {"units": g.named("mask")}, "go with a unit that has a low"),
        (g.PASSES, {"split": 0}, "split is for"),
        (g.PASSES, {"open_ended": True}, "is not open-ended"),
        (g.PASSES, {"gate": g.named("papers", "papers")}, "gate item 'papers' twice"),
        (g.TESTS, {"units": g.named("test", "test")}, "unit 'test' twice"),
        (g.SUPPLIES, {"sources": g.named("gift", "gift")}, "source 'gift' twice"),
    ],
)
def test_a_procedure_that_contradicts_itself_is_no_procedure(
    rule: dict[str, Any], changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValidationError, match=says):
        g.changed(rule, **changes)
