"""What can have happened in a round, and around the enterprise's say."""

from typing import Annotated, Literal

from pydantic import Field

from domain.ballots import ELECTORS_MAX, BallotRule, Elector
from domain.happening import Happened
from domain.model import ClockId, Code, Moment, Text, is_none, is_unset
from domain.phases import Choice, RoundOutcome, SignOffOutcome, Subject


class RoundOpened(Happened):
    """Several are asked to decide; the electorate is fixed now (R6.1). `decider`: too few of those
    named may vote, so it settles it (R6.3). `sign_off`: of which round of the sign-off."""

    kind: Literal["round_opened"] = "round_opened"
    number: int
    subject: Subject
    rule: Code
    passes: BallotRule
    electors: Annotated[tuple[Elector, ...], Field(max_length=ELECTORS_MAX)]
    reason: Text | None = Field(default=None, exclude_if=is_none)
    decider: Code | None = Field(default=None, exclude_if=is_none)
    sign_off: int | None = Field(default=None, exclude_if=is_none)


class VoteCast(Happened):
    """A vote, or another one of the same elector. A late one is kept and changes nothing (R6.2).
    `elector` is whose vote it is; by delegation the actor is another (R6.4). `decider`: with this
    vote too few are left to approve, so it settles the round unless somebody refuses (R6.3)."""

    kind: Literal["vote_cast"] = "vote_cast"
    round: int
    elector: Code
    choice: Choice
    reason: Text | None = Field(default=None, exclude_if=is_none)
    late: bool = Field(default=False, exclude_if=is_unset)
    decider: Code | None = Field(default=None, exclude_if=is_none)


class RoundClosed(Happened):
    """The outcome is certain, the time over, or the question gone. The numbers are of heads;
    `unasked` are electors who had not voted."""

    kind: Literal["round_closed"] = "round_closed"
    number: int
    subject: Subject
    outcome: RoundOutcome
    approve: int = 0
    reject: int = 0
    abstain: int = 0
    recuse: int = 0
    unasked: int = 0
    clock: ClockId | None = Field(default=None, exclude_if=is_none)
    reason: Text | None = Field(default=None, exclude_if=is_none)


class SilenceExplained(Happened):
    """What will be recorded if the enterprise says nothing, and when: it is told so (R8.4).
    `rung` of `clock` ends its time."""

    kind: Literal["silence_explained"] = "silence_explained"
    round: int
    outcome: SignOffOutcome
    silent_at: Moment
    clock: ClockId
    rung: Code


class AnswerLinkIssued(Happened):
    """A one-time link went to a person of the enterprise; its name is kept, not the link."""

    kind: Literal["answer_link_issued"] = "answer_link_issued"
    round: int
    link: Code
    person: Code
    expires_at: Moment


class TeamWanted(Happened):
    """A refusal asks for a joint team: nothing is proposed again before one has worked (R8.3)."""

    kind: Literal["team_wanted"] = "team_wanted"
    round: int


class ClosingReviewCalled(Happened):
    """Refused as often as the handbook allows: people from outside the unit decide whether the
    result stands (R8.3). The issue is at its sign-off meanwhile."""

    kind: Literal["closing_review_called"] = "closing_review_called"
    round: int


RoundEvent = (
    RoundOpened
    | VoteCast
    | RoundClosed
    | SilenceExplained
    | AnswerLinkIssued
    | TeamWanted
    | ClosingReviewCalled
)
