"""When the light of an issue turns (R11): two instants that say what it shows from now on.

They move with an event alone: clocks by its transitions, terms by their adoption, a calendar by the
target that it brings. Whoever keeps them beside an issue may count lights without reading clocks.
"""

from dataclasses import dataclass
from datetime import datetime

from domain.calendar import CalendarError, WorkingCalendar
from domain.clock_rules import FULL_PERCENT
from domain.clocks import Clock, Standing
from domain.durations import due_at
from domain.issue import Issue
from domain.lights import Light, light_rule
from domain.supervision_rules import LightRule
from domain.terms import Terms


@dataclass(frozen=True, slots=True)
class LightTimes:
    """When an issue turns yellow and red, if nothing happens to it. Both None: no clock that counts
    runs. `yellow_at` is never the later one."""

    yellow_at: datetime | None = None
    red_at: datetime | None = None

    def light(self, at: datetime) -> Light:
        """Return what is shown at `at`, which no event is later than."""
        if self.yellow_at is None or self.red_at is None:
            return Light.NONE
        if at >= self.red_at:
            return Light.RED
        return Light.YELLOW if at >= self.yellow_at else Light.GREEN


def light_times(issue: Issue, terms: Terms) -> LightTimes:
    """Return when the light of `issue` turns by `terms`: the first of its clocks decides."""
    rule = light_rule(terms)
    yellow, red = [], []
    for clock in issue.clocks:
        kind = terms.rules_by_id.get(clock.rule)
        calendar = terms.calendar if kind is None else terms.calendar_of(kind)
        ends_at = _red_at(clock, rule)
        if ends_at is not None:
            red.append(ends_at)
            yellow.append(min(ends_at, _yellow_at(clock, calendar, rule, ends_at)))
    return LightTimes(min(yellow), min(red)) if red else LightTimes()


def _red_at(clock: Clock, rule: LightRule) -> datetime | None:
    counts = not rule.clocks or clock.rule in rule.clocks
    return clock.due_at if counts and clock.standing is Standing.RUNNING else None


def _yellow_at(
    clock: Clock, calendar: WorkingCalendar, rule: LightRule, ends_at: datetime
) -> datetime:
    warned_ms = -(-clock.budget_ms * rule.yellow_percent // FULL_PERCENT)
    try:
        return due_at(clock.basis, calendar, clock.since_at, warned_ms - clock.elapsed_ms)
    except CalendarError:
        return ends_at  # beyond what the calendar can count to: it warns when it ends
