"""What clients of Open311 ask: parameters and bodies, as the document describes them."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Path, Query
from pydantic import BeforeValidator, WithJsonSchema

from api.open311.forms import Fault, Form
from api.open311.listing import RETURNED_MAX
from api.open311.telling import ATTRIBUTES
from domain.model import Moment

PAGES_MAX: Final = 1000
ID_CHARACTERS_MAX: Final = 200
_W3: Final = re.compile(r"\d{4}-\d{2}-\d{2}T")


def _w3_or_none(value: object) -> object:
    """What is empty was not given; a bare number, which pydantic would take, is no date here."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, str) and not _W3.match(value):
        raise ValueError("a date is written as 2010-01-01T00:00:00Z")
    return value


def _said(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def listed(text: str | None) -> tuple[str, ...]:
    found = () if text is None else tuple(each.strip() for each in text.split(","))
    return tuple(dict.fromkeys(each for each in found if each))


FormName = Annotated[Form, Path(description="In which form to answer.")]
Jurisdiction = Annotated[
    str | None,
    Query(
        max_length=64,
        description="The zone, by its code. May be left out where there is one, or a default.",
        examples=["xinghe"],
    ),
]
ApiKey = Annotated[
    str | None,
    Query(
        max_length=200,
        description="An API key of this face, unless the header Authorization has one.",
    ),
]
ServiceCode = Annotated[
    str, Path(max_length=64, description="A category.", examples=["road-access"])
]
RequestId = Annotated[
    str,
    Path(
        max_length=ID_CHARACTERS_MAX,
        description="What a report was answered with (zone.key), or the ledger number.",
        examples=["xinghe.A01"],
    ),
]
_EMPTY: Final = {"type": "string", "maxLength": 0}
"""What is empty was not given: Open311 says so."""

W3Date = Annotated[
    Moment | None,
    BeforeValidator(_w3_or_none),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, _EMPTY]}),
]
BeginsAt = Annotated[
    W3Date, Query(alias="start_date", description="Requested from here on; to end_date 90 days.")
]
EndsAt = Annotated[W3Date, Query(alias="end_date", description="Requested up to here.")]
Statuses = Annotated[
    str | None,
    Query(
        alias="status",
        max_length=64,
        pattern=r"^ *(open|closed)? *(, *(open|closed)? *)*$",
        description="open, closed, or both.",
    ),
]
Page = Annotated[
    int,
    BeforeValidator(lambda each: _said(each) or 1),
    Query(ge=1, le=PAGES_MAX, description="Which page."),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": PAGES_MAX}, _EMPTY]}),
]
PageSize = Annotated[
    int,
    BeforeValidator(lambda each: _said(each) or RETURNED_MAX),
    Query(ge=1, le=RETURNED_MAX, description="How many on a page."),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": RETURNED_MAX}, _EMPTY]}),
]
Ids = Annotated[
    str | None,
    Query(
        max_length=800,
        pattern=r"^[A-Za-z0-9._, -]*$",
        description="These and no others: ids with commas between.",
        examples=["xinghe.A01,xinghe.A02"],
    ),
]
Codes = Annotated[
    str | None,
    Query(
        max_length=400,
        pattern=r"^[A-Za-z0-9._, -]*$",
        description="Categories, with commas between.",
    ),
]

_XML: Final[dict[str, Any]] = {"text/xml": {}}
_FAULTS: Final[dict[str, Any]] = {
    "description": "What is wrong, in Open311's own form.",
    "content": _XML
    | {
        "application/json": {
            "schema": {"type": "array", "items": Fault.model_json_schema()},
            "example": [{"code": 400, "description": "service_code was not provided."}],
        }
    },
}


def told_of(*statuses: int) -> dict[int | str, dict[str, Any]]:
    refused: dict[int | str, dict[str, Any]] = {each: _FAULTS for each in (*statuses, 503)}
    return {200: {"content": _XML}} | refused


_TEXT: Final[dict[str, Any]] = {"type": "string"}
_POSTED: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["service_code"],
    "properties": {
        "api_key": _TEXT,
        "jurisdiction_id": _TEXT,
        "service_code": {"type": "string", "examples": ["road-access"]},
        "description": {"type": "string", "maxLength": 4000},
        "account_id": {
            "type": "string",
            "description": "The enterprise, if no attribute names it.",
        },
        **{f"attribute[{code}]": _TEXT for code in ATTRIBUTES},
        "lat": {"type": "number", "minimum": -90, "maximum": 90},
        "long": {"type": "number", "minimum": -180, "maximum": 180},
        "address_string": _TEXT,
        "address_id": _TEXT,
        "email": _TEXT,
        "device_id": {"type": "string", "description": "Is not kept."},
        "first_name": _TEXT,
        "last_name": _TEXT,
        "phone": _TEXT,
        "media_url": {"type": "string", "format": "uri"},
    },
}
BODY: Final[Mapping[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {"schema": _POSTED},
            "multipart/form-data": {"schema": _POSTED},
        },
    }
}
