"""What can have happened to an issue's time: limits asked for, changed, moved to other terms."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from domain.durations import Duration
from domain.happening import Happened
from domain.issue import Evidence, Hash
from domain.model import ClockId, Code, Moment, Short, Text, is_none
from domain.personal import Sealed
from domain.phases import PauseReason, Priority


class EnterpriseContacted(Happened):
    """Whoever works on the issue has spoken with the enterprise."""

    kind: Literal["enterprise_contacted"] = "enterprise_contacted"
    channel: Short | None = None
    note: Text
    personal: Sealed | None = Field(default=None, exclude_if=is_none)


class PlanMade(Happened):
    """The enterprise has been told what will be done, and perhaps by when."""

    kind: Literal["plan_made"] = "plan_made"
    plan: Text
    finish_on: date | None = None


class ReplyDemanded(Happened):
    """A supervisor wants an answer (督办)."""

    kind: Literal["reply_demanded"] = "reply_demanded"
    question: Text


class ReplyGiven(Happened):
    kind: Literal["reply_given"] = "reply_given"
    reply: Text


class IssueReclassified(Happened):
    """Category or priority changed; each running clock answers by its own rule (R3.1)."""

    kind: Literal["issue_reclassified"] = "issue_reclassified"
    from_category: Code
    to_category: Code
    from_priority: Priority
    to_priority: Priority
    reason: Text


class ExtensionAsked(Happened):
    """More time is asked for, before the limit has passed (Q8)."""

    kind: Literal["extension_asked"] = "extension_asked"
    clock: ClockId
    cycle: int
    extra: Duration
    reason: Text


class ExtensionGranted(Happened):
    """More time is given by a tier above. Both deadlines stand in its clock transition."""

    kind: Literal["extension_granted"] = "extension_granted"
    clock: ClockId
    cycle: int
    extra: Duration
    note: Text


class PauseAsked(Happened):
    """A wait beyond what the handbook allows is asked of the top tier (Q7)."""

    kind: Literal["pause_asked"] = "pause_asked"
    reason: PauseReason
    party: Code | None = None
    note: Text


class PauseGranted(Happened):
    kind: Literal["pause_granted"] = "pause_granted"
    note: Text


class RequestRefused(Happened):
    """What was asked for is not given: the limits stay as they are."""

    kind: Literal["request_refused"] = "request_refused"
    asked: Literal["extension", "pause", "parking"]
    reason: Text


class FactCorrected(Happened):
    """An earlier event took place at another time than was recorded (R3.5).

    It changes nothing that was decided; the view "as known now" counts with it.
    """

    kind: Literal["fact_corrected"] = "fact_corrected"
    version: Annotated[int, Field(ge=1)]
    took_place_at: Moment
    reason: Text
    evidence: tuple[Evidence, ...] = ()


class TermsAdopted(Happened):
    """The issue is judged by other terms from here on (R3.4). One ClockMigrated follows for each
    clock that this moves; clocks that have ended never move.

    `reference` names the publication or the plan, `author` who decided on it.
    """

    kind: Literal["terms_adopted"] = "terms_adopted"
    ground: Literal["calendar", "handbook", "undo"]
    reference: Short
    from_terms: Hash
    to_terms: Hash
    handbook: Hash
    calendar: Hash
    reason: Text
    author: Short
    approver: Short | None = None


class ClockMigrated(Happened):
    """One open clock under the terms just adopted: old and new deadline, and why (R2.3)."""

    kind: Literal["clock_migrated"] = "clock_migrated"
    clock: ClockId
    cycle: int
    old_due_at: Moment | None
    new_due_at: Moment | None
    was_provisional: bool
    is_provisional: bool
    reason: Text
    author: Short


TimeEvent = (
    EnterpriseContacted
    | PlanMade
    | ReplyDemanded
    | ReplyGiven
    | IssueReclassified
    | ExtensionAsked
    | ExtensionGranted
    | PauseAsked
    | PauseGranted
    | RequestRefused
    | FactCorrected
    | TermsAdopted
    | ClockMigrated
)
