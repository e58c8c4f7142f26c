"""Which clocks an event moves, by the handbook's rules and one fixed order (R1.3)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import assert_never

from domain.calendar import WorkingCalendar
from domain.carrying_on import carried_on
from domain.clock_rules import ClockRule, ClockScope
from domain.clocks import Clock, ClockTransition, Move, Run, Verdict, target_of
from domain.conditions import held
from domain.durations import Duration, budget_of
from domain.events import Event
from domain.handbook import Handbook
from domain.issue import Issue, LeftLevel, Part
from domain.levels import is_left, level_clock_id, level_of, moves_left
from domain.model import unchecked
from domain.own_lengths import own_length, part_with_clock
from domain.phases import Outcome
from domain.reading import NO_TERMS, gross_ms, passed_at, spent_ms
from domain.runs import FIRST_RULES, Pace, run_of
from domain.staffing import LevelEffect
from domain.starting import may_start
from domain.terms import Terms


def transitions(
    issue: Issue, event: Event, terms: Terms, rules: int
) -> tuple[ClockTransition, ...]:
    """Return at most one move for each clock, judged on `issue`, the issue after `event`, by the
    revision `rules`."""
    return tuple(_moves(issue, event, terms, rules))


def _moves(issue: Issue, event: Event, terms: Terms, rules: int) -> Iterator[ClockTransition]:
    clocks = {clock.id: clock for clock in issue.clocks}
    live = {clock.rule for clock in issue.clocks if clock.is_live}
    for prospect in terms.prospects.after(issue, event):
        rule = prospect.rule
        if not prospect.fresh and rule.id not in live:
            continue
        for clock_id, part in _instances(rule, issue):
            clock = clocks.get(clock_id)
            moves: Sequence[Move] = prospect.moves(clock)
            if moves and prospect.of_parts:
                moves = held(rule, issue, event, part, clock)
            if not moves:
                continue
            if moves[0] is Move.START and not may_start(rule, issue, event, terms.handbook):
                continue
            yield _transition(rule, clock_id, clock, moves, issue, event, terms, rules)
        if rule.scope is ClockScope.ISSUE or rule.id not in live:
            continue
        for clock in _left_behind(rule, issue):
            moves = [Move.CANCEL]
            if rule.scope is ClockScope.LEVEL:
                moves = moves_left(rule, issue, event, clock)
            if moves:
                yield _transition(rule, clock.id, clock, moves, issue, event, terms, rules)


def _instances(rule: ClockRule, issue: Issue) -> Sequence[tuple[str, Part | None]]:
    match rule.scope:
        case ClockScope.ISSUE:
            return ((rule.id, None),)
        case ClockScope.LEVEL:
            return ((level_clock_id(rule, issue.tier), None),)
        case ClockScope.PART:
            team = issue.team
            if team is None:
                return ()
            return [(f"{rule.id}.{team.number}.{part.id}", part) for part in team.parts]
        case _:
            assert_never(rule.scope)


def _left_behind(rule: ClockRule, issue: Issue) -> list[Clock]:
    """Return the live clocks of parts whose team has made way for another, of levels left."""
    live = [clock for clock in issue.clocks if clock.rule == rule.id and clock.is_live]
    if not live:
        return []
    present = {clock_id for clock_id, _ in _instances(rule, issue)}
    return [clock for clock in live if clock.id not in present]


def _transition(
    rule: ClockRule,
    clock_id: str,
    clock: Clock | None,
    moves: Sequence[Move],
    issue: Issue,
    event: Event,
    terms: Terms,
    rules: int,
) -> ClockTransition:
    move, *won_over = moves
    calendar = terms.calendar_of(rule)
    spent = 0 if clock is None else spent_ms(clock, calendar, event.at)
    cycle = 1 if clock is None else clock.cycle + (move in (Move.START, Move.RESET))
    ends = clock is not None and move in (Move.STOP, Move.CANCEL, Move.RESET)
    run = None
    if move in (Move.START, Move.RESET):
        duration = length_for(rule, clock_id, issue, terms.handbook)
        run = carried_on(rule, clock, event, calendar, rules) or started(
            rule, duration, event.at, calendar, rules
        )
    elif move is Move.RESUME and clock is not None:
        run = run_of(rule, pace_of(clock, calendar, event.at, clock.elapsed_ms, rules))
    return unchecked(
        ClockTransition,
        clock=clock_id,
        rule=rule.id,
        cycle=cycle,
        move=move,
        elapsed_ms=0 if move is Move.START else spent,
        won_over=tuple(won_over),
        verdict=_verdict(move, clock, spent, issue, left=_is_closed(rule, clock, issue)),
        run=run,
        gross_ms=gross_ms(clock, calendar, event.at)
        if ends and clock is not None and rules > FIRST_RULES
        else None,
    )


def budget_for(rule: ClockRule, issue: Issue) -> Duration:
    """Return the first of the rule's budgets that fits the issue's tier, priority and category."""
    for budget in rule.budgets:
        fits = budget.tier in (None, issue.tier) and budget.priority in (None, issue.priority)
        if fits and (not budget.categories or issue.category in budget.categories):
            return budget.duration
    return rule.budgets[-1].duration


def length_for(rule: ClockRule, clock_id: str, issue: Issue, handbook: Handbook) -> Duration:
    """Return how long a clock of this kind has: what the issue itself says, else its handbook."""
    part = part_with_clock(clock_id, rule, issue) if rule.scope is ClockScope.PART else None
    return own_length(rule, issue, part, handbook) or budget_for(rule, issue)


def started(
    rule: ClockRule, duration: Duration, at: datetime, calendar: WorkingCalendar, rules: int
) -> Run:
    """Return the run of a cycle that begins at `at` and has this long."""
    budget = budget_of(duration, calendar, at)
    pace = Pace(
        basis=budget.basis,
        budget_ms=budget.ms,
        anchor_at=at,
        at=at,
        spent_ms=0,
        calendar=calendar,
        rules=rules,
        duration=None if rules == FIRST_RULES else duration,
    )
    return run_of(rule, pace)


def pace_of(clock: Clock, calendar: WorkingCalendar, at: datetime, spent: int, rules: int) -> Pace:
    """Return how `clock` would run on from `at`, having spent so much."""
    breached = clock.breached_at is not None
    return Pace(
        basis=clock.basis,
        budget_ms=clock.budget_ms,
        anchor_at=clock.anchor_at,
        at=at,
        spent_ms=spent,
        calendar=calendar,
        gone=(*clock.fired, *clock.superseded),
        passed_at=passed_at(clock, target_of(clock, NO_TERMS), calendar, at) if breached else None,
        rules=rules,
        turn=clock.turn,
    )


def _is_closed(rule: ClockRule, clock: Clock | None, issue: Issue) -> bool:
    """Return whether a level's clock ends because its level was left, not for what was done."""
    if clock is None or not is_left(rule, clock, issue):
        return False
    return all(each.tier != level_of(clock) for each in issue.left if _goes_on(each))


def _goes_on(left: LeftLevel) -> bool:
    return left.others is not LevelEffect.CLOSE


def _verdict(
    move: Move, clock: Clock | None, spent: int, issue: Issue, *, left: bool = False
) -> Verdict | None:
    if clock is None or move not in (Move.STOP, Move.CANCEL, Move.RESET):
        return None
    breached = clock.breached_at is not None or spent > clock.budget_ms
    if move is Move.RESET or left:
        return Verdict.HANDED_OVER
    if move is Move.CANCEL or issue.outcome in (Outcome.WITHDRAWN, Outcome.MERGED):
        return Verdict.WITHDRAWN
    return Verdict.BREACHED_THEN_MET if breached else Verdict.MET
