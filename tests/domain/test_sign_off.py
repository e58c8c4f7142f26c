"""The three acts by three people: propose, have one's say, strike off."""

import pytest
from builders import (
    ANSWERED,
    AT_THE_TOP,
    CALENDAR,
    CONFIRM,
    CONFIRM_BY_PROXY,
    CONFIRMED,
    COORDINATOR,
    DEPUTY_HEAD,
    DIRECTOR,
    ENTERPRISE,
    ESCALATED,
    FRI_9,
    HANDBOOK_DATA,
    HEAD,
    IN_HANDLING,
    IN_SIGN_OFF,
    MON_10,
    OFFICER,
    PARTLY,
    PROPOSE,
    PROPOSED,
    REJECT,
    SEND_BACK,
    SOLVED,
    THU_9,
    TUE_9,
    UNREACHABLE,
    VERIFY,
    VICE_DIRECTOR,
    WED_9,
    Step,
    given,
    handbook,
    kinds,
    ring,
    told,
    when,
)

from domain import commands as cmd
from domain.clocks import Standing, Verdict
from domain.errors import (
    InvalidRequestError,
    NotPermittedError,
    WrongPhaseError,
)
from domain.issue import Resolution
from domain.people import ENGINE, Officer, Representative
from domain.permissions import verifying_tier
from domain.phases import Outcome, Phase, ResultClass, SignOffOutcome
from domain.terms import Terms


def propose(result, reason="Because."):
    return cmd.ProposeResolution(
        resolution=Resolution(result=result, summary="What was done.", reason=reason)
    )


# --- the first act ---


def test_a_proposal_opens_a_round_and_the_enterprises_window():
    decision = when(given(*IN_HANDLING), PROPOSE, OFFICER)

    sign_off = decision.issue.sign_off
    assert kinds(decision) == ["resolution_proposed"]
    assert (sign_off.round, sign_off.resolution) == (1, SOLVED)
    assert (sign_off.proposed_by, sign_off.proposed_tier) == (OFFICER.person, 1)
    assert decision.issue.clock("sign_off").standing is Standing.RUNNING
    assert decision.issue.clock("resolution").standing is Standing.PAUSED
    assert decision.issue.clock("handling").verdict is Verdict.MET


@pytest.mark.parametrize(
    "result", [ResultClass.PARTLY, ResultClass.EXPLAINED_CANNOT, ResultClass.POLICY_PENDING]
)
def test_anything_but_solved_needs_a_reason(result):
    with pytest.raises(InvalidRequestError) as refused:
        when(given(*IN_HANDLING), propose(result, reason=None), OFFICER)

    assert refused.value.field == "resolution.reason"


def test_the_officers_cannot_withdraw_for_the_enterprise():
    with pytest.raises(InvalidRequestError) as refused:
        when(given(*IN_HANDLING), propose(ResultClass.WITHDRAWN), OFFICER)

    assert refused.value.field == "resolution.result"
    assert "withdrawn" not in refused.value.allowed


# --- the second act ---


def test_the_enterprise_confirms():
    decision = when(given(*IN_SIGN_OFF), CONFIRM, ENTERPRISE)

    sign_off = decision.issue.sign_off
    assert kinds(decision) == ["sign_off_answered"]
    assert (sign_off.outcome, sign_off.answered_by) == (SignOffOutcome.ACCEPTED, "mill.a")
    assert decision.issue.phase is Phase.SIGN_OFF
    assert decision.issue.clock("verification").standing is Standing.RUNNING


def test_a_coordinator_confirms_by_proxy_with_a_recording():
    decision = when(given(*IN_SIGN_OFF), CONFIRM_BY_PROXY, COORDINATOR)

    assert decision.issue.sign_off.outcome is SignOffOutcome.ACCEPTED_BY_PROXY
    assert decision.events[0].recording == "call-77"


def test_a_confirmation_by_proxy_without_its_recording_is_refused():
    with pytest.raises(InvalidRequestError) as refused:
        when(given(*IN_SIGN_OFF), CONFIRM, COORDINATOR)

    assert refused.value.field == "recording"


PROPOSED_BY_THE_COORDINATOR = (
    *IN_HANDLING,
    Step(OFFICER, cmd.Assign(handler="coordination")),
    Step(COORDINATOR, PROPOSE),
)


@pytest.mark.parametrize("command", [CONFIRM_BY_PROXY, UNREACHABLE], ids=lambda c: c.kind)
def test_who_proposed_does_not_also_answer_for_the_enterprise(command):
    with pytest.raises(NotPermittedError) as refused:
        when(given(*PROPOSED_BY_THE_COORDINATOR), command, COORDINATOR)

    assert (refused.value.field, refused.value.value) == ("actor.person", "coordination.a")


def test_one_person_who_is_officer_and_representative_does_not_do_two_acts():
    issue = given(*IN_SIGN_OFF)
    same = Representative(person=OFFICER.person, enterprise="mill")

    with pytest.raises(NotPermittedError):
        when(issue, CONFIRM, same)


