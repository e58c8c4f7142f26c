"""How a pipeline is opened."""

from collections.abc import Iterable

from domain.errors import InvalidRequestError
from domain.matters.draft import MatterDraft, numbered
from domain.matters.pipeline.commands import OpenPipeline
from domain.matters.pipeline.events import PipelineOpened
from domain.matters.pipeline.guards import (
    known_date,
    known_party,
    known_stage,
    require_at_stage,
)
from domain.matters.pipeline.rules import PipelineProcedure, StageRule
from domain.matters.pipeline.state import HardDate, Party, Pipeline
from domain.matters.pipeline.waiting import (
    dues_of_date,
    dues_of_party,
    dues_of_stage,
    pass_dates_behind,
    require_day,
    warned_at_once,
)


def open_pipeline(draft: MatterDraft, command: OpenPipeline, rule: PipelineProcedure) -> None:
    """Open a pipeline. `runs` and the asked details have been checked."""
    _require_whose(draft, command, rule)
    stage = _first_stage(command, rule)
    require_at_stage(rule, stage, command.amount, None, command.values)
    parties = _parties(draft, command, rule)
    dates = _dates(draft, command, rule)
    ruled = [(each, known_date(rule, each.id, "dates")) for each in dates]
    near = (warned_at_once(draft, hard, by, command.enterprise) for hard, by in ruled)
    dues = [*dues_of_stage(draft, stage)]
    dues += [due for each in parties for due in dues_of_party(draft, each)]
    dues += [due for hard, by in ruled for due in dues_of_date(draft, hard, by)]
    draft.record(
        PipelineOpened(
            at=draft.at,
            by=draft.actor,
            procedure=rule.id,
            title=command.title,
            details=command.details,
            post=draft.opening_post(rule),
            enterprise=command.enterprise,
            stage=stage.id,
            amount=command.amount,
            values=command.values,
            parties=parties,
            dates=dates,
            sets=numbered(dues),
            tells=_once(near),
        )
    )
    opened = draft.matter
    if isinstance(opened, Pipeline):
        pass_dates_behind(draft, opened, rule)


def _require_whose(draft: MatterDraft, command: OpenPipeline, rule: PipelineProcedure) -> None:
    if rule.meets and command.enterprise is not None:
        raise InvalidRequestError(
            "Meetings are of no one enterprise.",
            field="enterprise",
            value=command.enterprise,
            allowed="no enterprise",
        )
    if not rule.meets and command.enterprise is None:
        raise InvalidRequestError(
            "A pipeline is some enterprise's.", field="enterprise", allowed="an enterprise"
        )
    if command.enterprise is not None:
        draft.require_enterprise(command.enterprise)


def _first_stage(command: OpenPipeline, rule: PipelineProcedure) -> StageRule:
    if command.stage is None:
        return rule.stages[0]
    stage = known_stage(rule, command.stage, "stage")
    if stage.end is not None:
        raise InvalidRequestError(
            "A pipeline does not begin at an end.",
            field="stage",
            value=stage.id,
            allowed=[each.id for each in rule.stages if each.end is None],
        )
    return stage


def _parties(
    draft: MatterDraft, command: OpenPipeline, rule: PipelineProcedure
) -> tuple[Party, ...]:
    parties: dict[str, Party] = {}
    for number, given in enumerate(command.parties):
        where = f"parties.{number}."
        if given.party in parties:
            raise InvalidRequestError(
                "The party is named twice.", field=f"{where}party", value=given.party
            )
        parties[given.party] = known_party(draft, rule, given, None, where)[1]
    return tuple(parties.values())


def _dates(
    draft: MatterDraft, command: OpenPipeline, rule: PipelineProcedure
) -> tuple[HardDate, ...]:
    for each in rule.dates:
        if each.required and each.id not in command.dates:
            raise InvalidRequestError(
                "A date that the procedure asks for is missing.",
                field=f"dates.{each.id}",
                allowed="a day",
            )
    for id_, on in command.dates.items():
        known_date(rule, id_, f"dates.{id_}")
        require_day(draft, on, f"dates.{id_}")
    # In the procedure's order: the ledger keeps a command's fields in one of its own.
    given = [each.id for each in rule.dates if each.id in command.dates]
    return tuple(HardDate(id=id_, on=command.dates[id_]) for id_ in given)


def _once(names: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for several in names for name in several))
