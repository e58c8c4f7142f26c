"""Enterprises: the register with lights, and one file each."""

from typing import Annotated, Final

from fastapi import Path, Query, Response

from console.asked import MaybeCode, MaybeCursor, MaybeText, Unfilled, address_of
from console.page import Menu, Page
from console.queries import enterprises as query
from console.queries.matters import matters_about
from console.queries.matters_seen import sight_of
from console.queries.naming import Naming
from console.routing import page_router
from console.visit import InZone
from domain.access import Act
from domain.model import Code, to_millisecond
from face.asking import not_there, one_of
from face.looked import noted

SEES: Final = frozenset({Act.READ_BOARD})
ENTERPRISES: Final = Page("enterprises", "/enterprises", SEES, Menu.PEOPLE)
FILE: Final = Page("enterprise", "/enterprises/{id}", SEES)
pages: tuple[Page, ...] = (ENTERPRISES, FILE)
router = page_router()

MaybeLit = Annotated[query.Lit | None, Unfilled]


@router.get("/{zone}/enterprises")
async def listed(
    visit: InZone,
    q: MaybeText = None,
    segment: MaybeCode = None,
    in_list: Annotated[MaybeCode, Query(alias="list")] = None,
    grid: MaybeCode = None,
    light: MaybeLit = None,
    after: MaybeCode = None,
) -> Response:
    """Show the enterprises that fit, each with the lights of what is open."""
    within = visit.within(Act.READ_BOARD)
    book = visit.handbook
    one_of("list", in_list, (each.id for each in book.lists))
    one_of("segment", segment, (each.id for each in book.segments))
    one_of("grid", grid, (each.id for each in book.grids))
    asked = {"q": q, "segment": segment, "list": in_list, "grid": grid, "light": light}
    await noted(visit.house, visit.caller, "enterprises", {"zone": visit.zone, **asked})
    wanted = query.Wanted(q, segment, in_list, grid, light)
    found = await query.register(visit.desk, book, within, wanted, after or "")
    here = ENTERPRISES.address(visit.zone)
    data = {
        "register": found,
        "asked": asked,
        "segments": [(each.id, visit.name(each.name)) for each in book.segments],
        "lists": [(each.id, visit.name(each.name)) for each in book.lists],
        "grids": [(each.id, visit.name(each.name)) for each in book.grids],
        "board": f"{here.removesuffix('/enterprises')}/board",
        "is_whole": within.whole,
        "further": found.after and address_of(here, asked | {"after": found.after}),
    }
    return visit.show(ENTERPRISES, data)


@router.get("/{zone}/enterprises/{id}")
async def file(visit: InZone, id: Annotated[Code, Path()], after: MaybeCursor = None) -> Response:
    """Show the file of one enterprise, with its issues in sight."""
    within = visit.within(Act.READ_ISSUES)
    visit.within(Act.READ_BOARD)
    await noted(visit.house, visit.caller, "issues", {"zone": visit.zone, "enterprise": id})
    found = await query.file(visit.desk, visit.terms, within, id, after)
    if found is None:
        raise not_there("The handbook in force has no such enterprise.")
    here = f"{ENTERPRISES.address(visit.zone)}/{id}"
    at = to_millisecond(visit.at)
    data = {
        "file": found,
        "matters": await matters_about(
            visit.desk, visit.handbook, sight_of(visit), at, enterprise=id
        ),
        "naming": Naming(visit.handbook),
        "at": at,
        "is_whole": within.whole or id in within.enterprises,
        "further": found.next and address_of(here, {"after": found.next}),
    }
    return visit.show(FILE, data)
