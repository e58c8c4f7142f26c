"""What an instrument of supervision may say, and where an order goes that nobody answers."""

from typing import Any

import builders as b
import builders_orders as o
import pytest
from builders_sound import SOUND
from pydantic import ValidationError

from domain.order_notices import order_notices_of
from domain.proof_of_supervision import supervision_problems
from domain.proof_times import period_of
from domain.supervision_rules import Instrument
from domain.terms import Terms


def reminder(**changes: Any) -> dict[str, Any]:
    """Return the reminder with some of it changed."""
    return o.INSTRUMENTS[0] | changes


@pytest.mark.parametrize(
    ("rungs", "said"),
    [
        ([o.HALF | {"id": "limit"}, o.DUE], "rung 'limit' twice"),
        ([o.AGAIN, o.HALF | {"id": "again.2"}, o.DUE], "rung 'again.2' twice"),
        ([o.HALF, o.DUE | {"effect": "escalate"}], "rung limit may remind or record, not escalate"),
        ([o.HALF | {"effect": "review"}, o.DUE], "rung half may remind or record, not review"),
    ],
)
def test_rungs_that_no_order_could_ring_are_refused(rungs: list[Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Instrument.model_validate(reminder(rungs=rungs))


@pytest.mark.parametrize(
    ("limit", "before", "is_sound"),
    [
        (o.hours(4), o.hours(3), True),
        (o.hours(4), o.hours(4), False),
        (o.days(1), {"kind": "wall", "minutes": 60}, True),
        (o.days(1), {"kind": "wall", "minutes": 600_000}, False),
    ],
)
def test_a_reminder_comes_within_the_limit(limit: Any, before: Any, is_sound: bool) -> None:
    early = {"id": "early", "before": before, "effect": "remind"}
    ladder = [reminder(limit=limit, rungs=[early, o.DUE]), *o.INSTRUMENTS[1:]]
    handbook = b.handbook(**SOUND | {"supervision": o.SUPERVISION | {"instruments": ladder}})
    period = period_of(b.CALENDAR)
    found = [
        problem.key
        for problem in supervision_problems(handbook, period, b.CALENDAR)
        if problem.rule == "R4.1"
    ]
    assert found == ([] if is_sound else ["supervision.instruments.reminder.rungs.0.before"])


def from_the_notice_on(**changes: Any) -> Terms:
    """Return terms by which the notice's next step is changed."""
    notice = o.INSTRUMENTS[1] | changes
    return o.terms(instruments=[o.INSTRUMENTS[0], notice, *o.INSTRUMENTS[2:]])


@pytest.mark.parametrize(("next_step", "ends_at"), [("interview", "interview"), ("order", None)])
def test_an_instrument_without_a_limit_takes_over_the_next_step_if_that_is_further_down(
    next_step: str, ends_at: str | None
) -> None:
    terms = from_the_notice_on(on_timeout=next_step)
    story = o.OrderStory(judged_by=terms).then(b.MON_9, o.issue(instrument="notice"))
    story.then(b.MON_10, o.cmd.RaiseOrder(to="criticism", reason="Enough."), o.LEADER)
    story.until(b.local(1, 10))
    assert story.now.instrument == (ends_at or "criticism")
    assert story.kinds.count("order_unanswered") == 1


def test_an_appeal_is_told_to_the_issuer_and_to_the_first_who_may_rule_on_it() -> None:
    story = o.issued().until(b.MON_13).then(b.MON_13, o.APPEAL, o.UNIT)
    told = order_notices_of(story.events[-1], story.now, o.TERMS.handbook)
    judges = [
        post.id
        for post in o.TERMS.handbook.posts
        if post.tier is not None and post.tier >= 3 and post.unit != "roads"
    ]
    assert [notice.addressee for notice in told] == ["supervision", judges[0]]
