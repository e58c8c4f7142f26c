"""Signing in and out, and the language and look that a browser is shown."""

from typing import Annotated, Final

from fastapi import Form, Query, Response
from pydantic import Field

from console.page import NEXT_CHARACTERS_MAX, PREFIX
from console.routing import page_router
from console.visit import THEME_COOKIE, THEMES, AnyVisit, Visit
from desk.principals import UserName
from domain.access import PUBLIC
from domain.errors import InvalidRequestError
from face.identity import FaceIdentity
from face.problems import UnauthenticatedError
from face.sessions import hand_over, require_own_origin, take_back
from face.signing_in import signed_in, signed_out
from face.words import LANGUAGE_COOKIE, Language
from runtime.passwords import PASSWORD_CHARACTERS_MAX

router = page_router()

YEAR_S: Final = 365 * 24 * 3600
UNAUTHORIZED: Final = 401

Next = Annotated[str, Field(max_length=NEXT_CHARACTERS_MAX)]


@router.get("/sign-in")
async def ask(visit: AnyVisit, wanted: Annotated[Next, Query(alias="next")] = PREFIX) -> Response:
    """Show the form; who is signed in already goes on."""
    if visit.caller.id != PUBLIC.id:
        return visit.elsewhere(within(wanted))
    return visit.show("pages/sign_in.html", _form(visit, wanted, failed=False))


@router.post("/sign-in")
async def take(
    visit: AnyVisit,
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=PASSWORD_CHARACTERS_MAX)],
    wanted: Annotated[Next, Form(alias="next")] = PREFIX,
) -> Response:
    """Open a session. What is wrong of name and password is not said."""
    try:
        session = await signed_in(visit.request, visit.house, _user(name), password)
    except UnauthenticatedError:
        data = _form(visit, wanted, failed=True, name=name)
        return visit.show("pages/sign_in.html", data, status=UNAUTHORIZED)
    answer = visit.elsewhere(within(wanted))
    hand_over(answer, session)
    return answer


@router.post("/sign-out")
async def leave(visit: AnyVisit) -> Response:
    """End the session. A browser sends no cookie along with another site's form, and would take
    ours back all the same: the answer forgets it."""
    require_own_origin(visit.request)
    await signed_out(visit.request, visit.house)
    answer = visit.elsewhere(f"{PREFIX}/sign-in")
    take_back(answer)
    return answer


@router.post("/language")
async def speak(
    visit: AnyVisit,
    language: Annotated[Language, Form()],
    back: Annotated[Next, Form()] = PREFIX,
) -> Response:
    """Keep the language in this browser."""
    require_own_origin(visit.request)
    answer = visit.elsewhere(within(back))
    answer.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR_S, path="/", samesite="lax")
    return answer


@router.post("/theme")
async def look(
    visit: AnyVisit,
    theme: Annotated[str, Form(max_length=10)],
    back: Annotated[Next, Form()] = PREFIX,
) -> Response:
    """Keep the look in this browser."""
    require_own_origin(visit.request)
    if theme not in THEMES:
        raise InvalidRequestError(
            "There is no such look.", field="theme", value=theme, allowed=THEMES
        )
    answer = visit.elsewhere(within(back))
    answer.set_cookie(THEME_COOKIE, theme, max_age=YEAR_S, path="/", samesite="lax")
    return answer


def within(address: str) -> str:
    """Return an address of the console; anything else is the console's own first page: nobody is
    sent to another site by a link."""
    is_ours = address == PREFIX or address.startswith((f"{PREFIX}/", f"{PREFIX}?"))
    is_plain = address.isprintable() and "\\" not in address and "//" not in address
    return address if is_ours and is_plain else PREFIX


def _form(visit: Visit, wanted: str, *, failed: bool, name: str = "") -> dict[str, object]:
    identity = visit.house.identity
    has_provider = isinstance(identity, FaceIdentity) and identity.provider is not None
    return {
        "next": within(wanted),
        "failed": failed,
        "name_given": name,
        "provider": has_provider,
    }


def _user(name: str) -> UserName:
    """Return the name as it was written, without what is around it."""
    return name.strip()
