"""Today: what is late, what will be, who holds it and why. It follows the ledger as it moves."""

from typing import Annotated, Final

from fastapi import Query, Response

from console.page import Menu, Page
from console.pages.board import PAGE as BOARD
from console.queries.naming import Naming
from console.queries.today import day_of
from console.routing import page_router
from console.visit import InZone, ZoneVisit
from domain.access import Act
from domain.model import to_millisecond
from face.looked import noted

PAGE: Final = Page("today", "/today", frozenset({Act.READ_BOARD}), Menu.WORK, live=True)
pages: Final = (PAGE,)
router = page_router()

REPORTS: Final = "reports"
LISTED: Final = 10
"""So many units and grids, the worst off, are told at once; all of them where that is asked."""


@router.get("/{zone}/today")
async def today(visit: InZone, whole: Annotated[bool, Query(alias="all")] = False) -> Response:
    """Show the day, as far as the visitor's sight reaches; `all`: with every unit and grid."""
    within = visit.within(Act.READ_BOARD)
    await noted(visit.house, visit.caller, "board", {"zone": visit.zone, "of": "today"})
    at = to_millisecond(visit.at)
    day = await day_of(visit.desk, within, visit.terms, visit.today, at=at)
    data = {
        "day": day,
        "at": at,
        "naming": Naming(visit.handbook),
        "board": BOARD.address(visit.zone),
        "is_whole": within.whole,
        "units": day.by_unit if whole else day.by_unit[:LISTED],
        "grids": day.by_grid if whole else day.by_grid[:LISTED],
        "everything": f"{PAGE.address(visit.zone)}?all=true",
        "reports": _reports(visit),
    }
    return visit.show(PAGE, data)


def _reports(visit: ZoneVisit) -> str | None:
    """Return where daily reports are given, if the visitor may look there."""
    from console.registry import PAGES

    page = next((each for each in PAGES if each.name == REPORTS), None)
    if page is None or not (not page.acts or any(map(visit.may, page.acts))):
        return None
    return page.address(visit.zone)
