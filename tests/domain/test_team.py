"""Joint teams: who may call one, what each unit owes, and when the team is done."""

import pytest
from builders import (
    ACCEPTED,
    CONVENE,
    CUSTOMS_PART,
    EMERGENCY,
    ESCALATED,
    FRI_9,
    HEAD,
    IN_HANDLING,
    MON_9,
    MON_10,
    MON_13,
    MON_17,
    OFFICER,
    POWER_PART,
    POWER_SECTION,
    PROPOSE,
    ROADS_PART,
    SECTION,
    TUE_9,
    WITH_A_TEAM,
    Step,
    clock_rule,
    given,
    kinds,
    ring,
    terms_of,
    told,
    when,
)

from domain import commands as cmd
from domain.clocks import Standing, Verdict
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.people import ENGINE
from domain.phases import Duty, PartStanding, Phase


def accept_part(part="survey"):
    return cmd.AcceptPart(part=part)


def refuse_part(part="survey"):
    return cmd.RefusePart(part=part, reason="Not ours.")


def finish_part(part="survey"):
    return cmd.FinishPart(part=part, summary="Done.")


def waive_part(part="survey"):
    return cmd.WaivePart(part=part, reason="Not needed any more.")


def convene(*parts, lead="roads"):
    return cmd.ConveneTeam(lead=lead, parts=parts)


def test_a_team_gives_each_unit_a_part_with_a_clock_of_its_own():
    decision = when(given(*IN_HANDLING, ESCALATED), CONVENE, HEAD, MON_9)

    assert kinds(decision) == ["team_convened"]
    assert [part.standing for part in decision.issue.team.parts] == [PartStanding.ASKED] * 3
    assert {c.id: c.due_at for c in decision.issue.clocks if c.rule == "part"} == {
        "part.1.survey": MON_17,
        "part.1.cable": MON_17,
        "part.1.permit": MON_17,
    }


def test_a_team_is_called_from_the_second_tier_up():
    with pytest.raises(NotPermittedError) as refused:
        when(given(*IN_HANDLING), CONVENE, OFFICER)

    assert (refused.value.field, refused.value.value) == ("tier", "1")


def test_in_an_emergency_the_first_tier_calls_a_team():
    decision = when(given(EMERGENCY, ACCEPTED), CONVENE, OFFICER, MON_9)

    assert kinds(decision) == ["team_convened"]


@pytest.mark.parametrize("lead", ["customs", "lighthouse"])
def test_the_lead_is_a_unit_of_the_zone(lead):
    with pytest.raises(InvalidRequestError) as refused:
        when(given(*IN_HANDLING, ESCALATED), convene(CUSTOMS_PART, lead=lead), HEAD)

    assert (refused.value.field, refused.value.value) == ("lead", lead)
    assert refused.value.allowed == "archive, power, roads"


def test_a_part_for_an_unknown_unit_is_refused():
    part = POWER_PART.model_copy(update={"unit": "lighthouse"})

    with pytest.raises(InvalidRequestError) as refused:
        when(given(*IN_HANDLING, ESCALATED), convene(ROADS_PART, part), HEAD)

    assert (refused.value.field, refused.value.value) == ("parts.unit", "lighthouse")


def test_two_parts_cannot_have_one_name():
    part = POWER_PART.model_copy(update={"id": ROADS_PART.id})

    with pytest.raises(InvalidRequestError) as refused:
        when(given(*IN_HANDLING, ESCALATED), convene(ROADS_PART, part), HEAD)

    assert (refused.value.field, refused.value.value) == ("parts.id", "survey")


def test_only_the_lead_unit_has_the_duty_to_lead():
    part = POWER_PART.model_copy(update={"duty": Duty.LEAD})

    with pytest.raises(InvalidRequestError) as refused:
        when(given(*IN_HANDLING, ESCALATED), convene(ROADS_PART, part), HEAD)

    assert (refused.value.field, refused.value.allowed) == ("parts.duty", "roads")


