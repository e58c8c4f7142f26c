"""A target that changes while the clock runs (R3): five answers, both targets in the event."""

from datetime import datetime, timedelta

import pytest
from builders import (
    ACCEPTED,
    DIRECTOR,
    ENGINE,
    ENTERPRISE,
    HEAD,
    HOUR,
    HOUR_MS,
    IN_HANDLING,
    MON_9,
    MON_10,
    MON_11,
    MON_13,
    MON_15,
    OFFICER,
    PAUSE,
    RAISE,
    REPORTED,
    RESUME,
    TUE_9,
    Step,
    clock_rule,
    given,
    kinds,
    report,
    ring,
    terms_of,
    told,
    when,
)

from domain import commands_of_time as tm
from domain.clocks import Clock, Move, Retargeted, Standing, Verdict
from domain.errors import InvalidRequestError, UnknownCategoryError
from domain.phases import Priority
from domain.terms import Terms

TEN, ELEVEN = MON_10, MON_11


def three_hours_then_two(answer: str, **rule: object) -> Terms:
    """Return terms in which handling has three hours, and two for an expedited issue."""
    return terms_of(
        clocks=clock_rule(
            "handling",
            budgets=[
                {"duration": {"kind": "open_hours", "minutes": 120}, "priority": "expedited"},
                {"duration": {"kind": "open_hours", "minutes": 180}},
            ],
            rungs=[
                {"id": "half", "percent": 50},
                {"id": "near", "percent": 80},
                {"id": "due", "percent": 100, "effect": "record"},
            ],
            retarget={"priority": answer, **rule},
        )
    )


EXPEDITE = tm.Reclassify(priority=Priority.EXPEDITED, reason="Orders will be lost.")
STARTED = (Step(ENTERPRISE, report(), TEN), Step(OFFICER, ACCEPTED.command, TEN))


def aim_of(decision) -> Retargeted:
    (aim,) = (
        move.retarget
        for event in decision.events
        for move in event.clocks
        if move.clock == "handling" and move.retarget is not None
    )
    return aim


@pytest.mark.parametrize(
    ("answer", "due_at"),
    [
        ("keep_elapsed", TEN + 2 * HOUR),
        ("restart", ELEVEN + 2 * HOUR),
        ("from_anchor_with_credit", TEN + 2 * HOUR),
        ("keep_old_target", TEN + 3 * HOUR),
        ("strictest_of", TEN + 2 * HOUR),
    ],
)
def test_a_three_hour_target_of_ten_o_clock_becomes_two_hours_at_eleven(answer, due_at):
    """The example of semantics 2.3."""
    terms = three_hours_then_two(answer)
    decision = when(given(*STARTED, terms=terms), EXPEDITE, HEAD, ELEVEN, terms=terms)

    aim, clock = aim_of(decision), decision.issue.clock("handling")
    assert clock.due_at == due_at
    assert (aim.rule, aim.from_due_at, aim.to_due_at) == (answer, TEN + 3 * HOUR, due_at)
    assert aim.came_from.budget_ms == 3 * HOUR_MS
    assert aim.to.budget_ms == (3 if answer == "keep_old_target" else 2) * HOUR_MS


@pytest.mark.parametrize(
    ("answer", "due_at"),
    [
        ("keep_elapsed", TEN + 2.5 * HOUR),
        ("from_anchor_with_credit", TEN + 2.5 * HOUR),
        ("restart", ELEVEN + 2 * HOUR),
        ("keep_old_target", TEN + 3.5 * HOUR),
    ],
)
def test_a_pause_before_the_change_is_credited_by_every_answer(answer, due_at):
    terms = three_hours_then_two(answer)
    half_hour = (
        Step(OFFICER, PAUSE, TEN + 15 * timedelta(minutes=1)),
        Step(OFFICER, RESUME, TEN + 45 * timedelta(minutes=1)),
    )
    issue = given(*STARTED, *half_hour, terms=terms)

    assert when(issue, EXPEDITE, HEAD, ELEVEN, terms=terms).issue.clock("handling").due_at == due_at


