"""What faces share where something is stated for good: who states it, and how long it may take."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from domain.access import Principal
from domain.errors import InvalidRequestError, NotPermittedError
from domain.people import Officer, named
from domain.terms import Terms
from face.actors import actor_for
from face.dependencies import today_in
from face.house import House
from face.problems import TooManyRequestsError

AGAIN_S: Final = 5
WORKS_S_MAX: Final = 20.0
"""Within what a request may take; what takes longer belongs on the command line."""
_working = asyncio.Lock()
"""Counting and composing read a zone: one at a time leaves the rest of the face its processor."""


def officer_for(
    house: House,
    caller: Principal,
    terms: Terms,
    *,
    post: str | None = None,
    on_behalf_of: str | None = None,
) -> Officer:
    """Return as which officer a caller states something. Raises NotPermittedError,
    InvalidRequestError."""
    actor = actor_for(
        caller,
        terms.handbook,
        today_in(house.desk, terms),
        post=post,
        on_behalf_of=on_behalf_of,
    )
    if not isinstance(actor, Officer):
        raise NotPermittedError("Only an officer does this.", field="actor", value=named(actor))
    return actor


@asynccontextmanager
async def one_at_a_time(instead: str) -> AsyncIterator[None]:
    """Do what takes long. `instead`: the command that takes its time. Raises TooManyRequestsError
    while another does, InvalidRequestError where it takes too long."""
    if _working.locked():
        raise TooManyRequestsError(AGAIN_S)
    async with _working:
        try:
            async with asyncio.timeout(WORKS_S_MAX):
                yield
        except TimeoutError as error:
            raise InvalidRequestError(
                "This takes longer than a request may: the command line does it.",
                allowed=f"`{instead}`",
            ) from error
