"""Refusals as HTTP tells them: RFC 9457 problem details, from one table."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, cast

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException

from audit.evidence import EvidenceError
from desk.attachments.problems import AttachmentGoneError, UnknownAttachmentError
from desk.principals import UnknownPrincipalError
from desk.subscribed import UnknownSubscriptionError
from desk.travelling import NotReachedError
from domain import errors
from domain.calendar import CalendarError
from domain.errors import IssueError, from_validation
from face.elsewhere import refusal_told
from face.refused import keep_refusal
from face.translated import in_language
from face.words import Language, language_of, said
from handbooks.shelf import HandbookError
from ledger.port import LedgerError, LedgerUnavailableError, StreamConflictError
from runtime.attachments.scanning import ScanFailedError
from runtime.attachments.store import StoreError
from runtime.errors import StackError

log = structlog.get_logger()

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:closeout:problem:"
"""Problem types are names, not addresses: they are the same wherever Closeout runs."""

RETRY_AFTER_S: Final = 2
SECRET_FIELDS: Final = frozenset({"password", "current"})
"""No problem repeats what these hold."""


class UnauthenticatedError(Exception):
    """Who calls cannot be told: nothing was shown, or what was shown is not good."""


class TooManyRequestsError(Exception):
    """One caller asks too much at once. `retry_after_s`: when the next request is let in."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"too many requests; again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class Problem(BaseModel):
    """RFC 9457 problem details. `code` is the last part of `type`, stable and machine-readable."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:closeout:problem:conflict",
                    "title": "The issue has moved on, or the command id stands for another.",
                    "status": 409,
                    "code": "conflict",
                    "detail": "The issue has moved on. [expected_version = '3']",
                    "field": "expected_version",
                    "value": "3",
                    "current": {"version": "4"},
                }
            ]
        }
    )

    type: str = Field(description="What kind of problem this is: a stable name.")
    title: str = Field(description="The kind of problem in words, in the caller's language.")
    status: int
    code: str
    detail: str | None = Field(default=None, description="What is wrong with this request.")
    instance: str | None = Field(default=None, description="The path that was asked.")
    field: str | None = Field(default=None, description="Which field is wrong.")
    value: str | None = Field(default=None, description="What it was, shortened.")
    allowed: str | None = Field(default=None, description="What would have been accepted.")
    current: dict[str, str] | None = Field(
        default=None, description="How the issue stands now, where it has moved on."
    )


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: its code and the status it is told with."""

    code: str
    status: int


KINDS: Mapping[type[Exception], Kind] = {
    UnauthenticatedError: Kind("unauthenticated", 401),
    TooManyRequestsError: Kind("too_many_requests", 429),
    errors.NotPermittedError: Kind("not_permitted", 403),
    errors.UnknownIssueError: Kind("unknown_issue", 404),
    errors.UnknownOrderError: Kind("unknown_order", 404),
    errors.UnknownMatterError: Kind("unknown_matter", 404),
    errors.UnknownProcedureError: Kind("unknown_procedure", 422),
    errors.TooManyMattersError: Kind("too_many_matters", 422),
    errors.UnknownZoneError: Kind("unknown_zone", 404),
    UnknownAttachmentError: Kind("unknown_attachment", 404),
    AttachmentGoneError: Kind("gone", 410),
    UnknownPrincipalError: Kind("unknown_principal", 404),
    UnknownSubscriptionError: Kind("unknown_subscription", 404),
    errors.ConflictError: Kind("conflict", 409),
    errors.IssueClosedError: Kind("issue_closed", 409),
    errors.WrongPhaseError: Kind("wrong_phase", 409),
    errors.InvalidRequestError: Kind("invalid", 422),
    errors.UnknownCategoryError: Kind("unknown_category", 422),
    IssueError: Kind("refused", 422),
    HandbookError: Kind("invalid_handbook", 422),
    CalendarError: Kind("invalid_calendar", 422),
    EvidenceError: Kind("no_evidence_yet", 409),
    NotReachedError: Kind("not_reached", 412),
    StreamConflictError: Kind("busy", 503),
    LedgerUnavailableError: Kind("ledger_unavailable", 503),
    LedgerError: Kind("ledger_failed", 500),
    StoreError: Kind("unavailable", 503),
    ScanFailedError: Kind("not_scanned", 503),
    StackError: Kind("not_set_up", 503),
}
"""Every error that a request can end with, its stable code and its status: the one table."""

STATUSES: Mapping[int, Kind] = {
    400: Kind("malformed", 400),
    401: Kind("unauthenticated", 401),
    403: Kind("not_permitted", 403),
    404: Kind("not_found", 404),
    405: Kind("method_not_allowed", 405),
    406: Kind("not_acceptable", 406),
    408: Kind("too_slow", 408),
    409: Kind("conflict", 409),
    411: Kind("length_required", 411),
    412: Kind("not_reached", 412),
    413: Kind("too_large", 413),
    414: Kind("address_too_long", 414),
    415: Kind("unsupported_media_type", 415),
    422: Kind("invalid", 422),
    428: Kind("precondition_required", 428),
    429: Kind("too_many_requests", 429),
    431: Kind("headers_too_large", 431),
    500: Kind("failed", 500),
    503: Kind("unavailable", 503),
}
"""The same for what is refused by its status alone."""


