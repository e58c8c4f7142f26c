"""Parts' clocks inside the lead's: budgets that fit, cuts, lengths of their own."""

from datetime import timedelta

import builders as b
import builders_team as bt
import pytest
from builders import (
    HEAD,
    MON_9,
    MON_10,
    MON_13,
    NEXT_MON_9,
    NEXT_TUE_9,
    THU_9,
    TUE_9,
    WED_9,
    Step,
    given,
    kinds,
    told,
    when,
)
from builders_team import DIG, IN_TEAM, PERMIT, PIPE, TEAM

from domain import commands_of_ladder as ld
from domain import commands_of_time as tm
from domain.calendar import WorkingCalendar
from domain.clocks import Move, Standing, Verdict
from domain.derivation import derivations
from domain.durations import OpenHours, WorkingDays
from domain.errors import InvalidRequestError
from domain.evolve import evolve
from domain.forms import Rectification
from domain.issue import Promise
from domain.own_lengths import own_length
from domain.people import ENGINE
from domain.phases import PartStanding
from domain.procedures import RectificationRule
from domain.reasons import judgements
from domain.terms import Terms
from domain.timekeeping import length_for

LEAD_ENDS = b.local(8, 17)
"""Seven working days from Monday at nine are over on Tuesday week as the offices close."""
PARTS_END = b.WED_17
TWO_DAYS = WorkingDays(days=2, due="same_time")


def due(issue, clock):
    return issue.clock(clock).due_at


def ends_of_parts(issue):
    return {c.id: c.due_at for c in issue.clocks if c.rule == "share" and c.is_live}


def test_every_part_that_can_begin_has_its_time_and_one_that_waits_has_none_yet():
    issue = given(*IN_TEAM, terms=TEAM)

    assert due(issue, "convener") == LEAD_ENDS
    assert ends_of_parts(issue) == {"share.1.dig": PARTS_END, "share.1.permit": PARTS_END}
    assert {c.id for c in issue.clocks if c.rule == "objecting"} == {
        "objecting.1.dig",
        "objecting.1.pipe",
        "objecting.1.permit",
    }


def test_a_part_with_a_budget_of_its_own_has_that_and_not_the_handbooks():
    part = DIG.model_copy(update={"budget": OpenHours(minutes=120)})

    issue = given(*bt.AT_TIER_2, Step(HEAD, bt.convene(part, PERMIT)), terms=TEAM)

    assert ends_of_parts(issue) == {"share.1.dig": b.MON_11, "share.1.permit": PARTS_END}


def test_a_budget_of_its_own_does_not_change_with_the_priority():
    part = DIG.model_copy(update={"budget": OpenHours(minutes=480)})
    issue = given(*bt.AT_TIER_2, Step(HEAD, bt.convene(part, PERMIT)), terms=TEAM)

    raised = when(issue, b.RAISE, b.COORDINATOR, MON_10, terms=TEAM).issue

    assert due(raised, "share.1.dig") == b.MON_17
    assert due(raised, "share.1.permit") == MON_10 + timedelta(days=1)
    assert due(raised, "convener") == MON_10 + timedelta(days=2)


def test_parts_that_do_not_fit_one_after_another_are_refused_with_both_ends():
    long = PIPE.model_copy(update={"budget": WorkingDays(days=5, due="same_time")})

    with pytest.raises(InvalidRequestError) as refused:
        when(given(*bt.AT_TIER_2, terms=TEAM), bt.convene(DIG, long), HEAD, MON_9, terms=TEAM)

    assert refused.value.field == "parts.budget"
    assert refused.value.value == "pipe would end at 2026-03-11T09:00:00.000Z"
    assert refused.value.allowed == "until 2026-03-10T09:00:00.000Z, when the lead's time ends"


def test_parts_that_fit_to_the_hour_are_taken():
    exact = PIPE.model_copy(update={"budget": WorkingDays(days=4, due="same_time")})

    decision = when(
        given(*bt.AT_TIER_2, terms=TEAM), bt.convene(DIG, exact), HEAD, MON_9, terms=TEAM
    )

    assert kinds(decision) == ["team_convened"]


