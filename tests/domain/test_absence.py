"""Why there was no warning: exactly one reason for each rung and cycle, with its event."""

from datetime import datetime, timedelta

import builders as b
import pytest
from builders import Step, clock_rule, told
from moving_lives import CALENDARS, NIGHT, book

from domain import commands as cmd
from domain import commands_of_time as tm
from domain.absence import Absence, Why, why_not
from domain.clocks import Move
from domain.people import ENGINE
from domain.phases import PauseReason, Priority
from domain.terms import Terms

BOOK = Terms(handbook=book({}), calendar=CALENDARS[0], calendars=(NIGHT,))
RAISE = tm.Reclassify(priority=Priority.EXPEDITED, reason="The mill stands still.")
OPENED = (b.REPORTED, b.ACCEPTED)


def absence(rung: str, now: datetime, *steps: Step, terms: Terms = BOOK) -> Absence:
    """Return the reason for the last cycle of `handling`."""
    story = told(*steps, terms=terms)
    return why_not(story.records, {terms.hash: terms}, "handling", rung, now)[-1]


def test_a_rung_that_fired_names_its_event_and_how_late_it_came():
    ring = Step(ENGINE, b.ring("handling", 1, "at-50"), b.MON_17 + timedelta(seconds=2))

    found = absence("at-50", b.TUE_9, *OPENED, ring)

    assert (found.why, found.event.kind) == (Why.FIRED, "rung_fired")
    assert (found.due_at, found.late_ms, found.late_by_us) == (b.MON_17, 2000, False)


@pytest.mark.parametrize(
    ("now", "why"), [(b.MON_13, Why.NOT_YET_DUE), (b.MON_17, Why.UNFIRED), (b.TUE_9, Why.UNFIRED)]
)
def test_a_rung_is_not_yet_due_until_its_instant_and_then_unfired_until_it_fires(now, why):
    found = absence("at-50", now, *OPENED)

    assert (found.why, found.due_at, found.event) == (why, b.MON_17, None)


def test_a_clock_that_stands_names_the_wait_what_is_left_and_the_instant_if_resumed_now():
    waits = cmd.Pause(reason=PauseReason.WAITING_OUTSIDE, party="customs", note="At customs.")

    found = absence("at-50", b.TUE_9, *OPENED, Step(b.OFFICER, waits, b.MON_11))

    assert (found.why, found.event.version, found.event.at) == (Why.PAUSED, 3, b.MON_11)
    assert (found.wait.reason, found.wait.party) == (PauseReason.WAITING_OUTSIDE, "customs")
    assert (found.left_ms, found.due_at) == (6 * b.HOUR_MS, b.local(1, 15))


def test_a_change_of_target_within_a_pause_does_not_hide_when_the_pause_began():
    paused = Step(b.OFFICER, b.PAUSE, b.MON_11)

    found = absence("due", b.TUE_9, *OPENED, paused, Step(b.COORDINATOR, RAISE, b.MON_13))

    assert (found.event.kind, found.event.at) == ("issue_paused", b.MON_11)
    assert (found.left_ms, found.due_at) == (6 * b.HOUR_MS, b.local(1, 15))


@pytest.mark.parametrize(
    ("step", "move", "left_hours"),
    [
        (Step(b.OFFICER, b.PROPOSE, b.MON_11), Move.STOP, 6),
        (Step(b.ENTERPRISE, b.WITHDRAW, b.MON_10), Move.STOP, 7),
        (Step(b.OFFICER, b.ESCALATE, b.MON_13), Move.RESET, 4),
    ],
)
def test_a_clock_that_ended_before_names_the_event_and_what_was_left(step, move, left_hours):
    story = told(*OPENED, step, terms=BOOK)

    found = why_not(story.records, {BOOK.hash: BOOK}, "handling", "at-50", b.TUE_9)[0]

    assert (found.why, found.move, found.event.at) == (Why.ENDED, move, step.at)
    assert (found.left_ms, found.due_at) == (left_hours * b.HOUR_MS, b.MON_17)


