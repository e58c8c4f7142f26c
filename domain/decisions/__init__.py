"""What a command comes to: `decide` gives events, or refuses and says why."""

from typing import assert_never

from pydantic import ValidationError

from domain import commands as cmd
from domain import commands_of_ladder as ld
from domain import commands_of_modes as md
from domain import commands_of_time as tm
from domain import events as ev
from domain.calendar import CalendarError
from domain.commands_of_callbacks import RecordCallback, RecordDraw
from domain.commands_of_exclusions import ExclusionCommand
from domain.commands_of_import import ImportIssue
from domain.commands_of_kin import RecordKin, Unmerge
from domain.commands_of_rounds import Vote
from domain.commands_of_team import LeavePart, ReplacePart, RulePart
from domain.decisions import (
    adoption,
    callbacks,
    dispatch,
    families,
    handling,
    hearing,
    importing,
    intake,
    ladder,
    limits,
    meetings,
    modes,
    reopening,
    sign_off,
    team,
)
from domain.decisions.draft import OCCURRED_AGE_MAX, RULES, Context, Decision, Draft
from domain.decisions.rounds import drop_unneeded
from domain.decisions.time import let_time_pass
from domain.errors import (
    ConflictError,
    InvalidRequestError,
    NotPermittedError,
    UnknownIssueError,
    from_validation,
)
from domain.issue import Issue
from domain.model import written
from domain.people import ENGINE, Engine, named
from domain.permissions import PERMITTED, capacities_of, require
from domain.permissions_of_links import require_no_link
from domain.phases import Phase

__all__ = ["RULES", "Context", "Decision", "decide"]


def decide(issue: Issue | None, submission: cmd.Submission, context: Context) -> Decision:
    """Return the events that `submission` causes at `context.at`, or raise the IssueError that says
    why it is refused.

    Whatever had fallen due by then fires first. An empty decision is an outcome too: a ring that no
    longer stands.
    """
    if not 1 <= context.rules <= RULES:
        msg = f"rules revision {context.rules} is not known; this code decides by 1 to {RULES}"
        raise ValueError(msg)
    _require_past(submission, context)
    try:
        return _decided(issue, submission, context)
    except CalendarError as error:
        raise InvalidRequestError(
            f"The working calendar gives no deadline: {error}",
            field="calendar",
            value=context.terms.calendar.id,
        ) from error
    except ValidationError as error:
        # What passed as a command and cannot be an event: two bounds that do not fit together.
        raise from_validation(error) from error


def _decided(issue: Issue | None, submission: cmd.Submission, context: Context) -> Decision:
    draft = Draft(issue, submission.zone, submission.key, submission.actor, context)
    command = submission.command
    if isinstance(command, cmd.Report | ImportIssue):
        if issue is not None:
            raise ConflictError(
                "An issue was reported under this key before.",
                field="key",
                value=submission.key,
                allowed="a key of its own for each issue",
            )
        _require_version(submission, 0)
        meetings.require_decision((), submission.under, command.kind)
        require_no_link(submission.actor)
        if isinstance(command, ImportIssue):
            importing.import_issue(draft, command)
        else:
            intake.report(draft, command)
        return draft.decision()
    if issue is None:
        raise UnknownIssueError(
            "No issue was reported under this key.", field="key", value=submission.key
        )
    if issue.is_open:
        let_time_pass(draft)
        drop_unneeded(draft)
    _require_version(submission, draft.issue.version, draft.issue)
    meetings.require_decision(draft.issue.decisions_open, submission.under, command.kind)
    before = len(draft.events)
    if isinstance(command, cmd.EngineCommand):
        _engine_command(draft, command)
    else:
        _require_permission(draft, command)
        _carry_out(draft, command)
    if len(draft.events) > before:
        meetings.follow(draft, submission.under, command.kind)
    drop_unneeded(draft)
    return draft.decision()


