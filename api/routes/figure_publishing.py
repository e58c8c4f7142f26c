"""Figures are stated for good: published once, and stated anew beside what stood, with a reason."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field, JsonValue, ValidationError

from api.describing import PROBLEMS
from audit.figure_foresight import foresee_restatement
from audit.figures import Asked, Scope, Signed, publish, require_publisher, restate, scope_of
from domain.access import Act
from domain.canonical import sha256
from domain.errors import InvalidRequestError, from_validation
from domain.figure_definitions import definition
from domain.figures import Period
from domain.model import Code, Moment, Text
from domain.people import named
from domain.terms import Terms
from face.asking import InPerson, not_there
from face.dependencies import Caller, TheHouse, ZoneName, horizon_in, terms_in_force
from face.looking import stands_at
from face.stating import officer_for, one_at_a_time
from ledger.figures import FigureRow

router = APIRouter(prefix="/figures", tags=["figures"])

NUMBER_MAX: Final = 2**53 - 1
REVISION_MAX: Final = 1000

Figure = Annotated[int, Path(ge=1, le=NUMBER_MAX, description="Its number.", examples=[1])]
Revision = Annotated[int, Field(ge=1, le=REVISION_MAX)]


class NewFigure(InPerson):
    """What is to be counted and kept for good."""

    definition: Code = Field(description="A name of `/v1/figure-definitions`.")
    revision: Revision | None = Field(default=None, description="The newest if unset.")
    unit: Code | None = Field(
        default=None, description="Only what this unit, or post without one, had."
    )
    from_at: Moment = Field(
        description="Recorded at this or later.", examples=["2026-03-01T00:00:00+08:00"]
    )
    to_at: Moment = Field(
        description="Recorded before this; in the past.", examples=["2026-04-01T00:00:00+08:00"]
    )
    reason: Text = Field(description="Why; everybody can read it.")


class NewRestatement(InPerson):
    """Why a figure is stated anew."""

    revision: Revision | None = Field(default=None, description="The figure's own if unset.")
    reason: Text = Field(description="Why; everybody can read it.")


class Stated(BaseModel):
    """A figure that was just stated; its digits are at its own address."""

    figure: int = Field(description="Its number.")
    definition: str
    revision: int
    zone: Code
    unit: Code | None
    from_at: Moment
    to_at: Moment
    position: int
    restates: int | None
    at: Moment
    author: str
    reason: str
    sha256: str = Field(description="Of its digits.")

    @classmethod
    def of(cls, row: FigureRow) -> "Stated":
        """Return it as it is told."""
        scope = scope_of(row.scope)
        return cls(
            figure=row.sequence,
            definition=row.definition,
            revision=row.revision,
            zone=scope.zone,
            unit=scope.unit,
            from_at=row.from_at,
            to_at=row.to_at,
            position=row.horizon,
            restates=row.restates,
            at=row.at,
            author=row.author,
            reason=row.reason,
            sha256=sha256(row.digits),
        )


class Restatement(BaseModel):
    """What a restatement came to; `stated` is null where no issue moved, and nothing was kept."""

    before: Stated
    stated: Stated | None
    moved: int = Field(description="So many issues give something else.")
    issues: list[JsonValue] = Field(description="The first of them, with both sides.")


class DigitDiffers(BaseModel):
    """A place in the digits: what is published there, and what a restatement would say."""

    where: str
    published: JsonValue
    again: JsonValue


class RestatementForeseen(BaseModel):
    """What a restatement would state. Nothing was kept; `differs`: whether anything would be."""

    before: Stated
    revision: int
    position: int
    differs: bool
    moved: int
    issues: list[JsonValue]
    differences: list[DigitDiffers]


@router.post(
    "/{zone}",
    status_code=201,
    summary="Publish a figure",
    responses=PROBLEMS(404, 422, 429),
)
async def publish_one(
    house: TheHouse, caller: Caller, zone: ZoneName, body: NewFigure, response: Response
) -> Stated:
    """Count a figure as the ledger stands, and keep it for good. One definition, scope and period
    is published once: a restatement corrects it."""
    await horizon_in(house.desk, caller, Act.PUBLISH_FIGURES, zone)
    terms = await terms_in_force(house.desk, zone)
    signed = _signed(house, caller, terms, body, body.reason)
    chosen = definition(body.definition, body.revision)
    if body.unit is not None:
        _require_unit(terms, body.unit)
    asked = Asked(chosen, Scope(zone, body.unit), Period(body.from_at, body.to_at))
    async with one_at_a_time("closeout figures publish"):
        row = await publish(house.desk.ledger, asked, signed)
    _at(response, zone, row)
    return Stated.of(row)


@router.get(
    "/{zone}/{figure}/restatement",
    summary="What a restatement would state",
    responses=PROBLEMS(404, 422, 429),
)
async def foresee(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    figure: Figure,
    response: Response,
    revision: Annotated[
        int | None, Query(ge=1, le=REVISION_MAX, description="The figure's own if unset.")
    ] = None,
) -> RestatementForeseen:
    """Count a published figure as the ledger stands now, and compare. Nothing is kept."""
    await horizon_in(house.desk, caller, Act.PUBLISH_FIGURES, zone)
    await _require_of(house, zone, figure)
    async with one_at_a_time("closeout figures restate"):
        found = await foresee_restatement(house.desk.ledger, figure, revision=revision)
    stands_at(response, found.position)
    return RestatementForeseen(
        before=Stated.of(found.before),
        revision=found.revision,
        position=found.position,
        differs=found.differs,
        moved=found.moved,
        issues=list(found.issues),
        differences=[
            DigitDiffers.model_validate(each, from_attributes=True) for each in found.differences
        ],
    )


@router.post(
    "/{zone}/{figure}/restatement",
    status_code=201,
    summary="State a figure anew",
    responses=PROBLEMS(404, 422, 429),
)
async def restate_one(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    figure: Figure,
    body: NewRestatement,
    response: Response,
) -> Restatement:
    """Count a published figure as the ledger stands now, and keep it beside the one it corrects.
    Where no issue moved nothing is kept: 200."""
    await horizon_in(house.desk, caller, Act.PUBLISH_FIGURES, zone)
    await _require_of(house, zone, figure)
    terms = await terms_in_force(house.desk, zone)
    signed = _signed(house, caller, terms, body, body.reason)
    async with one_at_a_time("closeout figures restate"):
        found = await restate(house.desk.ledger, figure, signed, revision=body.revision)
    if found.row is None:
        response.status_code = 200
    _at(response, zone, found.row or found.before)
    return Restatement(
        before=Stated.of(found.before),
        stated=None if found.row is None else Stated.of(found.row),
        moved=found.moved,
        issues=list(found.issues),
    )


def _signed(house: TheHouse, caller: Caller, terms: Terms, as_whom: InPerson, why: str) -> Signed:
    officer = officer_for(
        house, caller, terms, post=as_whom.post, on_behalf_of=as_whom.on_behalf_of
    )
    at = house.desk.clock.now()
    require_publisher(terms, officer, at)
    try:
        return Signed(at=at, author=named(officer), reason=why)
    except ValidationError as error:
        raise from_validation(error) from error


async def _require_of(house: TheHouse, zone: str, figure: int) -> None:
    """Of another zone's figure nothing is learned: it is not there."""
    row = await house.desk.ledger.figure(figure)
    if row is None or scope_of(row.scope).zone != zone:
        raise not_there("No figure of this zone has this number.")


def _require_unit(terms: Terms, unit: str) -> None:
    book = terms.handbook
    known = {*(each.id for each in book.units), *(each.id for each in book.posts)}
    if unit not in known:
        raise InvalidRequestError(
            "The zone has no such unit or post.", field="unit", value=unit, allowed=known
        )


def _at(response: Response, zone: str, row: FigureRow) -> None:
    response.headers["Location"] = f"/v1/figures/{zone}/{row.sequence}"
    stands_at(response, row.horizon)
