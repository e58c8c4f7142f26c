"""Rectification (整改): the enterprise owes the work, an inspector looks (M33, Q43)."""

from typing import Any

import builders as b
import builders_forms as f
import pytest
from builders import MON_10, TUE_9

from domain import commands as cmd
from domain.clocks import Standing
from domain.commands_of_time import AskPause
from domain.errors import (
    InvalidRequestError,
    NotPermittedError,
    UnknownIssueError,
    WrongPhaseError,
)
from domain.issue import Issue
from domain.kin import Tie
from domain.people import ENGINE, Officer, Representative
from domain.phases import (
    LinkType,
    Origin,
    Outcome,
    Phase,
    ResultClass,
    SignOffOutcome,
)
from domain.responsibility import FOR_INSPECTOR, RECTIFYING, HolderKind, claim_on
from domain.terms import Terms


def given(*steps: b.Step, terms: Terms = f.FORMS) -> Issue:
    return b.given(*steps, terms=terms)


def when(issue: Issue | None, command: Any, actor: Any, at: Any = MON_10, **more: Any) -> Any:
    return b.when(issue, command, actor, at, **({"terms": f.FORMS} | more))


# --- ordering ---


def test_an_inspector_orders_and_the_limit_of_the_handbook_holds_unless_another_is_set():
    decision = when(None, f.order(), b.HEAD)

    reported = decision.events[0]
    assert reported.rectify.limit == f.FORMS.handbook.rectification.limit
    assert reported.reporters == ("head-east.a",)
    due = decision.issue.rectification
    assert (due.items, due.ordered_by, due.post) == (
        ("Clear the fire exit.",),
        "head-east.a",
        "head-east",
    )
    assert decision.issue.reported_by == ("head-east.a",)
    assert due.limit == reported.rectify.limit


@pytest.mark.parametrize("limit", ["1wd", "3wd", "30d", "40h", "480h wall"])
def test_an_inspector_may_set_any_limit_within_the_range_in_whatever_kind_of_days(limit):
    reported = when(None, f.order(limit=limit), b.HEAD).events[0]

    assert reported.rectify == f.order(limit=limit).rectify


@pytest.mark.parametrize("limit", ["2h", "31d", "40wd"])
def test_a_limit_outside_the_range_is_refused_with_the_range(limit):
    with pytest.raises(InvalidRequestError) as refused:
        when(None, f.order(limit=limit), b.HEAD)

    assert refused.value.field == "rectify.limit"
    assert '"days":1' in refused.value.allowed
    assert '"days":30' in refused.value.allowed


@pytest.mark.parametrize(
    ("actor", "allowed"),
    [
        (b.ENTERPRISE, "grid-east-1, head-east"),
        (b.HOTLINE, "grid-east-1, head-east"),
        (b.OTHER_HEAD, "director, grid-east-1"),
        (b.SECTION, "director, grid-east-1"),
    ],
)
def test_nobody_but_an_officer_of_the_chain_orders_a_rectification(actor, allowed):
    with pytest.raises(NotPermittedError, match="Only an inspector") as refused:
        when(None, f.order(), actor)

    assert allowed in refused.value.allowed


def test_where_the_handbook_names_inspectors_only_they_order_and_inspect():
    terms = f.rectification_terms(inspectors=["roads-desk"])
    with pytest.raises(NotPermittedError) as refused:
        when(None, f.order(), b.HEAD, terms=terms)
    assert refused.value.allowed == "roads-desk"

    issue = given(
        b.Step(b.SECTION, f.order()), b.ACCEPTED, b.Step(b.ENTERPRISE, f.DECLARE), terms=terms
    )
    with pytest.raises(NotPermittedError):
        when(issue, f.PASS, b.HEAD, terms=terms)
    assert not when(issue, f.PASS, b.SECTION, terms=terms).issue.is_open


def test_an_order_says_that_somebody_has_looked_and_asks_for_nothing_else():
    with pytest.raises(InvalidRequestError) as refused:
        when(None, f.order().model_copy(update={"origin": Origin.SURVEY}), b.HEAD)
    assert (refused.value.field, refused.value.allowed) == ("origin", "inspection, visit")

    asked = f.application("small").application
    with pytest.raises(InvalidRequestError) as refused:
        when(None, f.order().model_copy(update={"application": asked}), b.HEAD)
    assert refused.value.field == "application"


