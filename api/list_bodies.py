"""What lists of issues, of parts and of like issues are asked for and answer."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.clocks import Clock
from domain.model import Code, Key, Moment, Short, is_none
from domain.phases import Outcome, Phase, Priority
from domain.reading import Reading
from domain.team import Part
from domain.view import Glimpse
from face.listing import CURSOR_CHARACTERS_MAX
from face.looking import POINT_CHARACTERS_MAX
from face.moments import Instant
from ledger.lists import PAGE_MAX, Narrowed, Order, Sort

PAGE = 50

SortedBy = Literal[
    "stream",
    "-stream",
    "reported_at",
    "-reported_at",
    "deadline_at",
    "-deadline_at",
    "changed",
    "-changed",
]
NumberText = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")]


class Paged(BaseModel):
    """Which page, and from where it looks."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=PAGE_MAX, description="How many at most.")] = PAGE
    cursor: str | None = Field(
        default=None,
        max_length=CURSOR_CHARACTERS_MAX,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="The `next` of the page before. All other parameters stay as they were.",
    )
    wait_for: int | None = Field(
        default=None,
        ge=0,
        le=2**53 - 1,
        description="Answer only when the ledger has come to this position: waits up to 10 s, "
        "then 412.",
    )


class IssueQuery(Paged):
    """What a list of issues is narrowed to, and how it is sorted."""

    zone: Code | None = Field(default=None, description="Of this zone.", examples=["xinghe"])
    phase: Phase | None = Field(default=None, description="In this phase.")
    owner: Code | None = Field(default=None, description="Owned by this post.")
    handler: Code | None = Field(default=None, description="Handled by this post.")
    unit: Code | None = Field(
        default=None, description="Whose work it is, or who has a part in it: this unit."
    )
    category: Code | None = Field(default=None, description="Of this kind.")
    enterprise: Code | None = Field(default=None, description="Of this enterprise.")
    tier: int | None = Field(default=None, ge=1, le=5, description="On this tier.")
    priority: Priority | None = Field(default=None, description="Of this priority.")
    number: NumberText | None = Field(default=None, description="The ledger number.")
    incident: Key | None = Field(default=None, description="Of this emergency.")
    report_id: Key | None = Field(default=None, description="Told of in this message.")
    overdue: bool = Field(default=False, description="Only those past their deadline.")
    at_risk: bool = Field(
        default=False,
        description="Only those whose deadline lies ahead and whose clock has warned already.",
    )
    open: bool = Field(default=False, description="Only those that are not closed.")
    due_before: Instant | None = Field(
        default=None, description="Only those with a deadline before this instant."
    )
    title: Short | None = Field(
        default=None, description="Only those with this in the title; A to Z count as a to z."
    )
    sort: SortedBy = Field(
        default="stream",
        description="By zone and key, by when it was reported, by its deadline (those without one "
        "last), by its last event; with `-` the other way round.",
    )
    as_of: str | None = Field(
        default=None,
        min_length=1,
        max_length=POINT_CHARACTERS_MAX,
        description="As they were at a past instant (ISO 8601; without an offset the time of "
        "`zone`), by what is known now; or at a position of the ledger.",
    )
    known_at: str | None = Field(
        default=None,
        min_length=1,
        max_length=POINT_CHARACTERS_MAX,
        description="By no more than had been recorded by then: an instant or a position.",
    )

    @property
    def narrowed(self) -> Narrowed:
        """Return the filters that it names."""
        return Narrowed(
            zone=self.zone,
            phase=None if self.phase is None else self.phase.value,
            owner=self.owner,
            category=self.category,
            report_id=self.report_id,
            overdue=self.overdue,
            open_only=self.open,
            handler=self.handler,
            unit=self.unit,
            enterprise=self.enterprise,
            tier=self.tier,
            priority=None if self.priority is None else self.priority.value,
            number=self.number,
            incident=self.incident,
            due_before=self.due_before,
            at_risk=self.at_risk,
            title=self.title,
        )

    @property
    def order(self) -> Order:
        """Return the order that it names."""
        return Order(Sort(self.sort.removeprefix("-")), descending=self.sort.startswith("-"))


class IssueBrief(Glimpse):
    """What a list says of an issue; the issue itself says the rest."""

    title: Short
    enterprise: Code
    priority: Priority
    handler: Code
    reported_at: Moment
    accepted_at: Moment | None = None
    closed_at: Moment | None = None
    report_id: Key | None = Field(default=None, exclude_if=is_none)


class IssuePage(BaseModel):
    """Some issues. `next` is the cursor of the page behind it, None at the end; `position` is how
    far the ledger went."""

    issues: list[IssueBrief]
    next: str | None
    position: int


class PartsQuery(Paged):
    """Whose parts."""

    zone: Code = Field(description="The zone, by its code.", examples=["xinghe"])
    unit: Code | None = Field(
        default=None,
        description="Of this unit. Left out: of the units in which the caller holds a post.",
    )
    open: bool = Field(default=False, description="Only those of issues that are not closed.")


class PartClock(BaseModel):
    """A clock of a part, and what it shows now."""

    clock: Clock
    reading: Reading


class PartTold(BaseModel):
    """A unit's part in a joint team, with its clocks. `waits_for`: the parts that must be settled
    before it begins."""

    zone: str
    key: str
    number: str | None
    title: str
    phase: Phase
    priority: Priority
    enterprise: str
    team: int
    lead: str
    part: Part
    waits_for: list[str]
    clocks: list[PartClock]


class PartsPage(BaseModel):
    """The parts of some issues; there may be more issues behind one whose parts are not told."""

    parts: list[PartTold]
    next: str | None
    position: int


class LikeQuery(BaseModel):
    """An issue, or what a report is about to tell."""

    model_config = ConfigDict(extra="forbid")

    zone: Code = Field(description="Of this zone.", examples=["xinghe"])
    key: Key | None = Field(default=None, description="The issue that others are compared with.")
    enterprise: Code | None = Field(default=None, description="Instead of `key`: whose report.")
    category: Code | None = Field(default=None, description="Of which kind it is.")
    title: Short | None = Field(default=None, description="What it is called.")
    text: str | None = Field(
        default=None, min_length=1, max_length=2000, description="What is told of it."
    )


class LikeTold(BaseModel):
    """An issue that may be the same matter: how like, from 0 to 100, and why."""

    key: str
    score: int
    text_percent: int
    same_enterprise: bool
    same_category: bool
    place: Annotated[str, Field(examples=["same_grid"])]
    title: str
    enterprise: str
    category: str
    phase: Phase
    outcome: Outcome | None
    reported_at: Moment
    method: str


class LikePage(BaseModel):
    """The likest issues within the caller's sight, the likest first. Suggestions: nobody merges
    issues but people."""

    similar: list[LikeTold]
    position: int
