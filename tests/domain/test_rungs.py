"""Rungs (R4): before, at and after the deadline, again and again; pauses lose none of them."""

from datetime import datetime, timedelta

import pytest
from builders import (
    CALENDAR,
    ENGINE,
    HOUR,
    IN_HANDLING,
    MON_9,
    MON_10,
    MON_11,
    MON_13,
    MON_15,
    NEXT_MON_9,
    NOTE,
    OFFICER,
    PAUSE,
    RESUME,
    TUE_9,
    WED_9,
    Step,
    clock_rule,
    given,
    local,
    ring,
    terms_of,
    told,
    when,
)
from deep import deep
from hypothesis import given as examples
from hypothesis import settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.clock_rules import RungRule
from domain.clocks import Standing
from domain.days import from_ms, to_ms
from domain.terms import Terms

MINUTE = timedelta(minutes=1)


def terms_with(*rungs: dict[str, object], minutes: int = 120, kind: str = "open_hours") -> Terms:
    """Return terms in which handling has one budget and these rungs besides its due one."""
    due = {"id": "due", "percent": 100, "effect": "record"}
    budget = {"duration": {"kind": kind, "minutes": minutes}}
    return terms_of(clocks=clock_rule("handling", budgets=[budget], rungs=[*rungs, due]))


def fired(terms: Terms, *acts: Step) -> list[tuple[str, datetime, datetime]]:
    """Play `acts` and return each rung of handling that fired: id, due, fired."""
    return [
        (event.rung, event.due_at, event.at)
        for event in told(*IN_HANDLING, *acts, terms=terms).events
        if event.kind == "rung_fired" and event.clock == "handling"
    ]


def test_a_rung_before_the_deadline_is_due_so_much_working_time_before_it():
    terms = terms_with({"id": "soon", "before": {"kind": "open_hours", "minutes": 30}})

    rungs = given(*IN_HANDLING, terms=terms).clock("handling").rungs

    assert [(rung.id, rung.due_at) for rung in rungs] == [
        ("soon", MON_11 - 30 * MINUTE),
        ("due", MON_11),
    ]


def test_a_rung_before_the_deadline_that_falls_on_an_opening_is_at_that_opening():
    terms = terms_with({"id": "soon", "before": {"kind": "open_hours", "minutes": 60}}, minutes=540)

    rungs = given(*IN_HANDLING, terms=terms).clock("handling").rungs

    assert [rung.due_at for rung in rungs] == [TUE_9, local(1, 10)]


def test_a_rung_after_the_deadline_and_a_repeated_one_follow_it():
    terms = terms_with(
        {"id": "later", "after": {"kind": "open_hours", "minutes": 60}},
        {"id": "again", "every": {"kind": "open_hours", "minutes": 120}, "times": 2},
    )
    acts = (Step(ENGINE, ring(rung="due"), at) for at in (MON_11, MON_11 + HOUR, MON_13, MON_15))

    assert fired(terms, *acts) == [
        ("due", MON_11, MON_11),
        ("later", MON_11 + HOUR, MON_11 + HOUR),
        ("again.1", MON_13, MON_13),
        ("again.2", MON_15, MON_15),
    ]
    over = given(*IN_HANDLING, Step(OFFICER, NOTE, WED_9), terms=terms).clock("handling")
    assert over.rungs == ()


def test_a_repeat_in_working_days_comes_at_the_end_of_each():
    terms = terms_with(
        {"id": "daily", "every": {"kind": "working_days", "days": 1}, "times": 3},
    )
    acts = (Step(ENGINE, ring(rung="due"), at) for at in (MON_11, local(1, 17), local(2, 17)))

    assert [(id_, due_at) for id_, due_at, _ in fired(terms, *acts)] == [
        ("due", MON_11),
        ("daily.1", local(1, 17)),
        ("daily.2", local(2, 17)),
    ]


def test_of_the_repeats_that_an_outage_held_up_one_stands_for_all_and_names_the_others():
    terms = terms_with({"id": "again", "every": {"kind": "open_hours", "minutes": 60}, "times": 9})
    story = told(*IN_HANDLING, Step(ENGINE, ring(), MON_15 + 30 * MINUTE), terms=terms)
    due, again = (event for event in story.events if event.kind == "rung_fired")

    assert (due.late_by_us, again.late_by_us) == (True, True)
    assert (again.rung, again.due_at) == ("again.1", MON_11 + HOUR)
    assert again.skipped == ("again.2", "again.3", "again.4")
    assert (again.next.id, again.next.due_at) == ("again.5", MON_15 + HOUR)
    clock = story.issue.clock("handling")
    assert clock.superseded == again.skipped
    assert [rung.id for rung in clock.rungs] == ["again.5"]


