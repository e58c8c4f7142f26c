"""What routes ask for by type: the house, the caller, the language, where to look from."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated

from fastapi import Depends, Query, Request
from pydantic import Field

from desk.desk import Desk
from domain.access import Act, Horizon, Principal, horizon, require_act
from domain.days import zone_of
from domain.errors import UnknownIssueError
from domain.model import Code, Key
from domain.terms import Terms
from face.house import House
from face.rates import limited_caller
from face.words import Language, language_of
from ledger.port import IssueRow

WAIT_S_MAX = 10


def the_house(request: Request) -> House:
    """Return what the application was made with."""
    house: House = request.app.state.house
    return house


TheHouse = Annotated[House, Depends(the_house)]


async def the_caller(request: Request, house: TheHouse) -> Principal:
    """Return who calls. Raises UnauthenticatedError, TooManyRequestsError."""
    principal = await limited_caller(request, house.identity)
    request.state.principal = principal
    return principal


Caller = Annotated[Principal, Depends(the_caller)]
InLanguage = Annotated[Language, Depends(language_of)]

ZoneName = Annotated[Code, Field(description="The zone, by its code.", examples=["xinghe"])]
IssueKey = Annotated[Key, Field(description="What its reporter calls it.", examples=["A01"])]
WaitFor = Annotated[
    int | None,
    Query(
        ge=0,
        le=2**53 - 1,
        description="Answer only when the ledger has come to this position (read your own writes): "
        f"waits up to {WAIT_S_MAX} s, then 412.",
    ),
]


async def terms_in_force(desk: Desk, zone: str) -> Terms:
    """Return the terms in force in a zone now. Raises UnknownZoneError."""
    return await desk.shelf.current(zone, desk.clock.now())


def today_in(desk: Desk, terms: Terms) -> date:
    """Return the local day of a zone."""
    return desk.clock.now().astimezone(zone_of(terms.calendar.time_zone)).date()


async def horizon_in(desk: Desk, principal: Principal, act: Act, zone: str) -> Horizon:
    """Return how far an act reaches in a zone, or refuse it. Raises NotPermittedError,
    UnknownZoneError."""
    terms = await terms_in_force(desk, zone)
    return require_act(principal, act, terms.handbook, today_in(desk, terms))


async def horizons(
    desk: Desk, principal: Principal, act: Act, zones: Iterable[str]
) -> list[Horizon]:
    """Return how far an act reaches in each of some zones; those where it does not are left out."""
    found = []
    for zone in zones:
        terms = await terms_in_force(desk, zone)
        seen = horizon(principal, act, terms.handbook, today_in(desk, terms))
        if not seen.is_empty:
            found.append(seen)
    return found


async def seen_row(desk: Desk, principal: Principal, act: Act, zone: str, key: str) -> IssueRow:
    """Return an issue that the caller may see. Of what they may not they learn nothing: it is
    unknown to them. Raises NotPermittedError, UnknownIssueError."""
    within = await horizon_in(desk, principal, act, zone)
    row = await desk.row(zone, key)
    if not within.sees(row.issue):
        raise UnknownIssueError(
            "No issue was reported under this key.", field="key", value=key, stream=row.issue.stream
        )
    return row
