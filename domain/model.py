"""The base of every value in the domain: frozen, closed, bounded."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
)

CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
TEXT_CHARACTERS_MAX = 4000
SHORT_CHARACTERS_MAX = 200


class Frozen(BaseModel):
    """A value that never changes and knows every one of its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def to_millisecond(at: datetime) -> datetime:
    """Return `at` in UTC, cut to the millisecond: the ledger's finest unit of time."""
    try:
        at = at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("an instant lies between the years 1 and 9999 in UTC") from error
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def written(at: datetime) -> str:
    """Return `at` as the ledger writes it: RFC 3339, UTC, three decimals."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


Moment = Annotated[
    AwareDatetime,
    AfterValidator(to_millisecond),
    PlainSerializer(written, return_type=str, when_used="json"),
]
"""An instant in UTC with millisecond precision."""

Code = Annotated[str, StringConstraints(pattern=CODE_PATTERN)]
"""An identifier of the handbook or of a client: letters, digits, dot, underscore, hyphen."""

CommandId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,254}$")]
"""The id under which a command is sent, and sent again: 1 to 255 characters."""

Text = Annotated[
    str, StringConstraints(min_length=1, max_length=TEXT_CHARACTERS_MAX, strip_whitespace=True)
]
"""What a person wrote, 1 to 4,000 characters."""

Short = Annotated[
    str, StringConstraints(min_length=1, max_length=SHORT_CHARACTERS_MAX, strip_whitespace=True)
]
"""A name or a reference, 1 to 200 characters."""


class Name(Frozen):
    """What a thing is called, in Chinese and in English."""

    zh: Short
    en: Short
