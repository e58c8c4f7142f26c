"""What clients of Open311 send: forms within bounds, and a key as a parameter."""

from collections.abc import AsyncGenerator
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import HTTPConnection, Request

from api.open311.faults import Open311Error
from domain.access import Principal, Standing
from face.bodies import FORM, MULTIPART
from face.house import House
from face.problems import UnauthenticatedError
from face.rates import limited_caller

FORM_BYTES_MAX: Final = 256 * 1024
FIELDS_MAX: Final = 200
API_KEY: Final = "api_key"
API_KEY_CHARACTERS_MAX: Final = 512
AUTHORIZATION: Final = b"authorization"
COOKIE: Final = b"cookie"

Fields = dict[str, list[str]]
"""Every field of a form with its values, none of them empty: what is empty was not sent."""


async def known_caller(request: Request, house: House, key: str | None) -> Principal:
    """Return who calls: whoever the key is of, given as `api_key` or as a bearer. Sessions are for
    people at a console and are not looked at. Raises Open311Error, UnauthenticatedError."""
    principal = await limited_caller(_with_key(request, key), house.identity)
    if principal.standings == (Standing.PUBLIC,):
        raise UnauthenticatedError("no api_key was given")
    request.state.principal = principal
    return principal


def _with_key(request: Request, key: str | None) -> HTTPConnection:
    headers = [each for each in request.scope["headers"] if each[0] != COOKIE]
    if key:
        if len(key) > API_KEY_CHARACTERS_MAX or not (key.isascii() and key.isprintable()):
            raise UnauthenticatedError("this is no key")
        if AUTHORIZATION in (name for name, _ in headers):
            raise Open311Error(400, "Give the key once: as api_key, or as Authorization.")
        headers.append((AUTHORIZATION, f"Bearer {key}".encode()))
    return HTTPConnection({**request.scope, "headers": headers})


async def form_fields(request: Request) -> Fields:
    """Return the fields of a form. Raises Open311Error for what is none, or none of text."""
    bare = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await _body(request)
    if not body:
        return {}
    if bare == FORM:
        return _gathered(_pairs(body))
    if bare == MULTIPART:
        return _gathered(await _parts(request, body))
    raise Open311Error(415, f"A request is sent as {FORM} or {MULTIPART}.")


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES_MAX:
            raise Open311Error(413, f"A form has at most {FORM_BYTES_MAX} bytes.")
    return bytes(body)


def _pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            body.decode("utf-8"),
            encoding="utf-8",
            errors="strict",
            max_num_fields=FIELDS_MAX,
        )
    except UnicodeDecodeError as error:
        raise Open311Error(400, "The form is not UTF-8.") from error
    except ValueError as error:
        raise Open311Error(400, f"A form has at most {FIELDS_MAX} fields.") from error


async def _parts(request: Request, body: bytes) -> list[tuple[str, str]]:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Open311Error(400, "The form is not UTF-8, or has a file: none are taken.") from error

    async def whole() -> AsyncGenerator[bytes, None]:
        yield body

    parser = MultiPartParser(
        request.headers,
        whole(),
        max_files=0,
        max_fields=FIELDS_MAX,
        max_part_size=FORM_BYTES_MAX,
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise Open311Error(400, f"The form cannot be read: {error.message}") from error
    except ValueError as error:  # a boundary that no parser takes
        raise Open311Error(400, "The form cannot be read.") from error
    return [
        (name, value) for name, value in form.multi_items() if not isinstance(value, UploadFile)
    ]


def _gathered(pairs: list[tuple[str, str]]) -> Fields:
    found: Fields = {}
    for name, value in pairs:
        if value.strip():
            found.setdefault(name, []).append(value)
    return found
