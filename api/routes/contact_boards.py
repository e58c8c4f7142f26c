"""Contact boards (公示牌) and the enterprises that have one: who is responsible for whom."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from api.describing import PROBLEMS
from desk.handbook_versions import Versions
from domain.access import Act
from domain.board import Board, contact_board
from domain.days import zone_of
from domain.errors import InvalidRequestError
from domain.model import Code, Name
from domain.registry import Registered, registered
from face.asking import not_there, one_of
from face.dependencies import Caller, TheHouse, WaitFor, ZoneName, horizon_in, terms_in_force
from face.looked import noted
from face.looking import AsOf, KnownAt, arrived, instant_asked, sight_asked, stands_at

router = APIRouter(tags=["boards"])


class PutUp(BaseModel):
    """An enterprise's contact board, and the version of the handbook that it stands by."""

    version: str
    earlier: bool = Field(
        description="Nothing had been published by then: the shipped handbook is shown as it is "
        "now; an earlier program may have come with another."
    )
    board: Board


class OnTheBoard(BaseModel):
    """An enterprise that has a board, and the post that its issues begin with."""

    enterprise: Code
    name: Name
    grid: Code
    first_owner: Code | None


class OnTheBoards(BaseModel):
    """A page of enterprises by id; `after` asks for the next one."""

    enterprises: list[OnTheBoard]
    after: Code | None


class Enterprises(BaseModel):
    """The enterprises of a zone that fit, in the handbook's order."""

    enterprises: list[Registered]


@router.get(
    "/contact-board/{zone}", summary="Enterprises that have a board", responses=PROBLEMS(404)
)
async def boards_of(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=1000, description="Enterprises on a page.")] = 200,
    after: Annotated[Code | None, Query(description="Go on after this enterprise.")] = None,
) -> OnTheBoards:
    """List the enterprises of a zone with the post that their issues begin with. Public."""
    await horizon_in(house.desk, caller, Act.READ_CONTACT_BOARD, zone)
    reached = await house.desk.ledger.safe_position()
    await noted(house, caller, "contact_board", {"zone": zone}, reached)
    book = (await terms_in_force(house.desk, zone)).handbook
    every = sorted(registered(book), key=lambda each: each.enterprise.id)
    page = [each for each in every if after is None or each.enterprise.id > after]
    stands_at(response, reached)
    return OnTheBoards(
        enterprises=[
            OnTheBoard(
                enterprise=each.enterprise.id,
                name=each.enterprise.name,
                grid=each.enterprise.grid,
                first_owner=each.first_owner,
            )
            for each in page[:limit]
        ],
        after=page[limit - 1].enterprise.id if len(page) > limit else None,
    )


@router.get(
    "/contact-board/{zone}/{enterprise}",
    summary="An enterprise's contact board",
    responses=PROBLEMS(404, 412),
)
async def board_of(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    enterprise: Annotated[Code, Path(description="The enterprise, by its id.", examples=["mill"])],
    response: Response,
    at: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=40,
            description="Who is responsible at this instant, which may lie ahead: ISO 8601; "
            "without an offset the zone's own time.",
            examples=["2026-10-01T09:00"],
        ),
    ] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    wait_for: WaitFor = None,
) -> PutUp:
    """Show who is responsible for an enterprise, by the handbook in force at that instant. Public:
    it hangs on the wall."""
    await horizon_in(house.desk, caller, Act.READ_CONTACT_BOARD, zone)
    if at is not None and (as_of is not None or known_at is not None):
        raise InvalidRequestError(
            "One at a time: `at`, or `as_of` with `known_at`.", field="at", value=at
        )
    reached = await arrived(house.desk, wait_for)
    await noted(house, caller, "contact_board", {"zone": zone, "enterprise": enterprise}, reached)
    calendar = (await terms_in_force(house.desk, zone)).calendar
    sight = await sight_asked(house.desk, calendar, as_of, known_at)
    now = house.desk.clock.now()
    moment = now if at is None else instant_asked(calendar, "at", at)
    if sight is not None:
        moment, reached = sight.at, sight.position
    version = await Versions(house.desk).in_force_at(zone, moment)
    if enterprise not in version.handbook.enterprises_by_id:
        raise not_there("The handbook in force then has no such enterprise.")
    local = moment.astimezone(zone_of(version.calendar.time_zone))
    stands_at(response, reached)
    return PutUp(
        version=version.name,
        earlier=version.shipped and moment < now,
        board=contact_board(version.handbook, enterprise, local),
    )


@router.get("/enterprises/{zone}", summary="Enterprises of a zone", responses=PROBLEMS(404, 412))
async def enterprises(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    response: Response,
    listed: Annotated[
        Code | None, Query(alias="list", description="On this list.", examples=["exporters"])
    ] = None,
    segment: Annotated[Code | None, Query(description="Of this segment.")] = None,
    grid: Annotated[Code | None, Query(description="In this grid.")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    wait_for: WaitFor = None,
) -> Enterprises:
    """List the enterprises of the handbook in force, now or at a past instant."""
    await horizon_in(house.desk, caller, Act.READ_RULES, zone)
    reached = await arrived(house.desk, wait_for)
    await noted(house, caller, "enterprises", {"zone": zone, "as_of": as_of}, reached)
    terms = await terms_in_force(house.desk, zone)
    sight = await sight_asked(house.desk, terms.calendar, as_of, known_at)
    book = terms.handbook
    if sight is not None:
        reached = sight.position
        book = (await Versions(house.desk).in_force_at(zone, sight.at)).handbook
    one_of("list", listed, (each.id for each in book.lists))
    one_of("segment", segment, (each.id for each in book.segments))
    one_of("grid", grid, (each.id for each in book.grids))
    stands_at(response, reached)
    return Enterprises(
        enterprises=list(registered(book, listed=listed, segment=segment, grid=grid))
    )
