"""Signing in and out: sessions of users of this house."""

from datetime import datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, SecretStr

from api.dependencies import Caller, TheHouse
from api.describing import PROBLEMS
from api.house import House
from api.identity import FaceIdentity
from api.problems import UnauthenticatedError
from api.rates import network_of, rates_of
from api.sessions import (
    COOKIE,
    Attempts,
    hand_over,
    require_own_origin,
    session_of,
    sign_ins_for,
    take_back,
)
from desk.principals import UserName
from desk.sign_ins import SignIns
from domain.access import PUBLIC
from runtime.passwords import PASSWORD_CHARACTERS_MAX, csrf_token

log = structlog.get_logger()

router = APIRouter(prefix="/sessions", tags=["sessions"])


class SigningIn(BaseModel):
    """A user's name and password."""

    name: Annotated[UserName, Field(examples=["operator"])]
    password: Annotated[SecretStr, Field(min_length=1, max_length=PASSWORD_CHARACTERS_MAX)]


class Session(BaseModel):
    """A session that was opened. Its id is in the cookie alone."""

    user: str = Field(examples=["user:operator"])
    csrf_token: str = Field(
        description="Every request of the session but GET carries it as X-CSRF-Token, or as the "
        "field csrf_token of a form. GET /v1/me tells it again."
    )
    ends_at: datetime = Field(description="When it ends at the latest; unused, it ends before.")


@router.post(
    "",
    status_code=201,
    summary="Sign in",
    responses=PROBLEMS(401, 403, 422, 429),
)
async def sign_in(
    house: TheHouse, body: SigningIn, request: Request, response: Response
) -> Session:
    """Open a session, which the cookie `__Host-closeout` carries. Tries are limited for each name
    and each address. Programs need no session: they send a key or a token."""
    rates = rates_of(request)
    if rates is not None:
        rates.let_in(request, PUBLIC)
    require_own_origin(request)
    attempts, sign_ins = attempts_of(request), sign_ins_of(request, house)
    attempts.begin(request, body.name)
    known = await sign_ins.by_password(body.name, body.password.get_secret_value())
    if known is None:
        log.warning("sign_in_refused", address=network_of(request))
        raise UnauthenticatedError("There is no such user, or this is not their password.")
    attempts.succeeded(request, body.name)
    before = await sign_ins.by_session(request.cookies.get(COOKIE, ""))
    if before is not None:
        await sign_ins.ended(before)
    session = await sign_ins.opened(known)
    log.info("signed_in", principal=session.principal.id)
    hand_over(response, session)
    return Session(
        user=session.principal.id,
        csrf_token=csrf_token(session.id),
        ends_at=session.row.ends_at,
    )


@router.delete("/current", status_code=204, summary="Sign out", responses=PROBLEMS(403))
async def sign_out(house: TheHouse, caller: Caller, request: Request) -> Response:
    """End the session of this request. Without one, nothing happens."""
    session = session_of(request)
    if session is not None:
        await sign_ins_of(request, house).ended(session)
    response = Response(status_code=204)
    take_back(response)
    return response


def sign_ins_of(request: Request, house: House) -> SignIns:
    """Return what knows users and keys again: the identity's own, or one of this application."""
    if isinstance(house.identity, FaceIdentity):
        return house.identity.sign_ins
    state = request.app.state
    if not hasattr(state, "sign_ins"):
        state.sign_ins = sign_ins_for(house.desk, house.settings)
    found: SignIns = state.sign_ins
    return found


def attempts_of(request: Request) -> Attempts:
    """Return the tries at passwords that this application counts."""
    state = request.app.state
    if not hasattr(state, "attempts"):
        state.attempts = Attempts()
    found: Attempts = state.attempts
    return found
