"""What the passing of time does: rungs in due order, silence that climbs, rings that come to
nothing."""

from datetime import timedelta

import pytest
from builders import (
    ANSWERED,
    AT_THE_TOP,
    CLOCKS,
    CLOSED_OUT,
    DIRECTOR,
    ENGINE,
    ENTERPRISE,
    ESCALATE,
    FRI_9,
    FRI_17,
    HEAD,
    HISTORY_LOST,
    HOTLINE,
    HOUR,
    IN_HANDLING,
    IN_INTAKE,
    IN_SIGN_OFF,
    MON_9,
    MON_10,
    MON_11,
    MON_13,
    MON_15,
    MON_17,
    NEXT_MON_9,
    NOTE,
    OFFICER,
    PAUSE,
    PROPOSE,
    RESUME,
    SEND_BACK,
    TUE_9,
    TUE_17,
    VERIFY,
    WED_9,
    Step,
    clock_rule,
    given,
    kinds,
    local,
    report,
    ring,
    terms_of,
    told,
    when,
)

from domain import commands as cmd
from domain.clocks import Standing
from domain.errors import IssueClosedError, NotPermittedError
from domain.phases import Phase, Priority


def fired(events):
    return [(e.clock, e.cycle, e.rung) for e in events if e.kind == "rung_fired"]


def test_a_warning_is_recorded_with_the_instant_at_which_it_was_due():
    decision = when(given(*IN_INTAKE), ring("acceptance", rung="at-50"), ENGINE, MON_11)

    event = decision.events[0]
    assert kinds(decision) == ["rung_fired"]
    assert (event.percent, event.effect, event.due_at, event.at) == (50, "remind", MON_11, MON_11)
    assert event.by == ENGINE
    assert decision.issue.tier == 1


def test_lateness_is_what_lies_between_due_and_recorded():
    late = MON_11 + timedelta(seconds=7)

    event = when(given(*IN_INTAKE), ring("acceptance", rung="at-50"), ENGINE, late).events[0]

    assert event.at - event.due_at == timedelta(seconds=7)


def test_a_ring_a_millisecond_early_yields_nothing():
    issue = given(*IN_INTAKE)

    decision = when(
        issue, ring("acceptance", rung="at-50"), ENGINE, MON_11 - timedelta(milliseconds=1)
    )

    assert (decision.events, decision.issue) == ((), issue)


def test_a_deadline_that_passes_engages_the_next_tier():
    decision = when(given(*IN_INTAKE), ring("acceptance"), ENGINE, MON_13)

    assert kinds(decision) == ["rung_fired", "rung_fired", "rung_fired", "issue_escalated"]
    escalated = decision.events[-1]
    assert (escalated.by, escalated.passed, escalated.reason) == (ENGINE, "acceptance", None)
    assert decision.issue.owner == "head-east"
    assert decision.issue.clock("acceptance").due_at == MON_17


def test_silence_climbs_all_three_tiers_and_then_goes_to_review():
    at_two = when(given(*IN_HANDLING), ring(), ENGINE, TUE_17).issue
    at_three = when(at_two, ring(cycle=2), ENGINE, FRI_17).issue
    reviewed = when(at_three, ring(cycle=3), ENGINE, local(11, 17))

    assert (at_two.tier, at_two.owner) == (2, "head-east")
    assert (at_three.tier, at_three.owner) == (3, "director")
    assert "issue_put_to_review" in kinds(reviewed)
    assert reviewed.issue.under_review
    assert reviewed.issue.tier == 3
    assert reviewed.issue.clock("handling").standing is Standing.RUNNING
    assert reviewed.issue.clock("handling").breached_at == local(11, 17)


def test_an_issue_that_nobody_accepts_goes_to_review_without_ever_closing():
    issue = given(*IN_INTAKE)
    for cycle in (1, 2, 3):
        at = issue.clock("acceptance").due_at
        issue = when(issue, ring("acceptance", cycle), ENGINE, at).issue

    assert (issue.tier, issue.phase, issue.under_review) == (3, Phase.INTAKE, True)


def test_the_review_is_repeated_until_something_is_done():
    issue = given(*IN_HANDLING, AT_THE_TOP)
    issue = when(issue, ring(cycle=2), ENGINE, NEXT_MON_9).issue

    second = when(issue, ring("review"), ENGINE, issue.clock("review").due_at)
    third = when(second.issue, ring("review", 2), ENGINE, second.issue.clock("review").due_at)

    assert kinds(second)[-2:] == ["rung_fired", "issue_put_to_review"]
    assert fired(second.events)[-1] == ("review", 1, "due")
    assert fired(third.events)[-1] == ("review", 2, "due")
    assert third.issue.clock("review").cycle == 3


def test_a_proposal_takes_the_issue_off_the_agenda():
    issue = given(*IN_HANDLING, AT_THE_TOP, Step(ENGINE, ring(cycle=2), NEXT_MON_9))

    proposed = when(issue, PROPOSE, DIRECTOR, NEXT_MON_9).issue

    assert not proposed.under_review
    assert proposed.clock("review").standing is Standing.STOPPED


