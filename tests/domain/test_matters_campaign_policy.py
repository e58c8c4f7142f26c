"""Campaigns that pay: a policy delivered, corrected; and other terms while a campaign runs."""

from typing import Any

import builders as b
import builders_matters as m
import campaigns_told as c
import pytest

from domain.errors import InvalidRequestError, IssueError
from domain.matters.campaign.events import (
    StepCorrected,
    StepStruck,
    TargetExcluded,
)
from domain.matters.values import Amount, Count

CNY = {"kind": "amount", "currency": "CNY"}


def paid(hundredths: int) -> dict[str, object]:
    """Return the values of a payment."""
    return {
        "amount": CNY | {"hundredths": hundredths},
        "paid_on": {"kind": "day", "on": "2026-03-02"},
    }


def test_a_policy_matched_to_87_firms_goes_on_with_86_when_one_proves_ineligible() -> None:
    story = c.opened("policy", targets=()).then(b.MON_10, c.of_many(c.FIRMS, "pushed"))
    story.then(
        b.MON_11,
        m.asked(
            kind="exclude_target",
            enterprise="firm-40",
            code="ineligible",
            reason="Its licence lapsed.",
        ),
    )
    assert isinstance(c.last(story), TargetExcluded)
    numbers = c.figures(story)
    assert numbers["targets"].part == Count(n=86)
    assert numbers["excluded.ineligible"].part == Count(n=1)
    assert (numbers["pushed.done"].part, numbers["pushed.done"].whole) == (
        Count(n=86),
        Count(n=86),
    )


def test_a_policy_is_paid_with_amount_and_day_and_the_sum_says_of_how_many() -> None:
    story = c.opened("policy", targets=()).then(b.MON_10, c.of_many(c.FIRMS[:2], "pushed"))
    for number, firm in enumerate(c.FIRMS[:2], start=1):
        story.then(b.MON_10, c.taken(firm, "applied"), c.representative(firm))
        story.then(b.MON_11, c.taken(firm, "approved"))
        story.then(b.MON_13, c.taken(firm, "paid", values=paid(number * 100)))
    numbers = c.figures(story)
    assert numbers["paid.amount"].part == Amount(hundredths=300, currency="CNY")
    assert numbers["paid.amount.enterprises"].part == Count(n=2)


def test_a_correction_puts_the_sum_right_and_keeps_what_stood_there() -> None:
    story = c.opened("policy", targets=c.FIRMS[:1])
    for id_ in ("pushed", "applied", "approved"):
        story.then(b.MON_10, c.taken("firm-01", id_))
    story.then(b.MON_11, c.taken("firm-01", "paid", values=paid(700)))
    story.then(
        b.MON_13,
        m.asked(
            kind="correct_step",
            enterprise="firm-01",
            step="paid",
            values=paid(500),
            reason="A digit was wrong.",
        ),
    )
    event = c.last(story)
    assert isinstance(event, StepCorrected)
    assert event.old["amount"] == Amount(hundredths=700, currency="CNY")
    assert c.figures(story)["paid.amount"].part == Amount(hundredths=500, currency="CNY")
    assert c.figures(story)["paid.acts"].part == Count(n=1)


def test_a_refused_application_ends_the_course_of_the_enterprise() -> None:
    story = c.opened("policy", targets=c.FIRMS[:2])
    for id_ in ("pushed", "applied", "refused"):
        story.then(b.MON_10, c.taken("firm-01", id_))
    assert c.target_of(story, "firm-01").finished
    assert c.campaign(story).left == 1


def test_other_terms_hold_for_a_running_campaign_that_they_know() -> None:
    story = c.opened("notices").then(b.MON_10, c.taken("mill", "delivered"))
    renamed = c.terms([c.changed(c.NOTICES, "delivered", name=m.name("handed over"))])
    assert c.adopted(story, b.MON_11, renamed).matter.terms == renamed.hash


@pytest.mark.parametrize(
    ("procedure", "changes", "lost"),
    [
        (c.NOTICES, {"steps": c.NOTICES["steps"][1:2]}, "delivered"),
        (c.NOTICES, {"steps": c.NOTICES["steps"][:1]}, "step-read"),
        (c.SURVEY, {"unanswered": None}, "no-sign"),
        (c.DAILY, {"cadence": None}, "cut-off"),
    ],
    ids=["a step that was taken", "a step waited for", "a sign waited for", "reports"],
)
def test_terms_without_what_a_campaign_stands_on_are_refused(
    procedure: dict[str, Any], changes: dict[str, Any], lost: str
) -> None:
    story = c.opened(procedure["id"])
    if procedure is c.NOTICES:
        story.then(b.MON_10, c.taken("mill", "delivered"))
    others = procedure | changes
    if lost == "delivered":
        others["steps"] = [c.step("read")]
    with pytest.raises(InvalidRequestError, match="no longer holds") as refused:
        c.adopted(story, b.MON_11, c.terms([others]))
    assert refused.value.value == lost


