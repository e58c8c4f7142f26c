"""Verifications that several decide: by whom, and where one verifier does (R6.3, Q11)."""

import pytest
from builders import (
    CONFIRM,
    DIRECTOR,
    ENTERPRISE,
    HEAD,
    IN_HANDLING,
    IN_SIGN_OFF,
    OFFICER,
    SEND_BACK,
    VERIFY,
    VICE_DIRECTOR,
    Step,
    given,
    kinds,
    when,
)
from builders_rounds import (
    ANSWERED,
    BOARD,
    FOR_STRIKING_OFF,
    REJECT,
    SETTLE,
    VERIFYING,
    by,
    played,
    round_terms,
    rule,
)

from domain import commands as cmd
from domain.errors import NotPermittedError, WrongPhaseError
from domain.issue import Resolution
from domain.phases import Outcome, Phase, ResultClass


def voters(issue):
    return [each.person for each in issue.round.electors]


def test_a_verification_that_several_approve_strikes_the_number_off():
    before = given(*ANSWERED, terms=VERIFYING)
    assert (before.round.opened_by, before.round.sign_off) == (None, 1)

    decision = played(before, *FOR_STRIKING_OFF, terms=VERIFYING)

    assert kinds(decision)[1:] == ["round_closed", "issue_closed_out"]
    assert decision.issue.outcome is Outcome.CLOSED_OUT
    assert decision.events[-1].by == HEAD


def test_a_verification_that_several_refuse_sends_it_back():
    refused = [by(each, REJECT) for each in (DIRECTOR, VICE_DIRECTOR, HEAD)]

    decision = played(given(*ANSWERED, terms=VERIFYING), *refused, terms=VERIFYING)

    assert kinds(decision)[1:3] == ["round_closed", "resolution_sent_back"]
    assert decision.issue.phase is Phase.HANDLING


def test_who_proposed_or_answered_is_not_asked_to_verify():
    proposed = given(*IN_SIGN_OFF, terms=VERIFYING)
    hands = {"proposers": ("director.b",), "answerers": ("head-east.b",)}
    vouched = proposed.sign_off.model_copy(update=hands)
    mirrored = proposed.model_copy(update={"sign_off": vouched})

    issue = when(mirrored, CONFIRM, ENTERPRISE, terms=VERIFYING).issue

    assert voters(issue) == ["director.a", "head-east.a"]


def test_nobody_votes_on_a_verification_that_might_not_verify_it_alone():
    rows = [{"post": "director"}, {"tier": 2}, {"post": "head-west"}, *BOARD, {"tier": 1}]
    terms = round_terms(rule("verification", electors=rows))
    cannot = cmd.ProposeResolution(
        resolution=Resolution(result=ResultClass.EXPLAINED_CANNOT, summary="No.", reason="A law.")
    )

    solved = given(*ANSWERED, terms=terms)
    refused = given(*IN_HANDLING, Step(OFFICER, cannot), Step(ENTERPRISE, CONFIRM), terms=terms)

    assert voters(solved) == ["director.a", "director.b", "head-east.a", "head-east.b"]
    assert voters(refused) == ["director.a", "director.b"]


def test_too_few_who_may_verify_leave_it_to_the_fallback():
    terms = round_terms(rule("verification", electors=[{"role": "supervisor"}, {"tier": 1}]))

    issue = given(*ANSWERED, terms=terms)

    assert (issue.round.electors, issue.round.decider) == ((), "director")
    assert when(issue, SETTLE, DIRECTOR, terms=terms).issue.outcome is Outcome.CLOSED_OUT


@pytest.mark.parametrize("fallback", ["chancery-desk", "head-west", "grid-east-1"])
def test_where_the_fallback_may_not_verify_one_verifier_does(fallback):
    terms = round_terms(rule("verification", fallback=fallback))

    issue = given(*ANSWERED, terms=terms)

    assert issue.round is None
    with pytest.raises(NotPermittedError):
        when(issue, VERIFY, OFFICER, terms=terms)
    assert kinds(when(issue, VERIFY, HEAD, terms=terms)) == ["issue_closed_out"]


@pytest.mark.parametrize("command", [VERIFY, SEND_BACK])
def test_while_several_verify_no_verifier_does_alone(command):
    with pytest.raises(WrongPhaseError, match="Several decide this"):
        when(given(*ANSWERED, terms=VERIFYING), command, HEAD, terms=VERIFYING)
