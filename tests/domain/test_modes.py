"""Green channel and emergency: by authority, with a reason, with other limits (M35, M37)."""

from datetime import timedelta

import pytest
from builders import (
    ACCEPT,
    AT_THE_TOP,
    COORDINATOR,
    DEPUTY_HEAD,
    DIRECTOR,
    ENTERPRISE,
    ESCALATED,
    HEAD,
    HOTLINE,
    IN_HANDLING,
    IN_SIGN_OFF,
    MON_9,
    MON_10,
    MON_11,
    NOTE,
    OFFICER,
    OTHER_HEAD,
    PAUSE,
    RAISE,
    SECTION,
    Step,
    context,
    given,
    kinds,
    local,
    records_of,
    report,
    submission,
    told,
    when,
)
from builders_ladder import (
    DECLARE,
    END_EMERGENCY,
    FLOODED,
    HEADS_DEPUTY,
    LADDER,
    OPEN_CHANNEL,
    PARKED,
    RECOVER,
    ladder_terms,
)

from domain import commands_of_modes as md
from domain import commands_of_time as tm
from domain.clocks import Basis, Standing
from domain.decisions import decide
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.lateness import emergencies, recorded_late_ms
from domain.phases import Phase, Priority

SUNDAY_2 = local(6, 2)
DONGGANG = {"priority": Priority.EMERGENCY, "incident": "donggang"}
HANDLED = given(*IN_HANDLING, terms=LADDER)
TO_EXPEDITED = tm.Reclassify(priority=Priority.EXPEDITED, reason="In a hurry.")
TO_ORDINARY = tm.Reclassify(priority=Priority.ORDINARY, reason="No hurry.")


def test_the_green_channel_gives_other_limits_by_authority_and_for_a_reason():
    decision = when(HANDLED, OPEN_CHANNEL, HEAD, MON_10, terms=LADDER)

    event = decision.events[0]
    assert (event.kind, event.by, event.reason) == (
        "green_channel_opened",
        HEAD,
        OPEN_CHANNEL.reason,
    )
    assert (event.from_priority, event.to_priority) == (Priority.ORDINARY, Priority.EXPEDITED)
    assert decision.issue.clock("handling").due_at == MON_10 + timedelta(hours=4)
    assert decision.issue.clock("resolution").due_at == HANDLED.clock("resolution").due_at
    assert decision.issue.green_channels == 1


@pytest.mark.parametrize("actor", [OFFICER, SECTION, COORDINATOR, ENTERPRISE, OTHER_HEAD])
def test_nobody_below_the_named_tier_of_the_enterprises_own_chain_opens_it(actor):
    with pytest.raises(NotPermittedError):
        when(HANDLED, OPEN_CHANNEL, actor, terms=LADDER)


def test_nobody_opens_it_for_an_issue_of_their_own():
    raised = given(*IN_HANDLING, ESCALATED, terms=LADDER)

    for actor in (HEAD, DEPUTY_HEAD, HEADS_DEPUTY):
        with pytest.raises(NotPermittedError) as refused:
            when(raised, OPEN_CHANNEL, actor, terms=LADDER)
        assert refused.value.message == "Nobody gives new limits to an issue of their own."
    assert when(raised, OPEN_CHANNEL, DIRECTOR, terms=LADDER).issue.green_channels == 1


def test_it_is_not_opened_for_what_moves_as_fast_already():
    opened = when(HANDLED, OPEN_CHANNEL, HEAD, terms=LADDER).issue

    with pytest.raises(WrongPhaseError) as refused:
        when(opened, OPEN_CHANNEL, HEAD, MON_11, terms=LADDER)

    assert (refused.value.field, refused.value.value) == ("priority", "expedited")


def test_it_is_opened_as_often_as_the_handbook_allows_and_no_more():
    opened = given(
        *IN_HANDLING,
        Step(HEAD, OPEN_CHANNEL, MON_9),
        Step(HEAD, TO_ORDINARY, MON_10),
        terms=LADDER,
    )

    with pytest.raises(WrongPhaseError) as refused:
        when(opened, OPEN_CHANNEL, HEAD, MON_11, terms=LADDER)

    assert (refused.value.value, refused.value.allowed) == ("1", "at most 1 times")


