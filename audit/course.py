"""What the events of an issue came to: deadlines, rungs, breaches, escalations, and who had it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.clock_rules import FULL_PERCENT
from domain.clocks import Clock, ClockTransition
from domain.days import to_ms
from domain.events import Event, IssueEscalated, RungFired
from domain.issue import Issue
from domain.phases import Outcome, Phase
from domain.responsibility import Holder, claim_on, ruled_after
from domain.terms import Terms


@dataclass(frozen=True, slots=True)
class Deadline:
    """What one cycle of one clock last aimed at, and when that passed; None of what never ran, and
    of what did not pass. `rule` is the handbook's, of which a level or a part has a clock each."""

    rule: str
    clock: str
    cycle: int
    due_at: datetime | None
    breached_at: datetime | None


@dataclass(frozen=True, slots=True)
class Rang:
    """A rung that fired, and when it was due."""

    clock: str
    cycle: int
    rung: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """What one holder had of an issue, in milliseconds: of the zone's office hours, and of all
    time."""

    holder: Holder
    office_ms: int
    passed_ms: int


@dataclass(frozen=True, slots=True)
class Course:
    """What a life came to. Deadlines are by clock and cycle, rungs in the order in which they
    fired, holders by kind and name."""

    deadlines: tuple[Deadline, ...]
    rungs: tuple[Rang, ...]
    escalations: int
    tier: int
    owner: str
    phase: Phase
    outcome: Outcome | None
    held: tuple[Held, ...]

    @property
    def breaches(self) -> int:
        """Return how many cycles passed their deadline."""
        return sum(each.breached_at is not None for each in self.deadlines)


class CourseMaker:
    """Takes the events of an issue decision by decision."""

    def __init__(self) -> None:
        self._rules: dict[str, str] = {}
        self._due: dict[tuple[str, int], datetime | None] = {}
        self._breached: dict[tuple[str, int], datetime | None] = {}
        self._rungs: list[Rang] = []
        self._escalations = 0
        self._issue: Issue | None = None
        self._terms: Terms | None = None
        self._ruled = False
        self._since_at: datetime | None = None
        self._held: dict[Holder, tuple[int, int]] = {}

    def take(self, events: Sequence[Event], issue: Issue, terms: Terms) -> None:
        """Take in what one decision recorded: the issue as it leaves it, and under which terms."""
        if not events:
            return
        self._hold_until(events[0].at)
        for event in events:
            self._take(event)
        for clock in issue.clocks:
            self._standing(clock)
        self._issue, self._terms, self._since_at = issue, terms, events[-1].at

    def course(self, until_at: datetime) -> Course:
        """Return what has been taken in, as it stands at `until_at` (UTC)."""
        self._hold_until(until_at)
        self._since_at = until_at
        issue = self._issue
        if issue is None:
            raise LookupError("nothing was taken in")
        return Course(
            deadlines=tuple(
                Deadline(self._rules[cycle[0]], *cycle, due_at, self._breached.get(cycle))
                for cycle, due_at in sorted(self._due.items(), key=lambda each: each[0])
            ),
            rungs=tuple(self._rungs),
            escalations=self._escalations,
            tier=issue.tier,
            owner=issue.owner,
            phase=issue.phase,
            outcome=issue.outcome,
            held=tuple(
                Held(holder, *spent)
                for holder, spent in sorted(
                    self._held.items(), key=lambda each: (each[0].kind, each[0].id)
                )
            ),
        )

    def _take(self, event: Event) -> None:
        self._ruled = ruled_after(event, ruled=self._ruled)
        if isinstance(event, RungFired):
            self._rungs.append(Rang(event.clock, event.cycle, event.rung, event.due_at))
            if event.percent == FULL_PERCENT:
                # The clock may be in another cycle before the decision ends.
                cycle = (event.clock, event.cycle)
                self._breached[cycle] = self._breached.get(cycle) or event.due_at
        elif isinstance(event, IssueEscalated):
            self._escalations += 1
        for change in event.clocks:
            self._moved(change)

    def _moved(self, change: ClockTransition) -> None:
        self._rules[change.clock] = change.rule
        if change.run is not None:
            self._due[change.clock, change.cycle] = change.run.due_at
        elif change.retarget is not None and change.retarget.to_due_at is not None:
            self._due[change.clock, change.cycle] = change.retarget.to_due_at

    def _standing(self, clock: Clock) -> None:
        cycle = (clock.id, clock.cycle)
        self._rules[clock.id] = clock.rule
        self._breached[cycle] = clock.breached_at
        self._due.setdefault(cycle, clock.due_at)

    def _hold_until(self, at: datetime) -> None:
        """Give the time since the last decision to whoever had the issue."""
        issue, terms, since_at = self._issue, self._terms, self._since_at
        if issue is None or terms is None or since_at is None or at <= since_at:
            return
        if not issue.is_open:
            return
        holder, _ = claim_on(issue, terms.handbook, ruled=self._ruled)
        office_ms, passed_ms = self._held.get(holder, (0, 0))
        self._held[holder] = (
            office_ms + terms.calendar.working_ms(since_at, at),
            passed_ms + to_ms(at) - to_ms(since_at),
        )
