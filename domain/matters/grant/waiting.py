"""What a grant waits for: the first end of what is held, the first warning, and the next look.

One clock each, whatever number is held: thousands that end at one midnight are one instant.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import assert_never

from domain.days import MINUTE_MS, from_ms, to_ms
from domain.durations import OpenHours, Wall
from domain.matters.draft import MatterDraft, numbered
from domain.matters.grant.events import Period
from domain.matters.grant.rules import GrantProcedure
from domain.matters.grant.state import Grant, Holding
from domain.matters.matter import Due

ENDS = "ends"
ENDING = "ending"
WATCH = "watch"
REFILL = "refill"

_MOMENT = timedelta(milliseconds=1)

Waits = tuple[tuple[Due, ...], tuple[str, ...]]
"""What is waited for from now on, and what no longer is."""


def local_day(draft: MatterDraft) -> date:
    """Return the zone's local day of the decision."""
    return draft.terms.calendar.day_of(draft.at)


def last_day(draft: MatterDraft, rule: GrantProcedure, from_on: date) -> date | None:
    """Return the last day of what begins on a day, None without a duration: the local day in which
    the duration from that day's beginning is over."""
    if rule.duration is None:
        return None
    calendar = draft.terms.calendar
    over_at, _ = draft.after(rule.duration, from_ms(calendar.at_minute(from_on, 0)))
    return calendar.day_of(over_at - _MOMENT)


def period(draft: MatterDraft, rule: GrantProcedure, from_on: date, to_on: date | None) -> Period:
    """Return the days with the instants that they mean. Of an end so near that the time for the
    warning is over nobody is warned."""
    if to_on is None:
        return Period(from_on=from_on)
    ends_at = draft.day_end(to_on)
    warn_at = _warn_at(draft, rule, ends_at)
    if warn_at is not None and warn_at <= draft.at:
        warn_at = None
    return Period(from_on=from_on, to_on=to_on, ends_at=ends_at, warn_at=warn_at)


def waits_with(draft: MatterDraft, state: Grant, held: Iterable[Holding]) -> Waits:
    """Return what to wait for once exactly these are held, and what not any more."""
    held = tuple(held)
    wanted = {
        ENDS: min((each.ends_at for each in held if each.ends_at is not None), default=None),
        ENDING: min((each.warn_at for each in held if each.warn_at is not None), default=None),
    }
    sets: list[Due] = []
    meets: list[str] = []
    for id_, at in wanted.items():
        due = state.due(id_)
        if at is None and due is not None:
            meets.append(due.clock)
        elif at is not None and (due is None or due.due_at != at):
            sets.append(draft.due_at(id_, at))
    if not held and state.due(WATCH) is not None:
        meets.append(WATCH)
    return tuple(sets), tuple(meets)


def next_watch(draft: MatterDraft, rule: GrantProcedure, from_at: datetime) -> tuple[Due, ...]:
    """Return when everybody in a place is to have been looked after; never before now: of times
    that went by unseen only the last is told."""
    if rule.watch is None:
        return ()
    at, provisional = draft.after(rule.watch.every, from_at)
    if at <= draft.at:
        at, provisional = draft.after(rule.watch.every, draft.at)
    return (draft.due_at(WATCH, at, provisional=provisional),)


def in_turn(*sets: tuple[Due, ...]) -> tuple[Due, ...]:
    """Return what one event waits for, each with a cycle of its own."""
    return numbered(due for several in sets for due in several)


def _warn_at(draft: MatterDraft, rule: GrantProcedure, ends_at: datetime) -> datetime | None:
    before = None if rule.expiry is None else rule.expiry.before
    match before:
        case None:
            return None
        case Wall():
            return from_ms(to_ms(ends_at) - before.minutes * MINUTE_MS)
        case OpenHours():
            return draft.terms.calendar.back_ms(ends_at, before.minutes * MINUTE_MS)
        case _:
            assert_never(before)
