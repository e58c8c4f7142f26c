"""A decision in the making: events recorded one by one, the issue folded along."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.clocks import ClockTransition
from domain.errors import InvalidRequestError, IssueClosedError, WrongPhaseError
from domain.events import Event
from domain.evolve import facts_after, with_clocks
from domain.handbook import Handbook
from domain.issue import Issue
from domain.organization import owner_post, person_in
from domain.people import Actor
from domain.phases import Phase
from domain.terms import Terms
from domain.timekeeping import transitions

OCCURRED_AGE_MAX = timedelta(days=3660)
"""How long ago something may have taken place that is recorded or corrected now."""

RULES = 2
"""The revision of the rules by which new commands are decided. `decide` still decides by each
earlier one what was decided by it:

1. the first;
2. a deadline at the last published midnight is not provisional; a clock resumed after its breach
   keeps its deadline; what starts a clock names the duration, and what ends one the gross time; a
   rung that fires long after its instant is marked late by us.
"""


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision is given: the instant (UTC), the terms, the revision of the rules, the ledger
    number that an acceptance would receive, and the terms that an adoption is to adopt."""

    at: datetime
    terms: Terms
    rules: int = RULES
    number: str | None = None
    target: Terms | None = None


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
        self._issue = with_clocks(after, moves, event.at)
        self.events.append(event.model_copy(update={"clocks": moves}) if moves else event)

    def decision(self) -> Decision:
        """Return what has been recorded."""
        return Decision(events=tuple(self.events), issue=self.issue)

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

    def owner_at(self, tier: int) -> tuple[str, str | None]:
        """Return the accountable post at `tier` and the person in it now, if any."""
        found = owner_post(self.handbook, self.issue.enterprise, tier)
        if found is None:
            raise InvalidRequestError(
                "No post is accountable at this tier.",
                field="to_tier",
                value=tier,
                allowed=f"1 to {self.handbook.top_tier}",
            )
        return found.id, person_in(self.handbook, found.id)
