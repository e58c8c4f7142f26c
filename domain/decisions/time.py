"""What the passing of time does to an issue (R4): thresholds fire in the order they fell due."""

from typing import assert_never

from domain import events as ev
from domain.clock_rules import RungEffect, RungRule
from domain.clocks import Clock, RungDue
from domain.days import to_ms
from domain.decisions.draft import Draft
from domain.people import ENGINE
from domain.phases import Phase
from domain.reading import spent_ms
from domain.runs import FIRST_RULES, next_repeat
from domain.timekeeping import pace_of

LATE_BY_US_MS = 60_000
"""A rung that fires later than this is marked: no person is to blame, the platform was away."""

FIRINGS_MAX = 256
"""How many rungs that a firing itself brought up may be due at once; more is a handbook's loop."""


def let_time_pass(draft: Draft) -> None:
    """Fire every rung that was due by now, earliest first.

    Time comes before any act: what an act at 10:01 meets does not depend on whether the ring of
    10:00 was delivered before it or after it.
    """
    pending = sum(len(clock.rungs) for clock in draft.issue.clocks)
    for _ in range(pending + FIRINGS_MAX):
        due = draft.issue.next_rung
        if due is None or due[1].due_at > draft.at:
            return
        _fire(draft, *due)
    msg = f"{draft.issue.stream}: time brings up rungs at one instant without end"
    raise RuntimeError(msg)


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
    match rule.effect:
        case RungEffect.REMIND | RungEffect.RECORD:
            pass
        case RungEffect.ESCALATE:
            _escalate(draft, clock)
        case RungEffect.LAPSE:
            _lapse(draft)
        case RungEffect.REVIEW:
            draft.record(ev.IssuePutToReview(at=draft.at, by=ENGINE, clock=clock.id))
        case _:
            assert_never(rule.effect)


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
    """One tier up; at the top onto the agenda of the next review, never closed by silence (Q5)."""
    issue = draft.issue
    if issue.tier >= draft.handbook.top_tier:
        draft.record(ev.IssuePutToReview(at=draft.at, by=ENGINE, clock=clock.id))
        return
    owner, person = draft.owner_at(issue.tier + 1)
    draft.record(
        ev.IssueEscalated(
            at=draft.at,
            by=ENGINE,
            from_tier=issue.tier,
            to_tier=issue.tier + 1,
            owner=owner,
            owner_person=person,
            passed=clock.id,
        )
    )


def _lapse(draft: Draft) -> None:
    sign_off = draft.issue.sign_off
    if draft.issue.phase is Phase.SIGN_OFF and sign_off is not None and sign_off.outcome is None:
        draft.record(ev.SignOffLapsed(at=draft.at, by=ENGINE, round=sign_off.round))
