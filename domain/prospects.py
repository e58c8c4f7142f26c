"""What an event can do to a handbook's clocks, worked out once for all issues that no condition
tells apart (R1.3, R1.4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from domain.clock_rules import ClockRule, ClockScope
from domain.clocks import Clock, Move, Standing
from domain.conditions import held_by
from domain.events import Event
from domain.issue import Issue
from domain.phases import PauseReason, Phase, Priority

FACTS_KEPT_MAX: Final = 4096
"""Of so many combinations of facts the answers are kept, then they begin anew."""

Facts = tuple[str, Phase, PauseReason | None, int, Priority, str | None]
"""All that a condition can ask of an event and of the issue after it, but for its parts."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """What the clocks of one rule do, by how each stands: one that is not live, runs or is paused.
    Of the clocks of parts, which differ, it says only what the kind of the event leaves possible:
    `of_parts` have to be asked one by one."""

    rule: ClockRule
    fresh: tuple[Move, ...]
    running: tuple[Move, ...]
    paused: tuple[Move, ...]
    of_parts: bool

    def moves(self, clock: Clock | None) -> tuple[Move, ...]:
        """Return the moves of a clock of the rule, in the fixed order; of a part's, whether it is
        worth asking."""
        if clock is None or not clock.is_live:
            return self.fresh
        return self.running if clock.standing is Standing.RUNNING else self.paused


class Prospects:
    """The answers of one handbook's clock rules, as they are first asked for."""

    def __init__(self, rules: tuple[ClockRule, ...]) -> None:
        self._rules = rules
        self._by_category = any(
            condition.categories
            for rule in rules
            for conditions in (rule.start, rule.stop, rule.cancel, rule.reset, rule.pause)
            for condition in conditions
        )
        self._known: dict[Facts, tuple[Prospect, ...]] = {}

    def after(self, issue: Issue, event: Event) -> tuple[Prospect, ...]:
        """Return in the handbook's order every rule that may do something, or has a clock that may
        be left behind; `issue` is the issue after `event`, before any clock has moved."""
        facts: Facts = (
            event.kind,
            issue.phase,
            None if issue.pause is None else issue.pause.reason,
            issue.tier,
            issue.priority,
            issue.category if self._by_category else None,
        )
        known = self._known.get(facts)
        if known is None:
            if len(self._known) >= FACTS_KEPT_MAX:
                self._known.clear()
            known = self._known[facts] = tuple(self._worked_out(issue, event))
        return known

    def _worked_out(self, issue: Issue, event: Event) -> Iterator[Prospect]:
        for rule in self._rules:
            if rule.scope is ClockScope.PART:
                yield _by_kind(rule, event.kind)
                continue
            fresh, running, paused = (
                tuple(held_by(rule, issue, event, None, standing))
                for standing in (None, Standing.RUNNING, Standing.PAUSED)
            )
            if fresh or running or paused or rule.scope is ClockScope.LEVEL:
                yield Prospect(rule, fresh, running, paused, of_parts=False)


def _by_kind(rule: ClockRule, kind: str) -> Prospect:
    return Prospect(
        rule,
        fresh=(Move.START,) if rule.may_begin_at(kind) else (),
        running=(Move.STOP,) if rule.may_move_at(kind) else (),
        paused=(Move.RESUME,),
        of_parts=True,
    )
