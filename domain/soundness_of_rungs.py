"""What is wrong with the budgets and the thresholds of a kind of clock (R2.1, R4.1)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.calendar import CalendarError, WorkingCalendar
from domain.clock_rules import BudgetRule, ClockRule, RungEffect, RungRule
from domain.days import MINUTE_MS, ONE_DAY, from_ms, zone_of
from domain.durations import (
    Basis,
    Duration,
    OpenHours,
    Wall,
    WorkingDays,
    budget_of,
    due_at,
)
from domain.facts_possible import ANY_OTHER
from domain.handbook import Handbook
from domain.phases import Priority
from domain.problem import Problem

QUIET = (RungEffect.REMIND, RungEffect.RECORD, RungEffect.REVIEW)
"""What a threshold may do before the deadline, or again and again."""
DAYS_TRIED = 14
HALF_HOUR = timedelta(minutes=30)
INSTANT = timedelta(milliseconds=1)


def basis_of(duration: Duration) -> Basis:
    """Return what a clock counts that has this budget."""
    counts_open = isinstance(duration, OpenHours | WorkingDays)
    return Basis.OPEN if counts_open else Basis.WALL


def budget_problems(rule: ClockRule, handbook: Handbook) -> Iterator[Problem]:
    """Name what no budget fits, and every budget that is never taken."""
    key = f"clocks.{rule.id}.budgets"
    taken: dict[int, None] = {}
    for tier, priority, category in _classes(rule, handbook):
        place = next(
            (i for i, each in enumerate(rule.budgets) if _fits(each, tier, priority, category)),
            None,
        )
        if place is not None:
            taken[place] = None
            continue
        yield Problem(
            key=key,
            rule="R2.1",
            message="no budget fits every issue: the last would be taken, whatever it is for",
            counter_example=f"tier {tier}, {priority}, {_of(category)}: none fits",
        )
        return
    for place in range(len(rule.budgets)):
        if place not in taken and _names_known(rule.budgets[place], handbook):
            yield Problem(
                key=f"{key}.{place}",
                rule="R2.1",
                message="never taken: whatever it fits, an earlier budget fits as well",
                counter_example=_shadowed(rule, place, handbook),
            )


def _classes(rule: ClockRule, handbook: Handbook) -> Iterator[tuple[int, Priority, str]]:
    named = {category for budget in rule.budgets for category in budget.categories}
    known = [entry.id for entry in handbook.categories]
    categories = [id_ for id_ in known if id_ in named]
    others = [ANY_OTHER] if len(categories) < len(known) else []
    for tier in range(1, handbook.top_tier + 1):
        for priority in Priority:
            for category in (*categories, *others):
                yield tier, priority, category


def _fits(budget: BudgetRule, tier: int, priority: Priority, category: str) -> bool:
    fits = budget.tier in (None, tier) and budget.priority in (None, priority)
    return fits and (not budget.categories or category in budget.categories)


def _names_known(budget: BudgetRule, handbook: Handbook) -> bool:
    known = {entry.id for entry in handbook.categories}
    tier_known = budget.tier is None or 1 <= budget.tier <= handbook.top_tier
    return tier_known and (not budget.categories or bool(known & set(budget.categories)))


def _of(category: str) -> str:
    return "any other category" if category == ANY_OTHER else f"category {category}"


def _shadowed(rule: ClockRule, place: int, handbook: Handbook) -> str:
    for tier, priority, category in _classes(rule, handbook):
        if _fits(rule.budgets[place], tier, priority, category):
            fits = (_fits(each, tier, priority, category) for each in rule.budgets)
            first = list(fits).index(True)
            return f"tier {tier}, {priority}, {_of(category)}: budgets.{first} is taken"
    return "no issue is of this kind"


def rung_problems(rule: ClockRule, calendar: WorkingCalendar | None) -> Iterator[Problem]:
    """Name what is wrong with the thresholds. Without a calendar, a time before the deadline is
    held against budgets of the same kind only."""
    if not any(rung.is_due_itself for rung in rule.rungs):
        yield Problem(
            key=f"clocks.{rule.id}.rungs",
            rule="R4.1",
            message="no rung at the deadline itself (percent = 100): no breach would be recorded",
            counter_example=f"the rungs are {', '.join(rung.id for rung in rule.rungs)}; the "
            "budget runs out and nothing happens",
        )
    for place, rung in enumerate(rule.rungs):
        key = f"clocks.{rule.id}.rungs.{place}"
        yield from _effect_problems(key, rung)
        yield from _basis_problems(key, rung, rule)
        if rung.before is not None:
            yield from _length_problems(key, rung.before, rule, calendar)


def _effect_problems(key: str, rung: RungRule) -> Iterator[Problem]:
    early = rung.before is not None or (rung.percent is not None and not rung.is_due_itself)
    if rung.effect in QUIET or not (early or rung.every is not None):
        return
    lapses = rung.effect is RungEffect.LAPSE
    yield Problem(
        key=f"{key}.effect",
        rule="R8.2" if lapses else "R4.1",
        message=f"{rung.effect} belongs to the deadline, or once after it; before it, or repeated, "
        f"a rung may {', '.join(QUIET[:-1])} or {QUIET[-1]}",
        counter_example=f"rung {rung.id} "
        + (
            "comes while there is time left"
            if early
            else f"comes {rung.times} times, each one more"
        ),
    )


def _basis_problems(key: str, rung: RungRule, rule: ClockRule) -> Iterator[Problem]:
    """A length of all time beside a clock of opening hours: a pause moves the two differently."""
    for name in ("before", "after", "every"):
        length: Duration | None = getattr(rung, name)
        if length is None or basis_of(length) is Basis.OPEN:
            continue
        for place, budget in enumerate(rule.budgets):
            if basis_of(budget.duration) is Basis.OPEN:
                yield Problem(
                    key=f"{key}.{name}",
                    rule="R4.1",
                    message=f"{length.kind} on a clock of opening hours (budgets.{place}); "
                    "allowed: open_hours" + ("" if name == "before" else " or working_days"),
                    counter_example=_drift(name, rung),
                )
                break


def _drift(name: str, rung: RungRule) -> str:
    if name == "before":
        return (
            f"the deadline is at an opening, so that {rung.id} falls into the night: a pause that "
            "moves the deadline by an open hour does not move it so"
        )
    return (
        f"the deadline is at Friday's closing: {rung.id}, due when nothing is open, counts no open "
        "hour after it and rings with it"
    )


def _length_problems(
    key: str, before: Wall | OpenHours, rule: ClockRule, calendar: WorkingCalendar | None
) -> Iterator[Problem]:
    for place, budget in enumerate(rule.budgets):
        shown = too_early(f"budgets.{place}", budget.duration, before, calendar)
        if shown is None:
            continue
        yield Problem(
            key=f"{key}.before",
            rule="R4.1",
            message=f"{before.minutes} minutes before the deadline is not after the start",
            counter_example=shown,
        )
        return


def too_early(
    name: str, duration: Duration, before: Wall | OpenHours, calendar: WorkingCalendar | None
) -> str | None:
    """Return how a time before the end of a limit can come before its start, None if never."""
    if isinstance(duration, Wall | OpenHours) and duration.kind == before.kind:
        longer = before.minutes >= duration.minutes
        return f"{name} gives {duration.minutes} minutes of {duration.kind}" if longer else None
    found = None if calendar is None else _shortest(duration, before, calendar)
    return None if found is None else f"{name} ({duration.kind}): {found}"


def _shortest(
    duration: Duration, before: Wall | OpenHours, calendar: WorkingCalendar
) -> str | None:
    """Return a start, within two published weeks, that the threshold does not come after."""
    for at in starts_tried(calendar):
        try:
            budget = budget_of(duration, calendar, at)
            ends_at = due_at(budget.basis, calendar, at, budget.ms)
            rung_at = (
                ends_at - timedelta(milliseconds=before.minutes * MINUTE_MS)
                if isinstance(before, Wall)
                else calendar.back_ms(ends_at, before.minutes * MINUTE_MS)
            )
        except CalendarError:
            continue
        if rung_at <= at:
            return (
                f"a clock that starts at {_local(at, calendar)} ends at {_local(ends_at, calendar)}"
            )
    return None


def starts_tried(calendar: WorkingCalendar) -> Iterator[datetime]:
    """Yield every half hour of two weeks, and the last instant before it."""
    first_on = max(calendar.valid_from + ONE_DAY, calendar.valid_until - 4 * DAYS_TRIED * ONE_DAY)
    begin_at = from_ms(calendar.at_minute(first_on, 0))
    for number in range(DAYS_TRIED * 48):
        yield begin_at + number * HALF_HOUR
        yield begin_at + (number + 1) * HALF_HOUR - INSTANT


def _local(at: datetime, calendar: WorkingCalendar) -> str:
    return f"{at.astimezone(zone_of(calendar.time_zone)):%a %Y-%m-%d %H:%M:%S}"
