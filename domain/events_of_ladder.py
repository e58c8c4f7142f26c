"""What can have happened to an issue's owner and handler: levels entered, signed for, refused."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from domain.durations import Duration
from domain.happening import Happened
from domain.model import ClockId, Code, Frozen, Moment, Short, Text, is_none, is_unset

PEOPLE_MAX = 64
People = Annotated[tuple[Code, ...], Field(max_length=PEOPLE_MAX)]
"""Of more people than that an event names the first."""


class Emptiness(StrEnum):
    """Why nobody takes an issue at a post."""

    VACANT = "vacant"
    OFF_DUTY = "off_duty"


class LevelSkipped(Happened):
    """Nobody was at a post of the ladder, so the issue passed it by (R5.3)."""

    kind: Literal["level_skipped"] = "level_skipped"
    tier: int
    post: Code
    reason: Emptiness
    roster: Short | None = Field(default=None, exclude_if=is_none)


class LevelHeld(Happened):
    """Nobody is there and the issue stays all the same: somebody must be found (R5.3)."""

    kind: Literal["level_held"] = "level_held"
    tier: int
    post: Code
    reason: Emptiness
    roster: Short | None = Field(default=None, exclude_if=is_none)


class IssueAcknowledged(Happened):
    """The level has signed for the issue (签收): a promise that it goes on (R5.4)."""

    kind: Literal["issue_acknowledged"] = "issue_acknowledged"
    tier: int


class AcknowledgementExpired(Happened):
    """Nothing came of what was signed for: the ladder is open again at the same level (R5.4)."""

    kind: Literal["acknowledgement_expired"] = "acknowledgement_expired"
    tier: int
    clock: ClockId
    number: int


class InstructionGiven(Happened):
    """A leader's instruction (批示): it outranks the handbook within its scope, until it expires
    (R5.8). What it does not set, it leaves to the handbook."""

    kind: Literal["instruction_given"] = "instruction_given"
    number: int
    text: Text
    tier: int
    expires_at: Moment
    handler: Code | None = Field(default=None, exclude_if=is_none)
    unit: Code | None = Field(default=None, exclude_if=is_none)
    holds_tier: bool = Field(default=False, exclude_if=is_unset)
    no_wait: bool = Field(default=False, exclude_if=is_unset)
    clock: ClockId | None = Field(default=None, exclude_if=is_none)
    limit: Duration | None = Field(default=None, exclude_if=is_none)


class InstructionLifted(Happened):
    kind: Literal["instruction_lifted"] = "instruction_lifted"
    number: int
    reason: Text


class IssueUrged(Happened):
    """Whoever works on the issue is reminded of it by a person (催办)."""

    kind: Literal["issue_urged"] = "issue_urged"
    text: Text


class PostHandedOver(Happened):
    """Other people are in the owner's post now; the issue stays with the post (Q31)."""

    kind: Literal["post_handed_over"] = "post_handed_over"
    post: Code
    from_people: People
    to_people: People


class IssueRouted(Happened):
    """The first row of the routing table that hit sent the work there (M23). Tier and owner stay.

    `row` is None where no row hit: the work stays with the owner.
    """

    kind: Literal["issue_routed"] = "issue_routed"
    row: Code | None = None
    unit: Code | None = None
    handler: Code
    refusable: bool = Field(default=False, exclude_if=is_unset)


class DispatchRefused(Happened):
    """A unit will not take what was sent to it, and says so in time (R5.7). `hop` counts the
    refusals of the issue. No `arbiter`: none stands apart from the unit, and nobody will rule."""

    kind: Literal["dispatch_refused"] = "dispatch_refused"
    unit: Code
    hop: int
    arbiter: Code | None = Field(default=None, exclude_if=is_none)
    reason: Text
    suggested: Code | None = Field(default=None, exclude_if=is_none)


class DispatchRuled(Happened):
    """The arbiter says whose it is. A binding ruling cannot be refused. `overruled`: the unit that
    refused has to take it."""

    kind: Literal["dispatch_ruled"] = "dispatch_ruled"
    unit: Code
    handler: Code
    overruled: bool
    binding: bool
    reason: Text


class DispatchBound(Happened):
    """Nobody ruled in time, or there is nobody to: the fallback unit is bound (R5.7)."""

    kind: Literal["dispatch_bound"] = "dispatch_bound"
    unit: Code
    handler: Code
    clock: ClockId | None = Field(default=None, exclude_if=is_none)


class LevelEntry(Frozen):
    """A post of the ladder and who was in it at that instant."""

    tier: int
    post: Code
    people: People = ()


LadderEvent = (
    LevelSkipped
    | LevelHeld
    | IssueAcknowledged
    | AcknowledgementExpired
    | InstructionGiven
    | InstructionLifted
    | IssueUrged
    | PostHandedOver
    | IssueRouted
    | DispatchRefused
    | DispatchRuled
    | DispatchBound
)
