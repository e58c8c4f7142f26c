"""Which of a clock's conditions hold after an event, and which moves it can make (R1.3, R1.4)."""

from collections.abc import Iterable
from enum import StrEnum

from domain.clock_rules import ClockRule, Condition
from domain.clocks import Clock, Move, Standing
from domain.events import Event
from domain.issue import Issue, Part
from domain.team import PartAsked


class Asked(StrEnum):
    """What a condition can ask about; each is a fact of the issue's own stream."""

    EVENTS = "events"
    PHASES = "phases"
    PARTS = "parts"
    PAUSED = "paused"
    WAITING = "waiting"
    TIERS = "tiers"
    PRIORITIES = "priorities"
    CATEGORIES = "categories"


_EVENTS, _PHASES, _PARTS, _PAUSED = Asked.EVENTS, Asked.PHASES, Asked.PARTS, Asked.PAUSED
"""Plain names: to look a member up in its class costs more than the question itself."""

OF_ONE_PART = frozenset({"part_added", "part_replaced", "part_ruled", "part_ready"})
"""Events that begin the time of the part that they name, and of no other."""


def held(
    rule: ClockRule, issue: Issue, event: Event, part: Part | None, clock: Clock | None
) -> list[Move]:
    """Return every move whose conditions hold and that the clock can make, in the fixed order.

    `issue` is the issue after `event`, before any clock has moved; `clock` is as it was.
    """
    standing = None if clock is None or not clock.is_live else clock.standing
    return held_by(rule, issue, event, part, standing)


def held_by(
    rule: ClockRule, issue: Issue, event: Event, part: Part | None, standing: Standing | None
) -> list[Move]:
    """Return the same of a clock by how it stood; None is one that was not live."""
    others = part is not None and is_of_another_part(event, part)
    if standing is None:
        starts = (
            not others
            and any_holds(rule.start, issue, event, part)
            and not any_holds(rule.stop, issue, event, part)
            and not any_holds(rule.cancel, issue, event, part)
        )
        return [Move.START] if starts else []
    running = standing is Standing.RUNNING
    pausing = any_holds(rule.pause, issue, event, part)
    candidates = (
        (Move.STOP, any_holds(rule.stop, issue, event, part)),
        (Move.CANCEL, any_holds(_cancelling(rule, others=others), issue, event, part)),
        (Move.RESET, not others and any_holds(rule.reset, issue, event, part)),
        (Move.PAUSE, running and pausing),
        (Move.RESUME, not running and not pausing),
    )
    return [move for move, holds in candidates if holds]


def _cancelling(rule: ClockRule, *, others: bool) -> Iterable[Condition]:
    return (each for each in rule.cancel if not each.events) if others else rule.cancel


def is_of_another_part(event: Event, part: Part) -> bool:
    """Return whether an event begins the time of a part other than this one: it then neither starts
    nor resets this one's clocks, whatever their conditions say, nor cancels them by one that asks
    for events (R7.3)."""
    if event.kind not in OF_ONE_PART:
        return False
    named = getattr(event, "part", part.id)
    return (named.id if isinstance(named, PartAsked) else named) != part.id


def any_holds(
    conditions: Iterable[Condition], issue: Issue, event: Event, part: Part | None
) -> bool:
    """Return whether one of the conditions holds."""
    for condition in conditions:  # noqa: SIM110  # a generator for every rule of every event tells
        if failing(condition, issue, event, part) is None:
            return True
    return False


def failing(condition: Condition, issue: Issue, event: Event, part: Part | None) -> Asked | None:
    """Return the first question of a condition that the facts answer with no; None if it holds."""
    if condition.events and event.kind not in condition.events:
        return _EVENTS
    if condition.phases and issue.phase not in condition.phases:
        return _PHASES
    if condition.parts and (part is None or part.standing not in condition.parts):
        return _PARTS
    if condition.paused is not None and condition.paused != (issue.pause is not None):
        return _PAUSED
    return _failing_further(condition, issue)


def _failing_further(condition: Condition, issue: Issue) -> Asked | None:
    """The rarer questions."""
    if condition.waiting and (issue.pause is None or issue.pause.reason not in condition.waiting):
        return Asked.WAITING
    if condition.tiers and issue.tier not in condition.tiers:
        return Asked.TIERS
    if condition.priorities and issue.priority not in condition.priorities:
        return Asked.PRIORITIES
    if condition.categories and issue.category not in condition.categories:
        return Asked.CATEGORIES
    return None
