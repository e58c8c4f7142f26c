"""One clock: every move it can make, what wins over what, and how each cycle ends."""

from datetime import timedelta

import pytest
from builders import (
    ACCEPT,
    ACCEPTED,
    CALENDAR,
    CONFIRM,
    DAY_MS,
    DEESCALATE,
    ENGINE,
    ENTERPRISE,
    ESCALATE,
    ESCALATED,
    FRI_9,
    FRI_17,
    HEAD,
    HOUR,
    HOUR_MS,
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
    REJECT,
    REPORTED,
    RESUME,
    SAT_12,
    TERMS,
    TUE_9,
    TUE_17,
    TURN_AWAY,
    Step,
    clock_rule,
    given,
    local,
    report,
    ring,
    terms_of,
    told,
    when,
)
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.clocks import Basis, Clock, ClockTransition, Move, Standing, Verdict, moved
from domain.phases import Priority
from domain.timekeeping import budget_for, spent_ms


def changes(decision, clock):
    return [c for event in decision.events for c in event.clocks if c.clock == clock]


def test_a_start_begins_the_first_cycle_with_its_rungs_in_order():
    change = changes(when(None, report(), ENTERPRISE, MON_9), "acceptance")[0]

    assert (change.move, change.cycle, change.elapsed_ms) == (Move.START, 1, 0)
    assert (change.run.budget_ms, change.run.anchor_at) == (4 * HOUR_MS, MON_9)
    assert [(rung.id, rung.due_at) for rung in change.run.rungs] == [
        ("at-50", MON_11),
        ("at-80", local(hour=12, minute=12)),
        ("due", MON_13),
    ]


def test_a_stop_ends_the_cycle_with_what_it_spent():
    change = changes(when(given(*IN_INTAKE), ACCEPT, OFFICER, MON_11), "acceptance")[0]

    assert (change.move, change.cycle, change.verdict) == (Move.STOP, 1, Verdict.MET)
    assert (change.elapsed_ms, change.run) == (2 * HOUR_MS, None)


def test_a_cancel_ends_the_cycle_as_withdrawn():
    change = changes(when(given(*IN_INTAKE), TURN_AWAY, OFFICER, MON_11), "acceptance")[0]

    assert (change.move, change.verdict) == (Move.CANCEL, Verdict.WITHDRAWN)
    assert change.elapsed_ms == 2 * HOUR_MS


def test_a_reset_ends_one_cycle_as_handed_over_and_starts_the_next():
    decision = when(given(*IN_HANDLING), ESCALATE, OFFICER, MON_11)

    change = changes(decision, "handling")[0]
    assert (change.move, change.cycle, change.verdict) == (Move.RESET, 2, Verdict.HANDED_OVER)
    assert change.elapsed_ms == 2 * HOUR_MS
    clock = decision.issue.clock("handling")
    assert (clock.cycle, clock.elapsed_ms, clock.anchor_at, clock.fired) == (2, 0, MON_11, ())


def test_a_breach_does_not_change_that_a_cycle_was_handed_over():
    decision = when(given(*IN_HANDLING), ring(), ENGINE, TUE_17)

    assert [c.verdict for c in changes(decision, "handling")] == [Verdict.HANDED_OVER]


def test_a_pause_and_a_resume_carry_what_was_spent():
    paused = when(given(*IN_HANDLING), PAUSE, OFFICER, MON_11)
    resumed = when(paused.issue, RESUME, OFFICER, TUE_9)

    stop, start = changes(paused, "handling")[0], changes(resumed, "handling")[0]
    assert (stop.move, stop.elapsed_ms, stop.verdict) == (Move.PAUSE, 2 * HOUR_MS, None)
    assert (start.move, start.elapsed_ms, start.cycle) == (Move.RESUME, 2 * HOUR_MS, 1)
    assert start.run.anchor_at == MON_9
    clock = resumed.issue.clock("handling")
    assert [s.standing for s in clock.segments] == [Standing.RUNNING, Standing.PAUSED]
    assert clock.due_at == local(2, 15)


