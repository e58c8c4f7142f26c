"""What can have happened to an issue. Facts: never edited, never removed."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from domain.clock_rules import RungEffect
from domain.clocks import RungDue
from domain.events_of_callbacks import CallbackEvent
from domain.events_of_exclusions import ExclusionEvent
from domain.events_of_forms import FormEvent
from domain.events_of_import import IssueImported
from domain.events_of_kin import KinEvent
from domain.events_of_ladder import LadderEvent, People
from domain.events_of_modes import ModeEvent
from domain.events_of_rounds import RoundEvent
from domain.events_of_team import TeamEvent
from domain.events_of_time import TimeEvent
from domain.forms import Application, RectifyAsked
from domain.happening import Happened
from domain.issue import Evidence, Promise, Resolution
from domain.model import ClockId, Code, Key, Moment, Short, Text, is_none, is_unset
from domain.personal import Sealed, SealedContact
from domain.phases import (
    CloseRule,
    Origin,
    Outcome,
    PauseReason,
    Priority,
    RejectionStep,
    ReopenMode,
    SignOffOutcome,
    TurnAwayCode,
)
from domain.staffing import LevelEffect
from domain.team import PartAsked

__all__ = ["PartAsked"]

Satisfaction = Annotated[int, Field(ge=1, le=5)]
"""How content the enterprise is, by its own word: 1 not at all, 5 entirely."""


class IssueReported(Happened):
    """`people` are in the owner's post at that instant, by `roster` if there is one (R5.2)."""

    kind: Literal["issue_reported"] = "issue_reported"
    enterprise: Code
    category: Code
    title: Short
    text: Text
    origin: Origin
    priority: Priority
    tier: int
    owner: Code
    owner_person: Code | None
    people: People = Field(default=(), exclude_if=is_unset)
    roster: Short | None = Field(default=None, exclude_if=is_none)
    report_id: Key | None = Field(default=None, exclude_if=is_none)
    succeeds: Key | None = Field(default=None, exclude_if=is_none)
    promise: Promise | None = Field(default=None, exclude_if=is_none)
    rectify: RectifyAsked | None = Field(default=None, exclude_if=is_none)
    application: Application | None = Field(default=None, exclude_if=is_none)
    reporters: People = Field(default=(), exclude_if=is_unset)
    """Whose report it is, where rounds, callbacks or rectifications have to keep them apart."""

    contact: SealedContact | None = Field(default=None, exclude_if=is_none)
    matter: Key | None = Field(default=None, exclude_if=is_none)
    """The matter in which it came to light."""


class IssueAccepted(Happened):
    kind: Literal["issue_accepted"] = "issue_accepted"
    number: Short
    category: Code
    handler: Code


class IssueTurnedAway(Happened):
    kind: Literal["issue_turned_away"] = "issue_turned_away"
    code: TurnAwayCode
    reason: Text
    referral: Short | None = None


class IssueAssigned(Happened):
    """The handler changes within the owner's own reach; tier and owner stay. `refusable`: a unit
    may refuse it within the handbook's time (R5.7)."""

    kind: Literal["issue_assigned"] = "issue_assigned"
    handler: Code
    unit: Code | None = None
    reason: Text | None = None
    refusable: bool = Field(default=False, exclude_if=is_unset)


class IssueHandedOver(Happened):
    """Routing: the work goes sideways to a unit; tier and owner stay (M23)."""

    kind: Literal["issue_handed_over"] = "issue_handed_over"
    unit: Code
    handler: Code
    reason: Text
    refusable: bool = Field(default=False, exclude_if=is_unset)


class NoteAdded(Happened):
    kind: Literal["note_added"] = "note_added"
    text: Text
    evidence: tuple[Evidence, ...] = ()
    personal: Sealed | None = Field(default=None, exclude_if=is_none)


