"""Who acts: an officer in a post, a representative, a service, or the engine itself."""

from typing import Annotated, Literal, assert_never

from pydantic import Field

from domain.model import Code, Frozen, is_none


class Officer(Frozen):
    """A person acting in a post. Duties fall to the post; a sign-off binds the person.

    `on_behalf_of` is the holder of the post for whom a deputy acts, by a delegation (R6.4).
    """

    kind: Literal["officer"] = "officer"
    person: Code
    post: Code
    on_behalf_of: Code | None = Field(default=None, exclude_if=is_none)


class Representative(Frozen):
    """A person acting for an enterprise."""

    kind: Literal["representative"] = "representative"
    person: Code
    enterprise: Code
    link: Code | None = Field(default=None, exclude_if=is_none)
    """The one-time link by which they answer; whoever carries the link has checked it."""


class Service(Frozen):
    """A system acting for people whom it names in what it sends: a hotline, an importer."""

    kind: Literal["service"] = "service"
    name: Code


class Engine(Frozen):
    """Closeout itself: it rings clocks and records what happened to its own workflows."""

    kind: Literal["engine"] = "engine"


Actor = Annotated[Officer | Representative | Service | Engine, Field(discriminator="kind")]

ENGINE = Engine()


def person_of(actor: Actor) -> str | None:
    """Return the person behind `actor`, or None for a machine."""
    return actor.person if isinstance(actor, Officer | Representative) else None


def principal_of(actor: Actor) -> str | None:
    """Return for whom a deputy acts, or None for whoever acts in their own right."""
    return actor.on_behalf_of if isinstance(actor, Officer) else None


def identities_of(actor: Actor) -> tuple[str, ...]:
    """Return every person whose act this is: whoever acted, and for whom. Rules that keep duties
    apart bind them all (R6.4)."""
    if isinstance(actor, Officer) and actor.on_behalf_of is not None:
        return (actor.person, actor.on_behalf_of)
    return () if (person := person_of(actor)) is None else (person,)


def named(actor: Actor) -> str:
    """Return one line that says who acted, for a table or a log."""
    match actor:
        case Officer():
            deputy = "" if actor.on_behalf_of is None else f" for {actor.on_behalf_of}"
            return f"{actor.post} ({actor.person}{deputy})"
        case Representative():
            return f"{actor.enterprise} ({actor.person})"
        case Service():
            return f"service {actor.name}"
        case Engine():
            return "closeout"
        case _:
            assert_never(actor)