def test_a_zone_without_the_rule_knows_no_rectification():
    with pytest.raises(InvalidRequestError, match="knows no rectification"):
        b.when(None, f.order(), b.HEAD)


# --- the enterprise's work ---


def test_the_limit_that_the_inspector_set_is_counted_instead_of_the_officers_own():
    ordered = b.Step(b.HEAD, f.order(limit="2wd"), b.MON_9)

    issue = given(ordered, b.ACCEPTED)

    clock = issue.clock("rectify")
    assert clock.standing is Standing.RUNNING
    assert clock.due_at == b.WED_17
    assert issue.clock("handling") is None


def test_an_escalation_gives_the_enterprise_no_more_time_and_each_tier_some_once_it_is_over():
    moves = [{"events": ["issue_escalated", "issue_deescalated"], "phases": ["handling"]}]
    seen_to = {
        "id": "see-to",
        "name": {"zh": "督办", "en": "See to"},
        "start": moves,
        "reset": moves,
        "stop": [{"phases": ["sign_off", "closed"]}],
        "budgets": [{"duration": {"kind": "wall", "minutes": 60}}],
        "rungs": [{"id": "due", "percent": 100, "effect": "escalate"}],
    }
    terms = f.forms_terms(
        clocks=[*f.FORMS_DATA["clocks"], seen_to],
        rectification=f.FORMS_DATA["rectification"] | {"overdue": "see-to"},
    )
    ordered = b.Step(b.HEAD, f.order(limit="2wd"), b.MON_9)
    early = given(ordered, b.ACCEPTED, b.Step(b.OFFICER, b.ESCALATE), terms=terms)
    assert (early.clock("rectify").cycle, early.clock("rectify").due_at) == (1, b.WED_17)
    assert early.clock("see-to") is None

    over = when(early, b.ring("rectify"), ENGINE, b.WED_17, terms=terms).issue
    back = when(over, b.DEESCALATE, b.HEAD, b.WED_17, terms=terms).issue
    assert (back.clock("rectify").cycle, back.clock("rectify").due_at) == (1, b.WED_17)
    assert back.clock("see-to").due_at == b.WED_17 + b.HOUR
    next_tier = when(back, b.ring("see-to"), ENGINE, b.WED_17 + b.HOUR, terms=terms).issue
    assert (next_tier.tier, next_tier.clock("see-to").cycle) == (2, 2)

    ordinary = given(b.REPORTED, b.ACCEPTED, b.Step(b.OFFICER, b.ESCALATE), terms=terms)
    assert ordinary.clock("see-to") is None


def test_an_ordinary_issue_has_no_clock_of_rectification():
    issue = given(b.REPORTED, b.ACCEPTED)

    assert issue.clock("rectify") is None
    assert issue.clock("handling").standing is Standing.RUNNING


def test_the_enterprise_declares_and_an_inspector_strikes_the_number_off():
    issue = given(*f.TO_RECTIFY)

    declared = when(issue, f.DECLARE, b.ENTERPRISE)
    assert b.kinds(declared) == ["rectification_declared"]
    sign_off = declared.issue.sign_off
    assert declared.issue.phase is Phase.SIGN_OFF
    assert (sign_off.round, sign_off.proposed_by, sign_off.proposed_tier, sign_off.outcome) == (
        1,
        "mill.a",
        1,
        None,
    )
    assert sign_off.resolution.result is ResultClass.SOLVED
    assert sign_off.resolution.evidence == f.PAPER
    assert declared.issue.rectification.declared == 1

    passed = when(declared.issue, f.PASS, b.HEAD)
    closed = passed.events[-1]
    assert (closed.kind, closed.sign_off) == ("issue_closed_out", SignOffOutcome.INSPECTED)
    assert closed.evidence == f.PAPER
    assert closed.verifiers == ()
    assert (passed.issue.phase, passed.issue.outcome) == (Phase.CLOSED, Outcome.CLOSED_OUT)
    assert passed.issue.sign_off.outcome is SignOffOutcome.INSPECTED


