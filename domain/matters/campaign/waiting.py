"""Until when a campaign waits for what: each target's own instants, and the clocks they share.

A clock of a step stands at the earliest instant at which any target is due. So a campaign of two
thousand enterprises has as many clocks as it has steps.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime

from domain.days import ONE_DAY
from domain.matters.campaign.events import (
    CampaignEvent,
    CampaignOpened,
    Overdue,
    StepOverdue,
)
from domain.matters.campaign.evolve import evolve_campaign, opened_campaign
from domain.matters.campaign.rules import CampaignProcedure
from domain.matters.campaign.state import STEP_PREFIX, Campaign, Target, Wait, clock_of
from domain.matters.draft import MatterDraft, numbered
from domain.matters.matter import Due
from domain.matters.permissions import told_by
from domain.matters.procedure import DueRule
from domain.matters.who import Who
from domain.people import ENGINE


def campaign_of(draft: MatterDraft) -> Campaign:
    """Return the campaign as the events recorded so far leave it."""
    matter = draft.matter
    if not isinstance(matter, Campaign):
        msg = f"{matter.stream} is a {matter.aggregate}, not a campaign"
        raise TypeError(msg)
    return matter


def waits_on_coming(draft: MatterDraft, rule: CampaignProcedure, from_on: date) -> tuple[Wait, ...]:
    """Return what is waited for from an enterprise that comes in now; nothing counts before the
    first day."""
    start = max(draft.at, draft.day_end(from_on - ONE_DAY))
    rules: list[tuple[str | None, DueRule]] = [
        (each.id, each.due) for each in rule.steps if each.due and each.from_step is None
    ]
    if rule.unanswered is not None:
        rules.append((None, rule.unanswered))
    return tuple(_wait(draft, step, due, start) for step, due in rules)


def waits_after(draft: MatterDraft, rule: CampaignProcedure, step: str) -> tuple[Wait, ...]:
    """Return what is waited for from an enterprise that has this step behind it by now."""
    return tuple(
        _wait(draft, each.id, each.due, draft.at)
        for each in rule.steps
        if each.due is not None and each.from_step == step
    )


def waits_again(
    draft: MatterDraft, rule: CampaignProcedure, target: Target, done: Collection[str]
) -> tuple[Wait, ...]:
    """Return what is waited for anew, from now on, from an enterprise that has only these steps
    behind it after all: whatever is set off and neither waited for nor overdue."""
    rules: list[tuple[str | None, DueRule]] = [
        (each.id, each.due)
        for each in rule.steps
        if each.due is not None
        and each.id not in (*done, *target.overdue)
        and (each.from_step is None or each.from_step in done)
    ]
    if rule.unanswered is not None and not done:
        rules.append((None, rule.unanswered))
    return tuple(
        _wait(draft, step, due, draft.at) for step, due in rules if target.wait(step) is None
    )


def record_waiting(draft: MatterDraft, event: CampaignEvent, further: Iterable[Due] = ()) -> None:
    """Record an event together with the clocks as they stand after it. `further` are instants that
    are waited for beside those of the targets."""
    if isinstance(event, CampaignOpened):
        state, targets = (
            None,
            opened_campaign(event, draft.zone, draft.key, draft.terms.hash).targets,
        )
    else:
        state = campaign_of(draft)
        targets = state.model_copy(update=evolve_campaign(state, event)).targets
    wanted = _earliest(targets)
    sets, meets = list(further), list(event.meets)
    for clock, wait in wanted.items():
        due = None if state is None else state.due(clock)
        if due is None or due.due_at != wait.due_at:
            sets.append(draft.due_at(clock, wait.due_at, provisional=wait.provisional))
    for due in () if state is None else state.dues:
        if due.about is None and is_of_targets(due.id) and due.id not in wanted:
            meets.append(due.clock)
    draft.record(event.model_copy(update={"sets": numbered(sets), "meets": tuple(meets)}))


def is_of_targets(clock: str) -> bool:
    """Return whether a clock is one that the targets share."""
    return clock == clock_of(None) or clock.startswith(STEP_PREFIX)


def rule_of_clock(rule: CampaignProcedure, clock: str) -> tuple[str | None, DueRule | None]:
    """Return for which step a clock of the targets stands, and by which rule."""
    if clock == clock_of(None):
        return None, rule.unanswered
    step = clock.removeprefix(STEP_PREFIX)
    known = rule.step(step)
    return step, None if known is None else known.due


def pass_targets(draft: MatterDraft, clock: str, rule: CampaignProcedure, until: datetime) -> None:
    """Say of whom a step was due by `until`, level after level, and tell that level's people."""
    step, due = rule_of_clock(rule, clock)
    by_level: dict[int, list[Overdue]] = {}
    for enterprise, wait in _passed(campaign_of(draft).targets, step, until):
        by_level.setdefault(wait.level, []).append(_further(draft, enterprise, wait, due))
    for level, overdue in sorted(by_level.items()):
        rows = due.levels[level - 1 : level] if due is not None else ()
        whom = [each.enterprise for each in overdue]
        record_waiting(
            draft,
            StepOverdue(
                at=draft.at,
                by=ENGINE,
                step=step,
                level=level,
                overdue=tuple(overdue),
                tells=told(draft, rows, whom),
            ),
        )


def told(draft: MatterDraft, rows: Iterable[Who], enterprises: Iterable[str]) -> tuple[str, ...]:
    """Return whom the rows have told, each once, read for every one of the enterprises."""
    rows = tuple(rows)
    names = (
        name
        for enterprise in enterprises
        for row in rows
        for name in told_by(row, enterprise, draft.handbook)
    )
    return tuple(dict.fromkeys(names))


def _wait(draft: MatterDraft, step: str | None, rule: DueRule, start: datetime) -> Wait:
    at, provisional = draft.after(rule.within, start)
    return Wait(step=step, due_at=at, provisional=provisional)


def _earliest(targets: Iterable[Target]) -> dict[str, Wait]:
    """Return by clock the wait that is over first, in the order in which targets have them."""
    first: dict[str, Wait] = {}
    for target in targets:
        for wait in target.waits:
            clock = clock_of(wait.step)
            if clock not in first or wait.due_at < first[clock].due_at:
                first[clock] = wait
    return first


def _passed(
    targets: Iterable[Target], step: str | None, at: datetime
) -> Iterator[tuple[str, Wait]]:
    for target in targets:
        wait = target.wait(step)
        if wait is not None and wait.due_at <= at:
            yield target.enterprise, wait


def _further(draft: MatterDraft, enterprise: str, wait: Wait, rule: DueRule | None) -> Overdue:
    if rule is None or rule.then is None or wait.level >= len(rule.levels):
        return Overdue(enterprise=enterprise, due_at=wait.due_at)
    at, provisional = draft.after(rule.then, wait.due_at)
    return Overdue(enterprise=enterprise, due_at=wait.due_at, next_at=at, provisional=provisional)
