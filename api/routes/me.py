"""Who the caller is, and what they may do where."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, SecretStr

from api.describing import PROBLEMS
from desk.desk import Desk
from desk.principals import USER, change_password
from domain.access import (
    Act,
    Acting,
    Principal,
    Standing,
    delegations_to,
    horizon,
    posts_held,
    standings_in,
)
from domain.errors import NotPermittedError
from domain.terms import Terms
from face.dependencies import Caller, TheHouse, today_in
from face.house import House
from face.sessions import session_of, take_back
from face.signing_in import attempts_of, sign_ins_of
from runtime.passwords import PASSWORD_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN, csrf_token

router = APIRouter(tags=["me"])

Password = Annotated[SecretStr, Field(min_length=1, max_length=PASSWORD_CHARACTERS_MAX)]


class Deputy(BaseModel):
    """A post in which the caller may act for another today."""

    post: str
    on_behalf_of: str = Field(description="The person whose deputy the caller is.")


class Place(BaseModel):
    """As what the caller stands in one zone today."""

    zone: str = Field(examples=["xinghe"])
    standings: list[Standing] = Field(description="As what the caller comes here.")
    posts: list[str] = Field(description="The posts held today: one of them acts.")
    deputy_in: list[Deputy] = Field(
        description="Where the caller stands in for another: what the other sees and is told, the "
        "caller sees too. A command then names `post` and `on_behalf_of`."
    )
    acts: list[Act] = Field(description="What the caller may ask here; how far it reaches differs.")


class Me(BaseModel):
    """Who the caller is."""

    id: str = Field(description="Stable; says how the caller was known.", examples=["user:wang"])
    name: str
    person: str | None = Field(description="The person's code in handbooks.")
    enterprise: str | None = Field(description="The enterprise that a representative speaks for.")
    acting: list[Acting] = Field(description="For whom a service may speak beside itself.")
    places: list[Place] = Field(description="Every zone that the caller was let into.")
    csrf_token: str | None = Field(
        default=None,
        description="Only in a session: what every request but GET carries as X-CSRF-Token.",
    )


class NewPassword(BaseModel):
    """A change of one's own password."""

    current: Password
    password: Password = Field(
        description=f"At least {PASSWORD_CHARACTERS_MIN} characters; there are no other rules but "
        "that it is not trivial."
    )


@router.get("/me", summary="Who I am, and what I may do where")
async def read_me(house: TheHouse, caller: Caller, request: Request) -> Me:
    """Return the caller as the face knows them: also for nobody, who is `public`."""
    session = session_of(request)
    return Me(
        id=caller.id,
        name=caller.name,
        person=caller.person,
        enterprise=caller.enterprise,
        acting=list(caller.acting),
        places=await _places(house.desk, caller),
        csrf_token=None if session is None else csrf_token(session.id),
    )


@router.put(
    "/me/password",
    status_code=204,
    summary="Change my password",
    responses=PROBLEMS(403, 409, 422, 429),
)
async def change_my_password(
    house: TheHouse, caller: Caller, body: NewPassword, request: Request
) -> Response:
    """Change the caller's password, who shows the current one. All their sessions end, this one
    too."""
    await _require_password(house, caller, body.current, request)
    await change_password(house.desk, caller.id.removeprefix(USER), caller, body.password)
    response = Response(status_code=204)
    take_back(response)
    return response


async def _require_password(
    house: House, caller: Principal, current: SecretStr, request: Request
) -> None:
    if not caller.id.startswith(USER):
        raise NotPermittedError("Only a user of this house has a password here.", field="caller")
    attempts, name = attempts_of(request), caller.id.removeprefix(USER)
    attempts.begin(request, name)
    sign_ins = sign_ins_of(request, house)
    if await sign_ins.by_password(name, current.get_secret_value()) is None:
        raise NotPermittedError("This is not the current password.", field="current")
    attempts.succeeded(request, name)


async def _places(desk: Desk, caller: Principal) -> list[Place]:
    zones = await desk.shelf.in_force(desk.clock.now())
    return [_place(desk, terms, caller) for terms in zones if caller.is_in(terms.handbook.zone)]


def _place(desk: Desk, terms: Terms, caller: Principal) -> Place:
    handbook, day = terms.handbook, today_in(desk, terms)
    return Place(
        zone=handbook.zone,
        standings=sorted(standings_in(caller, handbook, day)),
        posts=[each.id for each in posts_held(caller, handbook, day)],
        deputy_in=[
            Deputy(post=each.post, on_behalf_of=each.principal)
            for each in delegations_to(caller, handbook, day)
        ],
        acts=[act for act in Act if not horizon(caller, act, handbook, day).is_empty],
    )
