"""A zone's rules and organisation as data: versioned, named by the hash of its content."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.canonical import content_hash
from domain.clock_rules import ClockRule
from domain.dangling import dangling, repeated, uncovered
from domain.exclusion import ExclusionCode
from domain.handbook_routines import RoutinesRule
from domain.matters.campaign.rules import CampaignProcedure
from domain.matters.grant.rules import GrantProcedure
from domain.matters.match.rules import MatchProcedure
from domain.matters.pipeline.rules import PipelineProcedure
from domain.matters.register.rules import RegisterProcedure
from domain.matters.rules import AnyProcedure
from domain.model import Code, Frozen, Name, Short, is_none, is_unset
from domain.phases import Subject
from domain.policies import (
    Audience,
    DispatchRule,
    EmergencyRule,
    EmergencyStage,
    ExtensionRule,
    GreenChannelRule,
    InstructionRule,
    LadderRule,
    NoticeRule,
    ParkingRule,
    PauseRule,
    QuietHours,
    RouteTo,
    RoutingRow,
    SignOffRule,
    StormRule,
    TeamTemplate,
    TellingRule,
)
from domain.procedures import (
    ApplicationRule,
    CallbackRule,
    RectificationRule,
    RoundRule,
    TeamRule,
)
from domain.staffing import (
    TIER_MAX,
    Assignment,
    Delegation,
    OnEmpty,
    OnTimeout,
    Post,
    Role,
    Roster,
    Shift,
    Tier,
    Unit,
)
from domain.supervision_rules import SupervisionRule
from domain.territory import (
    Accountable,
    Area,
    Enterprise,
    EnterpriseList,
    Grid,
    Segment,
    Stated,
)

__all__ = [
    "TIER_MAX",
    "Accountable",
    "Area",
    "Assignment",
    "Audience",
    "Category",
    "Delegation",
    "DispatchRule",
    "EmergencyRule",
    "EmergencyStage",
    "Enterprise",
    "EnterpriseList",
    "ExclusionCode",
    "ExtensionRule",
    "GreenChannelRule",
    "Grid",
    "Handbook",
    "InstructionRule",
    "LadderRule",
    "NoticeRule",
    "OnEmpty",
    "OnTimeout",
    "ParkingRule",
    "PauseRule",
    "Post",
    "QuietHours",
    "Role",
    "Roster",
    "RouteTo",
    "RoutingRow",
    "Segment",
    "Shift",
    "SignOffRule",
    "Stated",
    "StormRule",
    "SupervisionRule",
    "TeamTemplate",
    "TellingRule",
    "Tier",
    "Unit",
]

GRIDS_MAX = 2_000
POSTS_MAX = 2_000
ENTERPRISES_MAX = 20_000
DELEGATIONS_MAX = 500
PROCEDURES_MAX = 64
"""With more the proof would take minutes: what it tries grows with posts times grids times days."""


class Category(Frozen):
    """A kind of issue and the units that usually handle it."""

    id: Code
    name: Name
    units: tuple[Code, ...] = ()
    source: Short | None = Field(default=None, exclude_if=is_none)


class Handbook(Frozen):
    """Everything by which the issues of one zone are judged."""

    zone: Code
    name: Name
    revision: Annotated[int, Field(ge=1)]
    calendar: Code
    allow_skip: bool = True
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1, max_length=TIER_MAX)]
    areas: Annotated[tuple[Area, ...], Field(min_length=1)]
    grids: Annotated[tuple[Grid, ...], Field(min_length=1, max_length=GRIDS_MAX)]
    units: tuple[Unit, ...] = ()
    posts: Annotated[tuple[Post, ...], Field(min_length=1, max_length=POSTS_MAX)]
    enterprises: Annotated[tuple[Enterprise, ...], Field(max_length=ENTERPRISES_MAX)]
    categories: Annotated[tuple[Category, ...], Field(min_length=1)]
    clocks: Annotated[tuple[ClockRule, ...], Field(min_length=1, max_length=32)]
    sign_off: SignOffRule = SignOffRule()
    pauses: PauseRule = PauseRule()
    notices: tuple[NoticeRule, ...] = ()
    extensions: ExtensionRule | None = Field(default=None, exclude_if=is_none)
    late_record_minutes: Annotated[int, Field(ge=1, le=525_600)] | None = Field(
        default=None, exclude_if=is_none
    )
    """A fact recorded longer than this after it took place is flagged (Q9); None: none is."""

    reclassified_times_max: Annotated[int, Field(ge=0, le=100)] | None = Field(
        default=None, exclude_if=is_none
    )
    """How often one issue may change category or priority; None: without limit."""

    ladder: LadderRule | None = Field(default=None, exclude_if=is_none)
    dispatch: DispatchRule | None = Field(default=None, exclude_if=is_none)
    green_channel: GreenChannelRule | None = Field(default=None, exclude_if=is_none)
    emergency: EmergencyRule | None = Field(default=None, exclude_if=is_none)
    parking: ParkingRule | None = Field(default=None, exclude_if=is_none)
    instructions: InstructionRule | None = Field(default=None, exclude_if=is_none)
    supervision: SupervisionRule | None = Field(default=None, exclude_if=is_none)
    routing: Annotated[tuple[RoutingRow, ...], Field(max_length=256)] = Field(
        default=(), exclude_if=is_unset
    )
    rosters: tuple[Roster, ...] = Field(default=(), exclude_if=is_unset)
    delegations: Annotated[tuple[Delegation, ...], Field(max_length=DELEGATIONS_MAX)] = Field(
        default=(), exclude_if=is_unset
    )
    segments: tuple[Segment, ...] = Field(default=(), exclude_if=is_unset)
    lists: tuple[EnterpriseList, ...] = Field(default=(), exclude_if=is_unset)
    teams: tuple[TeamTemplate, ...] = Field(default=(), exclude_if=is_unset)
    joint_team: TeamRule | None = Field(default=None, exclude_if=is_none)
    rounds: Annotated[tuple[RoundRule, ...], Field(max_length=16)] = Field(
        default=(), exclude_if=is_unset
    )
    rectification: RectificationRule | None = Field(default=None, exclude_if=is_none)
    applications: Annotated[tuple[ApplicationRule, ...], Field(max_length=16)] = Field(
        default=(), exclude_if=is_unset
    )
    callbacks: CallbackRule | None = Field(default=None, exclude_if=is_none)
    merges: bool = Field(default=False, exclude_if=is_unset)
    """Whether issues may be merged: its clocks know how to begin again when that is undone."""

    exclusions: Annotated[tuple[ExclusionCode, ...], Field(max_length=32)] = Field(
        default=(), exclude_if=is_unset
    )
    """On what grounds an issue is left out of figures (R8.6); empty: none is."""

    telling: TellingRule | None = Field(default=None, exclude_if=is_none)
    routines: RoutinesRule | None = Field(default=None, exclude_if=is_none)
    """None: the defaults of `RoutinesRule`."""

    campaigns: Annotated[tuple[CampaignProcedure, ...], Field(max_length=PROCEDURES_MAX)] = Field(
        default=(), exclude_if=is_unset
    )
    pipelines: Annotated[tuple[PipelineProcedure, ...], Field(max_length=PROCEDURES_MAX)] = Field(
        default=(), exclude_if=is_unset
    )
    matches: Annotated[tuple[MatchProcedure, ...], Field(max_length=PROCEDURES_MAX)] = Field(
        default=(), exclude_if=is_unset
    )
    registers: Annotated[tuple[RegisterProcedure, ...], Field(max_length=PROCEDURES_MAX)] = Field(
        default=(), exclude_if=is_unset
    )
    grants: Annotated[tuple[GrantProcedure, ...], Field(max_length=PROCEDURES_MAX)] = Field(
        default=(), exclude_if=is_unset
    )
    stated: Stated | None = Field(default=None, exclude_if=is_none)
    source: Short | None = Field(default=None, exclude_if=is_none)

    @cached_property
    def hash(self) -> str:
        """Return the SHA-256 of the handbook's canonical text, in hex."""
        return content_hash(self)

    def model_copy(self, *, update: Mapping[str, object] | None = None, deep: bool = False) -> Self:
        """Return a copy that keeps nothing that was worked out from other fields than its own."""
        copied = super().model_copy(update=update, deep=deep)
        for name in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[name]
        return copied

    @cached_property
    def posts_by_id(self) -> dict[str, Post]:
        """Return every post by its id."""
        return {entry.id: entry for entry in self.posts}

    @cached_property
    def posts_by_place(self) -> dict[tuple[int | None, str], tuple[Post, ...]]:
        """Return the posts of a tier that cover a place, in order."""
        found: dict[tuple[int | None, str], list[Post]] = {}
        for entry in self.posts:
            found.setdefault((entry.tier, entry.covers), []).append(entry)
        return {place: tuple(posts) for place, posts in found.items()}

    @cached_property
    def enterprises_by_id(self) -> dict[str, Enterprise]:
        """Return every enterprise by its id."""
        return {entry.id: entry for entry in self.enterprises}

    @cached_property
    def grids_by_id(self) -> dict[str, Grid]:
        """Return every grid by its id."""
        return {entry.id: entry for entry in self.grids}

    @cached_property
    def matter_procedures(self) -> tuple[AnyProcedure, ...]:
        """Return every procedure by which the zone keeps matters, aggregate after aggregate."""
        return (
            *self.campaigns,
            *self.pipelines,
            *self.matches,
            *self.registers,
            *self.grants,
        )

    def procedure(self, id_: str) -> AnyProcedure | None:
        """Return the procedure called `id_`."""
        return next((each for each in self.matter_procedures if each.id == id_), None)

    def round_for(self, subject: Subject) -> RoundRule | None:
        """Return how several decide a subject; None: one person does."""
        return next((rule for rule in self.rounds if rule.subject is subject), None)

    @cached_property
    def rosters_by_id(self) -> dict[str, Roster]:
        """Return every duty roster by its id."""
        return {entry.id: entry for entry in self.rosters}

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        """Refuse a handbook that names what it does not hold, or leaves a tier without a post."""
        problems = [*repeated(self), *dangling(self), *uncovered(self)]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def top_tier(self) -> int:
        """Return the highest level of the chain."""
        return len(self.tiers)
