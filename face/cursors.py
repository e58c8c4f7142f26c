"""Cursors of lists: where a page ends, as a text that clients give back as it was."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from domain.canonical import canonical
from domain.errors import InvalidRequestError


def cursor_text(plain: Mapping[str, object]) -> str:
    """Return a cursor as clients are given it."""
    return base64.urlsafe_b64encode(canonical(dict(plain)).encode()).decode().rstrip("=")


def read_text(text: str) -> dict[str, Any]:
    """Return what a cursor says, of whatever kind it is. Raises InvalidRequestError."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        plain = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise garbled(text) from error
    if not isinstance(plain, dict):
        raise garbled(text)
    return plain


def garbled(text: str) -> InvalidRequestError:
    """Return the refusal of what no page gave."""
    return InvalidRequestError(
        "This is no cursor.", field="cursor", value=text, allowed="the `next` of a page"
    )