def test_an_unverified_answer_goes_to_review_and_the_issue_stays_open():
    issue = given(*ANSWERED)

    decision = when(issue, ring("verification"), ENGINE, WED_9)

    assert kinds(decision)[-1] == "issue_put_to_review"
    assert decision.issue.is_open


def test_a_redo_that_is_late_goes_one_tier_up():
    issue = given(*ANSWERED, Step(HEAD, SEND_BACK))

    decision = when(issue, ring("redo"), ENGINE, issue.clock("redo").due_at)

    assert "issue_escalated" in kinds(decision)
    assert decision.issue.clock("redo").cycle == 2


def test_two_deadlines_at_one_instant_each_do_their_work():
    """Handling and redo both have sixteen hours here; the redo's clock is handed over, not rung."""
    issue = given(*ANSWERED, Step(HEAD, SEND_BACK))
    at = issue.clock("redo").due_at

    decision = when(issue, ring("redo"), ENGINE, at)

    assert issue.clock("handling").due_at == at
    assert ("handling", 2, "due") in fired(decision.events)
    assert ("redo", 1, "due") not in fired(decision.events)
    assert decision.issue.tier == 2


def test_an_emergency_is_counted_by_night():
    issue = given(
        Step(HOTLINE, report(priority=Priority.EMERGENCY), local(5, 23)),
        Step(OFFICER, cmd.Accept(), local(5, 23)),
    )

    decision = when(issue, ring(), ENGINE, local(6, 1))

    assert fired(decision.events)[-1] == ("handling", 1, "due")


def test_a_rung_due_in_the_middle_of_a_pause_waits_for_the_resume():
    """At 50 % on Monday 17:00; paused from 13:00 to Tuesday 09:00, so half is used at 13:00."""
    issue = given(*IN_HANDLING, Step(OFFICER, PAUSE, MON_13))

    during = when(issue, ring(rung="at-50"), ENGINE, MON_17)
    resumed = when(issue, RESUME, OFFICER, TUE_9).issue

    assert during.events == ()
    assert resumed.next_rung[1].id == "at-50"
    assert resumed.next_rung[1].due_at == local(1, 13)


def test_a_pause_loses_no_rung():
    story = (*IN_HANDLING, Step(OFFICER, PAUSE, MON_13), Step(OFFICER, RESUME, TUE_9))

    decision = when(given(*story), ring(), ENGINE, FRI_9)

    handling = [rung for clock, cycle, rung in fired(decision.events) if clock == "handling"]
    assert handling == ["at-50", "at-80", "due"]


def test_a_late_ring_fires_in_the_order_in_which_things_fell_due():
    issue = given(*IN_HANDLING, AT_THE_TOP)

    decision = when(issue, ring(), ENGINE, local(14))

    due = [event.due_at for event in decision.events if event.kind == "rung_fired"]
    assert due == sorted(due)
    assert len({clock for clock, _, _ in fired(decision.events)}) == 2


def test_a_ring_that_is_days_late_climbs_one_tier_and_the_next_has_its_full_time():
    decision = when(given(*IN_HANDLING), ring(), ENGINE, NEXT_MON_9)

    assert kinds(decision).count("issue_escalated") == 1
    assert decision.issue.clock("handling").anchor_at == NEXT_MON_9
    assert decision.issue.clock("handling").elapsed_ms == 0


@pytest.mark.parametrize("late", [timedelta(), HOUR, timedelta(days=3)])
def test_time_comes_before_an_act_whether_or_not_the_ring_arrived_first(late):
    issue, at = given(*IN_HANDLING), TUE_17 + late

    act_first = when(issue, NOTE, HEAD, at)
    rung = when(issue, ring(), ENGINE, at)
    ring_first = when(rung.issue, NOTE, HEAD, at)

    assert act_first.events == rung.events + ring_first.events
    assert act_first.issue == ring_first.issue


def test_an_act_after_the_deadline_meets_the_next_tier_although_no_ring_came():
    decision = when(given(*IN_HANDLING), PROPOSE, HEAD, TUE_17)

    assert kinds(decision)[-2:] == ["issue_escalated", "resolution_proposed"]
    assert decision.issue.sign_off.proposed_tier == 2


def test_the_former_owner_comes_too_late():
    with pytest.raises(NotPermittedError):
        when(given(*IN_HANDLING), PROPOSE, OFFICER, TUE_17)


def test_an_act_a_millisecond_before_the_deadline_is_in_time():
    decision = when(given(*IN_HANDLING), PROPOSE, OFFICER, TUE_17 - timedelta(milliseconds=1))

    assert decision.issue.tier == 1
    assert decision.issue.clock("handling").verdict == "met"


@pytest.mark.parametrize(
    "command",
    [
        ring("handling", 1, "due"),
        ring("handling", 7, "due"),
        ring("acceptance", 1, "due"),
        ring("tide", 1, "due"),
        ring("handling", 1, "at-99"),
    ],
    ids=str,
)
def test_a_ring_that_no_longer_stands_yields_nothing(command):
    issue = given(*IN_HANDLING)

    decision = when(issue, command, ENGINE, MON_10)

    assert (decision.events, decision.issue) == ((), issue)


