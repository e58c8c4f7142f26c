"""What stands in an address: filters that a form left empty are none; addresses to link to."""

from collections.abc import Mapping
from typing import Annotated, Final
from urllib.parse import urlencode

from pydantic import BeforeValidator, Field

from domain.model import Code
from domain.staffing import TIER_MAX

TEXT_CHARACTERS_MAX: Final = 80


def _unless_empty(value: object) -> object:
    return None if value == "" else value


Unfilled: Final = BeforeValidator(_unless_empty)
"""A field of a form that was left empty asks for nothing."""

MaybeCode = Annotated[Code | None, Unfilled]
MaybeText = Annotated[
    Annotated[str, Field(min_length=1, max_length=TEXT_CHARACTERS_MAX)] | None, Unfilled
]
MaybeTier = Annotated[Annotated[int, Field(ge=1, le=TIER_MAX)] | None, Unfilled]
MaybeCursor = Annotated[Annotated[str, Field(min_length=1, max_length=900)] | None, Unfilled]


def query_text(asked: Mapping[str, object]) -> str:
    """Return what stands behind the question mark: what is None, False or empty is left out."""
    return urlencode(
        {
            name: "true" if value is True else str(value)
            for name, value in asked.items()
            if value not in (None, False, "")
        }
    )


def address_of(path: str, asked: Mapping[str, object]) -> str:
    """Return an address with a query."""
    query = query_text(asked)
    return f"{path}?{query}" if query else path
