"""Convening a joint team: standing teams, named parts, close rules, what depends on what."""

import builders as b
import builders_team as bt
import pytest
from builders import (
    COORDINATOR,
    HEAD,
    MON_9,
    MON_10,
    MON_11,
    POWER_SECTION,
    SECTION,
    Step,
    given,
    kinds,
    when,
)
from builders_team import (
    BY_LEAD,
    DIG,
    PERMIT,
    PIPE,
    TEAM,
    WATER_SECTION,
    refusal,
    standings,
    team,
)

from domain import commands as cmd
from domain.clocks import Standing
from domain.decisions.team import TEAMS_MAX
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.people import ENGINE
from domain.phases import CloseRule, Duty
from domain.team import PARTS_MAX


def convening(command, terms=TEAM):
    return when(given(*bt.AT_TIER_2, terms=terms), command, HEAD, MON_9, terms=terms)


# --- convening ---


def test_a_standing_team_brings_its_lead_and_one_part_for_each_member():
    issue = convening(cmd.ConveneTeam(template="works")).issue

    assert (issue.team.lead, issue.team.template) == ("roads", "works")
    assert [(p.id, p.unit, p.duty, p.deliverable) for p in issue.team.parts] == [
        (unit, unit, Duty.CO, "works") for unit in ("roads", "power", "water")
    ]


def test_a_standing_team_may_say_what_each_is_asked_for():
    issue = convening(cmd.ConveneTeam(template="crossing")).issue

    assert standings(issue) == {"dig": "asked", "pipe": "waiting"}
    assert issue.clock("share.1.dig").due_at == b.TUE_17


def test_named_parts_take_the_place_of_those_of_the_standing_team_or_join_them():
    named = DIG.model_copy(update={"unit": "roads"})

    issue = convening(cmd.ConveneTeam(template="crossing", parts=(PERMIT, named))).issue

    assert [(p.id, p.unit) for p in issue.team.parts] == [
        ("dig", "roads"),
        ("pipe", "water"),
        ("permit", "customs"),
    ]


def test_a_standing_team_may_be_led_by_another_unit():
    assert convening(cmd.ConveneTeam(template="works", lead="water")).issue.team.lead == "water"


def test_an_unknown_standing_team_is_refused_with_those_that_there_are():
    found = refusal(
        InvalidRequestError,
        given(*bt.AT_TIER_2, terms=TEAM),
        cmd.ConveneTeam(template="choir"),
        HEAD,
    )

    assert (found.field, found.allowed) == ("template", "crossing, works")


def test_a_zone_without_standing_teams_says_so():
    found = refusal(
        InvalidRequestError,
        given(*bt.AT_TIER_2),
        cmd.ConveneTeam(template="choir"),
        HEAD,
        terms=b.TERMS,
    )

    assert found.allowed == "none: name lead and parts"


def test_unless_said_a_team_is_done_as_the_handbook_says():
    terms = bt.rule_terms(closes="all")

    assert convening(bt.CONVENE, terms).issue.team.closes is CloseRule.ALL
    assert convening(BY_LEAD, terms).issue.team.closes is CloseRule.LEAD_DECIDES


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"depends_on": ("bridge",)}, "parts.depends_on", "bridge"),
        ({"depends_on": ("pipe",)}, "parts.depends_on", "pipe"),
        ({"proxy": "coordination"}, "parts.proxy", "coordination"),
        ({"unit": "customs", "proxy": "lighthouse"}, "parts.proxy", "lighthouse"),
    ],
)
def test_a_part_that_no_team_can_have_is_refused(changes, field, value):
    command = bt.convene(DIG, PIPE.model_copy(update=changes))

    found = refusal(InvalidRequestError, given(*bt.AT_TIER_2, terms=TEAM), command, HEAD)

    assert (found.field, found.value) == (field, value)


def test_parts_that_wait_for_one_another_in_a_circle_are_refused():
    circle = bt.convene(DIG.model_copy(update={"depends_on": ("pipe",)}), PIPE, PERMIT)

    found = refusal(InvalidRequestError, given(*bt.AT_TIER_2, terms=TEAM), circle, HEAD)

    assert (found.field, found.value) == ("parts.depends_on", "dig, pipe")


def test_a_quorum_of_more_parts_than_there_are_is_refused():
    command = bt.convene(DIG, PERMIT, closes="quorum", quorum=3)

    found = refusal(InvalidRequestError, given(*bt.AT_TIER_2, terms=TEAM), command, HEAD)

    assert (found.field, found.allowed) == ("quorum", "1 to 2")


def test_where_the_handbook_wants_a_quorum_the_request_says_of_how_many():
    terms = bt.rule_terms(closes="quorum")

    found = refusal(
        InvalidRequestError, given(*bt.AT_TIER_2, terms=terms), bt.CONVENE, HEAD, terms=terms
    )

    assert found.field == "quorum"


def test_a_quorum_that_is_reached_lets_the_lead_propose_before_the_last_part_is_done():
    command = bt.convene(DIG, PERMIT, closes="quorum", quorum=1)
    issue = given(
        *bt.AT_TIER_2,
        Step(HEAD, command),
        Step(POWER_SECTION, bt.finish("dig"), MON_10),
        terms=TEAM,
    )

    assert kinds(when(issue, b.PROPOSE, SECTION, MON_11, terms=TEAM)) == ["resolution_proposed"]