def test_a_unit_accepts_and_finishes_its_part_and_its_clock_stops():
    issue = given(*WITH_A_TEAM, Step(SECTION, accept_part(), MON_10))

    done = when(issue, finish_part(), SECTION, MON_13).issue

    assert issue.team.part("survey").standing is PartStanding.ACCEPTED
    assert done.team.part("survey").is_settled
    assert done.clock("part.1.survey").verdict is Verdict.MET
    assert done.clock("part.1.cable").standing is Standing.RUNNING


def test_a_part_may_be_finished_without_being_accepted_first():
    assert kinds(when(given(*WITH_A_TEAM), finish_part(), SECTION)) == ["part_finished"]


def test_a_refused_part_stays_open_and_its_clock_runs_until_it_is_waived():
    refused = given(*WITH_A_TEAM, Step(SECTION, refuse_part(), MON_10))

    waived = when(refused, waive_part(), HEAD, MON_13).issue

    assert refused.clock("part.1.survey").standing is Standing.RUNNING
    assert "survey" in {part.id for part in refused.team.open_parts}
    assert waived.team.part("survey").standing is PartStanding.WAIVED
    assert waived.clock("part.1.survey").standing is Standing.STOPPED


@pytest.mark.parametrize(
    ("before", "command"),
    [
        ((accept_part(),), accept_part()),
        ((accept_part(),), refuse_part()),
        ((refuse_part(),), accept_part()),
        ((refuse_part(),), finish_part()),
        ((finish_part(),), accept_part()),
        ((finish_part(),), finish_part()),
    ],
    ids=str,
)
def test_a_part_goes_forward_only(before, command):
    issue = given(*WITH_A_TEAM, *(Step(SECTION, act) for act in before))

    with pytest.raises(WrongPhaseError) as refused:
        when(issue, command, SECTION)

    assert refused.value.field == "part"


@pytest.mark.parametrize("settled", [finish_part(), waive_part()], ids=lambda act: act.kind)
def test_what_is_settled_is_not_waived(settled):
    actor = SECTION if settled.kind == "finish_part" else HEAD
    issue = given(*WITH_A_TEAM, Step(actor, settled))

    with pytest.raises(WrongPhaseError):
        when(issue, waive_part(), HEAD)


def test_a_part_that_nobody_asked_for_is_refused_with_those_that_were():
    with pytest.raises(InvalidRequestError) as refused:
        when(given(*WITH_A_TEAM), accept_part("bridge"), SECTION)

    assert (refused.value.field, refused.value.value) == ("part", "bridge")
    assert refused.value.allowed == "cable, permit, survey"


def test_without_a_team_there_are_no_parts():
    with pytest.raises(InvalidRequestError) as refused:
        when(given(*IN_HANDLING), accept_part(), SECTION)

    assert refused.value.value == "survey"


def test_a_unit_acts_on_its_own_part_only():
    with pytest.raises(NotPermittedError):
        when(given(*WITH_A_TEAM), accept_part("cable"), SECTION)


def test_the_lead_waives_another_units_part():
    assert kinds(when(given(*WITH_A_TEAM), waive_part("cable"), SECTION)) == ["part_waived"]


def test_a_unit_does_not_waive_its_own_part():
    with pytest.raises(NotPermittedError):
        when(given(*WITH_A_TEAM), waive_part("cable"), POWER_SECTION)


@pytest.mark.parametrize("actor", [HEAD, SECTION], ids=["owner", "lead"])
def test_the_owner_or_the_lead_acts_for_a_unit_without_a_login(actor):
    assert kinds(when(given(*WITH_A_TEAM), finish_part("permit"), actor)) == ["part_finished"]


def test_another_unit_does_not_act_for_a_unit_without_a_login():
    with pytest.raises(NotPermittedError):
        when(given(*WITH_A_TEAM), finish_part("permit"), POWER_SECTION)