def test_a_second_team_has_to_fit_into_what_the_first_left_of_the_leads_time():
    first = bt.convene(DIG)
    over = given(
        *bt.AT_TIER_2,
        Step(HEAD, first, MON_9),
        Step(b.POWER_SECTION, bt.finish("dig"), NEXT_MON_9),
        terms=TEAM,
    )

    with pytest.raises(InvalidRequestError) as refused:
        when(over, bt.convene(DIG), b.DIRECTOR, NEXT_MON_9, terms=TEAM)

    assert refused.value.value == "dig would end at 2026-03-11T09:00:00.000Z"


def test_once_the_leads_time_has_run_out_a_team_is_not_kept_from_working():
    first = bt.convene(DIG)
    over = given(
        *bt.AT_TIER_2,
        Step(HEAD, first, MON_9),
        Step(b.POWER_SECTION, bt.finish("dig"), NEXT_MON_9),
        terms=TEAM,
    )

    issue = when(over, bt.convene(DIG), b.DIRECTOR, b.local(14), terms=TEAM).issue

    assert issue.clock("convener").breached_at is not None
    assert due(issue, "share.2.dig") == b.local(16, 17)


def test_a_part_that_begins_late_is_cut_to_the_leads_end_and_the_budget_it_had_stays_known():
    issue = given(*IN_TEAM, Step(b.POWER_SECTION, bt.finish("dig"), NEXT_TUE_9), terms=TEAM)

    clock = issue.clock("share.1.pipe")

    assert clock.due_at == LEAD_ENDS == due(issue, "convener")
    assert clock.duration == WorkingDays(days=3, due="same_time")
    assert [rung.due_at for rung in clock.rungs][-1] == LEAD_ENDS


def test_where_no_working_time_is_left_before_the_leads_end_a_part_is_due_as_it_begins():
    five_days = {"duration": {"kind": "wall", "minutes": 7200}}
    terms = bt.team_terms(clocks=bt.clocks_with(convener={"budgets": [five_days]}))
    story = (
        *b.IN_HANDLING,
        Step(b.OFFICER, b.ESCALATE, TUE_9),
        Step(
            HEAD, bt.convene(DIG, PIPE.model_copy(update={"budget": OpenHours(minutes=60)})), TUE_9
        ),
        Step(b.POWER_SECTION, bt.finish("dig"), b.SAT_12),
    )

    issue = given(*story, terms=terms)

    assert due(issue, "convener") == b.local(6)
    assert due(issue, "share.1.pipe") == b.SAT_12
    rung = when(issue, b.ring("share.1.pipe"), ENGINE, b.SAT_12, terms=terms).issue
    assert rung.team.part("pipe").late


def test_a_shorter_limit_of_the_lead_cuts_the_parts_that_were_not_touched():
    instruct = ld.Instruct(
        text="By Tuesday.",
        expires_at=NEXT_MON_9,
        clock="convener",
        limit=OpenHours(minutes=600),
    )
    before = given(*IN_TEAM, terms=TEAM)

    decision = when(before, instruct, b.DIRECTOR, MON_10, terms=TEAM)

    moves = {move.clock: move for move in decision.events[-1].clocks}
    cut = moves["share.1.dig"].retarget
    assert due(decision.issue, "convener") == due(decision.issue, "share.1.dig")
    assert (moves["share.1.dig"].move, cut.rule) == (Move.RETARGET, "lead")
    assert (cut.from_due_at, cut.to_due_at) == (
        PARTS_END,
        due(decision.issue, "convener"),
    )


def test_a_later_limit_of_the_lead_gives_the_parts_nothing():
    asked = tm.AskExtension(clock="convener", extra=TWO_DAYS, reason="Rock.")
    story = (*IN_TEAM, Step(HEAD, asked, MON_10), Step(b.DIRECTOR, b.GRANT, MON_10))

    issue = given(*story, terms=TEAM)

    assert due(issue, "convener") == b.local(10, 17)
    assert ends_of_parts(issue) == {"share.1.dig": PARTS_END, "share.1.permit": PARTS_END}