def test_terms_that_count_in_another_currency_are_refused_once_something_was_counted() -> None:
    story = c.opened("policy", targets=c.FIRMS[:1])
    dollars = c.changed(
        c.POLICY,
        "paid",
        fields=[c.asks("amount", "amount", currency="USD"), c.asks("paid_on", "day")],
    )
    for id_ in ("pushed", "applied", "approved"):
        story.then(b.MON_10, c.taken("firm-01", id_))
    c.adopted(story, b.MON_11, c.terms([dollars]))
    story.then(b.MON_11, c.taken("firm-01", "paid", values=paid(700)))
    with pytest.raises(InvalidRequestError, match="no longer holds"):
        c.adopted(story, b.MON_11, c.terms([dollars]))


def struck(enterprise: str, id_: str) -> Any:
    """Return the command that takes a step back."""
    return m.asked(
        kind="strike_step", enterprise=enterprise, step=id_, reason="It was another firm's."
    )


def test_a_payment_recorded_of_the_wrong_firm_is_taken_back_and_may_be_recorded_anew() -> None:
    story = c.opened("policy", targets=c.FIRMS[:2])
    for id_ in ("pushed", "applied", "approved"):
        story.then(b.MON_10, c.of_many(c.FIRMS[:2], id_))
    story.then(b.MON_11, c.taken("firm-01", "paid", values=paid(700)))
    story.then(b.MON_13, struck("firm-01", "paid"))
    event = c.last(story)
    assert isinstance(event, StepStruck)
    assert event.old["amount"] == Amount(hundredths=700, currency="CNY")
    assert (c.campaign(story).left, c.figures(story)["paid.amount"].part) == (2, None)
    story.then(b.MON_13, c.taken("firm-01", "paid", values=paid(500)))
    assert c.figures(story)["paid.amount"].part == Amount(hundredths=500, currency="CNY")


def test_of_a_step_taken_again_and_again_the_last_time_is_taken_back() -> None:
    story = c.opened("visits")
    for number in (2, 3):
        values = {"visitors": {"kind": "count", "n": number}}
        story.then(b.MON_10, c.taken("mill", "visit", values=values))
    story.then(b.MON_11, struck("mill", "visit"))
    numbers = c.figures(story)
    assert (numbers["visit.visitors"].part, numbers["visit.acts"].part) == (Count(n=2), Count(n=1))
    assert c.target_of(story, "mill").finished
    story.then(b.MON_11, struck("mill", "visit"))
    assert not c.target_of(story, "mill").finished


def test_what_a_struck_step_had_set_off_is_waited_for_no_more_and_itself_again() -> None:
    story = c.opened("notices").then(b.MON_10, c.taken("mill", "delivered"))
    story.then(b.MON_11, struck("mill", "delivered"))
    assert story.matter.dues == ()
    story.then(b.MON_11, c.taken("mill", "delivered"))
    story.then(b.MON_13, c.taken("mill", "read"), b.ENTERPRISE)
    story.then(b.MON_15, struck("mill", "read"))
    assert [(due.clock, due.due_at) for due in story.matter.dues] == [("step-read", b.local(2, 15))]


def test_who_answered_nothing_after_all_is_waited_for_again() -> None:
    story = c.opened("survey", targets=["mill"])
    answer = {"orders": {"kind": "choice", "id": "up"}}
    story.then(b.MON_10, c.taken("mill", "answered", values=answer))
    assert story.matter.dues == ()
    story.then(b.MON_11, struck("mill", "answered"))
    assert [due.due_at for due in story.matter.dues] == [b.local(1, 11)]


@pytest.mark.parametrize(
    ("procedure", "id_", "message"),
    [
        ("policy", "explained", "taken back"),
        ("policy", "pushed", "rests on this one"),
        ("daily", "report", "corrected, not taken back"),
    ],
)
def test_what_cannot_be_taken_back_stays(procedure: str, id_: str, message: str) -> None:
    if procedure == "policy":
        story = c.opened("policy", targets=c.FIRMS[:1])
        for step in ("pushed", "applied"):
            story.then(b.MON_10, c.taken("firm-01", step))
    else:
        story = c.opened("daily", targets=["mill"])
        values = {"staff": {"kind": "ratio", "part": 1, "whole": 2}}
        story.then(b.MON_10, c.taken("mill", "report", values=values, note="Odd."))
    with pytest.raises(IssueError, match=message):
        story.when(b.MON_11, struck(story.matter.enterprises[0], id_))