def test_where_close_outs_are_called_back_the_inspector_is_named_as_verifier():
    terms = f.forms_terms(callbacks={})

    passed = when(given(*f.DECLARED, terms=terms), f.PASS, b.HEAD, terms=terms)

    assert passed.issue.verified_by == ("head-east.a",)


def test_what_the_inspector_finds_undone_goes_back_to_the_enterprise_with_a_new_limit():
    issue = given(*f.DECLARED)
    assert issue.clock("rectify").standing is Standing.STOPPED

    failed = when(issue, f.FAIL, b.HEAD, TUE_9)

    assert b.kinds(failed) == ["rectification_failed"]
    assert failed.events[0].number == 1
    assert failed.issue.phase is Phase.HANDLING
    assert failed.issue.rectification.failed == 1
    assert failed.issue.sign_off is None
    assert failed.issue.clock("rectify").cycle == 2

    again = when(failed.issue, f.DECLARE, b.ENTERPRISE, TUE_9)
    assert again.events[0].number == 2
    assert again.issue.sign_off.round == 2


def test_a_coordinator_may_declare_for_the_enterprise_and_then_does_not_inspect():
    both = [
        post | ({"roles": ["coordinator"]} if post["id"] == "head-east" else {})
        for post in f.FORMS_DATA["posts"]
    ]
    terms = f.forms_terms(posts=both)
    with pytest.raises(InvalidRequestError) as refused:
        when(given(*f.TO_RECTIFY, terms=terms), f.DECLARE, b.DEPUTY_HEAD, terms=terms)
    assert refused.value.field == "recording"
    told = f.DECLARE.model_copy(update={"recording": "call-1"})
    issue = given(*f.TO_RECTIFY, b.Step(b.DEPUTY_HEAD, told), terms=terms)

    with pytest.raises(NotPermittedError) as refused:
        when(issue, f.PASS, b.DEPUTY_HEAD, terms=terms)
    assert "who is not the one who declared" in refused.value.allowed
    assert not when(issue, f.PASS, b.HEAD, terms=terms).issue.is_open


def test_whoever_handles_it_or_another_enterprise_declares_nothing():
    issue = given(*f.TO_RECTIFY)

    for actor in (b.OFFICER, b.OTHER_ENTERPRISE, b.HEAD):
        with pytest.raises(NotPermittedError):
            when(issue, f.DECLARE, actor)


def test_an_inspector_waits_for_the_declaration_and_the_enterprise_declares_once():
    with pytest.raises(WrongPhaseError):
        when(given(*f.TO_RECTIFY), f.PASS, b.HEAD)
    with pytest.raises(WrongPhaseError):
        when(given(*f.DECLARED), f.DECLARE, b.ENTERPRISE)


def test_other_issues_are_neither_declared_nor_inspected():
    with pytest.raises(WrongPhaseError, match="no rectification"):
        when(given(*b.IN_HANDLING), f.DECLARE, b.ENTERPRISE)
    with pytest.raises(NotPermittedError):
        when(given(*b.IN_SIGN_OFF), f.PASS, b.HEAD)


# --- what is not done here ---


