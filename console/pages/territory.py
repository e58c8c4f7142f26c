"""Territory: areas and grids with who is responsible, coverage, load; contact boards to print."""

from typing import Annotated, Final

from fastapi import Path, Response

from console.page import Menu, Page
from console.queries import territory as query
from console.queries.naming import Naming
from console.routing import page_router
from console.visit import InZone
from domain.access import Act
from domain.board import contact_board
from domain.days import zone_of
from domain.model import Code
from face.asking import not_there
from face.looked import noted

SEES: Final = frozenset({Act.READ_BOARD})
TERRITORY: Final = Page("territory", "/territory", SEES, Menu.PEOPLE)
GRID: Final = Page("grid", "/territory/grids/{id}", SEES)
CONTACT: Final = Page("contact_board", "/contact-board/{id}", frozenset({Act.READ_CONTACT_BOARD}))
pages: tuple[Page, ...] = (TERRITORY, GRID, CONTACT)
router = page_router()

AnId = Annotated[Code, Path()]


@router.get("/{zone}/territory")
async def whole(visit: InZone) -> Response:
    """Show the zone by areas and grids."""
    within = visit.within(Act.READ_BOARD)
    await noted(visit.house, visit.caller, "board", {"zone": visit.zone, "of": "territory"})
    found = await query.territory(visit.desk, visit.handbook, within, visit.today)
    data = {
        "territory": found,
        "root": TERRITORY.address(visit.zone),
        "board": f"/console/{visit.zone}/board",
        "is_whole": within.whole,
    }
    return visit.show(TERRITORY, data)


@router.get("/{zone}/territory/grids/{id}")
async def grid(visit: InZone, id: AnId) -> Response:
    """Show one grid on a board of its own, which prints on A4."""
    within = visit.within(Act.READ_BOARD)
    await noted(visit.house, visit.caller, "board", {"zone": visit.zone, "of": f"grid {id}"})
    found = await query.grid(visit.desk, visit.handbook, within, id, visit.today)
    if found is None:
        raise not_there("The handbook in force has no such grid.")
    data = {
        "shown": found,
        "root": TERRITORY.address(visit.zone),
        "board": f"/console/{visit.zone}/board",
        "is_whole": within.whole,
    }
    return visit.show(GRID, data)


@router.get("/{zone}/contact-board/{id}")
async def contact(visit: InZone, id: AnId) -> Response:
    """Show an enterprise's contact board as it hangs on the wall: for everybody in the zone."""
    visit.within(Act.READ_CONTACT_BOARD)
    await noted(visit.house, visit.caller, "contact_board", {"zone": visit.zone, "enterprise": id})
    if id not in visit.handbook.enterprises_by_id:
        raise not_there("The handbook in force has no such enterprise.")
    local = visit.at.astimezone(zone_of(visit.time_zone))
    data = {
        "contact": contact_board(visit.handbook, id, local),
        "naming": Naming(visit.handbook),
        "at": visit.at,
        "may_see_territory": visit.may(Act.READ_BOARD),
    }
    return visit.show(CONTACT, data)