def test_an_extension_of_a_part_ends_with_the_leads_time_and_grants_no_more_than_that():
    five = WorkingDays(days=5, due="same_time")
    asked = tm.AskExtension(clock="share.1.dig", extra=five, reason="Rock.")
    story = (*IN_TEAM, Step(HEAD, asked, MON_10), Step(b.DIRECTOR, b.GRANT, MON_10))

    issue = given(*story, terms=TEAM)

    clock = issue.clock("share.1.dig")
    assert clock.due_at == LEAD_ENDS
    assert clock.extended_ms == 4 * b.DAY_MS


def test_a_part_that_stood_longer_than_the_lead_is_cut_as_it_goes_on():
    terms = bt.team_terms(clocks=bt.clocks_with(convener={"pause": []}))
    story = (*IN_TEAM, Step(HEAD, b.PAUSE, MON_10), Step(HEAD, b.RESUME, NEXT_TUE_9))

    lived = told(*story, terms=terms)

    clock = lived.issue.clock("share.1.dig")
    move = next(m for m in lived.events[-1].clocks if m.clock == "share.1.dig")
    assert (move.move, move.retarget.rule, move.retarget.from_due_at) == (Move.RESUME, "lead", None)
    assert clock.standing is Standing.RUNNING
    assert clock.due_at == LEAD_ENDS
    assert clock.budget_ms == b.HOUR_MS + b.DAY_MS
    by_hash = {terms.hash: terms}
    assert all(each.adds_up for each in derivations(lived.records, by_hash))
    assert all(each.agrees for each in judgements(lived.records, by_hash, "share.1.dig"))


def test_an_event_about_one_part_leaves_the_clocks_of_the_others_alone():
    issue = given(*IN_TEAM, terms=TEAM)

    decision = when(issue, bt.replace("dig", "water"), HEAD, MON_13, terms=TEAM)

    moved = {move.clock: move for move in decision.events[-1].clocks}
    assert set(moved) == {"share.1.dig", "objecting.1.dig"}
    assert moved["share.1.dig"].verdict is Verdict.HANDED_OVER
    assert due(decision.issue, "share.1.dig") == THU_9 + timedelta(hours=4)


def test_the_end_of_the_time_to_object_makes_no_part_late():
    issue = when(
        given(*IN_TEAM, terms=TEAM), b.ring("objecting.1.dig"), ENGINE, TUE_9, terms=TEAM
    ).issue

    assert issue.clock("objecting.1.dig").breached_at == b.MON_17
    assert not issue.team.part("dig").late


def test_the_end_of_its_own_time_makes_a_part_late_while_the_lead_is_in_time():
    issue = when(
        given(*IN_TEAM, terms=TEAM), b.ring("share.1.dig"), ENGINE, THU_9, terms=TEAM
    ).issue

    assert [part.late for part in issue.team.parts] == [True, False, True]
    assert issue.clock("convener").breached_at is None


def test_another_calendar_moves_the_lead_first_and_keeps_the_parts_inside():
    target = Terms(handbook=TEAM.handbook, calendar=_closed_on("2026-03-04", "2026-03-05"))
    part = DIG.model_copy(update={"budget": WorkingDays(days=7, due="same_time")})
    before = given(*bt.AT_TIER_2, Step(HEAD, bt.convene(part)), terms=TEAM)
    assert due(before, "share.1.dig") == due(before, "convener")

    decision = when(before, b.adopt_calendar(target), ENGINE, MON_10, terms=TEAM, target=target)

    migrated = {e.clock: e for e in decision.events if e.kind == "clock_migrated"}
    assert due(decision.issue, "convener") == b.local(10, 17)
    assert due(decision.issue, "share.1.dig") == b.local(10, 17)
    assert migrated["share.1.dig"].new_due_at == b.local(10, 17)


