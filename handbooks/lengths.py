"""Lengths of time as a handbook's files write them: `2wd` for a table, and a tier's own limits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.duration_text import GRAMMAR, DurationTextError, parse_duration
from handbooks.sections import LENGTHS, TIER_LIMITS, Place

Entries = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A length that is none, or that belongs nowhere."""

    place: Place
    value: object
    problem: str
    allowed: tuple[str, ...] = ()


def read_lengths(value: object, place: Place, wrong: list[Wrong]) -> object:
    """Return `value` with every length in it that is written as text read into its table."""
    if isinstance(value, list):
        return [read_lengths(each, (*place, str(at)), wrong) for at, each in enumerate(value)]
    if not isinstance(value, dict):
        return value
    return {
        name: _length(held, (*place, name), wrong)
        if name in LENGTHS and isinstance(held, str)
        else read_lengths(held, (*place, name), wrong)
        for name, held in value.items()
    }


def _length(text: str, place: Place, wrong: list[Wrong]) -> object:
    try:
        return parse_duration(text).model_dump()
    except DurationTextError as error:
        wrong.append(Wrong(place, text, str(error).partition("; allowed:")[0], (GRAMMAR,)))
        return text


def place_tier_limits(
    tiers: Mapping[str, Mapping[str, object]], clocks: Entries
) -> Iterator[tuple[Place, Place] | Wrong]:
    """Put each tier's limits among the budgets of the clocks that they name, in place: before the
    first budget that fits every issue, so that an emergency keeps its own.

    Where every tier has its own, the budget for all that stood behind them would never be taken,
    and is left out. Yields where each budget stands now and where a file says it, or what is wrong.
    """
    said: dict[str, list[Place]] = {}
    for tier, fields in sorted(tiers.items(), key=lambda entry: str(entry[1].get("level"))):
        given = fields.get(TIER_LIMITS, {})
        if not isinstance(given, dict):
            yield Wrong(("tiers", tier, TIER_LIMITS), given, "must be a table of limits by clock")
            continue
        for clock, limit in given.items():
            at = ("tiers", tier, TIER_LIMITS, clock)
            budgets = clocks.get(clock, {}).get("budgets")
            if clock not in clocks:
                yield Wrong(at, clock, "no such clock", tuple(clocks))
            elif isinstance(budgets, list):
                wrong: list[Wrong] = []
                duration = _length(limit, at, wrong) if isinstance(limit, str) else limit
                yield from wrong
                origins = said.setdefault(clock, _own_places(clock, budgets))
                place = _first_for_all(budgets)
                budget = {"duration": duration, "tier": fields.get("level")}
                clocks[clock]["budgets"] = [*budgets[:place], budget, *budgets[place:]]
                origins.insert(place, at)
    for clock, origins in said.items():
        own = sum(place[0] == "tiers" for place in origins)
        place = _first_for_all(clocks[clock]["budgets"])
        if own == len(tiers) > 1 and place < len(origins):
            del clocks[clock]["budgets"][place], origins[place]
        for number, origin in enumerate(origins):
            yield ("clocks", clock, "budgets", str(number)), origin


def _own_places(clock: str, budgets: list[Any]) -> list[Place]:
    return [("clocks", clock, "budgets", str(number)) for number in range(len(budgets))]


def _first_for_all(budgets: list[Any]) -> int:
    """Return the place of the first budget that asks nothing; behind the last if each does."""
    for place, budget in enumerate(budgets):
        if isinstance(budget, dict) and not budget.keys() & {"priority", "tier", "categories"}:
            return place
    return len(budgets)
