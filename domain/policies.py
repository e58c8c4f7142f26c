"""The zone's rules of conduct as data: how often, from which tier, by whom, and who decides."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.clock_rules import RungEffect
from domain.durations import Duration, WorkingDays
from domain.model import Code, Frozen, Name, Short, is_none, is_unset
from domain.phases import Origin, Priority, RejectionStep
from domain.procedures import PartTemplate, ReopenRow
from domain.staffing import Clock24, Level, LevelEffect


class SignOffRule(Frozen):
    """What binds the three acts of a sign-off.

    `sent_back_counts`: what the verifier sends back counts as a rejection. `by_persons_tier`: the
    verifier stands above whoever proposed, at whichever tier the issue was.
    """

    reopen_days: Annotated[int, Field(ge=0, le=365)] = 30
    unreachable_attempts_min: Annotated[int, Field(ge=1, le=20)] = 3
    rejections_before_escalation: Annotated[int, Field(ge=1, le=5)] = 2
    sent_back_counts: bool = Field(default=False, exclude_if=is_unset)
    by_persons_tier: bool = Field(default=False, exclude_if=is_unset)
    says_silence: bool = Field(default=False, exclude_if=is_unset)
    """Whether the enterprise is told, on the record, what its silence will mean and when (R8.4)."""

    rejected: Annotated[tuple[RejectionStep, ...], Field(max_length=10)] = Field(
        default=(), exclude_if=is_unset
    )
    """What follows the first, second … refusal; the last entry also all further ones (R8.3). Empty:
    `rejections_before_escalation` says when one more goes a tier up."""

    rejections_max: Annotated[int, Field(ge=1, le=20)] | None = Field(
        default=None, exclude_if=is_none
    )
    """The refusal that calls the closing review, by the round for it; None: none does."""

    team: Code | None = Field(default=None, exclude_if=is_none)
    """The standing team that a refusal convenes; unset, the owner has to convene one."""

    reopening: Annotated[tuple[ReopenRow, ...], Field(max_length=5)] = Field(
        default=(), exclude_if=is_unset
    )
    """How a closed issue is taken up again, by its age; empty: a new cycle in `reopen_days`."""

    promise: Code | None = Field(default=None, exclude_if=is_none)
    """The clock that counts what was promised in a resolution, in the issue that follows it up."""

    follow_up: bool = Field(default=False, exclude_if=is_unset)
    """Whether a partial result and a promise lead to a linked issue that follows them up (Q17)."""

    link_hours: Annotated[int, Field(ge=1, le=2160)] | None = Field(
        default=None, exclude_if=is_none
    )
    """How long a one-time link for the enterprise's answer is good; None: there are none."""


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


class LadderRule(Frozen):
    """What keeps the ladder from being climbed up and down without end (R5.5, R5.6).

    `raised_times_max` and `lowered_times_max` count acts on one issue, not what time does.
    `fallback` is the post that owns what no level can take; it is never empty by the proof.
    """

    raised_times_max: Annotated[int, Field(ge=1, le=100)] | None = Field(
        default=None, exclude_if=is_none
    )
    lowered_times_max: Annotated[int, Field(ge=0, le=100)] | None = Field(
        default=None, exclude_if=is_none
    )
    fallback: Code | None = Field(default=None, exclude_if=is_none)
    others: LevelEffect | None = Field(default=None, exclude_if=is_none)
    """What becomes of a left level's own clocks unless the act says; None: they are closed."""


class DispatchRule(Frozen):
    """A unit may refuse what was sent to it, in time, to a named arbiter (R5.7).

    `refusal` is the clock within which it may; `ruling` the arbiter's own. From `hops_max` refusals
    on a ruling binds; when the arbiter's time is over, `fallback` is bound. `arbiters` are asked in
    order: the first whose post does not belong to the refusing unit and has somebody in it.
    """

    refusal: Code
    ruling: Code
    arbiters: Annotated[tuple[Code, ...], Field(min_length=1, max_length=8)]
    hops_max: Annotated[int, Field(ge=1, le=20)] = 2
    fallback: Code


class GreenChannelRule(Frozen):
    """Who may open the green channel (绿色通道), and how often for one issue."""

    from_tier: Level
    times_max: Annotated[int, Field(ge=1, le=20)] = 1


class EmergencyStage(Frozen):
    """One of the phases under an incident: rescue, recovery."""

    id: Code
    name: Name


class EmergencyRule(Frozen):
    """Who may declare an emergency, through which stages it goes, and how late its facts may be
    recorded without being flagged."""

    from_tier: Level
    stages: Annotated[tuple[EmergencyStage, ...], Field(min_length=1, max_length=8)]
    times_max: Annotated[int, Field(ge=1, le=20)] = 2
    """How often one issue may be declared one: each declaration and each end gives new limits."""

    late_record_minutes: Annotated[int, Field(ge=1, le=525_600)] | None = Field(
        default=None, exclude_if=is_none
    )


