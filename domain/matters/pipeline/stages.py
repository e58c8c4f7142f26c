"""How a pipeline goes on: from stage to stage, with its parties, with the dates others set."""

from domain.errors import ConflictError, InvalidRequestError
from domain.matters.draft import MatterDraft, numbered
from domain.matters.matter import Due
from domain.matters.pipeline.commands import MoveStage, RecordParty, SetDate
from domain.matters.pipeline.events import HardDateSet, PartyRecorded, StageMoved
from domain.matters.pipeline.guards import (
    known_date,
    known_party,
    known_stage,
    require_allowed,
    require_at_stage,
    require_going_on,
    require_room,
)
from domain.matters.pipeline.rules import Ending, PipelineProcedure, StageRule
from domain.matters.pipeline.state import HardDate, Pipeline
from domain.matters.pipeline.waiting import (
    STAGE,
    clocks,
    clocks_of_date,
    clocks_of_party,
    dues_of_date,
    dues_of_party,
    dues_of_stage,
    miss_checks_behind,
    pass_dates_behind,
    require_day,
    warned_at_once,
)
from domain.phases import Origin


def move_stage(
    draft: MatterDraft, state: Pipeline, command: MoveStage, rule: PipelineProcedure
) -> None:
    """Move a pipeline to another stage."""
    stage = known_stage(rule, command.to, "to")
    require_allowed(draft, stage.by, state.enterprise)
    _require_way(state, stage, rule)
    require_at_stage(rule, stage, command.amount, state.amount, command.values)
    _require_exemption(command, stage, rule)
    draft.record(
        StageMoved(
            at=draft.at,
            by=draft.actor,
            came_from=state.at_stage,
            to=stage.id,
            amount=command.amount or state.amount,
            values=command.values,
            ended=stage.end,
            exemption=command.exemption,
            note=command.note,
            sets=_sets(draft, state, stage, rule),
            meets=clocks(state) if stage.end is not None else _left(state),
            found=draft.found(command.problems, Origin.FOLLOW_UP, state.enterprise),
        )
    )
    moved = draft.matter
    if isinstance(moved, Pipeline) and state.ended is not None and moved.ended is None:
        pass_dates_behind(draft, moved, rule)
        miss_checks_behind(draft, moved, rule)


def record_party(
    draft: MatterDraft, state: Pipeline, command: RecordParty, rule: PipelineProcedure
) -> None:
    """Record how it stands with a party."""
    before = state.party(command.party)
    by, party = known_party(draft, rule, command, before)
    require_allowed(draft, by.by, state.enterprise)
    require_going_on(state)
    if before is None:
        require_room(state.parties)
    draft.record(
        PartyRecorded(
            at=draft.at,
            by=draft.actor,
            party=party,
            note=command.note,
            sets=dues_of_party(draft, party),
            meets=clocks_of_party(state, party.party),
            found=draft.found(command.problems, Origin.FOLLOW_UP, state.enterprise),
        )
    )


def set_date(
    draft: MatterDraft, state: Pipeline, command: SetDate, rule: PipelineProcedure
) -> None:
    """Record a hard date, or that it was changed."""
    draft.require_runs()
    by = known_date(rule, command.id, "id")
    require_day(draft, command.on, "on")
    require_going_on(state)
    before = state.hard_date(command.id)
    if before is not None:
        _require_change(command, before)
    changes = 0 if before is None else before.changes + 1
    hard = HardDate(id=command.id, on=command.on, changes=changes)
    draft.record(
        HardDateSet(
            at=draft.at,
            by=draft.actor,
            hard_date=hard,
            was=None if before is None else before.on,
            reason=command.reason,
            sets=numbered(dues_of_date(draft, hard, by)),
            meets=clocks_of_date(state, command.id),
            tells=warned_at_once(draft, hard, by, state.enterprise),
        )
    )
    changed = draft.matter
    if isinstance(changed, Pipeline):
        pass_dates_behind(draft, changed, rule)


def _require_way(state: Pipeline, stage: StageRule, rule: PipelineProcedure) -> None:
    here = rule.stage(state.at_stage)
    allowed = () if here is None else rule.next_stages(here)
    if stage.id not in allowed:
        raise ConflictError(
            "The pipeline does not go there from its present stage.",
            field="to",
            value=stage.id,
            allowed=allowed or "no further stage",
        )


def _require_exemption(command: MoveStage, stage: StageRule, rule: PipelineProcedure) -> None:
    if command.exemption is None:
        return
    known = [each.id for each in rule.exemptions]
    if stage.end is not Ending.FAILED or command.exemption not in known:
        raise InvalidRequestError(
            "An exemption goes with a failure, on one of the procedure's grounds.",
            field="exemption",
            value=command.exemption,
            allowed=known if stage.end is Ending.FAILED and known else "no exemption",
        )


def _require_change(command: SetDate, before: HardDate) -> None:
    if command.on == before.on:
        raise ConflictError("The date is set to that day already.", field="on", value=command.on)
    if command.reason is None:
        raise InvalidRequestError(
            "A hard date that others change says why.", field="reason", allowed="words"
        )


def _left(state: Pipeline) -> tuple[str, ...]:
    return () if state.due(STAGE) is None else (STAGE,)


def _sets(
    draft: MatterDraft, state: Pipeline, stage: StageRule, rule: PipelineProcedure
) -> tuple[Due, ...]:
    """Return what is waited for at a stage: its own time; and again, after an end, the rest."""
    dues = [*dues_of_stage(draft, stage)]
    if state.ended is not None and stage.end is None:
        dues += [due for each in state.parties for due in dues_of_party(draft, each)]
        for hard in state.dates:
            by = rule.hard_date(hard.id)
            dues += () if by is None or hard.passed else dues_of_date(draft, hard, by)
    return numbered(dues)
