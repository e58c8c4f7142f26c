"""Answers of Open311 as JSON, or as the same in XML: an element for each item of a list."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import BaseModel
from starlette.responses import Response

from api.open311.forms import Form

MEDIA_TYPES: Final[Mapping[Form, str]] = {
    Form.XML: "text/xml; charset=utf-8",
    Form.JSON: "application/json; charset=utf-8",
}
ITEMS: Final[Mapping[str, str]] = {
    "services": "service",
    "service_requests": "request",
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
    "errors": "error",
}
"""What an item of each list is called in XML. JSON has lists without names."""

NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

Told = BaseModel | Sequence[BaseModel]


def answer(form: Form, root: str, told: Told, *, status: int = 200) -> Response:
    """Return an answer. `root` is what XML calls it."""
    plain = _plain(told)
    body = in_xml(root, plain) if form is Form.XML else in_json(plain)
    headers = {"Content-Type": MEDIA_TYPES[form], "Cache-Control": "no-store"}
    return Response(body, status_code=status, headers=headers)


def in_json(value: object) -> bytes:
    """Return a value as JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


def in_xml(root: str, value: object) -> bytes:
    """Return the same as XML 1.0 in UTF-8. A character that XML does not have is replaced."""
    written = ET.tostring(_element(root, value), encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{written}\n'.encode()


def _plain(told: Told) -> object:
    if isinstance(told, BaseModel):
        return told.model_dump(mode="json")
    return [each.model_dump(mode="json") for each in told]


def _element(name: str, value: object) -> ET.Element:
    element = ET.Element(name)
    if isinstance(value, Mapping):
        element.extend([_element(key, each) for key, each in value.items()])
    elif isinstance(value, list | tuple):
        element.extend([_element(ITEMS[name], each) for each in value])
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None:
        # A lone \r would be read back as a line break: only as \n does it stay what it is.
        text = str(value).replace("\r\n", "\n").replace("\r", "\n")
        element.text = NOT_XML.sub(REPLACEMENT, text)
    return element