def kind_of(error: Exception) -> Kind:
    """Return the kind of an error: of its own class, or of the nearest above."""
    for above in type(error).__mro__:
        if above in KINDS:
            return KINDS[above]
    return STATUSES[500]


def problem(kind: Kind, language: Language, path: str | None, **said_of: object) -> JSONResponse:
    """Return the answer that tells of a problem. A `detail` is told in the language where it has a
    text in it; `Content-Language` is the title's."""
    detail = said_of.get("detail")
    if isinstance(detail, str):
        said_of["detail"] = in_language(detail, language)
    status = said_of.pop("status", kind.status)
    headers = said_of.pop("headers", None)
    body = Problem(
        type=TYPE_PREFIX + kind.code,
        title=said(f"problem.{kind.code}", language),
        status=status,
        code=kind.code,
        instance=path,
        **said_of,
    )
    answer = JSONResponse(
        body.model_dump(mode="json", exclude_none=True),
        status_code=int(body.status),
        headers=headers if isinstance(headers, dict) else None,
        media_type=MEDIA_TYPE,
    )
    answer.headers["Content-Language"] = language
    answer.headers["Cache-Control"] = "no-store"
    return answer


def answer_to(error: Exception, request: Request) -> JSONResponse:
    """Return the problem that an error is told as."""
    kind, language, path = kind_of(error), language_of(request), request.url.path
    if isinstance(error, IssueError):
        error = refusal_told(error, getattr(request.state, "principal", None))
        told = error.details()
        return problem(
            kind,
            language,
            path,
            detail=told["message"],
            field=told.get("field"),
            value=told.get("value"),
            allowed=told.get("allowed"),
            current=error.current,
        )
    if isinstance(error, TooManyRequestsError):
        again = {"Retry-After": str(error.retry_after_s)}
        return problem(kind, language, path, headers=again, detail=str(error))
    if isinstance(error, UnauthenticatedError):
        how = {"WWW-Authenticate": 'Bearer realm="closeout"'}
        return problem(kind, language, path, headers=how, detail=str(error) or None)
    if kind.status == HTTPStatus.SERVICE_UNAVAILABLE:
        log.warning("request_unavailable", path=path, error=repr(error)[:300])
        again = {"Retry-After": str(RETRY_AFTER_S)}
        return problem(kind, language, path, headers=again)
    if kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request_failed", path=path, error=repr(error)[:300])
        return problem(kind, language, path)
    return problem(kind, language, path, detail=str(error))


def answer_to_status(status: int, request: Request, detail: str | None = None) -> JSONResponse:
    """Return the problem that a bare status is told as."""
    kind = STATUSES.get(status, Kind("refused", status))
    return problem(kind, language_of(request), request.url.path, detail=detail)


def install(app: FastAPI) -> None:
    """Have every error of the application told as a problem."""

    async def refused(request: Request, error: Exception) -> JSONResponse:
        await keep_refusal(request, error)
        return answer_to(error, request)

    async def unread(request: Request, error: Exception) -> JSONResponse:
        return misread(cast("RequestValidationError", error), request)

    async def plain(request: Request, error: Exception) -> JSONResponse:
        error = cast("HTTPException", error)
        answer = answer_to_status(error.status_code, request, str(error.detail))
        answer.headers.update(error.headers or {})
        return answer

    for kind in KINDS:
        app.add_exception_handler(kind, refused)
    app.add_exception_handler(RequestValidationError, unread)
    app.add_exception_handler(HTTPException, plain)
    app.add_exception_handler(Exception, refused)


def misread(error: RequestValidationError, request: Request) -> JSONResponse:
    """Tell the first thing that is wrong with a request, never repeating a personal text."""
    found = error.errors()
    if found and found[0]["type"] == "json_invalid":
        return answer_to_status(400, request, "The body is not JSON.")
    first = found[0]
    place = [str(part) for part in first["loc"]]
    refusal = from_validation(_as_validation(error))
    return problem(
        STATUSES[422],
        language_of(request),
        request.url.path,
        detail=refusal.message,
        field=".".join(place[1:]) or place[0],
        value=None if _is_secret(place, first.get("input")) else refusal.value,
        allowed=refusal.allowed,
    )


def _is_secret(place: list[str], given: object) -> bool:
    """Return whether what was given may be, or hold, what nobody else is to read."""
    return isinstance(given, list) or not SECRET_FIELDS.isdisjoint(place)


def _as_validation(error: RequestValidationError) -> ValidationError:
    from pydantic_core import InitErrorDetails, PydanticCustomError

    first = error.errors()[0]
    message = str(first["msg"]).replace("{", "(").replace("}", ")")
    details = InitErrorDetails(
        type=PydanticCustomError("value_error", message),
        loc=tuple(first["loc"][1:]),
        input=first.get("input"),
    )
    return ValidationError.from_exception_data("request", [details])
