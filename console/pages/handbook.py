"""The handbook: what it says in tables, its versions, in what two differ, and its proof."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Query, Response

from console.page import Menu, Page
from console.queries import handbook as query
from console.queries.handbook_sheets import PARTS
from console.routing import page_router
from console.visit import InZone, ZoneVisit
from desk.handbook_versions import IN_FORCE
from domain.access import Act
from face.asking import one_of
from face.looked import noted
from face.problems import TooManyRequestsError

READS: Final = frozenset({Act.READ_RULES})
HANDBOOK: Final = Page("handbook", "/handbook", READS, Menu.RULES)
DIFFERENCES: Final = Page("handbook_differences", "/handbook/differences", READS)
PROOF: Final = Page("handbook_proof", "/handbook/proof", frozenset({Act.CHECK_RULES}))
pages: tuple[Page, ...] = (HANDBOOK, DIFFERENCES, PROOF)
router = page_router()

VERSION_CHARACTERS_MAX: Final = 80
PROVE_AGAIN_S: Final = 5
_proving = asyncio.Lock()
"""A proof works for seconds: one at a time leaves the rest of the face its processor."""

Named = Annotated[str, Query(min_length=1, max_length=VERSION_CHARACTERS_MAX)]


@router.get("/{zone}/handbook")
async def show(
    visit: InZone,
    version: Named = IN_FORCE,
    part: Annotated[str, Query(max_length=20)] = next(iter(PARTS)),
) -> Response:
    """Show a part of a version, and which versions there are."""
    visit.within(Act.READ_RULES)
    one_of("part", part, PARTS)
    await noted(visit.house, visit.caller, "handbook", {"zone": visit.zone, "version": version})
    desk = visit.desk
    found = await query.shown(desk, visit.zone, version, part, visit.language)
    versions = await query.lines_of(desk, visit.zone, counted=_counts(visit))
    address = f"{HANDBOOK.address(visit.zone)}?version={quote(version)}"
    return visit.show(
        HANDBOOK,
        {
            "shown": found,
            "versions": versions,
            "options": _options(versions),
            "tabs": [
                (f"{address}&part={each}", visit.said(f"handbook_part.{each}"), each == part)
                for each in PARTS
            ],
            "was_proved": query.was_proved(visit.terms),
            "may_prove": visit.may(Act.CHECK_RULES),
            "may_publish": visit.may(Act.PUBLISH_RULES),
            "may_try": visit.may(Act.READ_FIGURES),
        },
    )


@router.get("/{zone}/handbook/differences")
async def differences(
    visit: InZone, first: Named | None = None, second: Named = IN_FORCE
) -> Response:
    """Show in what two versions differ; `first` unset is the oldest."""
    visit.within(Act.READ_RULES)
    versions = await query.lines_of(visit.desk, visit.zone, counted=False)
    first = first or versions[-1].name
    scope = {"zone": visit.zone, "first": first, "second": second}
    await noted(visit.house, visit.caller, "handbook", scope)
    found = await query.compared(visit.desk, visit.zone, first, second, visit.language)
    return visit.show(DIFFERENCES, {"found": found, "options": _options(versions)})


@router.get("/{zone}/handbook/proof")
async def ask(visit: InZone) -> Response:
    """Show the button."""
    visit.within(Act.CHECK_RULES)
    return visit.show(PROOF, {"found": None})


@router.post("/{zone}/handbook/proof")
async def prove(visit: InZone) -> Response:
    """Prove what is in force again, and show what came of it. Nothing is kept."""
    visit.within(Act.CHECK_RULES)
    if _proving.locked():
        raise TooManyRequestsError(PROVE_AGAIN_S)
    async with _proving:
        found = await query.prove(visit.terms)
    return visit.show(PROOF, {"found": found})


def _options(versions: Sequence[query.VersionLine]) -> list[tuple[str, str]]:
    return [(each.name, f"{each.name} ({each.revision})") for each in versions]


def _counts(visit: ZoneVisit) -> bool:
    """How many issues a version judges is told to those who see all of them."""
    return visit.may(Act.READ_BOARD) and visit.within(Act.READ_BOARD).whole
