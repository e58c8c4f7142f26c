"""A closed issue comes up in a draw, and its enterprise says whether it agrees (R8.5)."""

import builders as b
import builders_callbacks as c
import pytest
from builders import TUE_9, WED_9, Step, given, kinds, when

from domain.decisions.callbacks import CALLBACKS_MAX
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.issue import Callback
from domain.people import ENGINE, Officer
from domain.phases import CallbackAnswer, Phase, SignOffOutcome

LATE = b.local(200)
"""Beyond the days within which an issue can be reopened."""
HANDS = ("mill.a", "grid-east-1.a", "head-east.a")
WAITING = Callback(draw="d-1", hands=HANDS, sign_off=SignOffOutcome.ACCEPTED)
AGREED = WAITING.model_copy(update={"answer": CallbackAnswer.AGREES})


# --- the draw ---


def test_a_closed_issue_notes_that_it_came_up_in_a_draw():
    decision = when(given(*b.CLOSED_OUT, terms=c.TERMS), c.DRAW, ENGINE, TUE_9, terms=c.TERMS)

    assert kinds(decision) == ["callback_drawn"]
    assert decision.events[0].lot == c.LOT
    assert decision.events[0].hands == HANDS
    assert decision.issue.callbacks == (WAITING,)
    assert decision.issue.phase is Phase.CLOSED


def test_the_same_draw_is_noted_once():
    assert kinds(when(c.drawn(), c.DRAW, ENGINE, WED_9, terms=c.TERMS)) == []


def test_an_issue_that_was_reopened_since_is_drawn_all_the_same_for_what_it_was_closed_with():
    reopened = given(*b.CLOSED_OUT, Step(b.ENTERPRISE, b.REOPEN, b.MON_10), terms=c.TERMS)

    decision = when(reopened, c.DRAW, ENGINE, b.MON_11, terms=c.TERMS)

    assert decision.issue.callbacks == (WAITING,)


def test_what_was_closed_before_the_zone_had_callbacks_is_drawn_as_it_stands():
    older = given(*b.CLOSED_OUT)
    assert older.closing is None

    decision = when(older, c.DRAW, ENGINE, TUE_9, terms=c.TERMS)

    assert decision.events[0].hands == ("grid-east-1.a", "mill.a")
    assert decision.events[0].sign_off is SignOffOutcome.ACCEPTED


def test_nobody_but_closeout_itself_draws():
    with pytest.raises(NotPermittedError) as refused:
        when(given(*b.CLOSED_OUT, terms=c.TERMS), c.DRAW, c.SUPERVISOR, TUE_9, terms=c.TERMS)

    assert refused.value.allowed == "engine"


def test_one_issue_can_come_up_in_so_many_draws_and_is_told_of_no_more():
    draws = [c.drawn_again(number) for number in range(2, CALLBACKS_MAX + 1)]
    full = c.drawn(*draws)
    assert len(full.callbacks) == CALLBACKS_MAX

    assert kinds(when(full, c.drawn_again(99).command, ENGINE, TUE_9, terms=c.TERMS)) == []


# --- the answer ---


@pytest.mark.parametrize("actor", [b.COORDINATOR, b.SUPERVISOR], ids=lambda each: each.post)
def test_an_enterprise_that_agrees_changes_nothing_but_its_callback(actor):
    before = c.drawn()

    decision = when(before, c.AGREES, actor, WED_9, terms=c.TERMS)

    assert kinds(decision) == ["callback_answered"]
    assert decision.issue.callbacks == (AGREED,)
    assert (decision.issue.phase, decision.issue.outcome) == (before.phase, before.outcome)
    assert decision.issue.clocks == before.clocks


def test_an_enterprise_that_disagrees_disputes_its_sign_off_and_reopens_nothing_by_itself():
    decision = when(c.drawn(), c.DISAGREES, c.SUPERVISOR, WED_9, terms=c.TERMS)

    assert kinds(decision) == ["callback_answered", "sign_off_disputed"]
    assert decision.events[1].sign_off is SignOffOutcome.ACCEPTED
    assert decision.issue.phase is Phase.CLOSED


