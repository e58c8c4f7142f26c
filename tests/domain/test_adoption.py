"""Other terms for an open issue (R2.3, R3.4): by events, closed clocks never, and back again."""

from datetime import date, timedelta

import pytest
from builders import (
    ACCEPTED,
    ACTORS,
    ASK_EXTENSION,
    CALENDAR,
    CLOCKS,
    CLOSED_OUT,
    COORDINATOR,
    DAY_MS,
    DIRECTOR,
    EMERGENCY,
    ENGINE,
    ENTERPRISE,
    GRANT,
    HANDBOOK,
    HEAD,
    HOUR_MS,
    IN_HANDLING,
    IN_INTAKE,
    IN_SIGN_OFF,
    MON_9,
    MON_10,
    MON_11,
    NOTE,
    OFFICER,
    PAUSE,
    PROPOSE,
    RESUME,
    TERMS,
    TUE_9,
    TUE_17,
    WED_9,
    WED_17,
    Step,
    adopt_calendar,
    adopt_handbook,
    clock_rule,
    given,
    handbook,
    kinds,
    local,
    ring,
    terms_of,
    when,
)

from domain.clocks import Standing
from domain.days import ClosedDay, Label
from domain.errors import InvalidRequestError, IssueClosedError, NotPermittedError
from domain.issue import Issue
from domain.reading import spent_ms
from domain.terms import Terms


def calendar_without(*days: date):
    """Return the zone's calendar with more days off."""
    off = tuple(ClosedDay(on=day, name=Label(zh="放假", en="Holiday")) for day in days)
    return CALENDAR.model_copy(update={"overrides": off})


TUESDAY_OFF = TERMS.with_calendar(calendar_without(date(2026, 3, 3)))
MONDAY_OFF_TOO = TERMS.with_calendar(calendar_without(date(2026, 3, 2), date(2026, 3, 3)))
SHORTER = terms_of(
    clocks=clock_rule(
        "handling",
        budgets=[{"duration": {"kind": "open_hours", "minutes": 12 * 60}}],
    ),
    revision=2,
)


PAUSED_AN_HOUR = (Step(OFFICER, PAUSE, MON_10), Step(OFFICER, RESUME, MON_11))


def adopted(issue: Issue, target: Terms, at=MON_11, terms: Terms = TERMS, *, undo: bool = False):
    """Return what the engine's adoption comes to: by calendar, or by handbook if that differs."""
    if undo or target.handbook.hash != terms.handbook.hash:
        command = adopt_handbook(target, undo=undo)
    else:
        command = adopt_calendar(target)
    return when(issue, command, ENGINE, at, terms=terms, target=target)


def dues(issue: Issue) -> dict:
    return {c.id: (c.due_at, [(r.id, r.due_at) for r in c.rungs]) for c in issue.clocks}


def test_a_day_off_that_a_notice_adds_moves_each_open_clock_by_an_event_of_its_own():
    decision = adopted(given(*IN_HANDLING), TUESDAY_OFF)

    assert kinds(decision) == ["terms_adopted", "clock_migrated", "clock_migrated"]
    adoption, handling, resolution = decision.events
    assert (adoption.from_terms, adoption.to_terms) == (TERMS.hash, TUESDAY_OFF.hash)
    assert (handling.clock, handling.old_due_at, handling.new_due_at) == (
        "handling",
        TUE_17,
        WED_17,
    )
    assert (handling.reason, handling.author) == (adoption.reason, adoption.author)
    assert (resolution.clock, resolution.old_due_at, resolution.new_due_at) == (
        "resolution",
        local(11, 17),
        local(14, 17),
    )
    assert decision.issue.terms == TUESDAY_OFF.hash
    assert decision.issue.clock("handling").due_at == WED_17


def test_clocks_that_have_ended_never_move():
    issue = given(*IN_HANDLING)
    decision = adopted(issue, TUESDAY_OFF)

    ended = issue.clock("acceptance")
    assert ended.standing is Standing.STOPPED
    assert decision.issue.clock("acceptance") == ended