def _require_past(submission: cmd.Submission, context: Context) -> None:
    occurred_at = submission.occurred_at
    if occurred_at is None:
        return
    if not context.at - OCCURRED_AGE_MAX <= occurred_at <= context.at:
        raise InvalidRequestError(
            "What is reported must have happened already.",
            field="occurred_at",
            value=occurred_at.isoformat(),
            allowed=f"{(context.at - OCCURRED_AGE_MAX).isoformat()} to {context.at.isoformat()}",
        )


def _require_version(submission: cmd.Submission, version: int, issue: Issue | None = None) -> None:
    """What time has done by now counts: a stale view is stale whoever was quicker."""
    expected = submission.expected_version
    if expected is not None and expected != version:
        raise ConflictError(
            "The issue has moved on.",
            field="expected_version",
            value=expected,
            allowed=f"{version}, its present version",
            current=None if issue is None else _standing(issue),
        )


def _standing(issue: Issue) -> dict[str, str]:
    """Return how the issue stands, for whoever acted on an older view of it (R5.6)."""
    deadline = issue.deadline
    said = {
        "version": str(issue.version),
        "phase": issue.phase,
        "tier": str(issue.tier),
        "owner": issue.owner,
        "handler": issue.handler,
    }
    if deadline is not None and deadline.due_at is not None:
        said["deadline"] = f"{deadline.id} {written(deadline.due_at)}"
    return said


OfAPart = cmd.AcceptPart | cmd.RefusePart | cmd.FinishPart | cmd.WaivePart | ReplacePart | LeavePart
EvenClosed = cmd.Reopen | tm.Correct | Vote | RecordCallback | Unmerge | ExclusionCommand
"""What may be asked of a closed issue: the rest is refused before it is asked who may."""


PeoplesCommand = (
    cmd.WorkCommand
    | ld.LadderCommand
    | md.ModeCommand
    | tm.TimeCommand
    | families.ProcedureCommand
    | cmd.SignOffCommand
)


def _require_permission(draft: Draft, command: PeoplesCommand) -> None:
    part = None
    if isinstance(command, OfAPart | RulePart):
        draft.require_phase(Phase.HANDLING)
        part = team.named_part(draft, command.part)
    if draft.issue.phase is Phase.CLOSED and not isinstance(command, EvenClosed):
        draft.require_phase(Phase.INTAKE, Phase.HANDLING, Phase.SIGN_OFF, Phase.PARKED)
    setting = draft.setting(command.kind)
    among = PERMITTED[command.kind]
    standing = capacities_of(draft.actor, draft.issue, setting, part, among)
    require(command, standing, draft.actor)


def _engine_command(draft: Draft, command: cmd.EngineCommand) -> None:
    """A ring has done its work by letting time pass; anything it named that fired is recorded."""
    if not isinstance(draft.actor, Engine):
        raise NotPermittedError(
            "Only closeout itself may do this.",
            field="actor",
            value=named(draft.actor),
            allowed="engine",
        )
    if isinstance(command, tm.AdoptCalendar | tm.AdoptHandbook):
        adoption.adopt(draft, command)
    if isinstance(command, RecordKin):
        hearing.record_kin(draft, command)
    if isinstance(command, RecordDraw):
        callbacks.record_draw(draft, command)
    if isinstance(command, ld.RecordHandover) and draft.issue.is_open:
        ladder.record_handover(draft)
    if isinstance(command, cmd.RecordHistoryLost) and draft.issue.is_open:
        draft.record(
            ev.HistoryLost(
                at=draft.at,
                by=ENGINE,
                run=command.run,
                from_at=command.from_at,
                to_at=command.to_at,
            )
        )


def _carry_out(draft: Draft, command: PeoplesCommand) -> None:
    if isinstance(command, cmd.SignOffCommand):
        _carry_out_sign_off(draft, command)
    elif isinstance(command, tm.TimeCommand):
        _carry_out_time(draft, command)
    elif isinstance(command, ld.LadderCommand):
        _carry_out_ladder(draft, command)
    elif isinstance(command, md.ModeCommand):
        _carry_out_mode(draft, command)
    elif isinstance(command, families.ProcedureCommand):
        families.carry_out(draft, command)
    else:
        _carry_out_work(draft, command)


