"""What a command to a matter comes to: events, or a refusal that says why.

What every aggregate shares is judged here; the rest by the aggregate's own `decide`.
"""

from datetime import datetime
from typing import assert_never

from pydantic import ValidationError

from domain.calendar import CalendarError
from domain.decisions.draft import OCCURRED_AGE_MAX, RULES, Context
from domain.decisions.time import FIRINGS_MAX
from domain.errors import (
    ConflictError,
    InvalidRequestError,
    NotPermittedError,
    UnknownMatterError,
    UnknownProcedureError,
    WrongPhaseError,
    from_validation,
)
from domain.matters import acts
from domain.matters.commands import MatterCommand, MatterSubmission
from domain.matters.common import act_in_common, adopt_terms, require_sound_details
from domain.matters.dispatch import act, fire, open_own
from domain.matters.draft import MatterDecision, MatterDraft
from domain.matters.rules import AnyProcedure, aggregate_of
from domain.matters.state import Matter
from domain.people import Actor, Engine, named

__all__ = ["MatterDecision", "decide_matter"]


def decide_matter(
    matter: Matter | None, submission: MatterSubmission, context: Context
) -> MatterDecision:
    """Return the events that `submission` causes at `context.at`, or raise the IssueError that says
    why it is refused. Whatever had fallen due by then passes first."""
    if not 1 <= context.rules <= RULES:
        msg = f"rules revision {context.rules} is not known; this code decides by 1 to {RULES}"
        raise ValueError(msg)
    _require_past(submission.occurred_at, context.at)
    try:
        return _decided(matter, submission, context)
    except CalendarError as error:
        raise InvalidRequestError(
            f"The working calendar gives no deadline: {error}",
            field="calendar",
            value=context.terms.calendar.id,
        ) from error
    except ValidationError as error:
        raise from_validation(error) from error


def _decided(
    matter: Matter | None, submission: MatterSubmission, context: Context
) -> MatterDecision:
    command = submission.command
    draft = MatterDraft(
        matter, submission.zone, submission.key, submission.actor, command.kind, context
    )
    if isinstance(command, acts.OpeningCommand):
        _require_new(matter, submission)
        _open(draft, command)
        return draft.decision()
    if matter is None:
        raise UnknownMatterError(
            "No matter was opened under this key.", field="key", value=submission.key
        )
    let_time_pass(draft)
    _require_seen(submission, draft.matter)
    if isinstance(command, acts.MatterEngineCommand):
        _require_engine(submission.actor)
        _of_engine(draft, command)
    else:
        _act(draft, command)
    return draft.decision()


def let_time_pass(draft: MatterDraft) -> None:
    """Let every instant that was due by now pass, the earliest first: time comes before any act,
    whoever heard of it first."""
    for _ in range(FIRINGS_MAX):
        due = draft.matter.next_due
        if due is None or due.due_at > draft.at:
            return
        fire(draft, due)
    msg = f"{draft.matter.stream}: time brings up instants without end"
    raise RuntimeError(msg)


def _require_past(occurred_at: datetime | None, at: datetime) -> None:
    if occurred_at is not None and not at - OCCURRED_AGE_MAX <= occurred_at <= at:
        raise InvalidRequestError(
            "What is told must have happened already.",
            field="occurred_at",
            value=occurred_at.isoformat(),
            allowed=f"{(at - OCCURRED_AGE_MAX).isoformat()} to {at.isoformat()}",
        )


def _require_new(matter: Matter | None, submission: MatterSubmission) -> None:
    if matter is not None:
        raise ConflictError(
            "A matter was opened under this key before.",
            field="key",
            value=submission.key,
            allowed="a key of its own for each matter",
        )
    if submission.expected_version not in (None, 0):
        raise ConflictError(
            "There is no matter yet.",
            field="expected_version",
            value=submission.expected_version,
            allowed="0 or none",
        )


def _require_seen(submission: MatterSubmission, matter: Matter) -> None:
    expected = submission.expected_version
    if expected is not None and not matter.is_seen_at(expected):
        raise ConflictError(
            "The matter has moved on.",
            field="expected_version",
            value=expected,
            allowed=f"{matter.version}, its present version",
            current=_shown(matter),
        )


def _shown(matter: Matter) -> dict[str, str]:
    """Return how the matter stands, for whoever acted on an older view of it."""
    said = {"version": str(matter.version), "standing": matter.standing.value}
    return said if matter.stage is None else said | {"stage": matter.stage}


def _require_engine(actor: Actor) -> None:
    if not isinstance(actor, Engine):
        raise NotPermittedError(
            "Only closeout itself may do this.",
            field="actor",
            value=named(actor),
            allowed="engine",
        )


def _open(draft: MatterDraft, command: acts.OpeningCommand) -> None:
    rule = _procedure(draft, command)
    draft.require(rule.runs, command.concerns)
    require_sound_details(rule, command.details)
    open_own(draft, command, rule)


def _procedure(draft: MatterDraft, command: acts.OpeningCommand) -> AnyProcedure:
    rule = draft.handbook.procedure(command.procedure)
    if rule is None:
        raise UnknownProcedureError(
            "The zone's handbook has no such procedure.",
            field="procedure",
            value=command.procedure,
            allowed=[each.id for each in draft.handbook.matter_procedures],
        )
    wanted = f"open_{aggregate_of(rule)}"
    if draft.command != wanted:
        raise InvalidRequestError(
            "The procedure keeps matters of another kind.",
            field="command.kind",
            value=draft.command,
            allowed=wanted,
        )
    return rule


def _of_engine(draft: MatterDraft, command: acts.MatterEngineCommand) -> None:
    match command:
        case acts.RingMatter():
            return  # time has passed already
        case acts.AdoptMatterTerms():
            adopt_terms(draft, command)
        case _:
            assert_never(command)


def _act(draft: MatterDraft, command: MatterCommand) -> None:
    if not draft.matter.is_open:
        raise WrongPhaseError(
            "The matter is closed for good; what goes on is a new matter.",
            field="standing",
            value=draft.matter.standing,
            allowed="an open matter",
        )
    if isinstance(command, acts.CommonAct):
        act_in_common(draft, command)
    else:
        act(draft, command)
