"""An application that was refused, and the way to apply again (Q44)."""

from typing import Any

import builders as b
import builders_forms as f
import pytest

from domain.errors import WrongPhaseError
from domain.issue import Issue
from domain.terms import Terms


def given(*steps: b.Step, terms: Terms = f.FORMS) -> Issue:
    return b.given(*steps, terms=terms)


def when(issue: Issue, command: Any, actor: Any) -> Any:
    return b.when(issue, command, actor, terms=f.FORMS)


def test_a_refusal_records_what_is_missing_and_applying_again_keeps_what_was_met():
    issue = given(
        *f.APPLIED,
        b.Step(b.ENTERPRISE, f.submit("staff")),
        b.Step(b.OFFICER, f.check("staff")),
        b.Step(b.ENTERPRISE, f.submit("masks")),
        b.Step(b.OFFICER, f.check("masks", met=False)),
        b.Step(b.ENTERPRISE, f.submit("plan")),
    )

    refused = when(issue, f.TURN_DOWN, b.OFFICER)
    assert refused.events[0].missing == ("masks", "plan")
    assert (refused.issue.application.refused, refused.issue.application.reason) == (
        True,
        "The plan is thin.",
    )
    for command, actor in ((f.submit("plan"), b.ENTERPRISE), (f.APPROVE, b.OFFICER)):
        with pytest.raises(WrongPhaseError, match="was refused") as shut:
            when(refused.issue, command, actor)
        assert shut.value.allowed == "reapply"

    again = when(refused.issue, f.REAPPLY, b.ENTERPRISE).issue.application
    assert (again.attempt, again.refused, again.reason, again.signatures) == (2, False, None, ())
    assert [item.standing for item in again.items] == ["met", "open", "open"]
    assert again.item("masks").submitted_by == ("mill.a",)


def test_signatures_are_given_anew_after_a_refusal():
    refused = given(*f.ALL_SIGNED, b.Step(b.OFFICER, f.TURN_DOWN))
    assert len(refused.application.signatures) == 3

    again = when(refused, f.REAPPLY, b.ENTERPRISE).issue.application

    assert (again.signatures, again.missing) == ((), ())


def test_applying_again_ends_somewhere():
    issue = given(*f.APPLIED)
    for _ in range(2):
        issue = when(issue, f.TURN_DOWN, b.OFFICER).issue
        issue = when(issue, f.REAPPLY, b.ENTERPRISE).issue
    issue = when(issue, f.TURN_DOWN, b.OFFICER).issue

    with pytest.raises(WrongPhaseError) as refused:
        when(issue, f.REAPPLY, b.ENTERPRISE)
    assert (refused.value.value, refused.value.allowed) == ("3", "at most 3 times")


def test_what_has_not_been_refused_is_not_applied_for_again():
    with pytest.raises(WrongPhaseError) as refused:
        when(given(*f.APPLIED), f.REAPPLY, b.ENTERPRISE)

    assert refused.value.value == "pending"
