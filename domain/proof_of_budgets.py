"""Parts fit in the whole (I8, R7.1): what counts only while a limit of the whole issue counts
cannot have more time than that, for any class of issue, from any of two weeks' instants."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from domain.calendar import CalendarError, WorkingCalendar
from domain.clock_life import AFTER, LEVEL_LEFT, SOME_CLOCK, SOME_ISSUE, live_through, posed
from domain.clock_rules import ClockRule, ClockScope
from domain.clocks import Move, Standing
from domain.conditions import held
from domain.days import zone_of
from domain.duration_text import written_duration
from domain.durations import Duration, budget_of, due_at
from domain.facts_possible import Facts, Moment, Space, first_moments, following
from domain.handbook import Handbook
from domain.issue import Issue
from domain.phases import Phase, Priority
from domain.problem import Problem
from domain.soundness import brief_space_of
from domain.soundness_of_rungs import starts_tried
from domain.terms import Terms
from domain.timekeeping import budget_for

ENDS = (Move.STOP, Move.CANCEL, Move.RESET)
EVERY = 8
"""Of the half hours that are tried for a rung, every so-many-th is tried here, and the last instant
before it."""
LEFT_BEHIND = ("team_convened", "issue_reopened")


class Given(NamedTuple):
    """What two clocks give to one class of issue."""

    part: Duration
    whole: Duration
    shown: str


def fit_problems(terms: Terms) -> Iterator[Problem]:
    """Name each clock that may give more time than the whole within which alone it counts."""
    rules = terms.handbook.clocks
    for whole in (rule for rule in rules if _is_whole(rule, brief_space_of(rule, terms.handbook))):
        for rule in rules:
            if rule.id != whole.id and counts_within(rule, whole, joint_space(rule, whole, terms)):
                yield from _exceeding(rule, whole, terms)
        yield from _of_hops(whole, terms)


@lru_cache(maxsize=256)
def _is_whole(rule: ClockRule, space: Space) -> bool:
    """Return whether a clock, once it has started, ends with the issue alone."""
    if rule.scope is ClockScope.PART:
        return False
    ended = [step for step in live_through(rule, space).steps if step.move in ENDS]
    return bool(ended) and all(step.after.facts.phase is Phase.CLOSED for step in ended)


@lru_cache(maxsize=256)
def _from_acceptance(rule: ClockRule, space: Space) -> bool:
    """Return whether a clock counts from the acceptance on, whatever happens then."""
    begun = [s for s in live_through(rule, space).steps if s.moment.event == "issue_accepted"]
    return all(step.after.standing is Standing.RUNNING for step in begun)


def joint_space(rule: ClockRule, whole: ClockRule, terms: Terms) -> Space:
    """Return what either clock tells apart. Categories are told apart by one alone, or by none."""
    one, other = brief_space_of(rule, terms.handbook), brief_space_of(whole, terms.handbook)
    return Space(
        tiers=one.tiers or other.tiers,
        priorities=one.priorities or other.priorities,
        categories=one.categories or other.categories,
        parts=one.parts,
        absent=one.absent & other.absent,
    )


@lru_cache(maxsize=1024)
def counts_within(rule: ClockRule, whole: ClockRule, space: Space) -> bool:
    """Return whether a clock counts at no moment at which the whole does not."""
    both = (rule, whole)
    memo: dict[tuple[Moment, int, Standing | None], Standing | None] = {}
    start: tuple[Facts | None, Standing | None, Standing | None] = (None, None, None)
    ahead, seen, counts = [start], {start}, False
    while ahead:
        facts, *stands = ahead.pop()
        for moment in first_moments(space) if facts is None else following(facts, space):
            after = []
            for place, each in enumerate(both):
                key = (moment, place, stands[place])
                if key not in memo:
                    memo[key] = _stands_after(each, moment, stands[place])
                after.append(memo[key])
            if after[0] is Standing.RUNNING:
                counts = True
                if after[1] is not Standing.RUNNING:
                    return False
            node = (moment.facts, after[0], after[1])
            if node not in seen:
                seen.add(node)
                ahead.append(node)
    return counts


def _stands_after(rule: ClockRule, moment: Moment, standing: Standing | None) -> Standing | None:
    event, issue, part = posed(moment)
    if rule.scope is ClockScope.PART:
        standing = None if moment.event in LEFT_BEHIND else standing
        if part is None:
            return None
    if rule.scope is ClockScope.LEVEL and moment.event in LEVEL_LEFT:
        standing = None
    clock = None if standing is None else SOME_CLOCK.model_copy(update={"standing": standing})
    moves = held(rule, issue, event, part, clock)
    return AFTER.get(moves[0]) if moves else standing


def _exceeding(rule: ClockRule, whole: ClockRule, terms: Terms) -> Iterator[Problem]:
    calendars = terms.calendar_of(rule), terms.calendar_of(whole)
    for given in _given(rule, whole, terms.handbook):
        shown = longer((given.part,), given.whole, *calendars)
        if shown is not None:
            yield Problem(
                key=f"clocks.{rule.id}.budgets.{_place(rule, given.part)}",
                rule="R7.1",
                message=f"it counts only while {whole.id} counts, and may give more time: "
                f"{written_duration(given.part)} within {written_duration(given.whole)}",
                counter_example=f"{given.shown}: {shown}",
            )
            return


def _place(rule: ClockRule, duration: Duration) -> int:
    return next(i for i, each in enumerate(rule.budgets) if each.duration == duration)


def _given(rule: ClockRule, whole: ClockRule, handbook: Handbook) -> Iterator[Given]:
    """Yield what both give, once for each pair, with a class of issue that they give it to."""
    told: set[tuple[Duration, Duration]] = set()
    for issue in classes(handbook, rule, whole):
        pair = budget_for(rule, issue), budget_for(whole, issue)
        if pair not in told:
            told.add(pair)
            shown = f"tier {issue.tier}, {issue.priority}, category {issue.category}"
            yield Given(*pair, shown)


def classes(handbook: Handbook, *rules: ClockRule) -> Iterator[Issue]:
    """Yield an issue of every class that the budgets of some clocks tell apart."""
    named = [set(each.categories) for rule in rules for each in rule.budgets if each.categories]
    alike: dict[tuple[bool, ...], str] = {}
    for entry in handbook.categories:
        alike.setdefault(tuple(entry.id in each for each in named), entry.id)
    for tier in range(1, handbook.top_tier + 1):
        for priority in Priority:
            for category in alike.values():
                asked = {"tier": tier, "priority": priority, "category": category}
                yield SOME_ISSUE.model_copy(update=asked)


@lru_cache(maxsize=1024)
def longer(
    parts: tuple[Duration, ...],
    whole: Duration,
    of_part: WorkingCalendar,
    of_whole: WorkingCalendar,
) -> str | None:
    """Return an instant from which the parts, one after another, end after the whole, in words."""
    for number, at in enumerate(starts_tried(of_whole)):
        if number % EVERY > 1:
            continue
        try:
            end_at = at
            for part in parts:
                end_at = ends_at(part, of_part, end_at)
            whole_at = ends_at(whole, of_whole, at)
        except CalendarError:
            continue
        if end_at > whole_at:
            named = (local_text(each, of_whole) for each in (at, end_at, whole_at))
            return "from {} it ends at {}, the whole at {}".format(*named)
    return None


def ends_at(duration: Duration, calendar: WorkingCalendar, at: datetime) -> datetime:
    budget = budget_of(duration, calendar, at)
    return due_at(budget.basis, calendar, at, budget.ms)


def local_text(at: datetime, calendar: WorkingCalendar) -> str:
    return f"{at.astimezone(zone_of(calendar.time_zone)):%a %Y-%m-%d %H:%M}"


def _of_hops(whole: ClockRule, terms: Terms) -> Iterator[Problem]:
    """All that refusing and ruling may take lies within the whole, which never stops for it."""
    handbook, dispatch = terms.handbook, terms.handbook.dispatch
    if dispatch is None:
        return
    refusal, ruling = terms.rules_by_id[dispatch.refusal], terms.rules_by_id[dispatch.ruling]
    if not _from_acceptance(whole, brief_space_of(whole, handbook)):
        return
    for issue in classes(handbook, refusal, ruling, whole):
        hop = budget_for(refusal, issue), budget_for(ruling, issue)
        given = budget_for(whole, issue)
        shown = longer(
            hop * dispatch.hops_max, given, terms.calendar_of(refusal), terms.calendar_of(whole)
        )
        if shown is not None:
            yield Problem(
                key="dispatch.hops_max",
                rule="R5.7",
                message=f"{dispatch.hops_max} refusals and rulings may take more time than "
                f"{whole.id} gives in all",
                counter_example=f"tier {issue.tier}, {issue.priority}: refused and ruled on "
                f"{dispatch.hops_max} times, {shown}",
            )
            return
