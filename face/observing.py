"""Around every request: its name, the headers that keep browsers safe, the line in the log, the
figures. Plain ASGI."""

import json
import re
import secrets
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from face.addresses import Addresses
from face.looking import POSITION
from face.metrics import METHODS, FaceTelemetry
from face.problems import MEDIA_TYPE
from runtime.tracing import parent_in, working

log = structlog.get_logger()

REQUEST_ID: Final = "X-Request-Id"
REQUEST_ID_PATTERN: Final = re.compile(r"^[A-Za-z0-9._-]{1,64}\Z")
EVENT_STREAM: Final = "text/event-stream"
CLIENT_LEFT: Final = 499
"""For the log alone: nobody was there to be answered."""

SAFE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
"""Of every answer, unless its route gives another."""


@dataclass
class _Seen:
    """What has been seen of one request's answer."""

    status: int = CLIENT_LEFT
    is_problem: bool = False
    is_stream: bool = False
    code: str | None = None
    position: str | None = None
    begun: float = field(default_factory=perf_counter)


class Observed:
    """Names a request, marks its answer, and notes both when it is over. Queries, bodies and
    whatever shows who calls are in no line of the log."""

    def __init__(self, app: ASGIApp, addresses: Addresses, telemetry: FaceTelemetry) -> None:
        self._app = app
        self._addresses = addresses
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        name = request_name(Headers(scope=scope).get(REQUEST_ID))
        state["request_id"] = name
        state["route"] = self._addresses.template(scope["path"])
        seen = _Seen()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._mark(message, name, seen)
            elif seen.is_problem and seen.code is None:
                seen.code = _code(message.get("body", b""))
            await send(message)

        self._telemetry.begun()
        with working(
            _called(scope, state),
            kind="server",
            parent=parent_in(Headers(scope=scope)),
            request_id=name,
            route=str(state["route"]),
        ) as work:
            try:
                await self._app(scope, receive, sending)
            finally:
                self._note(scope, state, seen)
                work.tell("http.response.status_code", seen.status)
                if seen.code is not None:
                    work.tell("closeout.code", seen.code)

    def _mark(self, message: Message, name: str, seen: _Seen) -> None:
        message.setdefault("headers", [])
        headers = MutableHeaders(raw=message["headers"])
        headers[REQUEST_ID] = name
        for header, value in SAFE_HEADERS.items():
            headers.setdefault(header, value)
        seen.status = message["status"]
        seen.position = headers.get(POSITION)
        kind = headers.get("content-type", "")
        seen.is_problem = kind.startswith(MEDIA_TYPE)
        if kind.startswith(EVENT_STREAM) and not seen.is_stream:
            seen.is_stream = True
            self._telemetry.stream_opened()

    def _note(self, scope: Scope, state: dict[str, object], seen: _Seen) -> None:
        took = perf_counter() - seen.begun
        route = str(state["route"])
        if seen.is_stream:
            self._telemetry.stream_closed()
        if seen.code is not None:
            self._telemetry.refused(seen.code)
        self._telemetry.ended(scope["method"], route, seen.status, took, stream=seen.is_stream)
        principal = getattr(state.get("principal"), "id", None)
        log.info(
            "request",
            method=scope["method"][:20],
            route=route,
            status=seen.status,
            ms=round(took * 1000, 1),
            principal=principal,
            code=seen.code,
            position=seen.position,
        )


def _called(scope: Scope, state: dict[str, object]) -> str:
    """Return what a request's span is called: its route, never its path."""
    method = scope["method"] if scope["method"] in METHODS else "other"
    return f"{method} {state['route']}"


def request_name(given: str | None) -> str:
    """Return the caller's name for a request, or one made up: what is no name is never logged."""
    if given is not None and REQUEST_ID_PATTERN.match(given):
        return given
    return secrets.token_hex(8)


def _code(body: bytes) -> str | None:
    try:
        told = json.loads(body)
    except ValueError:
        return None
    code = told.get("code") if isinstance(told, dict) else None
    return code if isinstance(code, str) else None
