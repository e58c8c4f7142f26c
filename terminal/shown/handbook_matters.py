"""The procedures by which matters are kept, as a table: who runs each, its parts, its limits."""

from collections.abc import Iterable

from domain.handbook import Handbook
from domain.matters.campaign.rules import CampaignProcedure
from domain.matters.grant.rules import GrantProcedure
from domain.matters.match.rules import MatchProcedure
from domain.matters.pipeline.rules import PipelineProcedure
from domain.matters.procedure import DueRule
from domain.matters.register.rules import RegisterProcedure
from domain.matters.rules import AnyProcedure
from terminal.shown.durations import brief_duration
from terminal.shown.frames import Column, Sheet, inline, kept, wrapped

NO_LIMIT = "no limit of time"


def matter_sheet(book: Handbook) -> Sheet:
    """Return a row for each procedure; `--json` has all of it."""
    sheet = Sheet(
        (kept("Procedure"), Column("Name"), wrapped("Run by"), wrapped("Parts"), wrapped("Within"))
    )
    for rule in book.matter_procedures:
        sheet.add(
            f"{rule.id}\n({kind_of(rule)})",
            inline(rule.name),
            ", ".join(map(str, rule.runs)),
            "\n".join(_parts(rule)),
            "\n".join(_limits(rule)) or NO_LIMIT,
        )
    return sheet


def kind_of(rule: AnyProcedure) -> str:
    """Return what a procedure keeps, in one word."""
    match rule:
        case CampaignProcedure():
            return "campaign"
        case PipelineProcedure():
            return "meetings" if rule.meets else "pipeline"
        case MatchProcedure():
            return "match"
        case RegisterProcedure():
            return f"register of {rule.subjects}s"
        case GrantProcedure():
            return rule.keeps.value


def _parts(rule: AnyProcedure) -> Iterable[str]:
    match rule:
        case CampaignProcedure():
            return [f"step {each.id}" for each in rule.steps]
        case PipelineProcedure():
            return [
                *(f"stage {each.id}" for each in rule.stages),
                *(f"party {each.id}" for each in rule.parties),
                *(f"date {each.id}" for each in rule.dates),
            ]
        case MatchProcedure():
            return [
                *(f"side {each.id}" for each in rule.sides),
                *(f"step {each.id}" for each in rule.steps),
            ]
        case RegisterProcedure():
            return [
                *(f"status {each.id}" for each in rule.statuses),
                *(f"rate {each.id}" for each in rule.rates),
            ]
        case GrantProcedure():
            return [
                *(f"unit {each.id}" for each in rule.units),
                *(f"gate {each.id}" for each in rule.gate),
            ]


def _limits(rule: AnyProcedure) -> list[str]:
    found: list[tuple[str, DueRule | None]] = []
    more: list[str] = []
    match rule:
        case CampaignProcedure():
            found = [(each.id, each.due) for each in rule.steps]
            found.append(("any answer", rule.unanswered))
            if rule.cadence is not None:
                more.append(f"{rule.cadence.step}: {rule.cadence.days}, {rule.cadence.cut_off}")
        case PipelineProcedure():
            found = [*((each.id, each.due) for each in rule.stages), ("a check", rule.check)]
        case MatchProcedure():
            found = [("an answer", rule.due)]
        case RegisterProcedure():
            found = [("a check", rule.check)]
        case GrantProcedure():
            found = [("refill", rule.refill)]
            if rule.duration is not None:
                more.append(f"lasts {brief_duration(rule.duration)}")
    return [*(f"{id_}: {_due(due)}" for id_, due in found if due is not None), *more]


def _due(due: DueRule) -> str:
    then = "" if due.then is None else f", then every {brief_duration(due.then)}"
    told = ", ".join(map(str, due.levels))
    return f"{brief_duration(due.within)}{then} → {told}"
