"""What a command to a pipeline comes to: events, or a refusal that says why."""

from typing import assert_never

from domain.errors import InvalidRequestError
from domain.matters.acts import DuePassed
from domain.matters.draft import MatterDraft
from domain.matters.matter import Due
from domain.matters.pipeline.commands import (
    MoveStage,
    OpenPipeline,
    PipelineCommand,
    RecordMeeting,
    RecordParty,
    SetDate,
)
from domain.matters.pipeline.meetings import record_meeting
from domain.matters.pipeline.opening import open_pipeline
from domain.matters.pipeline.rules import PipelineProcedure
from domain.matters.pipeline.stages import move_stage, record_party, set_date
from domain.matters.pipeline.state import Pipeline
from domain.matters.pipeline.waiting import due_rule, passed
from domain.matters.procedure import DueRule

__all__ = ["open_pipeline"]


def act_on_pipeline(
    draft: MatterDraft, state: Pipeline, command: PipelineCommand, rule: PipelineProcedure
) -> None:
    """Carry out any other command."""
    match command:
        case MoveStage():
            move_stage(draft, state, command, rule)
        case RecordParty():
            record_party(draft, state, command, rule)
        case SetDate():
            set_date(draft, state, command, rule)
        case RecordMeeting():
            record_meeting(draft, state, command, rule)
        case OpenPipeline():
            msg = f"{state.stream}: {command.kind} begins a stream only"
            raise TypeError(msg)
        case _:
            assert_never(command)


def due_rule_in_pipeline(
    state: Pipeline, due: Due, rule: PipelineProcedure
) -> tuple[DueRule | None, str | None]:
    """Return by which rule an instant was set, None if nobody is told of its passing; and the
    enterprise that it concerns."""
    return due_rule(state, due, rule)


def passed_in_pipeline(
    draft: MatterDraft, state: Pipeline, passed_due: DuePassed, rule: PipelineProcedure
) -> None:
    """Do what else the passing of an instant means, after it was recorded and told."""
    passed(draft, state, passed_due, rule)


def require_pipeline_closable(state: Pipeline, rule: PipelineProcedure) -> None:
    """Let it be closed at any stage: what closes it says in words how it ended, and its stage
    stays as it was."""


def require_pipeline_fits(state: Pipeline, rule: PipelineProcedure) -> None:
    """Refuse terms whose procedure lacks what the pipeline stands on."""
    held: list[tuple[str, str, object]] = [("stage", state.at_stage, rule.stage(state.at_stage))]
    held += [("party", each.type, rule.party(each.type)) for each in state.parties]
    held += [("date", each.id, rule.hard_date(each.id)) for each in state.dates]
    for what, id_, found in held:
        if found is None:
            raise InvalidRequestError(
                "The procedure no longer has what the pipeline stands on.", field=what, value=id_
            )
    here = rule.stage(state.at_stage)
    if here is not None and here.end is not state.ended:
        raise InvalidRequestError(
            "The pipeline's stage means something else by now.",
            field="stage",
            value=state.at_stage,
            allowed=state.ended or "a stage that is no end",
        )
    if rule.meets != (state.enterprise is None):
        raise InvalidRequestError(
            "The procedure keeps something else by now.", field="meets", value=rule.meets
        )
