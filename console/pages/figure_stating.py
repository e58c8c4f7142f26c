"""Figures are published and restated: what a restatement would say is shown before it is kept."""

from datetime import UTC
from typing import Annotated, Final, Literal

from fastapi import Form, Path, Response
from pydantic import BaseModel, ValidationError

from audit.figure_foresight import foresee_restatement
from audit.figures import (
    PUBLISHING_ROLES,
    Asked,
    Scope,
    Signed,
    publish,
    require_publisher,
    restate,
    scope_of,
)
from console.asked import MaybeCode
from console.page import Page
from console.pages.figures import FIGURES, NUMBER_MAX, PUBLISHED
from console.queries.figures import newest
from console.queries.supervision_callbacks import days
from console.routing import page_router
from console.visit import InZone, ZoneVisit
from domain.access import Act
from domain.errors import InvalidRequestError, from_validation
from domain.figure_definitions import definition
from domain.figures import Period
from domain.model import Code, Text
from domain.people import named
from face.asking import Day, not_there, one_of
from face.looked import noted
from face.stating import officer_for, one_at_a_time

STATES: Final = frozenset({Act.PUBLISH_FIGURES})
PUBLISH: Final = Page("figure_publish", "/figures/publish", STATES)
RESTATE: Final = Page("figure_restate", "/figures/published/{sequence}/restate", STATES)
pages: tuple[Page, ...] = (PUBLISH, RESTATE)
router = page_router()

Sequence = Annotated[int, Path(ge=1, le=NUMBER_MAX)]


class NewFigure(BaseModel):
    """The form by which a figure is published; the box has to be ticked."""

    definition: Code
    from_on: Day
    last_on: Day
    reason: Text
    confirmed: Literal["true"]
    unit: MaybeCode = None
    post: MaybeCode = None


class Restated(BaseModel):
    """The form by which a figure is restated, after what it would say was looked at."""

    reason: Text
    post: MaybeCode = None


@router.get("/{zone}/figures/publish")
async def ask(visit: InZone) -> Response:
    """Show the form."""
    visit.within(Act.PUBLISH_FIGURES)
    book = visit.handbook
    units = [(each.id, visit.name(each.name)) for each in book.units]
    units += [(each.id, visit.name(each.name)) for each in book.posts if each.unit is None]
    data = {
        "definitions": [(each.name, visit.name(each.title)) for each in newest()],
        "units": units,
        "posts": _posts(visit),
        "root": FIGURES.address(visit.zone),
    }
    return visit.show(PUBLISH, data)


@router.post("/{zone}/figures/publish")
async def publish_one(visit: InZone, form: Annotated[NewFigure, Form()]) -> Response:
    """Count a figure as the ledger stands, keep it for good, and show it."""
    visit.within(Act.PUBLISH_FIGURES)
    book = visit.handbook
    if form.unit is not None:
        one_of("unit", form.unit, [*(u.id for u in book.units), *(p.id for p in book.posts)])
    signed = _signed(visit, form.post, form.reason)
    from_at, to_at = days(form.from_on, form.last_on, visit.time_zone)
    period = Period(from_at.astimezone(UTC), to_at.astimezone(UTC))
    asked = Asked(definition(form.definition), Scope(visit.zone, form.unit), period)
    async with one_at_a_time("closeout figures publish"):
        row = await publish(visit.house.desk.ledger, asked, signed)
    return visit.elsewhere(f"{PUBLISHED.address(visit.zone)}/{row.sequence}")


@router.get("/{zone}/figures/published/{sequence}/restate")
async def foresee(visit: InZone, sequence: Sequence) -> Response:
    """Count a figure as a restatement would, and show what differs. Nothing is kept."""
    visit.within(Act.PUBLISH_FIGURES)
    scope = {"zone": visit.zone, "figure": sequence, "of": "restatement"}
    await noted(visit.house, visit.caller, "figure", scope)
    await _require_of(visit, sequence)
    async with one_at_a_time("closeout figures restate"):
        found = await foresee_restatement(visit.house.desk.ledger, sequence)
    asked = definition(found.before.definition, found.before.revision)
    data = {
        "found": found,
        "asked": asked,
        "posts": _posts(visit),
        "root": FIGURES.address(visit.zone),
        "streams": [str(each["stream"]).partition("/")[2] for each in found.issues],
    }
    return visit.show(RESTATE, data)


@router.post("/{zone}/figures/published/{sequence}/restate")
async def restate_one(
    visit: InZone, sequence: Sequence, form: Annotated[Restated, Form()]
) -> Response:
    """Keep a restatement beside what it corrects, and show it."""
    visit.within(Act.PUBLISH_FIGURES)
    await _require_of(visit, sequence)
    signed = _signed(visit, form.post, form.reason)
    async with one_at_a_time("closeout figures restate"):
        found = await restate(visit.house.desk.ledger, sequence, signed)
    if found.row is None:
        raise InvalidRequestError(
            "No issue moved: there is nothing to restate.",
            field="figure",
            value=sequence,
            allowed="a figure whose issues give something else by now",
        )
    return visit.elsewhere(f"{PUBLISHED.address(visit.zone)}/{found.row.sequence}")


def _posts(visit: ZoneVisit) -> list[tuple[str, str]]:
    """Return the visitor's posts that state figures, by name."""
    able = (each for each in visit.posts() if set(each.roles).intersection(PUBLISHING_ROLES))
    return [(each.id, visit.name(each.name)) for each in able]


def _signed(visit: ZoneVisit, post: str | None, reason: str) -> Signed:
    officer = officer_for(visit.house, visit.caller, visit.terms, post=post)
    require_publisher(visit.terms, officer, visit.at)
    try:
        return Signed(at=visit.at, author=named(officer), reason=reason)
    except ValidationError as error:
        raise from_validation(error) from error


async def _require_of(visit: ZoneVisit, sequence: int) -> None:
    row = await visit.desk.ledger.figure(sequence)
    if row is None or scope_of(row.scope).zone != visit.zone:
        raise not_there("No figure of this zone has this number.")
