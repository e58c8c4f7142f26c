"""Figures: each with both its counts, what was left out, what it means and in which revision."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import Path, Query, Response
from pydantic import Field

from console.asked import Unfilled, address_of
from console.page import Menu, Page
from console.queries import figures as query
from console.queries.naming import Naming
from console.routing import page_router
from console.texts import has
from console.visit import InZone, ZoneVisit
from domain.access import Act
from domain.figure_definitions import definition
from domain.figure_dimensions import Dimension
from domain.figures import Definition
from domain.model import Code
from domain.warnings import read_span
from face.asking import not_there
from face.looked import noted
from face.problems import TooManyRequestsError

READS: Final = frozenset({Act.READ_FIGURES})
FIGURES: Final = Page("figures", "/figures", READS, Menu.PROOF)
FIGURE: Final = Page("figure", "/figures/of/{name}", READS)
PUBLISHED: Final = Page("figures_published", "/figures/published", READS)
ONE: Final = Page("figure_published", "/figures/published/{sequence}", READS)
pages: tuple[Page, ...] = (FIGURES, FIGURE, PUBLISHED, ONE)
router = page_router()

PERIOD_CHARACTERS_MAX: Final = 8
NUMBER_MAX: Final = 2**53 - 1
MINIMUM_MAX: Final = 10_000
COUNT_AGAIN_S: Final = 5
_counting = asyncio.Lock()
"""Counting reads a zone whole: one at a time leaves the rest of the face its processor."""

MaybePeriod = Annotated[Annotated[str, Field(max_length=PERIOD_CHARACTERS_MAX)] | None, Unfilled]
Sequence = Annotated[int, Path(ge=1, le=NUMBER_MAX)]


@router.get("/{zone}/figures")
async def headlines(visit: InZone, period: MaybePeriod = None) -> Response:
    """Show the first figures of a period, this month unless another is asked for."""
    visit.within(Act.READ_FIGURES)
    span = read_span(period or query.month_of(visit.today))
    await noted(visit.house, visit.caller, "figures", {"zone": visit.zone, "period": span.name})
    found, too_many = None, False
    try:
        async with _counting:
            found = await query.headlines(
                visit.desk, visit.zone, query.period_of(span, visit.time_zone, visit.at)
            )
    except query.TooManyIssuesError:
        too_many = True
    data = _frame(visit, "headlines") | {
        "found": found,
        "too_many": too_many,
        "span": span,
        "definitions": query.newest(),
        "standing": definition("standing"),
    }
    return visit.show(FIGURES, data)


@router.get("/{zone}/figures/of/{name}")
async def one(
    visit: InZone,
    name: Annotated[Code, Path()],
    period: MaybePeriod = None,
    by: Dimension = Dimension.UNIT,
    ratio: Annotated[Code | None, Unfilled] = None,
    minimum: Annotated[int, Query(ge=1, le=MINIMUM_MAX)] = query.MINIMUM,
) -> Response:
    """Show one figure of a period by a dimension, with a ranking of units."""
    visit.within(Act.READ_FIGURES)
    asked = definition(name)
    span = read_span(period or query.month_of(visit.today))
    scope = {"zone": visit.zone, "definition": name, "period": span.name}
    await noted(visit.house, visit.caller, "figure", scope)
    found, too_many = None, False
    try:
        async with _counting:
            found = await query.figure(
                visit.desk,
                visit.handbook,
                query.period_of(span, visit.time_zone, visit.at),
                asked,
                by,
                ratio,
                minimum,
            )
    except query.TooManyIssuesError:
        too_many = True
    data = _frame(visit, "headlines") | {
        "shown": found,
        "too_many": too_many,
        "asked": asked,
        "span": span,
        "by": by,
        "dimensions": [(each, visit.said(f"figures_by.{each}")) for each in Dimension],
        "ratio": ratio,
        "ratios": [(each, _label(visit, asked, each, "ratio_")) for each in asked.ratios],
        "minimum": minimum,
    }
    return visit.show(FIGURE, data)


@router.get("/{zone}/figures/published")
async def listed(
    visit: InZone, before: Annotated[int | None, Query(ge=1, le=NUMBER_MAX)] = None
) -> Response:
    """Show what was published."""
    visit.within(Act.READ_FIGURES)
    await noted(visit.house, visit.caller, "figures", {"zone": visit.zone})
    rows, following = await query.published(visit.desk, visit.zone, before)
    here = PUBLISHED.address(visit.zone)
    further = following and address_of(here, {"before": following})
    data = _frame(visit, "published") | {"rows": rows, "further": further}
    return visit.show(PUBLISHED, data)


@router.get("/{zone}/figures/published/{sequence}")
async def published(visit: InZone, sequence: Sequence) -> Response:
    """Show a published figure."""
    return await _published(visit, sequence, is_counted=False)


@router.post("/{zone}/figures/published/{sequence}")
async def again(visit: InZone, sequence: Sequence) -> Response:
    """Count a published figure again, and say whether the same came out. Nothing is kept."""
    visit.within(Act.READ_FIGURES)
    if _counting.locked():
        raise TooManyRequestsError(COUNT_AGAIN_S)
    return await _published(visit, sequence, is_counted=True)


async def _published(visit: ZoneVisit, sequence: int, *, is_counted: bool) -> Response:
    visit.within(Act.READ_FIGURES)
    await noted(visit.house, visit.caller, "figure", {"zone": visit.zone, "figure": sequence})
    found = await query.published_one(visit.desk, visit.zone, sequence)
    if found is None:
        raise not_there("No figure of this zone has this number.")
    counted, too_many = None, False
    if is_counted and found.sums is not None:
        try:
            async with _counting:
                counted = await query.again(visit.desk, found.row)
        except query.TooManyIssuesError:
            too_many = True
    data = _frame(visit, "published") | {
        "shown": found,
        "asked": None if found.sums is None else found.sums.asked,
        "counted": counted,
        "too_many": too_many,
    }
    return visit.show(ONE, data)


def _frame(visit: ZoneVisit, here: str) -> dict[str, Any]:
    """Return what every page of figures needs."""
    return {
        "tabs": [
            (page.address(visit.zone), visit.said(f"figures.tab_{name}"), name == here)
            for name, page in (("headlines", FIGURES), ("published", PUBLISHED))
        ],
        "root": FIGURES.address(visit.zone),
        "may_state": visit.may(Act.PUBLISH_FIGURES),
        "naming": Naming(visit.handbook),
        "label": lambda count, asked: _label(visit, asked, count),
        "ratio_label": lambda ratio, asked: _label(visit, asked, ratio, "ratio_"),
        "meaning": lambda asked, count: _meaning(visit, asked, count),
    }


def _label(visit: ZoneVisit, asked: Definition, name: str, kind: str = "") -> str:
    """Return what a count or a ratio is called: within its figure, or wherever it is used."""
    for text in (f"figures_name.{kind}{asked.name}_{name}", f"figures_name.{kind}{name}"):
        if has(text):
            return visit.said(text)
    return name


def _meaning(visit: ZoneVisit, asked: Definition, count: str) -> str:
    """Return in words what is counted: in Chinese by our translation of the definition, where there
    is one of it."""
    name = f"figures_means.{asked.name}_{count}"
    if visit.language == "zh" and has(name):
        return visit.said(name)
    return {**asked.counts, **asked.lengths}.get(count, count)
