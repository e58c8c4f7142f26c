"""An issue: everything its stream of events has made of it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from domain.clocks import Clock, RungDue
from domain.durations import Duration
from domain.model import ClockId, Code, Frozen, Key, Moment, Short, Text, is_none, is_unset
from domain.phases import (
    Duty,
    Origin,
    Outcome,
    PartStanding,
    PauseReason,
    Phase,
    Priority,
    ResultClass,
    SignOffOutcome,
)
from domain.staffing import LevelEffect

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Evidence(Frozen):
    """Something outside the ledger that bears an act out: where it is and the hash of its bytes."""

    reference: Short
    sha256: Hash | None = None


class Resolution(Frozen):
    """What was done about an issue, as its owner proposes it (R8.1).

    `reason` is required for every class but `solved` (domain.md §8 Q16).
    """

    result: ResultClass
    summary: Text
    reason: Text | None = None
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=20)] = ()


class SignOff(Frozen):
    """One round of the three-act sign-off: who proposed, how the enterprise had its say.

    `answerers` are all who answered in this round: none of them may verify it.
    """

    round: int
    resolution: Resolution
    proposed_at: Moment
    proposed_by: Code | None
    proposed_tier: int
    proposed_for: Code | None = Field(default=None, exclude_if=is_none)
    outcome: SignOffOutcome | None = None
    answered_at: Moment | None = None
    answered_by: Code | None = None
    answerers: tuple[Code, ...] = ()


class Part(Frozen):
    """One unit's share of a joint team's work."""

    id: Code
    unit: Code
    duty: Duty
    deliverable: Short
    required: bool = True
    standing: PartStanding = PartStanding.ASKED
    late: bool = False

    @property
    def is_settled(self) -> bool:
        """Return whether nothing more is expected of this part."""
        return self.standing in (PartStanding.FINISHED, PartStanding.WAIVED)


class Team(Frozen):
    """A joint team: a lead unit and the parts it brings together (R7)."""

    number: int
    lead: Code
    parts: tuple[Part, ...]

    def part(self, id_: str) -> Part | None:
        """Return the part called `id_`."""
        return next((part for part in self.parts if part.id == id_), None)

    @property
    def open_parts(self) -> tuple[Part, ...]:
        """Return the required parts that still owe something."""
        return tuple(part for part in self.parts if part.required and not part.is_settled)


class Pause(Frozen):
    """Why the clocks stand, and for whom."""

    reason: PauseReason
    party: Code | None
    since_at: Moment


class Request(Frozen):
    """What the owner has asked for and nobody has answered: more time, or a wait beyond the limit.

    While it is unanswered no clock changes. An escalation or a proposal ends it.
    """

    asked: Literal["extension", "pause", "parking"]
    asked_at: Moment
    asked_by: Code | None
    asked_for: Code | None = Field(default=None, exclude_if=is_none)
    clock: ClockId | None = None
    cycle: int | None = None
    extra: Duration | None = None
    reason: PauseReason | None = None
    party: Code | None = None
    note: Text


class Level(Frozen):
    """Who was at the issue's level when it came there, and whether they signed for it (R5.2, R5.4).

    `reopened` counts how often nothing came of an acknowledgement here.
    """

    people: tuple[Code, ...] = ()
    roster: Short | None = Field(default=None, exclude_if=is_none)
    acknowledged_at: Moment | None = Field(default=None, exclude_if=is_none)
    acknowledged_by: Code | None = Field(default=None, exclude_if=is_none)
    reopened: int = Field(default=0, exclude_if=is_unset)


class LeftLevel(Frozen):
    """A level that the issue has left, and what its clocks do meanwhile (R5.6)."""

    tier: int
    others: LevelEffect


class Dispatch(Frozen):
    """What was sent to a unit that may refuse it (R5.7). `arbiter` is set while a refusal waits for
    its ruling; once `bound` there is no refusing any more. `refused_for`: a deputy refused."""

    unit: Code
    handler: Code
    sent_at: Moment
    sent_by: Code | None
    bound: bool = False
    arbiter: Code | None = Field(default=None, exclude_if=is_none)
    refused_by: Code | None = Field(default=None, exclude_if=is_none)
    refused_for: Code | None = Field(default=None, exclude_if=is_none)


class Instruction(Frozen):
    """A leader's instruction that may still be in force (R5.8)."""

    number: int
    tier: int
    expires_at: Moment
    handler: Code | None = Field(default=None, exclude_if=is_none)
    holds_tier: bool = Field(default=False, exclude_if=is_unset)
    no_wait: bool = Field(default=False, exclude_if=is_unset)
    clock: ClockId | None = Field(default=None, exclude_if=is_none)


