"""What may be asked of a match."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from domain.matters.acts import ActCommand, OpeningCommand
from domain.matters.match.rules import Part
from domain.matters.match.state import Side
from domain.matters.values import Values
from domain.model import Code, Frozen, Key, Short, Text

PLACES_MAX = 10**6

Places = Annotated[int, Field(ge=1, le=PLACES_MAX)]


class OpenMatch(OpeningCommand):
    """Post a need or an offer, of an enterprise or of the zone itself. `places`: how many are
    asked for, if that is known."""

    kind: Literal["open_match"] = "open_match"
    enterprise: Code | None = None
    side: Code
    places: Places | None = None

    @property
    def concerns(self) -> str | None:
        """Return the enterprise that it is about."""
        return self.enterprise


class Propose(ActCommand):
    """Propose who might meet it: an enterprise of the zone, or others in words, such as `seekers
    from two townships`; never persons by name. `places`: of how many it is."""

    kind: Literal["propose"] = "propose"
    proposal: Key
    enterprise: Code | None = None
    others: Short | None = None
    places: Places | None = None


class Consent(ActCommand):
    """Say yes to a proposal for a side of it: the enterprise itself, or somebody on behalf."""

    kind: Literal["consent"] = "consent"
    proposal: Key
    side: Side


class Decline(ActCommand):
    """Say no to a proposal for a side of it. Where the procedure names reasons it is one of them,
    elsewhere the note says why."""

    kind: Literal["decline"] = "decline"
    proposal: Key
    side: Side
    reason: Code | None = None


class RecordProposalStep(ActCommand):
    """Record a step on the way of a proposal, or of the posting as a whole, on a local day, today
    if none is said."""

    kind: Literal["record_proposal_step"] = "record_proposal_step"
    proposal: Key | None = None
    step: Part
    values: Values = Field(default={})
    on: date | None = None


class RecordOutcome(ActCommand):
    """Record what came of a proposal to which both sides have said yes."""

    kind: Literal["record_outcome"] = "record_outcome"
    proposal: Key
    places: Places | None = None
    values: Values = Field(default={})
    on: date | None = None


class WithdrawProposal(Frozen):
    """Take a proposal back of which nothing has come."""

    kind: Literal["withdraw_proposal"] = "withdraw_proposal"
    proposal: Key
    reason: Text


MatchCommand = (
    OpenMatch | Propose | Consent | Decline | RecordProposalStep | RecordOutcome | WithdrawProposal
)
