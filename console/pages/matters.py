"""Matters: what every procedure has running, and of each a list, a board, figures."""

from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import Path, Query, Response
from pydantic import Field

from console.asked import MaybeCode, MaybeCursor, Unfilled, address_of
from console.offers_matters import asked_of, offered_of
from console.page import Menu, Page
from console.queries import matters as query
from console.queries.matters_board import board_of
from console.queries.matters_figures import figure_lines
from console.queries.matters_seen import sight_of, told_lines
from console.queries.naming import Naming
from console.routing import page_router
from console.visit import InZone, ZoneVisit
from desk.matter_counting import counted
from domain.access import Act
from domain.errors import TooManyMattersError
from domain.matters.counting import MATTERS_COUNTED_MAX
from domain.matters.matter import matter_stream
from domain.matters.rules import AnyProcedure, aggregate_of
from domain.model import Code, Key, to_millisecond
from face.asking import not_there, one_of
from face.looked import noted

SEES: Final = frozenset({Act.READ_ISSUES})
MATTERS: Final = Page("matters", "/matters", SEES, Menu.WORK, live=True)
OF: Final = Page("matters_of", "/matters/{procedure}", SEES, follows=True)
pages: tuple[Page, ...] = (MATTERS, OF)
router = page_router()

Procedure = Annotated[Code, Path()]
MaybeKey = Annotated[Annotated[Key, Field()] | None, Unfilled]


class As(StrEnum):
    """How the matters of a procedure are shown."""

    LIST = "list"
    BOARD = "board"
    FIGURES = "figures"


@router.get("/{zone}/matters")
async def overview(visit: InZone) -> Response:
    """Show the procedures of the zone, with what of each is in sight."""
    sight = sight_of(visit)
    await noted(visit.house, visit.caller, "matters", {"zone": visit.zone})
    found = await query.overview(visit.desk, visit.handbook, sight, to_millisecond(visit.at))
    is_own = visit.caller.enterprise is not None
    shown = tuple(
        (aggregate, tuple(e for e in lines if e.all or not is_own or _may_open(visit, e.rule)))
        for aggregate, lines in found.groups
    )
    data = {
        "groups": [(aggregate, lines) for aggregate, lines in shown if lines],
        "is_cut": found.is_cut,
        "counted": query.COUNTED_MAX,
        "root": MATTERS.address(visit.zone),
    }
    return visit.show(MATTERS, data)


@router.get("/{zone}/matters/{procedure}")
async def listed(
    visit: InZone,
    procedure: Procedure,
    layout: Annotated[As, Query(alias="as")] = As.LIST,
    stage: MaybeCode = None,
    post: MaybeCode = None,
    enterprise: MaybeCode = None,
    every: Annotated[bool, Query()] = False,
    after: MaybeCursor = None,
) -> Response:
    """Show the matters of a procedure that are asked for, as a list, a board, or in figures."""
    visit.within(Act.READ_ISSUES)
    rule = procedure_of(visit, procedure)
    stages = query.stages_in(rule)
    one_of("stage", stage, (id_ for id_, _ in stages))
    scope = {"zone": visit.zone, "procedure": procedure, "as": layout.value}
    await noted(visit.house, visit.caller, "matters", scope)
    asked = {"stage": stage, "post": post, "enterprise": enterprise, "every": every}
    here = f"{MATTERS.address(visit.zone)}/{rule.id}"
    data = _frame(visit, rule, layout) | {
        "asked": asked,
        "stages": [(id_, visit.name(name)) for id_, name in stages],
        "posts": [(id_, visit.name(name)) for id_, name in Naming(visit.handbook).posts()],
    }
    match layout:
        case As.LIST:
            wanted = query.Wanted(stage, post, enterprise, open_only=not every)
            data |= await _list(visit, rule, wanted, after, here, asked)
        case As.BOARD:
            data |= await _board(visit, rule)
        case As.FIGURES:
            data |= await _figures(visit, rule)
    return visit.show(OF, data)


def procedure_of(visit: ZoneVisit, id_: str) -> AnyProcedure:
    """Return a procedure of the handbook in force, or say that there is none."""
    rule = visit.handbook.procedure(id_)
    if rule is None:
        raise not_there("The handbook in force has no such procedure.")
    return rule


def _frame(visit: ZoneVisit, rule: AnyProcedure, layout: As) -> dict[str, Any]:
    here = f"{MATTERS.address(visit.zone)}/{rule.id}"
    at = to_millisecond(visit.at)
    tabs = [
        (each, address_of(here, {"as": None if each is As.LIST else each.value}), each is layout)
        for each in _open_to(visit)
    ]
    return {
        "rule": rule,
        "aggregate": aggregate_of(rule),
        "layout": layout,
        "tabs": [(to, visit.said(f"matter.as_{each}"), on) for each, to, on in tabs],
        "root": MATTERS.address(visit.zone),
        "here_of": here,
        "naming": Naming(visit.handbook),
        "at": at,
        "opening": None
        if not _may_open(visit, rule)
        else f"{MATTERS.address(visit.zone)[: -len('/matters')]}/matter-new/{rule.id}",
    }


def _may_open(visit: ZoneVisit, rule: AnyProcedure) -> bool:
    asked = asked_of(visit, rule, visit.terms)
    return bool(offered_of(visit, asked, to_millisecond(visit.at)).offers)


def _open_to(visit: ZoneVisit) -> tuple[As, ...]:
    if visit.caller.enterprise is not None:
        return (As.LIST,)
    return tuple(As) if visit.may(Act.READ_FIGURES) else (As.LIST, As.BOARD)


async def _list(
    visit: ZoneVisit,
    rule: AnyProcedure,
    wanted: query.Wanted,
    after: str | None,
    here: str,
    asked: dict[str, Any],
) -> dict[str, Any]:
    place = "" if after is None else matter_stream(visit.zone, after)
    found = await query.page_of(
        visit.desk,
        visit.handbook,
        sight_of(visit),
        rule,
        wanted,
        after=place,
        at=to_millisecond(visit.at),
    )
    key = None if found.after is None else found.after.rpartition("/")[2]
    lines = await told_lines(visit, [(rule, line) for line in found.lines])
    return {
        "lines": [line for _, line in lines],
        "is_own": visit.caller.enterprise is not None,
        "further": key and address_of(here, asked | {"after": key}),
    }


async def _board(visit: ZoneVisit, rule: AnyProcedure) -> dict[str, Any]:
    visit.within(Act.READ_BOARD)
    matters, is_cut = await query.all_in_sight(
        visit.desk, visit.zone, sight_of(visit), rule.id, open_only=True
    )
    return {
        "columns": board_of(rule, matters, to_millisecond(visit.at)),
        "is_cut": is_cut,
        "counted": query.COUNTED_MAX,
    }


async def _figures(visit: ZoneVisit, rule: AnyProcedure) -> dict[str, Any]:
    visit.within(Act.READ_FIGURES)
    position = await visit.desk.ledger.safe_position()
    ledger, sight = visit.desk.ledger, sight_of(visit)
    try:
        counting = await counted(ledger, visit.zone, rule, position, sight, MATTERS_COUNTED_MAX)
    except TooManyMattersError:
        return {"figures": (), "too_many": MATTERS_COUNTED_MAX}
    return {
        "figures": figure_lines(counting.figures()),
        "position": position,
        "revision": visit.handbook.revision,
        "matters": counting.matters,
        "too_many": None,
    }
