"""Who may ask what of a supervision order, and that no person stands on both sides of one."""

import builders as b
import builders_orders as o
import pytest

from domain.errors import NotPermittedError
from domain.order_commands import OrderCommand
from domain.order_permissions import ORDER_PERMITTED
from domain.people import ENGINE, Actor

ACTORS: dict[str, Actor] = b.ACTORS | {
    "supervisor": o.SUPERVISOR,
    "other supervisor": o.OTHER_SUPERVISOR,
    "colleague": o.COLLEAGUE,
    "insider": o.INSIDER,
}
ISSUERS_SIDE = {"supervisor", "other supervisor"}
LEADERS = {"director", "vice director"}
UNIT = {"section", "colleague", "insider"}

OPEN = o.issued().now
ANSWERED = o.issued().then(b.MON_10, o.REPLY, o.UNIT).now
APPEALED = o.issued().then(b.MON_10, o.APPEAL, o.UNIT).now

MAY: list[tuple[str, OrderCommand, object, set[str]]] = [
    ("a reminder", o.issue(), None, ISSUERS_SIDE),
    ("an order, also by tier", o.issue(instrument="order"), None, ISSUERS_SIDE | LEADERS),
    ("an interview, by tier alone", o.issue(instrument="interview"), None, LEADERS),
    ("a reply", o.REPLY, OPEN, UNIT),
    ("an acceptance", o.ACCEPT, ANSWERED, ISSUERS_SIDE),
    ("a refusal", o.REFUSE, ANSWERED, ISSUERS_SIDE),
    ("a lifting", o.LIFT, OPEN, ISSUERS_SIDE),
    ("a step up", o.RAISE, OPEN, ISSUERS_SIDE | LEADERS),
    (
        "a step up that takes a tier",
        o.RAISE.model_copy(update={"to": "interview"}),
        OPEN,
        LEADERS,
    ),
    ("an appeal", o.APPEAL, OPEN, UNIT),
    ("a ruling", o.ANNUL, APPEALED, LEADERS),
]


@pytest.mark.parametrize(("what", "command", "order", "who"), MAY, ids=[case[0] for case in MAY])
def test_who_may(what: str, command: OrderCommand, order: object, who: set[str]) -> None:
    del what
    able = set()
    for name, actor in ACTORS.items():
        try:
            o.when(order, command, actor, b.MON_11)  # type: ignore[arg-type]  # an order or None
        except NotPermittedError:
            continue
        able.add(name)
    assert able == who


def test_every_command_of_people_stands_in_the_table() -> None:
    tried = {command.kind for _, command, _, _ in MAY}
    assert tried == ORDER_PERMITTED.keys()


def test_only_the_engine_rings() -> None:
    for actor in (o.SUPERVISOR, o.UNIT, b.HOTLINE):
        with pytest.raises(NotPermittedError):
            o.when(OPEN, o.ring(), actor, b.MON_15)
    assert o.when(OPEN, o.ring(), ENGINE, b.MON_15).events


# Duties apart, by person -------------------------------------------------------------------------


def test_who_issued_an_order_cannot_answer_it_in_another_post() -> None:
    story = o.OrderStory().then(b.MON_9, o.issue(), o.BOTH_FOR_ISSUER)
    for command in (o.REPLY, o.APPEAL):
        with pytest.raises(NotPermittedError, match="Who issued"):
            o.when(story.now, command, o.BOTH_FOR_UNIT)
    assert o.when(story.now, o.REPLY, o.UNIT).events


def test_who_raised_an_order_cannot_answer_it_either() -> None:
    story = o.issued().then(b.MON_10, o.RAISE, o.BOTH_FOR_ISSUER)
    with pytest.raises(NotPermittedError, match="raised"):
        o.when(story.now, o.REPLY, o.BOTH_FOR_UNIT, b.MON_11)


@pytest.mark.parametrize("command", [o.ACCEPT, o.REFUSE, o.LIFT])
def test_who_answered_cannot_judge_the_answer_in_another_post(command: OrderCommand) -> None:
    story = o.issued().then(b.MON_10, o.REPLY, o.BOTH_FOR_UNIT)
    with pytest.raises(NotPermittedError, match="Who answered"):
        o.when(story.now, command, o.BOTH_FOR_ISSUER, b.MON_11)
    assert o.when(story.now, command, o.SUPERVISOR, b.MON_11).events


def test_who_issued_or_raised_cannot_rule_on_the_appeal() -> None:
    issued = o.OrderStory().then(b.MON_9, o.issue(instrument="order"), o.LEADER)
    raised = o.issued().then(b.MON_9, o.RAISE, o.LEADER)
    for story in (issued, raised):
        story.then(b.MON_10, o.APPEAL, o.UNIT)
        with pytest.raises(NotPermittedError, match="cannot rule"):
            o.when(story.now, o.ANNUL, o.LEADER, b.MON_11)
        assert o.when(story.now, o.ANNUL, o.OTHER_LEADER, b.MON_11).order.annulled


def test_a_unit_does_not_supervise_itself() -> None:
    with pytest.raises(NotPermittedError) as refused:
        o.when(None, o.issue(), o.INSIDER)
    assert refused.value.allowed == "supervision"


# Posts, days, deputies ---------------------------------------------------------------------------


def test_the_right_goes_with_the_post_not_with_who_issued() -> None:
    story = o.OrderStory().then(b.MON_9, o.issue(instrument="interview"), o.LEADER)
    story.then(b.MON_10, o.REPLY, o.UNIT)
    with pytest.raises(NotPermittedError):
        o.when(story.now, o.ACCEPT, o.SUPERVISOR, b.MON_11)
    assert o.when(story.now, o.ACCEPT, o.OTHER_LEADER, b.MON_11).events


def test_a_deputy_acts_on_the_days_of_the_delegation_and_no_others() -> None:
    with pytest.raises(NotPermittedError, match="Nothing allows"):
        o.when(None, o.issue(), o.STAND_IN, b.MON_10)
    assert o.when(None, o.issue(), o.STAND_IN, b.TUE_9).events
    with pytest.raises(NotPermittedError, match="Nothing allows"):
        o.when(None, o.issue(), o.STAND_IN, b.THU_9)


def test_an_act_by_a_deputy_binds_both_persons() -> None:
    story = o.OrderStory().then(b.TUE_9, o.issue(instrument="order"), o.STAND_IN)
    assert story.now.pressed_by == ("stand-in.a", "supervision.b")


def test_whoever_does_not_hold_the_post_is_refused() -> None:
    stranger = o.SUPERVISOR.model_copy(update={"person": "roads-desk.a"})
    with pytest.raises(NotPermittedError) as refused:
        o.when(None, o.issue(), stranger)
    assert (refused.value.field, refused.value.value) == ("actor.person", "roads-desk.a")
    nowhere = o.SUPERVISOR.model_copy(update={"post": "nowhere"})
    with pytest.raises(NotPermittedError, match="No such post"):
        o.when(None, o.issue(), nowhere)
