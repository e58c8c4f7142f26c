"""Where an accepted issue goes: the first row of the handbook's routing table that hits (M23, Q24).

Routing moves the work and not the account for it: tier and owner stay, and what no row takes, or
nobody of the unit named can, the owner keeps.
"""

from dataclasses import dataclass
from typing import assert_never

from domain.handbook import Handbook, Post, RouteTo, RoutingRow
from domain.issue import Issue
from domain.model import Code, Frozen
from domain.organization import enterprise, posts_of_unit, unit


class Hit(Frozen):
    """Who works on an issue. `row` is None where no row hit, `unit` where the owner keeps it."""

    row: Code | None
    unit: Code | None
    handler: Code


@dataclass(frozen=True, slots=True)
class Place:
    """What the handbook knows of an enterprise. One it does not know is nowhere and on no list."""

    grid: str | None = None
    area: str | None = None
    segment: str | None = None
    lists: frozenset[str] = frozenset()


NOWHERE = Place()


def route(handbook: Handbook, issue: Issue, category: str) -> Hit:
    """Return where `issue` goes when it is accepted as `category`.

    Grid, segment and lists of its enterprise are those of `handbook`.
    """
    if not handbook.routing:
        return Hit(row=None, unit=None, handler=issue.owner)
    return route_from(handbook, issue, category, place_of(handbook, issue.enterprise))


def route_from(handbook: Handbook, issue: Issue, category: str, place: Place) -> Hit:
    """Return the same where the enterprise's `place` is known already."""
    for row in handbook.routing:
        if hits(row, issue, category, place):
            taker = _taker(handbook, row, category)
            if taker is not None:
                return Hit(row=row.id, unit=taker.unit, handler=taker.id)
            return Hit(row=row.id, unit=None, handler=issue.owner)
    return Hit(row=None, unit=None, handler=issue.owner)


def hits(row: RoutingRow, issue: Issue, category: str, place: Place) -> bool:
    """Return whether every question that a row asks is answered by the issue."""
    return (
        (not row.categories or category in row.categories)
        and (not row.priorities or issue.priority in row.priorities)
        and (not row.origins or issue.origin in row.origins)
        and (not row.areas or place.area in row.areas)
        and (not row.grids or place.grid in row.grids)
        and (not row.segments or place.segment in row.segments)
        and (not row.lists or not place.lists.isdisjoint(row.lists))
        and (not row.tiers or issue.tier in row.tiers)
    )


def place_of(handbook: Handbook, enterprise_id: str) -> Place:
    """Return what the handbook knows of an enterprise."""
    found = enterprise(handbook, enterprise_id)
    if found is None:
        return NOWHERE
    return Place(
        grid=found.grid,
        area=next(grid.area for grid in handbook.grids if grid.id == found.grid),
        segment=found.segment,
        lists=frozenset(each.id for each in handbook.lists if enterprise_id in each.members),
    )


def _taker(handbook: Handbook, row: RoutingRow, category: str) -> Post | None:
    """Return the post that takes what a row hits; None where the owner keeps it."""
    match row.to:
        case RouteTo.OWNER:
            return None
        case RouteTo.UNIT:
            return None if row.unit is None else _acting(handbook, row.unit)
        case RouteTo.CATEGORY:
            kind = next((each for each in handbook.categories if each.id == category), None)
            units = () if kind is None else kind.units
            acting = (_acting(handbook, each) for each in units)
            return next((post for post in acting if post is not None), None)
        case _:
            assert_never(row.to)


def _acting(handbook: Handbook, unit_id: str) -> Post | None:
    """Return the first post of a unit; for an outside body, which has no login, the owner acts."""
    body = unit(handbook, unit_id)
    if body is None or body.external:
        return None
    return next(iter(posts_of_unit(handbook, unit_id)), None)
