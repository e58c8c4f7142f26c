"""What many families of routes ask alike: days, posts, an act in any zone at all."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Final

from pydantic import BeforeValidator, Field
from starlette.exceptions import HTTPException

from desk.desk import Desk
from domain.access import ACCESS, Act, Horizon, Principal, horizon
from domain.errors import InvalidRequestError, NotPermittedError
from domain.model import Code, Frozen
from face.dependencies import today_in

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _written_as_day(value: object) -> object:
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("a day is written as 2026-03-01")
    return value


Day = Annotated[date, BeforeValidator(_written_as_day)]
"""A day as it is written; a bare number, which pydantic would take for seconds, is none."""


class InPerson(Frozen):
    """In which post, and for whom, a person acts. Needed where they hold several."""

    post: Code | None = Field(
        default=None, description="In which of one's posts.", examples=["supervision-office"]
    )
    on_behalf_of: Code | None = Field(
        default=None, description="For which holder of the post a deputy acts."
    )


async def somewhere(desk: Desk, caller: Principal, act: Act) -> list[Horizon]:
    """Return how far an act reaches in each zone that has a handbook, for what is of no zone.
    Raises NotPermittedError where it reaches nowhere."""
    found = []
    for terms in await desk.shelf.in_force(desk.clock.now()):
        seen = horizon(caller, act, terms.handbook, today_in(desk, terms))
        if not seen.is_empty:
            found.append(seen)
    if not found:
        raise NotPermittedError(
            "You may not do this.", field="act", value=act.value, allowed=sorted(ACCESS[act])
        )
    return found


def not_there(what: str) -> HTTPException:
    """Return the answer for what is not there, or not for this caller."""
    return HTTPException(404, what)


def one_of(what: str, named: str | None, known: Iterable[str]) -> None:
    """A misspelt filter finds nothing: that must not pass for an answer. Raises
    InvalidRequestError."""
    allowed = set(known)
    if named is not None and named not in allowed:
        raise InvalidRequestError(
            f"The handbook in force has no such {what}.",
            field=what,
            value=named,
            allowed=allowed or "none: it has none",
        )
