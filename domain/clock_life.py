"""Every life that a kind of clock can have: the finite table of facts, and what it does at each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from domain.clock_rules import ClockRule, ClockScope, Condition
from domain.clocks import Clock, Move, Standing
from domain.conditions import failing, held
from domain.durations import Basis, Duration
from domain.events import Event
from domain.facts_possible import (
    ANY_OTHER,
    EVENT_CLASSES,
    Facts,
    Moment,
    Space,
    first_moments,
    following,
)
from domain.issue import Issue, Part, Pause
from domain.phases import Duty, Origin, Phase, Priority
from domain.timekeeping import budget_for

AFTER = {
    Move.START: Standing.RUNNING,
    Move.RESET: Standing.RUNNING,
    Move.RESUME: Standing.RUNNING,
    Move.PAUSE: Standing.PAUSED,
}
"""How a clock stands after a move; after any other it is not live."""

LEVEL_LEFT = ("issue_escalated", "issue_deescalated")
"""A level's clock belongs to its level: another level has one of its own."""

SOME_TIME = datetime(2000, 1, 1, tzinfo=UTC)
SOME_ISSUE = Issue(
    zone="some",
    key="some",
    version=1,
    terms="0" * 64,
    phase=Phase.INTAKE,
    origin=Origin.ENTERPRISE,
    priority=Priority.ORDINARY,
    category="some",
    enterprise="some",
    title="some",
    tier=1,
    owner="some",
    handler="some",
    reported_at=SOME_TIME,
    changed_at=SOME_TIME,
)
SOME_PART = Part(id="some", unit="some", duty=Duty.CO, deliverable="some")
SOME_CLOCK = Clock(
    id="some",
    rule="some",
    cycle=1,
    standing=Standing.RUNNING,
    basis=Basis.WALL,
    budget_ms=1,
    anchor_at=SOME_TIME,
    since_at=SOME_TIME,
)
"""What stands in for an issue, a part, a clock, where no condition can ask."""


class Node(NamedTuple):
    """The issue between two events, and the clock; None: it is not live."""

    facts: Facts
    standing: Standing | None


class Step(NamedTuple):
    """One event in the life of a clock: which moves held, the first of them made, and the end."""

    before: Node | None
    moment: Moment
    held: tuple[Move, ...]
    after: Node

    @property
    def move(self) -> Move | None:
        """Return what the clock does."""
        return self.held[0] if self.held else None

    @property
    def was(self) -> Standing | None:
        """Return how the clock stood before."""
        return None if self.before is None else self.before.standing


@dataclass(frozen=True)
class Life:
    """All that can happen to one kind of clock. `came_by` is a shortest way to each node."""

    steps: tuple[Step, ...]
    came_by: dict[Node, Step]

    def moves(self, move: Move) -> list[Step]:
        """Return every step at which the clock makes this move."""
        return [step for step in self.steps if step.move is move]

    def path(self, last: Step) -> tuple[Moment, ...]:
        """Return a shortest life that ends in `last`."""
        moments = [last.moment]
        before = last.before
        while before is not None:
            step = self.came_by[before]
            moments.append(step.moment)
            before = step.before
        return tuple(reversed(moments))

    def resumes(self, nodes: Iterable[Node]) -> bool:
        """Return whether a cycle that stands at `nodes` can ever go on."""
        onward: dict[Node, list[Step]] = {}
        for step in self.steps:
            if step.before is not None:
                onward.setdefault(step.before, []).append(step)
        ahead = list(nodes)
        seen = set(ahead)
        while ahead:
            for step in onward.get(ahead.pop(), ()):
                if step.move is Move.RESUME:
                    return True
                if step.move is None and step.after.standing and step.after not in seen:
                    seen.add(step.after)
                    ahead.append(step.after)
        return False


def live_through(rule: ClockRule, space: Space) -> Life:
    """Return every life of a clock of this kind, judged by what the engine judges with."""
    steps: dict[Step, None] = {}
    came_by: dict[Node, Step] = {}
    ahead: list[Node | None] = [None]
    while ahead:
        ahead_of_these, ahead = ahead, []
        for before in ahead_of_these:
            for moment in _next(before, space):
                step = _step(rule, before, moment)
                steps[step] = None
                if step.after not in came_by:
                    came_by[step.after] = step
                    ahead.append(step.after)
    return Life(tuple(steps), came_by)


def _next(before: Node | None, space: Space) -> Iterator[Moment]:
    return first_moments(space) if before is None else following(before.facts, space)


def holds(condition: Condition, moment: Moment) -> bool:
    """Return whether a condition holds at this moment."""
    event, issue, part = posed(moment)
    return failing(condition, issue, event, part) is None


def holding(conditions: Iterable[Condition], moment: Moment) -> Iterator[int]:
    """Yield the places of the conditions that hold at this moment."""
    for place, condition in enumerate(conditions):
        if holds(condition, moment):
            yield place


def budget_at(rule: ClockRule, moment: Moment) -> Duration:
    """Return the budget that fits at this moment, as far as what budgets ask for is told apart."""
    _, issue, _ = posed(moment)
    return budget_for(rule, issue)


def _step(rule: ClockRule, before: Node | None, moment: Moment) -> Step:
    """A part's clock belongs to its team: a new team or none leaves it behind."""
    standing = None if before is None else before.standing
    if rule.scope is ClockScope.PART and moment.event in ("team_convened", "issue_reopened"):
        standing = None
    event, issue, part = posed(moment)
    moves: tuple[Move, ...] = ()
    if rule.scope is ClockScope.LEVEL and moment.event in LEVEL_LEFT:
        standing = None
    if rule.scope is not ClockScope.PART or part is not None:
        clock = None if standing is None else SOME_CLOCK.model_copy(update={"standing": standing})
        moves = tuple(held(rule, issue, event, part, clock))
    after = AFTER.get(moves[0]) if moves else standing
    return Step(before, moment, moves, Node(moment.facts, after))


@lru_cache(maxsize=2**14)
def posed(moment: Moment) -> tuple[Event, Issue, Part | None]:
    """Return the moment as the engine would see it: what a condition can ask about is as told."""
    facts = moment.facts
    pause = None
    if facts.waiting is not None:
        pause = Pause(reason=facts.waiting, party=None, since_at=SOME_TIME)
    issue = SOME_ISSUE.model_copy(
        update={
            "phase": facts.phase,
            "pause": pause,
            "tier": facts.tier,
            "priority": facts.priority,
            "category": facts.category,
        }
    )
    part = None if facts.part is None else SOME_PART.model_copy(update={"standing": facts.part})
    return EVENT_CLASSES[moment.event].model_construct(), issue, part


def told(path: Iterable[Moment], space: Space) -> str:
    """Return a life in words, for a person to follow."""
    return " → ".join(f"{moment.event} ({told_facts(moment.facts, space)})" for moment in path)


def told_facts(facts: Facts, space: Space) -> str:
    """Return what is true of an issue, as far as it is told apart."""
    said = [str(facts.phase)]
    if facts.waiting is not None:
        said.append(f"paused, {facts.waiting}")
    if facts.part is not None:
        said.append(f"part {facts.part}")
    if space.tiers:
        said.append(f"tier {facts.tier}")
    if space.priorities:
        said.append(str(facts.priority))
    if space.categories:
        other = facts.category == ANY_OTHER
        said.append("any other category" if other else f"category {facts.category}")
    return ", ".join(said)
