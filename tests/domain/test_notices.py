"""Whom to tell about what, by the handbook's rules."""

import pytest
from builders import (
    ACCEPT,
    AT_THE_TOP,
    CONVENE,
    ENGINE,
    ENTERPRISE,
    ESCALATE,
    ESCALATED,
    HANDBOOK,
    HANDBOOK_DATA,
    HEAD,
    IN_HANDLING,
    IN_INTAKE,
    MON_9,
    MON_11,
    MON_13,
    NOTE,
    OFFICER,
    WITH_A_TEAM,
    given,
    handbook,
    report,
    ring,
    told,
    when,
)

from domain.events import IssueEscalated
from domain.notices import Notice, notices_of


def addressees(decision, book=HANDBOOK):
    return [notice.addressee for notice in notices_of(decision.events[-1], decision.issue, book)]


def test_a_notice_is_named_by_the_version_and_the_addressee():
    decision = when(None, report(), ENTERPRISE, MON_9)

    assert notices_of(decision.events[0], decision.issue, HANDBOOK) == (
        Notice(
            id="harbour/issue-1/1/grid-east-1",
            stream="harbour/issue-1",
            version=1,
            kind="issue_reported",
            addressee="grid-east-1",
        ),
        Notice(
            id="harbour/issue-1/1/coordination",
            stream="harbour/issue-1",
            version=1,
            kind="issue_reported",
            addressee="coordination",
        ),
    )


def test_the_enterprise_and_the_handler_hear_of_an_acceptance():
    assert addressees(when(given(*IN_INTAKE), ACCEPT, OFFICER)) == ["mill", "grid-east-1"]


def test_an_escalation_is_told_to_the_new_owner_and_the_tier_above():
    assert addressees(when(given(*IN_HANDLING), ESCALATE, OFFICER)) == [
        "head-east",
        "director",
        "mill",
    ]


def test_above_the_top_the_owner_is_told_again_only_once():
    story = told(*IN_HANDLING, AT_THE_TOP)

    assert isinstance(story.events[-1], IssueEscalated)
    told_to = notices_of(story.events[-1], story.issue, HANDBOOK)
    assert [notice.addressee for notice in told_to] == ["director", "mill"]


def test_a_team_is_told_once_to_each_unit_that_has_a_post():
    assert addressees(when(given(*IN_HANDLING, ESCALATED), CONVENE, HEAD)) == [
        "roads-desk",
        "power-desk",
        "mill",
    ]


def test_without_a_team_there_is_nobody_in_it_to_tell():
    book = handbook(notices=[{"on": "note_added", "to": ["team"]}])

    assert addressees(when(given(*IN_HANDLING), NOTE, OFFICER), book) == []


def test_an_event_without_a_rule_is_told_to_nobody():
    assert addressees(when(given(*IN_HANDLING), NOTE, OFFICER)) == []


def test_one_addressee_is_told_once_however_many_rules_name_him():
    rules = [
        {"on": "note_added", "to": ["owner", "handler"]},
        {"on": "note_added", "to": ["owner"]},
    ]

    assert addressees(when(given(*IN_HANDLING), NOTE, OFFICER), handbook(notices=rules)) == [
        "grid-east-1"
    ]


@pytest.mark.parametrize(
    ("effects", "told_to"),
    [(["remind"], ["grid-east-1"]), (["escalate"], []), ([], ["grid-east-1"])],
)
def test_a_fired_rung_is_told_by_its_effect(effects, told_to):
    book = handbook(notices=[{"on": "rung_fired", "to": ["owner"], "effects": effects}])

    decision = when(given(*IN_INTAKE), ring("acceptance", rung="at-50"), ENGINE, MON_11)

    assert addressees(decision, book) == told_to


@pytest.mark.parametrize(
    ("clocks", "told_to"),
    [(["part"], ["roads-desk", "power-desk"]), (["handling"], []), (["cable"], [])],
)
def test_a_fired_rung_is_told_by_its_clock_and_that_of_a_part_by_its_rule(clocks, told_to):
    book = handbook(notices=[{"on": "rung_fired", "to": ["team"], "clocks": clocks}])
    rung = ring("part.1.cable", rung="at-50")

    decision = when(given(*WITH_A_TEAM), rung, ENGINE, MON_13)

    assert addressees(decision, book) == told_to


@pytest.mark.parametrize("narrowed", [{"effects": ["remind"]}, {"clocks": ["handling"]}])
def test_effects_and_clocks_are_asked_of_rungs_only(narrowed):
    book = handbook(notices=[{"on": "note_added", "to": ["owner"]} | narrowed])

    assert addressees(when(given(*IN_HANDLING), NOTE, OFFICER), book) == []


def test_a_zone_without_a_coordinator_tells_the_others():
    posts = [post for post in HANDBOOK_DATA["posts"] if post["id"] != "coordination"]

    assert addressees(when(None, report(), ENTERPRISE, MON_9), handbook(posts=posts)) == [
        "grid-east-1"
    ]
