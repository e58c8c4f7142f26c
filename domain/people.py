"""Who acts: an officer in a post, a representative, a service, or the engine itself."""

from typing import Annotated, Literal, assert_never

from pydantic import Field

from domain.model import Code, Frozen


class Officer(Frozen):
    """A person acting in a post. Duties fall to the post; a sign-off binds the person."""

    kind: Literal["officer"] = "officer"
    person: Code
    post: Code


class Representative(Frozen):
    """A person acting for an enterprise."""

    kind: Literal["representative"] = "representative"
    person: Code
    enterprise: Code


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


def named(actor: Actor) -> str:
    """Return one line that says who acted, for a table or a log."""
    match actor:
        case Officer():
            return f"{actor.post} ({actor.person})"
        case Representative():
            return f"{actor.enterprise} ({actor.person})"
        case Service():
            return f"service {actor.name}"
        case Engine():
            return "closeout"
        case _:
            assert_never(actor)
