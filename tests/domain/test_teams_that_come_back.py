"""Joint teams after a sign-off that failed, rulings that last, quorums that stay in reach (R7)."""

import builders as b
import builders_team as bt
import pytest
from builders import (
    COORDINATOR,
    HEAD,
    MON_9,
    MON_10,
    MON_11,
    MON_13,
    POWER_SECTION,
    Step,
    given,
    when,
)
from builders_team import DIG, PERMIT, TEAM, WATER_SECTION, refusal, standings, team

from domain.clocks import Standing, Verdict
from domain.durations import OpenHours, WorkingDays
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.evolve import evolve
from domain.phases import PartStanding
from domain.reasons import Obstacle, judgements
from domain.team import REPLACED_MAX
from domain.team_times import part_times

WITHDRAWN = Step(b.ENTERPRISE, b.WITHDRAW, MON_11)
SENT_BACK = Step(b.DIRECTOR, b.SEND_BACK, MON_13)
BACK = (WITHDRAWN, SENT_BACK)
OBJECTED = Step(POWER_SECTION, bt.refuse("dig"), MON_10)
LAMP = DIG.model_copy(update={"id": "lamp", "unit": "water"})
LONG = WorkingDays(days=30, due="same_time")


def convened(*parts, steps=(), by=HEAD, terms=TEAM, **more):
    story = (*bt.AT_TIER_2, Step(by, bt.convene(*parts, **more), MON_9), *steps)
    return given(*story, terms=terms)


def live(issue):
    return {clock.id for clock in issue.clocks if clock.is_live}


# --- back from sign-off ---


def test_what_a_team_owes_counts_again_once_a_withdrawal_is_sent_back():
    issue = team(Step(COORDINATOR, bt.accept("permit"), MON_10), *BACK)

    assert standings(issue) == {"dig": "asked", "pipe": "waiting", "permit": "accepted"}
    assert {"convener", "share.1.dig", "share.1.permit"} <= live(issue)
    assert issue.clock("convener").cycle == 2
    assert issue.clock("share.1.dig").due_at == b.local(3, 13)


def test_an_objection_that_a_sign_off_cut_short_is_still_ruled_on_in_time():
    issue = team(OBJECTED, *BACK)

    bound = when(issue, b.ring("judging.1.dig"), b.ENGINE, b.TUE_9, terms=TEAM).issue

    assert issue.clock("judging.1.dig").is_live
    assert not issue.clock("share.1.dig").is_live
    assert (bound.team.part("dig").bound, bound.clock("share.1.dig").is_live) == (True, True)


def by_quorum():
    done = Step(COORDINATOR, bt.finish("permit"), MON_10)
    proposed = Step(HEAD, b.PROPOSE, MON_10)
    steps = (done, proposed, Step(b.ENTERPRISE, b.REJECT, MON_11))
    return convened(DIG, PERMIT, closes="quorum", quorum=1, steps=steps)


def test_of_a_team_that_is_done_the_part_that_is_left_counts_again_but_not_the_lead():
    issue = by_quorum()

    assert "share.1.dig" in live(issue)
    assert not issue.clock("convener").is_live


def test_a_part_that_joins_a_team_that_was_done_begins_the_leads_time_anew():
    done = Step(POWER_SECTION, bt.finish("dig"), MON_10)
    proposed = Step(HEAD, b.PROPOSE, MON_10)
    issue = convened(DIG, steps=(done, proposed, Step(b.ENTERPRISE, b.REJECT, MON_11)))

    joined = when(issue, bt.add(LAMP), HEAD, MON_13, terms=TEAM).issue

    assert "convener" not in live(issue)
    assert joined.clock("convener").due_at == b.local(9, 13)
    assert "share.1.lamp" in live(joined)


# --- no lead's time to lie in ---


def test_where_the_leads_time_does_not_run_a_part_has_no_more_than_the_handbook_gives():
    found = refusal(
        InvalidRequestError,
        by_quorum(),
        bt.add(LAMP.model_copy(update={"budget": LONG})),
        HEAD,
        MON_13,
    )

    assert found.field == "parts.budget"
    assert (
        found.message
        == "Where the lead's time does not run, no part has more than the handbook gives."
    )
    assert found.allowed == "until 2026-03-05T05:00:00.000Z"


