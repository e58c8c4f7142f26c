"""What a procedure asks at each point of a command: its own fields, days, ticks."""

from collections.abc import Mapping, Sequence
from typing import assert_never

from domain.matters.campaign.rules import CampaignProcedure
from domain.matters.grant.rules import GateItem, GrantProcedure
from domain.matters.match.rules import MatchProcedure
from domain.matters.pipeline.rules import PipelineProcedure
from domain.matters.register.rules import RegisterProcedure
from domain.matters.rules import AnyProcedure
from domain.matters.values import FieldRule
from domain.matters.words import ValueKind
from domain.model import Name


def fields_asked(
    kind: str, path: str, rule: AnyProcedure, fixed: Mapping[str, str]
) -> Sequence[FieldRule] | Sequence[GateItem]:
    """Return what a procedure asks in a map of a command, such as its `values`."""
    name = path.rpartition(".")[2]
    if kind.startswith("open_") and name == "details":
        return rule.asks
    match rule:
        case CampaignProcedure():
            step = rule.step(fixed.get("step"))
            return () if step is None else step.fields
        case PipelineProcedure():
            return _of_pipeline(kind, name, rule, fixed)
        case RegisterProcedure():
            return rule.subject_fields if name == "details" else rule.fields
        case GrantProcedure():
            if name == "gate":
                return rule.gate
            return rule.monitoring if kind == "record_monitoring" else rule.fields
        case MatchProcedure():
            if kind == "record_outcome":
                return rule.outcome
            taken = rule.step(fixed.get("step", ""))
            return () if taken is None else taken.fields
        case _:
            assert_never(rule)


def _of_pipeline(
    kind: str, name: str, rule: PipelineProcedure, fixed: Mapping[str, str]
) -> Sequence[FieldRule]:
    if name == "dates":
        return [
            FieldRule(id=each.id, name=each.name, type=ValueKind.DAY, required=each.required)
            for each in rule.dates
        ]
    if kind == "record_meeting":
        return rule.outcome
    stage = rule.stage(fixed.get("to") or fixed.get("stage") or rule.stages[0].id)
    return () if stage is None else stage.fields


VARYING: Mapping[str, str] = {
    "record_step": "step",
    "record_step_for_many": "step",
    "correct_step": "step",
    "move_stage": "to",
    "record_proposal_step": "step",
}
"""Commands whose form depends on one of their fields: it is settled before the form is shown."""


def variants_of(kind: str, rule: AnyProcedure) -> tuple[tuple[str, Name], ...]:
    """Return the values of the field on which the form of a command depends."""
    match rule:
        case CampaignProcedure() | MatchProcedure():
            return tuple((each.id, each.name) for each in rule.steps)
        case PipelineProcedure():
            return tuple((each.id, each.name) for each in rule.stages)
        case _:
            return ()
