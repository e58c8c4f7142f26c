"""A decision in the making: events recorded one by one, the issue folded along."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.capping import capped
from domain.clocks import ClockTransition
from domain.days import zone_of
from domain.errors import InvalidRequestError, IssueClosedError, IssueError, WrongPhaseError
from domain.events import Event
from domain.events_of_ladder import Emptiness, LevelHeld, LevelSkipped
from domain.evolve import facts_after, with_clocks
from domain.handbook import Handbook
from domain.issue import Issue
from domain.kin import Kin
from domain.ladder import Entry, enter
from domain.organization import holders
from domain.people import ENGINE, Actor
from domain.permissions import Setting
from domain.phases import Phase
from domain.terms import Terms
from domain.timekeeping import transitions

OCCURRED_AGE_MAX = timedelta(days=3660)
"""How long ago something may have taken place that is recorded or corrected now."""

RULES = 3
"""The revision of the rules by which new commands are decided. `decide` still decides by each
earlier one what was decided by it:

1. the first;
2. a deadline at the last published midnight is not provisional; a clock resumed after its breach
   keeps its deadline; what starts a clock names the duration, and what ends one the gross time; a
   rung that fires long after its instant is marked late by us;
3. of rungs due at one instant those of the clock that stands first in the handbook fire first, not
   those of the first id: no id means anything.
"""


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision is given: the instant (UTC), the terms, the revision of the rules, the ledger
    number that an acceptance would receive, the terms that an adoption is to adopt, and what is
    known of the issue that a link names (None: there is no such issue)."""

    at: datetime
    terms: Terms
    rules: int = RULES
    number: str | None = None
    target: Terms | None = None
    kin: Kin | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a command comes to: its events, in order, and the issue after them."""

    events: tuple[Event, ...]
    issue: Issue


class Draft:
    """Collects events. Each is folded, and moves its clocks, before the next is decided."""

    def __init__(
        self, issue: Issue | None, zone: str, key: str, actor: Actor, context: Context
    ) -> None:
        self.zone = zone
        self.key = key
        self.actor = actor
        self.at = context.at
        self.number = context.number
        self.terms = context.terms
        self.target = context.target
        self.kin = context.kin
        self.rules = context.rules
        self.events: list[Event] = []
        self._issue = issue

    @property
    def issue(self) -> Issue:
        """Return the issue as the events recorded so far leave it."""
        if self._issue is None:
            raise LookupError(f"no issue yet in {self.zone}/{self.key}")
        return self._issue

    @property
    def handbook(self) -> Handbook:
        """Return the handbook the issue is judged by."""
        return self.terms.handbook

    def record(self, event: Event, retargets: Iterable[ClockTransition] = ()) -> None:
        """Add `event`, with the clock moves it causes: by the handbook's rules, and of the clocks
        that these leave alone the changes of target that come with it."""
        after = facts_after(self._issue, event, zone=self.zone, key=self.key, terms=self.terms.hash)
        moves = transitions(after, event, self.terms, self.rules)
        moved = {move.clock for move in moves}
        moves += tuple(change for change in retargets if change.clock not in moved)
        moves = capped(after, moves, self.terms, event.at, self.rules)
        self._issue = with_clocks(after, moves, event.at)
        self.events.append(event.model_copy(update={"clocks": moves}) if moves else event)

    def begin(self, event: Event, clocks: tuple[ClockTransition, ...]) -> None:
        """Add the event by which an issue begins here that began elsewhere: its clocks are given,
        and no rule of the handbook is asked."""
        after = facts_after(None, event, zone=self.zone, key=self.key, terms=self.terms.hash)
        self._issue = with_clocks(after, clocks, event.at)
        self.events.append(event.model_copy(update={"clocks": clocks}) if clocks else event)

    def foreseen(self, event: Event) -> Issue:
        """Return the issue as `event` would leave it, were it recorded: nothing is."""
        after = facts_after(self._issue, event, zone=self.zone, key=self.key, terms=self.terms.hash)
        return with_clocks(after, transitions(after, event, self.terms, self.rules), event.at)

    def decision(self) -> Decision:
        """Return what has been recorded."""
        return Decision(events=tuple(self.events), issue=self.issue)

    def attempt(self, act: Callable[[], None]) -> IssueError | None:
        """Carry out `act` whole, or leave everything as it was and return why it is refused."""
        recorded, before = len(self.events), self._issue
        try:
            act()
        except IssueError as refusal:
            del self.events[recorded:]
            self._issue = before
            return refusal
        return None

    @contextmanager
    def acting_as(self, actor: Actor) -> Iterator[None]:
        """Let `actor` do what follows, whoever sent the command that brought it about."""
        sender, self.actor = self.actor, actor
        try:
            yield
        finally:
            self.actor = sender

    def require_phase(self, *phases: Phase) -> None:
        """Refuse unless the issue is in one of `phases`."""
        phase = self.issue.phase
        if phase in phases:
            return
        if phase is Phase.CLOSED:
            raise IssueClosedError(
                "The issue is closed; only a reopening can change it.",
                field="phase",
                value=phase,
                allowed=phases,
            )
        raise WrongPhaseError(
            "The issue is not in a phase for this.", field="phase", value=phase, allowed=phases
        )

    @property
    def local(self) -> datetime:
        """Return the instant in the zone's own time."""
        return self.at.astimezone(zone_of(self.terms.calendar.time_zone))

    def setting(self, command: str) -> Setting:
        """Return what a command of this kind is judged in."""
        return Setting(handbook=self.handbook, local=self.local, command=command)

    def entry_at(self, tier: int) -> Entry:
        """Return who takes the issue if it comes to `tier` now; it may be a higher tier."""
        found = enter(self.handbook, self.issue.enterprise, tier, self.local)
        if found is None:
            raise InvalidRequestError(
                "No post is accountable at this tier.",
                field="to_tier",
                value=tier,
                allowed=f"1 to {self.handbook.top_tier}",
            )
        return found

    def pass_by(self, entry: Entry) -> None:
        """Record each post that had nobody to take the issue (R5.3)."""
        for each in entry.passed:
            self.record(
                LevelSkipped(
                    at=self.at,
                    by=ENGINE,
                    tier=each.tier,
                    post=each.post.id,
                    reason=each.reason,
                    roster=each.roster,
                )
            )

    def hold(self, entry: Entry) -> None:
        """Record that nobody is there either, after the event that brought the issue there."""
        if entry.held:
            vacant = not holders(entry.post, self.local.date())
            self.record(
                LevelHeld(
                    at=self.at,
                    by=ENGINE,
                    tier=entry.tier,
                    post=entry.post.id,
                    reason=Emptiness.VACANT if vacant else Emptiness.OFF_DUTY,
                    roster=entry.roster,
                )
            )
