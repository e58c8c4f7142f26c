"""Which clocks an event moves, by the handbook's rules and one fixed order (R1.3)."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from domain.calendar import WorkingCalendar
from domain.clocks import Clock, ClockTransition, Move, Run, RungDue, Standing, Verdict
from domain.durations import Basis, Budget, Duration, budget_of, due_at, elapsed_ms
from domain.events import Event
from domain.handbook import ClockRule, ClockScope, Condition
from domain.issue import Issue, Part
from domain.phases import Outcome
from domain.terms import Terms

FULL_PERCENT = 100


def transitions(issue: Issue, event: Event, terms: Terms) -> tuple[ClockTransition, ...]:
    """Return at most one move for each clock, judged on `issue`, the issue after `event`."""
    return tuple(_moves(issue, event, terms))


def _moves(issue: Issue, event: Event, terms: Terms) -> Iterator[ClockTransition]:
    clocks = {clock.id: clock for clock in issue.clocks}
    for rule in terms.handbook.clocks:
        for clock_id, part in _instances(rule, issue):
            clock = clocks.get(clock_id)
            held = _held(rule, issue, event, part, clock)
            if held:
                yield _transition(rule, clock_id, clock, held, issue, event, terms)
        for clock in _left_behind(rule, issue):
            yield _transition(rule, clock.id, clock, [Move.CANCEL], issue, event, terms)


def _instances(rule: ClockRule, issue: Issue) -> Iterator[tuple[str, Part | None]]:
    if rule.scope is ClockScope.ISSUE:
        yield rule.id, None
    elif issue.team is not None:
        for part in issue.team.parts:
            yield f"{rule.id}.{issue.team.number}.{part.id}", part


def _left_behind(rule: ClockRule, issue: Issue) -> list[Clock]:
    """Return the live clocks of parts whose team has made way for another."""
    if rule.scope is ClockScope.ISSUE:
        return []
    present = {clock_id for clock_id, _ in _instances(rule, issue)}
    return [
        clock
        for clock in issue.clocks
        if clock.rule == rule.id and clock.is_live and clock.id not in present
    ]


def _held(
    rule: ClockRule, issue: Issue, event: Event, part: Part | None, clock: Clock | None
) -> list[Move]:
    """Return every move whose conditions hold and that the clock can make, in the fixed order."""
    if clock is None or not clock.is_live:
        starts = (
            _any(rule.start, issue, event, part)
            and not _any(rule.stop, issue, event, part)
            and not _any(rule.cancel, issue, event, part)
        )
        return [Move.START] if starts else []
    running = clock.standing is Standing.RUNNING
    pausing = _any(rule.pause, issue, event, part)
    candidates = (
        (Move.STOP, _any(rule.stop, issue, event, part)),
        (Move.CANCEL, _any(rule.cancel, issue, event, part)),
        (Move.RESET, _any(rule.reset, issue, event, part)),
        (Move.PAUSE, running and pausing),
        (Move.RESUME, not running and not pausing),
    )
    return [move for move, holds in candidates if holds]


def _any(conditions: Iterable[Condition], issue: Issue, event: Event, part: Part | None) -> bool:
    for condition in conditions:  # noqa: SIM110  # a generator for every rule of every event tells
        if _holds(condition, issue, event, part):
            return True
    return False


def _holds(condition: Condition, issue: Issue, event: Event, part: Part | None) -> bool:
    if condition.events and event.kind not in condition.events:
        return False
    if condition.phases and issue.phase not in condition.phases:
        return False
    if condition.parts and (part is None or part.standing not in condition.parts):
        return False
    return condition.paused is None or condition.paused == (issue.pause is not None)


def _transition(
    rule: ClockRule,
    clock_id: str,
    clock: Clock | None,
    held: list[Move],
    issue: Issue,
    event: Event,
    terms: Terms,
) -> ClockTransition:
    move, *won_over = held
    spent = 0 if clock is None else spent_ms(clock, terms.calendar, event.at)
    cycle = 1 if clock is None else clock.cycle + (move in (Move.START, Move.RESET))
    run = None
    if move in (Move.START, Move.RESET):
        run = _run_from_budget(rule, issue, event.at, terms.calendar)
    elif move is Move.RESUME and clock is not None:
        run = _run_resumed(rule, clock, event.at, terms.calendar)
    return ClockTransition(
        clock=clock_id,
        rule=rule.id,
        cycle=cycle,
        move=move,
        elapsed_ms=0 if move is Move.START else spent,
        won_over=tuple(won_over),
        verdict=_verdict(move, clock, spent, issue),
        run=run,
    )


def spent_ms(clock: Clock, calendar: WorkingCalendar, at: datetime) -> int:
    """Return what the clock's present cycle has spent by `at`, in its own basis (R1.1)."""
    if clock.standing is not Standing.RUNNING:
        return clock.elapsed_ms
    return clock.elapsed_ms + elapsed_ms(clock.basis, calendar, clock.since_at, at)


def budget_for(rule: ClockRule, issue: Issue) -> Duration:
    """Return the first of the rule's budgets that fits the issue's tier and priority."""
    for budget in rule.budgets:
        fits_tier = budget.tier in (None, issue.tier)
        if fits_tier and budget.priority in (None, issue.priority):
            return budget.duration
    return rule.budgets[-1].duration


def _run_from_budget(rule: ClockRule, issue: Issue, at: datetime, calendar: WorkingCalendar) -> Run:
    budget = budget_of(budget_for(rule, issue), calendar, at)
    return _run(rule, budget, at, at, 0, calendar, fired=())


def _run_resumed(rule: ClockRule, clock: Clock, at: datetime, calendar: WorkingCalendar) -> Run:
    budget = Budget(basis=clock.basis, ms=clock.budget_ms)
    return _run(rule, budget, clock.anchor_at, at, clock.elapsed_ms, calendar, fired=clock.fired)


def _run(
    rule: ClockRule,
    budget: Budget,
    anchor_at: datetime,
    at: datetime,
    elapsed: int,
    calendar: WorkingCalendar,
    *,
    fired: tuple[str, ...],
) -> Run:
    """A threshold passed before a pause and not yet rung is due again at once (R4.3)."""

    def due_for(percent: int) -> datetime:
        threshold_ms = budget.ms * percent // FULL_PERCENT
        return due_at(budget.basis, calendar, at, threshold_ms - elapsed)

    ends_at = due_for(FULL_PERCENT)
    rungs = [
        RungDue(
            id=rung.id,
            due_at=ends_at if rung.percent == FULL_PERCENT else due_for(rung.percent),
        )
        for rung in sorted(rule.rungs, key=lambda rung: rung.percent)
        if rung.id not in fired
    ]
    return Run(
        basis=budget.basis,
        budget_ms=budget.ms,
        anchor_at=anchor_at,
        due_at=ends_at,
        provisional=budget.basis is Basis.OPEN and calendar.is_provisional(ends_at),
        rungs=tuple(rungs),
    )


def _verdict(move: Move, clock: Clock | None, spent: int, issue: Issue) -> Verdict | None:
    if clock is None or move not in (Move.STOP, Move.CANCEL, Move.RESET):
        return None
    breached = clock.breached_at is not None or spent > clock.budget_ms
    if move is Move.RESET:
        return Verdict.HANDED_OVER
    if move is Move.CANCEL or issue.outcome is Outcome.WITHDRAWN:
        return Verdict.WITHDRAWN
    return Verdict.BREACHED_THEN_MET if breached else Verdict.MET
