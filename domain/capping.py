"""Parts' clocks stay inside the lead's: whatever would end later is cut to the lead's end (R7.1).

Only while the lead's clock runs and has not run out; a later end of it gives parts nothing.
"""

from dataclasses import replace
from datetime import datetime

from domain.clocks import Clock, ClockTransition, Move, Retargeted, Standing, target_of
from domain.durations import elapsed_ms
from domain.evolve import with_clocks
from domain.issue import Issue
from domain.retargeting import Change, recounted_ms, retargeted
from domain.runs import run_of
from domain.terms import Terms
from domain.timekeeping import pace_of

STOOD: dict[str, object] = {"from_due_at": None}
BY_LEAD = "lead"
"""The rule of a change of target by which a part is cut to the lead's end."""


def capped(
    facts: Issue, moves: tuple[ClockTransition, ...], terms: Terms, at: datetime, rules: int
) -> tuple[ClockTransition, ...]:
    """Return the moves of an event, with every part's clock that they would let end after the
    lead's cut to it. `facts` is the issue after the event, before any clock has moved."""
    team = terms.handbook.joint_team
    if team is None or facts.team is None:
        return moves
    after = with_clocks(facts, moves, at)
    ends_at = end_of_lead(after, team.lead, at)
    if ends_at is None:
        return moves
    by_clock = {move.clock: move for move in moves}
    for clock in after.clocks:
        late = clock.due_at is not None and clock.due_at > ends_at
        if clock.rule == team.part and clock.standing is Standing.RUNNING and late:
            cut = _Cut(facts.clock(clock.id), clock, terms, at, rules, ends_at)
            by_clock[clock.id] = cut.of(by_clock.get(clock.id))
    return tuple(by_clock.values())


def end_of_lead(issue: Issue, lead: str, at: datetime) -> datetime | None:
    """Return when the lead's time ends, None unless it runs at `at` and ends later."""
    clock = issue.clock(lead)
    if clock is None or clock.breached_at is not None or clock.due_at is None:
        return None
    return clock.due_at if clock.due_at > at else None


class _Cut:
    """Cuts one clock. `was` is the clock before the event's moves, `clock` after them."""

    def __init__(
        self,
        was: Clock | None,
        clock: Clock,
        terms: Terms,
        at: datetime,
        rules: int,
        ends_at: datetime,
    ) -> None:
        self.was = was
        self.clock = clock
        self.terms = terms
        self.at = at
        self.rules = rules
        self.rule = terms.rules_by_id[clock.rule]
        self.calendar = terms.calendar_of(self.rule)
        self.left_ms = elapsed_ms(clock.basis, self.calendar, at, ends_at)

    def of(self, move: ClockTransition | None) -> ClockTransition:
        """Return the move that the event makes instead."""
        if move is None:
            return self._retarget(Change(by=BY_LEAD, came_by=self.terms.hash))
        if move.move in (Move.START, Move.RESET):
            return self._begun(move)
        if move.retarget is None or self.was is None:
            return self._resumed(move)
        return self._aimed(self.was, move.retarget, move.elapsed_ms)

    def _begun(self, move: ClockTransition) -> ClockTransition:
        """A cycle that begins with what the lead has left; `duration` says what it would have."""
        pace = pace_of(self.clock, self.calendar, self.at, 0, self.rules)
        budget_ms, duration = self.left_ms, self.clock.duration
        run = run_of(self.rule, replace(pace, budget_ms=budget_ms, duration=duration))
        aim = move.retarget
        if aim is not None:
            to = aim.to.model_copy(update={"budget_ms": budget_ms})
            aim = aim.model_copy(update={"to": to, "to_due_at": run.due_at})
        return move.model_copy(update={"run": run, "retarget": aim})

    def _aimed(self, was: Clock, aim: Retargeted, spent_ms: int) -> ClockTransition:
        """Another target that the event gives: as far as the lead's end. What is cut off was never
        granted either."""
        over_ms = aim.to.budget_ms - self._budget_ms(spent_ms)
        extended_ms = aim.extended_ms
        if extended_ms > was.extended_ms:
            extended_ms = max(was.extended_ms, extended_ms - over_ms)
        change = Change(
            by=aim.rule,
            came_by=aim.came_from.terms,
            extended_ms=extended_ms,
            dropped=aim.superseded,
        )
        to = aim.to.model_copy(update={"budget_ms": aim.to.budget_ms - over_ms})
        return retargeted(was, to, self.rule, self.terms, self.at, self.rules, change)

    def _resumed(self, move: ClockTransition) -> ClockTransition:
        """A clock that runs on gets a new target in the same move. It had no deadline: it stood."""
        cut = self._retarget(Change(by=BY_LEAD, came_by=self.terms.hash))
        aim = None if cut.retarget is None else cut.retarget.model_copy(update=STOOD)
        return move.model_copy(update={"run": cut.run, "retarget": aim})

    def _retarget(self, change: Change) -> ClockTransition:
        own = target_of(self.clock, self.terms.hash)
        spent_ms = recounted_ms(self.clock, own, self.calendar, self.at)
        to = own.model_copy(update={"budget_ms": self._budget_ms(spent_ms)})
        return retargeted(self.clock, to, self.rule, self.terms, self.at, self.rules, change)

    def _budget_ms(self, spent_ms: int) -> int:
        return spent_ms + self.left_ms
