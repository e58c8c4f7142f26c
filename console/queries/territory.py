"""Territory: who is responsible where, what is not covered, and how much is open in each grid."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from desk.desk import Desk
from domain.access import Horizon
from domain.handbook import Area, Enterprise, Grid, Handbook, Post, Tier
from domain.model import to_millisecond
from domain.organization import chain_posts, holders
from ledger.dashboards import NO_LIGHTS, Lights, summed

GAPS_SHOWN_MAX: Final = 100
ENTERPRISES_SHOWN_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class InCharge:
    """The post that is accountable at a tier, and who is in it today; no post: nobody is."""

    tier: Tier
    post: Post | None
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GridLine:
    """A grid: how many enterprises stand in it, who is accountable for them, what is open."""

    grid: Grid
    enterprises: int
    in_charge: tuple[InCharge, ...]
    lights: Lights


@dataclass(frozen=True, slots=True)
class AreaShown:
    """A sub-area with its grids."""

    area: Area
    grids: tuple[GridLine, ...]

    @property
    def lights(self) -> Lights:
        """Return what is open in all of its grids."""
        return summed(("", each.lights) for each in self.grids).get("", NO_LIGHTS)


@dataclass(frozen=True, slots=True)
class Gap:
    """An enterprise for which nobody is there at a tier today: no post, or one that is vacant."""

    enterprise: Enterprise
    tier: Tier
    post: Post | None


@dataclass(frozen=True, slots=True)
class Territory:
    """The whole zone. `gaps` are the first of `gap_count`, of `enterprises` times the tiers."""

    areas: tuple[AreaShown, ...]
    unplaced: Lights
    gaps: tuple[Gap, ...]
    gap_count: int
    uncovered: int
    enterprises: int


@dataclass(frozen=True, slots=True)
class GridShown:
    """One grid on a board of its own: who is responsible, and its enterprises with their lights."""

    line: GridLine
    area: Area
    enterprises: tuple[tuple[Enterprise, Lights], ...]
    left_out: int


async def territory(desk: Desk, handbook: Handbook, within: Horizon, today: date) -> Territory:
    """Return the zone by areas and grids, with the lights of what is in sight."""
    covered = await desk.ledger.coverage(within, at=to_millisecond(desk.clock.now()))
    by_grid = summed((each.grid, each.lights) for each in covered)
    counts: dict[str, int] = {}
    for enterprise in handbook.enterprises:
        counts[enterprise.grid] = counts.get(enterprise.grid, 0) + 1
    lines = {
        grid.id: GridLine(
            grid=grid,
            enterprises=counts.get(grid.id, 0),
            in_charge=_over(handbook, grid, today),
            lights=by_grid.get(grid.id, NO_LIGHTS),
        )
        for grid in handbook.grids
    }
    gaps = _gaps(handbook, today)
    return Territory(
        areas=tuple(
            AreaShown(area, tuple(line for line in lines.values() if line.grid.area == area.id))
            for area in handbook.areas
        ),
        unplaced=by_grid.get(None, NO_LIGHTS),
        gaps=tuple(gaps[:GAPS_SHOWN_MAX]),
        gap_count=len(gaps),
        uncovered=len({each.enterprise.id for each in gaps}),
        enterprises=len(handbook.enterprises),
    )


async def grid(
    desk: Desk, handbook: Handbook, within: Horizon, id_: str, today: date
) -> GridShown | None:
    """Return one grid, None if the handbook in force has no such grid."""
    found = handbook.grids_by_id.get(id_)
    if found is None:
        return None
    covered = await desk.ledger.coverage(within, at=to_millisecond(desk.clock.now()))
    lights = {each.enterprise: each.lights for each in covered}
    own = [each for each in handbook.enterprises if each.grid == id_]
    shown = own[:ENTERPRISES_SHOWN_MAX]
    return GridShown(
        line=GridLine(
            grid=found,
            enterprises=len(own),
            in_charge=_over(handbook, found, today),
            lights=summed(("", lights[each.id]) for each in own if each.id in lights).get(
                "", NO_LIGHTS
            ),
        ),
        area=next(each for each in handbook.areas if each.id == found.area),
        enterprises=tuple((each, lights.get(each.id, NO_LIGHTS)) for each in shown),
        left_out=len(own) - len(shown),
    )


def _over(handbook: Handbook, place: Grid, today: date) -> tuple[InCharge, ...]:
    """Return who is accountable for a grid at each tier, whatever sponsors single enterprises
    have."""
    found = []
    for tier in handbook.tiers:
        over = (
            held
            for where in (place.id, place.area, handbook.zone)
            for held in handbook.posts_by_place.get((tier.level, where), ())
        )
        held = next(over, None)
        found.append(InCharge(tier, held, () if held is None else holders(held, today)))
    return tuple(found)


def _gaps(handbook: Handbook, today: date) -> list[Gap]:
    """Enterprises of one grid with the same sponsors have the same chain: it is looked up once."""
    chains: dict[tuple[str, tuple[str, ...], int], Post | None] = {}
    vacant: dict[str, bool] = {}
    gaps = []
    for enterprise in handbook.enterprises:
        for tier in handbook.tiers:
            place = (enterprise.grid, enterprise.sponsors, tier.level)
            if place not in chains:
                chain = chain_posts(handbook, enterprise.id, tier.level)
                chains[place] = next(iter(chain), None)
            held = chains[place]
            if held is not None and held.id not in vacant:
                vacant[held.id] = not holders(held, today)
            if held is None or vacant[held.id]:
                gaps.append(Gap(enterprise, tier, held))
    return gaps
