"""A unit objects to being named in a team, and an arbiter rules for good (R7.4)."""

import builders as b
import builders_team as bt
from builders import (
    COORDINATOR,
    HEAD,
    MON_10,
    MON_11,
    MON_13,
    POWER_SECTION,
    SECTION,
    TUE_9,
    Step,
    kinds,
    when,
)
from builders_team import (
    REFUSED,
    TEAM,
    WATER_SECTION,
    refusal,
    standings,
    team,
)

from domain.clocks import Standing
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.people import ENGINE, Officer
from domain.phases import PartStanding


def test_an_objection_goes_to_the_first_arbiter_of_another_unit_and_stops_the_parts_own_time():
    decision = when(team(), bt.refuse("dig"), POWER_SECTION, MON_10, terms=TEAM)

    part = decision.issue.team.part("dig")
    assert (part.standing, part.arbiter) == (PartStanding.REFUSED, "coordination")
    assert part.refused_by == "power-desk.a"
    assert decision.issue.clock("share.1.dig").standing is Standing.CANCELLED
    assert decision.issue.clock("judging.1.dig").standing is Standing.RUNNING
    assert decision.issue.clock("convener").standing is Standing.RUNNING


def test_a_waiting_part_may_be_objected_to_as_well():
    assert team(REFUSED).team.part("pipe").arbiter == "power-desk"


def test_an_arbiter_whose_post_is_empty_is_passed_over_for_one_who_is_there():
    terms = bt.rule_terms(arbiters=["gas-desk", "coordination"])

    assert team(REFUSED, terms=terms).team.part("pipe").arbiter == "coordination"


def test_where_every_arbiters_post_is_empty_the_first_is_asked_all_the_same():
    terms = bt.rule_terms(arbiters=["spare", "gas-desk"])

    assert team(REFUSED, terms=terms).team.part("pipe").arbiter == "spare"


def test_where_nobody_of_another_unit_can_rule_the_unit_is_bound_at_once():
    terms = bt.rule_terms(arbiters=["water-desk"])

    decision = when(team(terms=terms), bt.refuse("pipe"), WATER_SECTION, MON_10, terms=terms)

    assert kinds(decision) == ["part_refused", "part_ruled"]
    assert decision.events[-1].by == ENGINE
    part = decision.issue.team.part("pipe")
    assert (part.standing, part.bound, part.arbiter) == (PartStanding.WAITING, True, None)


def test_an_objection_after_the_time_for_it_is_refused():
    found = refusal(WrongPhaseError, team(), bt.refuse("dig"), POWER_SECTION, TUE_9)

    assert found.message == "The time to object is over."


def test_an_objection_after_the_part_was_accepted_is_refused():
    issue = team(Step(POWER_SECTION, bt.accept("dig"), MON_10))

    found = refusal(WrongPhaseError, issue, bt.refuse("dig"), POWER_SECTION)

    assert (found.value, found.allowed) == ("accepted", "asked")


def test_whoever_is_overruled_has_the_part_and_a_second_objection_is_refused():
    overruled = team(REFUSED, Step(POWER_SECTION, bt.rule("pipe", upheld=False), MON_11))

    part = overruled.team.part("pipe")
    found = refusal(WrongPhaseError, overruled, bt.refuse("pipe"), WATER_SECTION, MON_11)

    assert (part.unit, part.standing, part.bound) == ("water", PartStanding.WAITING, True)
    assert found.message == "The objection was ruled upon, and that is final."


def test_an_upheld_objection_gives_the_part_to_another_unit_for_good():
    issue = team(REFUSED, Step(POWER_SECTION, bt.rule("pipe", upheld=True, unit="roads"), MON_11))

    part = issue.team.part("pipe")

    assert (part.unit, part.standing, part.bound) == ("roads", PartStanding.WAITING, True)
    assert (part.arbiter, part.refused_by) == (None, None)
    refusal(WrongPhaseError, issue, bt.refuse("pipe"), SECTION, MON_11)


def test_a_part_whose_unit_is_released_without_another_is_nobodys():
    refused = team(Step(POWER_SECTION, bt.refuse("dig"), MON_10))

    decision = when(refused, bt.rule("dig", upheld=True), COORDINATOR, MON_11, terms=TEAM)

    assert kinds(decision) == ["part_ruled", "part_ready"]
    assert standings(decision.issue) == {"dig": "left", "pipe": "asked", "permit": "asked"}


def test_after_a_ruling_the_part_has_its_whole_time_anew_within_the_leads():
    refused = team(Step(POWER_SECTION, bt.refuse("dig"), MON_10))

    issue = when(refused, bt.rule("dig", upheld=False), COORDINATOR, MON_13, terms=TEAM).issue

    clock = issue.clock("share.1.dig")
    assert (clock.cycle, clock.due_at) == (2, b.local(3, 13))


def test_a_ruling_that_does_not_come_in_time_binds_the_unit():
    decision = when(team(REFUSED), b.ring("judging.1.pipe"), ENGINE, b.MON_15, terms=TEAM)

    assert kinds(decision) == ["rung_fired", "part_ruled"]
    assert decision.events[-1].clock == "judging.1.pipe"
    assert decision.issue.team.part("pipe").bound
    assert not decision.issue.team.part("pipe").late


def test_a_part_waived_meanwhile_leaves_the_arbiter_nothing_to_rule():
    issue = team(REFUSED, Step(HEAD, bt.waive("pipe", None), MON_11))

    decision = when(issue, b.ring("judging.1.pipe"), ENGINE, b.MON_15, terms=TEAM)

    assert issue.team.part("pipe").arbiter is None
    assert kinds(decision) == []


def test_a_ruling_clock_that_outlives_the_ruling_binds_nobody():
    """Where a handbook lets the arbiter's clock run on, its end finds nothing to do."""
    terms = bt.team_terms(clocks=bt.clocks_with(judging={"stop": b.CLOSED}))
    issue = team(REFUSED, Step(HEAD, bt.waive("pipe", None), MON_11), terms=terms)

    decision = when(issue, b.ring("judging.1.pipe"), ENGINE, b.MON_15, terms=terms)

    assert kinds(decision) == ["rung_fired"]


def test_only_the_arbiter_rules_and_not_on_an_objection_of_their_own():
    everybody = [
        post | {"people": ["power-desk.a"]}
        if post["id"] in ("power-desk", "coordination")
        else post
        for post in bt.TEAM_DATA["posts"]
    ]
    terms = bt.team_terms(posts=everybody)
    refused = team(Step(POWER_SECTION, bt.refuse("dig"), MON_10), terms=terms)

    refusal(NotPermittedError, team(REFUSED), bt.rule("pipe", upheld=True), COORDINATOR)
    refusal(
        NotPermittedError,
        refused,
        bt.rule("dig", upheld=True),
        Officer(person="power-desk.a", post="coordination"),
        terms=terms,
    )


def test_a_unit_in_the_place_of_the_one_that_is_overruled_is_a_contradiction():
    found = refusal(
        InvalidRequestError,
        team(REFUSED),
        bt.rule("pipe", upheld=False, unit="roads"),
        POWER_SECTION,
    )

    assert found.field == "unit"
