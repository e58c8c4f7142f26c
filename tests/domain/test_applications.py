"""Applications with a gate (复工申请): no way to an approval but through it (M34, Q44)."""

from typing import Any

import builders as b
import builders_forms as f
import pytest
from builders import MON_10, WED_9

from domain import commands as cmd
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.events_of_forms import ApplicationSigned, ItemChecked
from domain.evolve import StreamError, evolve
from domain.forms import SUBMITTERS_MAX, Item, ItemStanding
from domain.gates import gate_of
from domain.issue import Issue
from domain.people import Representative
from domain.phases import Phase
from domain.terms import Terms

PROPOSED = cmd.ProposeResolution(resolution=b.SOLVED)
RULE = f.FORMS.handbook.applications[0]


def given(*steps: b.Step, terms: Terms = f.FORMS) -> Issue:
    return b.given(*steps, terms=terms)


def when(issue: Issue | None, command: Any, actor: Any, at: Any = MON_10, **more: Any) -> Any:
    return b.when(issue, command, actor, at, **({"terms": f.FORMS} | more))


def standings(issue: Issue) -> list[str]:
    return [item.standing for item in issue.application.items]


# --- applying ---


def test_an_application_gets_its_checklist_and_the_first_batch_that_it_fits():
    decision = when(None, f.application("small", "local"), b.ENTERPRISE)

    application = decision.events[0].application
    assert decision.issue.application == application
    assert [item.id for item in application.items] == list(f.ITEMS)
    assert standings(decision.issue) == ["open"] * 3
    assert (application.batch, application.attempt) == ("first", 1)
    assert set(application.claims) == {"small", "local"}


@pytest.mark.parametrize(
    ("claims", "batch"),
    [(("small",), "second"), (("local",), "third"), (("small", "small"), "second"), ((), None)],
)
def test_the_claims_say_which_batch_it_is(claims, batch):
    application = when(None, f.application(*claims), b.ENTERPRISE).issue.application

    assert application.batch == batch
    assert application.claims == tuple(dict.fromkeys(claims))


def test_what_the_form_does_not_ask_for_is_not_claimed_and_an_unknown_form_not_filled_in():
    with pytest.raises(InvalidRequestError) as refused:
        when(None, f.application("small", "famous"), b.ENTERPRISE)
    assert (refused.value.value, refused.value.allowed) == ("famous", "local, small")

    with pytest.raises(InvalidRequestError) as refused:
        when(None, f.application(form="moon"), b.ENTERPRISE)
    assert (refused.value.field, refused.value.allowed) == ("application.form", f.FORM)

    with pytest.raises(InvalidRequestError) as refused:
        b.when(None, f.application(), b.ENTERPRISE)
    assert refused.value.allowed == "none"

    with pytest.raises(InvalidRequestError) as refused:
        when(None, f.application("small"), b.ENTERPRISE, terms=f.form_terms(claims=[], batches=[]))
    assert refused.value.allowed == "none"


# --- the checklist ---


def test_papers_are_handed_in_before_the_acceptance_and_after_it_and_judged_by_another():
    issue = given(f.APPLIED[0])
    issue = when(issue, f.submit("staff"), b.ENTERPRISE).issue
    assert issue.application.item("staff") == Item(
        id="staff", standing=ItemStanding.SUBMITTED, submitted_by=("mill.a",)
    )
    with pytest.raises(WrongPhaseError):
        when(issue, f.check("staff"), b.OFFICER)

    issue = when(issue, b.ACCEPT, b.OFFICER).issue
    issue = when(issue, f.submit("staff"), f.COLLEAGUE).issue
    assert issue.application.item("staff").submitted_by == ("mill.a", "mill.b")
    issue = when(issue, f.check("staff"), b.OFFICER).issue

    assert standings(issue) == ["met", "open", "open"]
    assert issue.application.missing == ("masks", "plan")


def test_who_hands_something_in_for_the_enterprise_does_not_judge_it():
    issue = given(*f.APPLIED, b.Step(b.OFFICER, f.submit("staff")))

    with pytest.raises(NotPermittedError, match="does not judge"):
        when(issue, f.check("staff"), b.OFFICER)
    assert standings(when(issue, f.check("staff"), b.HEAD).issue)[0] == "met"


def test_a_deputy_who_hands_something_in_binds_whoever_they_act_for():
    posts = [
        post | ({"people": ["roads-desk.a"]} if post["id"] == "grid-east-1" else {})
        for post in f.FORMS_DATA["posts"]
    ]
    terms = f.forms_terms(posts=posts)
    head = b.Officer(person="roads-desk.a", post="grid-east-1")
    steps = (f.APPLIED[0], b.Step(head, b.ACCEPT), b.Step(head, b.ASSIGN))
    issue = given(*steps, b.Step(f.DEPUTY, f.submit("staff")), terms=terms)

    assert issue.application.item("staff").submitted_by == ("director.a", "roads-desk.a")
    with pytest.raises(NotPermittedError, match="does not judge"):
        when(issue, f.check("staff"), head, terms=terms)
    with pytest.raises(NotPermittedError, match="does not judge"):
        when(issue, f.check("staff"), b.DIRECTOR, terms=terms)