def test_while_paused_a_clock_has_no_deadline():
    clock = when(given(*IN_HANDLING), PAUSE, OFFICER, MON_11).issue.clock("handling")

    assert (clock.due_at, clock.rungs, clock.is_live) == (None, (), True)
    assert spent_ms(clock, CALENDAR, FRI_9) == 2 * HOUR_MS


def test_what_a_running_clock_has_spent_grows_in_working_time_only():
    clock = given(*IN_HANDLING).clock("handling")

    assert spent_ms(clock, CALENDAR, MON_17) == spent_ms(clock, CALENDAR, TUE_9) == DAY_MS
    assert spent_ms(clock, CALENDAR, SAT_12) == 5 * DAY_MS


def test_a_stopped_clock_that_starts_again_begins_its_next_cycle():
    decision = when(given(*IN_SIGN_OFF), REJECT, ENTERPRISE, MON_11)

    change = changes(decision, "handling")[0]
    assert (change.move, change.cycle, change.elapsed_ms) == (Move.START, 2, 0)
    assert decision.issue.clock("handling").segments == ()


def test_a_late_stop_is_breached_then_met():
    """Here an escalation leaves the first tier's clock as it is."""
    terms = terms_of(clocks=clock_rule("handling", reset=[]))
    issue = given(*IN_HANDLING, Step(ENGINE, ring(), TUE_17), terms=terms)

    decision = when(issue, PROPOSE, HEAD, FRI_9, terms=terms)

    assert changes(decision, "handling")[-1].verdict is Verdict.BREACHED_THEN_MET
    assert decision.issue.clock("handling").breached_at == TUE_17


def test_a_clock_without_a_due_rung_is_still_breached_by_what_it_spent():
    rungs = [{"id": "half", "percent": 50}]
    terms = terms_of(clocks=clock_rule("handling", rungs=rungs))
    issue = given(*IN_HANDLING, terms=terms)

    in_time = when(issue, PROPOSE, OFFICER, TUE_17, terms=terms)
    late = when(issue, PROPOSE, OFFICER, TUE_17 + timedelta(days=1), terms=terms)

    assert changes(in_time, "handling")[-1].verdict is Verdict.MET
    assert changes(late, "handling")[-1].verdict is Verdict.BREACHED_THEN_MET


def test_a_breach_outlives_a_pause():
    total = terms_of(clocks=clock_rule("resolution", budgets=[hours(1)]))
    breached = given(*IN_HANDLING, Step(OFFICER, PAUSE, MON_11), terms=total)
    resumed = when(breached, RESUME, OFFICER, TUE_9, terms=total).issue

    assert breached.clock("resolution").breached_at == MON_10
    assert resumed.clock("resolution").breached_at == MON_10
    assert resumed.clock("resolution").due_at == MON_10
    assert resumed.clock("resolution").rungs == ()


def hours(count, **fits):
    return {"duration": {"kind": "open_hours", "minutes": count * 60}} | fits


ON_NOTE = [{"events": ["note_added"]}]


@pytest.mark.parametrize(
    ("conditions", "won", "lost"),
    [
        ("stop cancel reset pause", Move.STOP, (Move.CANCEL, Move.RESET, Move.PAUSE)),
        ("stop pause", Move.STOP, (Move.PAUSE,)),
        ("cancel reset pause", Move.CANCEL, (Move.RESET, Move.PAUSE)),
        ("cancel", Move.CANCEL, ()),
        ("reset pause", Move.RESET, (Move.PAUSE,)),
        ("pause", Move.PAUSE, ()),
    ],
)
def test_of_several_rules_that_hold_the_first_in_the_fixed_order_wins(conditions, won, lost):
    never = [{"events": ["never"]}]
    rule = {name: never for name in ("stop", "cancel", "reset", "pause")}
    terms = terms_of(
        clocks=clock_rule("acceptance", **rule | dict.fromkeys(conditions.split(), ON_NOTE))
    )
    issue = given(*IN_INTAKE, terms=terms)

    change = changes(when(issue, NOTE, OFFICER, terms=terms), "acceptance")[0]

    assert (change.move, change.won_over) == (won, lost)


