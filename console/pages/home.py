"""The first page: the zones that the visitor was let into; of one, its first page."""

from dataclasses import dataclass
from typing import Final

from fastapi import Response

from console.page import PREFIX
from console.routing import page_router
from console.visit import InZone, Visiting, ZoneVisit, zone_visit_of
from domain.model import Name

router = page_router()


@dataclass(frozen=True, slots=True)
class ZoneCard:
    """A zone that can be entered."""

    code: str
    name: Name
    address: str


FIRST: Final = ("today", "mine", "audit", "handbook")
"""Where somebody is sent who enters a zone: the first of these pages that they may open."""


@router.get("")
async def zones(visit: Visiting) -> Response:
    """Show the zones, or go to the only one."""
    found = []
    for terms in await visit.house.desk.shelf.in_force(visit.at):
        if not visit.caller.is_in(terms.handbook.zone):
            continue
        there = await zone_visit_of(visit, terms.handbook.zone)
        if (first := _first(there)) is not None:
            found.append(ZoneCard(terms.handbook.zone, terms.handbook.name, first))
    if len(found) == 1:
        return visit.elsewhere(found[0].address)
    return visit.show("pages/home.html", {"zones": found})


@router.get("/{zone}")
async def enter(visit: InZone) -> Response:
    """Go to the first page of a zone that the visitor may open."""
    return visit.elsewhere(_first(visit) or PREFIX)


def _first(visit: ZoneVisit) -> str | None:
    from console.registry import PAGES

    by_name = {page.name: page for page in PAGES if page.menu is not None}
    wanted = [by_name[name] for name in FIRST if name in by_name]
    for page in (*wanted, *by_name.values()):
        if visit.opens(page):
            return page.address(visit.zone)
    return None
