"""When a clock that runs is due, and each of its rungs (R1.2, R4.1)."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, assert_never

from domain.calendar import WorkingCalendar
from domain.clock_rules import FULL_PERCENT, RungRule, rung_name
from domain.clocks import Run, RungDue, in_order
from domain.days import MINUTE_MS, from_ms, to_ms
from domain.durations import Basis, Duration, OpenHours, Wall, budget_of, due_at, elapsed_ms
from domain.model import unchecked

FIRST_RULES = 1
"""The revision in which a deadline at the last published midnight counted as provisional, and a
clock that resumed after its breach took the instant of resuming for its deadline."""


@dataclass(frozen=True, slots=True)
class Pace:
    """A clock about to run from `at`: what it counts, how much it has and has spent.

    `gone` are the rungs that fired or were superseded. `passed_at` is None until the deadline has
    passed and rung. `rules` is the revision of the rules.
    """

    basis: Basis
    budget_ms: int
    anchor_at: datetime
    at: datetime
    spent_ms: int
    calendar: WorkingCalendar
    gone: Collection[str] = ()
    passed_at: datetime | None = None
    rules: int = FIRST_RULES
    duration: Duration | None = None
    turn: int = 0

    def reached(self, threshold_ms: int) -> datetime:
        """Return when so much will have been spent; at once if it has been already."""
        return due_at(self.basis, self.calendar, self.at, threshold_ms - self.spent_ms)

    @property
    def ends_at(self) -> datetime:
        """Return the deadline. One that has passed keeps its instant."""
        if self.passed_at is not None and self.rules > FIRST_RULES:
            return self.passed_at
        return self.reached(self.budget_ms)


class Promising(Protocol):
    """What sets a limit with rungs: a kind of clock, an instrument of supervision."""

    @property
    def rungs(self) -> tuple[RungRule, ...]:
        """Return the thresholds of the limit."""
        ...


def run_of(rule: Promising, pace: Pace) -> Run:
    """Return the deadline and the rungs to come.

    A threshold passed before a pause and not yet rung is due again at once (R4.3).
    """
    ends_at = pace.ends_at
    by_percent = sorted(rule.rungs, key=lambda rung: rung.percent or FULL_PERCENT)
    rungs = [due for rung in by_percent for due in _dues(rung, pace, ends_at)]
    beyond = pace.calendar.is_provisional if _first(pace) else pace.calendar.needs_beyond
    return unchecked(
        Run,
        basis=pace.basis,
        budget_ms=pace.budget_ms,
        anchor_at=pace.anchor_at,
        due_at=ends_at,
        provisional=pace.basis is Basis.OPEN and beyond(ends_at),
        rungs=in_order(rungs),
        duration=pace.duration,
    )


def _first(pace: Pace) -> bool:
    return pace.rules == FIRST_RULES


def _dues(rung: RungRule, pace: Pace, ends_at: datetime) -> Iterator[RungDue]:
    if rung.every is not None:
        following, _ = next_repeat(rung, pace, ends_at, after=last_repeat(rung, pace))
        if following is not None:
            yield following
        return
    name = rung_name(rung, pace.turn)
    if name not in pace.gone:
        yield unchecked(RungDue, id=name, due_at=_once(rung, pace, ends_at))


def last_repeat(rung: RungRule, pace: Pace) -> int:
    """Return the number of the last repeat that is gone, 0 before the first: none comes after it
    that was before it."""
    return _last_gone(rung, pace.turn, pace.gone)


def promised_name(rung: RungRule, turn: int, gone: Collection[str]) -> str | None:
    """Return the id under which a rung is promised next, None if nothing more is."""
    if rung.every is None:
        name = rung_name(rung, turn)
        return None if name in gone else name
    number = 1 + _last_gone(rung, turn, gone)
    return rung_name(rung, turn, number) if number <= (rung.times or 0) else None


def _last_gone(rung: RungRule, turn: int, gone: Collection[str]) -> int:
    prefix = f"{rung_name(rung, turn)}."
    ends = (name.removeprefix(prefix) for name in gone if name.startswith(prefix))
    return max((int(end) for end in ends if end.isdigit()), default=0)


def _once(rung: RungRule, pace: Pace, ends_at: datetime) -> datetime:
    if rung.percent == FULL_PERCENT:
        return ends_at if pace.passed_at is None else pace.reached(pace.budget_ms)
    if rung.percent is not None:
        return pace.reached(pace.budget_ms * rung.percent // FULL_PERCENT)
    if rung.before is not None:
        return max(pace.at, _earlier(rung.before, pace.calendar, ends_at))
    if rung.after is not None:
        return _later(pace, ends_at, _offset_at(rung.after, pace.calendar, ends_at))
    msg = f"rung {rung.id} repeats"
    raise ValueError(msg)


def next_repeat(
    rung: RungRule, pace: Pace, ends_at: datetime, *, after: int, later_than: datetime | None = None
) -> tuple[RungDue | None, tuple[str, ...]]:
    """Return the first repeat beyond number `after` that has not fired, and those passed over
    because they were due by `later_than`: of what an outage held up, one firing stands for all."""
    if rung.every is None or rung.times is None:
        return None, ()
    skipped: list[str] = []
    offset_at = ends_at
    for number in range(1, rung.times + 1):
        offset_at = _offset_at(rung.every, pace.calendar, offset_at)
        name = rung_name(rung, pace.turn, number)
        if number <= after or name in pace.gone:
            continue
        repeat_at = _later(pace, ends_at, offset_at)
        if later_than is None or repeat_at > later_than:
            return RungDue(id=name, due_at=repeat_at), tuple(skipped)
        skipped.append(name)
    return None, tuple(skipped)


def _earlier(before: Wall | OpenHours, calendar: WorkingCalendar, ends_at: datetime) -> datetime:
    match before:
        case Wall():
            return from_ms(to_ms(ends_at) - before.minutes * MINUTE_MS)
        case OpenHours():
            return calendar.back_ms(ends_at, before.minutes * MINUTE_MS)
        case _:
            assert_never(before)


def _offset_at(duration: Duration, calendar: WorkingCalendar, from_at: datetime) -> datetime:
    """Return when a duration that begins at `from_at` is over."""
    budget = budget_of(duration, calendar, from_at)
    return due_at(budget.basis, calendar, from_at, budget.ms)


def _later(pace: Pace, ends_at: datetime, offset_at: datetime) -> datetime:
    """Return when a rung after the deadline is due: a pause moves it as it moves the deadline."""
    over_ms = elapsed_ms(pace.basis, pace.calendar, ends_at, offset_at)
    return pace.reached(pace.budget_ms + over_ms)