def test_an_issue_that_nothing_moves_still_adopts_the_terms():
    decision = adopted(given(*IN_SIGN_OFF), TERMS.with_calendar(calendar_without(date(2029, 3, 3))))

    assert kinds(decision) == ["terms_adopted"]
    assert decision.issue.terms != TERMS.hash


def test_a_day_that_turns_out_to_have_been_off_is_counted_anew():
    """Monday's two hours are none by the new calendar: the clock has its whole budget again."""
    decision = adopted(given(*IN_HANDLING), MONDAY_OFF_TOO)

    clock = decision.issue.clock("handling")
    assert clock.elapsed_ms == 0
    assert clock.due_at == local(3, 17)


def test_a_paused_clock_takes_the_new_calendar_and_shows_it_when_it_goes_on():
    paused = given(*IN_HANDLING, Step(OFFICER, PAUSE, MON_11))
    decision = adopted(paused, MONDAY_OFF_TOO)
    after = when(decision.issue, RESUME, OFFICER, WED_9, terms=MONDAY_OFF_TOO).issue

    migrated = next(e for e in decision.events if getattr(e, "clock", None) == "handling")
    assert (migrated.old_due_at, migrated.new_due_at) == (None, None)
    assert after.clock("handling").due_at == local(3, 17)


def test_a_second_adoption_of_the_same_terms_is_nothing():
    once = adopted(given(*IN_HANDLING), TUESDAY_OFF).issue

    assert adopted(once, TUESDAY_OFF, terms=TUESDAY_OFF).events == ()


def test_time_passes_before_the_terms_change():
    """At Tuesday nine the half of the old budget is reached, and fires by the old terms."""
    decision = adopted(given(*IN_HANDLING), TUESDAY_OFF, WED_9)

    fired = [event.rung for event in decision.events if event.kind == "rung_fired"]
    assert fired[:2] == ["at-50", "at-80"]
    assert kinds(decision).index("terms_adopted") > kinds(decision).index("rung_fired")


def test_a_closed_issue_is_left_alone():
    with pytest.raises(IssueClosedError):
        adopted(given(*CLOSED_OUT), TUESDAY_OFF)


@pytest.mark.parametrize("actor", sorted(set(ACTORS) - {"engine"}))
def test_nobody_but_the_engine_adopts(actor):
    for command in (adopt_calendar(TUESDAY_OFF), adopt_handbook(SHORTER)):
        with pytest.raises(NotPermittedError):
            when(given(*IN_HANDLING), command, ACTORS[actor], target=TUESDAY_OFF)


def test_terms_that_were_not_given_cannot_be_adopted():
    with pytest.raises(LookupError, match="were not given"):
        when(given(*IN_HANDLING), adopt_calendar(TUESDAY_OFF), ENGINE, target=None)


def test_a_handbook_that_lacks_what_the_issue_stands_on_is_refused_and_named():
    posts = [post for post in HANDBOOK.model_dump(mode="json")["posts"]]
    renamed = [p | {"id": "grid-e"} if p["id"] == "grid-east-1" else p for p in posts]
    other = Terms(handbook=handbook(posts=renamed), calendar=CALENDAR)

    with pytest.raises(InvalidRequestError) as refused:
        adopted(given(*IN_HANDLING), other)
    assert refused.value.value == "owner grid-east-1, handler grid-east-1"


def test_a_shorter_limit_of_a_new_handbook_keeps_what_was_spent():
    decision = adopted(given(*IN_HANDLING), SHORTER)

    (move,) = next(e for e in decision.events if getattr(e, "clock", None) == "handling").clocks
    assert (move.retarget.rule, move.elapsed_ms) == ("keep_elapsed", 2 * HOUR_MS)
    assert decision.issue.clock("handling").due_at == local(1, 13)


