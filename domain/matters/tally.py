"""What is kept while matters are counted one after the other: numbers, names, sums, shares.

It grows with the enterprises, issues and units that are named and with the totals that somebody
stated, never with how many matters were counted.
"""

from collections.abc import Iterable
from datetime import date

from domain.matters.figures import Figure, Summable, in_sum, pooled
from domain.matters.values import Count, Ratio


class Tally:
    """What matters came to so far. Whatever is kept is kept under a name: mostly the id of the
    figure that it becomes, with a slash where that has no id of its own."""

    __slots__ = ("_days", "_first", "_last", "_named", "_numbers", "_ratios", "_stated", "_sums")

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._named: dict[str, set[str]] = {}
        self._sums: dict[str, tuple[Summable, ...]] = {}
        self._ratios: dict[str, tuple[int, int]] = {}
        self._days: dict[str, tuple[date, date]] = {}
        self._last: dict[str, tuple[date, Tally]] = {}
        self._first: dict[str, int] = {}
        self._stated: dict[str, list[Figure]] = {}

    def add(self, id_: str, number: int = 1) -> None:
        """Count so many more."""
        self._numbers[id_] = self._numbers.get(id_, 0) + number

    def number(self, id_: str) -> int:
        """Return how many were counted."""
        return self._numbers.get(id_, 0)

    def name(self, id_: str, names: Iterable[str]) -> None:
        """Count what is named, each once, however often it is."""
        self._named.setdefault(id_, set()).update(names)

    def names(self, id_: str) -> frozenset[str]:
        """Return what was named."""
        return frozenset(self._named.get(id_, ()))

    def sum(self, id_: str, values: Iterable[Summable]) -> None:
        """Add values: by currency and unit, in the order in which these first came."""
        self._sums[id_] = in_sum((*self._sums.get(id_, ()), *values))

    def sums(self, id_: str) -> tuple[Summable, ...]:
        """Return the sums, one for each currency and unit."""
        return self._sums.get(id_, ())

    def pool(self, id_: str, ratios: Iterable[Ratio]) -> None:
        """Add ratios; those without a denominator are left out."""
        part, whole = self._ratios.get(id_, (0, 0))
        for each in ratios:
            if each.whole:
                part, whole = part + each.part, whole + each.whole
        self._ratios[id_] = part, whole

    def pooled(self, id_: str) -> tuple[Count, Count] | None:
        """Return the sums of parts and wholes, None if no denominator is known."""
        return pooled(*self._ratios.get(id_, (0, 0)))

    def span(self, id_: str, days: Iterable[date]) -> None:
        """Widen the span of days that something is of."""
        for day in days:
            first, last = self._days.get(id_, (day, day))
            self._days[id_] = min(first, day), max(last, day)

    def days(self, id_: str) -> tuple[date, date] | None:
        """Return the first and the last day of a span."""
        return self._days.get(id_)

    def first(self, id_: str, number: int) -> None:
        """Keep a number, unless there is one."""
        self._first.setdefault(id_, number)

    def kept(self, id_: str) -> int | None:
        """Return the number that was kept first."""
        return self._first.get(id_)

    def state(self, id_: str, figures: Iterable[Figure]) -> None:
        """Keep figures that somebody stated, in the order in which they come."""
        self._stated.setdefault(id_, []).extend(figures)

    def stated(self, id_: str) -> tuple[Figure, ...]:
        """Return the figures that somebody stated."""
        return tuple(self._stated.get(id_, ()))

    def of_day(self, id_: str, on: date) -> "Tally | None":
        """Return the tally of the last day, if this is it or a later one: what was counted of an
        earlier day is let go. None for a day before it."""
        last_on, tally = self._last.get(id_, (None, None))
        if last_on is not None and on < last_on:
            return None
        if tally is None or on != last_on:
            tally = Tally()
            self._last[id_] = on, tally
        return tally

    def last(self, id_: str) -> "Tally":
        """Return the tally of the last day that anything was of; an empty one if of none."""
        _, tally = self._last.get(id_, (None, None))
        return Tally() if tally is None else tally
