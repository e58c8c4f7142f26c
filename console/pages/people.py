"""People: posts and who is in them today, deputies, what each has to do, duty rosters."""

from dataclasses import asdict
from typing import Annotated, Final

from fastapi import Query, Response

from console.asked import MaybeCode, MaybeText, MaybeTier, address_of
from console.page import Menu, Page
from console.queries.naming import Naming
from console.queries.people import Asked, busiest, parts_owed, staff_of
from console.queries.rosters import rotas
from console.routing import page_router
from console.visit import InZone, ZoneVisit
from domain.access import Act, horizon
from domain.days import zone_of
from domain.model import to_millisecond
from face.asking import one_of
from face.looked import noted

PAGE: Final = Page("people_page", "/people", frozenset({Act.READ_BOARD}), Menu.PEOPLE)
pages: Final = (PAGE,)
router = page_router()


@router.get("/{zone}/people")
async def people(
    visit: InZone,
    unit: Annotated[MaybeCode, Query()] = None,
    tier: Annotated[MaybeTier, Query()] = None,
    text: Annotated[MaybeText, Query()] = None,
    vacant: Annotated[bool, Query()] = False,
    after: Annotated[MaybeCode, Query()] = None,
) -> Response:
    """Show the posts that fit, whoever has the most to do, and the rosters."""
    within = visit.within(Act.READ_BOARD)
    asked = Asked(unit, tier, text, vacant)
    one_of("unit", asked.unit, (each.id for each in visit.handbook.units))
    scope = {"zone": visit.zone, "of": "people", "unit": asked.unit, "text": asked.text}
    await noted(visit.house, visit.caller, "board", scope)
    ledger, at = visit.desk.ledger, to_millisecond(visit.at)
    load = await ledger.load(within, at=at)
    local = visit.at.astimezone(zone_of(visit.time_zone))
    staff = staff_of(visit.handbook, load, local, asked, after=after, language=visit.language)
    units = {line.post.unit for line in staff.lines if line.post.unit is not None}
    seen = horizon(visit.caller, Act.READ_ISSUES, visit.handbook, visit.today)
    data = {
        "staff": staff,
        "asked": asked,
        "parts": await parts_owed(visit.desk, ledger, seen, units, at=at),
        "busiest": busiest(visit.handbook, load, visit.today),
        "rotas": rotas(visit.handbook, visit.today),
        "naming": Naming(visit.handbook),
        "address": PAGE.address(visit.zone),
        "further": None if staff.next is None else _further(visit, asked, staff.next),
        "is_whole": within.whole,
    }
    return visit.show(PAGE, data)


def _further(visit: ZoneVisit, asked: Asked, after: str) -> str:
    return address_of(PAGE.address(visit.zone), asdict(asked) | {"after": after})