class IssueEscalated(Happened):
    """The tier rises and the accountable owner with it. `passed` is set when time did it.

    `number` counts such acts where the handbook bounds them. `taken_over`: a higher tier took it.
    """

    kind: Literal["issue_escalated"] = "issue_escalated"
    from_tier: int
    to_tier: int
    owner: Code
    owner_person: Code | None
    skipped: tuple[int, ...] = ()
    reason: Text | None = None
    passed: ClockId | None = None
    people: People = Field(default=(), exclude_if=is_unset)
    roster: Short | None = Field(default=None, exclude_if=is_none)
    number: int | None = Field(default=None, exclude_if=is_none)
    taken_over: bool = Field(default=False, exclude_if=is_unset)
    others: LevelEffect | None = Field(default=None, exclude_if=is_none)


class IssueDeescalated(Happened):
    kind: Literal["issue_deescalated"] = "issue_deescalated"
    from_tier: int
    to_tier: int
    owner: Code
    owner_person: Code | None
    reason: Text
    people: People = Field(default=(), exclude_if=is_unset)
    roster: Short | None = Field(default=None, exclude_if=is_none)
    number: int | None = Field(default=None, exclude_if=is_none)
    others: LevelEffect | None = Field(default=None, exclude_if=is_none)


class TeamConvened(Happened):
    """`part_clock` is the kind of clock that makes a part late; unset: any clock of the part."""

    kind: Literal["team_convened"] = "team_convened"
    number: int
    lead: Code
    parts: tuple[PartAsked, ...]
    reason: Text | None = None
    closes: CloseRule | None = Field(default=None, exclude_if=is_none)
    quorum: int | None = Field(default=None, exclude_if=is_none)
    template: Code | None = Field(default=None, exclude_if=is_none)
    part_clock: Code | None = Field(default=None, exclude_if=is_none)


class PartAccepted(Happened):
    kind: Literal["part_accepted"] = "part_accepted"
    part: Code


class PartRefused(Happened):
    """The unit objects to being named. With an `arbiter` the objection is ruled upon (R7.4)."""

    kind: Literal["part_refused"] = "part_refused"
    part: Code
    reason: Text
    arbiter: Code | None = Field(default=None, exclude_if=is_none)


class PartFinished(Happened):
    kind: Literal["part_finished"] = "part_finished"
    part: Code
    summary: Text
    evidence: tuple[Evidence, ...] = ()


class PartWaived(Happened):
    """The lead excuses a part, and what its unit said to that (R7.2)."""

    kind: Literal["part_waived"] = "part_waived"
    part: Code
    reason: Text
    answer: Text | None = Field(default=None, exclude_if=is_none)


class IssuePaused(Happened):
    kind: Literal["issue_paused"] = "issue_paused"
    reason: PauseReason
    party: Code | None = None
    note: Text


class IssueResumed(Happened):
    kind: Literal["issue_resumed"] = "issue_resumed"
    note: Text


class ResolutionProposed(Happened):
    kind: Literal["resolution_proposed"] = "resolution_proposed"
    round: int
    resolution: Resolution
    mirrors: Key | None = Field(default=None, exclude_if=is_none)
    """The issue whose outcome is proposed here as well, because this one duplicates it (R10.3)."""

    proposers: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    """Who proposed it there: none of them answers for the enterprise here or verifies."""


class SignOffAnswered(Happened):
    """The enterprise had its say, in person or by a recorded proxy, or could not be reached."""

    kind: Literal["sign_off_answered"] = "sign_off_answered"
    round: int
    outcome: SignOffOutcome
    note: Text | None = None
    recording: Short | None = None
    attempts: int | None = None
    satisfaction: Satisfaction | None = Field(default=None, exclude_if=is_none)
    personal: Sealed | None = Field(default=None, exclude_if=is_none)


class ResolutionRejected(Happened):
    """The enterprise refused the resolution: back to work, with a clock for the redo (R8.3)."""

    kind: Literal["resolution_rejected"] = "resolution_rejected"
    round: int
    reason: Text
    satisfaction: Satisfaction | None = Field(default=None, exclude_if=is_none)
    step: RejectionStep | None = Field(default=None, exclude_if=is_none)


