"""Who may do something in a matter, and who is told of it: rows of data, read for one moment."""

from collections.abc import Iterable
from datetime import datetime

from domain.days import zone_of
from domain.errors import NotPermittedError
from domain.handbook import Handbook
from domain.matters.who import Who
from domain.organization import (
    chain_posts,
    owner_post,
    post,
    posts_of_role,
    posts_of_unit,
)
from domain.people import Actor, Officer, Representative, Service, named
from domain.permissions import Setting, officer_post
from domain.staffing import Post
from domain.terms import Terms


def acting_post(actor: Officer, command: str, terms: Terms, at: datetime) -> Post:
    """Return the post that an officer acts in on the local day of `at`, in person or as a deputy,
    or refuse."""
    local = at.astimezone(zone_of(terms.calendar.time_zone))
    return officer_post(actor, Setting(handbook=terms.handbook, local=local, command=command))


def is_among(
    rows: Iterable[Who], actor: Actor, held: Post | None, enterprise: str | None, of: Handbook
) -> bool:
    """Return whether any of the rows means this actor. `held` is the post that an officer acts in,
    `enterprise` the one that the act concerns."""
    return any(_means(row, actor, held, enterprise, of) for row in rows)


def require_among(
    rows: Iterable[Who],
    actor: Actor,
    held: Post | None,
    enterprise: str | None,
    of: Handbook,
    command: str,
) -> None:
    """Refuse an actor whom none of the rows means."""
    rows = tuple(rows)
    if not is_among(rows, actor, held, enterprise, of):
        raise NotPermittedError(
            f"This actor may not {command}.",
            field="actor",
            value=named(actor),
            allowed=[str(row) for row in rows],
        )


def told_by(row: Who, enterprise: str | None, of: Handbook) -> tuple[str, ...]:
    """Return whom a row has told: the enterprise, or the post that answers first."""
    if row.enterprise:
        return () if enterprise is None else (enterprise,)
    if row.post is not None:
        return (row.post,)
    if row.unit is not None:
        return tuple(held.id for held in posts_of_unit(of, row.unit)[:1])
    if row.role is not None:
        return tuple(held.id for held in posts_of_role(of, row.role)[:1])
    if row.tier is not None and enterprise is not None:
        owner = owner_post(of, enterprise, row.tier)
        return () if owner is None else (owner.id,)
    if row.tier is not None:
        return tuple(held.id for held in of.posts if held.tier == row.tier)[:1]
    return ()


def _means(row: Who, actor: Actor, held: Post | None, enterprise: str | None, of: Handbook) -> bool:
    if isinstance(actor, Representative):
        return row.enterprise and actor.enterprise == enterprise
    if isinstance(actor, Service):
        return row.service == actor.name
    if held is None:
        return False
    if row.tier is not None:
        over = None if enterprise is None else chain_posts(of, enterprise, row.tier)
        return held.tier == row.tier if over is None else held in over
    return (
        (row.post is not None and row.post == held.id)
        or (row.unit is not None and row.unit == held.unit)
        or (row.role is not None and row.role in held.roles)
    )


def is_post(of: Handbook, id_: str) -> bool:
    """Return whether there is such a post."""
    return post(of, id_) is not None
