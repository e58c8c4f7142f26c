"""Meetings: who was there, what was decided, and which command carried it out (R7.5)."""

import builders as b
import pytest
from builders import HEAD, IN_HANDLING, MON_10, MON_11, OFFICER, Step, given, kinds, when
from builders_team import D1, D3, MEETING

from domain import commands_of_team as ct
from domain.decisions.meetings import MEETINGS_MAX, OPEN_DECISIONS_MAX
from domain.errors import InvalidRequestError, IssueClosedError, WrongPhaseError
from domain.people import ENGINE
from domain.phases import MeetingForm
from domain.team import DecisionRef, MeetingDecision

HELD = Step(HEAD, MEETING, MON_10)


def met():
    return given(*IN_HANDLING, HELD)


def test_a_meeting_leaves_its_decisions_to_be_carried_out_but_not_what_is_for_the_record():
    decision = when(given(*IN_HANDLING), MEETING, HEAD)

    assert kinds(decision) == ["meeting_held"]
    assert (decision.issue.meetings, decision.issue.decisions_open) == (1, (D1, D3))


@pytest.mark.parametrize("story", [b.IN_INTAKE, b.IN_HANDLING, b.IN_SIGN_OFF])
def test_people_may_meet_in_every_phase_of_an_open_issue(story):
    assert kinds(when(given(*story), MEETING, HEAD)) == ["meeting_held"]


def test_a_closed_issue_has_no_meetings():
    with pytest.raises(IssueClosedError):
        when(given(*b.CLOSED_OUT), MEETING, HEAD)


def test_a_command_under_a_decision_says_that_it_carried_it_out():
    decision = when(met(), b.MAKE_PLAN, OFFICER, MON_11, under=D1)

    assert kinds(decision) == ["plan_made", "decision_followed"]
    followed = decision.events[-1]
    assert (followed.decision, followed.command, followed.by) == (D1, "make_plan", OFFICER)
    assert decision.issue.decisions_open == (D3,)


def test_a_decision_that_was_carried_out_is_not_carried_out_again():
    done = when(met(), b.MAKE_PLAN, OFFICER, MON_11, under=D1).issue

    with pytest.raises(InvalidRequestError) as refused:
        when(done, b.MAKE_PLAN, OFFICER, MON_11, under=D1)

    assert refused.value.field == "under"
    assert (refused.value.value, refused.value.allowed) == (
        "meeting 1, decision d1",
        "meeting 1, decision d3",
    )


def test_a_decision_that_nobody_took_is_refused():
    with pytest.raises(InvalidRequestError) as refused:
        when(given(*IN_HANDLING), b.MAKE_PLAN, OFFICER, under=D1)

    assert refused.value.allowed == "none: nothing decided is left to do"


@pytest.mark.parametrize(("command", "actor"), [(b.NOTE, b.ENTERPRISE), (MEETING, HEAD)])
def test_words_carry_out_nothing_that_was_decided(command, actor):
    with pytest.raises(InvalidRequestError) as refused:
        when(met(), command, actor, MON_11, under=D1)

    assert (refused.value.field, refused.value.value) == ("under", command.kind)
    assert "act" in refused.value.message


def test_a_report_carries_out_no_meeting():
    with pytest.raises(InvalidRequestError) as refused:
        when(None, b.report(), b.ENTERPRISE, under=D1)

    assert refused.value.field == "under"


def test_a_command_that_comes_to_nothing_has_carried_out_nothing():
    decision = when(met(), b.ring(rung="at-80"), ENGINE, MON_10, under=D1)

    assert (kinds(decision), decision.issue.decisions_open) == ([], (D1, D3))


def test_a_second_meeting_has_a_number_of_its_own():
    issue = given(*IN_HANDLING, HELD, HELD)

    assert issue.meetings == 2
    assert issue.decisions_open[-1] == DecisionRef(meeting=2, decision="d3")


def meeting(**changes):
    return ct.HoldMeeting.model_validate(MEETING.model_dump() | changes)


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"attended": ("lighthouse",)}, "attended", "lighthouse"),
        ({"absent": ("lighthouse",)}, "absent", "lighthouse"),
        ({"absent": ("head-east",)}, "attended and absent", "head-east"),
        ({"attended": ("director", "director")}, "attended and absent", "director"),
        (
            {"decisions": (MeetingDecision(id="d1", text="-"), MeetingDecision(id="d1", text="+"))},
            "decisions.id",
            "d1",
        ),
    ],
)
def test_a_meeting_that_cannot_have_been_is_refused(changes, field, value):
    with pytest.raises(InvalidRequestError) as refused:
        when(given(*IN_HANDLING), meeting(**changes), HEAD)

    assert (refused.value.field, refused.value.value) == (field, value)


def test_what_nobody_carries_out_does_not_pile_up_without_end():
    thirty = tuple(MeetingDecision(id=f"d{n}", text="-") for n in range(30))
    issue = given(*IN_HANDLING, *([Step(HEAD, meeting(decisions=thirty), MON_10)] * 3))

    with pytest.raises(WrongPhaseError) as refused:
        when(issue, meeting(decisions=thirty), HEAD)

    assert (refused.value.field, refused.value.value) == ("decisions", "120")
    assert str(OPEN_DECISIONS_MAX) in refused.value.allowed


def test_nor_do_meetings():
    issue = met().model_copy(update={"meetings": MEETINGS_MAX})

    with pytest.raises(WrongPhaseError) as refused:
        when(issue, meeting(form=MeetingForm.COORDINATION), HEAD)

    assert refused.value.field == "meetings"


def test_even_the_command_that_closes_an_issue_may_carry_out_a_decision():
    story = (*IN_HANDLING, HELD, Step(OFFICER, b.PROPOSE, MON_10))
    issue = given(*story, Step(b.ENTERPRISE, b.CONFIRM, MON_11))

    decision = when(issue, b.VERIFY, HEAD, MON_11, under=D3)

    assert kinds(decision) == ["issue_closed_out", "decision_followed"]
    assert decision.issue.decisions_open == (D1,)
