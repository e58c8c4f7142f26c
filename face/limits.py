"""What a request may be: judged at the door, before any route hears of it. Plain ASGI, so that a
body is counted as it comes."""

import asyncio
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.model import NOT_ONE_LINE, NOT_TEXT
from face.addresses import Address, Addresses
from face.bodies import (
    FORM,
    JSON,
    BodyRefusedError,
    Family,
    family_of,
    judge_form,
    judge_json,
    judge_text,
    judge_type,
)
from face.large import LargeBodies, NoRoomError, Place, read_body
from face.problems import STATUSES, problem
from face.words import language_of

ADDRESS_CHARACTERS_MAX: Final = 4096
HEADERS_MAX: Final = 64
HEADER_BYTES_MAX: Final = 16 * 1024
BODY_S_MAX: Final = 10.0
REQUEST_S_MAX: Final = 30.0
SENDING_S_MAX: Final = 120.0
"""For an answer of a known length, once it has begun; a stream has none and takes what it takes."""

RETRY_AFTER_S: Final = 5
OPEN311: Final = "/open311/"
"""Its clients add parameters of their own: what is not known there is passed over."""


class RequestRefusedError(Exception):
    """A request is refused for its form."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        field: str | None = None,
        allowed: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.field = field
        self.allowed = allowed
        self.headers = dict(headers or {})


class Door:
    """Lets in what is well formed, within bounds and in time; tells a problem otherwise."""

    def __init__(
        self,
        app: ASGIApp,
        addresses: Addresses,
        *,
        body_s_max: float = BODY_S_MAX,
        request_s_max: float = REQUEST_S_MAX,
    ) -> None:
        self._app = app
        self._addresses = addresses
        self._body_s_max = body_s_max
        self._request_s_max = request_s_max
        self._large = LargeBodies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        try:
            judge_address(scope)
            judge_headers(scope)
            address = self._judge_method(method, path)
            judge_parameters(scope, address)
        except RequestRefusedError as refused:
            await _tell(refused, scope, receive, send)
            return
        if method == "OPTIONS" and address is None:
            await _options(self._app, self._addresses.methods(path), scope, receive, send)
            return
        place = Place(self._large, scope)
        try:
            await self._take(scope, receive, send, place)
        finally:
            place.leave()

    async def _take(self, scope: Scope, receive: Receive, send: Send, place: Place) -> None:
        try:
            read = await self._body(scope, receive, place)
        except RequestRefusedError as refused:
            await _tell(refused, scope, receive, send)
            return
        if read is not None:
            await self._pass_on(scope, read, send)

    def _judge_method(self, method: str, path: str) -> Address | None:
        address = self._addresses.find(method, path)
        taken = self._addresses.methods(path)
        if address is None and taken and method != "OPTIONS":
            raise RequestRefusedError(
                405,
                f"{method[:20]} is not taken here.",
                allowed=", ".join(taken),
                headers={"Allow": ", ".join(taken)},
            )
        return address

    async def _body(self, scope: Scope, receive: Receive, place: Place) -> Receive | None:
        """Return what a route reads the body from; None when the client has left."""
        headers = Headers(scope=scope)
        family = family_of(scope["path"])
        judge_length(headers, family)
        has_body = _announces_body(headers)
        if not has_body:
            return receive
        try:
            kind = judge_type(family, headers.get("content-type"), headers.get("content-encoding"))
            async with asyncio.timeout(self._body_s_max):
                body = await read_body(receive, family.bytes_max, place)
            if body is None:
                return None
            if kind == JSON and body:
                judge_json(body)
            elif kind == FORM:
                judge_form(family, body)
            elif kind.startswith("application/toml"):
                judge_text(body)
        except BodyRefusedError as refused:
            raise RequestRefusedError(
                refused.status, refused.detail, field="body", allowed=refused.limit
            ) from refused
        except NoRoomError as error:
            again = {"Retry-After": str(RETRY_AFTER_S)}
            raise RequestRefusedError(503, str(error), headers=again) from error
        except TimeoutError as error:
            raise RequestRefusedError(
                408, f"The body did not come within {self._body_s_max:g} s.", field="body"
            ) from error
        return _replaying(body, receive)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False
        try:
            async with asyncio.timeout(self._request_s_max) as limit:

                async def sending(message: Message) -> None:
                    nonlocal begun
                    if message["type"] == "http.response.start":
                        begun = True
                        has_length = any(n == b"content-length" for n, _ in message["headers"])
                        now = asyncio.get_running_loop().time()
                        limit.reschedule(now + SENDING_S_MAX if has_length else None)
                    await send(message)

                await _answered(self._app, scope, receive, sending)
        except TimeoutError:
            if begun or not limit.expired():
                raise
            late = RequestRefusedError(
                503,
                f"No answer within {self._request_s_max:g} s.",
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
            await _tell(late, scope, receive, send)


def judge_address(scope: Scope) -> None:
    """Refuse an address that is too long, not UTF-8, or has controls in it."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope.get("query_string", b"")
    if len(raw) + len(query) > ADDRESS_CHARACTERS_MAX:
        raise RequestRefusedError(
            414,
            "The address is too long.",
            allowed=f"at most {ADDRESS_CHARACTERS_MAX} characters",
        )
    for field, part in (("path", raw), ("query", query.replace(b"+", b" "))):
        try:
            text = unquote_to_bytes(part).decode("utf-8")
        except UnicodeDecodeError as error:
            raise RequestRefusedError(400, "The address is not UTF-8.", field=field) from error
        if NOT_TEXT.search(text) or NOT_ONE_LINE.search(text):
            raise RequestRefusedError(
                400, "The address has a character in it that is not text.", field=field
            )