@pytest.mark.parametrize(
    ("command", "actor", "steps"),
    [
        (b.PROPOSE, b.OFFICER, f.TO_RECTIFY),
        (b.WITHDRAW, b.ENTERPRISE, f.TO_RECTIFY),
        (b.WITHDRAW, b.ENTERPRISE, (f.ORDERED,)),
        (b.TURN_AWAY, b.OFFICER, (f.ORDERED,)),
        (b.PAUSE, b.OFFICER, f.TO_RECTIFY),
        (b.CONFIRM, b.ENTERPRISE, f.DECLARED),
        (b.REJECT, b.ENTERPRISE, f.DECLARED),
        (b.UNREACHABLE, b.COORDINATOR, f.DECLARED),
        (b.VERIFY, b.HEAD, f.DECLARED),
        (b.SEND_BACK, b.HEAD, f.DECLARED),
        (b.WITHDRAW, b.ENTERPRISE, f.DECLARED),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
def test_the_ways_of_an_ordinary_issue_are_refused_naming_those_of_a_rectification(
    command, actor, steps
):
    with pytest.raises(WrongPhaseError) as refused:
        when(given(*steps), command, actor)

    assert refused.value.field == "rectification"
    assert "declare_rectified" in refused.value.allowed
    assert "inspect" in refused.value.allowed


def test_an_issue_may_still_wait_for_somebody_outside():
    pause = cmd.Pause(reason="waiting_outside", party="customs", note="A part is on the quay.")

    assert when(given(*f.TO_RECTIFY), pause, b.OFFICER).issue.pause is not None


def test_a_longer_wait_for_the_enterprise_is_not_asked_for_either():
    terms = f.forms_terms(pauses={"times_max": 0})

    with pytest.raises(WrongPhaseError) as refused:
        when(
            given(*f.TO_RECTIFY, terms=terms),
            AskPause(reason="waiting_enterprise", note="Papers."),
            b.OFFICER,
            terms=terms,
        )
    assert refused.value.field == "rectification"


def test_a_window_that_closes_in_silence_decides_nothing_about_a_rectification():
    """Even where a handbook lets the enterprise's window run in every sign-off."""
    clocks = [
        rule | {"start": [{"phases": ["sign_off"]}]} if rule["id"] == "sign_off" else rule
        for rule in f.FORMS_DATA["clocks"]
    ]
    terms = f.forms_terms(clocks=clocks)

    decision = when(
        given(*f.DECLARED, terms=terms), b.ring("sign_off"), ENGINE, b.FRI_17, terms=terms
    )

    fired = [event.clock for event in decision.events if event.kind == "rung_fired"]
    assert "sign_off" in fired
    assert "sign_off_lapsed" not in b.kinds(decision)
    assert decision.issue.sign_off.outcome is None


def test_a_rectification_waits_for_the_parts_of_a_team_and_for_the_issues_that_are_part_of_it():
    at_two = b.Step(b.HEAD, f.order().model_copy(update={"tier": 2}))
    accepted = b.Step(b.HEAD, b.ACCEPT)
    with_team = given(at_two, accepted, b.Step(b.HEAD, b.CONVENE))
    with pytest.raises(WrongPhaseError, match="joint team") as refused:
        when(with_team, f.DECLARE, b.ENTERPRISE)
    assert "survey" in refused.value.allowed

    child = Tie(type=LinkType.PART_OF, other="child-1", incoming=True, open=True)
    for steps, command, actor in (
        (f.TO_RECTIFY, f.DECLARE, b.ENTERPRISE),
        (f.DECLARED, f.PASS, b.HEAD),
    ):
        parent = given(*steps).model_copy(update={"ties": (child,)})
        with pytest.raises(WrongPhaseError, match="still open") as refused:
            when(parent, command, actor)
        assert "child-1" in refused.value.allowed
    assert when(parent, f.FAIL, b.HEAD).issue.phase is Phase.HANDLING


# --- whose time it is ---


def test_the_time_is_the_enterprises_until_it_declares_and_then_the_inspectors():
    book = f.FORMS.handbook
    holder, why = claim_on(given(*f.TO_RECTIFY), book, ruled=False)
    assert (holder.kind, holder.id, why) == (HolderKind.REPORTER, "mill", RECTIFYING)

    holder, why = claim_on(given(*f.DECLARED), book, ruled=False)
    assert (holder.kind, holder.id, why) == (HolderKind.POST, "head-east", FOR_INSPECTOR)


def test_no_form_is_filled_in_for_an_issue_that_nobody_reported():
    with pytest.raises(UnknownIssueError):
        when(None, f.DECLARE, b.ENTERPRISE)


def test_an_order_by_a_deputy_names_whom_it_was_given_for():
    terms = f.forms_terms(
        rectification=f.FORMS_DATA["rectification"] | {"inspectors": ["roads-desk"]},
        delegations=[f.FORMS_DATA["delegations"][0] | {"commands": ["report"]}],
    )

    due = when(None, f.order(), f.DEPUTY, terms=terms).issue.rectification

    assert (due.ordered_by, due.ordered_for) == ("director.a", "roads-desk.a")


def test_representatives_and_strangers_are_no_inspectors():
    issue = given(*f.DECLARED)

    for actor in (
        b.ENTERPRISE,
        Representative(person="mill.b", enterprise="mill"),
        Officer(person="head-west.a", post="head-west"),
    ):
        with pytest.raises(NotPermittedError):
            when(issue, f.PASS, actor)
