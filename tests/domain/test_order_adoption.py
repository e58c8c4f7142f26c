"""An order that moves to other terms: the same length from the same instant, counted anew."""

from datetime import date
from typing import Any

import builders as b
import builders_orders as o
import pytest

from domain.calendar import WorkingCalendar
from domain.clocks import RungDue
from domain.decisions import RULES, Context
from domain.decisions.order_draft import OrderDecision
from domain.decisions.orders import decide_order
from domain.errors import InvalidRequestError, NotPermittedError
from domain.order_commands import AdoptOrderTerms
from domain.order_events import OrderTermsAdopted
from domain.orders import SupervisionOrder
from domain.people import ENGINE, Actor
from domain.terms import Terms


def instruments(**changes: Any) -> list[dict[str, Any]]:
    """Return the ladder with the reminder changed."""
    return [o.INSTRUMENTS[0] | changes, *o.INSTRUMENTS[1:]]


def adopted(
    order: SupervisionOrder, target: Terms, at: Any = b.MON_10, actor: Actor = ENGINE
) -> OrderDecision:
    """Return what a move to `target` comes to."""
    submission = o.submission(AdoptOrderTerms(terms=target.hash), actor)
    context = Context(at=at, terms=o.TERMS, rules=RULES, target=target)
    return decide_order(order, submission, context)


def test_only_the_engine_moves_an_order() -> None:
    with pytest.raises(NotPermittedError):
        adopted(o.issued().now, o.terms(warnings=None), actor=o.SUPERVISOR)


def test_the_same_terms_are_no_move() -> None:
    assert adopted(o.issued().now, o.TERMS).events == ()


def test_what_was_owed_before_the_move_comes_first_by_the_terms_of_then() -> None:
    decision = adopted(o.issued().now, o.terms(warnings=None), b.MON_13)
    kinds = [event.kind for event in decision.events]
    assert kinds[-2:] == ["order_raised", "order_terms_adopted"]
    assert decision.order.terms == o.terms(warnings=None).hash


def test_a_limit_keeps_its_length_whatever_the_instrument_has_now() -> None:
    longer = o.terms(instruments=instruments(limit=o.hours(40)))
    order = adopted(o.issued().now, longer).order
    assert order.run is not None
    assert order.run.due_at == b.MON_13
    fresh = o.OrderStory(longer, order).then(b.MON_10, o.REPLY, o.UNIT).then(b.MON_11, o.REFUSE)
    assert fresh.now.run is not None
    assert fresh.now.run.due_at == b.local(7, 11)


def test_rungs_are_those_of_the_new_terms_and_those_left_out_are_named() -> None:
    near = {"id": "near", "percent": 75, "effect": "remind"}
    decision = adopted(o.issued().now, o.terms(instruments=instruments(rungs=[near, o.DUE])))
    (event,) = decision.events
    assert isinstance(event, OrderTermsAdopted)
    assert event.superseded == ("half",)
    assert event.run is not None
    assert [(rung.id, rung.due_at) for rung in event.run.rungs] == [
        ("near", b.local(hour=12)),
        ("limit", b.MON_13),
    ]


def test_what_has_fired_does_not_fire_again() -> None:
    story = o.issued().until(b.MON_11)
    order = adopted(story.now, o.terms(warnings=None), b.MON_11).order
    assert order.run is not None
    assert [rung.id for rung in order.run.rungs] == ["limit"]
    last = o.issued().until(b.local(6))
    after = adopted(last.now, o.terms(warnings=None), b.local(6)).order
    assert after.breached_at == last.now.breached_at
    assert after.next_rung == last.now.next_rung


def after_the_breach(**changes: Any) -> SupervisionOrder:
    """Return an interview that was not answered, moved to terms with other rungs of it."""
    story = o.OrderStory().then(b.MON_9, o.issue(instrument="interview"), o.LEADER)
    story.until(b.local(1, 10))
    assert story.now.breached_at == b.MON_17
    ladder = [*o.INSTRUMENTS[:-1], o.INSTRUMENTS[-1] | changes]
    return adopted(story.now, o.terms(instruments=ladder), b.local(1, 10)).order


def test_a_limit_that_has_passed_does_not_pass_again_under_another_name() -> None:
    order = after_the_breach(rungs=[o.HALF, o.DUE | {"id": "due"}, o.AGAIN])
    assert order.run is not None
    assert [rung.id for rung in order.run.rungs] == ["again.1"]