def test_the_same_ring_twice_changes_nothing_the_second_time():
    once = when(given(*IN_HANDLING), ring(), ENGINE, TUE_17)

    twice = when(once.issue, ring(), ENGINE, TUE_17)

    assert (twice.events, twice.issue) == ((), once.issue)


def test_a_ring_for_a_closed_issue_yields_nothing():
    issue = given(*CLOSED_OUT)

    assert when(issue, ring(), ENGINE, NEXT_MON_9).events == ()


def test_a_clock_that_a_handbook_forgot_to_stop_does_not_ring_in_a_closed_issue():
    terms = terms_of(clocks=clock_rule("resolution", stop=[{"events": ["never"]}]))
    issue = given(*CLOSED_OUT, terms=terms)
    live = issue.model_copy(update={"clocks": given(*IN_HANDLING, terms=terms).clocks})

    assert when(live, ring("resolution"), ENGINE, local(30), terms=terms).events == ()


def test_time_does_not_pass_for_a_closed_issue():
    with pytest.raises(IssueClosedError):
        when(given(*CLOSED_OUT), VERIFY, DIRECTOR, local(100))


@pytest.mark.parametrize("command", [ring(), HISTORY_LOST], ids=lambda command: command.kind)
@pytest.mark.parametrize("actor", [OFFICER, ENTERPRISE, HOTLINE], ids=lambda actor: actor.kind)
def test_nobody_else_rings(command, actor):
    with pytest.raises(NotPermittedError):
        when(given(*IN_HANDLING), command, actor)


def test_a_lost_history_is_recorded_and_moves_nothing():
    issue = given(*IN_HANDLING)

    decision = when(issue, HISTORY_LOST, ENGINE)

    assert kinds(decision) == ["history_lost"]
    assert (decision.events[0].from_at, decision.events[0].to_at) == (MON_9, MON_10)
    assert decision.issue.clocks == issue.clocks


def test_a_lost_history_of_a_closed_issue_is_no_news():
    assert when(given(*CLOSED_OUT), HISTORY_LOST, ENGINE).events == ()


def test_a_window_that_ends_after_an_answer_lapses_nothing():
    """The zone's sign-off clock runs on after an answer here."""
    stop = [{"phases": ["handling"]}]
    terms = terms_of(clocks=clock_rule("sign_off", stop=stop))
    story = told(*ANSWERED, terms=terms)

    decision = when(story.issue, ring("sign_off"), ENGINE, local(3), terms=terms)

    assert ("sign_off", 1, "due") in fired(decision.events)
    assert "sign_off_lapsed" not in kinds(decision)


def test_an_answer_in_the_last_millisecond_of_the_window_is_an_answer():
    issue = given(*IN_SIGN_OFF)
    last = issue.clock("sign_off").due_at - timedelta(milliseconds=1)

    decision = when(issue, cmd.Confirm(), ENTERPRISE, last)

    assert kinds(decision)[-1] == "sign_off_answered"
    assert "sign_off_lapsed" not in kinds(decision)


def test_an_escalation_during_a_late_ring_starts_from_the_ring():
    """Acceptance was due at 13:00 and is rung at 15:00: the head has four hours from then."""
    decision = when(given(*IN_INTAKE), ring("acceptance"), ENGINE, MON_15)

    assert decision.issue.clock("acceptance").anchor_at == MON_15
    assert decision.issue.clock("acceptance").due_at == local(1, 11)


def test_a_handbook_that_never_comes_to_rest_is_stopped():
    """A millisecond before closing, half of what is left of today is no time at all: each review
    brings up the next one at the same instant."""
    today = {"kind": "working_days", "days": 1, "count_from": "today"}
    loop = {
        "id": "loop",
        "name": {"zh": "-", "en": "loop"},
        "start": [{"events": ["issue_reported"]}],
        "stop": [{"phases": ["closed"]}],
        "reset": [{"events": ["issue_put_to_review"]}],
        "budgets": [{"duration": today}],
        "rungs": [{"id": "half", "percent": 50, "effect": "review"}],
    }
    terms = terms_of(clocks=[*CLOCKS, loop])
    last = MON_17 - timedelta(milliseconds=1)
    issue = given(Step(ENTERPRISE, report(), last), terms=terms)

    with pytest.raises(RuntimeError, match="without end"):
        when(issue, ring("loop", rung="half"), ENGINE, last, terms=terms)


def test_a_pause_between_two_deadlines_keeps_what_has_fired():
    issue = given(
        *IN_HANDLING,
        Step(ENGINE, ring(rung="at-50"), MON_17),
        Step(OFFICER, PAUSE, TUE_9),
        Step(OFFICER, RESUME, WED_9),
    )

    assert issue.clock("handling").fired == ("at-50",)
    assert [rung.id for rung in issue.clock("handling").rungs] == ["at-80", "due"]


def test_escalating_by_act_takes_the_deadline_away_from_the_tier_below():
    issue = when(given(*IN_HANDLING), ESCALATE, OFFICER, MON_10).issue

    assert when(issue, ring(), ENGINE, TUE_17).issue.tier == 2