@pytest.mark.parametrize(
    ("conditions", "won", "lost"),
    [
        ("stop cancel reset", Move.STOP, (Move.CANCEL, Move.RESET, Move.RESUME)),
        ("reset", Move.RESET, (Move.RESUME,)),
        ("", Move.RESUME, ()),
    ],
)
def test_the_same_order_holds_for_a_clock_that_is_paused(conditions, won, lost):
    never, on_resume = [{"events": ["never"]}], [{"events": ["issue_resumed"]}]
    rule = {name: never for name in ("stop", "cancel", "reset")}
    terms = terms_of(
        clocks=clock_rule("handling", **rule | dict.fromkeys(conditions.split(), on_resume))
    )
    issue = given(*IN_HANDLING, Step(OFFICER, PAUSE, MON_10), terms=terms)

    change = changes(when(issue, RESUME, OFFICER, MON_11, terms=terms), "handling")[0]

    assert (change.move, change.won_over) == (won, lost)


@pytest.mark.parametrize("other", ["stop", "cancel"])
def test_a_clock_does_not_start_while_its_end_holds(other):
    terms = terms_of(clocks=clock_rule("acceptance", **{other: [{"phases": ["intake"]}]}))

    decision = when(None, report(), ENTERPRISE, MON_9, terms=terms)

    assert decision.issue.clock("acceptance") is None


def test_a_condition_on_parts_says_nothing_about_an_issue():
    start = [{"parts": ["asked"]}]
    terms = terms_of(clocks=clock_rule("acceptance", start=start))

    assert when(None, report(), ENTERPRISE, MON_9, terms=terms).issue.clocks == ()


def test_all_of_one_condition_must_hold_and_any_of_several():
    both = [{"events": ["note_added"], "phases": ["handling"]}]
    either = [{"events": ["note_added"]}, {"phases": ["handling"]}]
    for stop, stopped in ((both, False), (either, True)):
        terms = terms_of(clocks=clock_rule("acceptance", stop=stop))

        issue = when(given(*IN_INTAKE, terms=terms), NOTE, OFFICER, terms=terms).issue

        assert (issue.clock("acceptance").standing is Standing.STOPPED) is stopped


@pytest.mark.parametrize(
    ("story", "priority", "minutes"),
    [
        ((REPORTED, ACCEPTED), Priority.ORDINARY, 16 * 60),
        ((REPORTED, ACCEPTED), Priority.EMERGENCY, 2 * 60),
        ((REPORTED, ACCEPTED, ESCALATED), Priority.EMERGENCY, 2 * 60),
    ],
)
def test_the_first_budget_that_fits_is_taken(story, priority, minutes):
    issue = given(*story).model_copy(update={"priority": priority})

    assert budget_for(TERMS.rules_by_id["handling"], issue).minutes == minutes


def test_a_budget_that_fits_nowhere_else_is_the_last_one():
    terms = terms_of(clocks=clock_rule("handling", budgets=[hours(1, tier=2), hours(2, tier=3)]))

    assert given(*IN_HANDLING, terms=terms).clock("handling").budget_ms == 2 * HOUR_MS


def test_de_escalating_starts_the_lower_tiers_budget_afresh():
    issue = when(given(*IN_HANDLING, ESCALATED), DEESCALATE, HEAD, MON_13).issue

    assert (issue.clock("handling").cycle, issue.clock("handling").anchor_at) == (3, MON_13)
    assert issue.clock("handling").budget_ms == 16 * HOUR_MS


def test_a_deadline_beyond_the_published_calendar_is_provisional():
    short = CALENDAR.model_copy(update={"valid_until": FRI_9.date()})
    terms = TERMS.model_copy(update={"calendar": short})

    issue = when(None, report(), ENTERPRISE, MON_9, terms=terms).issue
    issue = when(issue, ACCEPT, OFFICER, MON_9, terms=terms).issue

    assert not issue.clock("handling").provisional
    assert issue.clock("resolution").provisional


