"""Who rules on a refused dispatch, and what becomes of it when nobody does (R5.7)."""

from datetime import timedelta

import pytest
from builders import (
    ASSIGN,
    COORDINATOR,
    DIRECTOR,
    ESCALATE,
    FRI_17,
    HOUR_MS,
    IN_HANDLING,
    MON_11,
    MON_13,
    MON_17,
    NOTE,
    OFFICER,
    POWER_SECTION,
    PROPOSE,
    SECTION,
    SUPERVISOR,
    TUE_9,
    TUE_17,
    Step,
    given,
    kinds,
    ring,
    told,
    when,
)
from builders_ladder import (
    CHANCERY,
    IN_DISPUTE,
    LADDER,
    LADDER_DATA,
    MOVED_ON,
    OVERRULED,
    REFUSE_DISPATCH,
    REFUSE_PLAINLY,
    RULE_POWER,
    RULE_ROADS,
    SENT,
    dispatch_terms,
    ladder_terms,
    posts_with,
)

from domain import commands as cmd
from domain import commands_of_ladder as ld
from domain.clocks import Standing, Verdict
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.people import ENGINE, Officer

TUE_11 = TUE_9 + timedelta(hours=2)
DISPUTED = given(*IN_DISPUTE, terms=LADDER)
HAND_TO_POWER = cmd.HandOver(unit="power", reason="A cable.")


def roster(*people):
    """Return duty rosters by which only these people are on duty, every day."""
    shifts = [{"people": list(people)}] if people else []
    return [{"id": "duty", "name": {"zh": "值班", "en": "duty"}, "shifts": shifts}]


def test_a_refusal_in_time_goes_to_the_first_arbiter_and_moves_nobody():
    sent = given(*IN_HANDLING, SENT, terms=LADDER)

    decision = when(sent, REFUSE_DISPATCH, SECTION, terms=LADDER)

    assert kinds(decision) == ["dispatch_refused"]
    event = decision.events[0]
    assert (event.unit, event.hop, event.arbiter) == ("roads", 1, "coordination")
    assert event.suggested == "power"
    after = decision.issue
    assert (after.owner, after.handler, after.tier) == (sent.owner, sent.handler, sent.tier)
    assert after.dispatch.arbiter == "coordination"


@pytest.mark.parametrize("unit", ["customs", "archive", "lighthouse"])
def test_neither_unit_nor_arbiter_names_one_that_cannot_take_it(unit):
    sent = given(*IN_HANDLING, SENT, terms=LADDER)
    asked = [
        (sent, ld.RefuseDispatch(reason="Theirs.", suggested=unit), SECTION, "suggested", ""),
        (DISPUTED, ld.RuleDispatch(unit=unit, reason="Theirs."), COORDINATOR, "unit", ", roads"),
    ]
    for issue, command, actor, field, roads in asked:
        with pytest.raises(InvalidRequestError) as refused:
            when(issue, command, actor, MON_11, terms=LADDER)
        assert (refused.value.field, refused.value.allowed) == (field, f"chancery, power{roads}")


@pytest.mark.parametrize(
    ("command", "actor"),
    [(HAND_TO_POWER, OFFICER), (HAND_TO_POWER, SECTION), (ASSIGN, OFFICER), (ASSIGN, COORDINATOR)],
)
def test_while_the_arbiter_has_the_word_nobody_sends_it_elsewhere(command, actor):
    with pytest.raises(WrongPhaseError) as refused:
        when(DISPUTED, command, actor, MON_11, terms=LADDER)

    assert refused.value.allowed == "rule_dispatch, by coordination"


@pytest.mark.parametrize("actor", [OFFICER, SECTION, SUPERVISOR, POWER_SECTION])
def test_nobody_but_the_arbiter_rules(actor):
    with pytest.raises(NotPermittedError):
        when(DISPUTED, RULE_POWER, actor, MON_11, terms=LADDER)


def test_there_is_no_ruling_without_a_refusal():
    sent = given(*IN_HANDLING, SENT, terms=LADDER)

    with pytest.raises(NotPermittedError):
        when(sent, RULE_POWER, COORDINATOR, terms=LADDER)


def test_what_the_arbiter_moves_may_be_refused_once_more_and_the_next_ruling_binds():
    moved = given(*IN_DISPUTE, MOVED_ON, terms=LADDER)
    assert (moved.handler, moved.unit, moved.dispatch.bound) == ("power-desk", "power", False)

    second = when(moved, REFUSE_PLAINLY, POWER_SECTION, MON_13, terms=LADDER).issue
    assert second.refusals == 2
    decision = when(second, RULE_ROADS, COORDINATOR, MON_13, terms=LADDER)

    event = decision.events[0]
    assert (event.overruled, event.binding) == (False, True)
    with pytest.raises(WrongPhaseError) as refused:
        when(decision.issue, REFUSE_DISPATCH, SECTION, MON_13, terms=LADDER)
    assert refused.value.value == "refusal 2"


