"""The accountable persons of an application sign for what was met, and somebody else approves."""

from typing import Any

import builders as b
import builders_forms as f
import pytest
from builders import MON_10

from domain import commands as cmd
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.forms import Signature
from domain.issue import Issue
from domain.terms import Terms

PROPOSED = cmd.ProposeResolution(resolution=b.SOLVED)
RULE = f.FORMS.handbook.applications[0]


def given(*steps: b.Step, terms: Terms = f.FORMS) -> Issue:
    return b.given(*steps, terms=terms)


def when(issue: Issue | None, command: Any, actor: Any, at: Any = MON_10, **more: Any) -> Any:
    return b.when(issue, command, actor, at, **({"terms": f.FORMS} | more))


def test_each_accountable_person_signs_in_the_role_that_is_theirs():
    issue = given(*f.ALL_SIGNED)

    signed = issue.application.signatures
    assert [(each.role, each.person) for each in signed] == [
        ("owner", "mill.a"),
        ("sector", "roads-desk.a"),
        ("territory", "director.a"),
    ]
    assert signed[0] == Signature(role="owner", person="mill.a", at=b.MON_9)
    assert issue.application.unsigned(("owner", "spare")) == ("spare",)


@pytest.mark.parametrize(
    ("role", "actor", "error", "field"),
    [
        ("moon", b.SECTION, InvalidRequestError, "role"),
        ("territory", b.SECTION, NotPermittedError, "actor"),
        ("sector", b.ENTERPRISE, NotPermittedError, "actor"),
        ("owner", b.SECTION, NotPermittedError, "actor"),
        ("sector", b.HEAD, NotPermittedError, "actor"),
        ("owner", b.OTHER_ENTERPRISE, NotPermittedError, "actor"),
    ],
)
def test_nobody_signs_in_a_role_of_somebody_else(role, actor, error, field):
    with pytest.raises(error) as refused:
        when(given(*f.APPLIED), f.sign(role), actor)

    assert refused.value.field == field


def test_a_role_is_signed_in_once_and_nobody_signs_in_two_roles_not_by_a_deputy_either():
    issue = given(*f.ALL_MET, f.SIGNATURES[1])
    with pytest.raises(WrongPhaseError, match="has signed") as refused:
        when(issue, f.sign("sector"), b.POWER_SECTION)
    assert refused.value.allowed == "owner, territory"

    by_deputy = given(*f.ALL_MET, b.Step(f.DEPUTY, f.sign("sector")))
    assert by_deputy.application.signatures[0].principal == "roads-desk.a"
    with pytest.raises(NotPermittedError, match="two roles"):
        when(by_deputy, f.sign("territory"), b.DIRECTOR)
    assert when(by_deputy, f.sign("territory"), b.VICE_DIRECTOR)


def test_a_form_without_signers_is_signed_by_nobody():
    terms = f.form_terms(signers=[])

    with pytest.raises(InvalidRequestError) as refused:
        when(given(*f.APPLIED, terms=terms), f.sign("owner"), b.ENTERPRISE, terms=terms)
    assert refused.value.allowed == "none"


@pytest.mark.parametrize("steps", [f.APPLIED, f.ALL_MET[:-1]], ids=["nothing", "all but one"])
def test_nobody_signs_for_what_is_not_met(steps):
    with pytest.raises(WrongPhaseError, match="not met yet") as refused:
        when(given(*steps), f.sign("owner"), b.ENTERPRISE)

    assert (refused.value.field, "item plan met" in refused.value.allowed) == ("application", True)


def test_what_turns_out_not_to_be_met_takes_the_signatures_with_it():
    turned = when(given(*f.ALL_SIGNED), f.check("plan", met=False), b.HEAD).issue
    assert turned.application.signatures == ()

    again = when(turned, f.submit("plan"), b.ENTERPRISE).issue
    met = when(again, f.check("plan"), b.OFFICER).issue
    with pytest.raises(WrongPhaseError, match="0 items are not met and 3 signatures"):
        when(met, f.APPROVE, b.OFFICER)
    assert when(met, f.sign("owner"), b.ENTERPRISE).events


def test_nobody_approves_what_they_signed_or_handed_in_themselves():
    with pytest.raises(NotPermittedError, match="does not approve it") as refused:
        when(given(*f.ALL_SIGNED), f.APPROVE, b.DIRECTOR)
    assert (refused.value.field, refused.value.allowed) == ("actor", "another person")

    handed_in = (
        *f.APPLIED,
        b.Step(b.OFFICER, f.submit("plan")),
        b.Step(b.HEAD, f.check("plan")),
        *(
            b.Step(*pair)
            for item in ("staff", "masks")
            for pair in ((b.ENTERPRISE, f.submit(item)), (b.OFFICER, f.check(item)))
        ),
        *f.SIGNATURES,
    )
    with pytest.raises(NotPermittedError, match="does not approve it"):
        when(given(*handed_in), f.APPROVE, b.OFFICER)
    assert when(given(*handed_in), f.APPROVE, b.HEAD).issue.application.approved_at
