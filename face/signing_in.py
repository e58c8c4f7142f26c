"""Signing in by name and password, for every face: tries are limited, an older session ends."""

import structlog
from fastapi import Request

from desk.sign_ins import OpenSession, SignIns
from domain.access import PUBLIC, Principal
from face.house import House
from face.identity import FaceIdentity
from face.problems import UnauthenticatedError
from face.rates import network_of, rates_of
from face.sessions import COOKIE, Attempts, require_own_origin, session_of, sign_ins_for

log = structlog.get_logger()


async def signed_in(request: Request, house: House, name: str, password: str) -> OpenSession:
    """Open a session for a user of this name and password. Raises UnauthenticatedError,
    NotPermittedError for another site's page, TooManyRequestsError."""
    rates = rates_of(request)
    if rates is not None:
        rates.let_in(request, PUBLIC)
    require_own_origin(request)
    attempts, sign_ins = attempts_of(request), sign_ins_of(request, house)
    attempts.begin(request, name)
    known = await sign_ins.by_password(name, password)
    if known is None:
        log.warning("sign_in_refused", address=network_of(request))
        raise UnauthenticatedError("There is no such user, or this is not their password.")
    attempts.succeeded(request, name)
    await _end_before(request, sign_ins)
    session = await sign_ins.opened(known)
    log.info("signed_in", principal=session.principal.id)
    return session


async def let_in(request: Request, house: House, principal: Principal) -> OpenSession:
    """Open a session for somebody whom a provider of identities has made known."""
    sign_ins = sign_ins_of(request, house)
    await _end_before(request, sign_ins)
    session = await sign_ins.opened_for(principal)
    log.info("signed_in", principal=principal.id)
    return session


async def _end_before(request: Request, sign_ins: SignIns) -> None:
    """End the session that a browser came with: it is given another one."""
    before = await sign_ins.by_session(request.cookies.get(COOKIE, ""))
    if before is not None:
        await sign_ins.ended(before)


async def signed_out(request: Request, house: House) -> None:
    """End the session of a request. Without one, nothing happens."""
    session = session_of(request)
    if session is not None:
        await sign_ins_of(request, house).ended(session)


def sign_ins_of(request: Request, house: House) -> SignIns:
    """Return what knows users and keys again: the identity's own, or one of this application."""
    if isinstance(house.identity, FaceIdentity):
        return house.identity.sign_ins
    state = request.app.state
    if not hasattr(state, "sign_ins"):
        state.sign_ins = sign_ins_for(house.desk, house.settings)
    found: SignIns = state.sign_ins
    return found


def attempts_of(request: Request) -> Attempts:
    """Return the tries at passwords that this application counts."""
    state = request.app.state
    if not hasattr(state, "attempts"):
        state.attempts = Attempts()
    found: Attempts = state.attempts
    return found