def test_a_rung_in_time_is_not_marked_late_by_us():
    within = told(*IN_HANDLING, Step(ENGINE, ring(), MON_11 + MINUTE), terms=terms_with())
    beyond = told(
        *IN_HANDLING,
        Step(ENGINE, ring(), MON_11 + MINUTE + timedelta(seconds=1)),
        terms=terms_with(),
    )

    assert [event.late_by_us for event in within.events if event.kind == "rung_fired"] == [False]
    assert [event.late_by_us for event in beyond.events if event.kind == "rung_fired"] == [True]


def test_what_comes_after_the_deadline_moves_with_a_pause_that_follows_it():
    terms = terms_with({"id": "later", "after": {"kind": "open_hours", "minutes": 120}})
    issue = given(
        *IN_HANDLING,
        Step(OFFICER, PAUSE, MON_11 + HOUR),
        Step(OFFICER, RESUME, MON_15),
        terms=terms,
    )

    clock = issue.clock("handling")
    assert clock.due_at == MON_11
    assert [(rung.id, rung.due_at) for rung in clock.rungs] == [("later", MON_15 + HOUR)]


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"percent": 50, "before": {"kind": "wall", "minutes": 5}}, "percent and before"),
        ({}, "gives nothing"),
        ({"every": {"kind": "wall", "minutes": 5}}, "go together"),
        ({"percent": 50, "times": 3}, "go together"),
        ({"every": {"kind": "wall", "minutes": 5}, "times": 101}, "less than or equal to 100"),
        ({"before": {"kind": "working_days", "days": 1}}, "wall"),
        ({"percent": 101}, "less than or equal to 100"),
    ],
)
def test_a_rung_that_does_not_say_when_once_is_refused(said, problem):
    with pytest.raises(ValidationError, match=problem):
        RungRule.model_validate({"id": "odd", **said})


def test_a_repeat_is_known_by_its_number():
    rule = terms_with(
        {"id": "again", "every": {"kind": "wall", "minutes": 5}, "times": 2}
    ).rules_by_id["handling"]

    assert rule.rung("again.2") is rule.rungs[0]
    assert rule.rung("due") is rule.rungs[1]
    assert rule.rung("due.2") is rule.rungs[1]  # promised anew, once a breach was undone
    assert rule.rung("again.2.1") is rule.rungs[0]
    assert rule.rung("due.2.1") is rule.rung("again.x") is rule.rung("other") is None


# --- the traps of a peer (semantics 2.9): 100 minutes on any clock, and its pauses ---

HUNDRED = (
    {"id": "half", "percent": 50},
    {"id": "near", "percent": 80},
    {"id": "again", "every": {"kind": "wall", "minutes": 20}, "times": 2},
)


def minute(number: int) -> datetime:
    return MON_9 + number * MINUTE


def hundred(*pauses: tuple[int, int]) -> list[tuple[str, datetime]]:
    """Return what fires of a limit of 100 minutes with these pauses, rung minute by minute."""
    acts = {start: PAUSE for start, _ in pauses} | {end: RESUME for _, end in pauses}
    steps = []
    for number in range(1, 400):
        steps.append(Step(ENGINE, ring(), minute(number)))
        if number in acts:
            steps.append(Step(OFFICER, acts[number], minute(number)))
    terms = terms_with(*HUNDRED, minutes=100, kind="wall")
    return [(id_, fired_at) for id_, _, fired_at in fired(terms, *steps)]


def test_a_pause_from_30_to_40_shifts_every_rung_by_ten_minutes_and_loses_none():
    assert hundred((30, 40)) == [
        ("half", minute(60)),
        ("near", minute(90)),
        ("due", minute(110)),
        ("again.1", minute(130)),
        ("again.2", minute(150)),
    ]


def test_a_pause_from_95_to_105_in_the_last_leg_does_not_lose_the_breach():
    assert hundred((95, 105)) == [
        ("half", minute(50)),
        ("near", minute(80)),
        ("due", minute(110)),
        ("again.1", minute(130)),
        ("again.2", minute(150)),
    ]


