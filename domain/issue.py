"""An issue: everything its stream of events has made of it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from domain.ballots import Round
from domain.clocks import Clock, RungDue
from domain.durations import Duration
from domain.exclusion import Exclusion
from domain.forms import Application, Rectification
from domain.kin import Tie
from domain.model import ClockId, Code, Frozen, Key, Moment, Short, Text, is_none, is_unset
from domain.phases import (
    CallbackAnswer,
    LinkType,
    Origin,
    Outcome,
    PauseReason,
    Phase,
    Priority,
    ResultClass,
    SignOffOutcome,
)
from domain.staffing import LevelEffect
from domain.team import DecisionRef, Length, Part, Team

__all__ = ["Part", "Team"]

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
MediaType = Annotated[str, Field(pattern=r"^[a-z]+/[A-Za-z0-9.+-]{1,100}$")]


class Evidence(Frozen):
    """Something outside the ledger that bears an act out: where it is, and of its bytes the hash,
    how many there are, and of what media type."""

    reference: Short
    sha256: Hash | None = None
    size: Annotated[int, Field(ge=0, le=2**40)] | None = Field(default=None, exclude_if=is_none)
    media_type: MediaType | None = Field(default=None, exclude_if=is_none)


class Promise(Frozen):
    """What the proposer of a resolution promises for later, and within what time from the
    close-out (R8.1)."""

    text: Text
    within: Length = Field(default=None, exclude_if=is_none)


class Resolution(Frozen):
    """What was done about an issue, as its owner proposes it (R8.1).

    `reason` is required for every class but `solved` (domain.md §8 Q16).
    """

    result: ResultClass
    summary: Text
    reason: Text | None = None
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=20)] = ()
    follow_up: Promise | None = Field(default=None, exclude_if=is_none)


class AnswerLink(Frozen):
    """A one-time link by which a person of the enterprise may answer one round (R8). The ledger has
    its name, never the link itself."""

    id: Code
    person: Code
    expires_at: Moment
    used: bool = Field(default=False, exclude_if=is_unset)


class SignOff(Frozen):
    """One round of the three-act sign-off: who proposed, how the enterprise had its say.

    `answerers` are all who had a hand in the answer, `proposers` those who proposed what it
    `mirrors`: none of them may verify it. `on_silence` is what the enterprise was told its silence
    would mean, `silent_at` by when as told then; by when it is now, that clock and rung say.
    `reviewed`: a closing review was called on it.
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
    mirrors: Key | None = Field(default=None, exclude_if=is_none)
    links: tuple[AnswerLink, ...] = Field(default=(), exclude_if=is_unset)
    on_silence: SignOffOutcome | None = Field(default=None, exclude_if=is_none)
    silent_at: Moment | None = Field(default=None, exclude_if=is_none)
    silence_by: ClockId | None = Field(default=None, exclude_if=is_none)
    silence_rung: Code | None = Field(default=None, exclude_if=is_none)
    reviewed: bool = Field(default=False, exclude_if=is_unset)
    proposers: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)

    @property
    def hands(self) -> tuple[str, ...]:
        """Return everybody who proposed or answered, the proposers of what it mirrors too."""
        alone = (self.proposed_by, self.proposed_for, self.answered_by)
        named = (person for person in alone if person is not None)
        return (*named, *self.proposers, *self.answerers)


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


class Closing(Frozen):
    """A close-out as callbacks have to know it, whatever becomes of the issue: everybody who had a
    hand in its result, and the sign-off that the enterprise may dispute, if there is one."""

    hands: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    sign_off: SignOffOutcome | None = Field(default=None, exclude_if=is_none)


class Callback(Closing):
    """A draw in which the issue came up, what it was closed out with then, and what the enterprise
    has said to it."""

    draw: Key
    answer: CallbackAnswer | None = Field(default=None, exclude_if=is_none)


class Source(Frozen):
    """Where an issue stands in the file that it was imported from: the SHA-256 of the file and of
    its row as it is written there, and the row's number."""

    file: Hash
    line: Annotated[int, Field(ge=1)]
    sha256: Hash


class Imported(Frozen):
    """Where an issue was kept before. `limits`: clocks whose deadline was stated there; it stands,
    whatever a later handbook gives."""

    source: Source
    limits: tuple[ClockId, ...] = Field(default=(), exclude_if=is_unset)


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
    report_id: Key | None = Field(default=None, exclude_if=is_none)
    matter: Key | None = Field(default=None, exclude_if=is_none)
    reported_by: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    promise: Promise | None = Field(default=None, exclude_if=is_none)
    meetings: int = Field(default=0, exclude_if=is_unset)
    decisions_open: tuple[DecisionRef, ...] = Field(default=(), exclude_if=is_unset)
    round: Round | None = Field(default=None, exclude_if=is_none)
    rounds: int = Field(default=0, exclude_if=is_unset)
    team_wanted: bool = Field(default=False, exclude_if=is_unset)
    ties: tuple[Tie, ...] = Field(default=(), exclude_if=is_unset)
    parted: tuple[Tie, ...] = Field(default=(), exclude_if=is_unset)
    """Links of other issues that are no more: what is heard of them late is known by it."""

    successors: int = Field(default=0, exclude_if=is_unset)
    merged_from: Phase | None = Field(default=None, exclude_if=is_none)
    merges: int = Field(default=0, exclude_if=is_unset)
    suggestions: tuple[Key, ...] = Field(default=(), exclude_if=is_unset)
    rectification: Rectification | None = Field(default=None, exclude_if=is_none)
    application: Application | None = Field(default=None, exclude_if=is_none)
    callbacks: tuple[Callback, ...] = Field(default=(), exclude_if=is_unset)
    closing: Closing | None = Field(default=None, exclude_if=is_none)
    verified_by: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    exclusions: tuple[Exclusion, ...] = Field(default=(), exclude_if=is_unset)
    imported: Imported | None = Field(default=None, exclude_if=is_none)

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

    @property
    def children_open(self) -> tuple[str, ...]:
        """Return the parts of this issue, issues themselves, that are not closed, or go on in
        another one: it waits for them (R10.2)."""
        return tuple(
            tie.other
            for tie in self.ties
            if tie.type is LinkType.PART_OF
            and tie.incoming
            and (tie.open is not False or tie.outcome is Outcome.MERGED)
        )

    def tie(self, type_: LinkType, other: str, *, incoming: bool = False) -> Tie | None:
        """Return the link of this type with `other`: its own, or, `incoming`, the other's."""
        asked = (type_, other, incoming)
        return next((e for e in self.ties if (e.type, e.other, e.incoming) == asked), None)

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