def test_a_handbook_without_the_kind_of_a_live_clock_cannot_be_adopted():
    """Its deadline would be lost, and the way back could not give it again."""
    without = terms_of(clocks=[rule for rule in CLOCKS if rule["id"] != "resolution"])

    with pytest.raises(InvalidRequestError) as refused:
        adopted(given(*IN_HANDLING), without)
    assert refused.value.value == "clock resolution"
    assert adopted(given(*IN_INTAKE), without).issue.terms == without.hash


def test_a_limit_passed_by_the_new_handbook_is_born_breached():
    issue = given(*IN_HANDLING)
    hour = terms_of(
        clocks=clock_rule("handling", budgets=[{"duration": {"kind": "open_hours", "minutes": 60}}])
    )
    decision = adopted(issue, hour)

    clock = decision.issue.clock("handling")
    assert (clock.born_breached, clock.due_at) == (True, MON_10)
    assert clock.superseded == ("at-50", "at-80")
    rung = when(decision.issue, ring(), ENGINE, MON_11, terms=hour)
    assert [e.rung for e in rung.events if e.kind == "rung_fired"] == ["due"]


def test_a_deadline_beyond_the_published_days_is_provisional_until_they_are_published():
    short = CALENDAR.model_copy(update={"valid_until": date(2026, 3, 2)})
    terms = TERMS.with_calendar(short)
    issue = given(*IN_HANDLING, terms=terms)
    decision = adopted(issue, TERMS, terms=terms)

    assert issue.clock("handling").provisional
    settled = next(e for e in decision.events if getattr(e, "clock", None) == "handling")
    assert (settled.was_provisional, settled.is_provisional) == (True, False)
    assert settled.old_due_at == settled.new_due_at == TUE_17
    assert not decision.issue.clock("handling").provisional


def test_a_deadline_at_the_last_published_midnight_is_not_provisional():
    always = {day: ["00:00-24:00"] for day in CALENDAR.weekly.model_dump()}
    calendar = CALENDAR.model_validate(
        CALENDAR.model_dump(mode="json") | {"weekly": always, "valid_until": "2026-03-02"}
    )
    terms = Terms(
        handbook=handbook(
            clocks=clock_rule(
                "handling", budgets=[{"duration": {"kind": "open_hours", "minutes": 15 * 60}}]
            )
        ),
        calendar=calendar,
    )
    clock = given(*IN_HANDLING, terms=terms).clock("handling")

    assert clock.due_at == local(1, 0)
    assert not clock.provisional


def test_an_emergency_day_off_leaves_the_wall_alone():
    issue = given(EMERGENCY, ACCEPTED)
    decision = adopted(issue, TUESDAY_OFF, MON_9 + timedelta(minutes=30))

    assert kinds(decision) == ["terms_adopted"]
    assert decision.issue.clock("handling").budget_ms == 2 * HOUR_MS


def test_what_an_extension_gave_stays_given_under_another_calendar():
    extended = given(*IN_HANDLING, Step(OFFICER, ASK_EXTENSION, MON_10), Step(HEAD, GRANT, MON_10))
    decision = adopted(extended, TUESDAY_OFF)

    assert extended.clock("handling").due_at == local(3, 17)
    assert decision.issue.clock("handling").due_at == local(4, 17)
    assert decision.issue.clock("handling").budget_ms == 4 * DAY_MS


def test_the_enterprises_window_moves_as_well():
    decision = adopted(given(*IN_HANDLING, Step(OFFICER, PROPOSE, MON_10)), TUESDAY_OFF)

    moved = next(e for e in decision.events if getattr(e, "clock", None) == "sign_off")
    assert moved.new_due_at - moved.old_due_at == timedelta(days=1)
    assert (ENTERPRISE.enterprise, COORDINATOR.post) == ("mill", "coordination")
    assert MON_9 < TUE_9 < moved.new_due_at


