"""Parking: by approval, with a review date, a cap, and nobody's silence keeps it there (R11)."""

from datetime import timedelta

import pytest
from builders import (
    AT_THE_TOP,
    CONTACT,
    CONVENE,
    COORDINATOR,
    CORRECT,
    DEMAND_REPLY,
    DEPUTY_HEAD,
    DIRECTOR,
    ENTERPRISE,
    ESCALATE,
    ESCALATED,
    GIVE_REPLY,
    GRANT,
    HAND_OVER,
    HEAD,
    HOUR_MS,
    IN_HANDLING,
    IN_INTAKE,
    MAKE_PLAN,
    MON_9,
    MON_10,
    MON_11,
    MON_13,
    NEXT_MON_9,
    NOTE,
    OFFICER,
    OTHER_HEAD,
    PAUSE,
    PROPOSE,
    RAISE,
    REFUSE,
    RESUME,
    SUPERVISOR,
    VERIFY,
    VICE_DIRECTOR,
    WITHDRAW,
    Step,
    given,
    kinds,
    local,
    ring,
    told,
    when,
)
from builders_ladder import (
    ASK_PARKING,
    DECLARE,
    END_EMERGENCY,
    FLOODED,
    HEADS_DEPUTY,
    IN_DISPUTE,
    LADDER,
    LADDER_DATA,
    OPEN_CHANNEL,
    PARKED,
    PROLONG,
    UNPARK,
    ladder_terms,
)

from domain import commands as cmd
from domain import commands_of_ladder as ld
from domain import commands_of_time as tm
from domain.clocks import Standing, Verdict
from domain.durations import WorkingDays
from domain.errors import NotPermittedError, WrongPhaseError
from domain.people import ENGINE
from domain.phases import Phase

ASKED = (*IN_HANDLING, Step(OFFICER, ASK_PARKING, MON_9))
SHELVED = given(*PARKED, terms=LADDER)
REVIEW_AT = SHELVED.clock("shelf").due_at
INSTRUCT = ld.Instruct(text="Look for another way.", expires_at=NEXT_MON_9)
MORE = tm.AskExtension(clock="handling", extra=WorkingDays(days=1, due="same_time"), reason="-")


def test_it_is_parked_by_whoever_may_approve_it_and_not_by_asking():
    asked = given(*ASKED, terms=LADDER)
    assert (asked.phase, asked.request.asked) == (Phase.HANDLING, "parking")
    assert asked.clock("handling").standing is Standing.RUNNING

    decision = when(asked, GRANT, HEAD, MON_10, terms=LADDER)

    event = decision.events[0]
    assert (event.kind, event.by, event.number) == ("issue_parked", HEAD, 1)
    assert (event.reason, event.note) == (ASK_PARKING.reason, GRANT.note)
    issue = decision.issue
    assert (issue.phase, issue.request) == (Phase.PARKED, None)
    assert (issue.parking.approved_by, issue.parking.asked_by) == (HEAD.person, OFFICER.person)


@pytest.mark.parametrize("actor", [OFFICER, OTHER_HEAD, COORDINATOR, ENTERPRISE])
def test_nobody_else_approves_it(actor):
    with pytest.raises(NotPermittedError):
        when(given(*ASKED, terms=LADDER), GRANT, actor, MON_10, terms=LADDER)


def test_a_parking_that_is_refused_leaves_everything_as_it_is():
    asked = given(*ASKED, terms=LADDER)

    decision = when(asked, REFUSE, HEAD, MON_10, terms=LADDER)

    assert kinds(decision) == ["request_refused"]
    assert (decision.issue.phase, decision.issue.request) == (Phase.HANDLING, None)
    assert decision.issue.clocks == asked.clocks


def test_the_clocks_of_work_stand_and_the_review_runs():
    standing = {c.id: c.standing for c in SHELVED.clocks if c.is_live}

    assert standing == {
        "handling": Standing.PAUSED,
        "resolution": Standing.PAUSED,
        "shelf": Standing.RUNNING,
    }
    assert SHELVED.deadline.id == "shelf"
    back = when(SHELVED, UNPARK, OFFICER, MON_13, terms=LADDER).issue
    assert back.clock("handling").elapsed_ms == HOUR_MS
    assert back.clock("handling").due_at == local(1, 17) + timedelta(hours=16 + 3)


def test_at_the_end_of_its_review_it_goes_back_to_work():
    decision = when(SHELVED, ring("shelf"), ENGINE, REVIEW_AT, terms=LADDER)

    assert kinds(decision) == ["rung_fired", "issue_unparked"]
    event = decision.events[1]
    assert (event.by, event.clock, event.reason) == (ENGINE, "shelf", None)
    assert (decision.issue.phase, decision.issue.parking) == (Phase.HANDLING, None)
    assert decision.issue.clock("handling").standing is Standing.RUNNING
    assert decision.issue.clock("shelf").verdict is Verdict.BREACHED_THEN_MET