def test_a_repeat_with_another_name_goes_on_from_now() -> None:
    hourly = o.AGAIN | {"id": "anew", "every": o.hours(1)}
    order = after_the_breach(rungs=[o.HALF, o.DUE, hourly])
    assert order.run is not None
    assert [(rung.id, rung.due_at) for rung in order.run.rungs] == [("anew.2", b.local(1, 11))]


def test_a_rung_that_was_never_promised_does_not_fire_for_what_is_past() -> None:
    early = {"id": "quarter", "percent": 25, "effect": "remind"}
    order = adopted(
        o.issued().until(b.MON_11).now,
        o.terms(instruments=instruments(rungs=[early, o.HALF, o.DUE])),
        b.MON_11,
    ).order
    assert order.run is not None
    assert [rung.id for rung in order.run.rungs] == ["limit"]


def test_a_limit_that_has_not_passed_is_kept_under_whatever_name() -> None:
    renamed = o.terms(instruments=instruments(rungs=[o.DUE | {"id": "due"}]))
    order = adopted(o.issued().now, renamed).order
    assert order.run is not None
    assert [(rung.id, rung.due_at) for rung in order.run.rungs] == [("due", b.MON_13)]
    taken = o.terms(instruments=instruments(rungs=[o.DUE | {"id": "half"}]))
    with pytest.raises(InvalidRequestError):
        adopted(o.issued().until(b.MON_11).now, taken, b.MON_11)


def with_day_off(terms: Terms, day: date) -> Terms:
    """Return terms by whose calendar a day is a holiday."""
    off = {"kind": "closed", "on": day, "name": {"zh": "放假", "en": "holiday"}}
    plain = b.CALENDAR.model_dump() | {"overrides": [off]}
    return terms.with_calendar(WorkingCalendar.model_validate(plain))


def test_a_limit_that_has_passed_does_not_pass_again_when_a_holiday_is_published() -> None:
    story = o.OrderStory().then(b.MON_9, o.issue(instrument="interview"), o.LEADER)
    story.until(b.local(1, 10))
    rungs = [o.HALF, o.DUE | {"id": "due"}, o.AGAIN]
    ladder = [*o.INSTRUMENTS[:-1], o.INSTRUMENTS[-1] | {"rungs": rungs}]
    target = with_day_off(o.terms(instruments=ladder), date(2026, 3, 2))
    order = adopted(story.now, target, b.local(1, 10)).order
    assert order.run is not None
    assert "due" not in {rung.id for rung in order.run.rungs}


def test_a_limit_that_comes_to_lie_in_the_past_still_ends_under_whatever_name() -> None:
    before = with_day_off(o.TERMS, date(2026, 3, 3))
    story = o.OrderStory(judged_by=before).then(b.MON_13, o.issue(instrument="notice"))
    story.until(b.local(2, 10))
    notice = o.INSTRUMENTS[1] | {"rungs": [o.HALF, o.DUE | {"id": "due"}]}
    target = o.terms(instruments=[o.INSTRUMENTS[0], notice, *o.INSTRUMENTS[2:]])
    submission = o.submission(AdoptOrderTerms(terms=target.hash), ENGINE)
    context = Context(at=b.local(2, 10), terms=before, rules=RULES, target=target)
    order = decide_order(story.now, submission, context).order
    assert order.next_rung == RungDue(id="due", due_at=b.local(1, 13))


def test_an_order_that_owes_nothing_moves_without_a_limit() -> None:
    answered = o.issued().then(b.MON_9, o.REPLY, o.UNIT).now
    order = adopted(answered, o.terms(warnings=None)).order
    assert (order.run, order.standing) == (None, answered.standing)


@pytest.mark.parametrize(
    ("target", "field"),
    [
        (b.TERMS, "supervision.instruments"),
        (o.terms(instruments=o.INSTRUMENTS[1:]), "supervision.instruments"),
        (
            o.terms(instruments=instruments(limit=None, rungs=[], on_timeout=None)),
            "supervision.instruments.limit",
        ),
        (
            b.terms_of(
                supervision=o.SUPERVISION,
                posts=[post for post in o.POSTS if post.get("unit") != "roads"],
            ),
            "unit",
        ),
    ],
)
def test_terms_without_what_the_order_names_are_refused(target: Terms, field: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        adopted(o.issued().now, target)
    assert refused.value.field == field
