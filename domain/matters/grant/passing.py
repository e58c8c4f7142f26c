"""What time does to what is held: it comes near its end, ends, and has to be looked after."""

from datetime import datetime

from domain.matters.acts import DuePassed
from domain.matters.draft import MatterDraft
from domain.matters.grant.events import (
    Ended,
    HoldingsEnding,
    HoldingsExpired,
    MonitoringChecked,
    StaysOver,
)
from domain.matters.grant.guards import told
from domain.matters.grant.rules import GrantProcedure
from domain.matters.grant.state import Grant, Holding
from domain.matters.grant.waiting import (
    ENDING,
    ENDS,
    WATCH,
    in_turn,
    next_watch,
    waits_with,
)
from domain.matters.grant.words import Keeps, Over
from domain.matters.who import Rows
from domain.people import ENGINE

BATCH_MAX = 200
"""How many one event takes in; if more end at one instant, it passes again for the others."""


def passed(draft: MatterDraft, due: DuePassed, rule: GrantProcedure) -> None:
    """Record what the passing of an instant does to what is held."""
    state = draft.matter
    if not isinstance(state, Grant):
        msg = f"{state.stream} is no grant"
        raise TypeError(msg)
    if due.clock == ENDS:
        over = [each for each in state.holdings if _by(each.ends_at, draft.at)][:BATCH_MAX]
        if state.keeps is Keeps.PLACES:
            _stays_over(draft, state, rule, over)
        else:
            _expired(draft, state, rule, over)
    elif due.clock == ENDING:
        near = [each for each in state.holdings if _by(each.warn_at, draft.at)][:BATCH_MAX]
        _ending(draft, state, rule, near)
    elif due.clock == WATCH:
        _checked(draft, state, due, rule)


def _by(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def _expired(draft: MatterDraft, state: Grant, rule: GrantProcedure, over: list[Holding]) -> None:
    gone = {held.id for held in over}
    sets, meets = waits_with(draft, state, [held for held in state.holdings if held.id not in gone])
    draft.record(
        HoldingsExpired(
            at=draft.at,
            by=ENGINE,
            ended=tuple(
                Ended(
                    holding=held.id,
                    enterprise=held.enterprise,
                    subject=held.subject,
                    last_on=held.to_on,
                    how=Over.EXPIRED,
                )
                for held in over
                if held.to_on is not None
            ),
            sets=in_turn(sets),
            meets=meets,
            tells=_told_of(draft, rule, over),
        )
    )


def _stays_over(
    draft: MatterDraft, state: Grant, rule: GrantProcedure, over: list[Holding]
) -> None:
    sets, meets = waits_with(draft, state, _without(state, over, "ends_at"))
    draft.record(
        StaysOver(
            at=draft.at,
            by=ENGINE,
            holdings=tuple(held.id for held in over),
            sets=in_turn(sets),
            meets=meets,
            tells=_told_of(draft, rule, over),
        )
    )


def _ending(draft: MatterDraft, state: Grant, rule: GrantProcedure, near: list[Holding]) -> None:
    sets, meets = waits_with(draft, state, _without(state, near, "warn_at"))
    draft.record(
        HoldingsEnding(
            at=draft.at,
            by=ENGINE,
            holdings=tuple(held.id for held in near),
            sets=in_turn(sets),
            meets=meets,
            tells=_told_of(draft, rule, near),
        )
    )


def _checked(draft: MatterDraft, state: Grant, due: DuePassed, rule: GrantProcedure) -> None:
    """Whoever came in after the check before, or was looked after since, was not missed."""
    since = state.checked_at
    missed = tuple(
        held
        for held in state.holdings
        if held.seen_at is not None and since is not None and held.seen_at <= since
    )
    rows: Rows = () if rule.watch is None else rule.watch.tells
    draft.record(
        MonitoringChecked(
            at=draft.at,
            by=ENGINE,
            due_at=due.due_at,
            missed=tuple(held.id for held in missed),
            sets=in_turn(next_watch(draft, rule, due.due_at)) if state.holdings else (),
            tells=told(draft, rows, [held.enterprise for held in missed]),
        )
    )


def _told_of(draft: MatterDraft, rule: GrantProcedure, held: list[Holding]) -> tuple[str, ...]:
    rows: Rows = () if rule.expiry is None else rule.expiry.tells
    return told(draft, rows, [each.enterprise for each in held])


def _without(state: Grant, some: list[Holding], field: str) -> list[Holding]:
    named = {held.id for held in some}
    return [
        held.model_copy(update={field: None}) if held.id in named else held
        for held in state.holdings
    ]