@pytest.mark.parametrize("actor", [ENTERPRISE, OFFICER, HOTLINE, OTHER_HEAD, COORDINATOR])
def test_a_report_takes_the_green_channel_only_by_whoever_may_open_it(actor):
    with pytest.raises(NotPermittedError) as refused:
        when(None, report(priority=Priority.EXPEDITED), actor, MON_9, terms=LADDER)

    assert refused.value.field == "priority"
    assert refused.value.allowed == "open_green_channel, from tier 2 up"


def test_a_leader_reports_as_expedited():
    decision = when(None, report(priority=Priority.EXPEDITED), HEAD, MON_9, terms=LADDER)

    assert decision.issue.priority is Priority.EXPEDITED


@pytest.mark.parametrize(
    ("command", "way"),
    [
        (TO_EXPEDITED, "open_green_channel, from tier 2 up"),
        (RAISE, "declare_emergency, from tier 2 up"),
    ],
    ids=["expedited", "emergency"],
)
def test_a_reclassification_is_no_way_around_authority(command, way):
    with pytest.raises(NotPermittedError) as refused:
        when(HANDLED, command, HEAD, terms=LADDER)

    assert refused.value.allowed == way


def test_an_issue_in_the_green_channel_changes_its_category():
    opened = when(HANDLED, OPEN_CHANNEL, HEAD, terms=LADDER).issue
    other = tm.Reclassify(category="power-supply", reason="A cable.")

    assert when(opened, other, HEAD, MON_11, terms=LADDER).issue.category == "power-supply"


def test_after_an_emergency_the_priority_is_reclassified_again():
    terms = ladder_terms(green_channel=None)
    ended = given(*FLOODED, Step(HEAD, END_EMERGENCY, MON_10), terms=terms)

    issue = when(ended, TO_EXPEDITED, HEAD, MON_11, terms=terms).issue

    assert issue.priority is Priority.EXPEDITED


def test_where_the_handbook_has_neither_rule_a_reclassification_is_the_way():
    terms = ladder_terms(green_channel=None, emergency=None)
    issue = given(*IN_HANDLING, terms=terms)

    expedited = when(issue, TO_EXPEDITED, HEAD, MON_10, terms=terms).issue

    assert expedited.priority is Priority.EXPEDITED
    assert when(expedited, RAISE, HEAD, MON_11, terms=terms).issue.incident is None
    for command, actor in ((OPEN_CHANNEL, HEAD), (DECLARE, HEAD)):
        with pytest.raises(NotPermittedError):
            when(issue, command, actor, terms=terms)
    with pytest.raises(WrongPhaseError):
        when(issue, DECLARE, COORDINATOR, terms=terms)


def test_an_emergency_names_everybody_of_the_ladder_at_the_same_instant():
    decision = when(HANDLED, DECLARE, HEAD, MON_10, terms=LADDER)

    event = decision.events[0]
    assert [(level.tier, level.post) for level in event.levels] == [
        (1, "grid-east-1"),
        (2, "head-east"),
        (3, "director"),
    ]
    assert event.levels[1].people == ("head-east.a", "head-east.b")
    assert (event.incident, event.stage, event.at) == ("flood-1", "rescue", MON_10)
    assert decision.issue.priority is Priority.EMERGENCY


def test_an_emergency_counts_day_and_night_from_its_declaration():
    handling = when(HANDLED, DECLARE, HEAD, MON_10, terms=LADDER).issue.clock("handling")

    assert handling.basis is Basis.WALL
    assert handling.due_at == MON_10 + timedelta(hours=2)


def test_without_a_name_the_incident_is_called_by_the_issue():
    command = md.DeclareEmergency(reason="Water.")

    assert when(HANDLED, command, COORDINATOR, terms=LADDER).issue.incident.id == HANDLED.key


@pytest.mark.parametrize("actor", [OFFICER, SECTION, ENTERPRISE, HOTLINE, OTHER_HEAD])
def test_not_everybody_declares_an_emergency(actor):
    with pytest.raises(NotPermittedError):
        when(HANDLED, DECLARE, actor, terms=LADDER)


