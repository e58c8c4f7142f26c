"""Where two rules meet: pauses and teams, versions and time, withdrawals and verifiers."""

from datetime import timedelta

import pytest
from builders import (
    ACCEPT,
    CONVENE,
    DEPUTY_HEAD,
    ENTERPRISE,
    ESCALATED,
    HEAD,
    IN_HANDLING,
    IN_INTAKE,
    MON_10,
    MON_11,
    OFFICER,
    PAUSE,
    PROPOSE,
    SECTION,
    TERMS,
    VERIFY,
    WITHDRAW,
    Step,
    given,
    submission,
    when,
)
from pydantic import ValidationError

from domain import commands as cmd
from domain.decisions import Context, decide
from domain.errors import ConflictError, NotPermittedError, WrongPhaseError
from domain.events import IssueAccepted
from domain.model import without_controls
from domain.phases import Outcome


def test_a_team_is_not_called_together_while_the_clocks_stand():
    paused = given(*IN_HANDLING, ESCALATED, Step(HEAD, PAUSE, MON_10))

    with pytest.raises(WrongPhaseError, match="resume first"):
        when(paused, CONVENE, HEAD, MON_11)


def test_who_was_assigned_during_intake_still_handles_after_acceptance():
    assigned = given(*IN_INTAKE, Step(OFFICER, cmd.Assign(handler=SECTION.post), MON_10))

    accepted = when(assigned, ACCEPT, OFFICER, MON_11).events[-1]

    assert isinstance(accepted, IssueAccepted)
    assert accepted.handler == SECTION.post


def test_a_withdrawn_issue_is_not_withdrawn_again():
    withdrawn = given(*IN_HANDLING, Step(ENTERPRISE, WITHDRAW, MON_10))

    with pytest.raises(WrongPhaseError, match="awaits the verifier"):
        when(withdrawn, WITHDRAW, ENTERPRISE, MON_11)


def test_a_view_that_time_has_overtaken_is_stale_although_nobody_has_rung():
    issue = given(*IN_HANDLING)
    due = issue.next_rung
    assert due is not None
    sent = submission(cmd.Note(text="Seen."), OFFICER, expected_version=issue.version)

    with pytest.raises(ConflictError, match="moved on"):
        decide(issue, sent, Context(at=due[1].due_at + timedelta(seconds=1), terms=TERMS))


@pytest.mark.parametrize("text", ["a\x00b", "bell\x07", "half \ud83d of a pair"])
def test_what_no_database_carries_is_no_text(text):
    with pytest.raises(ValueError, match="is not text"):
        without_controls(text)
    with pytest.raises(ValidationError):
        cmd.Note(text=text)


def test_lines_tabs_and_any_script_are_text():
    assert cmd.Note(text="三号楼\n\televator 🛗").text == "三号楼\n\televator 🛗"


def test_a_part_with_the_longest_name_has_a_clock_like_any_other():
    asked = CONVENE.parts[0].model_copy(update={"id": "p" * 64})
    convene = CONVENE.model_copy(update={"parts": (asked,)})

    issue = when(given(*IN_HANDLING, ESCALATED), convene, HEAD, MON_10).issue

    assert issue.clock(f"part.1.{'p' * 64}") is not None


def test_an_issue_has_no_teams_without_end():
    steps = [*IN_HANDLING, ESCALATED]
    optional = CONVENE.parts[0].model_copy(update={"required": False})
    convene = CONVENE.model_copy(update={"parts": (optional,)})
    steps += [Step(HEAD, convene, MON_10)] * 10

    with pytest.raises(WrongPhaseError, match="as many joint teams"):
        when(given(*steps), convene, HEAD, MON_11)


def test_who_proposed_does_not_strike_off_what_the_enterprise_then_withdrew():
    steps = (*IN_HANDLING, Step(OFFICER, cmd.Assign(handler=HEAD.post), MON_10))
    withdrawn = given(*steps, Step(HEAD, PROPOSE, MON_10), Step(ENTERPRISE, WITHDRAW, MON_11))

    with pytest.raises(NotPermittedError):
        when(withdrawn, VERIFY, HEAD, MON_11)
    assert when(withdrawn, VERIFY, DEPUTY_HEAD, MON_11).issue.outcome is Outcome.WITHDRAWN