def test_nor_does_it_where_that_has_run_out():
    over_at = b.local(14)
    part = LAMP.model_copy(update={"budget": LONG})
    short = LAMP.model_copy(update={"budget": OpenHours(minutes=60)})

    refusal(InvalidRequestError, team(), bt.add(part), b.DIRECTOR, over_at)

    assert (
        when(team(), bt.add(short), b.DIRECTOR, over_at, terms=TEAM).events[-1].kind == "part_added"
    )


# --- what a ruling settles is settled ---


def test_an_objection_that_came_too_late_is_not_reopened_by_another_priority():
    issue = team(Step(COORDINATOR, b.RAISE, b.TUE_9))

    found = refusal(WrongPhaseError, issue, bt.refuse("dig"), POWER_SECTION, b.TUE_9)

    assert found.message == "The time to object is over."


def test_a_unit_that_was_overruled_is_bound_again_when_the_part_comes_back_to_it():
    there_and_back = (
        Step(COORDINATOR, bt.rule("dig", upheld=False), MON_10),
        Step(HEAD, bt.replace("dig", "water"), MON_11),
        Step(HEAD, bt.replace("dig", "power"), MON_11),
    )
    issue = team(OBJECTED, *there_and_back)

    found = refusal(WrongPhaseError, issue, bt.refuse("dig"), POWER_SECTION, MON_11)

    assert issue.team.part("dig").bound
    assert found.message == "The objection was ruled upon, and that is final."


def test_a_unit_that_a_ruling_released_is_not_named_again_for_the_part():
    issue = team(OBJECTED, Step(COORDINATOR, bt.rule("dig", upheld=True, unit="roads"), MON_11))

    found = refusal(InvalidRequestError, issue, bt.replace("dig", "power"), HEAD, MON_11)

    assert found.message == "A ruling has released this unit from the part."
    assert issue.team.part("dig").ruled == ("roads",)


def test_nor_by_the_next_ruling():
    steps = (
        OBJECTED,
        Step(COORDINATOR, bt.rule("dig", upheld=True, unit="roads"), MON_10),
        Step(HEAD, bt.replace("dig", "water"), MON_10),
        Step(WATER_SECTION, bt.refuse("dig"), MON_10),
    )

    refusal(
        InvalidRequestError,
        team(*steps),
        bt.rule("dig", upheld=True, unit="power"),
        POWER_SECTION,
    )


def test_a_part_is_not_given_from_unit_to_unit_without_end():
    turns = [Step(HEAD, bt.replace("dig", ("water", "power")[n % 2]), MON_10) for n in range(5)]

    found = refusal(WrongPhaseError, team(*turns), bt.replace("dig", "power"), HEAD)

    assert (found.value, REPLACED_MAX) == ("5", 5)


TWO_HATS = [
    post | {"people": ["head-east.a"]} if post["id"] == "power-desk" else post
    for post in bt.TEAM_DATA["posts"]
]
BOTH = bt.team_terms(posts=TWO_HATS)
IN_POWER = POWER_SECTION.model_copy(update={"person": "head-east.a"})


@pytest.mark.parametrize(
    "named",
    [
        (),
        (
            Step(HEAD, bt.replace("pipe", "roads"), MON_10),
            Step(HEAD, bt.replace("pipe", "water"), MON_10),
        ),
    ],
    ids=["convened", "replaced"],
)
def test_whoever_named_the_unit_is_passed_over_as_arbiter(named):
    issue = team(*named, bt.REFUSED, terms=BOTH)

    assert issue.team.part("pipe").named_by == ("head-east.a",)
    assert issue.team.part("pipe").arbiter == "coordination"


