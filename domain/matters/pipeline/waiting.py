"""What a pipeline waits for, and what it means when that time is over."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import assert_never

from domain.calendar import LAST_DAY
from domain.days import MINUTE_MS, ONE_DAY, from_ms, to_ms
from domain.durations import OpenHours, Wall
from domain.errors import InvalidRequestError
from domain.matters.acts import DuePassed
from domain.matters.draft import MatterDraft
from domain.matters.matter import Due
from domain.matters.permissions import told_by
from domain.matters.pipeline.events import (
    CheckMissed,
    HardDateNear,
    HardDatePassed,
    StageOverdue,
)
from domain.matters.pipeline.rules import DateRule, DateWarning, PipelineProcedure, StageRule
from domain.matters.pipeline.state import HardDate, Party, Pipeline
from domain.matters.procedure import DueRule
from domain.matters.who import Who
from domain.people import ENGINE

STAGE = "stage"
CHECK = "check"
UNCHECKED = "unchecked"
DATE = "date"
WARNING = "warning-"


def told(
    draft: MatterDraft, rows: Iterable[Who], enterprise: str | None, post: str | None = None
) -> tuple[str, ...]:
    """Return whom rows have told, the accountable post first, if it is given; each once."""
    names = (name for row in rows for name in told_by(row, enterprise, draft.handbook))
    return tuple(dict.fromkeys((*(() if post is None else (post,)), *names)))


def require_day(draft: MatterDraft, day: date, where: str) -> None:
    """Refuse a day that the calendar cannot hold."""
    first, last = draft.terms.calendar.valid_from, LAST_DAY - ONE_DAY
    if not first < day < last:
        raise InvalidRequestError(
            "The day lies outside the working calendar.",
            field=where,
            value=day,
            allowed=f"{first + ONE_DAY} to {last - ONE_DAY}",
        )


def dues_of_stage(draft: MatterDraft, stage: StageRule) -> tuple[Due, ...]:
    """Return until when the pipeline may stay at a stage to which it comes now."""
    return () if stage.due is None else (draft.due_in(STAGE, stage.due.within),)


def dues_of_party(draft: MatterDraft, party: Party) -> tuple[Due, ...]:
    """Return until when a party is to be asked; nothing once that time is over."""
    if party.next_check_on is None or party.next_check_on < draft.local_day():
        return ()
    return (draft.due_at(CHECK, draft.day_end(party.next_check_on), party.party),)


def dues_of_date(draft: MatterDraft, hard: HardDate, rule: DateRule) -> tuple[Due, ...]:
    """Return when somebody is to be warned of a hard date, and when it is over; nothing of what
    lies behind."""
    end_at = draft.day_end(hard.on)
    if end_at <= draft.at:
        return ()
    warned = (
        draft.due_at(f"{WARNING}{number}", at, hard.id)
        for number, each in enumerate(rule.warnings, start=1)
        if (at := _before(draft, each, end_at)) > draft.at
    )
    return (*warned, draft.due_at(DATE, end_at, hard.id))


def warned_at_once(
    draft: MatterDraft, hard: HardDate, rule: DateRule, enterprise: str | None
) -> tuple[str, ...]:
    """Return who hears of a hard date as soon as it is set: it is nearer than their warning."""
    end_at = draft.day_end(hard.on)
    rows = (
        row
        for each in rule.warnings
        if _before(draft, each, end_at) <= draft.at
        for row in each.tells
    )
    return told(draft, rows, enterprise)


def pass_dates_behind(draft: MatterDraft, state: Pipeline, rule: PipelineProcedure) -> None:
    """Record of every hard date that lay behind already when it was given, or passed while the
    pipeline stood at an end, that it has passed."""
    for each in state.dates:
        if not each.passed and draft.day_end(each.on) <= draft.at:
            _pass_date(draft, state, each, rule)


def miss_checks_behind(draft: MatterDraft, state: Pipeline, rule: PipelineProcedure) -> None:
    """Record of every party that was to be asked while the pipeline stood at an end that it was
    not: whoever goes on has to ask it."""
    for each in state.parties:
        if each.next_check_on is not None and each.next_check_on < draft.local_day():
            _miss_check(draft, state, each, rule)


def clocks(state: Pipeline) -> tuple[str, ...]:
    """Return what all that is waited for is called."""
    return tuple(due.clock for due in state.dues)


def clocks_of_party(state: Pipeline, party: str) -> tuple[str, ...]:
    """Return what is waited for of a party."""
    named = (due for due in state.dues if due.about == party)
    return tuple(due.clock for due in named if due.id in (CHECK, UNCHECKED))


def clocks_of_date(state: Pipeline, hard: str) -> tuple[str, ...]:
    """Return what is waited for of a hard date: its warnings and itself."""
    named = (due for due in state.dues if due.about == hard)
    return tuple(due.clock for due in named if due.id == DATE or due.id.startswith(WARNING))


def due_rule(
    state: Pipeline, due: Due, rule: PipelineProcedure
) -> tuple[DueRule | None, str | None]:
    """Return by which rule an instant was set. Of hard dates the events that follow tell."""
    if due.id == STAGE:
        stage = rule.stage(state.at_stage)
        return (None if stage is None else stage.due), state.enterprise
    return (rule.check if due.id == UNCHECKED else None), state.enterprise


def passed(draft: MatterDraft, state: Pipeline, due: DuePassed, rule: PipelineProcedure) -> None:
    """Record what the passing of an instant means."""
    id_, about = due.clock.partition(".")[0], due.about
    party = None if about is None else state.party(about)
    hard = None if about is None else state.hard_date(about)
    if id_ == STAGE and not state.overdue:
        draft.record(StageOverdue(at=draft.at, by=ENGINE, stage=state.at_stage))
    elif id_ == CHECK and party is not None:
        _miss_check(draft, state, party, rule, due.due_at)
    elif id_ == DATE and hard is not None:
        _pass_date(draft, state, hard, rule)
    elif id_.startswith(WARNING) and hard is not None:
        _warn(draft, state, hard, int(id_.removeprefix(WARNING)), rule)


def _miss_check(
    draft: MatterDraft,
    state: Pipeline,
    party: Party,
    rule: PipelineProcedure,
    end_at: datetime | None = None,
) -> None:
    """Record a missed day, and until when that may stay so: from the end of the day, or from now
    if it was found out later."""
    sets: tuple[Due, ...] = ()
    if rule.check is not None:
        within = rule.check.within
        known = draft.after(within) if end_at is None else draft.after_day(within, end_at)
        at, provisional = known
        sets = (draft.due_at(UNCHECKED, at, party.party, provisional=provisional),)
    draft.record(
        CheckMissed(
            at=draft.at,
            by=ENGINE,
            party=party.party,
            on=party.next_check_on or draft.local_day(),
            sets=sets,
            tells=(state.post,),
        )
    )


def _pass_date(
    draft: MatterDraft, state: Pipeline, hard: HardDate, rule: PipelineProcedure
) -> None:
    by = rule.hard_date(hard.id)
    rows = () if by is None else by.tells
    draft.record(
        HardDatePassed(
            at=draft.at,
            by=ENGINE,
            id=hard.id,
            on=hard.on,
            tells=told(draft, rows, state.enterprise, state.post),
        )
    )


def _warn(
    draft: MatterDraft, state: Pipeline, hard: HardDate, number: int, rule: PipelineProcedure
) -> None:
    by = rule.hard_date(hard.id)
    warnings = () if by is None else by.warnings
    rows = warnings[number - 1].tells if number <= len(warnings) else ()
    draft.record(
        HardDateNear(
            at=draft.at,
            by=ENGINE,
            id=hard.id,
            on=hard.on,
            warning=number,
            tells=told(draft, rows, state.enterprise, state.post),
        )
    )


def _before(draft: MatterDraft, warning: DateWarning, end_at: datetime) -> datetime:
    match warning.before:
        case Wall(minutes=minutes):
            return from_ms(to_ms(end_at) - minutes * MINUTE_MS)
        case OpenHours(minutes=minutes):
            return draft.terms.calendar.back_ms(end_at, minutes * MINUTE_MS)
        case _:
            assert_never(warning.before)