@pytest.mark.parametrize("acts", [(), (Step(OFFICER, PAUSE, MON_10),)])
def test_a_rung_that_the_new_handbook_has_no_longer_is_named_as_superseded(acts):
    due = {"id": "due", "percent": 100, "effect": "escalate"}
    decision = adopted(
        given(*IN_HANDLING, *acts), terms_of(clocks=clock_rule("handling", rungs=[due]))
    )

    assert decision.issue.clock("handling").superseded == ("at-50", "at-80")


def test_the_way_back_does_not_take_back_what_was_granted_before_the_way_there():
    """The day off lies beyond the sign-off window's: nothing of handling moves on the way there."""
    extended = given(*IN_HANDLING, Step(OFFICER, ASK_EXTENSION, MON_10), Step(HEAD, GRANT, MON_10))
    elsewhere = TERMS.with_calendar(calendar_without(date(2029, 3, 6)))
    there = adopted(extended, elsewhere).issue
    back = adopted(there, TERMS, terms=elsewhere).issue

    assert back.clock("handling").due_at == extended.clock("handling").due_at == local(3, 17)


def test_a_breach_undone_and_brought_back_is_the_breach_it_was():
    longer = terms_of(
        clocks=clock_rule(
            "resolution",
            budgets=[{"duration": {"kind": "working_days", "days": 60, "due": "same_time"}}],
        )
    )
    at = local(15, 10)
    breached = when(given(*IN_HANDLING), NOTE, COORDINATOR, at).issue
    there = adopted(breached, longer, at).issue
    back = adopted(there, TERMS, at + timedelta(minutes=1), terms=longer, undo=True).issue
    owner = DIRECTOR if back.owner == "director" else HEAD
    paused = when(back, PAUSE, owner, at + timedelta(minutes=2)).issue
    resumed = when(paused, RESUME, owner, at + timedelta(hours=2)).issue

    was, undone = breached.clock("resolution"), there.clock("resolution")
    assert (was.breached_at, undone.breached_at) == (local(11, 17), None)
    for issue in (back, resumed):
        clock = issue.clock("resolution")
        assert (clock.due_at, clock.breached_at) == (was.due_at, was.breached_at)
        assert not clock.born_breached


def test_hours_banked_by_the_old_calendar_are_told_anew_though_the_sums_agree():
    """Wednesday was off and Monday is: Tuesday's pause has banked hours that Monday never gave."""
    wednesday = TERMS.with_calendar(calendar_without(date(2026, 3, 4)))
    monday = TERMS.with_calendar(calendar_without(date(2026, 3, 2)))
    acts = (Step(OFFICER, PAUSE, TUE_17 - timedelta(hours=2)), Step(OFFICER, RESUME, TUE_17))
    terms = terms_of(
        clocks=clock_rule(
            "handling", budgets=[{"duration": {"kind": "open_hours", "minutes": 24 * 60}}]
        )
    )
    wednesday = Terms(handbook=terms.handbook, calendar=wednesday.calendar)
    monday = Terms(handbook=terms.handbook, calendar=monday.calendar)
    issue = given(*IN_HANDLING, *acts, terms=wednesday)
    at = local(3, 9)  # Thursday: by either calendar 14 of the 24 hours have passed
    moved = adopted(issue, monday, at, terms=wednesday).issue

    clock = moved.clock("handling")
    left = clock.budget_ms - spent_ms(clock, monday.calendar, at)
    assert spent_ms(clock, monday.calendar, at) == 14 * HOUR_MS
    assert monday.calendar.add_ms(at, left) == clock.due_at


def test_what_a_reclassification_left_behind_of_a_request_blocks_no_other():
    asked = given(*IN_HANDLING, Step(OFFICER, ASK_EXTENSION, MON_10))
    stale = asked.model_copy(update={"request": asked.request.model_copy(update={"cycle": 9})})

    assert kinds(when(stale, ASK_EXTENSION, OFFICER, MON_11)) == ["extension_asked"]
