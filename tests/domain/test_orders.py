"""A supervision order: issued, answered, judged, raised by time and by act, appealed, over."""

import json

import builders as b
import builders_orders as o
import pytest
from pydantic import ValidationError

from domain.errors import ConflictError, InvalidRequestError, UnknownOrderError, WrongPhaseError
from domain.order_commands import read_order_submission
from domain.order_events import OrderIssued, OrderRaised, OrderReplied, OrderRungFired
from domain.order_words import OrderStanding, ReplyVerdict, Ruling
from domain.people import ENGINE

NOON = b.local(hour=13)
"""When a reminder of four open hours, issued at nine, is due."""


def test_an_order_says_who_asks_whom_about_what_and_until_when() -> None:
    order = o.issued().now
    assert (order.standing, order.instrument, order.unit) == (
        OrderStanding.OPEN,
        "reminder",
        "roads",
    )
    assert (order.issuer.person, order.issuer.post) == ("supervision.a", "supervision")
    assert order.issues == (b.KEY,)
    assert order.run is not None
    assert order.run.due_at == NOON


def test_the_tier_of_a_leader_who_issues_is_kept() -> None:
    story = o.OrderStory().then(b.MON_9, o.issue(instrument="interview"), o.LEADER)
    assert story.now.issuer.tier == 3


