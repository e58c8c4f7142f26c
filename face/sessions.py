"""Sessions of persons: the cookie, the token against forged requests, attempts at passwords."""

from collections import OrderedDict
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request, Response
from starlette.requests import HTTPConnection

from desk.desk import Desk
from desk.sign_ins import OpenSession, SignIns
from domain.errors import NotPermittedError
from face.rates import Buckets, network_of
from runtime.passwords import csrf_token, is_same
from runtime.settings import Settings

COOKIE: Final = "__Host-closeout"
"""Browsers take a cookie of this name only when it is Secure, of one host, and for all paths."""
CSRF_HEADER: Final = "X-CSRF-Token"
CSRF_FIELD: Final = "csrf_token"
FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
FORM_FIELDS_MAX: Final = 200
FORM_FILES_MAX: Final = 20
UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})

TRIES_AT_ONCE: Final = 5
TRIES_PER_MINUTE: Final = 1
"""Of one name from one address. Further tries wait, whatever the password: also the right one."""
TRIES_OF_ADDRESS_AT_ONCE: Final = 20
TRIES_OF_ADDRESS_PER_MINUTE: Final = 4
TRIES_OF_NAME_AT_ONCE: Final = 50
TRIES_OF_NAME_PER_MINUTE: Final = 10
"""Of one name from all addresses together, but those from which it was signed in to before."""
HOMES_MAX: Final = 10_000


class Attempts:
    """How often passwords are tried: for each name from each address, for each address, for each
    name. A right password gives its try back.

    Whoever tries a name from many addresses slows it down for new ones; an address from which the
    name was signed in to, since this process began, waits for its own tries alone.
    """

    def __init__(self) -> None:
        self._pairs = Buckets(TRIES_PER_MINUTE, TRIES_AT_ONCE)
        self._addresses = Buckets(TRIES_OF_ADDRESS_PER_MINUTE, TRIES_OF_ADDRESS_AT_ONCE)
        self._names = Buckets(TRIES_OF_NAME_PER_MINUTE, TRIES_OF_NAME_AT_ONCE)
        self._homes: OrderedDict[str, None] = OrderedDict()

    def begin(self, connection: HTTPConnection, name: str) -> None:
        """Count a try before the password is looked at; one that is refused is not counted. Raises
        TooManyRequestsError."""
        address, pair = _tried(connection, name)
        counted = [(self._pairs, pair), (self._addresses, address)]
        if pair not in self._homes:
            counted.append((self._names, name))
        for buckets, key in counted:
            buckets.require(key)
        for buckets, key in counted:
            buckets.take(key)

    def succeeded(self, connection: HTTPConnection, name: str) -> None:
        """Give a try back: the password was right."""
        address, pair = _tried(connection, name)
        self._pairs.forget(pair)
        self._addresses.give_back(address)
        if pair not in self._homes:
            self._names.give_back(name)
        self._homes[pair] = None
        self._homes.move_to_end(pair)
        while len(self._homes) > HOMES_MAX:
            self._homes.popitem(last=False)


def _tried(connection: HTTPConnection, name: str) -> tuple[str, str]:
    address = network_of(connection)
    return address, f"{name} {address}"


def sign_ins_for(desk: Desk, settings: Settings) -> SignIns:
    """Return what knows users and keys again, by the settings."""
    return SignIns(
        desk,
        idle=timedelta(minutes=settings.session_idle_minutes),
        lasting=timedelta(hours=settings.session_hours),
    )


def hand_over(response: Response, session: OpenSession) -> None:
    """Give the session's cookie to the browser."""
    left = session.row.ends_at - session.row.opened_at
    response.set_cookie(
        COOKIE,
        session.id,
        max_age=int(left.total_seconds()),
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )


def take_back(response: Response) -> None:
    """Have the browser forget the cookie."""
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")


def session_of(connection: HTTPConnection) -> OpenSession | None:
    """Return the session by which the caller of this request was known."""
    session: OpenSession | None = getattr(connection.state, "session", None)
    return session


async def require_own_form(connection: HTTPConnection, session_id: str) -> None:
    """Refuse what another site may have had the browser send: a cookie goes along by itself, the
    token does not. Raises NotPermittedError."""
    if connection.scope.get("method", "GET") not in UNSAFE:
        return
    require_own_origin(connection)
    shown = connection.headers.get(CSRF_HEADER) or await _in_form(connection)
    if not is_same(shown, csrf_token(session_id)):
        raise NotPermittedError(
            "A request by a session must carry the session's token.",
            field=CSRF_HEADER,
            allowed="the csrf_token that the session was opened with; also GET /v1/me tells it",
        )


def require_own_origin(connection: HTTPConnection) -> None:
    """Refuse a request of a page that is not of this host. Programs that are no browsers say no
    origin. Raises NotPermittedError."""
    origin = connection.headers.get("origin")
    crossing = connection.headers.get("sec-fetch-site", "none")
    if origin is None and crossing in ("same-origin", "none"):
        return
    host = connection.headers.get("host", "")
    if origin is None or not host or _place(origin) != host.lower():
        raise NotPermittedError("This request comes from another site's page.", field="Origin")


def _place(origin: str) -> str:
    """Return host and port. The scheme is not compared: whoever speaks TLS for us knows it."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


async def _in_form(connection: HTTPConnection) -> str:
    kind = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not isinstance(connection, Request) or kind not in FORMS:
        return ""
    form = await connection.form(max_files=FORM_FILES_MAX, max_fields=FORM_FIELDS_MAX)
    shown = form.get(CSRF_FIELD)
    return shown if isinstance(shown, str) else ""