def test_an_item_is_judged_once_something_is_handed_in_and_may_turn_out_unmet_until_approved():
    issue = given(*f.ALL_MET)
    with pytest.raises(WrongPhaseError) as refused:
        when(issue, f.check("staff"), b.HEAD)
    assert refused.value.allowed == "submitted"
    with pytest.raises(WrongPhaseError, match="nothing has to be handed in"):
        when(issue, f.submit("staff"), b.ENTERPRISE)

    issue = when(issue, f.check("staff", met=False), b.HEAD).issue
    assert standings(issue) == ["failed", "met", "met"]
    with pytest.raises(WrongPhaseError) as refused:
        when(issue, f.check("staff", met=False), b.HEAD)
    assert refused.value.allowed == "met, submitted"

    issue = when(issue, f.submit("staff"), b.ENTERPRISE).issue
    assert standings(when(issue, f.check("staff"), b.HEAD).issue) == ["met"] * 3


def test_the_form_has_the_items_that_it_has():
    with pytest.raises(InvalidRequestError) as refused:
        when(given(*f.APPLIED), f.submit("moon"), b.ENTERPRISE)

    assert refused.value.allowed == "masks, plan, staff"


def test_the_persons_who_hand_something_in_for_one_item_are_bounded():
    issue = given(*f.APPLIED)
    for number in range(SUBMITTERS_MAX):
        person = Representative(person=f"mill.{number}", enterprise="mill")
        issue = when(issue, f.submit("staff"), person).issue

    with pytest.raises(WrongPhaseError) as refused:
        when(issue, f.submit("staff"), Representative(person="mill.x", enterprise="mill"))
    assert refused.value.allowed == f"at most {SUBMITTERS_MAX} persons"
    again = Representative(person="mill.0", enterprise="mill")
    assert when(issue, f.submit("staff"), again).issue.application.item("staff").submitted_by


# --- the gate ---


def test_with_every_item_met_and_every_signature_given_the_gate_opens():
    decision = when(given(*f.ALL_SIGNED), f.APPROVE, b.OFFICER)

    assert b.kinds(decision) == ["application_approved"]
    assert decision.issue.application.approved_at == MON_10
    assert b.kinds(when(decision.issue, PROPOSED, b.OFFICER)) == ["resolution_proposed"]


def test_what_is_missing_is_listed_item_by_item_and_signature_by_signature():
    issue = given(*f.APPLIED, b.Step(b.ENTERPRISE, f.submit("staff")))
    with pytest.raises(WrongPhaseError, match="3 items are not met and 3 signatures") as refused:
        when(issue, f.APPROVE, b.OFFICER)
    for missing in ("masks", "plan", "staff met (it is submitted)", "owner", "sector"):
        assert missing in refused.value.allowed

    with pytest.raises(WrongPhaseError, match="0 items are not met and 2 signatures") as refused:
        when(given(*f.ALL_MET, f.SIGNATURES[2]), f.APPROVE, b.OFFICER)
    assert refused.value.allowed == "signature of owner, signature of sector"


@pytest.mark.parametrize(
    "steps", [f.ALL_MET, (*f.ALL_SIGNED, b.Step(b.HEAD, f.check("plan", met=False)))]
)
def test_a_signature_or_an_item_alone_keeps_the_gate_shut(steps):
    with pytest.raises(WrongPhaseError) as refused:
        when(given(*steps), f.APPROVE, b.OFFICER)

    assert refused.value.field == "application"


@pytest.mark.parametrize(
    ("claims", "day_before", "day"),
    [
        (("small",), b.TUE_17, b.WED_9),
        (("local",), b.local(3, 17), b.FRI_9),
        ((), b.local(3, 17), b.FRI_9),
    ],
)
def test_no_batch_is_approved_before_its_day_and_what_is_in_none_waits_for_the_last(
    claims, day_before, day
):
    steps = (b.Step(b.ENTERPRISE, f.application(*claims)), *f.ALL_SIGNED[1:])
    issue = given(*steps)

    with pytest.raises(WrongPhaseError, match="not open yet") as refused:
        when(issue, f.APPROVE, b.VICE_DIRECTOR, day_before)
    local_day = day.astimezone(b.SHANGHAI).date().isoformat()
    assert refused.value.allowed == f"from {local_day} on"
    assert when(issue, f.APPROVE, b.VICE_DIRECTOR, day).issue.application.approved_at == day


def test_the_day_of_a_batch_begins_at_the_zones_own_midnight():
    steps = (b.Step(b.ENTERPRISE, f.application("small")), *f.ALL_SIGNED[1:])
    midnight = b.local(2, 0)

    with pytest.raises(WrongPhaseError):
        when(given(*steps), f.APPROVE, b.VICE_DIRECTOR, midnight - b.HOUR)
    assert when(given(*steps), f.APPROVE, b.VICE_DIRECTOR, midnight).issue.application.approved_at