def test_a_proposal_waits_for_every_required_part():
    issue = given(*WITH_A_TEAM, Step(SECTION, finish_part()))

    with pytest.raises(WrongPhaseError) as refused:
        when(issue, PROPOSE, HEAD)

    assert (refused.value.field, refused.value.allowed) == ("team", "finish or waive cable")


def test_the_lead_proposes_once_the_required_parts_are_settled():
    issue = given(
        *WITH_A_TEAM, Step(SECTION, finish_part()), Step(POWER_SECTION, finish_part("cable"))
    )

    proposed = when(issue, PROPOSE, SECTION).issue

    assert proposed.phase is Phase.SIGN_OFF
    assert proposed.clock("part.1.permit").verdict is Verdict.WITHDRAWN


def test_a_part_that_is_late_does_not_hide_behind_the_lead():
    issue = when(given(*WITH_A_TEAM), ring("part.1.cable"), ENGINE, MON_17).issue

    done = given(
        *WITH_A_TEAM,
        Step(SECTION, finish_part(), MON_13),
        Step(POWER_SECTION, finish_part("cable"), TUE_9),
    )

    assert issue.team.part("cable").late
    assert [part.id for part in done.team.parts if part.late] == ["cable", "permit"]
    assert done.clock("part.1.cable").verdict is Verdict.BREACHED_THEN_MET
    assert done.clock("part.1.survey").verdict is Verdict.MET


def test_a_warning_does_not_make_a_part_late():
    issue = when(given(*WITH_A_TEAM), ring("part.1.cable", rung="at-50"), ENGINE, MON_13).issue

    assert not any(part.late for part in issue.team.parts)


def test_a_team_with_open_parts_is_not_replaced():
    with pytest.raises(WrongPhaseError) as refused:
        when(given(*WITH_A_TEAM), CONVENE, HEAD)

    assert refused.value.allowed == "finish or waive cable, finish or waive survey"


def settled_but_for_the_permit():
    return (
        *WITH_A_TEAM,
        Step(SECTION, finish_part(), MON_10),
        Step(POWER_SECTION, finish_part("cable"), MON_10),
    )


def test_a_second_team_has_a_number_and_clocks_of_its_own():
    issue = when(given(*settled_but_for_the_permit()), convene(POWER_PART), HEAD, MON_10).issue

    assert issue.team.number == 2
    assert issue.clock("part.2.cable").standing is Standing.RUNNING
    assert issue.clock("part.1.cable").standing is Standing.STOPPED


def test_what_the_first_team_still_owed_ends_with_it():
    """Its clock would otherwise ring for ever, and mark a part of the second team as late."""
    story = (
        *settled_but_for_the_permit(),
        Step(HEAD, convene(POWER_PART, CUSTOMS_PART), MON_13),
    )

    moved = [change.clock for change in told(*story).events[-1].clocks]
    issue = when(given(*story), ring("part.1.permit"), ENGINE, MON_17).issue

    assert moved.count("part.1.permit") == 1
    assert issue.clock("part.1.permit").standing is Standing.CANCELLED
    assert issue.clock("part.1.permit").verdict is Verdict.WITHDRAWN
    assert not issue.team.part("permit").late


def test_fifty_parts_with_many_rungs_all_fire_when_the_ring_is_late():
    rungs = [{"id": f"at-{percent}", "percent": percent} for percent in range(10, 101, 10)]
    terms = terms_of(clocks=clock_rule("part", rungs=rungs))
    parts = tuple(POWER_PART.model_copy(update={"id": f"p{n}"}) for n in range(50))
    story = told(*IN_HANDLING, ESCALATED, Step(HEAD, convene(*parts)), terms=terms)

    decision = when(story.issue, ring("part.1.p0"), ENGINE, FRI_9, terms=terms)

    fired = [event for event in decision.events if event.kind == "rung_fired"]
    assert sum(event.clock.startswith("part.") for event in fired) == 500
    assert all(part.late for part in decision.issue.team.parts)
