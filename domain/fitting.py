"""Whether what a joint team's parts have to spend fits into the time of its lead (R7.1).

Where the lead's time does not run, or has run out, no part is given more than the handbook's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.capping import end_of_lead
from domain.clocks import Standing
from domain.durations import budget_of, due_at
from domain.issue import Issue
from domain.procedures import TeamRule
from domain.team import Part, Team
from domain.terms import Terms
from domain.timekeeping import budget_for, length_for


@dataclass(frozen=True, slots=True)
class Overrun:
    """The part that would end last, and when, against its bound: the end of the lead's time, or of
    the time that the handbook gives a part."""

    part: str
    ends_at: datetime
    until_at: datetime
    by_lead: bool = True


def overrun(issue: Issue, terms: Terms, at: datetime, parts: Iterable[str]) -> Overrun | None:
    """Return how far the open ones of these parts reach beyond their bound; None if they fit.

    A part that depends on others begins when the last of them ends: what counts is the longest way.
    """
    rule, team = terms.handbook.joint_team, issue.team
    if rule is None or team is None:
        return None
    lead_ends_at = end_of_lead(issue, rule.lead, at)
    if lead_ends_at is None:
        given = (_beyond_the_usual(team.part(id_), issue, rule, terms, at) for id_ in parts)
        return next((each for each in given if each is not None), None)
    ends = _Ends(issue, team, rule, terms, at)
    last = max(((ends.of(id_), id_) for id_ in parts), default=(at, ""))
    return Overrun(last[1], last[0], lead_ends_at) if last[0] > lead_ends_at else None


def _beyond_the_usual(
    part: Part | None, issue: Issue, rule: TeamRule, terms: Terms, at: datetime
) -> Overrun | None:
    if part is None or part.budget is None:
        return None
    clock = terms.rules_by_id[rule.part]
    calendar = terms.calendar_of(clock)
    own, usual = (budget_of(d, calendar, at) for d in (part.budget, budget_for(clock, issue)))
    ends_at, until_at = (due_at(each.basis, calendar, at, each.ms) for each in (own, usual))
    return Overrun(part.id, ends_at, until_at, by_lead=False) if ends_at > until_at else None


class _Ends:
    """Works out when each part ends at the latest if every unit takes all of its time."""

    def __init__(
        self, issue: Issue, team: Team, rule: TeamRule, terms: Terms, at: datetime
    ) -> None:
        self.issue = issue
        self.terms = terms
        self.at = at
        self.number = team.number
        self.clocks = terms.rules_by_id[rule.part]
        self.parts = {part.id: part for part in team.parts}
        self.found: dict[str, datetime] = {}

    def of(self, id_: str) -> datetime:
        """Return the end of a part; no part depends on itself (`decisions.team`)."""
        if id_ not in self.found:
            part = self.parts[id_]
            self.found[id_] = self.at if part.is_settled else self._end(id_)
        return self.found[id_]

    def _end(self, id_: str) -> datetime:
        clock_id = f"{self.clocks.id}.{self.number}.{id_}"
        clock = self.issue.clock(clock_id)
        if clock is not None and clock.standing is Standing.RUNNING and clock.due_at is not None:
            return max(self.at, clock.due_at)
        from_at = max([self.at, *(self.of(each) for each in self.parts[id_].depends_on)])
        length = length_for(self.clocks, clock_id, self.issue, self.terms.handbook)
        calendar = self.terms.calendar_of(self.clocks)
        budget = budget_of(length, calendar, from_at)
        return due_at(budget.basis, calendar, from_at, budget.ms)