def _carry_out_work(draft: Draft, command: cmd.WorkCommand) -> None:  # noqa: C901, PLR0912  # one case a command
    match command:
        case cmd.Accept():
            intake.accept(draft, command)
        case cmd.TurnAway():
            intake.turn_away(draft, command)
        case cmd.Assign():
            handling.assign(draft, command)
        case cmd.HandOver():
            handling.hand_over(draft, command)
        case cmd.Note():
            handling.note(draft, command)
        case cmd.Escalate():
            handling.escalate(draft, command)
        case cmd.Deescalate():
            handling.deescalate(draft, command)
        case cmd.Pause():
            handling.pause(draft, command)
        case cmd.Resume():
            handling.resume(draft, command)
        case cmd.ConveneTeam():
            team.convene_team(draft, command)
        case cmd.AcceptPart():
            team.accept_part(draft, command)
        case cmd.RefusePart():
            team.refuse_part(draft, command)
        case cmd.FinishPart():
            team.finish_part(draft, command)
        case cmd.WaivePart():
            team.waive_part(draft, command)
        case _:
            assert_never(command)


def _carry_out_time(draft: Draft, command: tm.TimeCommand) -> None:
    match command:
        case tm.Contact():
            limits.contact(draft, command)
        case tm.MakePlan():
            limits.make_plan(draft, command)
        case tm.DemandReply():
            limits.demand_reply(draft, command)
        case tm.GiveReply():
            limits.give_reply(draft, command)
        case tm.Reclassify():
            limits.reclassify(draft, command)
        case tm.AskExtension():
            limits.ask_extension(draft, command)
        case tm.AskPause():
            limits.ask_pause(draft, command)
        case tm.Grant():
            limits.grant(draft, command)
        case tm.Refuse():
            limits.refuse(draft, command)
        case tm.Correct():
            limits.correct(draft, command)
        case _:
            assert_never(command)


def _carry_out_ladder(draft: Draft, command: ld.LadderCommand) -> None:
    match command:
        case ld.Acknowledge():
            ladder.acknowledge(draft)
        case ld.TakeOver():
            ladder.take_over(draft, command)
        case ld.Instruct():
            ladder.instruct(draft, command)
        case ld.LiftInstruction():
            ladder.lift_instruction(draft, command)
        case ld.Urge():
            ladder.urge(draft, command)
        case ld.RefuseDispatch():
            dispatch.refuse_dispatch(draft, command)
        case ld.RuleDispatch():
            dispatch.rule_dispatch(draft, command)
        case _:
            assert_never(command)


def _carry_out_mode(draft: Draft, command: md.ModeCommand) -> None:
    match command:
        case md.OpenGreenChannel():
            modes.open_green_channel(draft, command)
        case md.DeclareEmergency():
            modes.declare_emergency(draft, command)
        case md.EnterStage():
            modes.enter_stage(draft, command)
        case md.EndEmergency():
            modes.end_emergency(draft, command)
        case md.AskParking():
            modes.ask_parking(draft, command)
        case md.ProlongParking():
            modes.prolong_parking(draft, command)
        case md.Unpark():
            modes.unpark(draft, command)
        case _:
            assert_never(command)


def _carry_out_sign_off(draft: Draft, command: cmd.SignOffCommand) -> None:
    match command:
        case cmd.ProposeResolution():
            sign_off.propose_resolution(draft, command)
        case cmd.Confirm():
            sign_off.confirm(draft, command)
        case cmd.Reject():
            sign_off.reject(draft, command)
        case cmd.MarkUnreachable():
            sign_off.mark_unreachable(draft, command)
        case cmd.Verify():
            sign_off.verify(draft, command)
        case cmd.SendBack():
            sign_off.send_back(draft, command)
        case cmd.Withdraw():
            sign_off.withdraw(draft, command)
        case cmd.Reopen():
            reopening.reopen(draft, command)
        case _:
            assert_never(command)
