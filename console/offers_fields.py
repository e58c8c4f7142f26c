"""What a command's form is made of, read from the command's own model: a field for each of its
fields, rows for lists, blocks for what is nested."""

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import AwareDatetime, BaseModel, StringConstraints
from pydantic.fields import FieldInfo

from console.offers import GROUPS
from domain.commands import Command
from domain.durations import NaturalDays, OpenHours, Wall, WorkingDays
from domain.model import CODE_PATTERN, KEY_PATTERN, SHORT_CHARACTERS_MAX
from domain.personal import Personal, Sealed

ROWS: Final[Mapping[str, int]] = MappingProxyType({"evidence": 3, "parts": 6, "decisions": 4})
"""How many rows a list has in its form. Whoever needs more sends them through the interface."""

LEFT_OUT: Final = frozenset({"kind", "size", "media_type"})
"""What nobody types: a store that holds a document knows its size and its type."""

LENGTHS: Final = frozenset({Wall, OpenHours, WorkingDays, NaturalDays})
A_LENGTH: Final = OpenHours
"""Stands for all of them: a length is written as one text, such as `2wd`."""


class Input(StrEnum):
    """In which way a field is filled in."""

    LINE = "line"
    AREA = "area"
    CODE = "code"
    NUMBER = "number"
    CHECK = "check"
    YES_NO = "yes_no"
    ENUM = "enum"
    DAY = "day"
    MOMENT = "moment"
    LENGTH = "length"


@dataclass(frozen=True, slots=True)
class Field:
    """One input. `path` is its name in the form, such as `parts.0.unit`; `name` the model's own.
    `at_most` bounds a number, or the characters of a text."""

    path: str
    name: str
    input: Input
    required: bool
    many: bool = False
    enum: type[Enum] | None = None
    at_least: int | None = None
    at_most: int | None = None
    default: object = None

    @property
    def place(self) -> str:
        """Return the path without the numbers of rows."""
        return ".".join(part for part in self.path.split(".") if not part.isdigit())


@dataclass(frozen=True, slots=True)
class Block:
    """Fields that belong together: the rows of a list, or the one of something nested."""

    path: str
    name: str
    required: bool
    rows: tuple[tuple["Field | Block", ...], ...]
    is_list: bool


Entry = Field | Block

MODELS: Final[Mapping[str, type[BaseModel]]] = MappingProxyType(
    {
        kind.model_fields["kind"].default: kind
        for kind in get_args(get_args(Command)[0])
        if kind.model_fields["kind"].default in GROUPS
    }
)
"""The model of every kind of command that has a form."""


@cache
def entries_of(kind: str) -> tuple[Entry, ...]:
    """Return what the form of a kind of command asks."""
    return tuple(_entries(MODELS[kind], ""))


def fields_of(entries: tuple[Entry, ...]) -> Iterator[Field]:
    """Yield every field of some entries, those of rows and blocks too."""
    for entry in entries:
        if isinstance(entry, Field):
            yield entry
            continue
        for row in entry.rows:
            yield from fields_of(row)


def _entries(model: type[BaseModel], prefix: str) -> Iterator[Entry]:
    for name, info in model.model_fields.items():
        if name not in LEFT_OUT:
            yield _entry(name, f"{prefix}{name}", info)


def _entry(name: str, path: str, info: FieldInfo) -> Entry:
    shape, metadata = bare(info.annotation, tuple(info.metadata))
    required = info.is_required()
    if get_origin(shape) is tuple:
        item, inner = bare(get_args(shape)[0], ())
        if isinstance(item, type) and issubclass(item, BaseModel):
            rows = (tuple(_entries(item, f"{path}.{n}.")) for n in range(ROWS[name]))
            return Block(path, name, required, tuple(rows), is_list=True)
        return field_of(name, path, item, inner, required=required, many=True)
    if shape is not A_LENGTH and isinstance(shape, type) and issubclass(shape, BaseModel):
        row = tuple(_entries(shape, f"{path}."))
        return Block(path, name, required, (row,), is_list=False)
    default = None if required else info.default
    return field_of(name, path, shape, metadata, required=required, default=default)


def bare(annotation: Any, metadata: tuple[object, ...]) -> tuple[Any, tuple[object, ...]]:
    """Return a type without what is said about it, and that: what may be left out, of lengths and
    personal texts the one that people write."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *more = get_args(annotation)
            for each in more:
                metadata += tuple(each.metadata) if isinstance(each, FieldInfo) else (each,)
        elif origin in (Union, types.UnionType):
            given = [each for each in get_args(annotation) if each is not type(None)]
            if set(given) >= LENGTHS:
                return A_LENGTH, metadata
            annotation = Personal if set(given) == {Personal, Sealed} else given[0]
        else:
            return annotation, metadata


def field_of(
    name: str,
    path: str,
    shape: Any,
    metadata: tuple[object, ...],
    *,
    required: bool,
    many: bool = False,
    default: object = None,
) -> Field:
    """Return the input of one field of a model, by its type and what is said about that."""
    texts = [each for each in metadata if isinstance(each, StringConstraints)]
    bounds = {type(each): each for each in metadata if isinstance(each, Ge | Le)}
    enum = shape if isinstance(shape, type) and issubclass(shape, Enum) else None
    low, high = bounds.get(Ge), bounds.get(Le)
    longest = next((each.max_length for each in texts if each.max_length), None)
    return Field(
        path=path,
        name=name,
        input=_input_of(shape, enum, texts, longest, required=required),
        required=required,
        many=many,
        enum=enum,
        at_least=int(str(low.ge)) if isinstance(low, Ge) else None,
        at_most=int(str(high.le)) if isinstance(high, Le) else longest,
        default=default,
    )


def _input_of(
    shape: Any,
    enum: type[Enum] | None,
    texts: list[StringConstraints],
    longest: int | None,
    *,
    required: bool,
) -> Input:
    if enum is not None:
        return Input.ENUM
    if shape is bool:
        return Input.YES_NO if required else Input.CHECK
    plain = {
        int: Input.NUMBER,
        date: Input.DAY,
        datetime: Input.MOMENT,
        AwareDatetime: Input.MOMENT,
        A_LENGTH: Input.LENGTH,
    }
    if shape in plain:
        return plain[shape]
    if any(each.pattern in (CODE_PATTERN, KEY_PATTERN) for each in texts):
        return Input.CODE
    return Input.AREA if longest is not None and longest > SHORT_CHARACTERS_MAX else Input.LINE
