"""Withdrawals, reopenings, and what a closed issue still takes."""

from datetime import timedelta

import pytest
from builders import (
    CLOSED_OUT,
    CONFIRM,
    COORDINATOR,
    ENTERPRISE,
    FRI_9,
    HAND_OVER,
    HEAD,
    IN_HANDLING,
    IN_INTAKE,
    IN_SIGN_OFF,
    MON_9,
    MON_10,
    NEXT_MON_9,
    NOTE,
    OFFICER,
    PROPOSE,
    REOPEN,
    SEND_BACK,
    TUE_9,
    TURN_AWAY,
    VERIFY,
    WITHDRAW,
    Step,
    context,
    given,
    kinds,
    ring,
    submission,
    told,
    when,
)

from domain import commands as cmd
from domain.clocks import Verdict
from domain.decisions import decide
from domain.errors import (
    IssueClosedError,
    WrongPhaseError,
)
from domain.people import ENGINE
from domain.phases import Outcome, Phase, ResultClass, SignOffOutcome


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
