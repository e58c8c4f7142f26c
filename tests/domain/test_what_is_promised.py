"""A result that leaves something to do says what is promised, and by when (R8.1, Q17)."""

import builders as b
import pytest
from builders import MON_10, kinds, when
from builders_sign_off import FOLLOWING, HALF, PROMISED, propose, sign_off_terms

from domain.errors import InvalidRequestError
from domain.issue import Promise, Resolution
from domain.phases import ResultClass


def proposed(resolution, terms=FOLLOWING):
    return when(
        b.given(*b.IN_HANDLING, terms=terms), propose(resolution), b.OFFICER, MON_10, terms=terms
    )


@pytest.mark.parametrize("result", [ResultClass.PARTLY, ResultClass.POLICY_PENDING])
def test_what_is_not_finished_needs_a_promise_where_it_is_followed_up(result):
    bare = HALF.model_copy(update={"result": result, "follow_up": None})

    with pytest.raises(InvalidRequestError) as refusal:
        proposed(bare)
    assert refusal.value.field == "resolution.follow_up"
    assert proposed(bare, b.TERMS).events


@pytest.mark.parametrize("result", [ResultClass.SOLVED, ResultClass.EXPLAINED_CANNOT])
def test_what_is_finished_needs_none_and_may_have_one(result):
    plain = Resolution(result=result, summary="Done.", reason="So it is.")

    assert proposed(plain).events
    assert proposed(plain.model_copy(update={"follow_up": PROMISED})).events


def test_a_promise_that_a_clock_counts_says_within_what_time():
    terms = sign_off_terms(follow_up=True, promise="handling")
    vague = HALF.model_copy(update={"follow_up": Promise(text="Some day.")})

    with pytest.raises(InvalidRequestError) as refusal:
        proposed(vague, terms)
    assert refusal.value.field == "resolution.follow_up.within"
    assert proposed(HALF, terms).events
    assert proposed(vague).events


def test_the_close_out_of_what_was_promised_is_followed_up():
    issue = when(proposed(HALF).issue, b.CONFIRM, b.ENTERPRISE, MON_10, terms=FOLLOWING).issue

    decision = when(issue, b.VERIFY, b.DIRECTOR, MON_10, terms=FOLLOWING)

    assert kinds(decision) == ["issue_closed_out", "successor_asked"]
    assert decision.events[1].text == PROMISED.text
