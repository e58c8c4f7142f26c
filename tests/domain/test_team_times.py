"""Time and blame by part: whose each stretch was, who was late with it and by how much."""

from datetime import timedelta

import builders as b
import builders_team as bt
from builders import (
    COORDINATOR,
    DAY_MS,
    HEAD,
    HOUR_MS,
    MON_9,
    MON_10,
    MON_11,
    MON_13,
    POWER_SECTION,
    SECTION,
    THU_9,
    TUE_9,
    WED_9,
    Step,
    told,
)
from builders_team import IN_TEAM, TEAM, WATER_SECTION

from domain.durations import Basis
from domain.evolve import evolve
from domain.phases import PartStanding
from domain.team_times import Share, part_times


def times(*steps, terms=TEAM, until=THU_9, story=IN_TEAM):
    issue, life = None, []
    for event in told(*story, *steps, terms=terms).events:
        issue = evolve(issue, event, zone=b.ZONE, key=b.KEY, terms=terms.hash)
        life.append((event, issue))
    return {(part.team, part.part): part for part in part_times(life, terms, until)}


def test_a_part_has_its_own_time_from_when_it_was_asked_to_when_it_was_done():
    dig = times(
        Step(POWER_SECTION, bt.accept("dig"), MON_10), Step(POWER_SECTION, bt.finish("dig"), TUE_9)
    )[1, "dig"]

    assert (dig.asked_at, dig.ready_at, dig.accepted_at, dig.settled_at) == (
        MON_9,
        MON_9,
        MON_10,
        TUE_9,
    )
    assert dig.spent_ms(Share.OWN) == dig.charged_ms("power") == DAY_MS
    assert (dig.basis, dig.late, dig.standing) == (Basis.OPEN, False, PartStanding.FINISHED)


def test_the_wait_for_another_part_is_nobodys():
    pipe = times(Step(POWER_SECTION, bt.finish("dig"), TUE_9), until=WED_9)[1, "pipe"]

    assert [(s.share, s.charged, s.counted_ms) for s in pipe.stretches] == [
        (Share.WAITING, None, DAY_MS),
        (Share.OWN, "water", DAY_MS),
    ]
    assert (pipe.ready_at, pipe.settled_at, pipe.ended_at) == (TUE_9, None, WED_9)


def test_a_dispute_is_charged_to_the_arbiters_unit_or_to_a_post_that_has_none():
    found = times(
        Step(WATER_SECTION, bt.refuse("pipe"), MON_10),
        Step(POWER_SECTION, bt.refuse("dig"), MON_10),
        Step(POWER_SECTION, bt.rule("pipe", upheld=False), MON_11),
        Step(COORDINATOR, bt.rule("dig", upheld=False), MON_13),
    )

    assert found[1, "pipe"].charged_ms("power") == HOUR_MS
    assert found[1, "dig"].charged_ms("coordination") == 3 * HOUR_MS
    assert found[1, "dig"].spent_ms(Share.DISPUTE) == 3 * HOUR_MS


def test_what_stands_between_the_units_of_a_part_is_shared_out_between_them():
    dig = times(Step(SECTION, bt.replace("dig", "water"), TUE_9), until=WED_9)[1, "dig"]

    assert [(s.unit, s.from_at, s.to_at, s.own_ms) for s in dig.stints] == [
        ("power", MON_9, TUE_9, DAY_MS),
        ("water", TUE_9, WED_9, DAY_MS),
    ]
    assert dig.charged_ms("power") == dig.charged_ms("water") == DAY_MS


def test_lateness_is_that_of_the_unit_that_had_the_part_when_its_time_ran_out():
    dig = times(
        Step(SECTION, bt.replace("dig", "water"), b.local(3, 11)),
        Step(WATER_SECTION, bt.finish("dig"), b.FRI_9),
    )[1, "dig"]

    assert [(s.unit, s.late, s.late_ms) for s in dig.stints] == [
        ("power", True, 2 * HOUR_MS),
        ("water", False, 0),
    ]
    assert dig.late


