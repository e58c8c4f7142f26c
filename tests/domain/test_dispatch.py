"""A unit refuses what was sent to it; an arbiter rules; the enterprise does not wait (R5.7)."""

from datetime import timedelta

import pytest
from builders import (
    ASSIGN,
    CONTACT,
    COORDINATOR,
    HAND_OVER,
    IN_HANDLING,
    IN_INTAKE,
    MON_10,
    MON_11,
    MON_13,
    MON_17,
    OFFICER,
    POWER_SECTION,
    PROPOSE,
    SECTION,
    TUE_9,
    Step,
    given,
    ring,
    told,
    when,
)
from builders_ladder import (
    DISPUTE_CLOCKS,
    IN_DISPUTE,
    LADDER,
    MOVED_ON,
    OVERRULED,
    REFUSE_DISPATCH,
    RULE_ROADS,
    SENT,
    dispatch_terms,
    ladder_terms,
    posts_with,
)

from domain import commands as cmd
from domain import commands_of_ladder as ld
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.people import ENGINE

TUE_11 = TUE_9 + timedelta(hours=2)
DISPUTED = given(*IN_DISPUTE, terms=LADDER)
HAND_TO_POWER = cmd.HandOver(unit="power", reason="A cable.")


def test_a_zone_without_the_rule_knows_no_refusing():
    terms = ladder_terms(dispatch=None)
    sent = given(*IN_HANDLING, SENT, terms=terms)

    assert sent.dispatch is None
    with pytest.raises(WrongPhaseError) as refused:
        when(sent, REFUSE_DISPATCH, SECTION, terms=terms)
    assert refused.value.field == "dispatch"


def test_only_whoever_it_was_sent_to_refuses_it():
    sent = given(*IN_HANDLING, SENT, terms=LADDER)

    for actor in (OFFICER, POWER_SECTION, COORDINATOR):
        with pytest.raises(NotPermittedError):
            when(sent, REFUSE_DISPATCH, actor, terms=LADDER)


def test_what_the_owner_keeps_is_no_dispatch():
    with pytest.raises(WrongPhaseError) as refused:
        when(given(*IN_HANDLING, terms=LADDER), REFUSE_DISPATCH, OFFICER, terms=LADDER)

    assert refused.value.field == "dispatch"


def test_what_was_assigned_before_the_acceptance_is_no_dispatch():
    issue = given(*IN_INTAKE, Step(OFFICER, ASSIGN), terms=LADDER)

    assert issue.handler == "roads-desk"
    assert issue.dispatch is None


def test_after_its_time_a_refusal_is_told_when_the_time_was_over():
    sent = given(*IN_HANDLING, SENT, terms=LADDER)

    with pytest.raises(WrongPhaseError) as refused:
        when(sent, REFUSE_DISPATCH, SECTION, TUE_9, terms=LADDER)

    assert refused.value.message == "The time to refuse is over."
    assert refused.value.value == f"over at {MON_17.isoformat()}"
    assert "objection" in refused.value.allowed


def test_at_the_very_instant_of_its_limit_time_has_come_first():
    sent = given(*IN_HANDLING, SENT, terms=LADDER)

    with pytest.raises(WrongPhaseError):
        when(sent, REFUSE_DISPATCH, SECTION, MON_17, terms=LADDER)
    when(sent, REFUSE_DISPATCH, SECTION, MON_17 - timedelta(milliseconds=1), terms=LADDER)


def test_whoever_has_begun_to_work_no_longer_refuses():
    begun = given(*IN_HANDLING, SENT, Step(SECTION, CONTACT, MON_10), terms=LADDER)

    with pytest.raises(WrongPhaseError) as refused:
        when(begun, REFUSE_DISPATCH, SECTION, MON_11, terms=LADDER)

    assert refused.value.value == f"over at {MON_10.isoformat()}"


