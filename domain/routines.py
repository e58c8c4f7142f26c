"""The routines of a zone: when each is due, of which period, and what was missed (domain.md 6A).

All times are those on the walls of the zone. The calendar of the zone says which days are worked:
what is of a day is due on worked days alone, and the next one takes in the days between; what is of
a week or a month and falls on a closed day is due on the next worked one. Its period stays.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from domain.calendar import WorkingCalendar
from domain.days import ONE_DAY, WEEKDAYS, Weekday, from_ms
from domain.handbook_routines import RoutinesRule
from domain.model import Code, Frozen
from domain.staffing import Post, Role

WEEK: Final = timedelta(days=7)
CATCH_UP: Final = timedelta(days=62)
"""What was due longer ago is not made up for."""
LATE_AFTER: Final = timedelta(hours=2)
"""A run is called for when it is due and an hour later; what is done after that was missed."""
SEARCHED_DAYS: Final = 31
"""So far another worked day is looked for."""
NUMBER_OF: Final = {"daily": "D", "weekly": "W", "monthly": "M"}


class RoutineKind(StrEnum):
    """What is done at set times.

    - digest: each person's morning list.
    - attestation: who has not attested their day by the limit is told of, one post higher.
    - daily, weekly, monthly: reports that are stored.
    - callbacks: a draw of the close-outs of the last week.
    - verification: the ledger is verified.
    - anchor: the log is carried on, and its newest checkpoint given outside.
    """

    DIGEST = "digest"
    ATTESTATION = "attestation"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    CALLBACKS = "callbacks"
    VERIFICATION = "verification"
    ANCHOR = "anchor"


REPORTS: Final = frozenset({RoutineKind.DAILY, RoutineKind.WEEKLY, RoutineKind.MONTHLY})
MADE_UP_FOR: Final = REPORTS | {RoutineKind.CALLBACKS}
"""Each period of these is made up for; of the others the newest alone still says anything."""


class RunEnd(StrEnum):
    """What became of a run that was due.

    - on_time: done by one of the calls of its time; so is the first of its kind in a zone.
    - caught_up: done by a later call.
    - missed: never done: a newer one had its place when the next call came.
    - refused: it cannot be done, and says why; it is not asked for again.
    """

    ON_TIME = "on_time"
    CAUGHT_UP = "caught_up"
    MISSED = "missed"
    REFUSED = "refused"


class RoutineAsked(Frozen):
    """One call of a routine, as a schedule makes it."""

    zone: Code
    routine: RoutineKind


class RoutineDone(Frozen):
    """What a call came to: the periods that it did, by their last days; none if all was done."""

    periods: tuple[Annotated[str, Field(max_length=10)], ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A routine that is due once: at `due_at`, of what was recorded from `from_at` to before
    `to_at`. `from_on` and `to_on` are the local days, both included."""

    routine: RoutineKind
    from_on: date
    to_on: date
    from_at: datetime
    to_at: datetime
    due_at: datetime

    @property
    def period(self) -> str:
        """Return what the run is called by: the last local day of its period."""
        return self.to_on.isoformat()


def local_time(rule: RoutinesRule, routine: RoutineKind) -> str:
    """Return at which local time a routine is due, HH:MM."""
    return {
        RoutineKind.DIGEST: rule.digest_at,
        RoutineKind.ATTESTATION: rule.attest_by,
        RoutineKind.DAILY: rule.daily_at,
        RoutineKind.WEEKLY: rule.weekly_at,
        RoutineKind.MONTHLY: rule.monthly_at,
        RoutineKind.CALLBACKS: rule.callbacks_at,
        RoutineKind.VERIFICATION: rule.verification_at,
        RoutineKind.ANCHOR: rule.anchor_at,
    }[routine]


def at_local(calendar: WorkingCalendar, day: date, time: str) -> datetime:
    """Return a local time as an instant: one that clocks skip is where they land, of one that they
    show twice the first."""
    hours, minutes = time.split(":")
    return from_ms(calendar.at_minute(day, int(hours) * 60 + int(minutes)))


def runs_due(
    rule: RoutinesRule,
    calendar: WorkingCalendar,
    routine: RoutineKind,
    at: datetime,
    last: str | None,
) -> tuple[Run, ...]:
    """Return what is due at `at` and comes after the period `last`, oldest first.

    Without a `last`, and of what is not made up for, the newest alone.
    """
    due = _due(rule, calendar, routine, at, last)
    return due if last is not None and routine in MADE_UP_FOR else due[-1:]


def runs_left_out(
    rule: RoutinesRule,
    calendar: WorkingCalendar,
    routine: RoutineKind,
    at: datetime,
    last: str | None,
) -> tuple[Run, ...]:
    """Return what was due since the period `last`, was not done, and is not made up for."""
    if last is None or routine in MADE_UP_FOR:
        return ()
    return _due(rule, calendar, routine, at, last)[:-1]


def _due(
    rule: RoutinesRule,
    calendar: WorkingCalendar,
    routine: RoutineKind,
    at: datetime,
    last: str | None,
) -> tuple[Run, ...]:
    today = calendar.day_of(at)
    runs = runs_between(rule, calendar, routine, today - CATCH_UP, today)
    return tuple(run for run in runs if run.due_at <= at and (last is None or run.period > last))


