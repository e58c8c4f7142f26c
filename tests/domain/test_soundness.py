"""Whether a handbook's clocks are sound is judged on a table of facts, and the table is right."""

from itertools import pairwise
from typing import Any

import builders as b
import pytest
from deep import IN_CHECK, deep
from facts_walk import PRIORITIES, TERMS, facts_of, folded, walked
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from laws import Life, lives

from domain.clock_life import Life as ClockLife
from domain.clock_life import live_through
from domain.clock_rules import ClockRule, ClockScope
from domain.clocks import Clock, Move, Standing
from domain.evolve import evolve
from domain.facts_of_handbook import absent_events
from domain.facts_possible import (
    BEGUN_ELSEWHERE,
    EVENT_CLASSES,
    Facts,
    Moment,
    Space,
    all_moments,
    first_moments,
    following,
)
from domain.handbook import Handbook
from domain.issue import Issue, Part
from domain.phases import Phase, Priority
from domain.problem import Problem
from domain.soundness import problems, space_of

random_lives = settings(
    max_examples=deep("lives held against the table of facts", 800),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
CATEGORIES = tuple(entry.id for entry in b.HANDBOOK.categories)
WHOLE = Space(tiers=(1, 2, 3), priorities=tuple(Priority), categories=CATEGORIES)
OF_ISSUES = all_moments(WHOLE)
OF_PARTS = all_moments(Space(tiers=(1, 2, 3), parts=True))
NAME = {"zh": "时限", "en": "A limit"}
LOOSE = {
    *("level_skipped", "level_held", "post_handed_over", "issue_routed", "pause_granted"),
    *("dispatch_refused", "dispatch_ruled", "dispatch_bound", "parking_asked"),
    *("acknowledgement_expired", "issue_put_to_review"),
    *("green_channel_opened", "emergency_declared", "emergency_stage_entered", "emergency_ended"),
    *("issue_reclassified", "issue_escalated"),
    *("decision_followed", "child_added", "child_released"),
}
"""Events that the table holds in more places than the walk comes by them."""


# --- the table ---


@IN_CHECK
def test_the_table_holds_what_the_engine_can_come_to_and_hardly_more() -> None:
    """Every act is tried at every place; what is left over needs another organisation, another
    handbook, or is held more loosely than it happens: of another priority, in another phase."""
    seen = walked().seen
    absent = absent_events(TERMS.handbook)
    table = all_moments(Space(tiers=(1, 2, 3), priorities=PRIORITIES, parts=True, absent=absent))

    assert seen <= table
    assert {moment.event for moment in table - seen} == LOOSE
    assert {moment.facts for moment in table} == {moment.facts for moment in seen}


@random_lives
@for_all(lives())
def test_whatever_happens_by_chance_is_in_the_table_and_foreseen_of_each_clock(life: Life) -> None:
    check_moments(life)
    check_moves(life)


def check_moments(life: Life) -> None:
    for event, issue in folded(None, life.events, b.TERMS.hash):
        assert Moment(event.kind, facts_of(issue)) in OF_ISSUES
        for part in () if issue.team is None else issue.team.parts:
            facts = facts_of(issue, part.id)._replace(priority=None, category=None)
            assert Moment(event.kind, facts) in OF_PARTS


def check_moves(life: Life) -> None:
    before: Issue | None = None
    for event in life.events:
        after = evolve(before, event, zone=b.ZONE, key=b.KEY, terms=b.TERMS.hash)
        moved = {change.clock: change.move for change in event.clocks}
        for rule in b.HANDBOOK.clocks:
            for clock_id, part in instances(rule, after):
                was = None if before is None else live_standing(before.clock(clock_id))
                move = moved.get(clock_id)
                if move is not Move.RETARGET:
                    moment = Moment(event.kind, asked_about(after, part))
                    assert (was, moment, move) in FORESEEN[rule.id]
        before = after


def instances(rule: ClockRule, issue: Issue) -> list[tuple[str, Part | None]]:
    if rule.scope is ClockScope.ISSUE:
        return [(rule.id, None)]
    if issue.team is None:
        return []
    return [(f"{rule.id}.{issue.team.number}.{part.id}", part) for part in issue.team.parts]


def live_standing(clock: Clock | None) -> Standing | None:
    return clock.standing if clock is not None and clock.is_live else None


def asked_about(issue: Issue, part: Part | None) -> Facts:
    facts = facts_of(issue, None if part is None else part.id)
    return facts._replace(tier=None, priority=None, category=None)


def lives_of(rule: ClockRule) -> ClockLife:
    return live_through(rule, space_of(rule, b.HANDBOOK))


FORESEEN = {
    rule.id: {(step.was, step.moment, step.move) for step in lives_of(rule).steps}
    for rule in b.HANDBOOK.clocks
}


def test_each_kind_of_event_has_its_place_in_the_table() -> None:
    assert {moment.event for moment in OF_ISSUES} == set(EVENT_CLASSES) - BEGUN_ELSEWHERE


def test_only_a_parking_leads_to_the_phase_of_the_parked() -> None:
    entered = {
        (moment.facts.phase, after.event)
        for moment in OF_ISSUES
        for after in following(moment.facts, WHOLE)
        if after.facts.phase is Phase.PARKED is not moment.facts.phase
    }

    assert entered == {(Phase.HANDLING, "issue_parked")}


def test_what_follows_the_first_moments_follows_one_another() -> None:
    """The walk over the table is closed: nothing that follows lies outside."""
    for moment in OF_PARTS:
        assert set(following(moment.facts, Space(tiers=(1, 2, 3), parts=True))) <= OF_PARTS
    assert set(first_moments(WHOLE)) <= OF_ISSUES


def test_a_path_to_a_counter_example_is_a_life_from_the_report_on() -> None:
    for rule in b.HANDBOOK.clocks:
        space, life = space_of(rule, b.HANDBOOK), lives_of(rule)
        for step in life.steps:
            path = life.path(step)
            assert path[0] in set(first_moments(space))
            for earlier, later in pairwise(path):
                assert later in set(following(earlier.facts, space))
            assert path[-1] == step.moment


# --- what is told apart ---


def only(**rule: Any) -> Handbook:
    """Return the zone's handbook with one clock more."""
    whole = {
        "id": "limit",
        "name": NAME,
        "start": [{"events": ["issue_accepted"]}],
        "stop": [{"phases": ["closed"]}],
        "budgets": [{"duration": {"kind": "open_hours", "minutes": 240}}],
        "rungs": [{"id": "due", "percent": 100}],
    }
    return b.handbook(clocks=[*b.CLOCKS, whole | rule])


def found(handbook: Handbook) -> list[Problem]:
    return list(problems(handbook))


def rule_of(handbook: Handbook) -> ClockRule:
    return handbook.clocks[-1]


def test_nothing_is_told_apart_that_no_condition_asks_for() -> None:
    handbook = only()

    assert space_of(rule_of(handbook), handbook) == Space(absent=absent_events(handbook))


def test_categories_that_all_conditions_treat_alike_count_as_one() -> None:
    categories = [{"id": f"kind-{number}", "name": NAME} for number in range(1, 30)]
    clocks = [*b.CLOCKS]
    asking = {"events": ["issue_accepted"], "categories": ["kind-1", "kind-2"]}
    clocks.append(only(start=[asking]).clocks[-1].model_dump(mode="json") | {"start": [asking]})
    handbook = b.handbook(categories=categories, clocks=clocks)

    assert space_of(rule_of(handbook), handbook).categories == ("kind-1", "kind-3")
    assert found(handbook) == []


def test_there_is_no_other_category_where_all_are_named() -> None:
    handbook = only(start=[{"events": ["issue_accepted"], "categories": list(CATEGORIES)}])

    assert space_of(rule_of(handbook), handbook).categories == (CATEGORIES[0],)


def test_a_zone_of_one_tier_may_have_the_clocks_of_a_zone_of_several() -> None:
    one = {
        "tiers": [{"level": 1, "id": "zone", "name": NAME}],
        "posts": [
            post | ({"tier": 1, "covers": "harbour"} if post.get("tier") == 1 else {"tier": None})
            for post in b.HANDBOOK_DATA["posts"]
        ],
    }
    handling = [{"duration": {"kind": "open_hours", "minutes": 480}}]
    handbook = b.handbook(**one, clocks=b.clock_rule("handling", budgets=handling))

    assert found(handbook) == []


def test_the_zone_of_the_tests_is_sound() -> None:
    assert problems(b.TERMS) == ()
    assert found(only()) == []


# --- further facts in conditions ---


@pytest.mark.parametrize(
    "condition",
    [
        {"events": ["issue_paused"], "waiting": ["waiting_outside"]},
        {"events": ["issue_escalated"], "tiers": [2, 3]},
        {"events": ["issue_reclassified"], "priorities": ["emergency"]},
        {"events": ["reply_demanded"]},
        {"events": ["resolution_rejected"], "tiers": [1], "categories": ["power-supply"]},
        {"phases": ["handling"], "paused": True, "waiting": ["waiting_enterprise"]},
    ],
)
def test_a_clock_may_start_where_its_own_facts_say(condition: dict[str, Any]) -> None:
    assert found(only(start=[condition])) == []


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        ({"paused": False, "waiting": ["waiting_outside"]}, "after any event an issue is: intake"),
        ({"events": ["issue_escalated"], "tiers": [1]}, "handling, tier 2"),
        ({"events": ["sign_off_lapsed"], "phases": ["handling"]}, "sign_off"),
        ({"phases": ["parked"], "paused": True}, "intake; "),
        (
            {"events": ["issue_resumed"], "paused": True},
            "after issue_resumed an issue is: handling",
        ),
    ],
)
def test_a_condition_that_nothing_can_meet_is_named_with_what_can_be(
    condition: dict[str, Any], shown: str
) -> None:
    (problem, *_) = found(only(reset=[condition]))

    assert (problem.key, problem.rule) == ("clocks.limit.reset.0", "R1.5")
    assert "can never hold" in problem.message
    assert shown in problem.counter_example


