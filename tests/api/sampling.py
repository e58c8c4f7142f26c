"""Requests made from the document: for every operation one that its form allows."""

import asyncio
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from desks import Counter, StandingClock
from faces import Face, face_of
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from api.app import make_app
from ledger.memory import MemoryLedger

FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"
DEPTH_MAX: Final = 8
CODES: Final = ("a", "0123456789ab", "wh_0123456789abcdef", "0123456789abcdef" * 4)
"""One of them fits every pattern that a route has."""
ENDLESS: Final = ("/v1/events",)
MOMENT_S: Final = 0.05


def with_its_own(face: Face, app: FastAPI | None = None) -> FastAPI:
    """Give a face an application that no other test has, to be added to and counted in."""
    app = app or make_app(face.house)
    app.state.house = face.house
    face.app, face.state = app, app.state
    return app


def face_of_its_own(counter: Counter) -> Face:
    """Return a face with an application of its own."""
    face = face_of(counter)
    with_its_own(face)
    return face


@cache
def whole_document() -> dict[str, Any]:
    """Return the document of a face, made once: it is the same for every one, and takes a while."""
    face = face_of_its_own(Counter(MemoryLedger(), StandingClock()))
    document: dict[str, Any] = face.app.openapi()
    return document


class Impatient:
    """An application whose endless streams are left by their clients after a moment."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.state = app.state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""

        if scope["type"] != "http" or scope["path"] not in ENDLESS:
            await self.app(scope, receive, send)
            return
        is_over = False

        async def leaving() -> Message:
            await asyncio.sleep(MOMENT_S)
            return {"type": "http.disconnect"}

        async def sending(message: Message) -> None:
            nonlocal is_over
            is_over = message["type"] == "http.response.body" and not message.get("more_body")
            await send(message)

        await self.app(scope, leaving, sending)
        if not is_over:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


class Sampler:
    """Makes values that fit the schemas of a document. What has one of the given names has the
    value that is given; a name in braces is that of a part of the path alone."""

    def __init__(self, document: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        self._schemas = document["components"]["schemas"]
        self._given = dict(given)

    def request(self, operation: Mapping[str, Any], path: str) -> tuple[str, dict[str, Any]]:
        """Return an address and what is sent to it."""
        sent: dict[str, Any] = {"params": {}, "headers": {}}
        for each in operation["parameters"]:
            name, schema = each["name"], each["schema"]
            if each["in"] == "path":
                value = self._given.get(f"{{{name}}}", self.value(name, schema))
                allowed = self.resolved(schema).get("enum") or [value]
                value = value if value in allowed else allowed[0]
                path = path.replace(f"{{{name}}}", str(value))
            elif each["in"] == "query" and (each.get("required") or name in self._given):
                sent["params"][name] = self.value(name, schema)
            elif each["in"] == "header" and (each.get("required") or name in self._given):
                sent["headers"][name] = self.value(name, schema)
        if "requestBody" in operation:
            self._body(operation["requestBody"]["content"], sent)
        return path, sent

    def _body(self, content: Mapping[str, Any], sent: dict[str, Any]) -> None:
        media, described = next(iter(content.items()))
        schema = described.get("schema", {})
        if media == JSON:
            sent["json"] = self.value("", schema)
        elif media == FORM:
            sent["data"] = self.value("", schema)
        else:
            sent["content"] = str(self._given.get(media, "a,b\n1,2\n"))
            sent["headers"]["Content-Type"] = media

    def resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a schema, looked up where it is only named."""
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def value(self, name: str, schema: Mapping[str, Any], depth: int = 0) -> Any:
        """Return a value for a field of that name."""
        if name in self._given:
            return self._given[name]
        if "$ref" in schema:
            return self.value(name, self.resolved(schema), depth)
        if schema.get("examples"):
            return self._patched(schema["examples"][0])
        for fixed in ("const", "default"):
            if schema.get(fixed) is not None:
                return schema[fixed]
        if "enum" in schema:
            return schema["enum"][0]
        for several in ("oneOf", "anyOf", "allOf"):
            if several in schema:
                return self.value(name, schema[several][0], depth)
        return self._made(name, schema, depth)

    def _made(self, name: str, schema: Mapping[str, Any], depth: int) -> Any:
        match schema.get("type"):
            case "object" if depth < DEPTH_MAX:
                properties = schema.get("properties", {})
                wanted = [*schema.get("required", ()), *(set(properties) & set(self._given))]
                return {
                    each: self.value(each, properties[each], depth + 1)
                    for each in dict.fromkeys(wanted)
                }
            case "array":
                least = max(1, schema.get("minItems", 1))
                return [self.value(name, schema["items"], depth + 1)] * least
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "boolean":
                return False
            case "string":
                return _text(schema)
        return {}

    def _patched(self, example: Any) -> Any:
        if isinstance(example, dict):
            return {
                name: self._given[name] if name in self._given else self._patched(value)
                for name, value in example.items()
            }
        return example


def _text(schema: Mapping[str, Any]) -> str:
    if "pattern" in schema:
        return next(each for each in CODES if re.search(schema["pattern"], each))
    formats = {"date-time": "2026-03-02T01:00:00Z", "date": "2026-03-02"}
    return formats.get(schema.get("format", ""), "a" * max(1, schema.get("minLength", 1)))