class SignOffLapsed(Happened):
    """The window closed in silence. Never the same as an acceptance (R8.2)."""

    kind: Literal["sign_off_lapsed"] = "sign_off_lapsed"
    round: int


class ResolutionSentBack(Happened):
    """The verifier did not strike the number off. `counts`: as a rejection."""

    kind: Literal["resolution_sent_back"] = "resolution_sent_back"
    round: int
    reason: Text
    counts: bool = Field(default=False, exclude_if=is_unset)


class IssueClosedOut(Happened):
    """The number is struck off the ledger (销号), or a withdrawal is confirmed. `verifiers` are the
    persons who did, where closed issues are drawn for callbacks: none of them calls back."""

    kind: Literal["issue_closed_out"] = "issue_closed_out"
    outcome: Outcome
    sign_off: SignOffOutcome
    note: Text | None = None
    verifiers: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    evidence: tuple[Evidence, ...] = Field(default=(), exclude_if=is_unset)


class IssueWithdrawn(Happened):
    """The reporter's side took the issue back. Once accepted, a verifier still closes it (Q20)."""

    kind: Literal["issue_withdrawn"] = "issue_withdrawn"
    reason: Text
    closes: bool


class IssueReopened(Happened):
    """Taken up again. Unset, `mode` is a new cycle (R10.1). `child`: for that part of it was."""

    kind: Literal["issue_reopened"] = "issue_reopened"
    reason: Text
    tier: int
    owner: Code
    owner_person: Code | None
    people: People = Field(default=(), exclude_if=is_unset)
    roster: Short | None = Field(default=None, exclude_if=is_none)
    mode: ReopenMode | None = Field(default=None, exclude_if=is_none)
    child: Key | None = Field(default=None, exclude_if=is_none)


class RungFired(Happened):
    """A threshold of a clock passed. `due_at` to `at` is its lateness (R4.6).

    `percent` is None for a rung that is not a share of the budget. `next` is the next repeat of a
    rung that repeats; `skipped` are the repeats whose time had passed as well: one firing stands
    for all. `late_by_us`: it fired so late that the platform, not the people, is to blame.
    """

    kind: Literal["rung_fired"] = "rung_fired"
    clock: ClockId
    cycle: int
    rung: Code
    percent: int | None = Field(default=None, exclude_if=is_none)
    effect: RungEffect
    due_at: Moment
    next: RungDue | None = Field(default=None, exclude_if=is_none)
    skipped: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    late_by_us: bool = Field(default=False, exclude_if=is_unset)


class IssuePutToReview(Happened):
    """The top tier ran out of time: onto the agenda of the thematic study (M26, Q5)."""

    kind: Literal["issue_put_to_review"] = "issue_put_to_review"
    clock: ClockId


class HistoryLost(Happened):
    """The workflow history of a span is gone; a new run keeps the issue's time."""

    kind: Literal["history_lost"] = "history_lost"
    run: Short
    from_at: Moment
    to_at: Moment


Event = Annotated[
    IssueReported
    | IssueImported
    | IssueAccepted
    | IssueTurnedAway
    | IssueAssigned
    | IssueHandedOver
    | NoteAdded
    | IssueEscalated
    | IssueDeescalated
    | TeamConvened
    | PartAccepted
    | PartRefused
    | PartFinished
    | PartWaived
    | IssuePaused
    | IssueResumed
    | ResolutionProposed
    | SignOffAnswered
    | ResolutionRejected
    | SignOffLapsed
    | ResolutionSentBack
    | IssueClosedOut
    | IssueWithdrawn
    | IssueReopened
    | RungFired
    | IssuePutToReview
    | HistoryLost
    | LadderEvent
    | ModeEvent
    | TimeEvent
    | TeamEvent
    | RoundEvent
    | KinEvent
    | FormEvent
    | CallbackEvent
    | ExclusionEvent,
    Field(discriminator="kind"),
]

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