def test_only_an_emergency_convenes_a_team_at_the_first_tier() -> None:
    asking = {"events": ["team_convened"], "tiers": [1]}

    assert found(only(reset=[asking | {"priorities": ["emergency"]}])) == []
    (problem,) = found(only(reset=[asking | {"priorities": ["ordinary"]}]))
    assert problem.key == "clocks.limit.reset.0"


def test_one_condition_that_never_starts_does_not_hide_behind_one_that_does() -> None:
    handbook = only(
        start=[{"events": ["issue_accepted"]}, {"events": ["issue_withdrawn"]}],
        stop=[{"phases": ["closed", "sign_off"]}],
    )

    (problem,) = found(handbook)

    assert (problem.key, problem.rule) == ("clocks.limit.start.1", "R1.5")
    assert problem.counter_example == (
        "issue_reported (intake) → issue_withdrawn (closed): stop.0 holds there too"
    )


def test_a_problem_reads_as_one_sentence_with_its_example() -> None:
    (problem,) = found(only(rungs=[{"id": "half", "percent": 50}]))

    assert str(problem) == (
        "clocks.limit.rungs: no rung at the deadline itself (percent = 100): no breach would be "
        "recorded (R4.1). For example: the rungs are half; the budget runs out and nothing happens."
    )


def test_a_clock_that_begins_while_it_should_stand_hangs_on_a_note_and_is_refused() -> None:
    asking, pause = {"events": ["reply_demanded"]}, {"paused": True}
    refused, sound = only(start=[asking], pause=[pause]), only(start=[asking | {"paused": False}])
    issue = b.given(
        *b.IN_HANDLING,
        b.Step(b.OFFICER, b.PAUSE, b.MON_10),
        b.Step(b.SUPERVISOR, b.DEMAND_REPLY, b.MON_11),
        terms=b.Terms(handbook=refused, calendar=b.CALENDAR),
    )
    noted = b.when(
        issue, b.NOTE, b.OFFICER, b.MON_13, terms=b.Terms(handbook=refused, calendar=b.CALENDAR)
    )

    assert live_standing(issue.clock("limit")) is Standing.RUNNING
    assert live_standing(noted.issue.clock("limit")) is Standing.PAUSED
    assert [(each.key, each.rule) for each in found(refused)] == [("clocks.limit.start.0", "R1.3")]
    assert found(sound) == []


