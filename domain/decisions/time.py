"""What the passing of time does to an issue (R4): thresholds fire in the order they fell due."""

from typing import assert_never

from domain import events as ev
from domain import events_of_ladder as ld
from domain.clock_rules import RungEffect, RungRule
from domain.clocks import Clock, RungDue
from domain.days import to_ms
from domain.decisions.dispatch import bind
from domain.decisions.draft import Draft
from domain.decisions.ladder import raised
from domain.decisions.modes import unpark_by_time
from domain.decisions.parts import bind_part
from domain.decisions.sign_off import lapse
from domain.decisions.voting import expire
from domain.handbook import OnTimeout
from domain.levels import is_left
from domain.organization import tier_at
from domain.people import ENGINE
from domain.phases import Phase
from domain.reading import spent_ms
from domain.runs import FIRST_RULES, next_repeat
from domain.timekeeping import pace_of

LATE_BY_US_MS = 60_000
"""A rung that fires later than this is marked: no person is to blame, the platform was away."""

BY_PLACE_RULES = 3
"""From this revision on the handbook's order decides between rungs of one instant."""

REOPENS_UNLESS_SAID = 1
"""How often a level is asked again where its tier does not say."""

FIRINGS_MAX = 256
"""How many rungs that a firing itself brought up may be due at once; more is a handbook's loop."""


def let_time_pass(draft: Draft) -> None:
    """Fire every rung that was due by now, earliest first.

    Time comes before any act: what an act at 10:01 meets does not depend on whether the ring of
    10:00 was delivered before it or after it.
    """
    pending = sum(len(clock.rungs) for clock in draft.issue.clocks)
    for _ in range(pending + FIRINGS_MAX):
        due = _next_due(draft)
        if due is None or due[1].due_at > draft.at:
            return
        _fire(draft, *due)
    msg = f"{draft.issue.stream}: time brings up rungs at one instant without end"
    raise RuntimeError(msg)


def _next_due(draft: Draft) -> tuple[Clock, RungDue] | None:
    """Return the rung to fire next; none may be told while none is due. At one instant the
    handbook's order decides; clocks of one kind fire in the order in which they first started."""
    if draft.rules < BY_PLACE_RULES:
        return draft.issue.next_rung
    places = draft.terms.places
    return min(
        (
            (clock, rung)
            for clock in draft.issue.clocks
            for rung in clock.rungs
            if rung.due_at <= draft.at
        ),
        key=lambda due: (due[1].due_at, places.get(due[0].rule, -1)),
        default=None,
    )


def _fire(draft: Draft, clock: Clock, rung: RungDue) -> None:
    rule = _rung_rule(draft, clock, rung)
    following, skipped = _repeat(draft, clock, rule, rung)
    late_ms = to_ms(draft.at) - to_ms(rung.due_at)
    draft.record(
        ev.RungFired(
            at=draft.at,
            by=ENGINE,
            clock=clock.id,
            cycle=clock.cycle,
            rung=rung.id,
            percent=rule.percent,
            effect=rule.effect,
            due_at=rung.due_at,
            next=following,
            skipped=skipped,
            late_by_us=draft.rules > FIRST_RULES and late_ms > LATE_BY_US_MS,
        )
    )
    if is_left(draft.terms.rules_by_id[clock.rule], clock, draft.issue):
        return  # A level that the issue has left is late by itself; it moves the issue no more.
    _take_effect(draft, clock, rule.effect)


def _take_effect(draft: Draft, clock: Clock, effect: RungEffect) -> None:
    match effect:
        case RungEffect.REMIND | RungEffect.RECORD:
            pass
        case RungEffect.ESCALATE:
            _escalate(draft, clock)
        case RungEffect.LAPSE:
            lapse(draft)
        case RungEffect.REVIEW:
            draft.record(ev.IssuePutToReview(at=draft.at, by=ENGINE, clock=clock.id))
        case RungEffect.REOPEN_LADDER:
            _reopen_ladder(draft, clock)
        case RungEffect.BIND:
            bind(draft, clock.id)
        case RungEffect.UNPARK:
            unpark_by_time(draft, clock.id)
        case RungEffect.BIND_PART:
            bind_part(draft, clock)
        case RungEffect.EXPIRE:
            expire(draft, clock)
        case _:
            assert_never(effect)


def _rung_rule(draft: Draft, clock: Clock, rung: RungDue) -> RungRule:
    found = draft.terms.rules_by_id[clock.rule].rung(rung.id)
    if found is None:
        msg = f"{draft.issue.stream}: clock {clock.id} has no rung {rung.id} in its handbook"
        raise LookupError(msg)
    return found


def _repeat(
    draft: Draft, clock: Clock, rule: RungRule, rung: RungDue
) -> tuple[RungDue | None, tuple[str, ...]]:
    """Return the next repeat of a rung that repeats, and those that this firing stands for."""
    if rule.every is None or clock.due_at is None:
        return None, ()
    calendar = draft.terms.calendar_of(draft.terms.rules_by_id[clock.rule])
    spent = spent_ms(clock, calendar, draft.at)
    pace = pace_of(clock, calendar, draft.at, spent, draft.rules)
    number = int(rung.id.rpartition(".")[2])
    return next_repeat(rule, pace, pace.ends_at, after=number, later_than=draft.at)


def _escalate(draft: Draft, clock: Clock) -> None:
    """Up, as the level says (R5.1); at the top onto the agenda of the next review, never closed by
    silence (Q5)."""
    issue, top = draft.issue, draft.handbook.top_tier
    on_timeout = tier_at(draft.handbook, issue.tier).on_timeout
    if issue.tier >= top or on_timeout is OnTimeout.REVIEW:
        draft.record(ev.IssuePutToReview(at=draft.at, by=ENGINE, clock=clock.id))
        return
    to_tier = top if on_timeout is OnTimeout.TOP else issue.tier + 1
    raised(draft, draft.entry_at(to_tier), None, clock.id)


def _reopen_ladder(draft: Draft, clock: Clock) -> None:
    """Nothing came of what was signed for: the same level once more, then the next (R5.4)."""
    issue = draft.issue
    level = issue.level
    most = tier_at(draft.handbook, issue.tier).reopens_max
    often = 0 if level is None else level.reopened
    if (
        level is None
        or level.acknowledged_at is None
        or issue.phase is not Phase.HANDLING
        or often >= (REOPENS_UNLESS_SAID if most is None else most)
    ):
        _escalate(draft, clock)
        return
    draft.record(
        ld.AcknowledgementExpired(
            at=draft.at, by=ENGINE, tier=issue.tier, clock=clock.id, number=often + 1
        )
    )