def test_an_emergency_waits_for_nothing():
    paused = given(*IN_HANDLING, Step(OFFICER, PAUSE, MON_9), terms=LADDER)

    decision = when(paused, DECLARE, HEAD, MON_10, terms=LADDER)

    assert kinds(decision) == ["issue_resumed", "emergency_declared"]
    assert decision.issue.clock("handling").standing is Standing.RUNNING


def test_an_emergency_takes_a_parked_issue_back_to_work():
    decision = when(given(*PARKED, terms=LADDER), DECLARE, HEAD, MON_11, terms=LADDER)

    assert kinds(decision) == ["issue_unparked", "emergency_declared"]
    assert (decision.issue.phase, decision.issue.parking) == (Phase.HANDLING, None)


@pytest.mark.parametrize("actor", [ENTERPRISE, OFFICER, HOTLINE])
def test_whoever_reports_an_emergency_declares_it(actor):
    decision = when(None, report(priority=Priority.EMERGENCY), actor, SUNDAY_2, terms=LADDER)

    assert kinds(decision) == ["issue_reported", "emergency_declared"]
    event = decision.events[1]
    assert (event.by, event.reason, event.at) == (actor, None, SUNDAY_2)
    assert {level.tier for level in event.levels} == {1, 2, 3}
    assert decision.issue.incident.id == decision.issue.key


def test_a_zone_without_emergencies_takes_the_report_and_declares_nothing():
    terms = ladder_terms(emergency=None)

    decision = when(None, report(priority=Priority.EMERGENCY), ENTERPRISE, MON_9, terms=terms)

    assert kinds(decision) == ["issue_reported"]


@pytest.mark.parametrize(
    ("priority", "changes", "allowed"),
    [
        (Priority.ORDINARY, {}, "priority emergency"),
        (Priority.EMERGENCY, {"emergency": None}, "none: the handbook of this zone knows no "),
    ],
)
def test_an_incident_that_could_not_be_recorded_is_refused(priority, changes, allowed):
    terms = ladder_terms(**changes)

    with pytest.raises(InvalidRequestError) as refused:
        when(None, report(priority=priority, incident="f-1"), ENTERPRISE, MON_9, terms=terms)

    assert refused.value.field == "incident"
    assert refused.value.allowed.startswith(allowed)


def test_an_emergency_is_declared_once():
    flooded = given(*FLOODED, terms=LADDER)

    with pytest.raises(WrongPhaseError) as refused:
        when(flooded, DECLARE, HEAD, terms=LADDER)

    assert (refused.value.field, refused.value.value) == ("incident", "flood-1")


def test_it_goes_from_stage_to_stage_and_never_back():
    flooded = given(*FLOODED, terms=LADDER)
    recovering = when(flooded, RECOVER, OFFICER, MON_10, terms=LADDER).issue

    assert recovering.incident.stage == "recovery"
    with pytest.raises(InvalidRequestError) as refused:
        when(flooded, md.EnterStage(stage="drill", reason="-"), OFFICER, MON_10, terms=LADDER)
    assert refused.value.allowed == "recovery"
    for stage in ("rescue", "recovery", "drill"):
        command = md.EnterStage(stage=stage, reason="Again.")
        with pytest.raises(InvalidRequestError) as refused:
            when(recovering, command, OFFICER, MON_10, terms=LADDER)
        assert refused.value.allowed == "none: recovery is the last"


def test_there_is_no_stage_without_an_emergency():
    for command, actor in ((RECOVER, OFFICER), (END_EMERGENCY, HEAD)):
        with pytest.raises(WrongPhaseError) as refused:
            when(HANDLED, command, actor, terms=LADDER)
        assert refused.value.allowed == "declare_emergency"


