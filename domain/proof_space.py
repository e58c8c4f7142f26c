"""What a joint search tells apart: the clocks that matter, the tiers, priorities and categories
that some condition asks for, and what a rung of each effect brings about."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from domain.clock_life import LEVEL_LEFT
from domain.clock_rules import ClockRule, ClockScope, Condition, RungEffect, RungRule
from domain.facts_of_handbook import absent_events
from domain.facts_possible import (
    ANY_OTHER,
    OF_ANOTHER_PRIORITY,
    OF_PARTS,
    UNMARKED,
    Answer,
    Facts,
    Moment,
    Space,
    following,
)
from domain.handbook import Handbook, OnTimeout
from domain.phases import PauseReason, Phase, Priority
from domain.starting import left_out

QUIET = (RungEffect.REMIND, RungEffect.RECORD)
"""Effects by which nothing happens but the firing itself."""
BY_ACT = (Phase.INTAKE, Phase.HANDLING)
"""The phases in which people raise an issue; in the others time alone does."""
RETARGETING = frozenset({"issue_reclassified", *OF_ANOTHER_PRIORITY})


@dataclass(frozen=True)
class World:
    """Of a handbook, what decides how the clocks of one issue stand together.

    `runs` are the lowest tiers of each run of tiers that nobody tells apart, with how many they
    stand for; `timeouts` says by tier where a due rung that escalates leads.
    """

    rules: tuple[ClockRule, ...]
    space: Space
    runs: tuple[tuple[int, int], ...]
    timeouts: tuple[OnTimeout | None, ...]
    parks: bool
    waiting: bool

    @property
    def top(self) -> int:
        """Return the highest tier."""
        return len(self.timeouts)

    @property
    def asked(self) -> frozenset[str]:
        """Return the events that some condition names, or that tell clocks apart by themselves."""
        return frozenset(
            event
            for rule in self.rules
            for condition in conditions(rule)
            for event in condition.events
        ) | RETARGETING.union(LEVEL_LEFT)

    def narrowed(self, to: Collection[str]) -> "World":
        """Return the same with these clocks alone."""
        return _world(tuple(rule for rule in self.rules if rule.id in to), self)

    def following(self, facts: Facts) -> Iterator[Moment]:
        """Yield what can happen next."""
        for moment in following(facts, self.space):
            if moment.event == "issue_parked" and not self.parks:
                continue
            if moment.event == "issue_escalated" and facts.phase not in BY_ACT:
                continue
            if moment.facts.waiting is PauseReason.WAITING_OUTSIDE and not self.waiting:
                continue
            yield moment
        if self.stands_for_more(facts.tier) and facts.phase in BY_ACT:
            yield Moment("issue_escalated", facts._replace(waiting=None))
            if facts.phase is Phase.HANDLING:
                yield Moment("issue_deescalated", facts._replace(waiting=None))
                if facts.waiting is None:
                    yield Moment("team_convened", facts)

    def stands_for_more(self, tier: int | None) -> bool:
        """Return whether there are tiers like this one that nobody tells apart from it."""
        return dict(self.runs).get(tier or 0, 1) > 1

    def effects_of(self, effect: RungEffect, facts: Facts) -> Iterator[tuple[Moment, ...]]:
        """Yield what a firing can bring about, beyond being recorded."""
        match effect:
            case RungEffect.REMIND | RungEffect.RECORD:
                yield ()
            case RungEffect.REVIEW:
                yield (Moment("issue_put_to_review", facts),)
            case RungEffect.ESCALATE:
                yield from self._escalated(facts)
            case RungEffect.LAPSE:
                awaited = facts.phase is Phase.SIGN_OFF and facts.answer is Answer.NONE
                silent = facts._replace(answer=Answer.SILENCE)
                yield (Moment("sign_off_lapsed", silent),) if awaited else ()
            case RungEffect.REOPEN_LADDER:
                if facts.phase is Phase.HANDLING:
                    yield (Moment("acknowledgement_expired", facts),)
                yield from self._escalated(facts)
            case RungEffect.BIND:
                yield ()
                yield (Moment("dispatch_bound", facts),)
            case RungEffect.BIND_PART:
                yield ()
            case RungEffect.EXPIRE:
                yield from _expired(facts)
            case RungEffect.UNPARK:
                back = facts._replace(phase=Phase.HANDLING)
                parked = facts.phase is Phase.PARKED
                yield (Moment("issue_unparked", back),) if parked else ()
            case _:
                assert_never(effect)

    def _escalated(self, facts: Facts) -> Iterator[tuple[Moment, ...]]:
        """Levels with nobody in them are passed, so that any higher one may be next."""
        tier = facts.tier or self.top
        timeout = self.timeouts[tier - 1]
        if tier >= self.top or timeout is OnTimeout.REVIEW:
            yield (Moment("issue_put_to_review", facts),)
            return
        higher = [self.top]
        if timeout is not OnTimeout.TOP:
            own = [tier] if self.stands_for_more(tier) else []
            higher = [*own, *(each for each in self.space.tiers if each > tier)]
        for each in higher:
            yield (Moment("issue_escalated", facts._replace(tier=each, waiting=None)),)


def _expired(facts: Facts) -> Iterator[tuple[Moment, ...]]:
    """A closing review is always a round; anywhere else there may be none that the clock is of."""
    decided = Moment("round_closed", facts)
    if facts.answer is not Answer.REVIEW:
        yield ()
        yield (decided,)
    if facts.phase is Phase.SIGN_OFF and facts.answer is not Answer.NONE:
        yield (decided, Moment("issue_closed_out", facts._replace(phase=Phase.CLOSED)))
        back = facts._replace(phase=Phase.HANDLING, answer=Answer.NONE)
        yield (decided, Moment("resolution_sent_back", back))


def worlds_of(handbook: Handbook) -> tuple[World, ...]:
    """Return what decides how the clocks of one issue stand together, for each course that an issue
    may take; an ordinary one first."""
    return tuple(_world_without(handbook, each) for each in left_out(handbook))


def world_of(handbook: Handbook) -> World:
    """Return the same for the ordinary course."""
    return worlds_of(handbook)[0]


def _world_without(handbook: Handbook, clocks: Collection[str]) -> World:
    rules = tuple(
        rule
        for rule in handbook.clocks
        if rule.scope is not ClockScope.PART and rule.id not in clocks
    )
    named = {e for rule in rules for condition in conditions(rule) for e in condition.events}
    whole = World(
        rules=rules,
        space=Space(
            categories=tuple(entry.id for entry in handbook.categories),
            absent=absent_events(handbook) | ((UNMARKED | OF_PARTS) - named),
        ),
        runs=(),
        timeouts=tuple(tier.on_timeout for tier in handbook.tiers),
        parks=handbook.parking is not None,
        waiting=True,
    )
    return _world(rules, whole)


def _world(rules: tuple[ClockRule, ...], of: World) -> World:
    asked = [condition for rule in rules for condition in conditions(rule)]
    runs = _runs(asked, of.timeouts)
    return replace(
        of,
        rules=rules,
        space=Space(
            tiers=tuple(tier for tier, _ in runs),
            priorities=_priorities(asked),
            categories=_categories(asked, of.space.categories),
            absent=of.space.absent,
        ),
        runs=runs,
        waiting=any(condition.waiting for condition in asked),
    )


def _runs(
    asked: list[Condition], timeouts: tuple[OnTimeout | None, ...]
) -> tuple[tuple[int, int], ...]:
    top = len(timeouts)
    kinds = [
        (tier == top, timeouts[tier - 1], tuple(tier in c.tiers for c in asked if c.tiers))
        for tier in range(1, top + 1)
    ]
    runs: list[tuple[int, int]] = []
    for tier, kind in enumerate(kinds, start=1):
        if runs and kinds[tier - 2] == kind:
            runs[-1] = runs[-1][0], runs[-1][1] + 1
        else:
            runs.append((tier, 1))
    return tuple(part for run in runs for part in _parted(*run))


def _parted(low: int, number: int) -> Iterator[tuple[int, int]]:
    """The lowest tier of a run stands for itself: nothing is lowered from there within the run."""
    yield low, 1
    if number > 1:
        yield low + 1, number - 1


def _priorities(asked: list[Condition]) -> tuple[Priority, ...]:
    """Of those that nobody tells apart the most urgent stands for all: it may do the most."""
    named = [condition.priorities for condition in asked if condition.priorities]
    alike = {tuple(each in some for some in named): each for each in Priority}
    return tuple(alike.values()) if named else ()


def _categories(asked: list[Condition], known: tuple[str, ...]) -> tuple[str, ...]:
    named = [condition.categories for condition in asked if condition.categories]
    alike: dict[tuple[bool, ...], str] = {}
    for category in known:
        alike.setdefault(tuple(category in some for some in named), category)
    nobody = tuple(False for _ in named)
    if nobody in alike:
        alike[nobody] = ANY_OTHER
    return tuple(alike.values()) if named else ()


def conditions(rule: ClockRule) -> tuple[Condition, ...]:
    """Return every condition of a clock."""
    return (*rule.start, *rule.stop, *rule.cancel, *rule.reset, *rule.pause)


def is_quiet(rule: ClockRule) -> bool:
    """Return whether a clock only reminds and records."""
    return all(rung.effect in QUIET for rung in rule.rungs)


def stages_of(rule: ClockRule) -> tuple[tuple[str, RungEffect, bool], ...]:
    """Return the rungs that matter, in order: those that cause something, and the last. Each with
    its id, its effect, and whether it may come again before the next."""
    ordered = sorted(rule.rungs, key=_order)
    kept = [rung for rung in ordered if rung.effect not in QUIET or rung is ordered[-1]]
    return tuple((rung.id, rung.effect, rung.every is not None) for rung in kept)


def _order(rung: RungRule) -> tuple[int, int]:
    if rung.percent is not None:
        return (0 if not rung.is_due_itself else 2), rung.percent
    if rung.before is not None:
        return 1, 0
    return (3 if rung.after is not None else 4), 0
