"""What may be asked of an issue. Each is judged by one function in `decisions/`."""

from typing import Annotated, Literal, Self

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from domain.commands_of_callbacks import CallbackCommand, RecordDraw
from domain.commands_of_exclusions import ExclusionCommand
from domain.commands_of_forms import FormCommand
from domain.commands_of_import import ImportIssue
from domain.commands_of_kin import KinCommand, RecordKin
from domain.commands_of_ladder import LadderCommand, RecordHandover
from domain.commands_of_modes import ModeCommand
from domain.commands_of_rounds import RoundCommand
from domain.commands_of_team import TeamCommand
from domain.commands_of_time import Adoption, TimeCommand
from domain.errors import InvalidRequestError, from_validation
from domain.events import Satisfaction
from domain.forms import ApplyAsked, RectifyAsked
from domain.issue import Evidence, Promise, Resolution
from domain.model import (
    ClockId,
    Code,
    CommandId,
    Frozen,
    Key,
    Moment,
    Short,
    Text,
    is_none,
    is_unset,
)
from domain.people import Actor
from domain.personal import ContactPerson, Said
from domain.phases import CloseRule, Origin, PauseReason, Priority, TurnAwayCode
from domain.staffing import LevelEffect
from domain.team import PARTS_MAX, DecisionRef, PartAsked
from domain.vouching import Vouch

SUBMISSION_BYTES_MAX = 64_000
REPORTERS_MAX = 50
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

    report_id: Key | None = Field(default=None, exclude_if=is_none)
    """Shared by the issues of one message that tells of several problems (Q37)."""

    rectify: RectifyAsked | None = Field(default=None, exclude_if=is_none)
    """What the enterprise has to put right, for a report of an inspector (Q43)."""

    application: ApplyAsked | None = Field(default=None, exclude_if=is_none)
    """What is applied for, of the kinds that the handbook knows (Q44)."""

    contact: ContactPerson | None = Field(default=None, exclude_if=is_none)
    """Whom to reach about it."""

    succeeds: Key | None = Field(default=None, exclude_if=is_none)
    promise: Promise | None = Field(default=None, exclude_if=is_none)
    reporters: Annotated[tuple[Code, ...], Field(max_length=REPORTERS_MAX)] = Field(
        default=(), exclude_if=is_unset
    )
    """Which issue it comes of, what was promised there, and whose report that was: the engine's own
    to say."""

    matter: Key | None = Field(default=None, exclude_if=is_none)
    """The matter in which it came to light: the engine's own to say."""


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
    personal: Said | None = Field(default=None, exclude_if=is_none)
    """What it says of a person: here and in the commands below sealed, never in the text."""


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
    """Bring units together under a lead (R7): by a standing `template`, or by lead and parts. With
    a template, parts that are named take the place of those of the same id or join them."""

    kind: Literal["convene_team"] = "convene_team"
    lead: Code | None = None
    parts: Annotated[tuple[PartAsked, ...], Field(max_length=PARTS_MAX)] = ()
    reason: Text | None = None
    template: Code | None = Field(default=None, exclude_if=is_none)
    closes: CloseRule | None = Field(default=None, exclude_if=is_none)
    quorum: Annotated[int, Field(ge=1, le=PARTS_MAX)] | None = Field(
        default=None, exclude_if=is_none
    )

    @model_validator(mode="after")
    def _names_a_team(self) -> Self:
        if self.template is None and (self.lead is None or not self.parts):
            msg = "a team is named by `lead` and `parts`, or by a `template`"
            raise ValueError(msg)
        if (self.closes is CloseRule.QUORUM) != (self.quorum is not None):
            msg = "`quorum` and closes = 'quorum' go together"
            raise ValueError(msg)
        return self


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
    """Excuse a part. Only the lead or the owner may, and says why and what the unit said."""

    kind: Literal["waive_part"] = "waive_part"
    part: Code
    reason: Text
    answer: Text | None = Field(default=None, exclude_if=is_none)


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
    satisfaction: Satisfaction | None = Field(default=None, exclude_if=is_none)
    personal: Said | None = Field(default=None, exclude_if=is_none)


class Reject(Frozen):
    """The enterprise does not agree: back to work."""

    kind: Literal["reject"] = "reject"
    reason: Text
    satisfaction: Satisfaction | None = Field(default=None, exclude_if=is_none)


class MarkUnreachable(Frozen):
    """Record that the enterprise could not be reached in `attempts` tries."""

    kind: Literal["mark_unreachable"] = "mark_unreachable"
    attempts: Annotated[int, Field(ge=1, le=100)]
    note: Text
    personal: Said | None = Field(default=None, exclude_if=is_none)


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
EngineCommand = RingRung | RecordHistoryLost | RecordHandover | RecordKin | RecordDraw | Adoption

Command = Annotated[
    Report
    | ImportIssue
    | WorkCommand
    | LadderCommand
    | ModeCommand
    | TimeCommand
    | TeamCommand
    | RoundCommand
    | KinCommand
    | FormCommand
    | CallbackCommand
    | ExclusionCommand
    | SignOffCommand
    | EngineCommand,
    Field(discriminator="kind"),
]


class Submission(Frozen):
    """A command on its way to an issue: who asks, of which issue, and under which id.

    `id` makes it safe to send again. `expected_version` refuses it if the issue has moved on.
    `occurred_at` is when the act took place by the actor's word, if not when it is recorded.
    `under` names the decision of a meeting that it carries out, `vouched` is a face's word for who
    the actor is.
    """

    id: CommandId
    zone: Code
    key: Key
    actor: Actor
    command: Command
    expected_version: Annotated[int, Field(ge=0, le=COUNT_MAX)] | None = None
    occurred_at: Moment | None = None
    under: DecisionRef | None = Field(default=None, exclude_if=is_none)
    vouched: Vouch | None = Field(default=None, exclude_if=is_none)


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
        raise from_validation(error) from None  # it names keys, and a key may be a personal text