def test_a_ring_after_it_was_taken_up_does_nothing():
    back = when(SHELVED, UNPARK, COORDINATOR, MON_13, terms=LADDER).issue

    decision = when(back, ring("shelf"), ENGINE, MON_13, terms=LADDER)

    assert decision.events == ()


def test_prolonging_gives_it_another_review():
    at = REVIEW_AT - timedelta(hours=1)

    decision = when(SHELVED, PROLONG, HEAD, at, terms=LADDER)

    assert (decision.events[0].kind, decision.events[0].number) == ("parking_prolonged", 2)
    assert decision.issue.phase is Phase.PARKED
    shelf = decision.issue.clock("shelf")
    assert (shelf.cycle, shelf.verdict) == (2, None)
    assert shelf.due_at > REVIEW_AT + timedelta(days=20)


def test_it_is_parked_and_prolonged_as_often_as_the_handbook_allows_and_no_more():
    terms = ladder_terms(parking=LADDER_DATA["parking"] | {"times_max": 2})
    often = given(*PARKED, Step(HEAD, PROLONG, MON_11), terms=terms)

    with pytest.raises(WrongPhaseError) as refused:
        when(often, PROLONG, HEAD, MON_13, terms=terms)
    assert refused.value.allowed == "at most 2 times, prolongings included"
    back = when(often, UNPARK, OFFICER, MON_13, terms=terms).issue
    with pytest.raises(WrongPhaseError):
        when(back, ASK_PARKING, OFFICER, MON_13, terms=terms)


@pytest.mark.parametrize("actor", [OFFICER, OTHER_HEAD, COORDINATOR, ENTERPRISE])
def test_below_the_named_tier_nobody_prolongs_it(actor):
    with pytest.raises(NotPermittedError):
        when(SHELVED, PROLONG, actor, MON_13, terms=LADDER)


def test_whoever_asked_prolongs_it_neither_in_person_nor_by_a_deputy():
    """At the second tier the head's deputy asks: of that tier nobody prolongs what the next one
    granted. On an issue of the first tier head and deputy both would be bound by having asked."""
    shelved = given(
        *IN_HANDLING,
        ESCALATED,
        Step(HEADS_DEPUTY, ASK_PARKING, MON_9),
        Step(DIRECTOR, GRANT, MON_10),
        terms=LADDER,
    )
    assert shelved.parking.asked_for == HEAD.person

    for actor in (HEAD, HEADS_DEPUTY, DEPUTY_HEAD):
        with pytest.raises(NotPermittedError, match="may not prolong_parking"):
            when(shelved, PROLONG, actor, MON_11, terms=LADDER)
    assert when(shelved, PROLONG, DIRECTOR, MON_11, terms=LADDER).issue.parked == 2


def test_at_the_top_another_person_prolongs_than_who_asked():
    shelved = given(
        *IN_HANDLING,
        AT_THE_TOP,
        Step(DIRECTOR, ASK_PARKING, MON_9),
        Step(VICE_DIRECTOR, GRANT, MON_10),
        terms=LADDER,
    )

    with pytest.raises(NotPermittedError) as refused:
        when(shelved, PROLONG, DIRECTOR, MON_11, terms=LADDER)
    assert refused.value.message == "Nobody prolongs a parking that they asked for."
    assert when(shelved, PROLONG, VICE_DIRECTOR, MON_11, terms=LADDER).issue.parked == 2


@pytest.mark.parametrize("actor", [OFFICER, HEAD, COORDINATOR])
def test_the_owner_and_whoever_stands_above_take_it_up_again(actor):
    assert when(SHELVED, UNPARK, actor, MON_13, terms=LADDER).issue.phase is Phase.HANDLING


@pytest.mark.parametrize("command", [PROLONG, UNPARK])
def test_what_is_not_parked_is_not_taken_from_there(command):
    with pytest.raises(WrongPhaseError):
        when(given(*IN_HANDLING, terms=LADDER), command, HEAD, terms=LADDER)


@pytest.mark.parametrize(
    ("story", "actor", "field"),
    [
        (IN_INTAKE, OFFICER, "phase"),
        ((*IN_HANDLING, Step(OFFICER, PAUSE, MON_9)), OFFICER, "pause"),
        ((*IN_HANDLING, Step(OFFICER, MORE, MON_9)), OFFICER, "request"),
        ((*IN_HANDLING, ESCALATED, Step(HEAD, CONVENE, MON_9)), HEAD, "parts"),
        (IN_DISPUTE, OFFICER, "dispatch"),
        (FLOODED, OFFICER, "incident"),
        (
            (
                *IN_HANDLING,
                Step(DIRECTOR, INSTRUCT.model_copy(update={"no_wait": True}), MON_9),
            ),
            OFFICER,
            "pause",
        ),
    ],
    ids=["intake", "paused", "asked", "team", "dispute", "emergency", "no waiting"],
)
def test_what_bars_a_parking_is_named(story, actor, field):
    with pytest.raises(WrongPhaseError) as refused:
        when(given(*story, terms=LADDER), ASK_PARKING, actor, MON_10, terms=LADDER)

    assert refused.value.field == field


