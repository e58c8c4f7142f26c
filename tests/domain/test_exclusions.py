"""An issue is left out of figures only on a ground, with evidence, by two persons (剔除, R8.6)."""

from datetime import datetime
from typing import Any, get_args

import builders as b
import builders_exclusions as x
import pytest
from pydantic import ValidationError

from domain.commands import Command
from domain.commands_of_exclusions import ExcludeFromFigures, ExclusionCommand
from domain.decisions import Decision
from domain.errors import (
    ConflictError,
    InvalidRequestError,
    IssueError,
    NotPermittedError,
    WrongPhaseError,
)
from domain.exclusion import EXCLUSIONS_MAX, ExclusionStanding, FigureName
from domain.figure_definitions import DEFINITIONS
from domain.people import Actor, Officer
from domain.permissions import PERMITTED

OTHERS = {"head", "deputy head", "director", "vice director"}
"""Above the owner."""
BOTH = {"coordinator", "supervisor"}
TABLE: dict[str, tuple[tuple[b.Step, ...], Command, set[str]]] = {
    "exclude_from_figures": (
        (*b.IN_HANDLING, b.HANDED_OVER),
        x.ALL,
        OTHERS | BOTH | {"officer", "section"},
    ),
    "review_exclusion": (
        (*b.IN_HANDLING, b.Step(b.OFFICER, x.ALL, b.MON_9)),
        x.TAKEN,
        BOTH,
    ),
    "lift_exclusion": (
        (*b.IN_HANDLING, b.Step(b.OFFICER, x.ALL, b.MON_9), b.Step(b.SUPERVISOR, x.TAKEN, b.MON_9)),
        x.LIFTED,
        BOTH,
    ),
}


def after(*steps: b.Step) -> Any:
    return b.given(*steps, terms=x.TERMS)


def asked_of(
    steps: tuple[b.Step, ...], command: Command, actor: Actor, at: datetime = b.WED_9
) -> Decision:
    decision: Decision = b.when(after(*steps), command, actor, at, terms=x.TERMS)
    return decision


def refusal(steps: tuple[b.Step, ...], command: Command, actor: Actor) -> IssueError:
    with pytest.raises(IssueError) as refused:
        asked_of(steps, command, actor)
    return refused.value


def test_every_command_has_its_row() -> None:
    kinds = {each.model_fields["kind"].default for each in get_args(ExclusionCommand)}

    assert set(TABLE) == kinds <= set(PERMITTED)


@pytest.mark.parametrize("name", b.ACTORS)
@pytest.mark.parametrize("kind", TABLE)
def test_a_command_is_permitted_to_those_who_may_and_to_nobody_else(kind: str, name: str) -> None:
    steps, command, permitted = TABLE[kind]

    if name in permitted:
        assert len(asked_of(steps, command, b.ACTORS[name], b.MON_10).events) == 1
    else:
        assert isinstance(refusal(steps, command, b.ACTORS[name]), NotPermittedError)


def test_it_is_asked_reviewed_and_lifted_and_each_is_an_event() -> None:
    issue = after(*x.LEFT_OUT)
    assert [each.standing for each in issue.exclusions] == [ExclusionStanding.ACCEPTED]
    assert issue.exclusions[0].leaves_out("response")

    decision = asked_of(x.LEFT_OUT, x.LIFTED, b.SUPERVISOR)

    assert b.kinds(decision) == ["exclusion_lifted"]
    (lifted,) = decision.issue.exclusions
    assert (lifted.standing, lifted.leaves_out("response")) == (ExclusionStanding.LIFTED, False)


def test_nothing_is_left_out_before_the_review_and_nothing_that_it_refuses() -> None:
    for more in ((), (x.REFUSED,)):
        issue = after(*b.CLOSED_OUT, x.ASKED, *more)
        assert not issue.exclusions[0].leaves_out("on_time")


def test_an_exclusion_of_one_figure_leaves_the_others_alone() -> None:
    issue = after(*b.CLOSED_OUT, b.Step(b.COORDINATOR, x.ON_TIME, b.TUE_9), x.ACCEPTED)

    assert issue.exclusions[0].leaves_out("on_time")
    assert not issue.exclusions[0].leaves_out("response")