def _closed_on(*days):
    fair = [{"kind": "closed", "on": day, "name": {"zh": "展会", "en": "Fair"}} for day in days]
    return WorkingCalendar.model_validate(b.CALENDAR.model_dump(mode="json") | {"overrides": fair})


def test_another_handbook_gives_a_part_no_more_than_the_lead_has():
    longer = bt.clocks_with(share={"budgets": [bt._days(10)]})
    target = bt.team_terms(clocks=longer)

    decision = when(
        given(*IN_TEAM, terms=TEAM),
        b.adopt_handbook(target),
        ENGINE,
        MON_10,
        terms=TEAM,
        target=target,
    )

    migrated = {e.clock: e for e in decision.events if e.kind == "clock_migrated"}
    assert migrated["share.1.dig"].new_due_at == due(decision.issue, "share.1.dig") == LEAD_ENDS


def test_a_part_that_begins_anew_in_an_emergency_ends_with_the_leads_new_time():
    slow = {"budgets": [bt._wall(4320), bt._days(3)]}
    terms = bt.team_terms(clocks=bt.clocks_with(share=slow))

    decision = when(given(*IN_TEAM, terms=terms), b.RAISE, b.COORDINATOR, MON_10, terms=terms)

    move = next(m for m in decision.events[-1].clocks if m.clock == "share.1.dig")
    two_days_on = MON_10 + timedelta(days=2)
    assert due(decision.issue, "convener") == two_days_on
    assert (move.move, move.run.due_at, move.retarget.to_due_at) == (
        Move.RESET,
        two_days_on,
        two_days_on,
    )
    assert move.retarget.to.budget_ms == move.run.budget_ms


def test_a_promise_and_an_order_to_put_right_bring_their_own_length():
    """The clocks that count them are named by the handbook; every other has its own budget."""
    clocks = TEAM.rules_by_id
    week = WorkingDays(days=7)
    issue = given(*b.IN_HANDLING).model_copy(
        update={
            "promise": Promise(text="A lamp.", within=week),
            "rectification": Rectification(items=("The fence.",), limit=TWO_DAYS),
        }
    )
    book = TEAM.handbook.model_copy(
        update={
            "sign_off": TEAM.handbook.sign_off.model_copy(update={"promise": "review"}),
            "rectification": RectificationRule(
                clock="redo", limit=week, at_least=week, at_most=week
            ),
        }
    )

    assert own_length(clocks["review"], issue, None, book) == week
    assert own_length(clocks["redo"], issue, None, book) == TWO_DAYS
    assert own_length(clocks["handling"], issue, None, book) is None
    assert length_for(clocks["redo"], "redo", issue, book) == TWO_DAYS


def test_a_handbook_without_the_arbiter_who_has_the_word_cannot_be_adopted():
    refused = given(*IN_TEAM, Step(bt.WATER_SECTION, bt.refuse("pipe"), MON_10), terms=TEAM)
    target = bt.rule_terms(arbiters=["coordination"])

    with pytest.raises(InvalidRequestError) as stopped:
        when(refused, b.adopt_handbook(target), ENGINE, MON_10, terms=TEAM, target=target)

    assert stopped.value.value == "part.arbiter power-desk"


def test_the_fold_of_the_events_is_the_issue_that_was_decided():
    lived = told(
        *IN_TEAM,
        Step(bt.WATER_SECTION, bt.refuse("pipe"), MON_10),
        Step(b.POWER_SECTION, bt.rule("pipe", upheld=True, unit="roads"), MON_13),
        Step(b.POWER_SECTION, bt.finish("dig"), WED_9),
        terms=TEAM,
    )

    issue = None
    for event in lived.events:
        issue = evolve(issue, event, zone=b.ZONE, key=b.KEY, terms=TEAM.hash)

    assert issue == lived.issue
    assert issue.team.part("pipe").standing is PartStanding.ASKED
    assert due(issue, "share.1.pipe") == b.FRI_17