def test_an_instrument_without_a_limit_asks_for_nothing_and_leaves_nothing_open() -> None:
    order = o.issued(instrument="criticism").now
    assert (order.standing, order.run) == (OrderStanding.SETTLED, None)
    assert order.ended_at == b.MON_9


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"instrument": "flogging"}, "instrument"),
        ({"unit": "nobody"}, "unit"),
        ({"unit": "archive"}, "unit"),
        ({"ground": {"kind": "rule", "rule": "no-such"}}, "ground.rule"),
        ({"issues": ("a", "b", "a")}, "issues"),
    ],
)
def test_an_order_that_names_what_is_not_there_is_refused(
    changes: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        o.when(None, o.issue(**changes), o.SUPERVISOR)
    assert refused.value.field == field
    assert refused.value.allowed or field == "issues"


@pytest.mark.parametrize("rule", ["g-silent", "handling"])
def test_an_order_may_rest_on_a_ground_of_warnings_or_on_a_clock(rule: str) -> None:
    decision = o.when(None, o.issue(ground={"kind": "rule", "rule": rule}), o.SUPERVISOR)
    (event,) = decision.events
    assert isinstance(event, OrderIssued)
    assert event.ground.model_dump() == {"kind": "rule", "rule": rule}


@pytest.mark.parametrize("count", [0, 201])
def test_an_order_covers_one_issue_to_two_hundred(count: int) -> None:
    with pytest.raises(ValidationError):
        o.issue(issues=tuple(f"k{number}" for number in range(count)))
    assert len(o.issue(issues=tuple(f"k{number}" for number in range(200))).issues) == 200


def test_a_zone_without_supervision_has_no_instruments() -> None:
    with pytest.raises(InvalidRequestError, match="No such instrument"):
        o.when(None, o.issue(), o.SUPERVISOR, judged_by=b.TERMS)


def test_a_key_stands_for_one_order() -> None:
    with pytest.raises(ConflictError, match="before"):
        o.when(o.issued().now, o.issue(), o.SUPERVISOR)


def test_nothing_can_be_asked_of_an_order_that_is_not_there() -> None:
    with pytest.raises(UnknownOrderError):
        o.when(None, o.REPLY, o.UNIT)


def test_a_reply_stops_the_limit_and_its_acceptance_settles_the_order() -> None:
    story = o.issued().then(b.MON_11, o.REPLY, o.UNIT)
    assert (story.now.standing, story.now.next_rung) == (OrderStanding.ANSWERED, None)
    story.until(b.NEXT_FRI_9).then(b.NEXT_FRI_9, o.ACCEPT, o.OTHER_SUPERVISOR)
    assert story.now.standing is OrderStanding.SETTLED
    assert story.now.replies[0].verdict is ReplyVerdict.ACCEPTED
    assert story.kinds == ["order_issued", "order_rung_fired", "order_replied", "reply_accepted"]


def test_a_refused_reply_is_owed_again_within_a_fresh_limit() -> None:
    story = o.issued().then(b.MON_11, o.REPLY, o.UNIT).then(b.MON_15, o.REFUSE)
    assert story.now.standing is OrderStanding.OPEN
    assert story.now.cycle == 2
    assert story.now.run is not None
    assert story.now.run.due_at == b.local(1, 11)
    story.then(b.TUE_9, o.REPLY, o.COLLEAGUE)
    assert [reply.verdict for reply in story.now.replies] == [ReplyVerdict.REFUSED, None]


def test_a_reply_after_the_limit_counts_and_is_marked_late() -> None:
    alone = o.terms(instruments=[o.INSTRUMENTS[0] | {"on_timeout": None}], warnings=None)
    story = o.OrderStory(alone).then(b.MON_9, o.issue()).until(b.TUE_9)
    assert story.kinds[-1] == "order_unanswered"
    story.then(b.TUE_9, o.REPLY, o.UNIT)
    assert isinstance(story.events[-1], OrderReplied)
    assert story.events[-1].late
    assert story.now.replies[0].late


def test_the_issuers_side_may_lift_an_order_answered_or_not() -> None:
    for story in (o.issued(), o.issued().then(b.MON_10, o.REPLY, o.UNIT)):
        story.then(b.MON_11, o.LIFT, o.OTHER_SUPERVISOR)
        assert story.now.standing is OrderStanding.LIFTED
        assert (story.now.next_rung, story.now.ended_at) == (None, b.MON_11)


@pytest.mark.parametrize("command", [o.REPLY, o.ACCEPT, o.REFUSE, o.LIFT, o.RAISE])
def test_nothing_but_an_appeal_changes_an_order_that_is_over(command: object) -> None:
    story = o.issued().then(b.MON_10, o.LIFT)
    actor = o.UNIT if command is o.REPLY else o.SUPERVISOR
    with pytest.raises(WrongPhaseError) as refused:
        o.when(story.now, command, actor, b.MON_11)  # type: ignore[arg-type]  # a parameter is an object
    assert refused.value.value == "lifted"


@pytest.mark.parametrize("command", [o.ACCEPT, o.REFUSE])
def test_there_is_no_verdict_before_a_reply(command: object) -> None:
    with pytest.raises(WrongPhaseError):
        o.when(o.issued().now, command, o.SUPERVISOR)  # type: ignore[arg-type]  # as above


# Time --------------------------------------------------------------------------------------------


def test_silence_climbs_from_instrument_to_instrument_each_with_its_own_limit() -> None:
    story = o.issued().until(b.local(30))
    steps = [e for e in story.events if isinstance(e, OrderRaised)]
    assert [(e.came_from, e.to, e.at) for e in steps] == [
        ("reminder", "notice", NOON),
        ("notice", "order", b.local(1, 13)),
        ("order", "interview", b.local(3, 13)),
    ]
    assert [step.person for step in story.now.raised] == [None] * 3
    assert story.kinds.count("order_unanswered") == 4


def test_the_last_instrument_reminds_again_and_again_and_then_rests() -> None:
    story = o.issued().until(b.local(60))
    again = [e for e in story.events if isinstance(e, OrderRungFired) and e.percent is None]
    assert [e.rung for e in again] == ["again.1", "again.2", "again.3"]
    assert [e.due_at for e in again] == [b.local(day, 13) for day in (7, 8, 9)]
    assert (story.now.standing, story.now.next_rung) == (OrderStanding.OPEN, None)


def test_after_an_outage_one_repeat_stands_for_all_that_were_missed() -> None:
    story = o.issued().until(b.local(4, 13))
    rung = story.now.next_rung
    assert rung is not None
    story.then(b.local(8, 15), o.ring(story.now.cycle, rung.id), ENGINE)
    fired = story.events[-1]
    assert isinstance(fired, OrderRungFired)
    assert (fired.rung, fired.skipped, fired.late_by_us) == ("again.1", ("again.2",), True)
    assert fired.next is not None
    assert fired.next.id == "again.3"


def test_time_comes_before_any_act() -> None:
    """The reply of 13:01 finds the limit of 13:00 passed, whether or not anybody rang."""
    late = o.when(o.issued().now, o.REPLY, o.UNIT, b.local(hour=13, minute=1))
    kinds = [event.kind for event in late.events]
    assert kinds == [
        *["order_rung_fired"] * 2,
        *["order_unanswered", "order_raised", "order_replied"],
    ]
    assert late.order.instrument == "notice"


def test_an_expected_version_counts_what_time_has_done() -> None:
    with pytest.raises(ConflictError) as refused:
        o.when(o.issued().now, o.REPLY, o.UNIT, NOON, expected_version=1)
    assert refused.value.allowed == "5, its present version"


def test_a_stale_ring_yields_nothing() -> None:
    story = o.issued().until(NOON)
    assert o.when(story.now, o.ring(1, "limit"), ENGINE, b.MON_15).events == ()


def test_a_step_up_by_time_never_ends_the_duty_to_reply() -> None:
    """An instrument without a limit goes on under the limit of the one before."""
    first, *_, criticism, _last = o.INSTRUMENTS
    ladder = [first | {"on_timeout": "criticism"}, criticism]
    story = (
        o.OrderStory(o.terms(instruments=ladder, warnings=None))
        .then(b.MON_9, o.issue())
        .until(NOON)
    )
    assert (story.now.instrument, story.now.limit_of) == ("criticism", "reminder")
    assert story.now.run is not None
    assert story.now.run.due_at == b.MON_17


# By act ------------------------------------------------------------------------------------------


def test_an_order_is_raised_by_act_before_its_limit() -> None:
    story = o.issued().then(b.MON_10, o.RAISE)
    assert (story.now.instrument, story.now.cycle) == ("order", 2)
    assert story.now.run is not None
    assert story.now.run.due_at == b.local(2, 10)
    assert [step.person for step in story.now.raised] == ["supervision.a"]


@pytest.mark.parametrize("to", ["reminder", "notice", "nowhere"])
def test_an_order_is_raised_only_to_what_comes_after(to: str) -> None:
    story = o.issued(instrument="notice")
    with pytest.raises(InvalidRequestError) as refused:
        o.when(story.now, o.RAISE.model_copy(update={"to": to}), o.SUPERVISOR)
    assert refused.value.allowed == "criticism, interview, order"


def test_a_reply_is_judged_before_anything_stronger_is_used() -> None:
    story = o.issued().then(b.MON_10, o.REPLY, o.UNIT)
    with pytest.raises(WrongPhaseError):
        o.when(story.now, o.RAISE, o.SUPERVISOR, b.MON_11)


def test_replies_are_not_refused_without_end() -> None:
    story = o.issued()
    for _ in range(49):
        story.then(b.MON_10, o.REPLY, o.UNIT).then(b.MON_10, o.REFUSE)
    story.then(b.MON_10, o.REPLY, o.UNIT)
    with pytest.raises(WrongPhaseError, match="As many replies"):
        o.when(story.now, o.REFUSE, o.SUPERVISOR)


# Appeals -----------------------------------------------------------------------------------------


def test_the_unit_appeals_a_fact_and_another_person_above_rules() -> None:
    story = o.issued().then(b.MON_10, o.APPEAL, o.UNIT).then(b.MON_11, o.ANNUL, o.LEADER)
    assert story.now.annulled == {1}
    assert story.now.standing is OrderStanding.OPEN
    upheld = o.issued().then(b.MON_10, o.APPEAL, o.UNIT).then(b.MON_11, o.UPHOLD, o.LEADER)
    assert upheld.now.annulled == frozenset()
    assert [a.ruling for a in upheld.now.appeals] == [Ruling.UPHOLD]


def test_each_thing_that_can_count_can_be_appealed_once() -> None:
    story = o.issued().until(NOON)
    facts = {fact.version: fact.kind for fact in story.now.facts}
    assert facts == {1: "order_issued", 4: "order_unanswered", 5: "order_raised"}
    story.then(NOON, o.APPEAL, o.UNIT)
    assert story.now.appeals[0].version == 5
    for version in (5, 2, 99):
        with pytest.raises(InvalidRequestError) as refused:
            o.when(story.now, o.APPEAL.model_copy(update={"version": version}), o.UNIT, b.MON_15)
        assert refused.value.allowed == "1, 4"


def test_an_appeal_has_its_time_counted_in_the_zones_working_days() -> None:
    story = o.issued().then(b.MON_10, o.LIFT)
    assert o.when(story.now, o.APPEAL, o.UNIT, b.TUE_17).order.appeals
    with pytest.raises(WrongPhaseError, match="over"):
        o.when(story.now, o.APPEAL, o.UNIT, b.local(1, 17, 1))


def test_of_two_appeals_the_ruling_says_which() -> None:
    story = o.issued().until(NOON)
    for version in (1, 4):
        story.then(NOON, o.APPEAL.model_copy(update={"version": version}), o.UNIT)
    with pytest.raises(InvalidRequestError) as refused:
        o.when(story.now, o.ANNUL, o.LEADER, b.MON_15)
    assert refused.value.allowed == "1, 4"
    story.then(b.MON_15, o.ANNUL.model_copy(update={"version": 4}), o.LEADER)
    story.then(b.MON_15, o.UPHOLD, o.LEADER)
    assert story.now.annulled == {4}


def test_a_zone_without_warnings_has_nothing_to_appeal() -> None:
    bare = o.terms(warnings=None)
    story = o.OrderStory(bare).then(b.MON_9, o.issue())
    with pytest.raises(WrongPhaseError, match="no warnings"):
        o.when(story.now, o.APPEAL, o.UNIT, judged_by=bare)


# What comes in -----------------------------------------------------------------------------------


def test_what_cannot_be_read_is_refused_with_field_and_bounds() -> None:
    sent = o.submission(o.issue()).model_dump(mode="json")
    sent["command"]["issues"] = []
    with pytest.raises(InvalidRequestError) as refused:
        read_order_submission(json.dumps(sent))
    assert refused.value.field == "command.issue_order.issues"
    with pytest.raises(InvalidRequestError, match="too large"):
        read_order_submission("x" * 64_001)


def test_what_took_place_lies_in_the_past() -> None:
    with pytest.raises(InvalidRequestError, match="already"):
        o.when(o.issued().now, o.REPLY, o.UNIT, b.MON_10, occurred_at=b.MON_11)
