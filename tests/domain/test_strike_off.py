"""The strike-off: by several, after every part, by nobody who had a hand in the result (R8)."""

import builders as b
import builders_rounds as br
import pytest
from builders import MON_10, kinds, when
from builders_sign_off import sign_off_terms, with_child

from domain import commands as cmd
from domain import events as ev
from domain.errors import NotPermittedError, WrongPhaseError
from domain.evolve_sign_off import sign_off_changes
from domain.people import ENGINE
from domain.phases import Outcome, SignOffOutcome

SEVERAL = sign_off_terms(br.rule("verification"))


def test_an_answer_asks_the_verifiers_at_once_and_none_of_them_acts_alone():
    decision = when(b.given(*b.IN_SIGN_OFF), b.CONFIRM, b.ENTERPRISE, MON_10, terms=SEVERAL)

    assert kinds(decision) == ["sign_off_answered", "round_opened"]
    for command in (b.VERIFY, b.SEND_BACK):
        with pytest.raises(WrongPhaseError) as refusal:
            when(decision.issue, command, b.DIRECTOR, MON_10, terms=SEVERAL)
        assert refusal.value.field == "round"


def test_silence_and_a_withdrawal_ask_the_verifiers_too():
    silent = when(
        b.given(*b.IN_SIGN_OFF, terms=SEVERAL), b.ring("sign_off"), ENGINE, b.THU_9, terms=SEVERAL
    )
    withdrawn = when(
        b.given(*b.IN_HANDLING, terms=SEVERAL), b.WITHDRAW, b.ENTERPRISE, MON_10, terms=SEVERAL
    )

    assert kinds(silent)[-2:] == ["sign_off_lapsed", "round_opened"]
    assert kinds(withdrawn) == ["issue_withdrawn", "round_opened"]


def test_an_answer_after_silence_does_not_ask_them_twice():
    silent = b.given(*b.IN_SIGN_OFF, b.Step(ENGINE, b.ring("sign_off"), b.THU_9), terms=SEVERAL)

    answered = when(silent, b.CONFIRM, b.ENTERPRISE, b.THU_9, terms=SEVERAL)
    refused_ = when(silent, b.REJECT, b.ENTERPRISE, b.THU_9, terms=SEVERAL)

    assert kinds(answered) == ["sign_off_answered"]
    assert kinds(refused_) == ["resolution_rejected", "round_closed"]


def test_the_verifiers_are_asked_by_a_verifier_once_the_parts_are_closed():
    waiting = with_child(b.given(*b.IN_SIGN_OFF, terms=SEVERAL))
    answered = when(waiting, b.CONFIRM, b.ENTERPRISE, MON_10, terms=SEVERAL)

    assert kinds(answered) == ["sign_off_answered"]
    with pytest.raises(WrongPhaseError) as refusal:
        when(answered.issue, b.VERIFY, b.DIRECTOR, MON_10, terms=SEVERAL)
    assert refusal.value.field == "children"
    done = with_child(answered.issue, open_=False)
    assert kinds(when(done, b.VERIFY, b.DIRECTOR, MON_10, terms=SEVERAL)) == ["round_opened"]


def test_who_voted_for_it_is_whose_act_the_close_out_is():
    terms = br.round_terms(br.rule("verification"), callbacks={"percent": 10})
    issue = b.given(*b.ANSWERED, b.Step(b.DIRECTOR, br.APPROVE, b.MON_9), terms=terms)

    decision = when(issue, br.APPROVE, br.AREAS_DEPUTY, MON_10, terms=terms)

    people = {"director.a", "head-east.a", "coordination.d"}
    assert set(decision.events[-1].verifiers) == people
    assert set(decision.issue.verified_by) == people


def test_without_callbacks_a_close_out_names_no_verifiers():
    decision = when(b.given(*b.ANSWERED), b.VERIFY, b.HEAD, MON_10)

    assert decision.events[0].verifiers == ()
    assert "verifiers" not in decision.events[0].model_dump_json()


