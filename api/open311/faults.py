"""Refusals as Open311 tells them: a list of code and description, in XML or JSON.

Its specification knows 404 for what is not there, 403 for a key that is missing or wrong, and 400
for the rest; what it has no word for (409, 413, 415, 429, 503) keeps its HTTP status.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from api.open311.forms import Fault, Form
from api.open311.writing import answer
from domain.errors import IssueError
from face.problems import KINDS, RETRY_AFTER_S, TooManyRequestsError, UnauthenticatedError, kind_of
from face.refused import keep_refusal
from face.translated import in_language
from face.words import Language, language_of, said

log = structlog.get_logger()

AS_OPEN311: Final = {401: 403, 406: 404, 422: 400}
UNAVAILABLE: Final = 503
FAILED: Final = 500


class Open311Error(Exception):
    """A request cannot be answered. `faults` say why, one by one."""

    def __init__(self, status: int, *descriptions: str) -> None:
        super().__init__("; ".join(descriptions))
        self.status = status
        self.descriptions = descriptions


TOLD: Final[tuple[type[Exception], ...]] = (
    Open311Error,
    RequestValidationError,
    HTTPException,
    *KINDS,
)


class Open311Route(APIRoute):
    """Answers whatever goes wrong in Open311's own form."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, wrapped."""
        inner = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await inner(request)
            except TOLD as error:
                await keep_refusal(request, error)
                return refused(error, request)

        return handler


def form_of(request: Request) -> Form:
    """Return the form that the address asks for; XML, which every client reads, for any other."""
    return Form.JSON if request.url.path.endswith(".json") else Form.XML


def refused(error: Exception, request: Request) -> Response:
    """Return the answer that tells of an error."""
    status, descriptions = _told(error, request)
    faults = [Fault(code=status, description=each) for each in descriptions]
    told = answer(form_of(request), "errors", faults, status=status)
    if status == UNAVAILABLE:
        told.headers["Retry-After"] = str(RETRY_AFTER_S)
    if isinstance(error, TooManyRequestsError):
        told.headers["Retry-After"] = str(error.retry_after_s)
    told.headers["Content-Language"] = language_of(request)
    return told


def _told(error: Exception, request: Request) -> tuple[int, tuple[str, ...]]:
    language = language_of(request)
    if isinstance(error, Open311Error):
        return error.status, tuple(_description(each, language) for each in error.descriptions)
    if isinstance(error, RequestValidationError):
        return _misread(error, language)
    if isinstance(error, HTTPException):
        return AS_OPEN311.get(error.status_code, error.status_code), (
            in_language(str(error.detail), language),
        )
    kind = kind_of(error)
    status = AS_OPEN311.get(kind.status, kind.status)
    title = said(f"problem.{kind.code}", language)
    if isinstance(error, IssueError):
        place = str(error).removeprefix(error.message)
        return status, (f"{title} {in_language(error.message, language)}{place}",)
    if isinstance(error, TooManyRequestsError):
        return status, (f"{title} {in_language(str(error), language)}",)
    if isinstance(error, UnauthenticatedError):
        return status, (said("open311.key_refused", language),)
    if status >= FAILED:
        log.warning("request_failed", path=request.url.path, error=repr(error)[:300])
    return status, (title,)


def _misread(error: RequestValidationError, language: Language) -> tuple[int, tuple[str, ...]]:
    """Name every field that is wrong, never what was given: it may be personal."""
    places = [tuple(str(part) for part in each["loc"]) for each in error.errors()]
    if ("path", "form") in places:
        return 404, (in_language("This format is not there; xml and json are.", language),)
    if any(place[0] == "path" for place in places):
        return 404, (in_language("There is nothing of this name.", language),)
    return 400, tuple(
        _description(f"{'.'.join(place[1:]) or place[0]}: {each['msg']}.", language)
        for place, each in zip(places, error.errors(), strict=True)
    )


def _description(text: str, language: Language) -> str:
    """Return a description in a language; a field before it stays as the form calls it."""
    told = in_language(text, language)
    field, colon, rest = text.partition(": ")
    return told if told != text or not colon else f"{field}: {in_language(rest, language)}"