def test_a_form_without_days_waits_for_none():
    terms = f.form_terms(batches=[])
    issue = given(*f.ALL_SIGNED, terms=terms)

    assert gate_of(issue.application, terms.handbook.applications[0]).opens_on is None
    assert when(issue, f.APPROVE, b.OFFICER, terms=terms).issue.application.approved_at


def test_without_the_approval_nothing_is_called_solved_and_other_results_are():
    for steps in (f.APPLIED, f.ALL_SIGNED):
        with pytest.raises(WrongPhaseError, match="not approved") as refused:
            when(given(*steps), PROPOSED, b.OFFICER)
        assert "approve_application" in refused.value.allowed
    partly = cmd.ProposeResolution(resolution=b.PARTLY)
    assert when(given(*f.APPLIED), partly, b.OFFICER).issue.phase is Phase.SIGN_OFF


def test_after_the_approval_the_checklist_is_closed():
    issue = given(*f.APPROVED)

    for command, actor in (
        (f.submit("plan"), b.ENTERPRISE),
        (f.check("plan", met=False), b.HEAD),
        (f.sign("sector"), b.SECTION),
        (f.APPROVE, b.OFFICER),
        (f.TURN_DOWN, b.OFFICER),
    ):
        with pytest.raises(WrongPhaseError, match="is approved"):
            when(issue, command, actor)
    with pytest.raises(WrongPhaseError, match="not been refused") as refused:
        when(issue, f.REAPPLY, b.ENTERPRISE)
    assert refused.value.value == "approved"


def test_a_reopened_issue_keeps_its_approval():
    steps = (
        *f.APPROVED,
        b.Step(b.OFFICER, PROPOSED),
        b.Step(b.ENTERPRISE, b.CONFIRM),
        b.Step(b.HEAD, b.VERIFY),
    )

    issue = given(*steps, b.Step(b.ENTERPRISE, b.REOPEN))

    assert issue.phase is Phase.HANDLING
    assert issue.application.approved_at == b.MON_9


# --- who and where ---


@pytest.mark.parametrize(
    ("command", "actor"),
    [
        (f.submit("plan"), b.HEAD),
        (f.submit("plan"), b.OTHER_ENTERPRISE),
        (f.check("plan"), b.ENTERPRISE),
        (f.check("plan"), b.OTHER_HEAD),
        (f.APPROVE, b.SECTION),
        (f.APPROVE, b.ENTERPRISE),
        (f.TURN_DOWN, b.COORDINATOR),
        (f.REAPPLY, b.OFFICER),
        (f.sign("owner"), b.OFFICER),
    ],
)
def test_who_may_not(command, actor):
    with pytest.raises(NotPermittedError):
        when(given(*f.APPLIED), command, actor)


def test_other_issues_have_no_gate():
    issue = given(*b.IN_HANDLING)

    for command, actor in (
        (f.submit("plan"), b.ENTERPRISE),
        (f.check("plan"), b.OFFICER),
        (f.APPROVE, b.OFFICER),
        (f.REAPPLY, b.ENTERPRISE),
        (f.sign("owner"), b.ENTERPRISE),
    ):
        with pytest.raises(WrongPhaseError, match="no application"):
            when(issue, command, actor)
    with pytest.raises(NotPermittedError):
        when(issue, f.sign("sector"), b.SECTION)
    assert when(issue, PROPOSED, b.OFFICER).issue.phase is Phase.SIGN_OFF


def test_a_form_that_the_handbook_has_dropped_is_not_approved_any_more():
    dropped = f.forms_terms(applications=[])
    issue = given(*f.ALL_SIGNED)

    with pytest.raises(WrongPhaseError, match="this form no longer"):
        when(issue, f.APPROVE, b.OFFICER, terms=dropped)
    with pytest.raises(NotPermittedError):
        when(given(*f.APPLIED), f.sign("sector"), b.SECTION, terms=dropped)


def test_a_stream_that_no_issue_can_have_is_told_as_such():
    at = {"zone": b.ZONE, "key": b.KEY, "terms": f.FORMS.hash}
    checked = ItemChecked(at=MON_10, by=b.OFFICER, item="staff", met=True)
    with pytest.raises(StreamError, match="no application"):
        evolve(given(*b.IN_HANDLING), checked, **at)
    signed = ApplicationSigned(at=MON_10, by=b.HOTLINE, role="owner")
    with pytest.raises(StreamError, match="nobody in person"):
        evolve(given(*f.APPLIED), signed, **at)


def test_a_day_of_approval_that_is_past_says_so():
    gate = gate_of(given(*f.ALL_SIGNED).application, RULE)

    assert (gate.items, gate.unsigned, gate.opens_on) == ((), (), None)
    second = given(b.Step(b.ENTERPRISE, f.application("small")), *f.ALL_SIGNED[1:])
    gate = gate_of(second.application, RULE)
    assert not gate.is_open(b.FIRST_MONDAY)
    assert gate.is_open(WED_9.date())