def runs_missed(
    rule: RoutinesRule,
    calendar: WorkingCalendar,
    routine: RoutineKind,
    at: datetime,
    done: frozenset[str],
) -> tuple[Run, ...]:
    """Return what was due since the first period that is known to be `done`, and is not."""
    if not done:
        return ()
    today, first = calendar.day_of(at), min(done)
    runs = runs_between(rule, calendar, routine, today - CATCH_UP, today)
    return tuple(
        run for run in runs if run.due_at <= at and run.period > first and run.period not in done
    )


def next_run(
    rule: RoutinesRule, calendar: WorkingCalendar, routine: RoutineKind, at: datetime
) -> Run | None:
    """Return what is due first after `at`; None if nothing is for two months."""
    today = calendar.day_of(at)
    runs = runs_between(rule, calendar, routine, today - WEEK, today + CATCH_UP)
    return next((run for run in runs if run.due_at > at), None)


def run_of(
    rule: RoutinesRule, calendar: WorkingCalendar, routine: RoutineKind, to_on: date
) -> Run | None:
    """Return the run whose period ends on a local day; None if none does."""
    runs = runs_between(rule, calendar, routine, to_on, to_on + SEARCHED_DAYS * 2 * ONE_DAY)
    return next((run for run in runs if run.to_on == to_on), None)


def runs_between(
    rule: RoutinesRule,
    calendar: WorkingCalendar,
    routine: RoutineKind,
    first: date,
    last: date,
) -> Iterator[Run]:
    """Yield the runs that are planned for the days from one to another, both included; one that
    was planned for a closed day may be due later."""
    time = local_time(rule, routine)
    for number in range((last - first).days + 1):
        day = first + number * ONE_DAY
        period = _period(rule, calendar, routine, day)
        if period is None:
            continue
        from_on, to_on = period
        if to_on == day:
            due_on, to_at = day, at_local(calendar, day, time)
            from_at = at_local(calendar, from_on - ONE_DAY, time)
        else:
            due_on, to_at = _worked(calendar, day), at_local(calendar, day, "00:00")
            from_at = at_local(calendar, from_on, "00:00")
        yield Run(routine, from_on, to_on, from_at, to_at, at_local(calendar, due_on, time))


def _period(
    rule: RoutinesRule, calendar: WorkingCalendar, routine: RoutineKind, day: date
) -> tuple[date, date] | None:
    """Return the local days of the run that is planned for a day; None if none is."""
    match routine:
        case RoutineKind.WEEKLY:
            return _week(rule.weekly_on, day)
        case RoutineKind.CALLBACKS:
            return _week(rule.callbacks_on, day)
        case RoutineKind.MONTHLY:
            if day.day != rule.monthly_on:
                return None
            to_on = day.replace(day=1) - ONE_DAY
            return to_on.replace(day=1), to_on
        case RoutineKind.VERIFICATION | RoutineKind.ANCHOR:
            return day, day
        case RoutineKind.DIGEST | RoutineKind.ATTESTATION | RoutineKind.DAILY:
            return (_after_last(calendar, day), day) if calendar.works_on(day) else None


def _week(planned: Weekday, day: date) -> tuple[date, date] | None:
    """Return the seven days before a day of the planned kind."""
    return (day - WEEK, day - ONE_DAY) if WEEKDAYS[day.weekday()] is planned else None


def _worked(calendar: WorkingCalendar, day: date) -> date:
    """Return the day itself if it is worked, else the next that is; itself again if none is."""
    if calendar.works_on(day):
        return day
    return calendar.next_working_day(day, SEARCHED_DAYS) or day


def _after_last(calendar: WorkingCalendar, day: date) -> date:
    """Return the day after the last worked one before a day."""
    earlier = (day - number * ONE_DAY for number in range(1, SEARCHED_DAYS))
    worked = next((each for each in earlier if calendar.works_on(each)), day - ONE_DAY)
    return worked + ONE_DAY


def report_number(zone: str, kind: RoutineKind, run: Run) -> str:
    """Return what a report is called: zone, kind, and its day, week or month.

    A week is that of ISO 8601 in which the period's first day lies: of any seven days one.
    """
    letter = NUMBER_OF[kind.value]
    if kind is RoutineKind.WEEKLY:
        year, week, _ = run.from_on.isocalendar()
        return f"{zone}-{letter}-{year}-{week:02d}"
    if kind is RoutineKind.MONTHLY:
        return f"{zone}-{letter}-{run.to_on:%Y-%m}"
    return f"{zone}-{letter}-{run.to_on.isoformat()}"


def attesting_posts(rule: RoutinesRule, posts: tuple[Post, ...]) -> tuple[str, ...]:
    """Return the posts that have to attest each worked day: those that the handbook names, or the
    coordinators."""
    if rule.attesting:
        return rule.attesting
    return tuple(each.id for each in posts if Role.COORDINATOR in each.roles)


def told_of_missing(rule: RoutinesRule, posts: tuple[Post, ...], of: str) -> tuple[str, ...]:
    """Return the posts that are told that a post has not attested: of a post of the chain the one
    above it over the same place, else the supervisors, else the top tier."""
    held = next((each for each in posts if each.id == of), None)
    if held is not None and held.tier is not None:
        higher = [each for each in posts if each.tier == held.tier + 1]
        near = [each.id for each in higher if each.covers == held.covers]
        if near:
            return tuple(near)
    supervisors = [each.id for each in posts if Role.SUPERVISOR in each.roles and each.id != of]
    if supervisors:
        return tuple(supervisors)
    top = max((each.tier for each in posts if each.tier is not None), default=None)
    return tuple(each.id for each in posts if each.tier == top and each.id != of)