def test_an_arbiter_of_the_refusing_unit_is_passed_over():
    terms = dispatch_terms(arbiters=["roads-desk", "power-desk"])
    sent = given(*IN_HANDLING, SENT, terms=terms)

    assert when(sent, REFUSE_DISPATCH, SECTION, terms=terms).events[0].arbiter == "power-desk"


def test_an_arbiter_who_is_not_on_duty_is_passed_over():
    off = {"roster": "duty"}
    terms = ladder_terms(posts=posts_with(coordination=off), rosters=roster())
    sent = given(*IN_HANDLING, SENT, terms=terms)

    assert when(sent, REFUSE_DISPATCH, SECTION, terms=terms).events[0].arbiter == "supervision"


def test_an_arbiters_post_with_nobody_but_the_refuser_is_passed_over():
    terms = ladder_terms(posts=posts_with(coordination={"people": [SECTION.person]}))
    sent = given(*IN_HANDLING, SENT, terms=terms)

    assert when(sent, REFUSE_DISPATCH, SECTION, terms=terms).events[0].arbiter == "supervision"


def test_with_no_arbiter_on_duty_the_first_one_of_another_unit_has_its_time():
    empty = {"people": []}
    terms = ladder_terms(posts=posts_with(coordination=empty, supervision=empty))

    issue = given(*IN_DISPUTE, terms=terms)

    assert issue.dispatch.arbiter == "coordination"


def test_with_no_arbiter_outside_the_unit_the_fallback_is_bound_at_once():
    terms = dispatch_terms(arbiters=["roads-desk"])
    sent = given(*IN_HANDLING, SENT, terms=terms)

    decision = when(sent, REFUSE_DISPATCH, SECTION, terms=terms)

    assert kinds(decision) == ["dispatch_refused", "dispatch_bound"]
    assert (decision.events[0].arbiter, decision.events[1].clock) == (None, None)
    issue = decision.issue
    assert (issue.unit, issue.handler, issue.dispatch.bound) == ("chancery", "chancery-desk", True)
    assert issue.dispatch.arbiter is None


def test_when_the_arbiters_time_is_over_the_fallback_is_bound():
    """The chancery's first post is vacant: the next takes it, and nobody refuses it any more."""
    decision = when(DISPUTED, NOTE, OFFICER, TUE_11, terms=LADDER)

    bound = next(e for e in decision.events if e.kind == "dispatch_bound")
    assert (bound.by, bound.clock, bound.unit) == (ENGINE, "verdict", "chancery")
    issue = decision.issue
    assert (issue.handler, issue.owner, issue.tier) == ("chancery-desk", OFFICER.post, 1)
    assert issue.dispatch.bound
    with pytest.raises(WrongPhaseError):
        when(issue, REFUSE_DISPATCH, CHANCERY, TUE_11, terms=LADDER)


def test_a_fallback_with_nobody_in_it_is_bound_all_the_same():
    terms = ladder_terms(posts=posts_with(chancery_desk={"people": []}))
    issue = given(*IN_DISPUTE, terms=terms)

    bound = when(issue, ring("verdict"), ENGINE, TUE_11, terms=terms).issue

    assert bound.handler == "chancellor"


def test_a_clock_that_binds_does_nothing_to_what_nobody_disputes():
    rung = {"id": "due", "percent": 100, "effect": "bind"}
    clocks = [
        rule | {"rungs": [rung]} if rule["id"] == "handling" else rule
        for rule in LADDER_DATA["clocks"]
    ]
    terms = ladder_terms(clocks=clocks)
    sent = given(*IN_HANDLING, SENT, terms=terms)

    decision = when(sent, ring(), ENGINE, TUE_17, terms=terms)

    assert set(kinds(decision)) == {"rung_fired"}
    assert decision.issue.handler == "roads-desk"


def test_an_arbiter_who_rules_in_time_leaves_nothing_to_bind():
    ruled = given(*IN_DISPUTE, MOVED_ON, terms=LADDER)

    decision = when(ruled, ring("verdict"), ENGINE, TUE_11, terms=LADDER)

    assert "dispatch_bound" not in kinds(decision)
    assert decision.issue.clock("verdict").verdict is Verdict.MET


@pytest.mark.parametrize("end", [OVERRULED, MOVED_ON], ids=["overruled", "moved"])
def test_hop_time_is_what_lies_between_the_refusal_and_the_ruling(end):
    ruled = given(*IN_DISPUTE, end, terms=LADDER)

    assert ruled.clock("verdict").elapsed_ms == HOUR_MS
    assert ruled.clock("verdict").standing is Standing.STOPPED
    assert ruled.clock("objection").cycle == 2


