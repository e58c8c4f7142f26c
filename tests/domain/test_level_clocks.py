"""Clocks of a level (R5.6, R4.5): what becomes of them is said by the act that leaves the level."""

from datetime import timedelta

import pytest
from builders import (
    CLOCKS,
    COORDINATOR,
    DIRECTOR,
    ESCALATE,
    HEAD,
    IN_HANDLING,
    MON_10,
    MON_11,
    MON_13,
    OFFICER,
    PAUSE,
    PROPOSE,
    RAISE,
    TUE_9,
    WED_9,
    Step,
    adopt_handbook,
    given,
    kinds,
    ring,
    terms_of,
    told,
    when,
)

from domain import commands as cmd
from domain import commands_of_ladder as ld
from domain.clocks import Move, Standing, Verdict
from domain.errors import InvalidRequestError
from domain.people import ENGINE
from domain.reasons import judgements
from domain.soundness import problems
from domain.staffing import LevelEffect

STAGE = {
    "id": "stage",
    "name": {"zh": "本级", "en": "This level"},
    "scope": "level",
    "start": [{"phases": ["handling"]}],
    "stop": [{"phases": ["sign_off"]}],
    "cancel": [{"phases": ["closed"]}],
    "pause": [{"paused": True}],
    "budgets": [
        {"duration": {"kind": "wall", "minutes": 60}, "priority": "emergency", "tier": 1},
        {"duration": {"kind": "open_hours", "minutes": 480}, "tier": 1},
        {"duration": {"kind": "open_hours", "minutes": 960}},
    ],
    "rungs": [{"id": "due", "percent": 100, "effect": "escalate"}],
}
TERMS = terms_of(clocks=[*CLOCKS, STAGE])


def up(others: LevelEffect | None = None, at=MON_10) -> Step:
    return Step(OFFICER, ESCALATE.model_copy(update={"others": others}), at)


def down(at=MON_11) -> Step:
    return Step(HEAD, cmd.Deescalate(to_tier=1, reason="Yours."), at)


def test_each_level_has_a_clock_of_its_own():
    issue = given(*IN_HANDLING, up(), terms=TERMS)

    assert issue.clock("stage.2").is_live
    assert issue.clock("stage.2").due_at == WED_9 + timedelta(hours=1)


def test_a_level_left_is_closed_and_its_time_credited_to_it():
    story = told(*IN_HANDLING, up(), terms=TERMS)

    move = next(m for m in story.events[-1].clocks if m.clock == "stage.1")
    assert (move.move, move.verdict, move.elapsed_ms) == (Move.STOP, Verdict.HANDED_OVER, 3_600_000)


def test_a_level_left_standing_goes_on_when_the_issue_comes_back():
    issue = given(*IN_HANDLING, up(LevelEffect.PAUSE), terms=TERMS)
    assert issue.clock("stage.1").standing is Standing.PAUSED

    back = when(issue, down().command, HEAD, MON_13, terms=TERMS).issue
    assert back.clock("stage.1").standing is Standing.RUNNING
    assert back.clock("stage.1").cycle == 1
    assert back.clock("stage.1").due_at == TUE_9 + timedelta(hours=3)
    assert back.clock("stage.2").verdict is Verdict.HANDED_OVER


def test_a_level_left_running_breaches_beside_and_moves_the_issue_no_more():
    issue = given(*IN_HANDLING, up(LevelEffect.RUN_IN_PARALLEL), terms=TERMS)

    decision = when(issue, ring("stage.1"), ENGINE, TUE_9, terms=TERMS)

    assert "rung_fired" in kinds(decision)
    assert decision.issue.tier == 2
    assert decision.issue.clock("stage.1").breached_at is not None


def test_a_level_running_beside_stands_and_ends_by_its_own_conditions():
    issue = given(*IN_HANDLING, up(LevelEffect.RUN_IN_PARALLEL), terms=TERMS)

    paused = when(issue, PAUSE, HEAD, MON_11, terms=TERMS).issue
    assert paused.clock("stage.1").standing is Standing.PAUSED
    proposed = when(paused, PROPOSE, HEAD, MON_13, terms=TERMS).issue
    assert not proposed.clock("stage.1").is_live
    assert proposed.clock("stage.1").verdict is Verdict.MET


def test_the_present_levels_clock_escalates_as_any_other():
    issue = given(*IN_HANDLING, up(), terms=TERMS)

    assert (
        when(issue, ring("stage.2"), ENGINE, WED_9 + timedelta(hours=2), terms=TERMS).issue.tier
        == 3
    )


def test_the_handbook_says_what_the_act_does_not():
    terms = terms_of(clocks=[*CLOCKS, STAGE], ladder={"others": "run_in_parallel"})

    issue = given(*IN_HANDLING, Step(DIRECTOR, ld.TakeOver(reason="Mine."), MON_10), terms=terms)
    assert issue.clock("stage.1").is_live
    closed = ld.TakeOver(reason="Mine.", others=LevelEffect.CLOSE)
    assert (
        not given(*IN_HANDLING, Step(DIRECTOR, closed, MON_10), terms=terms)
        .clock("stage.1")
        .is_live
    )


def test_another_class_gives_each_level_the_limit_of_its_own():
    issue = given(*IN_HANDLING, up(LevelEffect.RUN_IN_PARALLEL), terms=TERMS)

    raised = when(issue, RAISE, COORDINATOR, MON_11, terms=TERMS).issue

    assert raised.clock("stage.1").budget_ms == 3_600_000
    assert raised.clock("stage.2").budget_ms == issue.clock("stage.2").budget_ms


def test_another_handbook_moves_the_clocks_of_levels_left_by_their_own_level():
    longer = STAGE | {"budgets": [STAGE["budgets"][2] | {"tier": 1}, STAGE["budgets"][2]]}
    target = terms_of(clocks=[*CLOCKS, longer])
    issue = given(*IN_HANDLING, up(LevelEffect.PAUSE), terms=TERMS)

    moved = when(issue, adopt_handbook(target), ENGINE, MON_11, terms=TERMS, target=target).issue

    assert moved.clock("stage.1").budget_ms == 16 * 3_600_000


def test_a_handbook_without_the_levels_clock_cannot_take_the_issue():
    issue = given(*IN_HANDLING, terms=TERMS)
    target = terms_of()

    with pytest.raises(InvalidRequestError, match="stage"):
        when(issue, adopt_handbook(target), ENGINE, MON_11, terms=TERMS, target=target)


@pytest.mark.parametrize("clock", ["stage.1", "stage.2"])
@pytest.mark.parametrize("others", [None, *LevelEffect])
def test_why_it_moved_is_what_moved_it(clock, others):
    steps = (up(others), down(), up(others, MON_13))
    story = told(*IN_HANDLING, *steps, terms=TERMS)

    for judged in judgements(story.records, {TERMS.hash: TERMS}, clock):
        recorded = None if judged.recorded is None else judged.recorded.move
        assert judged.judgement.won == recorded


def test_its_conditions_are_judged_like_all_others():
    never = STAGE | {"pause": [{"tiers": [4]}]}

    assert not [p for p in problems(TERMS) if ".stage." in p.key]
    assert [p for p in problems(terms_of(clocks=[*CLOCKS, never])) if ".stage." in p.key]
