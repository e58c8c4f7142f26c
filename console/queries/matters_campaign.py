"""A campaign on its page: enterprises by steps, and the rounds of its daily report."""

from collections.abc import Iterator

from console.queries.issue_timeline import word
from console.queries.matters_sheets import (
    Cell,
    Sheet,
    Shown,
    day_cell,
    firm_cell,
    heads,
    number_cell,
    sheet,
    text_cell,
)
from console.queries.matters_values import joined, values_name
from domain.lights import Light
from domain.matters.campaign.rules import CampaignProcedure, StepRule
from domain.matters.campaign.state import Campaign, Target
from domain.model import Name


def campaign_sheets(matter: Campaign, rule: CampaignProcedure, shown: Shown) -> Iterator[Sheet]:
    """Yield the tables of a campaign."""
    targets = sorted(
        (each for each in matter.targets if shown.only in (None, each.enterprise)),
        key=lambda each: (not each.overdue and not each.silent, each.excluded, each.finished),
    )
    steps = [each for each in rule.steps if not rule.is_reported(each.id)]
    names = (*heads("enterprise", "standing"), *(each.name for each in steps))
    rows = [
        (
            firm_cell(shown, target.enterprise),
            _standing(target, rule, shown),
            *(_step(target, step) for step in steps),
        )
        for target in targets
    ]
    yield sheet("targets", names, rows, shown)
    if rule.cadence is not None and shown.only is None:
        yield _rounds(matter, shown)
    elif rule.cadence is not None:
        yield _reports(targets, rule, shown)


def _standing(target: Target, rule: CampaignProcedure, shown: Shown) -> Cell:
    if target.excluded:
        grounds = {each.id: each.name for each in rule.exclusions}
        ground = grounds.get(target.ground or "")
        named = word("matter_standing.excluded")
        return text_cell(named if ground is None else joined((named, ground), ": "))
    if target.finished:
        return Cell(word("matter_standing.finished"), light=Light.GREEN)
    if target.silent or target.overdue:
        return Cell(word("matter_standing.overdue"), light=Light.RED)
    first = min((each.due_at for each in target.waits), default=None)
    if first is None:
        return text_cell(word("matter_standing.running"))
    return Cell(word("matter_standing.due"), at=first, light=Light.GREEN)


def _step(target: Target, step: StepRule) -> Cell:
    done = target.has_done(step.id)
    if done is None:
        is_late = step.id in target.overdue
        return Cell(word("matter_standing.missing") if is_late else None, light=_red(is_late))
    parts = [Name(zh=done.on.isoformat(), en=done.on.isoformat())]
    if done.times > 1:
        parts.append(Name(zh=f"{done.times} 次", en=f"{done.times} times"))
    if done.late:
        parts.append(word("matter_standing.late"))
    if done.no_abnormality:
        parts.append(word("matter_standing.no_abnormality"))
    told = values_name(done.values, step.fields)
    return text_cell(joined([*parts, told] if told is not None else parts, " · "))


def _red(is_late: bool) -> Light | None:
    return Light.RED if is_late else None


def _rounds(matter: Campaign, shown: Shown) -> Sheet:
    rows = [
        (
            day_cell(each.on),
            number_cell(f"{each.reported} / {each.expected}"),
            number_cell(each.late),
            number_cell(each.absent if each.closed else None),
            number_cell(each.no_abnormality),
            text_cell(joined(shown.naming.enterprise(id_) for id_ in each.missing[:5])),
        )
        for each in reversed(matter.rounds)
    ]
    named = heads("day", "reported", "late", "absent", "no_abnormality", "missing")
    return sheet("rounds", named, rows, shown)


def _reports(targets: list[Target], rule: CampaignProcedure, shown: Shown) -> Sheet:
    """Return what one enterprise reported last."""
    cadence = rule.cadence
    step = None if cadence is None else rule.step(cadence.step)
    found = [] if step is None else [(step, each.has_done(step.id)) for each in targets]
    rows = [
        (day_cell(done.on), text_cell(values_name(done.values, step.fields)))
        for step, done in found
        if done is not None
    ]
    return sheet("reports", heads("day", "values"), rows, shown)
