"""Routes of pages: what goes wrong in one is told as a page, in words, with what is allowed."""

import json
from collections.abc import Callable, Coroutine
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse

from console import templating
from console.page import NEXT_CHARACTERS_MAX, PREFIX
from console.statics import static_address
from console.texts import has, said
from console.visit import HEADERS, HTMX, THEME_COOKIE, THEMES
from face.problems import KINDS, UnauthenticatedError, answer_to, answer_to_status, misread
from face.refused import keep_refusal
from face.translated import aside_in
from face.words import language_of

SIGN_IN: Final = f"{PREFIX}/sign-in"

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(APIRoute):
    """A route whose errors are pages."""

    def get_route_handler(self) -> Handler:
        """Return what answers a request."""
        inner = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await inner(request)
            except UnauthenticatedError as error:
                return _to_sign_in(request) or _told(request, answer_to(error, request))
            except tuple(KINDS) as error:
                await keep_refusal(request, error)
                return _told(request, answer_to(error, request))
            except RequestValidationError as error:
                return _told(request, misread(error, request))
            except HTTPException as error:
                return _told(
                    request, answer_to_status(error.status_code, request, str(error.detail))
                )

        return answered


def page_router() -> APIRouter:
    """Return a router of pages: they are in no document of the interface for programs."""
    return APIRouter(
        route_class=PageRoute, include_in_schema=False, default_response_class=HTMLResponse
    )


def _to_sign_in(request: Request) -> Response | None:
    """Send whoever is not signed in to where they can be; they come back to where they were."""
    if request.url.path == SIGN_IN:
        return None
    is_part = request.headers.get(HTMX) == "true"
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    is_long = len(quote(wanted, safe="")) > NEXT_CHARACTERS_MAX
    if request.method not in ("GET", "HEAD") or is_part or is_long:
        wanted = PREFIX
    address = f"{SIGN_IN}?next={quote(wanted, safe='')}"
    if is_part:
        return Response(status_code=401, headers={"HX-Redirect": address})
    return RedirectResponse(address, status_code=303)


def _told(request: Request, problem: Response) -> Response:
    """Return a problem as a page, or for htmx as a notice in the page that is there."""
    language = language_of(request)
    told: dict[str, Any] = json.loads(bytes(problem.body))
    body = dict.fromkeys(("detail", "field", "value", "allowed", "current")) | told
    code = body["code"]
    theme = request.cookies.get(THEME_COOKIE, "")
    context: dict[str, Any] = {
        "problem": body,
        "aside": lambda text: aside_in(text, language),
        "advice": said(f"advice.{code}", language) if has(f"advice.{code}") else None,
        "t": lambda name, **values: said(name, language, **values),
        "language": language,
        "theme": theme if theme in THEMES else THEMES[0],
        "static": static_address,
        "prefix": PREFIX,
        "here": request.url.path,
        "signed_in": False,
        "csrf": "",
        "menu": [],
        "zone": None,
        "page": None,
    }
    is_part = request.headers.get(HTMX) == "true"
    text = templating.rendered("problem.html", context, block="notice" if is_part else None)
    answer = HTMLResponse(text, status_code=problem.status_code, headers=HEADERS)
    answer.headers["Content-Language"] = language
    if "Retry-After" in problem.headers:
        answer.headers["Retry-After"] = problem.headers["Retry-After"]
    if is_part:
        answer.headers["HX-Retarget"] = "#notices"
        answer.headers["HX-Reswap"] = "innerHTML"
    return answer
