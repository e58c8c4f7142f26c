"""Why a clock of a team did not move, and who is charged when one runs out."""

import builders as b
import builders_team as bt
from builders import (
    HEAD,
    MON_10,
    MON_13,
    TUE_9,
    Step,
    told,
)
from builders_team import IN_TEAM, TEAM

from domain.clocks import Move
from domain.people import ENGINE
from domain.reasons import Bearing, Obstacle, judgements
from domain.supervision_rules import WarningFact
from domain.warning_facts import issue_facts


def test_why_the_clock_of_another_part_did_not_begin_is_told():
    lived = told(*IN_TEAM, Step(HEAD, bt.replace("dig", "water"), MON_13), terms=TEAM)

    last = judgements(lived.records, {TEAM.hash: TEAM}, "share.1.permit")[-1]

    reset = next(each for each in last.judgement.moves if each.move is Move.RESET)
    assert (reset.holds, reset.obstacle) == (True, Obstacle.ANOTHER_PART)
    assert (last.judgement.won, last.agrees) == (None, True)


def test_why_an_issue_without_a_promise_has_no_clock_for_one_is_told():
    terms = bt.team_terms(sign_off={"promise": "redo"})
    story = (*b.IN_SIGN_OFF, Step(b.ENTERPRISE, b.REJECT, MON_10))

    lived = told(*story, terms=terms)

    last = judgements(lived.records, {terms.hash: terms}, "redo")[-1]
    assert lived.issue.clock("redo") is None
    assert (last.judgement.bearing, last.agrees) == (Bearing.NOT_OF_THIS_ISSUE, True)


def breaches(*steps):
    records = told(*IN_TEAM, *steps, terms=TEAM).records
    return [
        (fact.clock, fact.charged.id)
        for fact in issue_facts(records, {TEAM.hash: TEAM})
        if fact.fact is WarningFact.BREACH and fact.clock.count(".")
    ]


def test_a_ruling_that_does_not_come_in_time_is_the_arbiters_breach():
    steps = (
        Step(bt.WATER_SECTION, bt.refuse("pipe"), MON_10),
        Step(b.POWER_SECTION, bt.refuse("dig"), MON_10),
        Step(ENGINE, b.ring("judging.1.pipe"), b.MON_15),
    )

    assert breaches(*steps) == [
        ("judging.1.pipe", "power"),
        ("judging.1.dig", "coordination"),
    ]


def test_not_to_object_in_time_is_nobodys_breach():
    assert breaches(Step(ENGINE, b.ring("objecting.1.dig"), TUE_9)) == []
