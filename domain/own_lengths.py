"""Lengths that an issue brings along itself and that go before the budgets of the handbook."""

from domain.clock_rules import ClockRule
from domain.durations import Duration
from domain.handbook import Handbook
from domain.issue import Issue
from domain.team import Part


def own_length(
    rule: ClockRule, issue: Issue, part: Part | None, handbook: Handbook
) -> Duration | None:
    """Return what a part was given (R7.1), what was promised (R8.1), or what an inspector set
    (M33); None: the clock's budget is the handbook's."""
    teams, rectification = handbook.joint_team, handbook.rectification
    if part is not None and teams is not None and rule.id == teams.part:
        return part.budget
    if issue.promise is not None and rule.id == handbook.sign_off.promise:
        return issue.promise.within
    due = issue.rectification
    if due is not None and rectification is not None and rule.id == rectification.clock:
        return due.limit
    return None


def part_with_clock(clock_id: str, rule: ClockRule, issue: Issue) -> Part | None:
    """Return the part of the present team that a clock of this kind belongs to."""
    team = issue.team
    parts = () if team is None else team.parts
    number = 0 if team is None else team.number
    return next((p for p in parts if f"{rule.id}.{number}.{p.id}" == clock_id), None)
