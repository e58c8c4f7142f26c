"""A match: everything its stream of events has made of it."""

from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import Field

from domain.matters.field_figures import Sums
from domain.matters.match.rules import Part
from domain.matters.matter import MatterBase
from domain.matters.values import Values
from domain.matters.words import Aggregate
from domain.model import Code, Frozen, Key, Moment, Short, is_none, is_unset


class Side(StrEnum):
    """For whom a proposal is answered: who posted, or who was proposed."""

    POSTING = "posting"
    COUNTERPART = "counterpart"


class Answer(StrEnum):
    """What a side says of a proposal."""

    ASKED = "asked"
    CONSENTED = "consented"
    DECLINED = "declined"


class ProposalStanding(StrEnum):
    """How a proposal stands."""

    OPEN = "open"
    AGREED = "agreed"
    CONCLUDED = "concluded"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class MatchStage(StrEnum):
    """How a posting stands."""

    POSTED = "posted"
    PROPOSED = "proposed"
    AGREED = "agreed"
    PARTLY_MET = "partly_met"
    MET = "met"


class StepTaken(Frozen):
    """A step on the way. `values` are the last ones, `sums` of all times together."""

    step: Part
    times: int = 1
    on: date
    values: Values = Field(default={}, exclude_if=is_unset)
    sums: Sums = Field(default={}, exclude_if=is_unset)


class MatchOutcome(Frozen):
    """What came of a proposal; `places` is how many of the places it filled."""

    on: date
    places: int | None = Field(default=None, exclude_if=is_none)
    values: Values = Field(default={}, exclude_if=is_unset)


class Proposal(Frozen):
    """Who might meet the need or the offer: an enterprise, or others in words, never persons by
    name. `places` is how many of the places it is about."""

    id: Key
    enterprise: Code | None = Field(default=None, exclude_if=is_none)
    others: Short | None = Field(default=None, exclude_if=is_none)
    places: int | None = Field(default=None, exclude_if=is_none)
    made_at: Moment
    posting: Answer = Answer.ASKED
    counterpart: Answer = Answer.ASKED
    standing: ProposalStanding = ProposalStanding.OPEN
    declined_by: Side | None = Field(default=None, exclude_if=is_none)
    reason: Code | None = Field(default=None, exclude_if=is_none)
    overdue: bool = Field(default=False, exclude_if=is_unset)
    steps: tuple[StepTaken, ...] = Field(default=(), exclude_if=is_unset)
    outcome: MatchOutcome | None = Field(default=None, exclude_if=is_none)

    @property
    def is_pending(self) -> bool:
        """Return whether something may still come of it."""
        return self.standing in (ProposalStanding.OPEN, ProposalStanding.AGREED)

    def answer(self, side: Side) -> Answer:
        """Return what a side says."""
        return self.posting if side is Side.POSTING else self.counterpart


class Match(MatterBase):
    """One need or one offer, and who might meet it. `enterprise` is None for the zone's own;
    `places` is how many are asked for, None where that is not stated."""

    aggregate: Literal[Aggregate.MATCH] = Aggregate.MATCH
    enterprise: Code | None = Field(default=None, exclude_if=is_none)
    side: Code
    places: int | None = Field(default=None, exclude_if=is_none)
    proposals: tuple[Proposal, ...] = Field(default=(), exclude_if=is_unset)
    steps: tuple[StepTaken, ...] = Field(default=(), exclude_if=is_unset)

    @property
    def enterprises(self) -> tuple[str, ...]:
        """Return the enterprises that it concerns, for lists and for who may see it."""
        own = () if self.enterprise is None else (self.enterprise,)
        others = (each.enterprise for each in self.proposals if each.enterprise is not None)
        return tuple(dict.fromkeys((*own, *others)))

    @property
    def stage(self) -> str | None:
        """Return how it stands in its procedure's own words."""
        return self.at_stage.value

    @property
    def at_stage(self) -> MatchStage:
        """Return how the posting stands."""
        if self.is_met:
            return MatchStage.MET
        standings = {each.standing for each in self.proposals}
        for standing, stage in (
            (ProposalStanding.CONCLUDED, MatchStage.PARTLY_MET),
            (ProposalStanding.AGREED, MatchStage.AGREED),
            (ProposalStanding.OPEN, MatchStage.PROPOSED),
        ):
            if standing in standings:
                return stage
        return MatchStage.POSTED

    @property
    def is_met(self) -> bool:
        """Return whether all places are filled; where no number is stated, whether anything came
        of it."""
        if self.places is None:
            return any(each.outcome is not None for each in self.proposals)
        return self.filled >= self.places

    @property
    def filled(self) -> int:
        """Return how many of the places are filled."""
        outcomes = (each.outcome for each in self.proposals if each.outcome is not None)
        return sum(each.places or 0 for each in outcomes)

    @property
    def left(self) -> int | None:
        """Return how many of the places are left, None where their number is not stated."""
        return None if self.places is None else self.places - self.filled

    def proposal(self, id_: str) -> Proposal | None:
        """Return the proposal called `id_`."""
        return next((each for each in self.proposals if each.id == id_), None)

    def whose(self, proposal: Proposal, side: Side) -> str | None:
        """Return the enterprise that a side of a proposal is, None if it is none."""
        return self.enterprise if side is Side.POSTING else proposal.enterprise
