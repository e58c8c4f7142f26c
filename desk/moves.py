"""What an adoption does to an issue's clocks, read from its events: before it happens or after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.clocks import Clock
from domain.events import Event
from domain.events_of_time import ClockMigrated, TermsAdopted
from domain.evolve import evolve
from domain.issue import Issue


class Shift(StrEnum):
    """Where a deadline goes. A clock that stands has none: it stays."""

    EARLIER = "earlier"
    LATER = "later"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class ClockMove:
    """One live clock: its deadline by the old terms and by the new. None while it stands.

    `breach_created`: by the new terms alone the deadline has passed; `breach_removed`: it had.
    """

    clock: str
    cycle: int
    old_due_at: datetime | None
    new_due_at: datetime | None
    was_provisional: bool = False
    is_provisional: bool = False
    breach_created: bool = False
    breach_removed: bool = False

    @property
    def shift(self) -> Shift:
        """Return where the deadline goes."""
        if self.old_due_at is None or self.new_due_at is None:
            return Shift.SAME
        if self.new_due_at == self.old_due_at:
            return Shift.SAME
        return Shift.EARLIER if self.new_due_at < self.old_due_at else Shift.LATER


@dataclass(frozen=True, slots=True)
class IssueMove:
    """One issue and its live clocks. `obstacle` is why it cannot move; it then has no clocks."""

    stream: str
    number: str | None
    clocks: tuple[ClockMove, ...] = ()
    obstacle: str | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """How much an adoption moves: issues, and of their live clocks how many go where."""

    issues: int = 0
    left: int = 0
    earlier: int = 0
    later: int = 0
    same: int = 0
    settled: int = 0
    breaches_created: int = 0
    breaches_removed: int = 0

    def plus(self, move: IssueMove) -> "Figures":
        """Return the figures with one more issue."""
        shifts = [clock.shift for clock in move.clocks]
        return Figures(
            issues=self.issues + (move.obstacle is None),
            left=self.left + (move.obstacle is not None),
            earlier=self.earlier + shifts.count(Shift.EARLIER),
            later=self.later + shifts.count(Shift.LATER),
            same=self.same + shifts.count(Shift.SAME),
            settled=self.settled
            + sum(clock.was_provisional and not clock.is_provisional for clock in move.clocks),
            breaches_created=self.breaches_created
            + sum(clock.breach_created for clock in move.clocks),
            breaches_removed=self.breaches_removed
            + sum(clock.breach_removed for clock in move.clocks),
        )


def move_of(before: Issue, events: Sequence[Event]) -> IssueMove:
    """Return what one command that adopts terms did to the clocks of `before`. Rungs that it found
    due come first and are no part of the move."""
    issue, at_adoption = before, before
    moved: dict[str, ClockMove] = {}
    for event in events:
        if isinstance(event, TermsAdopted):
            at_adoption = issue
        elif isinstance(event, ClockMigrated):
            moved[event.clock] = _migrated(event, issue.clock(event.clock))
        issue = evolve(issue, event, zone=before.zone, key=before.key, terms=before.terms)
    clocks = [
        moved.get(clock.id) or _unmoved(clock, issue.clock(clock.id))
        for clock in at_adoption.clocks
        if clock.is_live
    ]
    return IssueMove(stream=before.stream, number=issue.number, clocks=tuple(clocks))


def _migrated(event: ClockMigrated, before: Clock | None) -> ClockMove:
    aims = (change.retarget for change in event.clocks if change.clock == event.clock)
    aim = next((aim for aim in aims if aim is not None), None)
    was_born = before is not None and before.born_breached
    return ClockMove(
        clock=event.clock,
        cycle=event.cycle,
        old_due_at=event.old_due_at,
        new_due_at=event.new_due_at,
        was_provisional=event.was_provisional,
        is_provisional=event.is_provisional,
        breach_created=aim is not None and aim.born_breached and not was_born,
        breach_removed=aim is not None and aim.breach_undone,
    )


def _unmoved(before: Clock, after: Clock | None) -> ClockMove:
    """Return a clock that the new terms leave as it was, or end: a kind that they do not have."""
    ended = after is None or not after.is_live
    return ClockMove(
        clock=before.id,
        cycle=before.cycle,
        old_due_at=before.due_at,
        new_due_at=None if ended else before.due_at,
        was_provisional=before.provisional,
        is_provisional=before.provisional and not ended,
    )
