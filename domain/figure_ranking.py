"""Units ranked by a ratio (R8.6): ties share a place, few are not ranked, nothing of nothing is."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import lcm
from typing import Any

from domain.errors import InvalidRequestError
from domain.figures import Definition, Plain
from domain.responsibility import HolderKind

PLACES = (HolderKind.UNIT, HolderKind.POST)
"""Who is ranked: units, and posts that belong to none. Nobody ranks an enterprise or a calendar."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A group and its ratio. `place` is None where it is not ranked: of fewer than the minimum, or
    of nothing. `excluded` are left out of the denominator by review."""

    kind: str | None
    id: str | None
    place: int | None
    numerator: int
    denominator: int
    excluded: int | None

    @property
    def is_of_nothing(self) -> bool:
        """Return whether there is no ratio: neither 0 % nor 100 %."""
        return not self.denominator

    @property
    def plain(self) -> Plain:
        """Return it for a machine."""
        kind = {} if self.kind is None else {"kind": self.kind}
        excluded = {} if self.excluded is None else {"excluded": self.excluded}
        told: Plain = {"rank": self.place, **kind, "id": self.id}
        return told | {"numerator": self.numerator, "denominator": self.denominator, **excluded}


@dataclass(frozen=True, slots=True)
class Ranking:
    """The ranked in order, then those of too few, then those of nothing, each by name."""

    definition: str
    revision: int
    ratio: str
    minimum: int
    lowest_first: bool
    entries: tuple[Ranked, ...]

    @property
    def plain(self) -> Plain:
        """Return it for a machine."""
        return {
            "definition": self.definition,
            "revision": self.revision,
            "ratio": self.ratio,
            "minimum": self.minimum,
            "lowest_first": self.lowest_first,
            "entries": [each.plain for each in self.entries],
        }


def units_in(digits: Mapping[str, Any]) -> Iterator[Plain]:
    """Yield what the digits of a figure say of each unit, and of each post without one."""
    return (each for each in digits["by_holder"] if each["kind"] in PLACES)


def rank(
    groups: Iterable[Mapping[str, Any]],
    definition: Definition,
    ratio: str,
    *,
    minimum: int,
    lowest_first: bool = False,
) -> Ranking:
    """Rank holders, or the groups of a dimension, as the digits of the figure tell them.

    A group of fewer than `minimum` in the denominator has no place. Equal ratios share one, and the
    next is as many places further. Raises InvalidRequestError for what has no denominator.
    """
    _require_ratio(definition, ratio)
    if minimum < 1:
        raise InvalidRequestError(
            "A ranking says of how many at least each ratio is.",
            field="minimum",
            value=minimum,
            allowed="1 or more",
        )
    found = [_unranked(each, ratio) for each in groups]
    able = [each for each in found if each.denominator >= minimum]
    few = [each for each in found if 0 < each.denominator < minimum]
    nothing = [each for each in found if not each.denominator]
    entries = (
        *_placed(sorted(able, key=_name), lowest_first=lowest_first),
        *sorted(few, key=_name),
        *sorted(nothing, key=_name),
    )
    return Ranking(definition.name, definition.revision, ratio, minimum, lowest_first, entries)


def _require_ratio(definition: Definition, ratio: str) -> None:
    if ratio in definition.ratios:
        return
    counted = ratio in definition.counts or ratio in definition.lengths
    raise InvalidRequestError(
        "A ranking is by a ratio: this has no denominator."
        if counted
        else f"{definition.name} has no such ratio.",
        field="ratio",
        value=ratio,
        allowed=definition.ratios.keys() or f"none: {definition.name} has no ratio",
    )


def _unranked(group: Mapping[str, Any], name: str) -> Ranked:
    ratio = group["ratios"][name]
    return Ranked(
        kind=group.get("kind"),
        id=group["id"],
        place=None,
        numerator=ratio["numerator"],
        denominator=ratio["denominator"],
        excluded=ratio.get("excluded"),
    )


def _placed(able: list[Ranked], *, lowest_first: bool) -> Iterator[Ranked]:
    """Yield the groups in order with their places; equal ones by name. Ratios are compared
    exactly, over their common denominator."""
    whole = lcm(*(each.denominator for each in able))
    ratios = [each.numerator * (whole // each.denominator) for each in able]
    order = sorted(range(len(able)), key=lambda at: ratios[at] if lowest_first else -ratios[at])
    place = 0
    for passed, at in enumerate(order, start=1):
        if passed == 1 or ratios[at] != ratios[order[passed - 2]]:
            place = passed
        each = able[at]
        yield Ranked(each.kind, each.id, place, each.numerator, each.denominator, each.excluded)


def _name(each: Ranked) -> tuple[str, str]:
    return each.kind or "", each.id or ""