def test_the_enterprise_has_its_say_once():
    with pytest.raises(WrongPhaseError) as refused:
        when(given(*ANSWERED), REJECT, ENTERPRISE)

    assert refused.value.value == "accepted"


def test_a_rejection_goes_back_to_the_same_owner_with_a_clock_for_the_redo():
    decision = when(given(*IN_SIGN_OFF), REJECT, ENTERPRISE)

    issue = decision.issue
    assert kinds(decision) == ["resolution_rejected"]
    assert (issue.phase, issue.owner, issue.rejections) == (Phase.HANDLING, "grid-east-1", 1)
    assert issue.sign_off.outcome is SignOffOutcome.REJECTED
    assert issue.clock("redo").standing is Standing.RUNNING
    assert issue.clock("handling").cycle == 2
    assert issue.clock("sign_off").verdict is Verdict.MET


def test_the_second_rejection_goes_one_tier_up():
    story = (*IN_SIGN_OFF, Step(ENTERPRISE, REJECT), PROPOSED)

    decision = when(given(*story), REJECT, ENTERPRISE)

    assert kinds(decision) == ["resolution_rejected", "issue_escalated"]
    assert (decision.issue.tier, decision.issue.owner) == (2, "head-east")
    assert decision.issue.sign_off.round == 2


def test_at_the_top_a_second_rejection_stays_there():
    again = Step(DIRECTOR, PROPOSE)
    story = (*IN_HANDLING, AT_THE_TOP, again, Step(ENTERPRISE, REJECT), again)

    decision = when(given(*story), REJECT, ENTERPRISE)

    assert kinds(decision) == ["resolution_rejected"]
    assert (decision.issue.tier, decision.issue.rejections) == (3, 2)


def test_the_enterprise_is_unreachable_only_after_enough_attempts():
    command = UNREACHABLE.model_copy(update={"attempts": 2})

    with pytest.raises(InvalidRequestError) as refused:
        when(given(*IN_SIGN_OFF), command, COORDINATOR, THU_9)

    assert (refused.value.field, refused.value.value) == ("attempts", "2")
    assert refused.value.allowed == "at least 3"


def test_unreachable_is_an_outcome_of_its_own():
    decision = when(given(*IN_SIGN_OFF), UNREACHABLE, COORDINATOR, THU_9)

    assert decision.issue.sign_off.outcome is SignOffOutcome.UNREACHABLE
    assert decision.events[-1].attempts == 3


def test_nobody_is_unreachable_while_the_window_is_open():
    with pytest.raises(WrongPhaseError, match="window is still open"):
        when(given(*IN_SIGN_OFF), UNREACHABLE, COORDINATOR, TUE_9)


def test_none_of_those_who_answered_in_a_round_verifies_it():
    """A head who coordinates recorded the silence; an answer after it does not free the head."""
    handbook_ = handbook(
        posts=[
            {**post_, "roles": ["coordinator"]} if post_["id"] == HEAD.post else post_
            for post_ in HANDBOOK_DATA["posts"]
        ]
    )
    terms = Terms(handbook=handbook_, calendar=CALENDAR)
    silent = (*IN_SIGN_OFF, Step(HEAD, UNREACHABLE, THU_9), Step(ENTERPRISE, CONFIRM, THU_9))

    with pytest.raises(NotPermittedError):
        when(given(*silent, terms=terms), VERIFY, HEAD, FRI_9, terms=terms)
    assert when(given(*silent, terms=terms), VERIFY, DEPUTY_HEAD, FRI_9, terms=terms).events


def test_silence_to_the_end_of_the_window_lapses_and_is_not_an_acceptance():
    decision = when(given(*IN_SIGN_OFF), ring("sign_off"), ENGINE, THU_9)

    assert kinds(decision) == ["rung_fired", "rung_fired", "sign_off_lapsed"]
    assert decision.issue.sign_off.outcome is SignOffOutcome.DEEMED_ACCEPTED
    assert decision.issue.sign_off.answered_by is None
    assert decision.issue.phase is Phase.SIGN_OFF


@pytest.mark.parametrize("command", [CONFIRM, REJECT], ids=lambda command: command.kind)
@pytest.mark.parametrize(
    "silence", [Step(ENGINE, ring("sign_off"), THU_9), Step(COORDINATOR, UNREACHABLE, THU_9)]
)
def test_an_answer_in_person_still_counts_until_the_number_is_struck_off(command, silence):
    issue = given(*IN_SIGN_OFF, silence)

    decision = when(issue, command, ENTERPRISE, THU_9)

    assert decision.issue.sign_off.outcome in (SignOffOutcome.ACCEPTED, SignOffOutcome.REJECTED)
    assert decision.issue.sign_off.answered_by == "mill.a"


# --- the third act ---


