"""The three acts by three people: propose, have one's say, strike off; and the ways back."""

from datetime import timedelta

import pytest
from builders import (
    ANSWERED,
    AT_THE_TOP,
    CALENDAR,
    CLOSED_OUT,
    CONFIRM,
    CONFIRM_BY_PROXY,
    CONFIRMED,
    COORDINATOR,
    DEPUTY_HEAD,
    DIRECTOR,
    ENTERPRISE,
    ESCALATED,
    FRI_9,
    HAND_OVER,
    HANDBOOK_DATA,
    HEAD,
    IN_HANDLING,
    IN_INTAKE,
    IN_SIGN_OFF,
    MON_9,
    MON_10,
    NEXT_MON_9,
    NOTE,
    OFFICER,
    PARTLY,
    PROPOSE,
    PROPOSED,
    REJECT,
    REOPEN,
    SEND_BACK,
    SOLVED,
    THU_9,
    TUE_9,
    TURN_AWAY,
    UNREACHABLE,
    VERIFY,
    VICE_DIRECTOR,
    WED_9,
    WITHDRAW,
    Step,
    context,
    given,
    handbook,
    kinds,
    ring,
    submission,
    told,
    when,
)

from domain import commands as cmd
from domain.clocks import Standing, Verdict
from domain.decisions import decide
from domain.errors import (
    InvalidRequestError,
    IssueClosedError,
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
        when(given(*IN_SIGN_OFF), command, COORDINATOR)

    assert (refused.value.field, refused.value.value) == ("attempts", "2")
    assert refused.value.allowed == "at least 3"


def test_unreachable_is_an_outcome_of_its_own():
    decision = when(given(*IN_SIGN_OFF), UNREACHABLE, COORDINATOR)

    assert decision.issue.sign_off.outcome is SignOffOutcome.UNREACHABLE
    assert decision.events[0].attempts == 3


def test_silence_to_the_end_of_the_window_lapses_and_is_not_an_acceptance():
    decision = when(given(*IN_SIGN_OFF), ring("sign_off"), ENGINE, THU_9)

    assert kinds(decision) == ["rung_fired", "rung_fired", "sign_off_lapsed"]
    assert decision.issue.sign_off.outcome is SignOffOutcome.DEEMED_ACCEPTED
    assert decision.issue.sign_off.answered_by is None
    assert decision.issue.phase is Phase.SIGN_OFF


@pytest.mark.parametrize("command", [CONFIRM, REJECT], ids=lambda command: command.kind)
@pytest.mark.parametrize(
    "silence", [Step(ENGINE, ring("sign_off"), THU_9), Step(COORDINATOR, UNREACHABLE)]
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
        (Step(COORDINATOR, UNREACHABLE, WED_9), SignOffOutcome.UNREACHABLE),
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


# --- the ways back ---


def test_a_withdrawal_at_intake_closes_the_issue():
    decision = when(given(*IN_INTAKE), WITHDRAW, ENTERPRISE)

    assert kinds(decision) == ["issue_withdrawn"]
    assert decision.issue.outcome is Outcome.WITHDRAWN
    assert decision.issue.clock("acceptance").verdict is Verdict.WITHDRAWN


@pytest.mark.parametrize(("story", "round_"), [(IN_HANDLING, 1), (IN_SIGN_OFF, 2)])
def test_a_later_withdrawal_waits_for_a_verifier(story, round_):
    issue = when(given(*story), WITHDRAW, ENTERPRISE).issue

    closed = when(issue, VERIFY, HEAD)

    assert (issue.phase, issue.sign_off.round) == (Phase.SIGN_OFF, round_)
    assert issue.sign_off.outcome is SignOffOutcome.WITHDRAWN
    assert issue.sign_off.resolution.result is ResultClass.WITHDRAWN
    assert closed.issue.outcome is Outcome.WITHDRAWN
    assert closed.issue.clock("resolution").verdict is Verdict.WITHDRAWN


def test_a_verifier_who_doubts_a_withdrawal_sends_the_issue_back_to_work():
    issue = given(*IN_HANDLING, Step(ENTERPRISE, WITHDRAW), Step(HEAD, SEND_BACK))

    assert issue.phase is Phase.HANDLING
    assert issue.is_open


def test_reopening_begins_a_new_cycle_with_the_owner_of_its_tier():
    decision = when(given(*CLOSED_OUT), REOPEN, ENTERPRISE, TUE_9)

    issue = decision.issue
    assert kinds(decision) == ["issue_reopened"]
    assert (issue.phase, issue.outcome, issue.closed_at) == (Phase.HANDLING, None, None)
    assert (issue.reopened, issue.sign_off, issue.team) == (1, None, None)
    assert issue.clock("handling").cycle == 2
    assert issue.clock("resolution").cycle == 2


def test_reopening_has_a_last_instant():
    closed = given(*CLOSED_OUT)
    last = MON_9 + timedelta(days=30)

    assert kinds(when(closed, REOPEN, COORDINATOR, last)) == ["issue_reopened"]
    with pytest.raises(WrongPhaseError) as refused:
        when(closed, REOPEN, COORDINATOR, last + timedelta(milliseconds=1))
    assert refused.value.allowed == "within 30 days of close-out"


@pytest.mark.parametrize("act", [Step(OFFICER, TURN_AWAY), Step(ENTERPRISE, WITHDRAW)])
def test_only_what_was_closed_out_is_reopened(act):
    closed = given(*IN_INTAKE, act)

    with pytest.raises(WrongPhaseError) as refused:
        when(closed, REOPEN, ENTERPRISE)

    assert (refused.value.field, refused.value.allowed) == ("outcome", "closed_out")


def test_an_open_issue_is_not_reopened():
    with pytest.raises(WrongPhaseError):
        when(given(*IN_HANDLING), REOPEN, ENTERPRISE)


@pytest.mark.parametrize(
    "command", [NOTE, PROPOSE, HAND_OVER, VERIFY, WITHDRAW], ids=lambda command: command.kind
)
@pytest.mark.parametrize("actor", [OFFICER, HEAD, ENTERPRISE], ids=lambda actor: actor.person)
def test_a_closed_issue_takes_no_act_but_a_reopening(command, actor):
    with pytest.raises(IssueClosedError):
        when(given(*CLOSED_OUT), command, actor, FRI_9)


def test_a_part_of_a_closed_issue_takes_no_act_either():
    with pytest.raises(IssueClosedError):
        when(given(*CLOSED_OUT), cmd.AcceptPart(part="survey"), OFFICER)


def test_an_issue_in_sign_off_that_nobody_proposed_is_a_broken_ledger_not_a_refusal():
    broken = given(*IN_SIGN_OFF).model_copy(update={"sign_off": None})

    with pytest.raises(LookupError, match="without a proposal"):
        when(broken, CONFIRM, ENTERPRISE)


def test_time_does_not_lapse_what_was_never_proposed():
    broken = given(*IN_SIGN_OFF).model_copy(update={"sign_off": None})

    decision = when(broken, ring("sign_off"), ENGINE, NEXT_MON_9)

    assert "sign_off_lapsed" not in kinds(decision)


def test_deciding_twice_gives_equal_decisions():
    story = told(*CLOSED_OUT[:-1])
    sent = submission(VERIFY, HEAD)

    assert decide(story.issue, sent, context(MON_10)) == decide(story.issue, sent, context(MON_10))