def test_after_an_emergency_an_issue_is_parked_like_any_other():
    ended = given(*FLOODED, Step(HEAD, END_EMERGENCY, MON_10), terms=LADDER)

    assert when(ended, ASK_PARKING, OFFICER, MON_10, terms=LADDER).issue.request is not None


def test_a_clock_that_unparks_does_nothing_to_what_is_not_parked():
    rung = {"id": "due", "percent": 100, "effect": "unpark"}
    clocks = [
        rule | {"rungs": [rung]} if rule["id"] == "handling" else rule
        for rule in LADDER_DATA["clocks"]
    ]
    terms = ladder_terms(clocks=clocks)

    decision = when(given(*IN_HANDLING, terms=terms), ring(), ENGINE, local(3), terms=terms)

    assert [kind for kind in kinds(decision) if kind != "rung_fired"] == []


def test_what_has_come_between_asking_and_granting_bars_it_as_well():
    paused = given(*ASKED, Step(OFFICER, PAUSE, MON_9), terms=LADDER)

    with pytest.raises(WrongPhaseError) as refused:
        when(paused, GRANT, HEAD, MON_10, terms=LADDER)

    assert (refused.value.field, refused.value.allowed) == ("pause", "resume")


def test_a_zone_without_the_rule_knows_no_parking():
    terms = ladder_terms(parking=None)

    with pytest.raises(WrongPhaseError) as refused:
        when(given(*IN_HANDLING, terms=terms), ASK_PARKING, OFFICER, terms=terms)

    assert refused.value.field == "parking"


@pytest.mark.parametrize(
    ("command", "actor", "phase"),
    [
        (NOTE, ENTERPRISE, Phase.PARKED),
        (CONTACT, OFFICER, Phase.PARKED),
        (INSTRUCT, DIRECTOR, Phase.PARKED),
        (ld.Urge(text="Is there no other way?"), SUPERVISOR, Phase.PARKED),
        (DEMAND_REPLY, SUPERVISOR, Phase.PARKED),
        (CORRECT, COORDINATOR, Phase.PARKED),
        (PROLONG, HEAD, Phase.PARKED),
        (UNPARK, OFFICER, Phase.HANDLING),
        (DECLARE, HEAD, Phase.HANDLING),
        (WITHDRAW, ENTERPRISE, Phase.SIGN_OFF),
    ],
    ids=lambda each: getattr(each, "kind", None),
)
def test_what_may_be_done_to_a_parked_issue(command, actor, phase):
    after = when(SHELVED, command, actor, MON_13, terms=LADDER).issue

    assert after.phase is phase
    assert (after.parking is None) == (phase is not Phase.PARKED)


def test_a_reply_is_given_from_there():
    wanted = when(SHELVED, DEMAND_REPLY, SUPERVISOR, MON_11, terms=LADDER).issue

    assert not when(wanted, GIVE_REPLY, OFFICER, MON_13, terms=LADDER).issue.reply_wanted


@pytest.mark.parametrize(
    ("command", "actor"),
    [
        (MAKE_PLAN, OFFICER),
        (PROPOSE, OFFICER),
        (PAUSE, OFFICER),
        (RESUME, OFFICER),
        (HAND_OVER, OFFICER),
        (cmd.Assign(handler="roads-desk"), OFFICER),
        (ESCALATE, OFFICER),
        (ld.TakeOver(reason="Mine."), HEAD),
        (ASK_PARKING, OFFICER),
        (MORE, OFFICER),
        (OPEN_CHANNEL, HEAD),
        (RAISE, HEAD),
        (ld.Acknowledge(), OFFICER),
        (cmd.Accept(), OFFICER),
    ],
    ids=lambda each: getattr(each, "kind", None),
)
def test_nobody_works_on_a_parked_issue(command, actor):
    with pytest.raises(WrongPhaseError):
        when(SHELVED, command, actor, MON_13, terms=LADDER)


def test_a_parked_issue_is_not_verified():
    with pytest.raises(NotPermittedError):
        when(SHELVED, VERIFY, VICE_DIRECTOR, MON_13, terms=LADDER)


def test_an_escalation_by_time_leaves_it_parked_under_the_next_tier():
    """A zone whose handling clock does not stand while an issue is parked."""
    clocks = [
        rule | {"pause": [{"paused": True}]} if rule["id"] == "handling" else rule
        for rule in LADDER_DATA["clocks"]
    ]
    story = told(*PARKED, Step(OFFICER, NOTE, local(2)), terms=ladder_terms(clocks=clocks))

    assert "issue_escalated" in [event.kind for event in story.events]
    assert (story.issue.phase, story.issue.tier) == (Phase.PARKED, 2)
    assert story.issue.parking is not None
