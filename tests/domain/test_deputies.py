"""Deputies (R6.4), duties kept apart by person, and posts that change hands (Q12, Q31)."""

import pytest
from builders import (
    ANSWERED,
    ASK_EXTENSION,
    CONFIRM,
    DEPUTY_HEAD,
    DIRECTOR,
    ENTERPRISE,
    ESCALATE,
    GRANT,
    HEAD,
    IN_HANDLING,
    MON_9,
    MON_10,
    MON_11,
    NEXT_MON_9,
    NOTE,
    OFFICER,
    PROPOSE,
    SECTION,
    SEND_BACK,
    TUE_9,
    VERIFY,
    Step,
    adopt_handbook,
    given,
    kinds,
    when,
)
from pydantic import ValidationError
from rota import DELEGATED, DEPUTY, posts, rota, tiers

from domain.commands import Assign
from domain.commands_of_ladder import RecordHandover
from domain.errors import NotPermittedError
from domain.people import ENGINE, Officer, named
from domain.staffing import Delegation

TERMS = rota()
HANDOVER = RecordHandover()
ASSIGN_DIRECTOR = Assign(handler="director")


def test_a_deputy_acts_in_the_post_and_both_persons_are_recorded():
    decision = when(given(*ANSWERED, terms=TERMS), VERIFY, DEPUTY, MON_10, terms=TERMS)

    by = decision.events[-1].by
    assert (by.person, by.on_behalf_of) == ("roads-desk.a", "head-east.a")
    assert named(by) == "head-east (roads-desk.a for head-east.a)"


@pytest.mark.parametrize(
    ("actor", "command", "at"),
    [
        (DEPUTY, VERIFY, NEXT_MON_9),
        (DEPUTY, SEND_BACK, MON_10),
        (DEPUTY.model_copy(update={"on_behalf_of": "head-east.b"}), VERIFY, MON_10),
        (DEPUTY.model_copy(update={"on_behalf_of": "roads-desk.b"}), VERIFY, MON_10),
        (DEPUTY.model_copy(update={"on_behalf_of": None}), VERIFY, MON_10),
        (DEPUTY.model_copy(update={"person": "power-desk.a"}), VERIFY, MON_10),
    ],
)
def test_beyond_days_scope_and_persons_a_deputy_may_nothing(actor, command, at):
    with pytest.raises(NotPermittedError):
        when(given(*ANSWERED, terms=TERMS), command, actor, at, terms=TERMS)


def test_a_delegation_is_not_passed_on():
    further = DELEGATED | {"id": "on", "principal": "roads-desk.a", "deputy": "x"}

    with pytest.raises(ValueError, match="does not hold the post"):
        rota(delegations=[DELEGATED, further])


def test_what_a_deputy_proposed_neither_person_verifies():
    """At the top tier another person verifies: neither the deputy nor whom he stands in for."""
    lent = DELEGATED | {"post": "director", "principal": "director.a", "deputy": "head-east.b"}
    terms = rota(delegations=[lent], rosters=[], posts=posts())
    deputy = Officer(person="head-east.b", post="director", on_behalf_of="director.a")
    up = Step(OFFICER, ESCALATE.model_copy(update={"to_tier": 3}), MON_9)
    steps = (up, Step(deputy, PROPOSE, MON_10), Step(ENTERPRISE, CONFIRM, MON_10))
    issue = given(*IN_HANDLING, *steps, terms=terms)

    for actor in (DIRECTOR, deputy):
        with pytest.raises(NotPermittedError):
            when(issue, VERIFY, actor, MON_11, terms=terms)
    other = Officer(person="director.b", post="director")
    assert kinds(when(issue, VERIFY, other, MON_11, terms=terms)) == ["issue_closed_out"]


def test_what_a_deputy_asked_for_the_principal_does_not_grant():
    lent = DELEGATED | {
        "post": "grid-east-1",
        "principal": "grid-east-1.a",
        "deputy": "head-east.a",
    }
    terms = rota(delegations=[lent], rosters=[], posts=posts())
    deputy = Officer(person="head-east.a", post="grid-east-1", on_behalf_of="grid-east-1.a")
    issue = given(*IN_HANDLING, Step(deputy, ASK_EXTENSION, MON_10), terms=terms)

    with pytest.raises(NotPermittedError):
        when(issue, GRANT, HEAD, MON_11, terms=terms)
    assert when(issue, GRANT, DEPUTY_HEAD, MON_11, terms=terms).events