def test_no_unit_passes_on_by_itself_what_it_may_refuse():
    """That would be a refusal without an arbiter, and round and round without end."""
    moved = given(*IN_DISPUTE, MOVED_ON, terms=LADDER)
    to_roads = cmd.HandOver(unit="roads", reason="After all.")

    with pytest.raises(NotPermittedError, match="done there, or refused to the arbiter"):
        when(moved, to_roads, POWER_SECTION, MON_13, terms=LADDER)
    assert when(moved, to_roads, OFFICER, MON_13, terms=LADDER).issue.unit == "roads"


def test_a_leaders_instruction_ends_the_dispute_and_leaves_nothing_to_bind():
    order = ld.Instruct(text="Power does it.", expires_at=FRI_17, handler="power-desk")
    instructed = given(*IN_DISPUTE, Step(DIRECTOR, order, MON_11), terms=LADDER)
    assert instructed.dispatch is None

    decision = when(instructed, ring("verdict"), ENGINE, TUE_11, terms=LADDER)

    assert kinds(decision) == ["rung_fired", "rung_fired"]
    assert (decision.issue.handler, decision.issue.unit) == ("power-desk", "power")


def test_an_escalation_ends_the_dispute():
    raised = given(*IN_DISPUTE, Step(OFFICER, ESCALATE, MON_11), terms=LADDER)

    assert raised.dispatch is None
    assert raised.clock("verdict").standing is Standing.CANCELLED
    with pytest.raises(NotPermittedError):
        when(raised, RULE_POWER, COORDINATOR, MON_13, terms=LADDER)


def test_whoever_refused_does_not_rule_by_a_deputy_nor_as_one():
    """head-east.a, by whom it was refused or for whom, sits in the arbiter's post as well."""
    terms = ladder_terms(
        posts=posts_with(
            coordination={"people": ["coordination.a", "head-east.a", "coordination.d"]},
            roads_desk={"people": ["head-east.a"]},
        ),
        delegations=[
            {
                "id": "leave",
                "post": "roads-desk",
                "principal": "head-east.a",
                "deputy": "coordination.d",
                "from_on": "2026-03-01",
                "to_on": "2026-03-31",
            }
        ],
    )
    sent = given(*IN_HANDLING, SENT, terms=terms)
    deputy = Officer(person="coordination.d", post="roads-desk", on_behalf_of="head-east.a")
    disputed = when(sent, REFUSE_DISPATCH, deputy, terms=terms).issue

    assert (disputed.dispatch.refused_by, disputed.dispatch.refused_for) == (
        "coordination.d",
        "head-east.a",
    )
    for person in ("head-east.a", "coordination.d"):
        arbiter = Officer(person=person, post="coordination")
        with pytest.raises(NotPermittedError):
            when(disputed, RULE_POWER, arbiter, MON_11, terms=terms)
    assert when(disputed, RULE_POWER, COORDINATOR, MON_11, terms=terms).issue.unit == "power"


def test_a_proposal_leaves_the_arbiter_the_word():
    proposed = given(*IN_DISPUTE, Step(OFFICER, PROPOSE, MON_11), terms=LADDER)

    ruled = when(proposed, RULE_POWER, COORDINATOR, MON_13, terms=LADDER).issue

    assert (ruled.phase, ruled.unit) == (proposed.phase, "power")


def test_the_first_receiver_answers_for_it_whatever_the_units_say():
    story = told(
        *IN_DISPUTE,
        MOVED_ON,
        Step(POWER_SECTION, REFUSE_PLAINLY, MON_13),
        Step(COORDINATOR, RULE_ROADS, MON_17),
        terms=LADDER,
    )

    assert {e.kind for e in story.events} >= {"dispatch_refused", "dispatch_ruled"}
    assert (story.issue.owner, story.issue.tier) == (OFFICER.post, 1)
    assert story.issue.clock("acceptance").verdict is Verdict.MET


def test_during_a_dispute_an_instruction_names_a_post_of_a_unit():
    order = ld.Instruct(text="The officer does it.", expires_at=FRI_17, handler="grid-east-1")

    with pytest.raises(InvalidRequestError, match="names a post of a unit"):
        when(given(*IN_DISPUTE, terms=LADDER), order, DIRECTOR, MON_11, terms=LADDER)


def test_instructions_come_to_an_end():
    often = given(*IN_HANDLING, terms=LADDER).model_copy(update={"instructed": 1000})
    order = ld.Instruct(text="Once more.", expires_at=FRI_17)

    with pytest.raises(WrongPhaseError, match="as many instructions as it may"):
        when(often, order, DIRECTOR, MON_11, terms=LADDER)
