"""What matters of one procedure come to, in numbers: the form that every aggregate's count has."""

from collections.abc import Iterable

from domain.matters.values import NUMBER_MAX, Amount, Count, Quantity, Value
from domain.matters.words import Precision
from domain.model import Code, Frozen, Name

Summable = Count | Amount | Quantity


class Figure(Frozen):
    """One number of a procedure's, as of what it was counted from. A rate has a `whole`, and only
    then is one; `part` is None where the sources name a figure and do not state it. `derived`: not
    stated, worked out from what was. `of` says what the numbers count, where the value does not;
    `note` what has to be known beside them.
    """

    id: Code
    name: Name
    part: Value | None
    whole: Value | None = None
    derived: bool = False
    of: Code | None = None
    note: Name | None = None


def in_sum(values: Iterable[Summable]) -> tuple[Summable, ...]:
    """Return the sums of values: one for each currency and unit, in the order in which these first
    came. What is stated as over, under or about makes its sum so; a sum larger than numbers are
    carried is over the largest."""
    sums: dict[tuple[str, str | None], Summable] = {}
    for value in values:
        place = (value.kind.value, unit_of(value))
        before = sums.get(place)
        sums[place] = value if before is None else _added(before, value)
    return tuple(sums.values())


def unit_of(value: Summable) -> str | None:
    """Return the currency or the unit of a value; a count has none."""
    match value:
        case Amount():
            return value.currency
        case Quantity():
            return value.unit
        case Count():
            return None


def number_of(value: Summable) -> int:
    """Return the whole number that a value holds."""
    match value:
        case Amount():
            return value.hundredths
        case Quantity():
            return value.thousandths
        case Count():
            return value.n


def precision_of_both(first: Precision, second: Precision) -> Precision:
    """Return how exact the sum of two numbers is."""
    if first is second or second is Precision.EXACT:
        return first
    if first is Precision.EXACT:
        return second
    return Precision.ABOUT


def pooled(part: int, whole: int) -> tuple[Count, Count] | None:
    """Return so many of so many, None if there is nothing to count among. What is larger than
    numbers are carried is over the largest, as a sum is."""
    return (_carried(part), _carried(whole)) if whole else None


def _carried(number: int) -> Count:
    if number > NUMBER_MAX:
        return Count(n=NUMBER_MAX, precision=Precision.OVER)
    return Count(n=number)


def _added(first: Summable, second: Summable) -> Summable:
    total = number_of(first) + number_of(second)
    precision = precision_of_both(first.precision, second.precision)
    if total > NUMBER_MAX:
        total, precision = NUMBER_MAX, Precision.OVER
    match first:
        case Amount():
            return Amount(hundredths=total, currency=first.currency, precision=precision)
        case Quantity():
            return Quantity(thousandths=total, unit=first.unit, precision=precision)
        case Count():
            return Count(n=total, precision=precision)