def test_nor_do_they_rule_where_no_other_arbiter_is_there():
    rule = bt.TEAM_DATA["joint_team"] | {"arbiters": ["power-desk"]}
    terms = bt.team_terms(posts=TWO_HATS, joint_team=rule)
    steps = (Step(HEAD, bt.add(LAMP), MON_10), Step(WATER_SECTION, bt.refuse("lamp"), MON_10))
    issue = team(*steps, terms=terms)

    assert issue.team.part("lamp").arbiter == "power-desk"
    refusal(NotPermittedError, issue, bt.rule("lamp", upheld=False), IN_POWER, terms=terms)


# --- another unit during a wait ---

PAUSED = Step(HEAD, b.PAUSE, MON_13)
REPLACED = Step(HEAD, bt.replace("dig", "water"), MON_13)


def test_a_part_that_is_replaced_during_a_wait_begins_after_it_with_nothing_spent():
    during = team(PAUSED, REPLACED)
    after = when(during, b.RESUME, HEAD, b.TUE_9, terms=TEAM).issue

    clock = after.clock("share.1.dig")
    assert during.clock("share.1.dig").standing is Standing.CANCELLED
    assert (clock.cycle, clock.elapsed_ms, clock.due_at) == (2, 0, b.local(3, 17))
    assert during.clock("share.1.permit").standing is Standing.PAUSED


def test_why_the_clock_of_another_part_was_not_cancelled_is_told():
    lived = b.told(*bt.IN_TEAM, PAUSED, REPLACED, terms=TEAM)

    told = {
        part: judgements(lived.records, {TEAM.hash: TEAM}, f"share.1.{part}")[-1]
        for part in ("dig", "permit")
    }

    cancel = {part: each.judgement.moves[1] for part, each in told.items()}
    assert cancel["permit"].obstacle is Obstacle.ANOTHER_PART
    assert cancel["dig"].can_be_made
    assert all(each.agrees for each in told.values())


def test_a_unit_that_takes_over_what_is_late_is_not_late_itself():
    late = Step(b.ENGINE, b.ring("share.1.dig"), b.THU_9)
    paused = Step(b.DIRECTOR, b.PAUSE, b.THU_9)
    lived = b.told(
        *bt.IN_TEAM, late, paused, Step(b.DIRECTOR, bt.replace("dig", "water"), b.THU_9), terms=TEAM
    )

    issue, life = None, []
    for event in lived.events:
        issue = evolve(issue, event, zone=b.ZONE, key=b.KEY, terms=TEAM.hash)
        life.append((event, issue))
    dig = next(each for each in part_times(life, TEAM, b.FRI_17) if each.part == "dig")

    assert [(stint.unit, stint.late) for stint in dig.stints] == [("power", True), ("water", False)]
    assert lived.issue.clock("share.1.dig").verdict is Verdict.WITHDRAWN


# --- a quorum stays in reach ---


@pytest.mark.parametrize(
    ("command", "actor"),
    [
        (bt.waive("dig"), HEAD),
        (bt.leave("permit"), COORDINATOR),
    ],
    ids=lambda each: getattr(each, "kind", ""),
)
def test_nobody_is_let_go_whom_the_quorum_needs(command, actor):
    issue = convened(DIG, PERMIT, closes="quorum", quorum=2)

    found = refusal(WrongPhaseError, issue, command, actor)

    assert found.message == "Without this part the team could never reach its quorum."


def test_nor_released_by_a_ruling_without_another_in_its_place():
    issue = convened(DIG, PERMIT, closes="quorum", quorum=2, steps=(OBJECTED,))

    refusal(WrongPhaseError, issue, bt.rule("dig", upheld=True), COORDINATOR)
    ruled = when(issue, bt.rule("dig", upheld=True, unit="water"), COORDINATOR, MON_10, terms=TEAM)

    assert ruled.issue.team.part("dig").standing is PartStanding.ASKED


def test_whom_the_quorum_does_not_need_is_let_go():
    issue = convened(DIG, PERMIT, closes="quorum", quorum=1)

    waived = when(issue, bt.waive("dig"), HEAD, MON_10, terms=TEAM).issue

    assert standings(waived) == {"dig": "waived", "permit": "asked"}
    refusal(WrongPhaseError, waived, bt.leave("permit"), COORDINATOR)
