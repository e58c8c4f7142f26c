"""What may be asked of an issue. Each is judged by one function in `decisions/`."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from domain.commands_of_ladder import LadderCommand, RecordHandover
from domain.commands_of_modes import ModeCommand
from domain.commands_of_time import Adoption, TimeCommand
from domain.errors import InvalidRequestError, from_validation
from domain.events import PartAsked
from domain.issue import Evidence, Resolution
from domain.model import ClockId, Code, CommandId, Frozen, Key, Moment, Short, Text, is_none
from domain.people import Actor
from domain.phases import Origin, PauseReason, Priority, TurnAwayCode
from domain.staffing import LevelEffect

SUBMISSION_BYTES_MAX = 64_000
PARTS_MAX = 50
COUNT_MAX = 2**31 - 1
"""No version and no cycle is higher; canonical JSON has no integers beyond 2^53."""


class Report(Frozen):
    """Report an issue. `tier` is where it enters: above 1 only through an officer of that tier."""

    kind: Literal["report"] = "report"
    enterprise: Code
    category: Code
    title: Short
    text: Text
    origin: Origin
    priority: Priority = Priority.ORDINARY
    tier: Annotated[int, Field(ge=1, le=5)] = 1
    incident: Key | None = Field(default=None, exclude_if=is_none)
    """Which emergency it belongs to, if it is one."""


class Accept(Frozen):
    """Take the report on: the issue gets its ledger number. `category` corrects the reporter's."""

    kind: Literal["accept"] = "accept"
    category: Code | None = None


class TurnAway(Frozen):
    """Say that the report is not admissible, why, and where to turn instead."""

    kind: Literal["turn_away"] = "turn_away"
    code: TurnAwayCode
    reason: Text
    referral: Short | None = None


class Assign(Frozen):
    """Name the post that does the work."""

    kind: Literal["assign"] = "assign"
    handler: Code
    reason: Text | None = None


class HandOver(Frozen):
    """Send the work sideways to a unit (M23). Tier and accountable owner stay."""

    kind: Literal["hand_over"] = "hand_over"
    unit: Code
    reason: Text


class Note(Frozen):
    """Add what is worth keeping."""

    kind: Literal["note"] = "note"
    text: Text
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=20)] = ()


class Escalate(Frozen):
    """Raise the issue to a higher tier. Without `to_tier`, to the next one. `others`: what becomes
    of the left level's own clocks, unless as the handbook says (R5.6)."""

    kind: Literal["escalate"] = "escalate"
    to_tier: Annotated[int, Field(ge=2, le=5)] | None = None
    reason: Text
    others: LevelEffect | None = Field(default=None, exclude_if=is_none)


class Deescalate(Frozen):
    """Give the issue back to a lower tier; its deadline history stays (Q30)."""

    kind: Literal["deescalate"] = "deescalate"
    to_tier: Annotated[int, Field(ge=1, le=4)]
    reason: Text
    others: LevelEffect | None = Field(default=None, exclude_if=is_none)


class ConveneTeam(Frozen):
    """Bring units together under a lead (R7)."""

    kind: Literal["convene_team"] = "convene_team"
    lead: Code
    parts: Annotated[tuple[PartAsked, ...], Field(min_length=1, max_length=PARTS_MAX)]
    reason: Text | None = None


class AcceptPart(Frozen):
    kind: Literal["accept_part"] = "accept_part"
    part: Code


class RefusePart(Frozen):
    kind: Literal["refuse_part"] = "refuse_part"
    part: Code
    reason: Text


class FinishPart(Frozen):
    kind: Literal["finish_part"] = "finish_part"
    part: Code
    summary: Text
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=20)] = ()


class WaivePart(Frozen):
    """Excuse a part. Only the lead or the owner may, and says why (R7.2)."""

    kind: Literal["waive_part"] = "waive_part"
    part: Code
    reason: Text


class Pause(Frozen):
    """Let the clocks stand while somebody outside has the next move."""

    kind: Literal["pause"] = "pause"
    reason: PauseReason
    party: Code | None = None
    note: Text


