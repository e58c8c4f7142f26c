"""The instants at which it can matter who is in a post: between two of them nothing changes.

All are in the zone's own time. Rosters repeat by the week, so that of every stretch without a dated
change its first days stand for the rest.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time

from domain.calendar import WorkingCalendar
from domain.days import ONE_DAY
from domain.handbook import Handbook, Post, Roster
from domain.organization import on_duty, roster_of

DAYS_AHEAD = 366
"""How far beyond the last published day a handbook is judged."""
WEEK_AND_A_DAY = 8
"""A shift that ends on the next day reaches into the second day of a stretch."""
NOON = time(12)


def period_of(calendar: WorkingCalendar) -> tuple[date, date]:
    """Return the days that a handbook is judged for: the last published year and one more. A
    calendar that is published for decades is no measure; of it the first days are taken as well."""
    last = min(calendar.valid_until, date.max - DAYS_AHEAD * ONE_DAY) + DAYS_AHEAD * ONE_DAY
    year = date(calendar.valid_until.year, 1, 1)
    return max(calendar.valid_from, year), last


def days_of(
    handbook: Handbook, posts: Iterable[Post], period: tuple[date, date]
) -> tuple[date, ...]:
    """Return the first day of every stretch in which the same people hold the posts and may act for
    one another."""
    named = list(posts)
    ids = {each.id for each in named}
    dated = [(a.from_on, a.to_on) for each in named for a in each.assignments]
    dated += [(d.from_on, d.to_on) for d in handbook.delegations if d.post in ids]
    return _stretches(dated, period)


def instants_of(
    handbook: Handbook, posts: Iterable[Post], period: tuple[date, date]
) -> tuple[datetime, ...]:
    """Return an instant of every stretch in which the same people are on duty in the posts."""
    named = list(posts)
    rosters = {
        roster.id: roster for each in named if (roster := roster_of(handbook, each)) is not None
    }
    dated = [(a.from_on, a.to_on) for each in named for a in each.assignments]
    dated += [(s.from_on, s.to_on) for roster in rosters.values() for s in roster.shifts]
    starts = _stretches(dated, period)
    if not rosters:
        return tuple(datetime.combine(day, NOON) for day in starts)
    times = _times(rosters.values())
    ends = (*starts[1:], period[1] + ONE_DAY)
    return tuple(
        datetime.combine(day, at)
        for start, end in zip(starts, ends, strict=True)
        for day in _days(start, end)
        for at in times
    )


def ever_on_duty(handbook: Handbook, posts: Iterable[Post], period: tuple[date, date]) -> bool:
    """Return whether there is an instant at which anybody is on duty in any of the posts."""
    return any(
        on_duty(handbook, held, at)
        for held in posts
        for at in instants_of(handbook, (held,), period)
    )


def _days(start: date, end: date) -> Iterator[date]:
    for number in range(min(WEEK_AND_A_DAY, (end - start).days)):
        yield start + number * ONE_DAY


def _times(rosters: Iterable[Roster]) -> list[time]:
    said = {each for roster in rosters for s in roster.shifts for each in (s.begins, s.ends)}
    return sorted({time(0), *map(time.fromisoformat, said)})


def _stretches(
    dated: Iterable[tuple[date | None, date | None]], period: tuple[date, date]
) -> tuple[date, ...]:
    first, last = period
    changes = {first}
    for from_on, to_on in dated:
        for day in (from_on, None if to_on in (None, date.max) else to_on + ONE_DAY):
            if day is not None and first < day <= last:
                changes.add(day)
    return tuple(sorted(changes))
