"""The arithmetic of grants: quantities, money, and who pays which share of it. Nothing is lost to
rounding."""

from domain.matters.figures import precision_of_both
from domain.matters.grant.events import Shares
from domain.matters.grant.rules import FULL_PERCENT
from domain.matters.values import Amount, Quantity
from domain.matters.words import Precision

THOUSAND = 1000
TOTAL_MAX = 10**12
"""Of one matter, in thousandths of its unit or in hundredths of a currency: sums of a thousand
matters still are numbers that the ledger carries."""

_LESS_OF = {
    Precision.EXACT: Precision.EXACT,
    Precision.OVER: Precision.UNDER,
    Precision.UNDER: Precision.OVER,
    Precision.ABOUT: Precision.ABOUT,
}
"""How exact a number is when one that is over, under or about something is taken from it."""


def nothing_of(unit: str) -> Quantity:
    """Return no quantity of a unit."""
    return Quantity(thousandths=0, unit=unit)


def plus(first: Quantity, second: Quantity) -> Quantity:
    """Return the sum of two quantities of one unit."""
    return Quantity(
        thousandths=first.thousandths + second.thousandths,
        unit=first.unit,
        precision=precision_of_both(first.precision, second.precision),
    )


def minus(first: Quantity, second: Quantity) -> Quantity:
    """Return what is left of a quantity. Raises ValueError if nothing would be, and less."""
    return Quantity(
        thousandths=first.thousandths - second.thousandths,
        unit=first.unit,
        precision=precision_of_both(first.precision, _LESS_OF[second.precision]),
    )


def with_amount(sums: tuple[Amount, ...], amount: Amount | None) -> tuple[Amount, ...]:
    """Return sums of money, one for each currency, with an amount added to its own."""
    if amount is None:
        return sums
    before = next((each for each in sums if each.currency == amount.currency), None)
    if before is None:
        return (*sums, amount)
    total = Amount(
        hundredths=before.hundredths + amount.hundredths,
        currency=amount.currency,
        precision=precision_of_both(before.precision, amount.precision),
    )
    return tuple(total if each is before else each for each in sums)


def split_cost(cost: Amount, percent: int | None) -> Shares:
    """Return who pays what of a cost. The zone's share is rounded down to the hundredth, and the
    enterprise pays all that is left: both add up to the cost. Without a percentage neither share is
    known."""
    if percent is None:
        return Shares(cost=cost)
    zone = cost.hundredths * percent // FULL_PERCENT
    return Shares(
        cost=cost,
        zone=cost.model_copy(update={"hundredths": zone}),
        enterprise=cost.model_copy(update={"hundredths": cost.hundredths - zone}),
    )