def test_a_wall_clock_is_never_provisional():
    short = CALENDAR.model_copy(update={"valid_until": MON_9.date()})
    terms = TERMS.model_copy(update={"calendar": short})
    emergency = report(priority=Priority.EMERGENCY)

    issue = when(None, emergency, ENTERPRISE, FRI_17, terms=terms).issue

    assert not issue.clock("acceptance").provisional


@pytest.mark.parametrize(
    ("paused_at", "resumed_at", "shift"),
    [
        (MON_10, MON_11, timedelta(hours=1)),
        (MON_17, TUE_9, timedelta()),
        (MON_15, local(1, 10), timedelta(hours=3)),
        (MON_13, MON_13, timedelta()),
        (MON_10, MON_10 + timedelta(milliseconds=1), timedelta(milliseconds=1)),
    ],
)
def test_a_pause_shifts_the_deadline_by_exactly_the_working_time_paused(
    paused_at, resumed_at, shift
):
    plain = given(*IN_HANDLING).clock("handling")

    shifted = given(
        *IN_HANDLING, Step(OFFICER, PAUSE, paused_at), Step(OFFICER, RESUME, resumed_at)
    ).clock("handling")

    assert CALENDAR.working_ms(plain.due_at, shifted.due_at) == shift // timedelta(milliseconds=1)


@for_all(
    st.integers(0, 15 * HOUR_MS + 59 * 60_000), st.integers(0, 21 * 24 * HOUR_MS), st.booleans()
)
def test_any_pause_shifts_every_rung_by_the_working_time_paused(used_ms, wall_ms, emergency):
    """A deadline of working time is the same instant as no later than the next opening."""
    priority = Priority.EMERGENCY if emergency else Priority.ORDINARY
    opened = (Step(ENTERPRISE, report(priority=priority), MON_9), ACCEPTED)
    plain = given(*opened).clock("handling")
    if emergency:
        used_ms %= plain.budget_ms
        paused_at = MON_9 + timedelta(milliseconds=used_ms)
    else:
        paused_at = CALENDAR.add_ms(MON_9, used_ms)
    resumed_at = paused_at + timedelta(milliseconds=wall_ms)

    clock = given(
        *opened, Step(OFFICER, PAUSE, paused_at), Step(OFFICER, RESUME, resumed_at)
    ).clock("handling")

    counted = wall_ms if plain.basis is Basis.WALL else CALENDAR.working_ms(paused_at, resumed_at)
    shifted = {rung.id: rung.due_at for rung in clock.rungs}
    for rung in plain.rungs:
        if rung.id in clock.fired:
            assert rung.due_at <= paused_at
        elif plain.basis is Basis.WALL:
            assert shifted[rung.id] - rung.due_at == timedelta(milliseconds=counted)
        else:
            assert CALENDAR.working_ms(rung.due_at, shifted[rung.id]) == counted
    assert spent_ms(clock, CALENDAR, resumed_at) == used_ms


def test_a_clock_that_never_started_cannot_move():
    with pytest.raises(ValueError, match="never started"):
        moved(None, ClockTransition(clock="tide", rule="tide", cycle=1, move=Move.STOP), MON_9)


@pytest.mark.parametrize("move", [Move.START, Move.RESET])
def test_a_clock_does_not_start_without_a_run(move):
    change = ClockTransition(clock="tide", rule="tide", cycle=1, move=move)

    with pytest.raises(ValueError, match="without a run"):
        moved(None, change, MON_9)


def test_events_move_every_clock_at_most_once():
    story = told(*IN_SIGN_OFF, Step(ENTERPRISE, CONFIRM, MON_10))

    for event in story.events:
        names = [change.clock for change in event.clocks]
        assert len(names) == len(set(names))


def test_the_clock_of_a_budget_in_days_counts_working_time():
    clock = given(*IN_HANDLING).clock("resolution")

    assert isinstance(clock, Clock)
    assert (clock.basis, clock.budget_ms) == (Basis.OPEN, 10 * DAY_MS)
    assert clock.due_at == local(11, 17)
    assert NEXT_MON_9 + 4 * timedelta(days=1) + 8 * HOUR == clock.due_at
