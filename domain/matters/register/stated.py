"""Rates that somebody stated, of what no facts here show: read from stated totals, and derived.

A total states a rate under the rate's own id as so many of so many, or its parts under
`<id>.part`, `<id>.whole` and `<id>.share`, a share being so many of a hundred. Of the three two
give the third.
"""

from collections.abc import Iterator

from domain.matters.figures import Figure
from domain.matters.matter import StatedTotal
from domain.matters.register.notes import of_total
from domain.matters.register.rules import RateRule
from domain.matters.register.state import Register
from domain.matters.values import NUMBER_MAX, Count, Ratio
from domain.matters.words import Precision

PART, WHOLE, SHARE = "part", "whole", "share"


def stated_rates(rate: RateRule, matter: Register, before: int = 0) -> Iterator[Figure]:
    """Return a figure for each total that stands and says something of a rate; `before` are those
    of other registers. What the source does not state and nothing gives is None: without a whole it
    is no rate, and has no part."""
    number = before
    for total in matter.totals:
        if total.replaced_by is None and _codes(rate).keys() & total.figures.keys():
            number += 1
            yield _figure(rate, total, number)


def derived_whole(part: Count, share: Ratio) -> Count | None:
    """Return of how many a part is that share: about so many, rounded to the nearest; of a share
    that is everything exactly the part. None if that cannot be said."""
    if not share.whole or not share.part:
        return None
    if share.part == share.whole:
        return part
    return _about(part.n * share.whole, share.part)


def derived_part(whole: Count, share: Ratio) -> Count | None:
    """Return how many a share of them is, likewise."""
    if not share.whole:
        return None
    if share.part == share.whole:
        return whole
    return _about(whole.n * share.part, share.whole)


def _codes(rate: RateRule) -> dict[str, str]:
    return {rate.id: ""} | {f"{rate.id}.{what}": what for what in (PART, WHOLE, SHARE)}


def _figure(rate: RateRule, total: StatedTotal, number: int) -> Figure:
    part, whole, derived = _stated(rate, total)
    return Figure(
        id=f"rate.{rate.id}.stated" + (f".{number}" if number > 1 else ""),
        name=rate.name,
        part=None if whole is None else part,
        whole=whole,
        derived=derived,
        note=of_total(total, is_rate=whole is not None),
    )


def _stated(rate: RateRule, total: StatedTotal) -> tuple[Count | None, Count | None, bool]:
    """Return part and whole, and whether one of them was worked out."""
    own = total.figures.get(rate.id)
    if isinstance(own, Ratio):
        return Count(n=own.part), Count(n=own.whole or 0), False
    part, whole, share = (total.figures.get(f"{rate.id}.{what}") for what in (PART, WHOLE, SHARE))
    known = part if isinstance(part, Count) else None
    among = whole if isinstance(whole, Count) and whole.n else None
    if not isinstance(share, Ratio) or (known is None) == (among is None):
        return known, among, False
    if known is not None:
        among = derived_whole(known, share)
        return known, among, among is not None
    if among is not None:
        known = derived_part(among, share)
    return known, among, known is not None


def _about(number: int, among: int) -> Count | None:
    """Return a quotient to the nearest whole number, half up."""
    nearest = (2 * number + among) // (2 * among)
    if nearest > NUMBER_MAX:
        return None
    return Count(n=nearest, precision=Precision.ABOUT)
