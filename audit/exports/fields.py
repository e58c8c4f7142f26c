"""What of an event goes into a log of a process: codes, counts and moments, never words or persons.

What a person wrote stays in the ledger, sealed or not, and so does who in a post did it: a process
is followed by its posts.
"""

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, assert_never, get_args, get_origin

from pydantic import AwareDatetime, BaseModel

from domain.model import written
from domain.people import Actor, Engine, Officer, Representative, Service

ENVELOPE = {"kind", "at", "by"}
PERSONS = {"owner_person", "person", "elector", "link"}
"""Who in a post it was; a one-time link leads to a person as well."""
NAMED = {("issue_accepted", "number")}
"""Texts without a pattern that are numbers all the same."""


class Sort(StrEnum):
    """What values a field has, in OCEL's words."""

    STRING = "string"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TIME = "time"


PLAIN: Final = (
    (bool, Sort.BOOLEAN),
    (int, Sort.INTEGER),
    (StrEnum, Sort.STRING),
    (AwareDatetime, Sort.TIME),
    (datetime, Sort.TIME),
    (date, Sort.STRING),
)
"""The first that a field's type is decides."""


@cache
def sorts(kind: type[BaseModel]) -> dict[str, Sort]:
    """Return the fields of a kind of event that are codes, counts or moments."""
    found = {}
    name = str(kind.model_fields["kind"].default)
    for field, info in kind.model_fields.items():
        if field in ENVELOPE or field in PERSONS:
            continue
        sort = _sort(info.annotation, info.metadata)
        if sort is None and (name, field) in NAMED:
            sort = Sort.STRING
        if sort is not None:
            found[field] = sort
    return found


def values(event: BaseModel) -> Iterator[tuple[str, Sort, str | int | bool | datetime]]:
    """Yield the fields of an event that say something."""
    for field, sort in sorts(type(event)).items():
        value = getattr(event, field)
        if value is not None:
            yield field, sort, value


def as_text(value: object) -> str:
    """Return a value as OCEL's JSON has it: all of them are texts there."""
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return written(value)
        case None:
            return ""
        case _:
            return str(value)


def resource(actor: Actor) -> str:
    """Return the post, the enterprise or the system that acted."""
    match actor:
        case Officer():
            return actor.post
        case Representative():
            return actor.enterprise
        case Service():
            return actor.name
        case Engine():
            return "closeout"
        case _:
            assert_never(actor)


def _sort(annotation: Any, metadata: list[Any]) -> Sort | None:
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return _sort(inner, [*metadata, *more])
    if get_origin(annotation) in (Union, UnionType):
        given = [each for each in get_args(annotation) if each is not type(None)]
        return _sort(given[0], metadata) if len(given) == 1 else None
    if get_origin(annotation) is Literal:
        return Sort.STRING
    if annotation is str:
        return Sort.STRING if _is_coded(metadata) else None
    if not isinstance(annotation, type):
        return None
    return next((sort for kind, sort in PLAIN if issubclass(annotation, kind)), None)


def _is_coded(metadata: list[Any]) -> bool:
    return any(getattr(each, "pattern", None) for each in metadata)