def test_an_emergency_ends_by_authority_and_the_rest_counts_as_before():
    flooded = given(*FLOODED, terms=LADDER)

    with pytest.raises(NotPermittedError):
        when(flooded, END_EMERGENCY, OFFICER, MON_10, terms=LADDER)
    decision = when(flooded, END_EMERGENCY, HEAD, MON_10, terms=LADDER)

    assert decision.issue.priority is Priority.ORDINARY
    assert decision.issue.incident.ended_at == MON_10
    assert decision.issue.clock("handling").basis is Basis.OPEN
    with pytest.raises(WrongPhaseError):
        when(decision.issue, RECOVER, OFFICER, MON_11, terms=LADDER)
    again = when(decision.issue, DECLARE, HEAD, MON_11, terms=LADDER).issue
    assert again.incident.ended_at is None


def test_an_emergency_does_not_end_in_an_emergency():
    command = md.EndEmergency(priority=Priority.EMERGENCY, reason="-")

    with pytest.raises(InvalidRequestError) as refused:
        when(given(*FLOODED, terms=LADDER), command, HEAD, terms=LADDER)

    assert refused.value.field == "priority"


def test_an_emergency_is_not_reclassified_away():
    with pytest.raises(WrongPhaseError) as refused:
        when(given(*FLOODED, terms=LADDER), TO_ORDINARY, HEAD, MON_10, terms=LADDER)

    assert refused.value.allowed == "end_emergency"


@pytest.mark.parametrize("command", [OPEN_CHANNEL, DECLARE])
def test_what_waits_for_its_sign_off_changes_no_mode(command):
    with pytest.raises(WrongPhaseError):
        when(given(*IN_SIGN_OFF, terms=LADDER), command, DIRECTOR, MON_10, terms=LADDER)


def test_whoever_owns_it_at_the_top_may_end_an_emergency():
    """Nobody stands above the top tier: without this an emergency there would never end."""
    flooded = given(*FLOODED, AT_THE_TOP, terms=LADDER)

    assert when(flooded, END_EMERGENCY, DIRECTOR, MON_10, terms=LADDER).issue.incident.ended_at


def test_at_two_on_a_sunday_night_the_limit_is_the_same_two_hours():
    """The Donggang flood (A05): rescue and recovery, several enterprises, one incident."""
    lives = [
        told(Step(HOTLINE, report(enterprise=each, **DONGGANG), SUNDAY_2), terms=LADDER)
        for each in ("mill", "foundry", "bakery")
    ]

    for life in lives:
        declared = life.events[1]
        assert declared.at == SUNDAY_2
        assert {level.tier for level in declared.levels} == {1, 2, 3}
        assert life.issue.clock("acceptance").due_at == SUNDAY_2 + timedelta(hours=1)
    assert {life.issue.incident.id for life in lives} == {"donggang"}
    assert {life.issue.enterprise for life in lives} == {"mill", "foundry", "bakery"}
    assert lives[2].events[1].levels[0].post == "grid-west-1"

    accepted = when(lives[0].issue, ACCEPT, OFFICER, SUNDAY_2 + timedelta(minutes=5), terms=LADDER)
    handling = accepted.issue.clock("handling")
    assert handling.due_at == SUNDAY_2 + timedelta(hours=2, minutes=5)
    late = when(accepted.issue, NOTE, OFFICER, SUNDAY_2 + timedelta(hours=3), terms=LADDER)
    assert "issue_escalated" in kinds(late)
    recovering = when(
        late.issue, RECOVER, COORDINATOR, SUNDAY_2 + timedelta(days=2), terms=LADDER
    ).issue
    assert recovering.incident.stage == "recovery"


def test_what_happened_in_an_emergency_is_recorded_late_without_a_flag():
    """The handbook flags after an hour, and lets an emergency have three days."""
    terms = ladder_terms(late_record_minutes=60)
    late_ms = []
    for priority in (Priority.EMERGENCY, Priority.ORDINARY):
        occurred_at = MON_9 - timedelta(days=2)
        sent = submission(report(priority=priority), ENTERPRISE, occurred_at=occurred_at)
        records = records_of(decide(None, sent, context(MON_9, terms)), sent, terms, after=[])
        late_ms += [
            recorded_late_ms(record, terms.handbook, emergency=emergency)
            for record, emergency in zip(records, emergencies(records), strict=True)
        ]

    assert late_ms == [None, None, 2 * 86_400_000]
