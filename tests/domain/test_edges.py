"""Where two rules meet: pauses and teams, versions and time, withdrawals and verifiers."""

from datetime import timedelta

import pytest
from builders import (
    ACCEPT,
    CONVENE,
    ENTERPRISE,
    ESCALATED,
    HEAD,
    IN_HANDLING,
    IN_INTAKE,
    MON_10,
    MON_11,
    OFFICER,
    PAUSE,
    SECTION,
    TERMS,
    WITHDRAW,
    Step,
    given,
    submission,
    when,
)
from pydantic import ValidationError

from domain import commands as cmd
from domain.decisions import Context, decide
from domain.errors import ConflictError, WrongPhaseError
from domain.events import IssueAccepted
from domain.model import without_controls


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