def test_three_pauses_of_fifty_seconds_are_credited_to_the_second():
    seconds = timedelta(seconds=1)
    starts = [MON_9 + 10 * MINUTE, MON_9 + 20 * MINUTE, MON_9 + 30 * MINUTE]
    acts = [
        step
        for start in starts
        for step in (Step(OFFICER, PAUSE, start), Step(OFFICER, RESUME, start + 50 * seconds))
    ]
    issue = given(*IN_HANDLING, *acts, terms=terms_with(*HUNDRED, minutes=100, kind="wall"))

    assert issue.clock("handling").due_at == MON_9 + 100 * MINUTE + 150 * seconds


def test_a_pause_over_the_weekend_credits_no_more_working_time_than_it_took():
    friday_16, monday_10 = local(4, 16), local(7, 10)
    terms = terms_with({"id": "half", "percent": 50}, minutes=5 * 8 * 60)
    before = given(*IN_HANDLING, terms=terms).clock("handling")
    after = given(
        *IN_HANDLING,
        Step(OFFICER, PAUSE, friday_16),
        Step(OFFICER, RESUME, monday_10),
        terms=terms,
    ).clock("handling")

    assert (before.due_at, after.due_at) == (local(4, 17), local(7, 11))
    assert CALENDAR.working_ms(before.due_at, after.due_at) == CALENDAR.working_ms(
        friday_16, monday_10
    )


def test_a_pause_on_a_holiday_stops_the_clock_as_on_any_day():
    saturday = local(5, 12)
    paused = given(*IN_HANDLING, Step(OFFICER, PAUSE, saturday), terms=terms_with(minutes=6000))

    assert paused.clock("handling").standing is Standing.PAUSED
    assert paused.clock("handling").due_at is None


# --- the law: a pause anywhere, of any length, shifts all by the working time paused, to the ms ---

WEEK_MS = 7 * 24 * 3_600_000
LAW = terms_with(
    {"id": "half", "percent": 50},
    {"id": "near", "percent": 80},
    {"id": "soon", "before": {"kind": "open_hours", "minutes": 45}},
    {"id": "later", "after": {"kind": "open_hours", "minutes": 90}},
    {"id": "again", "every": {"kind": "open_hours", "minutes": 240}, "times": 3},
    minutes=20 * 60,
)


OPENED = given(*IN_HANDLING, terms=LAW)


def live(steps: list[Step], until_at: datetime) -> dict[str, datetime]:
    """Play `steps`, ringing each rung at its very instant, and return when each one fired."""
    issue, waiting = OPENED, sorted(steps, key=lambda step: step.at)
    fired_at: dict[str, datetime] = {}
    while True:
        due = issue.clock("handling").next_rung
        if due is not None and (not waiting or due.due_at <= waiting[0].at):
            if due.due_at > until_at:
                break
            step = Step(ENGINE, ring(rung=due.id), due.due_at)
        elif waiting:
            step = waiting.pop(0)
        else:
            break
        decision = when(issue, step.command, step.actor, step.at, terms=LAW)
        issue = decision.issue
        fired_at |= {
            event.rung: event.at
            for event in decision.events
            if event.kind == "rung_fired" and event.clock == "handling"
        }
    return fired_at


UNDISTURBED = live([], NEXT_MON_9 + 30 * timedelta(days=1))


@settings(max_examples=deep("pauses anywhere, of any length", 20_000), deadline=None)
@examples(start_ms=st.integers(0, 5 * 24 * 3_600_000), length_ms=st.integers(0, WEEK_MS))
def test_a_pause_anywhere_shifts_every_later_rung_by_the_working_time_paused(start_ms, length_ms):
    start_at = from_ms(to_ms(MON_9) + start_ms)
    end_at = start_at + timedelta(milliseconds=length_ms)
    shifted = live(
        [Step(OFFICER, PAUSE, start_at), Step(OFFICER, RESUME, end_at)],
        NEXT_MON_9 + 30 * timedelta(days=1),
    )
    paused_ms = CALENDAR.working_ms(start_at, end_at)

    assert shifted.keys() == UNDISTURBED.keys()
    for rung, at in UNDISTURBED.items():
        moved_ms = 0 if at <= start_at else paused_ms
        assert CALENDAR.working_ms(min(at, shifted[rung]), max(at, shifted[rung])) == moved_ms, rung


def test_the_undisturbed_life_is_as_counted_by_hand():
    assert {
        "half": local(1, 11),
        "near": local(1, 17),
        "soon": local(2, 12, 15),
        "due": local(2, 13),
        "later": local(2, 14, 30),
        "again.1": local(2, 17),
        "again.2": local(3, 13),
        "again.3": local(3, 17),
    } == UNDISTURBED
    assert UNDISTURBED["half"] > TUE_9
    assert when(given(*IN_HANDLING), NOTE, OFFICER, MON_10).events
