"""Clocks that began in another ledger: counted on here, by what that ledger states of them."""

from dataclasses import replace
from datetime import datetime

from domain.calendar import CalendarError, WorkingCalendar
from domain.clock_rules import ClockRule, RungEffect
from domain.clocks import Clock, ClockTransition, Move, Run, Standing
from domain.days import MINUTE_MS
from domain.durations import Basis, Duration, OpenHours, Wall, budget_of, due_at, elapsed_ms
from domain.issue import Issue
from domain.runs import Pace, run_of
from domain.terms import Terms
from domain.timekeeping import length_for, started

TELLS = (RungEffect.REMIND, RungEffect.RECORD)
"""What a rung that has passed elsewhere need not do again: it only says something."""


def begun_here(
    clock: Clock, issue: Issue, terms: Terms, at: datetime, rules: int
) -> ClockTransition:
    """Return the start of a clock of which the other ledger says nothing: it begins now, or waits
    as `clock` does, which has begun now by the handbook's rules."""
    rule = terms.rules_by_id[clock.rule]
    duration = length_for(rule, clock.id, issue, terms.handbook)
    run = started(rule, duration, at, terms.calendar_of(rule), rules)
    if clock.standing is Standing.PAUSED:
        run = run.model_copy(update={"stands": True, "rungs": (), "provisional": False})
    return _start(clock, run, 0)


def counted_on(
    clock: Clock,
    issue: Issue,
    terms: Terms,
    at: datetime,
    rules: int,
    *,
    since_at: datetime,
    ends_at: datetime | None,
) -> ClockTransition:
    """Return the start of a clock that began at `since_at`, of whole minutes as `ends_at` is, and
    has spent what has passed since then. Without `ends_at` its budget is the handbook's.

    Of what it let pass, what only tells something is passed over, as by a change of target (R4.3);
    its deadline fires once, and so does what else takes an effect. Raises CalendarError.
    """
    rule = terms.rules_by_id[clock.rule]
    calendar = terms.calendar_of(rule)
    duration = length_for(rule, clock.id, issue, terms.handbook)
    if ends_at is not None:
        duration = length_to(duration, calendar, since_at, ends_at)
    budget = budget_of(duration, calendar, since_at)
    spent = elapsed_ms(budget.basis, calendar, since_at, at)
    over = spent >= budget.ms
    pace = Pace(
        basis=budget.basis,
        budget_ms=budget.ms,
        anchor_at=since_at,
        at=at,
        spent_ms=spent,
        calendar=calendar,
        passed_at=due_at(budget.basis, calendar, since_at, budget.ms) if over else None,
        rules=rules,
        duration=duration,
    )
    run, passed_over = _without_passed(rule, pace)
    brought = {"counted_from_at": since_at, "passed_over": passed_over}
    return _start(clock, run.model_copy(update=brought), spent)


def length_to(
    duration: Duration, calendar: WorkingCalendar, since_at: datetime, ends_at: datetime
) -> Duration:
    """Return the length between two instants, in opening hours if the handbook counts them and they
    lead to that very instant; else in all time, which leads to any."""
    try:
        if budget_of(duration, calendar, since_at).basis is Basis.OPEN:
            ms = elapsed_ms(Basis.OPEN, calendar, since_at, ends_at)
            if ms and due_at(Basis.OPEN, calendar, since_at, ms) == ends_at:
                return OpenHours(minutes=ms // MINUTE_MS)
    except CalendarError:
        pass  # it began, or ends, where this calendar has no days
    return Wall(minutes=elapsed_ms(Basis.WALL, calendar, since_at, ends_at) // MINUTE_MS)


def _without_passed(rule: ClockRule, pace: Pace) -> tuple[Run, tuple[str, ...]]:
    """Return the run, and the rungs that it leaves out. A repeat that is passed over brings up the
    next one, until one lies ahead."""
    passed: set[str] = set()
    while True:
        run = run_of(rule, replace(pace, gone=passed))
        more = {
            due.id
            for due in run.rungs
            if due.due_at <= pace.at
            and (says := rule.rung(due.id)) is not None
            and says.effect in TELLS
            and not says.is_due_itself
        }
        if not more:
            return run, tuple(sorted(passed))
        passed |= more


def _start(clock: Clock, run: Run, spent_ms: int) -> ClockTransition:
    return ClockTransition(
        clock=clock.id, rule=clock.rule, cycle=1, move=Move.START, elapsed_ms=spent_ms, run=run
    )
