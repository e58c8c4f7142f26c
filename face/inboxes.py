"""What lies in an inbox as faces name it: ids for addresses, cursors, the facts it tells of."""

import base64
import binascii
import json
from datetime import datetime
from typing import Annotated, Final

from pydantic import StringConstraints

from domain.days import from_ms, to_ms
from domain.notice_text import NoticeFacts
from face.cursors import cursor_text, garbled, read_text
from ledger.receipts import InboxRow

CURSOR_CHARACTERS_MAX: Final = 900
ID_CHARACTERS_MAX: Final = 700
ID_PATTERN: Final = r"^[A-Za-z0-9_-]+$"
MOMENTS_MS_MAX: Final = 253_402_300_799_999

InboxId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=ID_CHARACTERS_MAX, pattern=ID_PATTERN),
]
"""A notice, as it can stand in an address."""


def inbox_id(notice: str) -> str:
    """Return how a notice stands in an address."""
    return base64.urlsafe_b64encode(notice.encode()).decode().rstrip("=")


def notice_named(text: str) -> str | None:
    """Return the notice that an address names, None if it names none."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        notice = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        return None
    return notice if notice.isprintable() else None


def facts_of(row: InboxRow) -> NoticeFacts | None:
    """Return what it tells of, None where it tells of no issue and no order."""
    try:
        return NoticeFacts.model_validate(json.loads(row.text)["facts"])
    except (ValueError, KeyError, TypeError):
        return None


def inbox_cursor(row: InboxRow) -> str:
    """Return where the page behind this row begins."""
    return cursor_text({"a": to_ms(row.receipt.at), "i": row.receipt.id})


def read_inbox_cursor(text: str) -> tuple[datetime, str]:
    """Return where a page begins. Raises InvalidRequestError."""
    plain = read_text(text)
    at_ms, id_ = plain.get("a"), plain.get("i")
    if (
        not isinstance(at_ms, int)
        or isinstance(at_ms, bool)
        or not 0 <= at_ms <= MOMENTS_MS_MAX
        or not isinstance(id_, str)
        or not id_.isprintable()
    ):
        raise garbled(text)
    return from_ms(at_ms), id_
