"""A decision of several: a round with a fixed electorate, its votes, and what they come to (R6)."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated, Self, assert_never

from pydantic import Field, model_validator

from domain.model import Code, Frozen, Moment, Text, is_none, is_unset
from domain.phases import Choice, RoundOutcome, Subject

ELECTORS_MAX = 64
ROUNDS_MAX = 50
WEIGHT_MAX = 1000


class Needs(StrEnum):
    """By what a round approves."""

    ANY = "any"
    ALL = "all"
    AT_LEAST = "at_least"
    PERCENT = "percent"
    WEIGHTED = "weighted"


class Tally(StrEnum):
    """What the votes cast so far come to, whatever those still to come say.

    `unfillable`: too few are left to approve, though nobody has refused (R6.3).
    """

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    UNFILLABLE = "unfillable"


class BallotRule(Frozen):
    """When a round approves (R6.1). `n` belongs to `at_least`, `percent` of the electorate's heads
    or of its weight to `percent` and `weighted`. An elector with a veto rejects alone.

    Who recuses is no longer of the electorate, by head or by weight. Who abstains is, and does not
    approve: `all` are all who have not recused.
    """

    needs: Needs
    n: Annotated[int, Field(ge=1, le=ELECTORS_MAX)] | None = Field(default=None, exclude_if=is_none)
    percent: Annotated[int, Field(ge=1, le=100)] | None = Field(default=None, exclude_if=is_none)

    @model_validator(mode="after")
    def _says_how_many(self) -> Self:
        wants_n = self.needs is Needs.AT_LEAST
        wants_percent = self.needs in (Needs.PERCENT, Needs.WEIGHTED)
        if wants_n != (self.n is not None) or wants_percent != (self.percent is not None):
            msg = f"{self.needs} takes n for at_least, percent for percent and weighted, else none"
            raise ValueError(msg)
        return self


class Elector(Frozen):
    """A person who may vote, and the post by which."""

    person: Code
    post: Code
    unit: Code | None = Field(default=None, exclude_if=is_none)
    weight: Annotated[int, Field(ge=1, le=WEIGHT_MAX)] = 1
    veto: bool = Field(default=False, exclude_if=is_unset)


class Cast(Frozen):
    """An elector's vote as it stands: by the elector or, by delegation, by `voted_by` (R6.4)."""

    person: Code
    choice: Choice
    voted_by: Code | None = Field(default=None, exclude_if=is_none)


class Round(Frozen):
    """One round, open or the last one. `decider` is the post that settles it while too few may vote
    (R6.3); `sign_off` the round of the sign-off that it is about, if it is about one."""

    number: int
    subject: Subject
    rule: Code
    passes: BallotRule
    electors: tuple[Elector, ...]
    opened_at: Moment
    reason: Text | None = Field(default=None, exclude_if=is_none)
    opened_by: Code | None = Field(default=None, exclude_if=is_none)
    opened_for: Code | None = Field(default=None, exclude_if=is_none)
    votes: tuple[Cast, ...] = Field(default=(), exclude_if=is_unset)
    decider: Code | None = Field(default=None, exclude_if=is_none)
    sign_off: int | None = Field(default=None, exclude_if=is_none)
    outcome: RoundOutcome | None = Field(default=None, exclude_if=is_none)

    @property
    def is_open(self) -> bool:
        """Return whether it has not been decided."""
        return self.outcome is None

    def elector(self, person: str) -> Elector | None:
        """Return the elector who is this person."""
        return next((each for each in self.electors if each.person == person), None)

    def votes_with(self, cast: Cast) -> tuple[Cast, ...]:
        """Return the votes with this one in the place of the same elector's earlier one."""
        return (*(each for each in self.votes if each.person != cast.person), cast)


def tally(passes: BallotRule, electors: Sequence[Elector], votes: Iterable[Cast]) -> Tally:
    """Return what the votes come to: both outcomes as soon as they are certain (R6.1).

    Approval waits for every elector with a veto who may still use it. No votes: whether the
    electorate can approve at all.
    """
    said = {cast.person: cast.choice for cast in votes}
    if any(each.veto and said.get(each.person) is Choice.REJECT for each in electors):
        return Tally.REJECTED
    present = [each for each in electors if said.get(each.person) is not Choice.RECUSE]
    approving = [each for each in present if said.get(each.person) is Choice.APPROVE]
    awaited = [each for each in present if each.person not in said]
    if _suffice(passes, approving, present) and not any(each.veto for each in awaited):
        return Tally.APPROVED
    if _suffice(passes, [*approving, *awaited], present):
        return Tally.OPEN
    refused = len(approving) + len(awaited) < len(present)
    return Tally.REJECTED if refused else Tally.UNFILLABLE


def _suffice(passes: BallotRule, approving: Sequence[Elector], present: Sequence[Elector]) -> bool:
    """Return whether those who approve are enough. Nobody's approval is never enough."""
    heads = len(approving)
    if heads == 0:
        return False
    match passes.needs:
        case Needs.ANY:
            return True
        case Needs.ALL:
            return heads == len(present)
        case Needs.AT_LEAST:
            return heads >= (passes.n or 1)
        case Needs.PERCENT:
            return heads * 100 >= (passes.percent or 100) * len(present)
        case Needs.WEIGHTED:
            weight, whole = (sum(each.weight for each in group) for group in (approving, present))
            return weight * 100 >= (passes.percent or 100) * whole
        case _:
            assert_never(passes.needs)