def test_nobody_verifies_the_work_of_a_superior():
    """The director does the work of an issue of the first tier: the head cannot strike it off."""
    steps = (
        Step(HEAD, ASSIGN_DIRECTOR, MON_9),
        Step(DIRECTOR, PROPOSE, MON_10),
        Step(ENTERPRISE, CONFIRM, MON_10),
    )
    issue = given(*IN_HANDLING, *steps, terms=TERMS)

    with pytest.raises(NotPermittedError):
        when(issue, VERIFY, HEAD, MON_11, terms=TERMS)
    other = Officer(person="director.b", post="director")
    assert when(issue, VERIFY, other, MON_11, terms=TERMS).events


def test_what_the_verifier_sends_back_counts_as_a_rejection():
    issue = given(*ANSWERED, Step(HEAD, SEND_BACK, MON_10), terms=TERMS)
    assert (issue.rejections, issue.tier) == (1, 1)
    again = given(
        *ANSWERED,
        Step(HEAD, SEND_BACK, MON_10),
        Step(OFFICER, PROPOSE, MON_10),
        Step(ENTERPRISE, CONFIRM, MON_10),
        Step(HEAD, SEND_BACK, MON_10),
        terms=TERMS,
    )

    assert (again.rejections, again.tier, again.owner) == (2, 2, "head-east")


# --- posts in other hands ---


DATED = posts(
    grid_east_1={
        "people": [],
        "assignments": [
            {"person": "old", "to_on": "2026-03-02"},
            {"person": "new", "from_on": "2026-03-03"},
        ],
    }
)
OLD, NEW = (Officer(person=who, post="grid-east-1") for who in ("old", "new"))


def test_an_issue_stays_with_the_post_and_whoever_is_in_it_acts():
    terms = rota(posts=DATED, rosters=[])
    issue = given(*IN_HANDLING[:1], Step(OLD, IN_HANDLING[1].command, MON_9), terms=terms)

    assert issue.level.people == ("old",)
    with pytest.raises(NotPermittedError, match="does not hold the post"):
        when(issue, NOTE, OLD, TUE_9, terms=terms)
    assert when(issue, NOTE, NEW, TUE_9, terms=terms).events


def test_one_event_says_into_whose_hands_an_open_issue_went():
    terms = rota(posts=DATED, rosters=[])
    issue = given(*IN_HANDLING[:1], Step(OLD, IN_HANDLING[1].command, MON_9), terms=terms)

    decision = when(issue, HANDOVER, ENGINE, TUE_9, terms=terms)

    moved = next(event for event in decision.events if event.kind == "post_handed_over")
    assert (moved.from_people, moved.to_people) == (("old",), ("new",))
    assert not when(decision.issue, HANDOVER, ENGINE, TUE_9, terms=terms).events


def test_a_shift_that_ends_is_no_handover_and_an_issue_that_knew_nobody_has_none():
    up = Step(OFFICER, ESCALATE, MON_10)

    assert not when(
        given(*IN_HANDLING, up, terms=TERMS), HANDOVER, ENGINE, MON_11, terms=TERMS
    ).events
    assert not when(given(*IN_HANDLING), HANDOVER, ENGINE, MON_11).events


def test_only_the_engine_records_it():
    with pytest.raises(NotPermittedError):
        when(given(*IN_HANDLING, terms=TERMS), HANDOVER, SECTION, MON_11, terms=TERMS)


def test_another_handbook_with_other_people_in_the_post_says_so_once():
    issue = given(*IN_HANDLING, terms=TERMS)
    target = rota(tiers=tiers(on_empty="next"), posts=posts(grid_east_1={"people": ["new"]}))

    decision = when(issue, adopt_handbook(target), ENGINE, MON_11, terms=TERMS, target=target)

    assert kinds(decision)[:2] == ["terms_adopted", "post_handed_over"]
    assert decision.events[1].to_people == ("new",)
    assert decision.issue.owner == "grid-east-1"


def test_a_delegation_for_no_command_is_refused_and_without_commands_is_for_all():
    with pytest.raises(ValidationError, match="at least 1 item"):
        rota(delegations=[DELEGATED | {"commands": []}])

    whole = Delegation.model_validate({k: v for k, v in DELEGATED.items() if k != "commands"})
    assert whole.allows("verify")
    assert "commands" not in whole.model_dump(mode="json")
    assert not Delegation.model_validate(DELEGATED | {"commands": ["note"]}).allows("verify")
