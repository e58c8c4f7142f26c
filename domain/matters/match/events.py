"""What can have happened in a match. Facts: never edited, never removed."""

from datetime import date
from typing import Literal

from pydantic import Field

from domain.matters.acts import MatterHappened, MatterOpened
from domain.matters.match.rules import Part
from domain.matters.match.state import Side
from domain.matters.values import Values
from domain.model import Code, Key, Short, Text, is_none, is_unset


class MatchOpened(MatterOpened):
    """A need or an offer was posted."""

    kind: Literal["match_opened"] = "match_opened"
    enterprise: Code | None = Field(default=None, exclude_if=is_none)
    side: Code
    places: int | None = Field(default=None, exclude_if=is_none)


class ProposalMade(MatterHappened):
    """Somebody was proposed who might meet it."""

    kind: Literal["proposal_made"] = "proposal_made"
    proposal: Key
    enterprise: Code | None = Field(default=None, exclude_if=is_none)
    others: Short | None = Field(default=None, exclude_if=is_none)
    places: int | None = Field(default=None, exclude_if=is_none)
    note: Text | None = Field(default=None, exclude_if=is_none)


class ProposalConsented(MatterHappened):
    """A side said yes. `on_behalf`: somebody else recorded it for an enterprise."""

    kind: Literal["proposal_consented"] = "proposal_consented"
    proposal: Key
    side: Side
    on_behalf: bool = Field(default=False, exclude_if=is_unset)
    agreed: bool = Field(default=False, exclude_if=is_unset)
    """Now both have."""
    note: Text | None = Field(default=None, exclude_if=is_none)


class ProposalDeclined(MatterHappened):
    """A side said no."""

    kind: Literal["proposal_declined"] = "proposal_declined"
    proposal: Key
    side: Side
    on_behalf: bool = Field(default=False, exclude_if=is_unset)
    reason: Code | None = Field(default=None, exclude_if=is_none)
    note: Text | None = Field(default=None, exclude_if=is_none)


class ProposalOverdue(MatterHappened):
    """The time is over by which both sides had to answer."""

    kind: Literal["proposal_overdue"] = "proposal_overdue"
    proposal: Key
    awaited: tuple[Side, ...]


class ProposalStepRecorded(MatterHappened):
    """A step on the way was taken; without a proposal, for the posting as a whole."""

    kind: Literal["proposal_step_recorded"] = "proposal_step_recorded"
    proposal: Key | None = Field(default=None, exclude_if=is_none)
    step: Part
    on: date
    values: Values = Field(default={}, exclude_if=is_unset)
    note: Text | None = Field(default=None, exclude_if=is_none)


class OutcomeRecorded(MatterHappened):
    """Something came of a proposal. `left` is how many places are to be filled after it."""

    kind: Literal["outcome_recorded"] = "outcome_recorded"
    proposal: Key
    on: date
    places: int | None = Field(default=None, exclude_if=is_none)
    left: int | None = Field(default=None, exclude_if=is_none)
    values: Values = Field(default={}, exclude_if=is_unset)
    note: Text | None = Field(default=None, exclude_if=is_none)


class ProposalWithdrawn(MatterHappened):
    """A proposal was taken back."""

    kind: Literal["proposal_withdrawn"] = "proposal_withdrawn"
    proposal: Key
    reason: Text


MatchEvent = (
    MatchOpened
    | ProposalMade
    | ProposalConsented
    | ProposalDeclined
    | ProposalOverdue
    | ProposalStepRecorded
    | OutcomeRecorded
    | ProposalWithdrawn
)
