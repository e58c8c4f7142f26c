"""Every route of the application by its path: which template a request falls to, which methods are
taken there, which query parameters are known."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, Final, get_args, get_origin

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from pydantic import BaseModel

UNKNOWN: Final = "(none)"
"""The template of what falls to no route: a figure must not grow with what clients make up."""
SEVERAL: Final = (list, set, tuple, frozenset)


@dataclass(frozen=True)
class Address:
    """One route."""

    path: re.Pattern[str]
    template: str
    methods: frozenset[str]
    context: RouteContext = field(repr=False)

    @cached_property
    def shape(self) -> str:
        """Return its template, whatever its parts are called."""
        return re.sub(r"\{[^}]*\}", "{}", self.template)

    @cached_property
    def distance(self) -> tuple[int, int]:
        """Return how loosely it fits: what takes any rest of a path the most, and the less it says
        itself the more so."""
        if ":path}" in self.template:
            return 1, -len(self.shape)
        return 0, self.shape.count("{}")

    @cached_property
    def parameters(self) -> Mapping[str, bool] | None:
        """Return its query parameters, and whether several are taken of each; None where the route
        reads them by itself. Made when they are first asked for."""
        dependant = getattr(self.context, "dependant", None)
        if dependant is None:
            return None
        found = dict(_known(dependant))
        extra = getattr(self.context, "openapi_extra", None) or {}
        for each in extra.get("parameters", ()):
            if each["in"] == "query":
                found.setdefault(each["name"], each.get("schema", {}).get("type") == "array")
        return found


class Addresses:
    """The routes of an application, in the order in which they are tried."""

    def __init__(self, app: FastAPI) -> None:
        self._all = tuple(_addresses(app))

    def find(self, method: str, path: str) -> Address | None:
        """Return the route that a request falls to. HEAD falls where GET does."""
        wanted = "GET" if method == "HEAD" else method
        return next((each for each in self._at(path) if wanted in each.methods), None)

    def template(self, path: str) -> str:
        """Return the template of a path."""
        return next((each.template for each in self._at(path)), UNKNOWN)

    def methods(self, path: str) -> tuple[str, ...]:
        """Return the methods that are taken at a path, for `Allow`; none where there is nothing."""
        found = {method for each in self._at(path) for method in each.methods}
        if not found:
            return ()
        if "GET" in found:
            found.add("HEAD")
        return tuple(sorted(found | {"OPTIONS"}))

    def _at(self, path: str) -> list[Address]:
        """Return the routes of the template that fits a path most closely."""
        fitting = [each for each in self._all if each.path.match(path)]
        if not fitting:
            return []
        closest = min(fitting, key=lambda each: each.distance).shape
        return [each for each in fitting if each.shape == closest]


def _addresses(app: FastAPI) -> Iterable[Address]:
    for context in iter_route_contexts(app.routes):
        path, regex = context.path, getattr(context, "path_regex", None)
        if path is not None and regex is not None:
            yield Address(regex, path, frozenset(context.methods or ()), context)


def _known(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    for each in dependant.query_params:
        annotation = each.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            for name, inner in annotation.model_fields.items():
                yield inner.alias or name, _takes_several(inner.annotation)
        else:
            yield each.alias, _takes_several(annotation)
    for below in dependant.dependencies:
        yield from _known(below)


def _takes_several(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if annotation in SEVERAL or origin in SEVERAL:
        return True
    if origin is None:
        return False
    inner = get_args(annotation)
    return any(_takes_several(each) for each in (inner[:1] if origin is Annotated else inner))