class Incident(Frozen):
    """The emergency that an issue belongs to, and how far it has come."""

    id: Key
    stage: Code
    ended_at: Moment | None = Field(default=None, exclude_if=is_none)


class Parking(Frozen):
    """Why the issue is parked, since when, and who asked for it; a deputy, for whom."""

    number: int
    since_at: Moment
    reason: Text
    approved_by: Code | None
    asked_by: Code | None = Field(default=None, exclude_if=is_none)
    asked_for: Code | None = Field(default=None, exclude_if=is_none)


class Issue(Frozen):
    """The fold of one stream. The owner is the accountable post; the handler does the work, in
    `unit` if the work was routed there (R5, M23).
    """

    zone: Code
    key: Key
    version: int
    terms: Hash
    phase: Phase
    origin: Origin
    priority: Priority
    category: Code
    enterprise: Code
    title: Short
    tier: int
    owner: Code
    handler: Code
    unit: Code | None = None
    reported_at: Moment
    changed_at: Moment
    number: Short | None = None
    outcome: Outcome | None = None
    accepted_at: Moment | None = None
    closed_at: Moment | None = None
    pause: Pause | None = None
    pauses: int = 0
    team: Team | None = None
    sign_off: SignOff | None = None
    rejections: int = 0
    under_review: bool = False
    reopened: int = 0
    tier_reached: int = 1
    clocks: tuple[Clock, ...] = ()
    request: Request | None = Field(default=None, exclude_if=is_none)
    extensions: int = Field(default=0, exclude_if=is_unset)
    reply_wanted: bool = Field(default=False, exclude_if=is_unset)
    reclassified: int = Field(default=0, exclude_if=is_unset)
    level: Level | None = Field(default=None, exclude_if=is_none)
    left: tuple[LeftLevel, ...] = Field(default=(), exclude_if=is_unset)
    dispatch: Dispatch | None = Field(default=None, exclude_if=is_none)
    refusals: int = Field(default=0, exclude_if=is_unset)
    instructions: tuple[Instruction, ...] = Field(default=(), exclude_if=is_unset)
    instructed: int = Field(default=0, exclude_if=is_unset)
    incident: Incident | None = Field(default=None, exclude_if=is_none)
    parking: Parking | None = Field(default=None, exclude_if=is_none)
    parked: int = Field(default=0, exclude_if=is_unset)
    emergencies: int = Field(default=0, exclude_if=is_unset)
    green_channels: int = Field(default=0, exclude_if=is_unset)
    raised: int = Field(default=0, exclude_if=is_unset)
    lowered: int = Field(default=0, exclude_if=is_unset)

    @property
    def stream(self) -> str:
        """Return the name of the issue's stream."""
        return stream_name(self.zone, self.key)

    @property
    def is_open(self) -> bool:
        """Return whether anything can still happen without a reopening."""
        return self.phase is not Phase.CLOSED

    def clock(self, id_: str) -> Clock | None:
        """Return the present cycle of the clock called `id_`."""
        return next((clock for clock in self.clocks if clock.id == id_), None)

    def instruction_at(self, at: datetime, scope: str) -> Instruction | None:
        """Return the instruction of the highest tier that is in force at `at` and sets `scope`:
        `handler`, `holds_tier` or `no_wait`."""
        in_force = [e for e in self.instructions if at < e.expires_at and getattr(e, scope)]
        return max(in_force, key=lambda each: (each.tier, each.number), default=None)

    @property
    def next_rung(self) -> tuple[Clock, RungDue] | None:
        """Return the rung that is due first, and its clock."""
        first: tuple[Clock, RungDue] | None = None
        for clock in self.clocks:
            for rung in clock.rungs:
                if first is None or (rung.due_at, clock.id) < (first[1].due_at, first[0].id):
                    first = clock, rung
        return first

    @property
    def deadline(self) -> Clock | None:
        """Return the running clock that ends first, breached ones included."""
        first: tuple[datetime, Clock] | None = None
        for clock in self.clocks:
            due_at = clock.due_at
            if due_at is not None and (
                first is None or (due_at, clock.id) < (first[0], first[1].id)
            ):
                first = due_at, clock
        return None if first is None else first[1]


def stream_name(zone: str, key: str) -> str:
    """Return the stream of the issue that a client calls `key` in `zone`."""
    return f"{zone}/{key}"