def test_where_all_parts_count_one_that_is_not_required_holds_the_proposal_up():
    done = (
        Step(HEAD, bt.convene(DIG, PERMIT, closes="all")),
        Step(POWER_SECTION, bt.finish("dig")),
    )
    issue = given(*bt.AT_TIER_2, *done, terms=TEAM)

    assert [part.id for part in issue.team.open_parts] == ["permit"]
    refusal(WrongPhaseError, issue, b.PROPOSE, SECTION)


def test_there_is_an_end_to_teams():
    last = team().team.model_copy(update={"number": TEAMS_MAX, "parts": ()})
    issue = team().model_copy(update={"team": last})

    assert refusal(WrongPhaseError, issue, bt.CONVENE, HEAD).value == str(TEAMS_MAX)


def test_a_standing_team_with_named_parts_has_its_bound():
    many = tuple(DIG.model_copy(update={"id": f"p{n}"}) for n in range(PARTS_MAX))
    command = cmd.ConveneTeam(template="works", parts=many)

    found = refusal(InvalidRequestError, given(*bt.AT_TIER_2, terms=TEAM), command, HEAD)

    assert (found.field, found.value) == ("parts", str(PARTS_MAX + 3))


@pytest.mark.parametrize(
    "command",
    [
        bt.convene(DIG, PIPE),
        bt.convene(DIG.model_copy(update={"budget": b.WorkingDays(days=1)})),
        bt.convene(DIG, closes="lead_decides"),
        bt.convene(DIG, closes="quorum", quorum=1),
    ],
)
def test_a_handbook_without_rules_for_teams_knows_nothing_of_this(command):
    plain = (*bt.AT_TIER_2,)
    handbook = b.terms_of(units=bt.TEAM_DATA["units"], posts=bt.TEAM_DATA["posts"], clocks=b.CLOCKS)

    found = refusal(WrongPhaseError, given(*plain, terms=handbook), command, HEAD, terms=handbook)

    assert found.message == "The handbook of this zone has no rules for joint teams."


@pytest.mark.parametrize(
    ("command", "actor"),
    [
        (bt.add(DIG), HEAD),
        (bt.replace("cable", "roads"), HEAD),
        (bt.leave("cable"), POWER_SECTION),
        (bt.CONCLUDE, SECTION),
    ],
)
def test_without_such_rules_a_team_stays_as_it_was_convened(command, actor):
    found = refusal(WrongPhaseError, given(*b.WITH_A_TEAM), command, actor, terms=b.TERMS)

    assert found.message == "The handbook of this zone has no rules for joint teams."


def test_in_a_plain_handbook_the_events_are_what_they_were():
    event = when(given(*bt.AT_TIER_2), b.CONVENE, HEAD, MON_9).events[-1]

    assert set(event.model_dump(mode="json")) == {
        "at",
        "by",
        "clocks",
        "kind",
        "number",
        "lead",
        "parts",
        "reason",
    }


# --- what depends on what ---


@pytest.mark.parametrize("command", [bt.accept("pipe"), bt.finish("pipe")])
def test_a_part_that_waits_for_another_can_be_neither_accepted_nor_finished(command):
    found = refusal(WrongPhaseError, team(), command, WATER_SECTION)

    assert (found.value, found.allowed) == ("waiting", "once dig is settled")


@pytest.mark.parametrize(
    ("actor", "command"),
    [
        (POWER_SECTION, bt.finish("dig")),
        (HEAD, bt.waive("dig")),
    ],
)
def test_once_all_it_depends_on_is_settled_a_part_begins(actor, command):
    decision = when(team(), command, actor, MON_10, terms=TEAM)

    assert kinds(decision)[-1] == "part_ready"
    assert decision.events[-1].by == ENGINE
    assert standings(decision.issue)["pipe"] == "asked"
    assert decision.issue.clock("share.1.pipe").standing is Standing.RUNNING


def test_what_depends_on_two_parts_waits_for_the_second():
    both = PIPE.model_copy(update={"depends_on": ("dig", "permit")})
    issue = given(*bt.AT_TIER_2, Step(HEAD, bt.convene(DIG, PERMIT, both)), terms=TEAM)

    first = when(issue, bt.finish("dig"), POWER_SECTION, MON_10, terms=TEAM)
    second = when(first.issue, bt.finish("permit"), COORDINATOR, MON_10, terms=TEAM)

    assert (kinds(first), kinds(second)) == (["part_finished"], ["part_finished", "part_ready"])


def test_a_part_that_left_is_not_waited_for_any_more():
    after = PIPE.model_copy(update={"depends_on": ("permit",)})
    issue = given(*bt.AT_TIER_2, Step(HEAD, bt.convene(DIG, PERMIT, after)), terms=TEAM)

    decision = when(issue, bt.leave("permit"), COORDINATOR, MON_10, terms=TEAM)

    assert kinds(decision) == ["part_left", "part_ready"]
    assert standings(decision.issue)["permit"] == "left"


# --- outside bodies ---


def test_only_the_proxy_acts_for_an_outside_body_that_has_one():
    assert kinds(when(team(), bt.finish("permit"), COORDINATOR, MON_10, terms=TEAM)) == [
        "part_finished"
    ]
    refusal(NotPermittedError, team(), bt.finish("permit"), HEAD)
