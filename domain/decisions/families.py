"""Which function judges which command: of teams, rounds, links, forms, callbacks, exclusions."""

from typing import assert_never

from domain import commands_of_exclusions as ex
from domain import commands_of_forms as fm
from domain import commands_of_kin as kn
from domain import commands_of_rounds as rd
from domain import commands_of_team as tm
from domain.commands_of_callbacks import CallbackCommand
from domain.decisions import (
    answer_links,
    applications,
    callbacks,
    exclusions,
    kin,
    meetings,
    merging,
    parts,
    rectification,
    voting,
)
from domain.decisions.draft import Draft

ProcedureCommand = (
    tm.TeamCommand
    | rd.RoundCommand
    | kn.KinCommand
    | fm.FormCommand
    | CallbackCommand
    | ex.ExclusionCommand
)


def carry_out(draft: Draft, command: ProcedureCommand) -> None:
    """Judge a command of one of these families."""
    if isinstance(command, tm.TeamCommand):
        _of_team(draft, command)
    elif isinstance(command, rd.RoundCommand):
        _of_round(draft, command)
    elif isinstance(command, kn.KinCommand):
        _of_kin(draft, command)
    elif isinstance(command, fm.FormCommand):
        _of_form(draft, command)
    elif isinstance(command, ex.ExclusionCommand):
        _of_exclusion(draft, command)
    else:
        callbacks.record_callback(draft, command)


def _of_team(draft: Draft, command: tm.TeamCommand) -> None:
    match command:
        case tm.AddPart():
            parts.add_part(draft, command)
        case tm.ReplacePart():
            parts.replace_part(draft, command)
        case tm.LeavePart():
            parts.leave_part(draft, command)
        case tm.RulePart():
            parts.rule_part(draft, command)
        case tm.ConcludeTeam():
            parts.conclude_team(draft, command)
        case tm.HoldMeeting():
            meetings.hold_meeting(draft, command)
        case _:
            assert_never(command)


def _of_round(draft: Draft, command: rd.RoundCommand) -> None:
    match command:
        case rd.Vote():
            voting.vote(draft, command)
        case rd.SettleRound():
            voting.settle_round(draft, command)
        case rd.IssueAnswerLink():
            answer_links.issue_answer_link(draft, command)
        case _:
            assert_never(command)


def _of_kin(draft: Draft, command: kn.KinCommand) -> None:
    match command:
        case kn.Link():
            kin.link(draft, command)
        case kn.Unlink():
            kin.unlink(draft, command)
        case kn.AddChild():
            kin.add_child(draft, command)
        case kn.ReleaseChild():
            kin.release_child(draft, command)
        case kn.Merge():
            merging.merge(draft, command)
        case kn.Unmerge():
            merging.unmerge(draft, command)
        case kn.JudgeSuggestion():
            kin.judge_suggestion(draft, command)
        case _:
            assert_never(command)


def _of_form(draft: Draft, command: fm.FormCommand) -> None:
    match command:
        case fm.DeclareRectified():
            rectification.declare_rectified(draft, command)
        case fm.Inspect():
            rectification.inspect(draft, command)
        case fm.SubmitItem():
            applications.submit_item(draft, command)
        case fm.CheckItem():
            applications.check_item(draft, command)
        case fm.SignApplication():
            applications.sign_application(draft, command)
        case fm.ApproveApplication():
            applications.approve_application(draft, command)
        case fm.RefuseApplication():
            applications.refuse_application(draft, command)
        case fm.Reapply():
            applications.reapply(draft, command)
        case _:
            assert_never(command)


def _of_exclusion(draft: Draft, command: ex.ExclusionCommand) -> None:
    match command:
        case ex.ExcludeFromFigures():
            exclusions.exclude_from_figures(draft, command)
        case ex.ReviewExclusion():
            exclusions.review_exclusion(draft, command)
        case ex.LiftExclusion():
            exclusions.lift_exclusion(draft, command)
        case _:
            assert_never(command)
