"""The Open311 face of a test's own: keys that are names, the stored schemas, XML read as JSON."""

import json
import os
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from desks import Counter, StandingClock
from faces import Face, NamedIdentity
from starlette.requests import HTTPConnection

from domain.access import Principal
from face.house import House
from ledger.memory import MemoryLedger
from runtime.settings import Settings

V2 = "/open311/v2"
ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("CLOSEOUT_SHARED", ROOT.parent / "shared"))
SCHEMAS = SHARED / "data" / "schemas" / "open311_schema"
BASE = "http://schemas.test/"
NUMBERS = {"lat", "long"}
TRUTHS = {"metadata", "variable", "required"}
INTEGERS = {"order", "code"}


class KeyIdentity(NamedIdentity):
    """Takes a name for a key, as a bearer or as it was."""

    async def caller(self, connection: HTTPConnection) -> Principal:
        """Return the principal of that name."""
        shown = connection.headers.get("authorization", "")
        if not shown.startswith("Bearer "):
            return await super().caller(connection)
        name = shown.removeprefix("Bearer ")
        renamed = [(b"authorization", f"Test {name}".encode())]
        return await super().caller(HTTPConnection({**connection.scope, "headers": renamed}))


def open311_face(clock: StandingClock, **settings: Any) -> Face:
    """Return a face over a ledger in memory."""
    counter = Counter(MemoryLedger(), clock)
    unlimited = Settings(rate_per_minute=0, rate_public_per_minute=0, **settings)
    return Face(counter, House(counter.desk, unlimited, KeyIdentity()))


def valid(schema: str, told: Any) -> bool:
    """Return whether something is as a stored schema says; skip the test where none is stored."""
    if not SCHEMAS.is_dir():
        pytest.skip(f"no schemas at {SCHEMAS}")
    stored = [
        (f"{BASE}{file.name}", json.loads(file.read_text(encoding="utf-8")))
        for file in SCHEMAS.glob("*.json")
    ]
    registry = jsonschema_rs.Registry(stored)
    validator = jsonschema_rs.validator_for(
        {"$ref": f"{BASE}{schema}"}, registry=registry, validate_formats=True
    )
    problems = [f"{each.instance_path}: {each.message}" for each in validator.iter_errors(told)]
    assert problems == []
    return True


def from_xml(content: bytes) -> Any:
    """Return what XML says as the JSON of the same address says it."""
    assert content.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n')
    return _read(ET.fromstring(content))  # noqa: S314  # our own answers


def _read(element: ET.Element) -> Any:
    lists = {"services", "service_requests", "attributes", "values", "endpoints", "formats"}
    if element.tag in lists | {"errors"}:
        return [_read(each) for each in element]
    if len(element):
        return {each.tag: _read(each) for each in element}
    text = element.text
    if text is None:
        return None
    if element.tag in TRUTHS:
        return {"true": True, "false": False}[text]
    if element.tag in INTEGERS and text.isdigit():
        return int(text)
    return float(text) if element.tag in NUMBERS else text
