"""What becomes of a clock when its target changes: by a reclassification, an extension, or other
terms (R3). What has been spent is counted anew over the cycle's own segments, never carried as a
number, so that a change and its undoing meet again to the millisecond."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.calendar import WorkingCalendar
from domain.clock_rules import Anchor, ClockRule, Retarget, rung_name
from domain.clocks import (
    Clock,
    ClockTransition,
    Move,
    Retargeted,
    Run,
    Standing,
    Target,
    Verdict,
    target_of,
)
from domain.durations import Duration, budget_of, due_at, elapsed_ms
from domain.issue import Issue
from domain.levels import as_at_level
from domain.reading import counted_intervals, gross_ms, passed_at, spent_ms
from domain.runs import Pace, promised_name, run_of
from domain.terms import Terms
from domain.timekeeping import length_for, started


@dataclass(frozen=True, slots=True)
class Change:
    """By which rule a target changes, and by which terms the old one was set. `extended_ms` is what
    has been granted in all, if that changes too; `dropped` are rungs that the rule has no longer;
    `restored`: the clock comes back to a target that it had."""

    by: str
    came_by: str
    extended_ms: int | None = None
    dropped: tuple[str, ...] = ()
    restored: bool = False


def recounted_ms(clock: Clock, target: Target, calendar: WorkingCalendar, at: datetime) -> int:
    """Return what the cycle has spent by `at`, counted by `target` and `calendar` (R1.1)."""
    intervals = counted_intervals(clock, target.counted_from_at, at)
    return sum(elapsed_ms(target.basis, calendar, start, end) for start, end in intervals)


def retargeted(
    clock: Clock,
    to: Target,
    rule: ClockRule,
    terms: Terms,
    at: datetime,
    rules: int,
    change: Change,
) -> ClockTransition:
    """Return the move that gives a live clock the target `to`."""
    calendar, runs = terms.calendar_of(rule), clock.standing is Standing.RUNNING
    spent = recounted_ms(clock, to, calendar, at)
    over = spent >= to.budget_ms
    again = over and change.restored and _has_rung(clock, rule)
    told = over and (again or clock.breached_at is not None)
    pace = _pace(clock, to, calendar, at, spent, rules, told=told)
    run, superseded = _run_and_superseded(clock, to, rule, pace, told=told)
    return ClockTransition(
        clock=clock.id,
        rule=clock.rule,
        cycle=clock.cycle,
        move=Move.RETARGET,
        elapsed_ms=spent,
        run=run if runs else None,
        retarget=Retargeted(
            rule=change.by,
            came_from=target_of(clock, change.came_by),
            from_due_at=clock.due_at,
            to=to,
            to_due_at=run.due_at if runs else None,
            extended_ms=_extended_ms(clock, to, change),
            superseded=tuple(
                sorted({*superseded, *change.dropped, *_of_last_turn(clock, rule, pace)})
            ),
            born_breached=over and (clock.born_breached or not told),
            breach_undone=not over and clock.breached_at is not None,
            breached_at=run.due_at if again else None,
        ),
    )


def _of_last_turn(clock: Clock, rule: ClockRule, pace: Pace) -> Iterator[str]:
    """Yield what was promised for a deadline whose breach is undone: the next turn replaces it."""
    if pace.turn == clock.turn:
        return
    for rung in rule.rungs:
        promised = promised_name(rung, clock.turn, {*clock.fired, *clock.superseded})
        if promised is not None:
            yield promised


def _extended_ms(clock: Clock, to: Target, change: Change) -> int:
    """What was granted in opening hours is none of all time: with the basis the grant is over."""
    if change.extended_ms is not None:
        return change.extended_ms
    return clock.extended_ms if to.basis is clock.basis else 0


def _has_rung(clock: Clock, rule: ClockRule) -> bool:
    """Return whether a breach that was since undone has rung: restored, it will not ring again."""
    named = (rule.rung(name) for name in clock.fired)
    rung = any(each is not None and each.is_due_itself for each in named)
    return rung and clock.breached_at is None


def _pace(
    clock: Clock,
    to: Target,
    calendar: WorkingCalendar,
    at: datetime,
    spent: int,
    rules: int,
    *,
    told: bool,
) -> Pace:
    """Return how the clock runs on by its new target. `told`: its deadline has passed and rung."""
    undone = spent < to.budget_ms and clock.breached_at is not None
    return Pace(
        basis=to.basis,
        budget_ms=to.budget_ms,
        anchor_at=to.anchor_at,
        at=at,
        spent_ms=spent,
        calendar=calendar,
        gone=clock.fired,
        passed_at=passed_at(clock, to, calendar, at) if told else None,
        rules=rules,
        duration=to.duration,
        turn=clock.turn + undone,
    )


def _run_and_superseded(
    clock: Clock, to: Target, rule: ClockRule, pace: Pace, *, told: bool
) -> tuple[Run, tuple[str, ...]]:
    """Return the run under the new target, without the rungs that the change has passed over. The
    deadline itself is never passed over in silence: unless it has rung, it rings at once."""
    due_itself = {rung_name(rung, pace.turn) for rung in rule.rungs if rung.is_due_itself}
    passed = due_itself - set(clock.fired) if told else set()
    while True:
        run = _run_by(clock, to, rule, replace(pace, gone=(*pace.gone, *passed)))
        more = {due.id for due in run.rungs if due.due_at <= pace.at} - due_itself
        if not more:
            return run, tuple(sorted(passed))
        passed |= more


def _run_by(clock: Clock, to: Target, rule: ClockRule, pace: Pace) -> Run:
    """Return the run under the new target; a deadline that it puts into the past is shown there."""
    run = run_of(rule, pace)
    if pace.spent_ms < to.budget_ms or clock.breached_at is not None:
        return run
    return run.model_copy(update={"due_at": passed_at(clock, to, pace.calendar, pace.at)})


def reclassified(
    before: Issue, after: Issue, terms: Terms, at: datetime, rules: int
) -> Iterator[ClockTransition]:
    """Yield what a change of priority or category does to each live clock whose budget it changes
    (R3.1). If both changed, the clock answers by its rule for the priority."""
    by_priority = before.priority is not after.priority
    for clock in after.clocks:
        rule = terms.rules_by_id.get(clock.rule)
        if rule is None or not clock.is_live:
            continue
        level, was = as_at_level(rule, clock, after), as_at_level(rule, clock, before)
        duration = length_for(rule, clock.id, level, terms.handbook)
        if duration == length_for(rule, clock.id, was, terms.handbook):
            continue
        answer = rule.retargeting.priority if by_priority else rule.retargeting.category
        if answer is Retarget.RESTART and clock.standing is Standing.RUNNING:
            yield _restarted(clock, rule, level, terms, at, rules)
            continue
        to = aimed(answer, clock, rule, duration, after, terms, at)
        change = Change(by=answer, came_by=terms.hash)
        yield retargeted(clock, to, rule, terms, at, rules, change)


def _restarted(
    clock: Clock, rule: ClockRule, issue: Issue, terms: Terms, at: datetime, rules: int
) -> ClockTransition:
    """Begin a cycle of its own for the new target. A clock that stands is not begun anew, it would
    count through the pause: it keeps its cycle and forgets what it has spent."""
    calendar = terms.calendar_of(rule)
    duration = length_for(rule, clock.id, issue, terms.handbook)
    run = started(rule, duration, at, calendar, rules)
    return ClockTransition(
        clock=clock.id,
        rule=clock.rule,
        cycle=clock.cycle + 1,
        move=Move.RESET,
        elapsed_ms=spent_ms(clock, calendar, at),
        verdict=Verdict.SUPERSEDED,
        run=run,
        gross_ms=gross_ms(clock, calendar, at),
        retarget=Retargeted(
            rule=Retarget.RESTART,
            came_from=target_of(clock, terms.hash),
            from_due_at=clock.due_at,
            to=Target(
                terms=terms.hash,
                basis=run.basis,
                budget_ms=run.budget_ms,
                anchor_at=at,
                duration=run.duration,
            ),
            to_due_at=run.due_at,
        ),
    )


def aimed(
    answer: Retarget,
    clock: Clock,
    rule: ClockRule,
    duration: Duration,
    issue: Issue,
    terms: Terms,
    at: datetime,
) -> Target:
    """Return the target that `duration` becomes by one of the five answers of R3.1."""
    match answer:
        case Retarget.KEEP_OLD_TARGET:
            return target_of(clock, terms.hash)
        case Retarget.RESTART:
            anew = clock.model_copy(update={"carried_ms": 0})
            return _target(anew, rule, duration, terms, at, counted_from_at=at)
        case Retarget.FROM_ANCHOR_WITH_CREDIT:
            anchor_at = _anchor_at(rule.retargeting.anchor, clock, issue)
            return _target(clock, rule, duration, terms, anchor_at, counted_from_at=anchor_at)
        case Retarget.KEEP_ELAPSED:
            return _kept(clock, rule, duration, terms)
        case Retarget.STRICTEST_OF:
            new, old = _kept(clock, rule, duration, terms), target_of(clock, terms.hash)
            return min(new, old, key=lambda target: _ends_at(clock, target, rule, terms, at))


def _kept(clock: Clock, rule: ClockRule, duration: Duration, terms: Terms) -> Target:
    return _target(
        clock, rule, duration, terms, clock.anchor_at, counted_from_at=clock.counted_from_at
    )


def _target(
    clock: Clock,
    rule: ClockRule,
    duration: Duration,
    terms: Terms,
    anchor_at: datetime,
    *,
    counted_from_at: datetime | None,
) -> Target:
    """Return a duration as a target from `anchor_at`, with what was granted before on top, and
    without what earlier cycles have spent of it."""
    budget = budget_of(duration, terms.calendar_of(rule), anchor_at)
    alike = budget.basis is clock.basis
    extended, carried = (clock.extended_ms, clock.carried_ms) if alike else (0, 0)
    return Target(
        terms=terms.hash,
        basis=budget.basis,
        budget_ms=max(0, budget.ms + extended - carried),
        anchor_at=anchor_at,
        counted_from_at=counted_from_at,
        duration=duration,
        carried_ms=carried,
    )


def _anchor_at(anchor: Anchor, clock: Clock, issue: Issue) -> datetime:
    """A later cycle counts from its own beginning: the pauses of those before are not its own to
    credit, and none may be counted."""
    if clock.cycle > 1:
        anchor = Anchor.CYCLE
    match anchor:
        case Anchor.REPORTED:
            return issue.reported_at
        case Anchor.ACCEPTED:
            return issue.accepted_at or issue.reported_at
        case Anchor.CYCLE:
            return clock.segments[0].from_at if clock.segments else clock.since_at


def _ends_at(clock: Clock, target: Target, rule: ClockRule, terms: Terms, at: datetime) -> datetime:
    """Return when the clock would end by `target` if it ran from `at` on."""
    calendar = terms.calendar_of(rule)
    left = target.budget_ms - recounted_ms(clock, target, calendar, at)
    if left < 0:
        return at - timedelta(milliseconds=-left)
    return due_at(target.basis, calendar, at, left)


def dropped_rungs(clock: Clock, old: ClockRule, new: ClockRule) -> tuple[str, ...]:
    """Return the rungs promised by `old` that `new` does not know, to be named, not forgotten."""
    gone = {*clock.fired, *clock.superseded}
    promised = (promised_name(rung, clock.turn, gone) for rung in old.rungs)
    known = {promised_name(rung, clock.turn, gone) for rung in new.rungs}
    return tuple(name for name in promised if name is not None and name not in known)


def would_end_at(clock: Clock, calendar: WorkingCalendar, at: datetime) -> datetime:
    """Return the clock's deadline, or while it stands the one it would have if resumed at `at`."""
    if clock.due_at is not None:
        return clock.due_at
    return due_at(clock.basis, calendar, at, clock.budget_ms - clock.elapsed_ms)


def extended_ms_by(extra: Duration, clock: Clock, calendar: WorkingCalendar, at: datetime) -> int:
    """Return by how many milliseconds of its own basis an extension moves a clock's deadline."""
    from_at = would_end_at(clock, calendar, at)
    given = budget_of(extra, calendar, from_at)
    to_at = due_at(given.basis, calendar, from_at, given.ms)
    return elapsed_ms(clock.basis, calendar, from_at, to_at)