def test_a_breach_that_more_time_undoes_is_no_lateness():
    lower = b.tm.Reclassify(priority="ordinary", reason="It stood for an hour only.")
    steps = (
        Step(b.OFFICER, b.ESCALATE, MON_9),
        Step(HEAD, bt.convene(bt.DIG, bt.PERMIT), MON_9),
        Step(COORDINATOR, lower, b.local(1, 11)),
    )
    keep = bt.clocks_with(share={"retarget": {"priority": "keep_elapsed"}})

    dig = times(*steps, story=(b.EMERGENCY, b.ACCEPTED), terms=bt.team_terms(clocks=keep))[1, "dig"]

    assert not dig.late
    assert dig.stints[0].late_ms == 0


def test_the_end_of_the_time_to_object_is_no_lateness():
    dig = times(Step(POWER_SECTION, bt.finish("dig"), WED_9))[1, "dig"]

    assert not dig.late


def test_while_the_issue_waits_a_parts_time_stands():
    dig = times(Step(HEAD, b.PAUSE, MON_10), Step(HEAD, b.RESUME, MON_13), until=b.MON_15)[1, "dig"]

    assert (dig.spent_ms(Share.STOOD), dig.spent_ms(Share.OWN)) == (3 * HOUR_MS, 3 * HOUR_MS)


def test_a_team_that_makes_way_for_another_ends_its_parts_unsettled():
    optional = bt.PIPE.model_copy(update={"required": False})
    found = times(
        Step(HEAD, bt.convene(bt.DIG, optional), MON_9),
        Step(HEAD, bt.waive("dig"), MON_10),
        Step(HEAD, bt.convene(bt.DIG), MON_11),
        story=bt.AT_TIER_2,
    )

    assert list(found) == [(1, "dig"), (1, "pipe"), (2, "dig")]
    assert (found[1, "pipe"].settled_at, found[1, "pipe"].ended_at) == (None, MON_11)


def test_a_handbook_without_rules_for_teams_has_times_as_well():
    found = times(
        Step(SECTION, b.cmd.RefusePart(part="survey", reason="-"), MON_10),
        Step(HEAD, b.cmd.WaivePart(part="survey", reason="-"), MON_11),
        story=b.WITH_A_TEAM,
        terms=b.TERMS,
    )

    survey = found[1, "survey"]
    assert [(s.share, s.charged) for s in survey.stretches] == [
        (Share.OWN, "roads"),
        (Share.DISPUTE, "roads"),
    ]


def test_a_handbook_without_clocks_of_parts_has_no_times_of_parts():
    clocks = [rule for rule in b.CLOCKS if rule["id"] != "part"]
    terms = b.terms_of(clocks=clocks)

    assert times(story=b.WITH_A_TEAM, terms=terms) == {}


def test_what_happens_after_a_part_is_settled_is_none_of_its_life():
    dig = times(
        Step(POWER_SECTION, bt.finish("dig"), MON_10),
        Step(HEAD, b.NOTE, TUE_9),
        until=MON_9 + timedelta(days=30),
    )[1, "dig"]

    assert dig.ended_at == MON_10


def test_of_a_team_that_a_reopening_keeps_only_what_is_open_lives_on():
    """Its first life ended with the close-out; what was settled by then does not live again."""
    terms = bt.team_terms(sign_off={"reopening": [{"within_days": 30, "mode": "resume"}]})
    story = (
        *bt.AT_TIER_2,
        Step(HEAD, bt.convene(bt.DIG, bt.PERMIT), MON_9),
        Step(POWER_SECTION, bt.finish("dig"), MON_10),
        Step(SECTION, b.PROPOSE, MON_10),
        Step(b.ENTERPRISE, b.CONFIRM, MON_10),
        Step(b.VICE_DIRECTOR, b.VERIFY, MON_11),
        Step(b.ENTERPRISE, b.REOPEN, MON_13),
    )
    issue, life = None, []
    for event in told(*story, terms=terms).events:
        issue = evolve(issue, event, zone=b.ZONE, key=b.KEY, terms=terms.hash)
        life.append((event, issue))

    found = [(part.part, part.asked_at, part.ended_at) for part in part_times(life, terms, TUE_9)]

    assert found == [
        ("dig", MON_9, MON_10),
        ("permit", MON_9, MON_11),
        ("permit", MON_13, TUE_9),
    ]
