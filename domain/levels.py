"""The clocks of levels that an issue has left: closed, standing, or running beside (R5.6, R4.5).

A rule of scope `level` has one clock for each level, `<rule>.<tier>`. The present level's is judged
by its conditions like any other; what becomes of one that was left is said by the act that left it.
"""

from domain.clock_rules import ClockRule, ClockScope, Condition
from domain.clocks import Clock, Move, Standing
from domain.conditions import any_holds
from domain.events import Event
from domain.issue import Issue
from domain.staffing import LevelEffect


def level_clock_id(rule: ClockRule, tier: int) -> str:
    """Return the id of a level's clock."""
    return f"{rule.id}.{tier}"


def level_of(clock: Clock) -> int:
    """Return the level that a clock of scope `level` belongs to."""
    return int(clock.id.rpartition(".")[2])


def is_left(rule: ClockRule, clock: Clock, issue: Issue) -> bool:
    """Return whether a clock belongs to a level at which the issue is not any more."""
    return rule.scope is ClockScope.LEVEL and level_of(clock) != issue.tier


def as_at_level(rule: ClockRule, clock: Clock, issue: Issue) -> Issue:
    """Return the issue as the level sees it to whose clock a budget is given."""
    if not is_left(rule, clock, issue):
        return issue
    return issue.model_copy(update={"tier": level_of(clock)})


def moves_left(rule: ClockRule, issue: Issue, event: Event, clock: Clock) -> list[Move]:
    """Return the moves of a live clock whose level the issue has left, in the fixed order (R1.3).

    A level that was left in no known way is closed: its time was credited to it then.
    """
    effect = next((e.others for e in issue.left if e.tier == level_of(clock)), LevelEffect.CLOSE)
    if effect is LevelEffect.CLOSE:
        return [Move.STOP]
    running = clock.standing is Standing.RUNNING
    parallel = effect is LevelEffect.RUN_IN_PARALLEL
    pausing = not parallel or _holds(rule.pause, issue, event)
    candidates = (
        (Move.STOP, _holds(rule.stop, issue, event)),
        (Move.CANCEL, _holds(rule.cancel, issue, event)),
        (Move.PAUSE, running and pausing),
        (Move.RESUME, not running and not pausing),
    )
    return [move for move, holds in candidates if holds]


def _holds(conditions: tuple[Condition, ...], issue: Issue, event: Event) -> bool:
    return any_holds(conditions, issue, event, None)
