"""What is reported in a scenario's year, day after day: seasons, surges, weekdays, hours."""

import random
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import accumulate
from typing import Final, Generic, TypeVar

from audit.handling_times import family_of
from audit.year_sums import MONTHS as MONTHS_A_YEAR
from audit.year_sums import Days
from demo.scenario import Scenario, Surge
from demo.story import Coming
from demo.year_arrivals import ALL_YEAR, HOURS, OFF_DAY, ORIGINS, WEEKDAY, Arrival
from domain.days import from_ms
from domain.handbook import Handbook
from domain.terms import Terms

DRAWN_AT_ONCE: Final = 50_000
Drawn = TypeVar("Drawn")


class _Urn(Generic[Drawn]):
    """Things to draw from, in proportion to their weights, which are summed once."""

    def __init__(self, weights: Mapping[Drawn, float]) -> None:
        self._things = list(weights)
        self._sums = list(accumulate(weights.values()))

    def draw(self, chance: random.Random) -> Drawn:
        return chance.choices(self._things, cum_weights=self._sums)[0]

    def draw_many(self, chance: random.Random, count: int) -> list[Drawn]:
        return chance.choices(self._things, cum_weights=self._sums, k=count)


class Arrivals:
    """The reports of one zone of a scenario. Each day is drawn by itself: of no more than one are
    all reports in memory."""

    def __init__(self, scenario: Scenario, terms: Terms, days: Days, place: int) -> None:
        self._scenario = scenario
        self._terms = terms
        self._days = days
        self._count = scenario.share(place)
        # Ids of commands begin with keys, and are of one ledger.
        self._prefix = "y" if scenario.zones == 1 else f"z{place + 1:03d}-y"
        self._seed = f"{scenario.seed} {terms.handbook.zone}"
        named = enumerate(each.id for each in terms.handbook.enterprises)
        # A few enterprises report much, most of them little.
        self._enterprises = _Urn({id_: 1 / (rank + 2) for rank, id_ in named})
        self._categories = [
            _Urn(category_weights(scenario, terms.handbook, month))
            for month in range(MONTHS_A_YEAR)
        ]
        self._hours = _Urn(HOURS)
        self._origins = _Urn(ORIGINS)

    def __iter__(self) -> Iterator[Coming]:
        """Yield every report of the year in order of time."""
        number = 0
        for place, count in enumerate(self._counts()):
            for arrival in self._on(self._days.day(place), count):
                number += 1
                key = f"{self._prefix}{number:08d}"
                yield Coming(key, arrival, f"{self._seed} {key}")

    def _counts(self) -> list[int]:
        """Return how much is reported on each day, surges aside."""
        urn = _Urn({place: self._weight(place) for place in range(self._days.count)})
        chance, counts = _chance(f"{self._seed} days"), [0] * self._days.count
        left = self._count
        while left:
            for place in urn.draw_many(chance, min(left, DRAWN_AT_ONCE)):
                counts[place] += 1
            left -= min(left, DRAWN_AT_ONCE)
        return counts

    def _weight(self, place: int) -> float:
        day = self._days.day(place)
        works = bool(self._terms.calendar.ranges_on(day))
        return self._scenario.months[day.month - 1] * (WEEKDAY if works else OFF_DAY)

    def _on(self, day: date, count: int) -> list[Arrival]:
        chance = _chance(f"{self._seed} {day}")
        urn = self._categories[day.month - 1]
        reports = [self._one(chance, day, urn.draw(chance)) for _ in range(count)]
        for number, surge in enumerate(self._scenario.surges):
            if surge.from_on <= day <= surge.to_on:
                own = _chance(f"{self._seed} {day} surge {number}")
                reports = list(self._surging(own, day, reports, surge))
        return sorted(reports, key=lambda each: each.at)

    def _surging(
        self, chance: random.Random, day: date, reports: list[Arrival], surge: Surge
    ) -> Iterator[Arrival]:
        """Yield each report that it is about so many times, each time another's; of a fraction
        chance decides."""
        for each in reports:
            if surge.category not in (None, each.category, family_of(each.category)):
                yield each
                continue
            times = int(surge.factor + chance.random())
            if times:
                yield each
            for _ in range(times - 1):
                yield self._one(chance, day, each.category)

    def _one(self, chance: random.Random, day: date, category: str) -> Arrival:
        minute = 60 * self._hours.draw(chance) + chance.randrange(60)
        begun_at = from_ms(self._terms.calendar.at_minute(day, minute))
        return Arrival(
            at=begun_at + timedelta(seconds=chance.randrange(60)),
            enterprise=self._enterprises.draw(chance),
            category=category,
            origin=self._origins.draw(chance),
        )


def category_weights(scenario: Scenario, handbook: Handbook, month: int) -> dict[str, float]:
    """Return how often each category is reported in a month, from 0, in proportion: as the scenario
    says of it, else of what it begins with, else the same all year."""
    return {
        each.id: scenario.seasons.get(each.id, scenario.seasons.get(family_of(each.id), ALL_YEAR))[
            month
        ]
        for each in handbook.categories
    }


def _chance(seed: str) -> random.Random:
    return random.Random(seed)  # noqa: S311  # a story, no secret
