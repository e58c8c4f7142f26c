"""A leader's instruction (R5.8): what it sets outranks the handbook, until it expires."""

from datetime import timedelta

import pytest
from builders import (
    ASSIGN,
    CLOCKS,
    COORDINATOR,
    DIRECTOR,
    ESCALATE,
    HAND_OVER,
    HEAD,
    IN_HANDLING,
    IN_INTAKE,
    MON_10,
    MON_11,
    MON_13,
    OFFICER,
    PAUSE,
    SECTION,
    SUPERVISOR,
    TUE_9,
    VICE_DIRECTOR,
    Step,
    adopt_handbook,
    given,
    kinds,
    ring,
    when,
)
from rota import PROGRESS, SIGN_FOR, rota

from domain import commands_of_ladder as ld
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.people import ENGINE

TERMS = rota()
HEAD_AS_OWNER = HEAD
ALL = [*CLOCKS, SIGN_FOR, PROGRESS]
OTHER_LIMIT = {"budgets": [{"duration": {"kind": "open_hours", "minutes": 1800}}]}
UNTIL = MON_10 + timedelta(hours=5)


def instruct(**fields: object) -> ld.Instruct:
    given_fields = {"text": "At once.", "expires_at": UNTIL} | fields
    return ld.Instruct.model_validate(given_fields)


def after(command: ld.Instruct, actor=DIRECTOR, *steps: Step):
    return given(*IN_HANDLING, *steps, Step(actor, command, MON_10), terms=TERMS)


def test_an_instruction_is_an_event_with_scope_and_expiry():
    issue = given(*IN_HANDLING, terms=TERMS)

    decision = when(issue, instruct(holds_tier=True), DIRECTOR, MON_10, terms=TERMS)

    said = decision.events[-1]
    assert (said.kind, said.number, said.tier) == ("instruction_given", 1, 3)
    assert (said.holds_tier, said.expires_at) == (True, UNTIL)


def test_it_names_the_handler_and_nobody_below_changes_that_until_it_expires():
    issue = after(instruct(handler="power-desk"))

    assert (issue.handler, issue.unit, issue.owner) == ("power-desk", "power", "grid-east-1")
    for command in (ASSIGN, HAND_OVER):
        with pytest.raises(NotPermittedError, match="names the handler"):
            when(issue, command, OFFICER, MON_11, terms=TERMS)
    assert when(issue, ASSIGN, DIRECTOR, MON_11, terms=TERMS).events
    assert when(issue, ASSIGN, COORDINATOR, UNTIL, terms=TERMS).events


def test_it_holds_the_tier_against_acts_from_below_and_not_against_time():
    issue = after(instruct(holds_tier=True))

    with pytest.raises(NotPermittedError, match="holds the issue at its tier"):
        when(issue, ESCALATE, OFFICER, MON_11, terms=TERMS)
    with pytest.raises(NotPermittedError, match="holds the issue at its tier"):
        when(issue, ld.TakeOver(reason="-"), HEAD, MON_11, terms=TERMS)
    due_at = issue.clock("handling").due_at
    assert "issue_escalated" in kinds(when(issue, ring(), ENGINE, due_at, terms=TERMS))


def test_it_gives_a_clock_its_limit_from_now():
    issue = after(instruct(clock="handling", limit="2h"))

    clock = issue.clock("handling")
    assert (clock.cycle, clock.due_at) == (1, MON_10 + timedelta(hours=2))


@pytest.mark.parametrize(
    ("limit", "actor", "refusal"),
    [
        ("9wd", DIRECTOR, InvalidRequestError),
        ("2h", HEAD_AS_OWNER, NotPermittedError),
    ],
)
def test_it_gives_no_more_time_and_nobody_sets_limits_of_an_own_issue(limit, actor, refusal):
    up = (Step(OFFICER, ESCALATE, MON_10),) if actor is HEAD_AS_OWNER else ()
    issue = given(*IN_HANDLING, *up, terms=TERMS)

    with pytest.raises(refusal):
        when(issue, instruct(clock="handling", limit=limit), actor, MON_11, terms=TERMS)


def test_it_sets_no_limit_that_the_handbook_does_not_name():
    with pytest.raises(InvalidRequestError, match="no such limit"):
        after(instruct(clock="resolution", limit="2h"))


def test_to_follow_it_is_no_act_against_it():
    issue = after(instruct(handler="roads-desk"))

    assert when(issue, HAND_OVER, OFFICER, MON_11, terms=TERMS).issue.handler == "roads-desk"


def test_nobody_instructs_over_the_head_of_whoever_is_accountable():
    at_the_top = Step(OFFICER, ESCALATE.model_copy(update={"to_tier": 3}), MON_10)
    issue = given(*IN_HANDLING, at_the_top, terms=TERMS)

    with pytest.raises(NotPermittedError):
        when(issue, instruct(no_wait=True), HEAD, MON_11, terms=TERMS)