def test_from_the_anchor_counts_what_passed_before_the_cycle_began():
    terms = three_hours_then_two("from_anchor_with_credit", anchor="reported")
    reported_at_nine = (REPORTED, Step(OFFICER, ACCEPTED.command, TEN))

    clock = when(
        given(*reported_at_nine, terms=terms), EXPEDITE, HEAD, TEN + HOUR / 2, terms=terms
    ).issue.clock("handling")

    assert (clock.due_at, clock.anchor_at) == (MON_9 + 2 * HOUR, MON_9)


def test_a_restart_is_a_cycle_of_its_own_and_the_first_one_is_superseded():
    terms = three_hours_then_two("restart")
    decision = when(given(*STARTED, terms=terms), EXPEDITE, HEAD, ELEVEN, terms=terms)

    (move,) = (m for m in decision.events[-1].clocks if m.clock == "handling")
    assert (move.move, move.cycle, move.verdict) == (Move.RESET, 2, Verdict.SUPERSEDED)
    assert [r.id for r in decision.issue.clock("handling").rungs] == ["half", "near", "due"]


def test_a_threshold_passed_by_the_change_is_superseded_and_named_and_never_rings():
    terms = three_hours_then_two("keep_elapsed")
    at = TEN + 1.25 * HOUR
    decision = when(given(*STARTED, terms=terms), EXPEDITE, HEAD, at, terms=terms)

    clock = decision.issue.clock("handling")
    assert aim_of(decision).superseded == clock.superseded == ("half",)
    assert [rung.id for rung in clock.rungs] == ["near", "due"]
    after = told(
        *STARTED, Step(HEAD, EXPEDITE, at), Step(ENGINE, ring(), TEN + 2 * HOUR), terms=terms
    )
    rung_ids = [e.rung for e in after.events if e.kind == "rung_fired" and e.clock == "handling"]
    assert rung_ids == ["near", "due"]


def test_a_clock_born_breached_says_so_rings_its_deadline_once_and_no_warning():
    terms = three_hours_then_two("keep_elapsed")
    at = TEN + 2.5 * HOUR
    issue = given(*STARTED, Step(ENGINE, ring(rung="near"), TEN + 2.4 * HOUR), terms=terms)
    decision = when(issue, EXPEDITE, HEAD, at, terms=terms)
    clock = decision.issue.clock("handling")

    assert aim_of(decision).born_breached
    assert clock.born_breached
    assert clock.due_at == TEN + 2 * HOUR
    assert [(rung.id, rung.due_at) for rung in clock.rungs] == [("due", at)]
    rung = when(decision.issue, ring(), ENGINE, at, terms=terms)
    assert kinds(rung) == ["rung_fired"]
    assert rung.issue.clock("handling").breached_at == at
    assert rung.issue.clock("handling").rungs == ()


def test_a_breach_that_a_longer_target_undoes_is_none_and_the_new_deadline_rings_again():
    terms = three_hours_then_two("keep_elapsed")
    expedited = (Step(ENTERPRISE, report(priority=Priority.EXPEDITED), TEN), STARTED[1])
    breached = given(*expedited, Step(ENGINE, ring(), TEN + 2 * HOUR), terms=terms)
    lower = tm.Reclassify(priority=Priority.ORDINARY, reason="The orders are safe.")
    decision = when(breached, lower, HEAD, TEN + 2.5 * HOUR, terms=terms)

    clock = decision.issue.clock("handling")
    assert aim_of(decision).breach_undone
    assert (clock.breached_at, clock.due_at) == (None, TEN + 3 * HOUR)
    assert "due" in clock.fired
    assert [(rung.id, rung.due_at) for rung in clock.rungs] == [("due.2", TEN + 3 * HOUR)]
    assert clock.superseded == ("half.2", "near.2")
    later = when(decision.issue, ring(rung="due.2"), ENGINE, TEN + 3 * HOUR, terms=terms)
    (again,) = (e for e in later.events if e.kind == "rung_fired" and e.clock == "handling")
    assert (again.rung, again.percent) == ("due.2", 100)
    assert later.issue.clock("handling").breached_at == TEN + 3 * HOUR


