"""Signing in at the provider of identities that the settings name."""

from typing import Annotated, Final

from fastapi import Query, Response
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from console.page import PREFIX
from console.pages.sign_in import Next, within
from console.routing import page_router
from console.visit import AnyVisit, Visit
from face.identity import FaceIdentity
from face.problems import UnauthenticatedError
from face.provider import AWAY_S_MAX, CODE_CHARACTERS_MAX, COOKIE, Provider
from face.sessions import hand_over
from face.signing_in import let_in

router = page_router()

STATE_CHARACTERS_MAX: Final = 200
ISSUER_CHARACTERS_MAX: Final = 1000
ERROR_CHARACTERS_MAX: Final = 1000

Told = Annotated[str | None, Query(max_length=ERROR_CHARACTERS_MAX)]


@router.get("/sign-in/provider")
async def go(visit: AnyVisit, wanted: Annotated[Next, Query(alias="next")] = PREFIX) -> Response:
    """Send the browser to the provider."""
    departure = await _provider(visit).departure(within(wanted))
    answer = RedirectResponse(departure.address, status_code=303)
    answer.set_cookie(
        COOKIE,
        departure.cookie,
        max_age=AWAY_S_MAX,
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )
    return answer


@router.get("/sign-in/back")
async def come_back(
    visit: AnyVisit,
    code: Annotated[str, Query(max_length=CODE_CHARACTERS_MAX)] = "",
    state: Annotated[str, Query(max_length=STATE_CHARACTERS_MAX)] = "",
    iss: Annotated[str | None, Query(max_length=ISSUER_CHARACTERS_MAX)] = None,
    error: Told = None,
    error_description: Told = None,
    error_uri: Told = None,
    session_state: Told = None,
    scope: Told = None,
) -> Response:
    """Open a session for whom the provider has made known, and go on to where they wanted to."""
    del error_description, error_uri, session_state, scope  # providers say them; they mean nothing
    cookie = visit.request.cookies.get(COOKIE, "")
    try:
        principal, wanted = await _provider(visit).arrival(
            cookie, code="" if error else code, state=state, issuer=iss
        )
    except UnauthenticatedError:
        data = {"next": PREFIX, "failed": True, "name_given": "", "provider": True}
        return visit.show("pages/sign_in.html", data, status=401)
    session = await let_in(visit.request, visit.house, principal)
    answer = RedirectResponse(within(wanted), status_code=303)
    hand_over(answer, session)
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return answer


def _provider(visit: Visit) -> Provider:
    identity = visit.house.identity
    found = identity.provider if isinstance(identity, FaceIdentity) else None
    if found is None:
        raise HTTPException(404, "Nobody signs in at a provider here.")
    return found