def test_a_lower_leader_does_not_set_what_a_higher_one_has_set():
    issue = after(instruct(handler="power-desk", holds_tier=True))

    for order in (instruct(handler="roads-desk"), instruct(holds_tier=True)):
        with pytest.raises(NotPermittedError):
            when(issue, order, HEAD, MON_11, terms=TERMS)


def test_those_in_force_are_never_pushed_out():
    order = Step(DIRECTOR, instruct(no_wait=True), MON_10)
    issue = given(*IN_HANDLING, *[order] * 20, terms=TERMS)

    with pytest.raises(WrongPhaseError, match="As many instructions"):
        when(issue, instruct(), DIRECTOR, MON_10, terms=TERMS)
    assert (
        len(
            when(issue, instruct(expires_at=TUE_9), DIRECTOR, UNTIL, terms=TERMS).issue.instructions
        )
        == 1
    )


def test_another_handbook_leaves_the_limit_that_it_set():
    target = rota(clocks=[rule | OTHER_LIMIT if rule["id"] == "handling" else rule for rule in ALL])
    issue = after(instruct(clock="handling", limit="2h"))

    moved = when(issue, adopt_handbook(target), ENGINE, MON_11, terms=TERMS, target=target).issue
    later = when(issue, adopt_handbook(target), ENGINE, UNTIL, terms=TERMS, target=target)

    assert moved.clock("handling").due_at == issue.clock("handling").due_at
    assert later.issue.tier == 2
    plain = given(*IN_HANDLING, terms=TERMS)
    other = when(plain, adopt_handbook(target), ENGINE, MON_11, terms=TERMS, target=target).issue
    assert other.clock("handling").due_at != plain.clock("handling").due_at


def test_it_forbids_to_wait():
    with pytest.raises(WrongPhaseError, match="not wait"):
        when(after(instruct(no_wait=True)), PAUSE, OFFICER, MON_11, terms=TERMS)
    assert when(after(instruct(no_wait=True)), PAUSE, OFFICER, UNTIL, terms=TERMS).events


@pytest.mark.parametrize("actor", [OFFICER, SECTION, COORDINATOR, SUPERVISOR])
def test_only_leaders_from_the_named_tier_up_instruct(actor):
    with pytest.raises(NotPermittedError):
        when(given(*IN_HANDLING, terms=TERMS), instruct(), actor, MON_10, terms=TERMS)


def test_a_zone_without_the_rule_knows_no_instructions():
    with pytest.raises(NotPermittedError):
        when(given(*IN_HANDLING), instruct(), DIRECTOR, MON_10)


@pytest.mark.parametrize("expires_at", [MON_10, MON_10 + timedelta(days=11)])
def test_it_expires_later_than_now_and_within_the_handbooks_days(expires_at):
    with pytest.raises(InvalidRequestError) as refused:
        when(
            given(*IN_HANDLING, terms=TERMS),
            instruct(expires_at=expires_at),
            DIRECTOR,
            MON_10,
            terms=TERMS,
        )
    assert refused.value.field == "expires_at"


@pytest.mark.parametrize("fields", [{"handler": "nowhere"}, {"clock": "sign-for", "limit": "2h"}])
def test_what_it_names_must_be_there(fields):
    with pytest.raises(InvalidRequestError):
        when(given(*IN_HANDLING, terms=TERMS), instruct(**fields), DIRECTOR, MON_10, terms=TERMS)


def test_of_two_the_higher_tiers_counts():
    issue = after(
        instruct(handler="power-desk"), DIRECTOR, Step(HEAD, instruct(holds_tier=True), MON_10)
    )

    with pytest.raises(NotPermittedError, match="names the handler"):
        when(issue, ASSIGN, HEAD, MON_11, terms=TERMS)


def test_it_is_lifted_from_its_own_tier_up():
    issue = after(instruct(holds_tier=True))
    lift = ld.LiftInstruction(number=1, reason="Done.")

    with pytest.raises(NotPermittedError, match="from its own tier up"):
        when(issue, lift, HEAD, MON_11, terms=TERMS)
    lifted = when(issue, lift, VICE_DIRECTOR, MON_11, terms=TERMS).issue
    assert when(lifted, ESCALATE, OFFICER, MON_13, terms=TERMS).issue.tier == 2
    with pytest.raises(InvalidRequestError, match="No such instruction"):
        when(lifted, lift, DIRECTOR, MON_13, terms=TERMS)


def test_no_handler_is_named_after_the_work_is_proposed():
    assert (
        when(
            given(*IN_INTAKE, terms=TERMS),
            instruct(handler="roads-desk"),
            DIRECTOR,
            MON_10,
            terms=TERMS,
        ).issue.handler
        == "roads-desk"
    )