class ParkingRule(Frozen):
    """Parking (挂账, R11): `review` is the clock to the next review; at its end the issue goes back
    to work unless the approver has prolonged it. `times_max` counts parkings and prolongings."""

    review: Code
    from_tier: Level
    times_max: Annotated[int, Field(ge=1, le=20)] = 3


class InstructionRule(Frozen):
    """From which tier a leader instructs (批示, R5.8), and for how long at most, in days."""

    from_tier: Level
    days_max: Annotated[int, Field(ge=1, le=365)] = 30
    clocks: tuple[Code, ...] = ()
    """Whose limits an instruction may shorten. More time is an extension, and asked for."""


class RouteTo(StrEnum):
    """Where a row of the routing table sends the work."""

    OWNER = "owner"
    CATEGORY = "category"
    UNIT = "unit"


class RoutingRow(Frozen):
    """A row of the first-hit table by which accepted issues are routed (M23, Q24). A question that
    is not asked is answered by every issue. `to` category: the first of its units with a post."""

    id: Code
    categories: tuple[Code, ...] = ()
    priorities: tuple[Priority, ...] = ()
    origins: tuple[Origin, ...] = ()
    areas: tuple[Code, ...] = ()
    grids: tuple[Code, ...] = ()
    segments: tuple[Code, ...] = ()
    lists: tuple[Code, ...] = ()
    tiers: tuple[Level, ...] = ()
    to: RouteTo
    unit: Code | None = None
    source: Short | None = None

    @model_validator(mode="after")
    def _names_a_unit(self) -> Self:
        if (self.to is RouteTo.UNIT) != (self.unit is not None):
            msg = f"routing {self.id}: `unit` and to = 'unit' go together"
            raise ValueError(msg)
        return self


class TeamTemplate(Frozen):
    """A standing joint team: who leads and who takes part, for which categories."""

    id: Code
    name: Name
    lead: Code
    members: Annotated[tuple[Code, ...], Field(min_length=1, max_length=50)]
    categories: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    parts: Annotated[tuple[PartTemplate, ...], Field(max_length=50)] = Field(
        default=(), exclude_if=is_unset
    )
    """What each is asked for; empty: every member has a part of its own, named as the team."""
    source: Short | None = Field(default=None, exclude_if=is_none)


class Audience(StrEnum):
    """Who is told."""

    OWNER = "owner"
    HANDLER = "handler"
    ENTERPRISE = "enterprise"
    TIER_ABOVE = "tier_above"
    TOP_TIER = "top_tier"
    ALL_TIERS = "all_tiers"
    SKIPPED_TIERS = "skipped_tiers"
    TEAM = "team"
    COORDINATOR = "coordinator"
    SUPERVISOR = "supervisor"
    ARBITER = "arbiter"
    ELECTORS = "electors"
    PART_UNIT = "part_unit"


class NoticeRule(Frozen):
    """Whom to tell when something has happened. `effects` narrow a fired rung, `clocks` whatever
    names a clock."""

    on: Code
    to: Annotated[tuple[Audience, ...], Field(min_length=1)]
    effects: tuple[RungEffect, ...] = ()
    clocks: tuple[Code, ...] = ()
    urgent: bool = Field(default=False, exclude_if=is_unset)
    """Told at once: neither quiet hours nor a storm hold it back."""
    channels: Annotated[tuple[Code, ...], Field(max_length=16)] = Field(
        default=(), exclude_if=is_unset
    )
    """Through which of the addressee's channels; empty: all. The inbox is always one of them."""


class QuietHours(Frozen):
    """When nobody is disturbed, by the zone's time: from `begins` to before `ends`, HH:MM, over
    midnight if that is earlier. What is told meanwhile goes out when they end, as one message."""

    begins: Clock24
    ends: Clock24

    @model_validator(mode="after")
    def _ends_some_time(self) -> Self:
        if self.begins == self.ends:
            raise ValueError("quiet hours begin and end at different times of day")
        return self


class StormRule(Frozen):
    """How many messages one address is sent within a window; the rest follow as one at its end."""

    threshold: Annotated[int, Field(ge=1, le=1000)]
    window_minutes: Annotated[int, Field(ge=1, le=24 * 60)]


class TellingRule(Frozen):
    """How people are told: what is not urgent, and is not of an emergency, may be held back."""

    quiet: QuietHours | None = Field(default=None, exclude_if=is_none)
    storm: StormRule | None = Field(default=None, exclude_if=is_none)
    source: Short | None = Field(default=None, exclude_if=is_none)