def test_where_a_pause_asks_for_the_class_of_an_issue_what_budgets_ask_for_is_told_apart() -> None:
    by_class = only(
        pause=[{"paused": True, "priorities": ["ordinary"]}],
        budgets=[
            {"duration": {"kind": "wall", "minutes": 60}, "categories": ["road-access"]},
            {"duration": {"kind": "wall", "minutes": 90}, "tier": 2},
            {"duration": {"kind": "wall", "minutes": 120}},
        ],
    )

    space = space_of(rule_of(by_class), by_class)

    assert (space.tiers, space.priorities) == ((1, 2, 3), tuple(Priority))
    assert set(space.categories) == set(CATEGORIES)


# --- lengths before the deadline, against every budget ---


def with_before(budget: dict[str, Any], before: dict[str, Any]) -> Handbook:
    rungs = [{"id": "early", "before": before}, {"id": "due", "percent": 100}]
    return only(budgets=[{"duration": budget}], rungs=rungs)


@pytest.mark.parametrize(
    ("budget", "minutes", "sound"),
    [
        ({"kind": "open_hours", "minutes": 60}, 59, True),
        ({"kind": "open_hours", "minutes": 60}, 60, False),
        ({"kind": "working_days", "days": 1}, 480, True),
        ({"kind": "working_days", "days": 1}, 481, False),
        ({"kind": "working_days", "days": 1, "count_from": "today"}, 1, False),
        ({"kind": "working_days", "days": 2, "count_from": "today"}, 480, True),
        ({"kind": "working_days", "days": 2, "count_from": "today"}, 481, False),
    ],
)
def test_a_warning_before_the_deadline_comes_after_the_start(
    budget: dict[str, Any], minutes: int, sound: bool
) -> None:
    """A working day of the zone has 480 minutes."""
    handbook = with_before(budget, {"kind": "open_hours", "minutes": minutes})
    terms = b.Terms(handbook=handbook, calendar=b.CALENDAR)

    keys = [problem.key for problem in problems(terms)]

    assert keys == ([] if sound else ["clocks.limit.rungs.0.before"])


def test_the_start_that_a_warning_would_precede_is_told_in_local_time() -> None:
    day = {"kind": "working_days", "days": 1, "count_from": "today"}
    handbook = with_before(day, {"kind": "open_hours", "minutes": 30})

    (problem,) = problems(b.Terms(handbook=handbook, calendar=b.CALENDAR))

    assert "a clock that starts at " in problem.counter_example
    assert "16:30:00 ends at " in problem.counter_example
    assert problem.counter_example.endswith("17:00:00")


def test_without_a_calendar_only_lengths_of_one_kind_are_compared() -> None:
    day = {"kind": "working_days", "days": 1, "count_from": "today"}

    assert found(with_before(day, {"kind": "open_hours", "minutes": 30})) == []
