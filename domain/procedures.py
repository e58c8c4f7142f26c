"""Rules of conduct as data: joint teams, rounds, sign-off ladder, reopening, forms, callbacks."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.ballots import BallotRule
from domain.durations import Duration
from domain.forms import ITEMS_MAX
from domain.model import Code, Frozen, Name, Short, is_none, is_unset
from domain.phases import CloseRule, Duty, ReopenMode, RoundOutcome, Subject
from domain.staffing import Level, Role
from domain.team import Length

QUIET_OUTCOMES = (RoundOutcome.EXPIRED_APPROVED, RoundOutcome.EXPIRED_REJECTED)


class TeamRule(Frozen):
    """What binds joint teams (R7). `lead` is the clock within which every part's has to lie, `part`
    the parts' own. Within `objection` a unit may object to being named; the first of `arbiters` of
    another unit rules within `ruling`, else it is bound: there is no second objection."""

    lead: Code
    part: Code
    objection: Code
    ruling: Code
    arbiters: Annotated[tuple[Code, ...], Field(min_length=1, max_length=8)]
    closes: CloseRule = CloseRule.ALL_REQUIRED


class PartTemplate(Frozen):
    """A part of a standing team."""

    id: Code
    unit: Code
    duty: Duty = Duty.CO
    deliverable: Short
    required: bool = True
    budget: Length = Field(default=None, exclude_if=is_none)
    depends_on: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)


class ElectorRow(Frozen):
    """Who may vote in a round: everybody in a post, in the posts of a role, or in the posts of a
    tier over the enterprise. Exactly one of the three."""

    post: Code | None = Field(default=None, exclude_if=is_none)
    role: Role | None = Field(default=None, exclude_if=is_none)
    tier: Level | None = Field(default=None, exclude_if=is_none)
    weight: Annotated[int, Field(ge=1, le=1000)] = 1
    veto: bool = Field(default=False, exclude_if=is_unset)

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if sum(each is not None for each in (self.post, self.role, self.tier)) != 1:
            msg = "an elector row gives one of post, role, tier"
            raise ValueError(msg)
        return self


class RoundRule(Frozen):
    """How several decide one kind of question (R6). Nobody votes on what they asked for, proposed
    or handle; with `own_unit_out`, nobody of the unit that is judged. `expires` is what the end of
    `clock` brings; where too few may vote, `fallback` settles it."""

    id: Code
    subject: Subject
    electors: Annotated[tuple[ElectorRow, ...], Field(min_length=1, max_length=16)]
    passes: BallotRule
    clock: Code
    expires: RoundOutcome = RoundOutcome.EXPIRED_REJECTED
    own_unit_out: bool = Field(default=False, exclude_if=is_unset)
    fallback: Code
    source: Short | None = Field(default=None, exclude_if=is_none)

    @model_validator(mode="after")
    def _expires_by_expiry(self) -> Self:
        if self.expires not in QUIET_OUTCOMES:
            msg = f"round {self.id}: expires is one of {', '.join(QUIET_OUTCOMES)}"
            raise ValueError(msg)
        strikes_off = self.subject in (Subject.VERIFICATION, Subject.CLOSING_REVIEW)
        if strikes_off and self.expires is not RoundOutcome.EXPIRED_REJECTED:
            msg = f"round {self.id}: nothing is struck off by silence; expires = expired_rejected"
            raise ValueError(msg)
        return self


class ReopenRow(Frozen):
    """How an issue is taken up again within so many days of its close-out (R10.1)."""

    within_days: Annotated[int, Field(ge=0, le=3650)]
    mode: ReopenMode


class RectificationRule(Frozen):
    """Rectification (整改, M33). An inspector sets a limit from `at_least` to `at_most`, else it
    is `limit`; `clock` counts it, and in a rectification the clocks that it `replaces` do not. Once
    it is over, `overdue` counts what a tier has that the issue comes to.
    `inspectors` are posts; none: any officer of the chain."""

    clock: Code
    limit: Duration
    at_least: Duration
    at_most: Duration
    inspectors: Annotated[tuple[Code, ...], Field(max_length=64)] = Field(
        default=(), exclude_if=is_unset
    )
    replaces: Annotated[tuple[Code, ...], Field(max_length=32)] = Field(
        default=(), exclude_if=is_unset
    )
    overdue: Code | None = Field(default=None, exclude_if=is_none)


class ChecklistItem(Frozen):
    """One condition of an application: what has to be shown."""

    id: Code
    name: Name
    source: Short | None = Field(default=None, exclude_if=is_none)


class Signer(Frozen):
    """One of the accountable persons who sign: whoever is in one of the `posts`, or, without any,
    the enterprise itself."""

    id: Code
    name: Name
    posts: Annotated[tuple[Code, ...], Field(max_length=64)] = Field(
        default=(), exclude_if=is_unset
    )


class Batch(Frozen):
    """A row of the table of batches: an application that claims all of `claims` is in the first row
    that fits. Before `opens_on`, a local day, it is not approved."""

    id: Code
    name: Name
    claims: Annotated[tuple[Code, ...], Field(max_length=20)] = Field(
        default=(), exclude_if=is_unset
    )
    opens_on: date | None = Field(default=None, exclude_if=is_none)


class ApplicationRule(Frozen):
    """A kind of application: its checklist, who signs, in which order batches go (M34, Q44)."""

    id: Code
    name: Name
    items: Annotated[tuple[ChecklistItem, ...], Field(min_length=1, max_length=ITEMS_MAX)]
    signers: Annotated[tuple[Signer, ...], Field(max_length=10)] = ()
    claims: Annotated[tuple[Code, ...], Field(max_length=20)] = Field(
        default=(), exclude_if=is_unset
    )
    batches: Annotated[tuple[Batch, ...], Field(max_length=20)] = Field(
        default=(), exclude_if=is_unset
    )
    attempts_max: Annotated[int, Field(ge=1, le=20)] = 5
    source: Short | None = Field(default=None, exclude_if=is_none)


class CallbackRule(Frozen):
    """Callbacks after the closing (R8.5): what share of a period's close-outs is drawn, at least
    `at_least` of them, and whether a disagreement reopens the issue at once."""

    percent: Annotated[int, Field(ge=1, le=100)] = 10
    at_least: Annotated[int, Field(ge=1, le=1000)] = 1
    reopens: bool = Field(default=False, exclude_if=is_unset)
