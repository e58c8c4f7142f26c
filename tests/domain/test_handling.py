"""Working on an issue: who handles it, what is noted, and while whom it waits for."""

import pytest
from builders import (
    ASSIGN,
    ENTERPRISE,
    HAND_OVER,
    HOTLINE,
    IN_HANDLING,
    IN_INTAKE,
    IN_SIGN_OFF,
    MON_9,
    MON_10,
    MON_11,
    NOTE,
    OFFICER,
    PAUSE,
    PAUSED_FOR_PAPERS,
    PROPOSE,
    RESUME,
    SECTION,
    TUE_9,
    Step,
    given,
    kinds,
    local,
    terms_of,
    when,
)

from domain import commands as cmd
from domain.clocks import Standing
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.issue import Evidence
from domain.phases import PauseReason, Phase


def test_assigning_changes_the_handler_and_neither_tier_nor_owner():
    decision = when(given(*IN_HANDLING), ASSIGN, OFFICER)

    assert kinds(decision) == ["issue_assigned"]
    assert (decision.issue.handler, decision.issue.owner) == ("roads-desk", "grid-east-1")
    assert decision.issue.tier == 1


def test_assigning_to_a_post_that_does_not_exist_is_refused():
    with pytest.raises(InvalidRequestError) as refused:
        when(given(*IN_HANDLING), cmd.Assign(handler="harbour-master"), OFFICER)

    assert (refused.value.field, refused.value.value) == ("handler", "harbour-master")


def test_handing_over_gives_the_work_to_the_units_first_post():
    decision = when(given(*IN_HANDLING), HAND_OVER, OFFICER)

    assert kinds(decision) == ["issue_handed_over"]
    assert (decision.issue.handler, decision.issue.owner) == ("roads-desk", "grid-east-1")


def test_handing_over_moves_no_clock():
    decision = when(given(*IN_HANDLING), HAND_OVER, OFFICER)

    assert decision.events[0].clocks == ()


@pytest.mark.parametrize("unit", ["customs", "archive", "lighthouse"])
def test_work_is_not_handed_to_a_unit_that_cannot_take_it(unit):
    with pytest.raises(InvalidRequestError) as refused:
        when(given(*IN_HANDLING), cmd.HandOver(unit=unit, reason="Theirs."), OFFICER)

    assert (refused.value.field, refused.value.value) == ("unit", unit)
    assert refused.value.allowed == "power, roads"


def test_the_unit_that_was_handed_the_work_may_do_it():
    issue = given(*IN_HANDLING, Step(OFFICER, HAND_OVER))

    decision = when(issue, PROPOSE, SECTION)

    assert decision.issue.phase is Phase.SIGN_OFF
    assert decision.issue.sign_off.proposed_by == SECTION.person


@pytest.mark.parametrize("story", [IN_INTAKE, IN_HANDLING, IN_SIGN_OFF], ids=["in", "on", "off"])
@pytest.mark.parametrize("actor", [OFFICER, SECTION, ENTERPRISE, HOTLINE], ids=lambda a: a.kind)
def test_a_note_is_kept_in_every_open_phase_and_moves_nothing(story, actor):
    issue = given(*story)

    decision = when(issue, NOTE, actor)

    assert kinds(decision) == ["note_added"]
    assert decision.issue == issue.model_copy(
        update={"version": issue.version + 1, "changed_at": MON_10}
    )


def test_a_note_carries_its_evidence():
    evidence = Evidence(reference="photo-1", sha256="0" * 64)

    decision = when(given(*IN_HANDLING), cmd.Note(text="Seen.", evidence=(evidence,)), OFFICER)

    assert decision.events[0].evidence == (evidence,)


def test_a_pause_stops_the_clocks_that_the_handbook_lets_stand():
    issue = when(given(*IN_HANDLING), PAUSE, OFFICER).issue

    assert issue.pause.since_at == MON_10
    assert {c.id for c in issue.clocks if c.standing is Standing.PAUSED} == {
        "handling",
        "resolution",
    }
    assert issue.next_rung is None
    assert issue.deadline is None


def test_a_second_pause_needs_a_resume_first():
    with pytest.raises(WrongPhaseError) as refused:
        when(given(*IN_HANDLING, PAUSED_FOR_PAPERS), PAUSE, OFFICER, MON_11)

    assert refused.value.field == "pause"


def test_resuming_needs_a_pause_first():
    with pytest.raises(WrongPhaseError) as refused:
        when(given(*IN_HANDLING), RESUME, OFFICER)

    assert refused.value.field == "pause"


def test_the_number_of_pauses_is_bounded():
    terms = terms_of(pauses={"times_max": 1})
    issue = given(*IN_HANDLING, PAUSED_FOR_PAPERS, Step(OFFICER, RESUME, MON_11), terms=terms)

    with pytest.raises(WrongPhaseError) as refused:
        when(issue, PAUSE, OFFICER, TUE_9, terms=terms)

    assert (refused.value.value, refused.value.allowed) == ("1", "at most 1 times")


def test_waiting_for_an_outside_body_names_it():
    command = cmd.Pause(reason=PauseReason.WAITING_OUTSIDE, party="customs", note="At customs.")

    issue = when(given(*IN_HANDLING), command, OFFICER).issue

    assert (issue.pause.reason, issue.pause.party) == (PauseReason.WAITING_OUTSIDE, "customs")


@pytest.mark.parametrize(
    ("reason", "party"),
    [
        (PauseReason.WAITING_OUTSIDE, None),
        (PauseReason.WAITING_OUTSIDE, "roads"),
        (PauseReason.WAITING_ENTERPRISE, "roads"),
        (PauseReason.WAITING_ENTERPRISE, "lighthouse"),
    ],
)
def test_a_pause_for_nobody_outside_is_refused(reason, party):
    with pytest.raises(InvalidRequestError) as refused:
        when(given(*IN_HANDLING), cmd.Pause(reason=reason, party=party, note="-"), OFFICER)

    assert (refused.value.field, refused.value.allowed) == ("party", "customs")


def test_a_zone_without_outside_bodies_says_what_would_be_needed():
    terms = terms_of(
        units=[
            {"id": "roads", "name": {"zh": "-", "en": "Roads"}},
            {"id": "power", "name": {"zh": "-", "en": "Power"}},
        ]
    )
    command = cmd.Pause(reason=PauseReason.WAITING_OUTSIDE, note="-")

    with pytest.raises(InvalidRequestError) as refused:
        when(given(*IN_HANDLING, terms=terms), command, OFFICER, terms=terms)

    assert refused.value.allowed == "an external unit of the handbook"


def test_a_proposal_ends_a_pause():
    issue = given(*IN_HANDLING, PAUSED_FOR_PAPERS, Step(OFFICER, PROPOSE, MON_11))

    assert issue.pause is None
    assert issue.clock("handling").elapsed_ms == 3_600_000


def test_the_deadline_shown_is_the_running_clock_that_ends_first():
    issue = given(*IN_HANDLING)

    assert issue.deadline.id == "handling"
    assert issue.deadline.due_at == local(1, 17)
    assert issue.next_rung[1].id == issue.clock("handling").next_rung.id == "at-50"


def test_a_stopped_clock_has_no_next_rung():
    assert given(*IN_HANDLING).clock("acceptance").next_rung is None


def test_the_representative_of_another_person_cannot_work_on_the_issue():
    with pytest.raises(NotPermittedError):
        when(given(*IN_HANDLING), PAUSE, ENTERPRISE, MON_9)
