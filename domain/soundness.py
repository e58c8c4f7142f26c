"""What is wrong with a handbook's clocks, found before it is published (R1.4, R1.5, R2.1, R4.1).

Handbooks that a ledger holds are never asked again: an issue keeps the terms it was pinned to.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from domain.calendar import WorkingCalendar
from domain.clock_life import Step, live_through, told
from domain.clock_rules import ClockRule, ClockScope
from domain.clocks import Move, Standing
from domain.facts_of_handbook import absent_events
from domain.facts_possible import ANY_OTHER, OF_PARTS, RESUMED, UNMARKED, Space
from domain.handbook import Handbook
from domain.phases import Phase, Priority
from domain.problem import Problem
from domain.soundness_of_budgets import reach_problems
from domain.soundness_of_conditions import condition_problems, conditions_of
from domain.soundness_of_rungs import budget_problems, rung_problems
from domain.terms import Terms

__all__ = ["Problem", "problems"]


def problems(of: Terms | Handbook) -> tuple[Problem, ...]:
    """Return every problem of a handbook's clocks, in the handbook's order.

    With its calendars at hand (terms), a time before a deadline is held against every budget.
    """
    handbook = of.handbook if isinstance(of, Terms) else of
    found: list[Problem] = []
    for rule in handbook.clocks:
        calendar = of.calendar_of(rule) if isinstance(of, Terms) else None
        found += _of_clock(rule, handbook, calendar)
    return (*found, *_of_limits(handbook))


def _of_clock(
    rule: ClockRule, handbook: Handbook, calendar: WorkingCalendar | None
) -> Iterator[Problem]:
    unknown = list(_unknown(rule, handbook))
    yield from unknown
    told_already = {problem.key.rpartition(".")[0] for problem in unknown}
    for problem in condition_problems(rule, brief_space_of(rule, handbook)):
        if problem.key not in told_already:
            yield problem
    yield from budget_problems(rule, handbook)
    yield from rung_problems(rule, calendar)
    if calendar is not None:
        yield from reach_problems(rule, calendar)


def space_of(rule: ClockRule, handbook: Handbook) -> Space:
    """Return what must be told apart to judge a rule's conditions, and no more.

    A zone of one tier is judged as if it had two: the same rules serve zones of several. Where a
    pause asks for the class of an issue, so do the budgets.
    """
    conditions = [condition for _, _, condition in conditions_of(rule)]
    by_class = any(pause.priorities or pause.categories for pause in rule.pause)
    budgets = rule.budgets if by_class else ()
    named = [*(each.categories for each in conditions), *(each.categories for each in budgets)]
    asked = [set(categories) for categories in named if categories]
    alike: dict[tuple[bool, ...], str] = {}
    for category in [*(entry.id for entry in handbook.categories), ANY_OTHER]:
        alike.setdefault(tuple(category in each for each in asked), category)
    if all(any(entry.id in each for each in asked) for entry in handbook.categories):
        alike.pop(tuple(False for _ in asked), None)
    return Space(
        tiers=tuple(range(1, max(2, handbook.top_tier) + 1))
        if any(condition.tiers for condition in conditions) or any(b.tier for b in budgets)
        else (),
        priorities=tuple(Priority)
        if any(c.priorities for c in conditions) or any(b.priority for b in budgets)
        else (),
        categories=tuple(alike.values()) if asked else (),
        parts=rule.scope is ClockScope.PART,
        absent=absent_events(handbook),
    )


def brief_space_of(rule: ClockRule, handbook: Handbook) -> Space:
    """Return the same without what this clock cannot tell from a note: that shortens the search,
    and lets zones that differ in nothing else share it."""
    named = {event for _, _, condition in conditions_of(rule) for event in condition.events}
    of_parts: frozenset[str] = frozenset()
    if rule.scope is not ClockScope.PART:
        of_parts = OF_PARTS | {RESUMED}
    space = space_of(rule, handbook)
    untold = (UNMARKED | of_parts) - named
    absent = (space.absent - UNMARKED - of_parts) | untold | (space.absent & named)
    return replace(space, absent=absent)


def _unknown(rule: ClockRule, handbook: Handbook) -> Iterator[Problem]:
    """Name the tiers and categories that the handbook does not have."""
    places: list[tuple[str, Iterable[int], Iterable[str]]] = [
        (f"{move}.{place}", condition.tiers, condition.categories)
        for move, place, condition in conditions_of(rule)
    ]
    for place, budget in enumerate(rule.budgets):
        tier = [] if budget.tier is None else [budget.tier]
        places.append((f"budgets.{place}", tier, budget.categories))
    categories = {entry.id for entry in handbook.categories}
    for at, tiers, named in places:
        budget_key = at.startswith("budgets")
        for level in sorted(set(tiers) - set(range(1, handbook.top_tier + 1))):
            yield Problem(
                key=f"clocks.{rule.id}.{at}.{'tier' if budget_key else 'tiers'}",
                rule="R1.4",
                message=f"the chain has no tier {level}",
                counter_example=f"an issue is at one of the tiers 1 to {handbook.top_tier}",
            )
        for category in sorted(set(named) - categories):
            yield Problem(
                key=f"clocks.{rule.id}.{at}.categories",
                rule="R1.4",
                message=f"the handbook has no category {category}",
                counter_example=f"an issue has one of its {len(categories)} categories, such as "
                f"{min(categories)}",
            )


def _of_limits(handbook: Handbook) -> Iterator[Problem]:
    """Judge what the rules on pauses and extensions expect of the clocks that they name."""
    rules = {rule.id: rule for rule in handbook.clocks}
    if handbook.extensions is not None:
        for place, id_ in enumerate(handbook.extensions.clocks):
            if rules[id_].scope is ClockScope.PART:
                yield Problem(
                    key=f"extensions.clocks.{place}",
                    rule="R7.1",
                    message=f"{id_} is the clock of a part: a part's time lies inside its team's",
                    counter_example="one part is given more time, and the limit of the whole stays",
                )
            if id_ == handbook.pauses.total:
                yield Problem(
                    key=f"extensions.clocks.{place}",
                    rule="R3.1",
                    message=f"{id_} counts all waiting; what is beyond it, the top tier grants",
                    counter_example="an extension of it would be granted one tier above the owner",
                )
    if handbook.pauses.total is not None:
        rule = rules[handbook.pauses.total]
        if rule.scope is ClockScope.PART:
            yield _total("the clock of a part cannot count the waiting of an issue", rule.id)
        else:
            yield from _of_total(rule, space_of(rule, handbook))


def _of_total(rule: ClockRule, space: Space) -> Iterator[Problem]:
    """The total counts while the issue waits, stands while it does not, and ends with the issue."""
    life = live_through(rule, space)
    for wrong, message in (
        (_counts_work, "it counts while the issue does not wait: it must pause then"),
        (_misses_a_wait, "the issue waits and it does not count"),
        (
            _begins_anew,
            "it ends before the issue does: the next wait is counted from nothing",
        ),
    ):
        step = next((step for step in life.steps if wrong(step)), None)
        if step is not None:
            yield _total(message, told(life.path(step), space))


def _counts_work(step: Step) -> bool:
    return step.after.standing is Standing.RUNNING and step.after.facts.waiting is None


def _misses_a_wait(step: Step) -> bool:
    return step.after.standing is not Standing.RUNNING and step.after.facts.waiting is not None


def _begins_anew(step: Step) -> bool:
    ends = step.move in (Move.STOP, Move.CANCEL, Move.RESET)
    return ends and step.after.facts.phase is not Phase.CLOSED


def _total(message: str, counter_example: str) -> Problem:
    return Problem(
        key="pauses.total", rule="R1.5", message=message, counter_example=counter_example
    )