def test_a_disagreement_reopens_the_issue_where_it_is_asked_to():
    decision = when(c.drawn(), c.REOPENS, c.SUPERVISOR, WED_9, terms=c.TERMS)

    assert kinds(decision) == ["callback_answered", "sign_off_disputed", "issue_reopened"]
    assert decision.events[2].reason == "The lorries wait again."
    assert decision.issue.phase is Phase.HANDLING


def test_a_disagreement_reopens_the_issue_where_the_handbook_says_so():
    decision = when(c.drawn(terms=c.REOPENING), c.DISAGREES, c.SUPERVISOR, WED_9, terms=c.REOPENING)

    assert decision.issue.phase is Phase.HANDLING


def test_too_late_to_reopen_a_disagreement_still_disputes_where_nobody_asked_for_more():
    decision = when(c.drawn(terms=c.REOPENING), c.DISAGREES, c.SUPERVISOR, LATE, terms=c.REOPENING)

    assert kinds(decision) == ["callback_answered", "sign_off_disputed"]
    assert decision.issue.phase is Phase.CLOSED


def test_too_late_to_reopen_a_request_to_do_so_is_refused_whole():
    with pytest.raises(WrongPhaseError) as refused:
        when(c.drawn(), c.REOPENS, c.SUPERVISOR, LATE, terms=c.TERMS)

    assert refused.value.field == "closed_at"


def test_a_disagreement_over_an_issue_that_is_open_again_disputes_the_sign_off_of_its_close_out():
    reopened = c.drawn(Step(b.ENTERPRISE, b.REOPEN, TUE_9), terms=c.REOPENING)

    decision = when(reopened, c.DISAGREES, c.SUPERVISOR, TUE_9, terms=c.REOPENING)

    assert kinds(decision) == ["callback_answered", "sign_off_disputed"]
    assert decision.events[1].sign_off is SignOffOutcome.ACCEPTED


def test_a_callback_is_about_the_close_out_that_was_drawn_and_not_about_the_one_since():
    again = (
        Step(b.ENTERPRISE, b.REOPEN, TUE_9),
        Step(b.OFFICER, b.PROPOSE, TUE_9),
        Step(b.ENTERPRISE, b.CONFIRM, TUE_9),
        Step(b.HEAD, b.VERIFY, TUE_9),
    )
    by_proxy = Step(b.COORDINATOR, b.CONFIRM_BY_PROXY, b.MON_9)
    issue = given(*b.IN_SIGN_OFF, by_proxy, b.VERIFIED, c.DRAWN, *again, terms=c.TERMS)
    assert issue.sign_off.outcome is SignOffOutcome.ACCEPTED

    with pytest.raises(NotPermittedError):
        when(issue, c.AGREES, b.COORDINATOR, WED_9, terms=c.TERMS)
    disputed = when(issue, c.DISAGREES, c.SUPERVISOR, WED_9, terms=c.TERMS).events[1]
    assert disputed.sign_off is SignOffOutcome.ACCEPTED_BY_PROXY


def test_a_withdrawal_since_leaves_the_close_out_that_is_drawn_as_it_was():
    since = (
        Step(b.ENTERPRISE, b.REOPEN, b.MON_10),
        Step(b.ENTERPRISE, b.WITHDRAW, b.MON_10),
        Step(b.HEAD, b.VERIFY, b.MON_10),
    )
    issue = given(*b.CLOSED_OUT, *since, c.DRAWN, terms=c.TERMS)

    assert issue.callbacks == (WAITING,)


def test_whoever_was_not_reached_is_called_again():
    missed = c.drawn(Step(c.SUPERVISOR, c.NOT_REACHED, WED_9))
    again = when(missed, c.NOT_REACHED, c.SUPERVISOR, WED_9, terms=c.TERMS)

    decision = when(again.issue, c.AGREES, c.SUPERVISOR, b.THU_9, terms=c.TERMS)

    assert kinds(again) == ["callback_answered"]
    assert decision.issue.callbacks == (AGREED,)


def test_the_callbacks_of_two_draws_are_answered_apart():
    twice = c.drawn(c.drawn_again(2), Step(c.SUPERVISOR, c.DISAGREES, WED_9))
    second = c.AGREES.model_copy(update={"draw": "d-2"})

    decision = when(twice, second, c.SUPERVISOR, WED_9, terms=c.TERMS)

    answers = {each.draw: each.answer for each in decision.issue.callbacks}
    assert answers == {"d-1": CallbackAnswer.DISAGREES, "d-2": CallbackAnswer.AGREES}


