"""What may be asked in a round, and around the enterprise's say."""

from typing import Annotated, Literal

from pydantic import Field

from domain.ballots import ROUNDS_MAX
from domain.model import Code, Frozen, Text
from domain.phases import Choice


class Vote(Frozen):
    """Vote in a round. Until it closes, another vote of the same elector takes the place of the one
    before."""

    kind: Literal["vote"] = "vote"
    round: Annotated[int, Field(ge=1, le=ROUNDS_MAX)]
    choice: Choice
    reason: Text | None = None


class SettleRound(Frozen):
    """Decide what too few could vote on, for the post that the handbook names (R6.3)."""

    kind: Literal["settle_round"] = "settle_round"
    round: Annotated[int, Field(ge=1, le=ROUNDS_MAX)]
    approve: bool
    reason: Text


class IssueAnswerLink(Frozen):
    """Have a one-time link made by which `person` may answer this round for the enterprise."""

    kind: Literal["issue_answer_link"] = "issue_answer_link"
    person: Code


RoundCommand = Vote | SettleRound | IssueAnswerLink
