"""Where one clock stands in a joint search: the stages that it has, and how events move it."""

from dataclasses import dataclass

from domain.clock_life import LEVEL_LEFT, holds, posed
from domain.clock_rules import ClockRule, ClockScope, RungEffect
from domain.conditions import any_holds
from domain.facts_possible import Moment, all_moments
from domain.phases import Phase
from domain.proof_space import World

NONE = 0
"""A clock that is not live. `n` runs towards its n-th stage, `-n` stands there."""


@dataclass
class StagedClock:
    """One clock of the search: the effects still to come at each stage, and its moves."""

    rule: ClockRule
    effects: tuple[tuple[str, RungEffect, bool], ...]

    @property
    def spent(self) -> int:
        """Return where a clock stands that has no rung to come."""
        return len(self.effects) + 1

    def ahead(self, stand: int) -> bool:
        """Return whether a clock runs and has a rung to come."""
        return 0 < stand < self.spent

    def coming(self, stand: int, effect: RungEffect) -> bool:
        """Return whether a clock runs and has a rung of an effect to come."""
        return stand > 0 and any(each[1] is effect for each in self.effects[stand - 1 :])

    def table(self, moment: Moment) -> tuple[int, ...]:
        """Return where the clock stands after a moment, by where it stood; negative numbers count
        from the end, as Python's do."""
        event, issue, _ = posed(moment)
        rule, n = self.rule, len(self.effects)
        ends = any_holds((*rule.stop, *rule.cancel), issue, event, None)
        if ends:
            return (NONE,) * (2 * n + 2)
        start = 1 if any_holds(rule.start, issue, event, None) else NONE
        if rule.scope is ClockScope.LEVEL and event.kind in LEVEL_LEFT:
            return (start,) * (2 * n + 2)
        if any_holds(rule.reset, issue, event, None):
            return (start, *(1,) * (2 * n + 1))
        sign = -1 if any_holds(rule.pause, issue, event, None) else 1
        running = tuple(sign * stage for stage in range(1, n + 1))
        return (start, *running, self.spent, *reversed(running))


@dataclass
class VisitedTiers(StagedClock):
    """No clock: the tiers at which the clocks of levels may have begun, a bit for each."""

    tiers: tuple[int, ...] = ()
    phases: frozenset[Phase] = frozenset()

    def ahead(self, stand: int) -> bool:
        """It promises nothing."""
        return False

    def coming(self, stand: int, effect: RungEffect) -> bool:
        """It promises nothing."""
        return False

    def bit(self, tier: int | None) -> int:
        """Return the bit of a tier."""
        return 1 << self.tiers.index(tier) if tier in self.tiers else 0

    def table(self, moment: Moment) -> tuple[int, ...]:
        """Return which tiers have been visited after a moment."""
        bit = self.bit(moment.facts.tier) if moment.facts.phase in self.phases else 0
        return tuple(mask | bit for mask in range(1 << len(self.tiers)))


def visited_tiers(world: World) -> list[VisitedTiers]:
    """Return what remembers the tiers, if some clock is of a level."""
    of_levels = [rule for rule in world.rules if rule.scope is ClockScope.LEVEL]
    starts = tuple(condition for rule in of_levels for condition in rule.start)
    phases = (
        m.facts.phase
        for m in all_moments(world.space)
        if of_levels and any(holds(each, m) for each in starts)
    )
    return [VisitedTiers(rule, (), world.space.tiers, frozenset(phases)) for rule in of_levels[:1]]