def test_a_clock_that_stands_takes_the_new_target_and_shows_it_when_it_goes_on():
    for answer, left in (("keep_elapsed", 1), ("restart", 2), ("keep_old_target", 2)):
        terms = three_hours_then_two(answer)
        paused = given(*STARTED, Step(OFFICER, PAUSE, ELEVEN), terms=terms)
        decision = when(paused, EXPEDITE, HEAD, MON_13, terms=terms)
        clock = decision.issue.clock("handling")
        assert (clock.standing, clock.due_at, clock.cycle) == (Standing.PAUSED, None, 1)
        resumed = when(decision.issue, RESUME, OFFICER, MON_15, terms=terms).issue
        expected = MON_15 + left * HOUR
        assert resumed.clock("handling").due_at == expected, answer


def test_a_change_of_category_follows_its_own_answer():
    terms = terms_of(
        clocks=clock_rule(
            "handling",
            budgets=[
                {
                    "duration": {"kind": "open_hours", "minutes": 60},
                    "categories": ["power-supply"],
                },
                {"duration": {"kind": "open_hours", "minutes": 240}},
            ],
            retarget={"category": "keep_old_target"},
        )
    )
    issue = given(*IN_HANDLING, terms=terms)
    decision = when(
        issue, tm.Reclassify(category="power-supply", reason="A cable."), HEAD, MON_10, terms=terms
    )

    assert decision.issue.category == "power-supply"
    assert aim_of(decision).rule == "keep_old_target"
    assert decision.issue.clock("handling").due_at == MON_9 + 4 * HOUR


def test_clocks_whose_budget_stays_do_not_move():
    decision = when(given(*IN_HANDLING), RAISE, HEAD, MON_10)
    (event,) = (e for e in decision.events if e.kind == "issue_reclassified")

    assert {move.clock for move in event.clocks} == {"handling", "resolution"}
    assert (event.from_priority, event.to_priority) == ("ordinary", "emergency")


def test_what_changes_nothing_or_is_unknown_is_refused():
    issue = given(*IN_HANDLING)
    same = tm.Reclassify(category="road-access", reason="-")

    with pytest.raises(InvalidRequestError, match="changes nothing"):
        when(issue, same, HEAD)
    with pytest.raises(UnknownCategoryError):
        when(issue, tm.Reclassify(category="fishing", reason="-"), DIRECTOR)


def test_the_restated_time_is_that_of_the_segments_in_the_new_basis():
    """From opening hours to any hours: Monday ten to Tuesday nine are 23 hours on the wall."""
    terms = terms_of(
        clocks=clock_rule(
            "handling",
            budgets=[
                {"duration": {"kind": "wall", "minutes": 48 * 60}, "priority": "emergency"},
                {"duration": {"kind": "open_hours", "minutes": 24 * 60}},
            ],
        )
    )
    raised = when(given(*STARTED, terms=terms), RAISE, HEAD, TUE_9, terms=terms).issue

    clock: Clock = raised.clock("handling")
    assert clock.elapsed_ms == 23 * HOUR_MS
    assert clock.due_at == datetime.fromisoformat("2026-03-04T02:00:00Z")


def test_a_deadline_born_in_the_past_stays_there_through_a_pause():
    terms = three_hours_then_two("keep_elapsed")
    at = TEN + 2.5 * HOUR
    story = (
        *STARTED,
        Step(HEAD, EXPEDITE, at),
        Step(ENGINE, ring(), at),
        Step(OFFICER, PAUSE, at + HOUR),
        Step(OFFICER, RESUME, at + 2 * HOUR),
    )

    clock = given(*story, terms=terms).clock("handling")
    assert (clock.due_at, clock.breached_at) == (TEN + 2 * HOUR, at)