def test_a_unit_does_not_suggest_itself():
    sent = given(*IN_HANDLING, SENT, terms=LADDER)
    command = ld.RefuseDispatch(reason="Ours and not ours.", suggested="roads")

    with pytest.raises(InvalidRequestError) as refused:
        when(sent, command, SECTION, terms=LADDER)

    assert (refused.value.field, refused.value.allowed) == ("suggested", "chancery, power")


def test_it_is_refused_once_and_then_ruled():
    with pytest.raises(WrongPhaseError) as refused:
        when(DISPUTED, REFUSE_DISPATCH, SECTION, MON_11, terms=LADDER)

    assert refused.value.allowed == "rule_dispatch, by coordination"


def test_the_unit_that_is_overruled_has_to_take_it():
    decision = when(DISPUTED, RULE_ROADS, COORDINATOR, MON_11, terms=LADDER)

    event = decision.events[0]
    assert (event.overruled, event.binding, event.handler) == (True, True, "roads-desk")
    with pytest.raises(WrongPhaseError) as refused:
        when(decision.issue, REFUSE_DISPATCH, SECTION, MON_13, terms=LADDER)
    assert "none after a ruling that binds" in refused.value.allowed


def test_the_unit_that_is_bound_does_not_pass_it_on_and_its_owner_may():
    bound = given(*IN_DISPUTE, OVERRULED, terms=LADDER)

    with pytest.raises(NotPermittedError) as refused:
        when(bound, HAND_TO_POWER, SECTION, MON_13, terms=LADDER)
    assert refused.value.message == "The ruling binds this unit."
    again = when(bound, HAND_TO_POWER, OFFICER, MON_13, terms=LADDER).issue
    assert (again.unit, again.dispatch.bound) == ("power", False)


def test_sending_it_out_anew_gives_no_more_refusals():
    terms = dispatch_terms(hops_max=1)
    issue = given(*IN_DISPUTE, MOVED_ON, Step(OFFICER, HAND_OVER, MON_13), terms=terms)

    with pytest.raises(WrongPhaseError) as refused:
        when(issue, REFUSE_DISPATCH, SECTION, MON_13, terms=terms)

    assert refused.value.value == "refusal 1"


def test_a_dispute_moves_no_clock_but_its_own():
    stories = [
        told(*IN_DISPUTE, OVERRULED, terms=LADDER),
        told(*IN_DISPUTE, MOVED_ON, terms=LADDER),
        told(*IN_DISPUTE, Step(ENGINE, ring("verdict"), TUE_11), terms=LADDER),
    ]
    for story in stories:
        ends = [e for e in story.events if e.kind.startswith("dispatch_")]
        moved = {change.clock for event in ends for change in event.clocks}
        assert len(ends) == 2
        assert moved <= set(DISPUTE_CLOCKS)
        plain = given(*IN_HANDLING, terms=LADDER)
        for clock in ("handling", "resolution"):
            assert story.issue.clock(clock).due_at == plain.clock(clock).due_at
            assert story.issue.clock(clock).segments == plain.clock(clock).segments


def test_nobody_refuses_what_they_answer_for_themselves():
    """The accountable post stands in a unit of its own and assigns the work to itself."""
    terms = ladder_terms(posts=posts_with(grid_east_1={"unit": "roads"}))
    issue = given(*IN_HANDLING, Step(OFFICER, cmd.Assign(handler=OFFICER.post)), terms=terms)
    assert issue.dispatch is not None

    with pytest.raises(WrongPhaseError) as refused:
        when(issue, REFUSE_DISPATCH, OFFICER, terms=terms)
    assert refused.value.message == "Nothing was sent here that may be refused."


def test_what_waits_for_its_sign_off_is_not_refused_any_more():
    proposed = given(*IN_HANDLING, SENT, Step(OFFICER, PROPOSE, MON_10), terms=LADDER)

    with pytest.raises(WrongPhaseError) as refused:
        when(proposed, REFUSE_DISPATCH, SECTION, MON_10, terms=LADDER)
    assert refused.value.field == "phase"
