"""Refusals: what they say, and that they survive a wire."""

import pytest
from pydantic import BaseModel, ValidationError, field_validator

from domain.errors import (
    ERRORS,
    ConflictError,
    InvalidRequestError,
    IssueClosedError,
    IssueError,
    WrongPhaseError,
    from_details,
    from_validation,
)
from domain.phases import Phase


def test_a_refusal_says_field_value_and_what_would_be_allowed():
    error = InvalidRequestError("No.", field="tier", value=9, allowed=["b", "a"])

    assert str(error) == "No. [tier = '9'] Allowed: a, b."
    assert error.details() == {
        "code": "invalid",
        "message": "No.",
        "field": "tier",
        "value": "9",
        "allowed": "a, b",
    }


def test_a_refusal_says_no_more_than_it_knows():
    assert str(IssueError("No.")) == "No."
    assert str(IssueError("No.", field="tier")) == "No. [tier]"
    assert str(IssueError("No.", allowed=[])) == "No."
    assert IssueError("No.").details() == {"code": "refused", "message": "No."}


def test_a_long_value_is_cut():
    assert len(IssueError("No.", field="text", value="x" * 5000).value) == 120


def test_enumerations_are_shown_by_their_values():
    error = WrongPhaseError("No.", value=Phase.CLOSED, allowed=(Phase.INTAKE, Phase.HANDLING))

    assert (error.value, error.allowed) == ("closed", "handling, intake")


@pytest.mark.parametrize("kind", ERRORS.values(), ids=ERRORS)
def test_a_refusal_survives_a_wire(kind):
    error = kind("No.", field="tier", value=9, allowed="1 to 3")

    again = from_details(error.details())

    assert type(again) is kind
    assert (again.details(), str(again)) == (error.details(), str(error))


def test_every_refusal_has_a_code_of_its_own():
    def below(kind):
        # The desk has refusals of its own, about users and subscriptions: they cross no wire.
        ours = [
            child for child in kind.__subclasses__() if child.__module__ == IssueError.__module__
        ]
        return {kind} | {leaf for child in ours for leaf in below(child)}

    assert set(ERRORS.values()) == below(IssueError)
    assert len({kind.code for kind in ERRORS.values()}) == len(ERRORS)


def test_a_refusal_of_an_unknown_kind_is_still_a_refusal():
    error = from_details({"code": "from_the_future", "message": "No."})

    assert type(error) is IssueError
    assert from_details({}).message == "refused"


def test_a_closed_issue_is_in_the_wrong_phase_and_no_conflict():
    assert issubclass(IssueClosedError, WrongPhaseError)
    assert not issubclass(IssueClosedError, ConflictError)


class Small(BaseModel):
    count: int
    odd: int = 1

    @field_validator("odd")
    @classmethod
    def _is_odd(cls, odd: int) -> int:
        if odd % 2 == 0:
            raise ValueError("must be odd")
        return odd


def refusal(**fields):
    with pytest.raises(ValidationError) as invalid:
        Small(**fields)
    return from_validation(invalid.value)


def test_of_several_mistakes_the_first_is_named_and_the_rest_counted():
    error = refusal(count="many", odd=2)

    assert (error.field, error.value) == ("count", "many")
    assert error.message.endswith("(2 in all).")


def test_a_mistake_of_our_own_rules_is_told_in_our_own_words():
    error = refusal(count=1, odd=2)

    assert (error.field, error.value, error.allowed) == ("odd", "2", None)
    assert "must be odd" in error.message


def test_a_field_that_is_missing_has_no_value():
    error = refusal()

    assert (error.field, error.value) == ("count", None)
