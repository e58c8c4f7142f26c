"""A version of the handbook tried on what was recorded, before or after it is in force."""

from datetime import date
from typing import Annotated, Final

from fastapi import Form, Response
from pydantic import BaseModel, Field

from console.asked import Unfilled
from console.page import Page
from console.pages.handbook import VERSION_CHARACTERS_MAX
from console.queries import handbook as versions_query
from console.queries import handbook_backtest as query
from console.routing import page_router
from console.visit import InZone, ZoneVisit
from domain.access import Act
from domain.errors import InvalidRequestError
from face.asking import Day
from face.looked import noted
from face.stating import one_at_a_time

TRIES: Final = frozenset({Act.READ_FIGURES})
BACKTEST: Final = Page("handbook_backtest", "/handbook/backtest", TRIES)
pages: tuple[Page, ...] = (BACKTEST,)
router = page_router()

MaybeDay = Annotated[Day | None, Unfilled]


class Asked(BaseModel):
    """The form by which a version is tried; without days on every issue."""

    version: Annotated[str, Field(min_length=1, max_length=VERSION_CHARACTERS_MAX)]
    from_on: MaybeDay = None
    to_on: MaybeDay = None


@router.get("/{zone}/handbook/backtest")
async def ask(visit: InZone) -> Response:
    """Show the form."""
    visit.within(Act.READ_FIGURES)
    return visit.show(BACKTEST, await _frame(visit, None) | {"found": None, "asked": None})


@router.post("/{zone}/handbook/backtest")
async def try_one(visit: InZone, form: Annotated[Asked, Form()]) -> Response:
    """Try a version, and show what would have come of it. Nothing is kept."""
    visit.within(Act.READ_FIGURES)
    _require_order(form.from_on, form.to_on)
    scope = {"zone": visit.zone, "handbook": form.version}
    await noted(visit.house, visit.caller, "backtest", scope)
    async with one_at_a_time(f"closeout backtest {visit.zone} --handbook {form.version}"):
        found = await query.tried(
            visit.desk,
            visit.terms,
            form.version,
            form.from_on,
            form.to_on,
            visit.language,
        )
    return visit.show(BACKTEST, await _frame(visit, form.version) | {"found": found, "asked": form})


async def _frame(visit: ZoneVisit, tried: str | None) -> dict[str, object]:
    """Return what the form offers: the versions of the zone, and what was tried by another name."""
    versions = await versions_query.lines_of(visit.desk, visit.zone, counted=False)
    options = [(each.name, f"{each.name} ({each.revision})") for each in versions]
    if tried is not None and tried not in {name for name, _ in options}:
        options.append((tried, tried))
    return {"options": options}


def _require_order(from_on: date | None, to_on: date | None) -> None:
    if from_on is not None and to_on is not None and to_on < from_on:
        raise InvalidRequestError(
            "The last day comes before the first.",
            field="to_on",
            value=to_on.isoformat(),
            allowed=f"{from_on} or later",
        )