@pytest.mark.parametrize("steps", [b.IN_INTAKE, b.IN_HANDLING, b.IN_SIGN_OFF, b.CLOSED_OUT])
def test_it_is_asked_in_every_phase_and_changes_nothing_else(steps: tuple[b.Step, ...]) -> None:
    before = after(*steps)

    decision = asked_of(steps, x.ALL, b.COORDINATOR)

    (event,) = (each for each in decision.events if each.kind == "exclusion_asked")
    assert event.clocks == ()
    assert (decision.issue.phase, decision.issue.outcome) == (before.phase, before.outcome)


def test_nobody_reviews_what_they_asked_for_not_even_through_a_deputy() -> None:
    found = refusal((*b.CLOSED_OUT, x.ASKED), x.TAKEN, b.COORDINATOR)

    assert isinstance(found, NotPermittedError)
    assert (found.field, found.value) == ("actor.person", "coordination.a")
    deputy = Officer(person="somebody", post="coordination", on_behalf_of="coordination.a")
    assert isinstance(refusal((*b.CLOSED_OUT, x.ASKED), x.TAKEN, deputy), NotPermittedError)


def test_a_ground_that_the_handbook_does_not_have_is_refused_with_those_it_has() -> None:
    found = refusal(b.CLOSED_OUT, x.ALL.model_copy(update={"code": "luck"}), b.COORDINATOR)

    assert isinstance(found, InvalidRequestError)
    assert (found.field, found.allowed) == ("code", "flood, mistake")
    with pytest.raises(InvalidRequestError, match="no `exclusions`"):
        b.when(b.given(*b.CLOSED_OUT), x.ALL, b.COORDINATOR, b.TUE_9)


def test_an_exclusion_without_evidence_is_none() -> None:
    with pytest.raises(ValidationError, match="evidence"):
        ExcludeFromFigures(code="flood", reason="High water.", evidence=())
    with pytest.raises(ValidationError, match="figures"):
        ExcludeFromFigures.model_validate(x.ALL.model_dump() | {"figures": ["happiness"]})


def test_what_is_asked_or_in_force_is_not_asked_again_and_what_was_refused_is() -> None:
    for steps in ((x.ASKED,), (x.ASKED, x.ACCEPTED)):
        found = refusal((*b.CLOSED_OUT, *steps), x.ON_TIME, b.COORDINATOR)
        assert isinstance(found, ConflictError)
        assert found.field == "figures"
    for steps in ((x.ASKED, x.REFUSED), (x.ASKED, x.ACCEPTED, x.COUNTS_AGAIN)):
        decision = asked_of((*b.CLOSED_OUT, *steps), x.ALL, b.COORDINATOR)
        assert decision.issue.exclusions[-1].number == 2


def test_more_figures_than_are_left_out_already_may_be_asked_for() -> None:
    some = (*b.CLOSED_OUT, b.Step(b.COORDINATOR, x.ON_TIME, b.TUE_9), x.ACCEPTED)

    assert len(asked_of(some, x.ALL, b.COORDINATOR).issue.exclusions) == 2


def test_an_exclusion_is_reviewed_once_and_lifted_only_while_it_holds() -> None:
    assert isinstance(refusal(x.LEFT_OUT, x.NOT_TAKEN, b.SUPERVISOR), WrongPhaseError)
    only_asked = (*b.CLOSED_OUT, x.ASKED)
    assert isinstance(refusal(only_asked, x.LIFTED, b.SUPERVISOR), WrongPhaseError)
    none = refusal(b.CLOSED_OUT, x.TAKEN, b.SUPERVISOR)
    assert isinstance(none, InvalidRequestError)
    assert none.field == "exclusion"


def test_it_is_asked_only_so_often() -> None:
    again = (x.ASKED, b.Step(b.SUPERVISOR, x.NOT_TAKEN, b.TUE_9))
    steps = list(b.CLOSED_OUT)
    for number in range(1, EXCLUSIONS_MAX + 1):
        refused = x.NOT_TAKEN.model_copy(update={"exclusion": number})
        steps += [again[0], b.Step(b.SUPERVISOR, refused, b.TUE_9)]

    found = refusal(tuple(steps), x.ALL, b.COORDINATOR)

    assert isinstance(found, ConflictError)
    assert found.value == str(EXCLUSIONS_MAX + 1)


def test_the_names_that_can_be_left_out_of_are_those_of_figures_that_leave_out() -> None:
    assert {each.value for each in FigureName} == {
        each.name for each in DEFINITIONS if each.excludes
    }
