"""As whom a caller acts: in a post, for an enterprise, as a service or for somebody whom it names.

The decision judges what the actor may do; here it is only made sure that the caller is that actor.
"""

import re
from datetime import date
from typing import assert_never

from domain.access import Acting, Principal, Standing, posts_held
from domain.errors import InvalidRequestError, NotPermittedError
from domain.handbook import Handbook
from domain.model import CODE_PATTERN
from domain.organization import post as post_called
from domain.people import Actor, Engine, Officer, Representative, Service

_IS_CODE = re.compile(CODE_PATTERN)
_FOR_WHOM = {"officer": Acting.OFFICERS, "representative": Acting.REPRESENTATIVES}


def actor_for(
    principal: Principal,
    handbook: Handbook,
    day: date,
    *,
    post: str | None = None,
    on_behalf_of: str | None = None,
    stated: Actor | None = None,
) -> Actor:
    """Return as whom a caller acts in a zone on a local day.

    `post` says in which of their posts a person acts, `on_behalf_of` for whom a deputy does;
    `stated` is the whole actor, for services that have checked who somebody is (`acting`). Raises
    NotPermittedError, and InvalidRequestError where a choice must be named.
    """
    if not principal.is_in(handbook.zone):
        raise NotPermittedError(
            "You were not let into this zone.", field="zone", value=handbook.zone
        )
    if stated is not None and (post is not None or on_behalf_of is not None):
        raise InvalidRequestError(
            "Say who acts either by `actor` or by `post` and `on_behalf_of`, not by both.",
            field="actor",
            allowed="one of the two",
        )
    if Standing.SERVICE in principal.standings:
        return _of_service(principal, post, on_behalf_of, stated)
    if isinstance(stated, Officer):
        post, on_behalf_of = stated.post, stated.on_behalf_of
    own = _of_person(principal, handbook, day, post, on_behalf_of)
    if stated is not None and stated != own:
        raise _not_theirs(stated)
    return own


def actor_again(
    principal: Principal,
    sent: Actor,
    *,
    post: str | None = None,
    on_behalf_of: str | None = None,
    stated: Actor | None = None,
) -> Actor | None:
    """Return as whom a caller acted in a command that was carried out, if they name the same again;
    None for anybody else. What they hold today does not matter: nothing is done anew."""
    is_service = Standing.SERVICE in principal.standings
    if stated is not None and is_service and _FOR_WHOM.get(sent.kind) in principal.acting:
        return sent if stated == sent else None
    match sent:
        case Officer():
            is_own = principal.enterprise is None and sent.person == principal.person
            is_named = post in (None, sent.post) and on_behalf_of == sent.on_behalf_of
        case Representative():
            here = principal.person, principal.enterprise
            is_own = sent.link is None and here == (sent.person, sent.enterprise)
            is_named = post is None and on_behalf_of is None
        case Service():
            is_own = is_service and sent.name == principal.name
            is_named = post is None and on_behalf_of is None
        case Engine():
            return None
        case _:
            assert_never(sent)
    if is_service and not isinstance(sent, Service):
        return None
    return sent if is_own and (stated == sent if stated is not None else is_named) else None


def _of_service(
    principal: Principal, post: str | None, on_behalf_of: str | None, stated: Actor | None
) -> Actor:
    if post is not None or on_behalf_of is not None:
        raise InvalidRequestError(
            "A service holds no post: it names whom it speaks for as `actor`.",
            field="on_behalf_of" if post is None else "post",
            value=on_behalf_of if post is None else post,
        )
    own = _as_service(principal)
    if stated is None or stated == own:
        return own
    if _FOR_WHOM.get(stated.kind) not in principal.acting:
        raise NotPermittedError(
            "This service may not speak for others than itself here.",
            field="actor.kind",
            value=stated.kind,
            allowed=[
                "service",
                *(kind for kind, acting in _FOR_WHOM.items() if acting in principal.acting),
            ],
        )
    return stated


def _as_service(principal: Principal) -> Service:
    if not _IS_CODE.fullmatch(principal.name):
        raise NotPermittedError(
            "A service is entered in the ledger by its name, and this name is no code.",
            field="actor",
            value=principal.name,
            allowed="1 to 64 letters, digits, dots, underscores, hyphens",
        )
    return Service(name=principal.name)


def _of_person(
    principal: Principal,
    handbook: Handbook,
    day: date,
    post: str | None,
    on_behalf_of: str | None,
) -> Actor:
    if principal.person is None:
        raise NotPermittedError("You act as nobody: you may look, but send nothing.", field="actor")
    if principal.enterprise is not None:
        if post is not None or on_behalf_of is not None:
            raise NotPermittedError(
                "A representative acts for the enterprise alone.",
                field="on_behalf_of" if post is None else "post",
                value=on_behalf_of if post is None else post,
            )
        return Representative(person=principal.person, enterprise=principal.enterprise)
    if on_behalf_of is not None:
        return _deputy(principal.person, handbook, day, post, on_behalf_of)
    return Officer(person=principal.person, post=_own_post(principal, handbook, day, post))


def _own_post(principal: Principal, handbook: Handbook, day: date, post: str | None) -> str:
    """Return the post that is named, or the only one held."""
    held = [each.id for each in posts_held(principal, handbook, day)]
    if not held:
        raise NotPermittedError("You hold no post here today.", field="post", value=post)
    if post is None and len(held) == 1:
        return held[0]
    if post is None:
        raise InvalidRequestError(
            "You hold several posts here: say in which you act.", field="post", allowed=held
        )
    if post not in held:
        raise NotPermittedError(
            "You do not hold this post today.", field="post", value=post, allowed=held
        )
    return post


def _deputy(
    person: str, handbook: Handbook, day: date, post: str | None, principal: str
) -> Officer:
    """Return a deputy in the post of a delegation in force (R6.4); for which commands it is, the
    decision judges."""
    posts = [
        each.post
        for each in handbook.delegations
        if (each.principal, each.deputy) == (principal, person)
        and each.from_on <= day <= each.to_on
    ]
    if post is None and len(set(posts)) > 1:
        raise InvalidRequestError(
            "You are a deputy in several posts: say in which you act.", field="post", allowed=posts
        )
    named = post or next(iter(posts), None)
    if named is None or named not in posts or post_called(handbook, named) is None:
        raise NotPermittedError(
            "No delegation in force makes you a deputy of this person.",
            field="on_behalf_of",
            value=principal,
            allowed=posts,
        )
    return Officer(person=person, post=named, on_behalf_of=principal)


def _not_theirs(stated: Actor) -> NotPermittedError:
    kind = "the engine" if isinstance(stated, Engine) else "somebody else"
    return NotPermittedError(f"You cannot act as {kind}.", field="actor.kind", value=stated.kind)
