"""Callbacks after the closing: draws of closed issues, on record, that anyone can repeat (R8.5)."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field, ValidationError

from api.describing import PROBLEMS
from desk.callbacks import Asked, CallbackDesk, Callbacks
from domain.access import Act
from domain.drawing import CHOSEN
from domain.errors import NotPermittedError, from_validation
from domain.model import Code, Key, Moment
from domain.people import Officer, named
from face.actors import actor_for
from face.asking import InPerson, not_there
from face.dependencies import (
    Caller,
    TheHouse,
    ZoneName,
    horizon_in,
    terms_in_force,
    today_in,
)
from face.looked import noted
from face.looking import reader_for, stands_at
from face.preconditions import IdempotencyKey, id_asked
from ledger.draws import DrawRow

router = APIRouter(prefix="/callbacks", tags=["callbacks"])

LIST_MAX = 200

DrawId = Annotated[Key, Path(description="The draw, by its id.", examples=["2026-03"])]


class NewDraw(InPerson):
    """Which close-outs are drawn from. How many is the handbook's to say."""

    id: Key | None = Field(
        default=None, description="The draw's name; drawn again under it, it goes on."
    )
    from_at: Moment = Field(
        description="Closed at this or later.", examples=["2026-03-01T00:00:00+08:00"]
    )
    to_at: Moment = Field(
        description="Closed before this; in the past.", examples=["2026-04-01T00:00:00+08:00"]
    )
    seed: Code | None = Field(
        default=None, description="What the draw hangs on; that it was chosen is on record."
    )


class Lot(BaseModel):
    """A drawn issue and its number in the draw."""

    stream: str
    lot: str


class DrawTold(BaseModel):
    """A recorded draw: from which close-outs, up to which position, how many, on what seed."""

    id: Key
    zone: Code
    seed: str
    seed_chosen: bool
    from_at: Moment
    to_at: Moment
    horizon: int
    percent: int
    at_least: int
    population: int
    population_hash: str
    drawn: int
    method: str
    drawn_at: Moment


class Drawn(DrawTold):
    """What a draw came to. `recorded`: the issues that were told of it by this very request."""

    repeated: bool
    recorded: int
    issues: list[Lot]


class Redrawn(DrawTold):
    """A recorded draw drawn again, and what differs. `missing`: drawn issues that were not told of
    it; `over_limit`: issues that have come up in as many draws as they may."""

    same: bool
    differences: list[str]
    missing: list[str]
    over_limit: list[str]
    issues: list[Lot]


class Counted(DrawTold):
    """A draw and what has come of it. An enterprise that was not reached counts neither way."""

    issues: int
    answered: int
    agree: int
    disagree: int
    not_reached: int
    open: int
    untold: int
    over_limit: int
    agreement_percent: float | None


class Draws(BaseModel):
    """The newest draws of a zone, newest first."""

    draws: list[Counted]


@router.get("/{zone}", summary="Draws of a zone", responses=PROBLEMS(404))
async def listed(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=LIST_MAX, description="At most so many draws.")] = 20,
) -> Draws:
    """List the draws of a zone, and how far callbacks and sign-offs agree."""
    await horizon_in(house.desk, caller, Act.READ_CALLBACKS, zone)
    desk = reader_for(house, caller)
    reached = await desk.ledger.safe_position()
    await noted(house, caller, "callbacks", {"zone": zone}, reached)
    found = await CallbackDesk(desk).draws(zone, limit=limit)
    stands_at(response, reached)
    return Draws(draws=[_counted(each) for each in found])


@router.post(
    "/{zone}", status_code=201, summary="Draw closed issues", responses=PROBLEMS(404, 409, 428)
)
async def draw(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    body: NewDraw,
    response: Response,
    key: IdempotencyKey = None,
) -> Drawn:
    """Draw some of the issues closed in a period, and tell each that it came up."""
    desk = house.desk
    await horizon_in(desk, caller, Act.DRAW_CALLBACKS, zone)
    terms = await terms_in_force(desk, zone)
    actor = actor_for(
        caller,
        terms.handbook,
        today_in(desk, terms),
        post=body.post,
        on_behalf_of=body.on_behalf_of,
    )
    if not isinstance(actor, Officer):
        raise NotPermittedError("Only an officer draws.", field="actor", value=named(actor))
    try:
        asked = Asked(
            id=id_asked(key, body.id),
            zone=zone,
            from_at=body.from_at,
            to_at=body.to_at,
            seed=body.seed,
        )
    except ValidationError as error:
        raise from_validation(error) from error
    drawn = await CallbackDesk(desk).draw(asked, actor)
    if drawn.repeated:
        response.status_code = 200
    response.headers["Location"] = f"/v1/callbacks/{zone}/{asked.id}/redraw"
    stands_at(response, await desk.ledger.safe_position())
    return Drawn.model_validate(
        _row(drawn.row)
        | {
            "repeated": drawn.repeated,
            "recorded": drawn.recorded,
            "issues": _lots(drawn.lots),
        }
    )


@router.get("/{zone}/{draw_id}/redraw", summary="Draw again and compare", responses=PROBLEMS(404))
async def redraw(
    house: TheHouse, caller: Caller, zone: ZoneName, draw_id: DrawId, response: Response
) -> Redrawn:
    """Draw a recorded draw again, and compare. Nothing is written."""
    await horizon_in(house.desk, caller, Act.READ_CALLBACKS, zone)
    desk = reader_for(house, caller)
    row = await desk.ledger.drawing(draw_id)
    if row is None or row.zone != zone:
        raise not_there("No draw of this zone is recorded under this id.")
    reached = await desk.ledger.safe_position()
    await noted(house, caller, "callbacks", {"zone": zone, "draw": draw_id}, reached)
    found = await CallbackDesk(desk).redraw(draw_id)
    stands_at(response, reached)
    return Redrawn.model_validate(
        _row(found.row)
        | {
            "same": not found.differences,
            "differences": list(found.differences),
            "missing": list(found.missing),
            "over_limit": list(found.over_limit),
            "issues": _lots(found.lots),
        }
    )


def _counted(found: Callbacks) -> Counted:
    return Counted.model_validate(
        _row(found.row)
        | {
            "issues": found.issues,
            "answered": found.answered,
            "agree": found.agree,
            "disagree": found.disagree,
            "not_reached": found.not_reached,
            "open": found.waiting,
            "untold": found.missing,
            "over_limit": found.over_limit,
            "agreement_percent": found.agreement_percent,
        }
    )


def _row(row: DrawRow) -> dict[str, object]:
    return {
        "id": row.id,
        "zone": row.zone,
        "seed": row.seed,
        "seed_chosen": row.method == CHOSEN,
        "from_at": row.from_at,
        "to_at": row.to_at,
        "horizon": row.horizon,
        "percent": row.percent,
        "at_least": row.at_least,
        "population": row.population,
        "population_hash": row.population_hash,
        "drawn": row.drawn,
        "method": row.method,
        "drawn_at": row.drawn_at,
    }


def _lots(lots: dict[str, str]) -> list[Lot]:
    return [Lot(stream=stream, lot=number) for stream, number in lots.items()]
