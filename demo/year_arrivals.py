"""When issues arrive in a generated year, of whom and about what: seasons, weekdays, hours."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Final, TypeVar

from domain.days import from_ms
from domain.handbook import Handbook
from domain.phases import Origin
from domain.terms import Terms

MONTHS: Final = (6, 5, 12, 10, 9, 9, 8, 8, 9, 7, 11, 13)
"""Reports a month, in proportion: quiet about the spring festival, busy in March and at the end."""
T = TypeVar("T")
WEEKDAY, OFF_DAY = 20, 2
HOURS: Final = {8: 3, 9: 10, 10: 9, 11: 6, 13: 3, 14: 8, 15: 9, 16: 7, 17: 4, 21: 1}
"""Of the local day, in proportion."""
SEASONS: Final[dict[str, tuple[int, ...]]] = {
    "COS": (1, 1, 1, 1, 1, 3, 5, 5, 3, 1, 1, 1),
    "UTL": (2, 1, 1, 1, 1, 3, 5, 5, 2, 1, 1, 2),
    "LAB": (1, 5, 6, 3, 1, 2, 2, 2, 3, 1, 1, 1),
    "FIN": (2, 1, 2, 2, 2, 3, 2, 2, 3, 2, 4, 6),
    "LOG": (4, 2, 1, 1, 1, 1, 1, 1, 2, 3, 5, 5),
    "EMG": (1, 1, 1, 1, 2, 4, 5, 4, 2, 1, 1, 1),
}
"""How often a family of categories is reported in each month; the others are the same all year."""
ALL_YEAR: Final = (2,) * 12
ORIGINS: Final = {Origin.ENTERPRISE: 14, Origin.VISIT: 4, Origin.SURVEY: 1}


@dataclass(frozen=True, slots=True)
class Arrival:
    """A report that is to be made."""

    at: datetime
    enterprise: str
    category: str
    origin: Origin


def arrivals(
    chance: random.Random, terms: Terms, from_on: date, until_on: date, count: int
) -> list[Arrival]:
    """Return so many reports of the local days before `until_on`, in order of time."""
    days = _days(terms, from_on, until_on)
    weights = list(accumulate(weight for _, weight in days))
    handbook = terms.handbook
    found = []
    for day, _ in chance.choices(days, cum_weights=weights, k=count):
        minute = 60 * _drawn(chance, HOURS) + chance.randrange(60)
        begun_at = from_ms(terms.calendar.at_minute(day, minute))
        at = begun_at + timedelta(seconds=chance.randrange(60))
        found.append(
            Arrival(
                at=at,
                enterprise=_enterprise(chance, handbook),
                category=_category(chance, handbook, day.month),
                origin=_drawn(chance, ORIGINS),
            )
        )
    return sorted(found, key=lambda each: each.at)


def midnight(terms: Terms, day: date) -> datetime:
    """Return when a local day begins."""
    return from_ms(terms.calendar.at_minute(day, 0))


def _days(terms: Terms, from_on: date, until_on: date) -> list[tuple[date, int]]:
    days = [from_on + timedelta(days=n) for n in range((until_on - from_on).days)]
    return [
        (day, MONTHS[day.month - 1] * (WEEKDAY if terms.calendar.ranges_on(day) else OFF_DAY))
        for day in days
    ]


def _enterprise(chance: random.Random, handbook: Handbook) -> str:
    """A few enterprises report much, most of them little."""
    ids = [each.id for each in handbook.enterprises]
    return chance.choices(ids, weights=[1 / (place + 2) for place in range(len(ids))])[0]


def _category(chance: random.Random, handbook: Handbook, month: int) -> str:
    ids: Sequence[str] = [each.id for each in handbook.categories]
    weights = [SEASONS.get(each.partition("-")[0], ALL_YEAR)[month - 1] for each in ids]
    return chance.choices(ids, weights=weights)[0]


def _drawn(chance: random.Random, weights: dict[T, int]) -> T:
    return chance.choices(list(weights), weights=list(weights.values()))[0]