def judge_headers(scope: Scope) -> None:
    """Refuse headers that are too many, too large, or that must be given once and are not."""
    headers = scope["headers"]
    if len(headers) > HEADERS_MAX:
        raise RequestRefusedError(431, "Too many headers.", allowed=f"at most {HEADERS_MAX}")
    if sum(len(name) + len(value) for name, value in headers) > HEADER_BYTES_MAX:
        raise RequestRefusedError(
            431, "The headers are too large.", allowed=f"at most {HEADER_BYTES_MAX} bytes"
        )
    seen: set[bytes] = set()
    for name, _ in headers:
        if name in seen and name in ONCE:
            told = name.decode("latin-1")
            raise RequestRefusedError(400, f"The header {told} is given twice.", field=told)
        seen.add(name)
    if b"transfer-encoding" in seen and (
        b"content-length" in seen or scope.get("http_version") == "1.0"
    ):
        # A proxy before us may have cut it elsewhere: what follows may be another sender's.
        raise RequestRefusedError(
            400, "It is left open where the body ends.", field="transfer-encoding"
        )


ONCE: Final = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"idempotency-key",
        b"if-match",
        b"last-event-id",
        b"range",
        b"upload-offset",
        b"x-csrf-token",
    }
)
"""Headers of which two would leave it open which one counts."""


def judge_parameters(scope: Scope, address: Address | None) -> None:
    """Refuse a query parameter that the route does not know, or that it wants once and got twice:
    a misspelt filter must not answer for everything."""
    if address is None or address.parameters is None:
        return
    seen: set[str] = set()
    query: bytes = scope.get("query_string", b"")
    for pair in filter(None, query.split(b"&")):
        name = unquote_to_bytes(pair.partition(b"=")[0].replace(b"+", b" ")).decode("utf-8")
        several = address.parameters.get(name)
        if several is None:
            if scope["path"].startswith(OPEN311):
                continue
            raise RequestRefusedError(
                422,
                "There is no such parameter here.",
                field=name[:80],
                allowed=", ".join(sorted(address.parameters)) or "none",
            )
        if name in seen and not several:
            raise RequestRefusedError(422, "The parameter is given twice.", field=name[:80])
        seen.add(name)


def judge_length(headers: Headers, family: Family) -> None:
    """Refuse a body by the length it announces."""
    stated = headers.get("content-length")
    if stated is None:
        return
    if not (stated.isascii() and stated.isdigit()):
        raise RequestRefusedError(400, "Content-Length is no number.", field="content-length")
    if len(stated) > len(str(family.bytes_max)) or int(stated) > family.bytes_max:
        raise RequestRefusedError(
            413,
            "The body is too large.",
            field="body",
            allowed=f"at most {family.bytes_max} bytes",
        )


def _announces_body(headers: Headers) -> bool:
    if headers.get("transfer-encoding") is not None:
        return True
    return headers.get("content-length", "0").strip("0") != ""


def _replaying(body: bytes, receive: Receive) -> Receive:
    told = False

    async def replay() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _tell(refused: RequestRefusedError, scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    answer = problem(
        STATUSES[refused.status],
        language_of(request),
        _shown(scope),
        detail=refused.detail,
        field=refused.field,
        allowed=refused.allowed,
        headers={**refused.headers, **_closing(request)},
    )
    await answer(scope, receive, _without_body(send) if scope["method"] == "HEAD" else send)


def _closing(request: Request) -> dict[str, str]:
    """A body that was not read through is not waited for: the connection ends with the answer."""
    return {"Connection": "close"} if _announces_body(request.headers) else {}


def _shown(scope: Scope) -> str:
    path: str = scope["path"]
    return NOT_ONE_LINE.sub("�", NOT_TEXT.sub("�", path))[:200]


async def _options(
    app: ASGIApp, taken: tuple[str, ...], scope: Scope, receive: Receive, send: Send
) -> None:
    """Say which methods are taken, unless something inside answers by itself, as it does to a page
    of another origin that asks before it sends."""
    is_ours = False

    async def sending(message: Message) -> None:
        nonlocal is_ours
        if message["type"] == "http.response.start":
            is_ours = bool(taken) and message["status"] in (404, 405)
            if is_ours:
                allow = [(b"allow", ", ".join(taken).encode())]
                message = {"type": "http.response.start", "status": 204, "headers": allow}
        elif is_ours:
            message = {**message, "body": b""}
        await send(message)

    await app(scope, receive, sending)


def _without_body(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return sending


async def _answered(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Have the application answer; HEAD as GET, but no body is sent and no stream waited for."""
    if scope["method"] != "HEAD":
        await app(scope, receive, send)
        return
    done = asyncio.Event()

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            done.set()

    asked = asyncio.ensure_future(_as_get(app, scope, receive, sending))
    headed = asyncio.ensure_future(done.wait())
    try:
        await asyncio.wait((asked, headed), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (asked, headed):
            task.cancel()
        came, _ = await asyncio.gather(asked, headed, return_exceptions=True)
    if isinstance(came, Exception) and not done.is_set():
        raise came


async def _as_get(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await app({**scope, "method": "GET"}, receive, send)