def test_an_answer_stands():
    answered = c.drawn(Step(c.SUPERVISOR, c.AGREES, WED_9))

    with pytest.raises(WrongPhaseError) as refused:
        when(answered, c.DISAGREES, c.SUPERVISOR, b.THU_9, terms=c.TERMS)

    assert refused.value.value == "d-1: agrees"


def test_an_issue_that_did_not_come_up_has_no_callback_to_answer():
    with pytest.raises(InvalidRequestError) as refused:
        when(given(*b.CLOSED_OUT, terms=c.TERMS), c.AGREES, c.SUPERVISOR, TUE_9, terms=c.TERMS)
    with pytest.raises(InvalidRequestError) as other:
        when(
            c.drawn(),
            c.AGREES.model_copy(update={"draw": "d-7"}),
            c.SUPERVISOR,
            WED_9,
            terms=c.TERMS,
        )

    assert refused.value.allowed == "no draw of this issue waits for an answer"
    assert (other.value.value, other.value.allowed) == ("d-7", "d-1")


# --- by whom ---

BOTH = Officer(person="grid-east-1.a", post="coordination")
"""The owner who proposed the resolution, who is a coordinator as well."""
WITH_BOTH = [
    post | ({"people": ["coordination.a", BOTH.person]} if post["id"] == "coordination" else {})
    for post in b.HANDBOOK_DATA["posts"]
]
DOUBLE = b.terms_of(callbacks={"percent": 10}, posts=WITH_BOTH)


def test_whoever_proposed_the_resolution_does_not_call_back():
    with pytest.raises(NotPermittedError) as refused:
        when(c.drawn(terms=DOUBLE), c.AGREES, BOTH, WED_9, terms=DOUBLE)

    assert (refused.value.field, refused.value.value) == ("actor.person", BOTH.person)


def test_whoever_gave_the_enterprises_answer_for_it_does_not_call_back():
    by_proxy = Step(b.COORDINATOR, b.CONFIRM_BY_PROXY, b.MON_9)
    issue = given(*b.IN_SIGN_OFF, by_proxy, b.VERIFIED, c.DRAWN, terms=c.TERMS)

    with pytest.raises(NotPermittedError):
        when(issue, c.AGREES, b.COORDINATOR, WED_9, terms=c.TERMS)

    assert when(issue, c.AGREES, c.SUPERVISOR, WED_9, terms=c.TERMS).events


@pytest.mark.parametrize("field", ["verified_by", "reported_by"])
def test_whoever_verified_or_reported_does_not_call_back(field):
    hands = {field: (c.SUPERVISOR.person,), "closing": None}
    closed = given(*b.CLOSED_OUT, terms=c.TERMS).model_copy(update=hands)
    issue = when(closed, c.DRAW, ENGINE, TUE_9, terms=c.TERMS).issue

    with pytest.raises(NotPermittedError):
        when(issue, c.AGREES, c.SUPERVISOR, WED_9, terms=c.TERMS)


@pytest.mark.parametrize(
    "actor", [b.OFFICER, b.AUDITOR, b.ENTERPRISE, b.HOTLINE], ids=["owner", "auditor", "e", "s"]
)
def test_only_a_coordinator_or_a_supervisor_calls_back(actor):
    with pytest.raises(NotPermittedError) as refused:
        when(c.drawn(), c.AGREES, actor, WED_9, terms=c.TERMS)

    assert refused.value.allowed == "a coordinator, a supervisor"


# --- what hangs together ---


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (c.DISAGREES.model_copy(update={"note": None}), "note"),
        (c.AGREES.model_copy(update={"reopen": True}), "reopen"),
        (c.NOT_REACHED.model_copy(update={"reopen": True}), "reopen"),
        (c.NOT_REACHED.model_copy(update={"satisfaction": 3}), "satisfaction"),
    ],
    ids=["unsaid", "agreeing", "unheard", "silent"],
)
def test_a_callback_that_contradicts_itself_is_refused(command, field):
    with pytest.raises(InvalidRequestError) as refused:
        when(c.drawn(), command, c.SUPERVISOR, WED_9, terms=c.TERMS)

    assert refused.value.field == field
