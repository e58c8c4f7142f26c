"""A zone's rules and organisation as data: versioned, named by the hash of its content."""

from enum import StrEnum
from functools import cached_property
from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.canonical import content_hash
from domain.clock_rules import ClockRule, RungEffect
from domain.durations import Duration, WorkingDays
from domain.model import Code, Frozen, Name, is_none

TIER_MAX = 5


class Tier(Frozen):
    """One level of the escalation chain; 1 is nearest the enterprise."""

    level: Annotated[int, Field(ge=1, le=TIER_MAX)]
    id: Code
    name: Name


class Unit(Frozen):
    """A body that works on issues. An external one has no login: the owner acts for it (Q33)."""

    id: Code
    name: Name
    external: bool = False


class Role(StrEnum):
    """What a post may do beyond working on the issues that it owns."""

    COORDINATOR = "coordinator"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"


class Post(Frozen):
    """A place in the organisation. Issues belong to posts; people come and go (Q31).

    `covers` names a grid, an area or the zone. A post with a tier is in the escalation chain of
    every enterprise in what it covers.
    """

    id: Code
    name: Name
    covers: Code
    tier: Annotated[int, Field(ge=1, le=TIER_MAX)] | None = None
    unit: Code | None = None
    roles: tuple[Role, ...] = ()
    people: tuple[Code, ...] = ()


class Area(Frozen):
    """A sub-area of the zone."""

    id: Code
    name: Name


class Grid(Frozen):
    """The smallest territory: its enterprises share a first-tier post."""

    id: Code
    name: Name
    area: Code


class Enterprise(Frozen):
    """An enterprise and the grid it stands in."""

    id: Code
    name: Name
    grid: Code


class Category(Frozen):
    """A kind of issue and the units that usually handle it."""

    id: Code
    name: Name
    units: tuple[Code, ...] = ()


class SignOffRule(Frozen):
    """What binds the three acts of a sign-off."""

    reopen_days: Annotated[int, Field(ge=0, le=365)] = 30
    unreachable_attempts_min: Annotated[int, Field(ge=1, le=20)] = 3
    rejections_before_escalation: Annotated[int, Field(ge=1, le=5)] = 2


class PauseRule(Frozen):
    """How often the clocks of one issue may be stopped, and for how long in all (domain.md §8 Q7).

    `total` names the clock that counts all waiting of an issue; once it has run out, as beyond
    `times_max`, only the top tier may let an issue wait again.
    """

    times_max: Annotated[int, Field(ge=0, le=20)] = 5
    total: Code | None = Field(default=None, exclude_if=is_none)


class ExtensionRule(Frozen):
    """Which limits may be extended, how often for one issue, and by how much at once (Q8)."""

    clocks: Annotated[tuple[Code, ...], Field(min_length=1, max_length=32)]
    times_max: Annotated[int, Field(ge=0, le=20)] = 1
    at_most: Duration = WorkingDays(days=5)


class Audience(StrEnum):
    """Who is told."""

    OWNER = "owner"
    HANDLER = "handler"
    ENTERPRISE = "enterprise"
    TIER_ABOVE = "tier_above"
    TOP_TIER = "top_tier"
    TEAM = "team"
    COORDINATOR = "coordinator"


class NoticeRule(Frozen):
    """Whom to tell when something has happened. `effects` narrow a fired rung, `clocks` whatever
    names a clock."""

    on: Code
    to: Annotated[tuple[Audience, ...], Field(min_length=1)]
    effects: tuple[RungEffect, ...] = ()
    clocks: tuple[Code, ...] = ()


class Handbook(Frozen):
    """Everything by which the issues of one zone are judged."""

    zone: Code
    name: Name
    revision: Annotated[int, Field(ge=1)]
    calendar: Code
    allow_skip: bool = True
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1, max_length=TIER_MAX)]
    areas: Annotated[tuple[Area, ...], Field(min_length=1)]
    grids: Annotated[tuple[Grid, ...], Field(min_length=1)]
    units: tuple[Unit, ...] = ()
    posts: Annotated[tuple[Post, ...], Field(min_length=1)]
    enterprises: tuple[Enterprise, ...]
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

    @cached_property
    def hash(self) -> str:
        """Return the SHA-256 of the handbook's canonical text, in hex."""
        return content_hash(self)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        """Refuse a handbook that names what it does not hold, or leaves a tier without a post."""
        problems = [*_repeated(self), *_dangling(self), *_uncovered(self)]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def top_tier(self) -> int:
        """Return the highest level of the chain."""
        return len(self.tiers)


def _repeated(handbook: Handbook) -> list[str]:
    problems = []
    for what in ("areas", "grids", "units", "posts", "enterprises", "categories", "clocks"):
        ids = [entry.id for entry in getattr(handbook, what)]
        problems += [
            f"{what}: {id_!r} twice" for id_ in sorted({i for i in ids if ids.count(i) > 1})
        ]
    for clock in handbook.clocks:
        rungs = [rung.id for rung in clock.rungs]
        problems += [
            f"clock {clock.id}: rung {id_!r} twice"
            for id_ in sorted({i for i in rungs if rungs.count(i) > 1})
        ]
        if "." in clock.id:
            problems.append(f"clock {clock.id}: the dot is kept for the clocks of parts")
    if [tier.level for tier in handbook.tiers] != list(range(1, len(handbook.tiers) + 1)):
        problems.append("tiers: levels must be 1, 2, 3 … in order")
    return problems


def _dangling(handbook: Handbook) -> list[str]:
    areas = {area.id for area in handbook.areas}
    grids = {grid.id for grid in handbook.grids}
    units = {unit.id for unit in handbook.units}
    territory = areas | grids | {handbook.zone}
    problems = [f"grid {g.id}: no area {g.area!r}" for g in handbook.grids if g.area not in areas]
    problems += [
        f"enterprise {e.id}: no grid {e.grid!r}"
        for e in handbook.enterprises
        if e.grid not in grids
    ]
    problems += [
        f"category {c.id}: no unit {unit!r}"
        for c in handbook.categories
        for unit in c.units
        if unit not in units
    ]
    clocks = {clock.id for clock in handbook.clocks}
    named = handbook.extensions.clocks if handbook.extensions is not None else ()
    problems += [f"extensions: no clock {id_!r}" for id_ in named if id_ not in clocks]
    if handbook.pauses.total is not None and handbook.pauses.total not in clocks:
        problems.append(f"pauses: no clock {handbook.pauses.total!r} to count the total")
    for post in handbook.posts:
        if post.covers not in territory:
            problems.append(f"post {post.id}: covers unknown {post.covers!r}")
        if post.unit is not None and post.unit not in units:
            problems.append(f"post {post.id}: no unit {post.unit!r}")
        if post.tier is not None and post.tier > handbook.top_tier:
            problems.append(f"post {post.id}: no tier {post.tier}")
    return problems


def _uncovered(handbook: Handbook) -> list[str]:
    """Name every grid and tier that no post covers: an issue there would have no owner."""
    held = {(post.tier, post.covers) for post in handbook.posts if post.tier is not None}
    return [
        f"grid {grid.id}: no post of tier {tier.level} covers it"
        for grid in handbook.grids
        for tier in handbook.tiers
        if not any((tier.level, place) in held for place in (grid.id, grid.area, handbook.zone))
    ]
