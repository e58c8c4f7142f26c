"""Up and down the tiers by act: who becomes accountable, and what becomes of the clocks."""

import pytest
from builders import (
    AT_THE_TOP,
    COORDINATOR,
    DEESCALATE,
    DIRECTOR,
    ESCALATE,
    ESCALATED,
    HANDED_OVER,
    HEAD,
    IN_HANDLING,
    IN_INTAKE,
    MON_9,
    MON_10,
    MON_11,
    OFFICER,
    PAUSE,
    SECTION,
    WITH_A_TEAM,
    Step,
    given,
    kinds,
    local,
    report,
    terms_of,
    when,
)

from domain import commands as cmd
from domain.clocks import Move, Standing, Verdict
from domain.errors import InvalidRequestError, NotPermittedError
from domain.phases import Phase


def test_escalating_makes_the_next_tier_accountable_and_the_handler():
    decision = when(given(*IN_HANDLING, HANDED_OVER), ESCALATE, OFFICER)

    assert kinds(decision) == ["issue_escalated"]
    assert (decision.issue.tier, decision.issue.tier_reached) == (2, 2)
    assert (decision.issue.owner, decision.issue.handler) == ("head-east", "head-east")
    assert decision.events[0].owner_person == "head-east.a"
    assert decision.events[0].skipped == ()


def test_escalating_past_a_tier_says_which_was_skipped():
    command = cmd.Escalate(to_tier=3, reason="For the zone.")

    decision = when(given(*IN_HANDLING), command, OFFICER)

    assert decision.events[0].skipped == (2,)
    assert decision.issue.owner == "director"


def test_a_zone_may_forbid_skipping_tiers():
    terms = terms_of(allow_skip=False)
    command = cmd.Escalate(to_tier=3, reason="For the zone.")

    with pytest.raises(InvalidRequestError) as refused:
        when(given(*IN_HANDLING, terms=terms), command, OFFICER, terms=terms)

    assert (refused.value.field, refused.value.allowed) == ("to_tier", "2 to 2")


@pytest.mark.parametrize("to_tier", [2, 4, 5])
def test_escalating_goes_up_and_not_past_the_top(to_tier):
    issue = given(*IN_HANDLING, ESCALATED)

    with pytest.raises(InvalidRequestError) as refused:
        when(issue, cmd.Escalate(to_tier=to_tier, reason="Up."), HEAD)

    assert (refused.value.value, refused.value.allowed) == (str(to_tier), "3 to 3")


def test_there_is_nowhere_to_escalate_from_the_top():
    with pytest.raises(InvalidRequestError) as refused:
        when(given(*IN_HANDLING, AT_THE_TOP), ESCALATE, DIRECTOR)

    assert refused.value.allowed == "none: top tier"


def test_a_report_that_nobody_accepts_can_be_escalated_and_its_clock_starts_afresh():
    decision = when(given(*IN_INTAKE), ESCALATE, OFFICER, MON_10)

    change = decision.events[0].clocks[0]
    assert (change.clock, change.move, change.cycle) == ("acceptance", Move.RESET, 2)
    assert (change.elapsed_ms, change.verdict) == (3_600_000, Verdict.HANDED_OVER)
    assert decision.issue.clock("acceptance").due_at == local(hour=14)
    assert decision.issue.phase is Phase.INTAKE


def test_each_tier_has_a_budget_of_its_own():
    issue = given(*IN_HANDLING, AT_THE_TOP)

    assert issue.clock("handling").budget_ms == 5 * 8 * 3_600_000


def test_the_total_clock_runs_on_over_an_escalation():
    issue = given(*IN_HANDLING, Step(OFFICER, ESCALATE, MON_10))

    assert issue.clock("resolution").anchor_at == MON_9
    assert issue.clock("resolution").cycle == 1


@pytest.mark.parametrize("actor", [HEAD, DIRECTOR, COORDINATOR], ids=lambda actor: actor.post)
def test_a_higher_tier_or_a_coordinator_may_take_the_issue_up(actor):
    assert when(given(*IN_HANDLING), ESCALATE, actor).issue.tier == 2


def test_de_escalating_gives_the_issue_back_and_remembers_how_high_it_was():
    decision = when(given(*IN_HANDLING, AT_THE_TOP), DEESCALATE, DIRECTOR)

    assert kinds(decision) == ["issue_deescalated"]
    assert (decision.issue.tier, decision.issue.tier_reached) == (1, 3)
    assert decision.issue.owner == "grid-east-1"
    assert decision.issue.clock("handling").budget_ms == 16 * 3_600_000


@pytest.mark.parametrize("to_tier", [2, 3])
def test_de_escalating_goes_down(to_tier):
    with pytest.raises(InvalidRequestError) as refused:
        when(given(*IN_HANDLING, ESCALATED), cmd.Deescalate(to_tier=to_tier, reason="Down."), HEAD)

    assert (refused.value.field, refused.value.allowed) == ("to_tier", "1 to 1")


def test_there_is_nothing_below_the_lowest_tier():
    with pytest.raises(InvalidRequestError) as refused:
        when(given(*IN_HANDLING), DEESCALATE, OFFICER)

    assert refused.value.allowed == "none: lowest tier"


def test_the_unit_that_does_the_work_cannot_give_the_issue_back():
    issue = given(*IN_HANDLING, ESCALATED, Step(HEAD, cmd.HandOver(unit="roads", reason="Do it.")))

    with pytest.raises(NotPermittedError):
        when(issue, DEESCALATE, SECTION)


def test_a_joint_team_goes_on_over_an_escalation():
    issue = when(given(*WITH_A_TEAM), ESCALATE, HEAD, MON_10).issue

    assert (issue.tier, issue.team.number) == (3, 1)
    assert issue.clock("part.1.survey").is_live


@pytest.mark.parametrize(
    ("story", "command", "actor"),
    [
        (IN_HANDLING, ESCALATE, OFFICER),
        ((*IN_HANDLING, ESCALATED), DEESCALATE, HEAD),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_a_new_tier_ends_a_pause_so_that_its_clocks_run(story, command, actor):
    issue = given(*story, Step(actor, PAUSE, MON_10))

    moved = when(issue, command, actor, MON_11).issue

    assert moved.pause is None
    assert moved.clock("handling").standing is Standing.RUNNING
    assert moved.clock("resolution").standing is Standing.RUNNING
    assert moved.clock("resolution").elapsed_ms == 3_600_000


def test_an_issue_reported_at_the_second_tier_is_escalated_to_the_third():
    issue = given(Step(HEAD, report(tier=2)))

    assert when(issue, ESCALATE, HEAD).issue.owner == "director"
