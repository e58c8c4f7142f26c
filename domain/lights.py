"""Lights (R11): green, yellow, red as a pure function of clocks, for now and any past instant.

A light looks at what a clock has spent and at its deadline, never at the rungs that have fired: a
ring that came late changes no light of the time before it. A handbook without rules of supervision
has the lights of `LightRule`'s defaults.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.calendar import WorkingCalendar
from domain.clock_rules import FULL_PERCENT
from domain.clocks import Clock, Standing
from domain.issue import Issue
from domain.reading import spent_ms
from domain.supervision_rules import LightRule
from domain.terms import Terms


class Light(StrEnum):
    """What a clock or an issue shows. None: nothing runs that counts."""

    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"
    NONE = "none"


WORST_FIRST = tuple(Light)


@dataclass(frozen=True, slots=True)
class Shown:
    """The light of an issue and the clock that shows it; of several the one that ends first."""

    light: Light
    clock: Clock | None = None


DARK = Shown(Light.NONE)


@dataclass(frozen=True, slots=True)
class ShownThen:
    """An issue as it was at an instant, by the terms of then, and what it showed."""

    issue: Issue
    terms: Terms
    shown: Shown


def light(clock: Clock, at: datetime, calendar: WorkingCalendar, rule: LightRule) -> Light:
    """Return what `clock` shows at `at`, which is not before its last move."""
    if clock.standing is not Standing.RUNNING or clock.due_at is None:
        return Light.NONE
    if rule.clocks and clock.rule not in rule.clocks:
        return Light.NONE
    if at >= clock.due_at:
        return Light.RED
    spent = spent_ms(clock, calendar, at)
    yellow = spent * FULL_PERCENT >= clock.budget_ms * rule.yellow_percent
    return Light.YELLOW if yellow else Light.GREEN


def light_of(issue: Issue, terms: Terms, at: datetime) -> Shown:
    """Return what an issue shows at `at`: the worst of its running clocks."""
    rule, found = light_rule(terms), []
    for clock in issue.clocks:
        kind = terms.rules_by_id.get(clock.rule)
        calendar = terms.calendar if kind is None else terms.calendar_of(kind)
        shown = light(clock, at, calendar, rule)
        if shown is not Light.NONE and clock.due_at is not None:
            found.append((WORST_FIRST.index(shown), clock.due_at, clock.id, clock))
    if not found:
        return DARK
    place, _, _, clock = min(found, key=lambda each: each[:3])
    return Shown(WORST_FIRST[place], clock)


def light_then(issue: Issue, terms: Terms, at: datetime) -> ShownThen:
    """Return an issue as it was at a past instant with what it showed. Its clocks moved when that
    was recorded, which may be after they are known to have moved."""
    return ShownThen(issue, terms, light_of(issue, terms, max(at, issue.changed_at)))


def light_rule(terms: Terms) -> LightRule:
    """Return the rule in force by `terms`."""
    supervision = terms.handbook.supervision
    return LightRule() if supervision is None else supervision.lights
