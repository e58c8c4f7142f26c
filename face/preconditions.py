"""ETags and ids in headers: what a request may name its command by, and which version it means."""

import re
from typing import Annotated, Final

from fastapi import Header
from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException

from domain.commands import COUNT_MAX
from domain.errors import InvalidRequestError
from domain.model import CommandId

HEADER_CHARACTERS_MAX: Final = 402
ETAGS: Final = re.compile(r'(?:W/)?"([^"]*)"')
VERSION: Final = re.compile(r'"([0-9]{1,10})"')
COMMAND_ID: Final[TypeAdapter[str]] = TypeAdapter(CommandId)

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=HEADER_CHARACTERS_MAX,
        description="The command's id: sent again under it, the same request has the same answer "
        "and happens once, whichever door it comes through. 1 to 400 letters, digits and `._:/-`.",
        examples=["7f9c-2b1e-report"],
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=HEADER_CHARACTERS_MAX,
        description="The version that the issue has to stand at: its ETag. Else 409.",
        examples=['"3"'],
    ),
]
IfNoneMatch = Annotated[
    str | None,
    Header(
        alias="If-None-Match",
        max_length=HEADER_CHARACTERS_MAX,
        description="The ETag that is there already: 304 if the issue has not changed since.",
        examples=['"3"'],
    ),
]


def etag(version: int) -> str:
    """Return the ETag of an issue's version."""
    return f'"{version}"'


def id_asked(header: str | None, of_body: str | None = None) -> str:
    """Return the id of a command, from the header or the body. A key may stand in quotes.

    Raises HTTPException (428) if there is none, InvalidRequestError for two, or for none that is.
    """
    named = None if header is None else named_in(header)
    if named is None and of_body is None:
        raise HTTPException(428, "Name the command: by Idempotency-Key, or by `id` in its body.")
    if named is not None and of_body not in (None, named):
        raise InvalidRequestError(
            "The header and the body name two ids.",
            field="Idempotency-Key",
            value=named,
            allowed="the id of the body, or one of the two left out",
        )
    try:
        return COMMAND_ID.validate_python(named if of_body is None else of_body)
    except ValidationError as error:
        raise InvalidRequestError(
            "This is no id for a command.",
            field="Idempotency-Key",
            value=named,
            allowed="1 to 400 letters, digits, dots, underscores, colons, slashes, hyphens",
        ) from error


def version_asked(if_match: str | None, of_body: int | None = None) -> int | None:
    """Return the version that a command expects, None if any. Raises InvalidRequestError."""
    if if_match is None or if_match.strip() == "*":
        return of_body
    found = VERSION.fullmatch(if_match.strip())
    version = None if found is None else int(found[1])
    if version is None or version > COUNT_MAX:
        raise InvalidRequestError(
            "If-Match is no version.",
            field="If-Match",
            value=if_match,
            allowed='the ETag that was seen, such as "3", or *',
        )
    if of_body not in (None, version):
        raise InvalidRequestError(
            "The body says another version than If-Match.",
            field="expected_version",
            value=of_body,
            allowed="the same in both, or one of the two",
        )
    return version


def is_known(if_none_match: str | None, version: int) -> bool:
    """Return whether the caller has this version of an issue already."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or str(version) in ETAGS.findall(if_none_match)


def named_in(header: str) -> str:
    """Return what an Idempotency-Key names: it may stand in quotes."""
    text = header.strip()
    quoted = len(text) > 1 and text.startswith('"') and text.endswith('"')
    return text[1:-1] if quoted else text