def test_a_clock_that_ended_while_it_stood_still_says_what_was_left():
    paused = Step(b.OFFICER, b.PAUSE, b.MON_11)

    first, second = why_not(
        told(*OPENED, paused, Step(b.OFFICER, b.ESCALATE, b.MON_13), terms=BOOK).records,
        {BOOK.hash: BOOK},
        "handling",
        "at-50",
        b.MON_15,
    )

    assert (first.why, first.left_ms, first.due_at) == (Why.ENDED, 6 * b.HOUR_MS, b.local(1, 11))
    assert (second.cycle, second.why) == (2, Why.NOT_YET_DUE)


def test_a_rung_that_a_new_limit_passed_over_names_the_change():
    found = absence("at-50", b.TUE_9, *OPENED, Step(b.COORDINATOR, RAISE, b.MON_15))

    assert (found.why, found.by) == (Why.SUPERSEDED, "keep_elapsed")
    assert (found.event.kind, found.event.at) == ("issue_reclassified", b.MON_15)


def test_of_repeats_that_were_due_together_one_stands_for_the_others():
    ring = Step(ENGINE, b.ring("handling", 1, "nag.1"), b.local(3, 18))
    steps = (*OPENED, ring)

    assert absence("nag.1", b.local(4, 9), *steps).why is Why.FIRED
    stood_for = absence("nag.2", b.local(4, 9), *steps)
    assert (stood_for.why, stood_for.by) == (Why.STOOD_FOR, "nag.1")
    following = absence("nag", b.local(4, 9), *steps)
    assert (following.rung, following.why, following.earlier) == (
        "nag.3",
        Why.NOT_YET_DUE,
        ("nag.1",),
    )


def test_a_repeat_beyond_the_next_is_not_due_and_one_beyond_the_last_does_not_exist():
    assert absence("nag.3", b.MON_13, *OPENED).why is Why.NOT_YET_DUE
    assert absence("nag.4", b.MON_13, *OPENED).why is Why.NO_SUCH_RUNG
    assert absence("nag.04", b.MON_13, *OPENED).why is Why.NO_SUCH_RUNG


def test_a_clock_that_never_started_says_of_every_event_why_not():
    story = told(*OPENED)

    (found,) = why_not(story.records, {b.TERMS.hash: b.TERMS}, "review", "due", b.TUE_9)

    assert (found.why, found.cycle, len(found.events)) == (Why.NEVER_STARTED, None, 2)
    starts = [each.judgement.moves[-1] for each in found.events]
    assert [start.tried[0].failure.found for start in starts] == [
        "issue_reported",
        "issue_accepted",
    ]


def test_an_unknown_rung_is_answered_with_those_that_there_are():
    found = absence("tea", b.MON_13, *OPENED)

    assert found.why is Why.NO_SUCH_RUNG
    assert found.rungs == ("at-50", "near", "close", "due", "after", "nag")
    (never,) = why_not(told(*OPENED).records, {b.TERMS.hash: b.TERMS}, "review", "tea", b.MON_13)
    assert (never.why, never.rungs) == (Why.NO_SUCH_RUNG, ("due",))


def test_what_was_recorded_later_is_not_looked_at():
    steps = (*OPENED, Step(b.OFFICER, b.PAUSE, b.MON_13))

    assert absence("at-50", b.MON_11, *steps).why is Why.NOT_YET_DUE
    assert absence("at-50", b.MON_15, *steps).why is Why.PAUSED
    story = told(*OPENED)
    assert why_not(story.records, {}, "handling", "due", b.MON_9 - b.HOUR) == ()


def test_a_rung_whose_earlier_neighbour_ended_the_cycle_tells_that_its_instant_had_passed():
    """The platform was away over both: the deadline came first, and led up a tier."""
    rungs = [
        {"id": "due", "percent": 100, "effect": "escalate"},
        {"id": "after", "after": {"kind": "open_hours", "minutes": 60}},
    ]
    terms = b.terms_of(clocks=clock_rule("handling", rungs=rungs))
    ring = Step(ENGINE, b.ring("handling", 1, "due"), b.local(2, 15))

    story = told(*OPENED, ring, terms=terms)
    found = why_not(story.records, {terms.hash: terms}, "handling", "after", b.local(2, 16))[0]

    assert (found.why, found.move, found.left_ms) == (Why.ENDED, Move.RESET, 0)
    assert (found.due_at, found.event.at) == (b.local(2, 10), b.local(2, 15))
