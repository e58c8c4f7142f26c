"""Whoever holds a one-time link: the secret that marks it, and how a bad one is refused."""

from fastapi import Request
from pydantic import SecretStr
from starlette.exceptions import HTTPException

from desk.answer_links import Claims, read_token
from domain.access import PUBLIC
from domain.errors import InvalidRequestError
from face.house import House
from face.problems import UnauthenticatedError
from face.rates import rates_of
from runtime.errors import SettingsError
from runtime.exposure import is_of_embedded_stack
from runtime.link_secret import link_secret


def links_secret(house: House) -> SecretStr:
    """Return the secret of one-time links. Where none is set up there are no links: 404."""
    settings = house.settings
    is_embedded = settings.link_secret is None and is_of_embedded_stack(settings)
    try:
        return link_secret(settings, embedded=is_embedded)
    except SettingsError as error:
        raise HTTPException(404, f"One-time links are not set up here. {error}") from error


def require_our_link(request: Request, secret: SecretStr, token: str) -> Claims:
    """Return what a token claims. Who holds one is let in as the public is: so many requests an
    address. Raises UnauthenticatedError, TooManyRequestsError."""
    rates = rates_of(request)
    if rates is not None:
        rates.let_in(request, PUBLIC)
    return claims_of(request, secret, token)


def claims_of(request: Request, secret: SecretStr, token: str) -> Claims:
    """Return what a token claims; the request was let in. A token is what its holder is known by:
    one that was not made here tells nobody. Raises UnauthenticatedError, TooManyRequestsError."""
    rates = rates_of(request)
    try:
        return read_token(secret, token)
    except InvalidRequestError as error:
        if rates is not None:
            rates.refuse(request)
        raise UnauthenticatedError(error.message) from error
