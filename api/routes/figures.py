"""Figures: what can be published, what was, and the digits of one."""

import json
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field, JsonValue

from api.describing import PROBLEMS
from audit.figures import scope_of
from domain.access import Act
from domain.canonical import sha256
from domain.errors import InvalidRequestError
from domain.figure_definitions import DEFINITIONS
from domain.model import Code, Moment, Name
from face.asking import not_there, somewhere
from face.dependencies import Caller, TheHouse, ZoneName, horizon_in
from face.looked import noted
from face.looking import reader_for, stands_at
from ledger.figures import FigureRow

router = APIRouter(tags=["figures"])

LIST_MAX: Final = 200
NUMBER_MAX: Final = 2**53 - 1
LOG_KIND: Final = "figure"


class RatioOf(BaseModel):
    """Of which two counts a ratio is."""

    numerator: str
    denominator: str


class DefinitionTold(BaseModel):
    """What a figure counts. A revision that was published is never edited."""

    name: str
    revision: int
    title: Name
    counts: dict[str, str]
    ratios: dict[str, RatioOf]
    lengths: dict[str, str] = Field(
        description="What each length is of. First revisions tell its median, later ones mean, "
        "p50, p90 and p95."
    )


class Definitions(BaseModel):
    """Every definition in every revision."""

    definitions: list[DefinitionTold]


class FigureHead(BaseModel):
    """A published figure: by which definition, of what, over which period, up to which position."""

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


class FigureListed(FigureHead):
    """A figure with its sums, without the issues. One of a revision that this program does not
    know is not readable here: its sums are told as they were published, or absent."""

    readable: bool
    all: JsonValue


class Figures(BaseModel):
    """A page of figures, newest first; `before` asks for the next one."""

    figures: list[FigureListed]
    before: int | None


class LeafOf(BaseModel):
    """Where the transparency log has it: what `/v1/log/proof` is asked with."""

    kind: str
    key: str


class FigureTold(FigureHead):
    """A figure whole: its digits, their hash, and its leaf in the log."""

    digits: JsonValue
    sha256: str
    log: LeafOf


@router.get("/figure-definitions", summary="What can be published")
async def definitions(house: TheHouse, caller: Caller, response: Response) -> Definitions:
    """List the definitions of figures, and what each counts in words."""
    await somewhere(house.desk, caller, Act.READ_FIGURES)
    reached = await house.desk.ledger.safe_position()
    await noted(house, caller, "figures", {}, reached)
    stands_at(response, reached)
    return Definitions(
        definitions=[
            DefinitionTold(
                name=each.name,
                revision=each.revision,
                title=each.title,
                counts=dict(each.counts),
                ratios={
                    name: RatioOf(numerator=above, denominator=below)
                    for name, (above, below) in each.ratios.items()
                },
                lengths=dict(each.lengths),
            )
            for each in DEFINITIONS
        ]
    )


@router.get("/figures/{zone}", summary="Published figures of a zone", responses=PROBLEMS(404))
async def listed(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    response: Response,
    definition: Annotated[
        Code | None, Query(description="Of this definition.", examples=["sign_offs"])
    ] = None,
    before: Annotated[
        int | None, Query(ge=1, le=NUMBER_MAX, description="Go on before this number.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=LIST_MAX, description="At most so many.")] = 20,
) -> Figures:
    """List what was published, newest first."""
    await horizon_in(house.desk, caller, Act.READ_FIGURES, zone)
    names = {each.name for each in DEFINITIONS}
    if definition is not None and definition not in names:
        raise InvalidRequestError(
            "No figure is called so.", field="definition", value=definition, allowed=names
        )
    desk = reader_for(house, caller)
    reached = await desk.ledger.safe_position()
    await noted(house, caller, "figures", {"zone": zone, "definition": definition}, reached)
    rows = await desk.ledger.figures(
        zone=zone, definition=definition, before=before, limit=limit + 1
    )
    stands_at(response, reached)
    return Figures(
        figures=[FigureListed.model_validate(_head(row) | _sums(row)) for row in rows[:limit]],
        before=rows[limit - 1].sequence if len(rows) > limit else None,
    )


@router.get("/figures/{zone}/{figure}", summary="One published figure", responses=PROBLEMS(404))
async def one(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    figure: Annotated[int, Path(ge=1, le=NUMBER_MAX, description="Its number.", examples=[1])],
    response: Response,
) -> FigureTold:
    """Show a published figure: its digits to the last byte as they were published."""
    await horizon_in(house.desk, caller, Act.READ_FIGURES, zone)
    desk = reader_for(house, caller)
    reached = await desk.ledger.safe_position()
    await noted(house, caller, "figure", {"zone": zone, "figure": figure}, reached)
    row = await desk.ledger.figure(figure)
    if row is None or scope_of(row.scope).zone != zone:
        raise not_there("No figure of this zone has this number.")
    stands_at(response, reached)
    return FigureTold.model_validate(
        _head(row)
        | {
            "digits": json.loads(row.digits),
            "sha256": sha256(row.digits),
            "log": LeafOf(kind=LOG_KIND, key=str(row.sequence)),
        }
    )


def _sums(row: FigureRow) -> dict[str, object]:
    known = any((e.name, e.revision) == (row.definition, row.revision) for e in DEFINITIONS)
    try:
        sums = json.loads(row.digits)["all"]
    except (ValueError, KeyError, TypeError):
        return {"readable": False, "all": None}
    return {"readable": known, "all": sums}


def _head(row: FigureRow) -> dict[str, object]:
    scope = scope_of(row.scope)
    return {
        "figure": row.sequence,
        "definition": row.definition,
        "revision": row.revision,
        "zone": scope.zone,
        "unit": scope.unit,
        "from_at": row.from_at,
        "to_at": row.to_at,
        "position": row.horizon,
        "restates": row.restates,
        "at": row.at,
        "author": row.author,
        "reason": row.reason,
    }