def test_a_verifier_one_tier_above_strikes_the_number_off():
    decision = when(given(*ANSWERED), VERIFY, HEAD)

    issue = decision.issue
    assert kinds(decision) == ["issue_closed_out"]
    assert (issue.outcome, issue.closed_at) == (Outcome.CLOSED_OUT, MON_10)
    assert decision.events[0].sign_off is SignOffOutcome.ACCEPTED
    assert not any(clock.is_live for clock in issue.clocks)
    assert not issue.is_open


@pytest.mark.parametrize(
    ("silence", "outcome"),
    [
        (Step(ENGINE, ring("sign_off"), THU_9), SignOffOutcome.DEEMED_ACCEPTED),
        (Step(COORDINATOR, UNREACHABLE, THU_9), SignOffOutcome.UNREACHABLE),
        (Step(COORDINATOR, CONFIRM_BY_PROXY, WED_9), SignOffOutcome.ACCEPTED_BY_PROXY),
    ],
)
def test_the_close_out_says_how_the_enterprise_had_its_say(silence, outcome):
    decision = when(given(*IN_SIGN_OFF, silence), VERIFY, HEAD, THU_9)

    assert decision.events[-1].sign_off is outcome


def test_nothing_is_struck_off_before_the_enterprise_had_its_say():
    with pytest.raises(WrongPhaseError) as refused:
        when(given(*IN_SIGN_OFF), VERIFY, HEAD)

    assert refused.value.field == "sign_off"


def test_who_proposed_does_not_verify_even_from_the_tier_above():
    """The head's deputy proposed at the top; the person, not the post, is barred."""
    issue = given(*IN_HANDLING, AT_THE_TOP, Step(DIRECTOR, PROPOSE), CONFIRMED)

    with pytest.raises(NotPermittedError):
        when(issue, VERIFY, DIRECTOR)

    assert kinds(when(issue, VERIFY, VICE_DIRECTOR)) == ["issue_closed_out"]


def test_who_confirmed_by_proxy_does_not_verify():
    """One person holds the coordination and a post of the second tier."""
    both = [
        post | {"people": ["busy"]} if post["id"] in ("coordination", "head-east") else post
        for post in HANDBOOK_DATA["posts"]
    ]
    terms = Terms(handbook=handbook(posts=both), calendar=CALENDAR)
    proxy = Officer(person="busy", post="coordination")
    issue = given(*IN_SIGN_OFF, Step(proxy, CONFIRM_BY_PROXY), terms=terms)

    with pytest.raises(NotPermittedError):
        when(issue, VERIFY, Officer(person="busy", post="head-east"), terms=terms)


def test_a_colleague_in_the_owners_own_post_does_not_verify():
    issue = given(*IN_HANDLING, ESCALATED, Step(HEAD, PROPOSE), CONFIRMED)

    with pytest.raises(NotPermittedError):
        when(issue, VERIFY, DEPUTY_HEAD)

    assert kinds(when(issue, VERIFY, DIRECTOR)) == ["issue_closed_out"]


@pytest.mark.parametrize(
    ("resolution", "tier"), [(SOLVED, 2), (PARTLY, 3)], ids=["solved", "partly"]
)
def test_a_result_that_is_not_solved_is_verified_one_tier_higher(resolution, tier):
    step = Step(OFFICER, cmd.ProposeResolution(resolution=resolution))
    issue = given(*IN_HANDLING, step, CONFIRMED)

    assert verifying_tier(issue, handbook()) == tier
    assert kinds(when(issue, VERIFY, DIRECTOR)) == ["issue_closed_out"]


def test_a_head_does_not_verify_what_is_not_solved():
    step = Step(OFFICER, cmd.ProposeResolution(resolution=PARTLY))

    with pytest.raises(NotPermittedError):
        when(given(*IN_HANDLING, step, CONFIRMED), VERIFY, HEAD)


def test_without_a_proposal_only_the_top_tier_could_verify():
    assert verifying_tier(given(*IN_HANDLING), handbook()) == 3


def test_the_tier_above_is_counted_from_who_proposed_not_from_who_owns_now():
    """The issue rose while it waited for its verifier."""
    story = told(*IN_SIGN_OFF)
    risen = story.issue.model_copy(update={"tier": 2, "owner": "head-east"})

    assert verifying_tier(risen, handbook()) == 2


def test_sending_back_returns_the_issue_to_its_owner():
    decision = when(given(*ANSWERED), SEND_BACK, HEAD)

    issue = decision.issue
    assert kinds(decision) == ["resolution_sent_back"]
    assert (issue.phase, issue.owner) == (Phase.HANDLING, "grid-east-1")
    assert issue.clock("redo").standing is Standing.RUNNING
    assert issue.clock("verification").verdict is Verdict.MET


def test_after_sending_back_the_next_proposal_is_a_new_round():
    issue = given(*ANSWERED, Step(HEAD, SEND_BACK), PROPOSED)

    assert (issue.sign_off.round, issue.sign_off.outcome) == (2, None)
    assert issue.clock("redo").verdict is Verdict.MET
