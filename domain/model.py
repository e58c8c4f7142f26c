"""The base of every value in the domain: frozen, closed, bounded."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Annotated, ParamSpec, Self, TypeVar, cast

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
)
from pydantic_core import PydanticUndefined

CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
TEXT_CHARACTERS_MAX = 4000
SHORT_CHARACTERS_MAX = 200
WRITTEN_KEPT_MAX = 2**15
NOT_TEXT = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Controls, marks that turn the direction of what follows, halves of pairs."""
NOT_ONE_LINE = re.compile(r"[\t\n\r]")


def is_none(value: object) -> bool:
    """Tell a field that was added later and says nothing: it is left out of what is stored, so that
    what was stored before it keeps its text and its hash."""
    return value is None


def is_unset(value: object) -> bool:
    """The same for a field that says nothing while it is empty, false or zero."""
    return not value


class Frozen(BaseModel):
    """A value that never changes and knows every one of its fields. What is wrong with one is told
    without what was given: logs and histories take such errors in, and it may be personal."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def model_copy(self, *, update: Mapping[str, object] | None = None, deep: bool = False) -> Self:
        """Return a copy with the fields of `update` replaced, as pydantic does, but several times
        as fast: a fold is made of copies."""
        if deep:
            return super().model_copy(update=update, deep=True)
        changes = update or {}
        copied = object.__new__(type(self))
        object.__setattr__(copied, "__dict__", {**self.__dict__, **changes})
        object.__setattr__(copied, "__pydantic_fields_set__", {*self.model_fields_set, *changes})
        object.__setattr__(copied, "__pydantic_extra__", None)
        object.__setattr__(copied, "__pydantic_private__", None)
        return copied


_Fields = ParamSpec("_Fields")
_Made = TypeVar("_Made", bound=Frozen)


def unchecked(kind: Callable[_Fields, _Made], *_: _Fields.args, **fields: _Fields.kwargs) -> _Made:
    """Return a value made of what this program worked out itself, several times as fast: mypy has
    checked its fields, nothing checks them again, but that each has a value. Moments have to be in
    UTC and cut to the millisecond already. Never for what came from outside. Raises TypeError for a
    field that is not given and has no default, or that the class does not have."""
    given, (blank, required) = set(fields), _blank(kind)
    values = {**blank, **fields}
    if not required <= given or len(values) != len(blank):
        odd = sorted((required - given) | (given - {*blank}))
        msg = f"{kind}: fields that are missing or unknown: {odd}"
        raise TypeError(msg)
    made = object.__new__(cast("type[_Made]", kind))
    object.__setattr__(made, "__dict__", values)
    object.__setattr__(made, "__pydantic_fields_set__", given)
    object.__setattr__(made, "__pydantic_extra__", None)
    object.__setattr__(made, "__pydantic_private__", None)
    return made


@cache
def _blank(kind: Callable[..., Frozen]) -> tuple[dict[str, object], frozenset[str]]:
    """Return every field in the order in which the class has them, in which they are written, with
    its default; and the names of those that have none that may be shared."""
    fields = cast("type[Frozen]", kind).model_fields
    blank = {name: field.default for name, field in fields.items()}
    return blank, frozenset(name for name, value in blank.items() if value is PydanticUndefined)


def to_millisecond(at: datetime) -> datetime:
    """Return `at` in UTC, cut to the millisecond: the ledger's finest unit of time."""
    try:
        at = at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("an instant lies between the years 1 and 9999 in UTC") from error
    below = at.microsecond % 1000
    return at.replace(microsecond=at.microsecond - below) if below else at


def written(at: datetime) -> str:
    """Return `at` as the ledger writes it: RFC 3339, UTC, three decimals."""
    return _written(at if at.tzinfo is UTC else at.astimezone(UTC))


@lru_cache(maxsize=WRITTEN_KEPT_MAX)
def _written(at: datetime) -> str:
    """An issue's instants are written again with each of its snapshots."""
    return f"{at.isoformat('T', 'milliseconds')[:-6]}Z"


Moment = Annotated[
    AwareDatetime,
    AfterValidator(to_millisecond),
    PlainSerializer(written, return_type=str, when_used="json"),
]
"""An instant in UTC with millisecond precision."""

Code = Annotated[str, StringConstraints(pattern=CODE_PATTERN)]
"""An identifier of the handbook or of a client: letters, digits, dot, underscore, hyphen."""

ClockId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,159}$")]
"""The id of a clock: of its rule, and for a part `<rule>.<team>.<part>`."""

KEY_PATTERN = r"^[A-Za-z0-9._-]{1,64}$"
Key = Annotated[str, StringConstraints(pattern=KEY_PATTERN)]
"""What a client calls an issue: 1 to 64 letters, digits, dots, underscores, hyphens."""

COMMAND_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,399}$"
CommandId = Annotated[str, StringConstraints(pattern=COMMAND_ID_PATTERN)]
"""The id under which a command is sent, and sent again: 1 to 400 characters."""


def without_controls(text: str) -> str:
    """Refuse characters that no person writes and that databases or RFC 8785 do not carry."""
    found = NOT_TEXT.search(text)
    if found is not None:
        msg = f"the character U+{ord(found[0]):04X} is not text"
        raise ValueError(msg)
    return text


def on_one_line(text: str) -> str:
    """Refuse line breaks and tabs in a name or a reference."""
    if NOT_ONE_LINE.search(text):
        msg = "line breaks and tabs have no place in a short text"
        raise ValueError(msg)
    return without_controls(text)


Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=TEXT_CHARACTERS_MAX, strip_whitespace=True),
    AfterValidator(without_controls),
]
"""What a person wrote, 1 to 4,000 characters."""

Short = Annotated[
    str,
    StringConstraints(min_length=1, max_length=SHORT_CHARACTERS_MAX, strip_whitespace=True),
    AfterValidator(on_one_line),
]
"""A name or a reference, 1 to 200 characters."""


class Name(Frozen):
    """What a thing is called, in Chinese and in English."""

    zh: Short
    en: Short
