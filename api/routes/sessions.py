"""Signing in and out: sessions of users of this house."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, SecretStr

from api.describing import PROBLEMS
from desk.principals import UserName
from face.dependencies import Caller, TheHouse
from face.sessions import (
    hand_over,
    take_back,
)
from face.signing_in import signed_in, signed_out
from runtime.passwords import PASSWORD_CHARACTERS_MAX, csrf_token

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
    session = await signed_in(request, house, body.name, body.password.get_secret_value())
    hand_over(response, session)
    return Session(
        user=session.principal.id,
        csrf_token=csrf_token(session.id),
        ends_at=session.row.ends_at,
    )


@router.delete("/current", status_code=204, summary="Sign out", responses=PROBLEMS(403))
async def sign_out(house: TheHouse, caller: Caller, request: Request) -> Response:
    """End the session of this request. Without one, nothing happens."""
    await signed_out(request, house)
    response = Response(status_code=204)
    take_back(response)
    return response