class Resume(Frozen):
    kind: Literal["resume"] = "resume"
    note: Text


class ProposeResolution(Frozen):
    """Say what was done. The first of three acts; the proposer can do neither of the others."""

    kind: Literal["propose_resolution"] = "propose_resolution"
    resolution: Resolution


class Confirm(Frozen):
    """The enterprise agrees. `recording` is required of an officer who confirms for it by proxy."""

    kind: Literal["confirm"] = "confirm"
    note: Text | None = None
    recording: Short | None = None


class Reject(Frozen):
    """The enterprise does not agree: back to work."""

    kind: Literal["reject"] = "reject"
    reason: Text


class MarkUnreachable(Frozen):
    """Record that the enterprise could not be reached in `attempts` tries."""

    kind: Literal["mark_unreachable"] = "mark_unreachable"
    attempts: Annotated[int, Field(ge=1, le=100)]
    note: Text


class Verify(Frozen):
    """Strike the number off. The third act, one tier above the owner."""

    kind: Literal["verify"] = "verify"
    note: Text | None = None


class SendBack(Frozen):
    """Do not strike the number off: the work or the evidence is not enough."""

    kind: Literal["send_back"] = "send_back"
    reason: Text


class Withdraw(Frozen):
    """The reporter's side takes the issue back (Q20)."""

    kind: Literal["withdraw"] = "withdraw"
    reason: Text


class Reopen(Frozen):
    """A closed issue turns out not to be done."""

    kind: Literal["reopen"] = "reopen"
    reason: Text


class RingRung(Frozen):
    """The engine says that a threshold has passed. What no longer stands yields nothing."""

    kind: Literal["ring_rung"] = "ring_rung"
    clock: ClockId
    cycle: Annotated[int, Field(ge=1, le=COUNT_MAX)]
    rung: Code


class RecordHistoryLost(Frozen):
    """The engine says that a workflow's history is gone and its clock was put back."""

    kind: Literal["record_history_lost"] = "record_history_lost"
    run: Short
    from_at: Moment
    to_at: Moment


WorkCommand = (
    Accept
    | TurnAway
    | Assign
    | HandOver
    | Note
    | Escalate
    | Deescalate
    | ConveneTeam
    | AcceptPart
    | RefusePart
    | FinishPart
    | WaivePart
    | Pause
    | Resume
)
SignOffCommand = (
    ProposeResolution | Confirm | Reject | MarkUnreachable | Verify | SendBack | Withdraw | Reopen
)
EngineCommand = RingRung | RecordHistoryLost | RecordHandover | Adoption

Command = Annotated[
    Report
    | WorkCommand
    | LadderCommand
    | ModeCommand
    | TimeCommand
    | SignOffCommand
    | EngineCommand,
    Field(discriminator="kind"),
]


class Submission(Frozen):
    """A command on its way to an issue: who asks, of which issue, and under which id.

    `id` makes it safe to send again. `expected_version` refuses it if the issue has moved on.
    `occurred_at` is when the act took place by the actor's word, if not when it is recorded.
    """

    id: CommandId
    zone: Code
    key: Key
    actor: Actor
    command: Command
    expected_version: Annotated[int, Field(ge=0, le=COUNT_MAX)] | None = None
    occurred_at: Moment | None = None


SUBMISSION: TypeAdapter[Submission] = TypeAdapter(Submission)


def read_submission(text: str | bytes) -> Submission:
    """Return the submission that a JSON text holds, or refuse it naming field, value and bounds."""
    sent = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    if len(sent) > SUBMISSION_BYTES_MAX:
        raise InvalidRequestError(
            "The request is too large.",
            field="request",
            value=f"{len(sent)} bytes",
            allowed=f"at most {SUBMISSION_BYTES_MAX} bytes",
        )
    try:
        return SUBMISSION.validate_json(sent)
    except ValidationError as error:
        raise from_validation(error) from error