def test_a_mirrored_proposal_binds_those_who_proposed_it_elsewhere():
    issue = b.given(*b.IN_SIGN_OFF)
    mirrored = issue.model_copy(
        update={
            "sign_off": issue.sign_off.model_copy(
                update={"proposed_by": None, "proposers": ("head-east.a", "coordination.a")}
            )
        }
    )

    with pytest.raises(NotPermittedError):
        when(mirrored, b.CONFIRM_BY_PROXY, b.COORDINATOR, MON_10)
    answered = when(mirrored, b.CONFIRM, b.ENTERPRISE, MON_10).issue
    with pytest.raises(NotPermittedError):
        when(answered, b.VERIFY, b.HEAD, MON_10)
    assert when(answered, b.VERIFY, b.DEPUTY_HEAD, MON_10).events


def test_nobody_verifies_what_mirrors_the_work_of_a_superior():
    terms = b.terms_of(sign_off={"by_persons_tier": True})
    issue = b.given(*b.ANSWERED, terms=terms)
    work = issue.sign_off.model_copy(update={"proposed_by": None, "proposers": ("director.b",)})
    mirrored = issue.model_copy(update={"sign_off": work})

    with pytest.raises(NotPermittedError):
        when(mirrored, b.VERIFY, b.HEAD, MON_10, terms=terms)
    assert when(mirrored, b.VERIFY, b.DIRECTOR, MON_10, terms=terms).events


def test_who_proposed_what_is_withdrawn_stays_bound_by_a_mirrored_proposal_too():
    issue = b.given(*b.IN_SIGN_OFF)
    sign_off = issue.sign_off.model_copy(update={"proposers": ("head-east.a",)})

    decision = when(
        issue.model_copy(update={"sign_off": sign_off}), b.WITHDRAW, b.ENTERPRISE, MON_10
    )

    assert decision.issue.sign_off.proposers == ("head-east.a",)


def test_a_parent_neither_proposes_nor_is_withdrawn_at_intake_before_its_parts_are_closed():
    for issue, command, actor in (
        (b.given(*b.IN_HANDLING), b.PROPOSE, b.OFFICER),
        (b.given(*b.IN_INTAKE), b.WITHDRAW, b.ENTERPRISE),
        (b.given(*b.ANSWERED), b.VERIFY, b.HEAD),
    ):
        with pytest.raises(WrongPhaseError) as refusal:
            when(with_child(issue), command, actor, MON_10)
        assert (refusal.value.field, refusal.value.allowed) == ("children", "close child-1 first")


def test_a_refusal_carries_how_content_the_enterprise_is_and_silence_never_does():
    command = cmd.Reject(reason="Still blocked.", satisfaction=1)
    decision = when(b.given(*b.IN_SIGN_OFF), command, b.ENTERPRISE, MON_10)
    content = when(b.given(*b.IN_SIGN_OFF), cmd.Confirm(satisfaction=5), b.ENTERPRISE, MON_10)

    assert decision.events[0].satisfaction == 1
    assert content.events[0].satisfaction == 5
    assert "satisfaction" not in cmd.MarkUnreachable.model_fields


def test_what_is_withdrawn_cannot_be_withdrawn_again():
    issue = b.given(*b.IN_HANDLING, b.Step(b.ENTERPRISE, b.WITHDRAW, b.MON_9))

    with pytest.raises(WrongPhaseError, match="awaits the verifier"):
        when(issue, b.WITHDRAW, b.ENTERPRISE, MON_10)


def test_an_inspection_is_the_say_of_a_sign_off_that_had_none():
    issue = b.given(*b.IN_SIGN_OFF)
    closed = ev.IssueClosedOut(
        at=MON_10, by=b.HEAD, outcome=Outcome.CLOSED_OUT, sign_off=SignOffOutcome.INSPECTED
    )

    after = sign_off_changes(issue, closed)

    assert after["sign_off"].outcome is SignOffOutcome.INSPECTED
    assert after["outcome"] is Outcome.CLOSED_OUT
