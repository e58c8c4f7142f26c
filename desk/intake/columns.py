"""Which column of a table holds what: by names that offices use, or by a mapping of one's own."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Final

from pydantic import Field as Bound
from pydantic import ValidationError

from desk.intake.problems import UnusableColumnsError
from desk.intake.tables import Line, Table
from domain.errors import from_validation
from domain.model import Frozen, Short
from handbooks.operator_files import FileReadError, toml_of

MAPPING_BYTES_MAX: Final = 64 * 1024
ENTRIES_MAX: Final = 2_000
HEAD_WITHIN: Final = 10
"""Above the head of a sheet may stand a title and notes: so many lines are looked at."""
HEAD_FIELDS_MIN: Final = 2
_BETWEEN_WORDS: Final = re.compile(r"[\s_\-*:()\[\]./、]+")


class Field(StrEnum):
    """What a row says of a report."""

    KEY = "key"
    """What the reporter calls the issue."""
    ENTERPRISE = "enterprise"
    CATEGORY = "category"
    TITLE = "title"
    TEXT = "text"
    ORIGIN = "origin"
    PRIORITY = "priority"
    OCCURRED_AT = "occurred_at"


class OwnMapping(Frozen):
    """A mapping that an operator writes: the columns' names, what stands where a row says nothing,
    and what words of theirs mean, by field."""

    columns: dict[Field, Short] = Bound(default={})
    constants: dict[Field, Short] = Bound(default={})
    values: dict[Field, Annotated[dict[Short, Short], Bound(max_length=ENTRIES_MAX)]] = Bound(
        default={}
    )


NO_MAPPING: Final = OwnMapping()


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field stands in a row, the columns' names as written, and those of no field."""

    places: Mapping[Field, int]
    names: Mapping[Field, str]
    passed_over: tuple[str, ...]
    mapping: OwnMapping

    def said(self, line: Line) -> dict[Field, str]:
        """Return what a row says, by field; constants where it says nothing."""
        found = {
            field: line.cells[place]
            for field, place in self.places.items()
            if place < len(line.cells) and line.cells[place]
        }
        return {**self.mapping.constants, **found}

    def name(self, field: Field | None) -> str | None:
        """Return what the column of a field is called in this table."""
        return None if field is None else self.names.get(field)


def read_mapping(content: bytes) -> OwnMapping:
    """Return a mapping that is written as TOML. Raises UnusableColumnsError."""
    if len(content) > MAPPING_BYTES_MAX:
        raise UnusableColumnsError(
            "The mapping is too large.", allowed=f"{MAPPING_BYTES_MAX} bytes"
        )
    try:
        return OwnMapping.model_validate(toml_of(content))
    except FileReadError as error:
        raise UnusableColumnsError(f"The mapping cannot be read: {error}.") from error
    except ValidationError as error:
        told = from_validation(error)
        raise UnusableColumnsError(
            f"The mapping is wrong: {told.message}",
            value=told.field,
            allowed="tables columns, constants, values by field",
        ) from None


def columns_of(table: Table, mapping: OwnMapping = NO_MAPPING) -> tuple[Columns, tuple[Line, ...]]:
    """Return the columns of a table and the rows below their head. Raises UnusableColumnsError."""
    names = _named(mapping)
    looked_at = table.lines[:HEAD_WITHIN]
    head = max(range(len(looked_at)), key=lambda place: _known(looked_at[place], names))
    if _known(looked_at[head], names) < min(HEAD_FIELDS_MIN, len(looked_at[head].cells)):
        head = 0
    columns = _columns(looked_at[head], names, mapping)
    _require_enough(columns)
    return columns, table.lines[head + 1 :]


def meaning(field: Field, word: str) -> str:
    """Return the code that a word of a field means; the word itself where it means none."""
    return _words().get(field, {}).get(plain_name(word), word)


def plain_name(text: str) -> str:
    """Return a name as it is compared: one width, one case, nothing between its words."""
    even = unicodedata.normalize("NFKC", text).casefold()
    return _BETWEEN_WORDS.sub("", even)


def told_words(language: str) -> Mapping[str, str]:
    """Return what the columns and outcomes of an answer are called."""
    words: dict[str, str] = _data()["told"][language]
    return words


def _named(mapping: OwnMapping) -> dict[str, Field]:
    """Return fields by the names of their columns. A name of the mapping's own takes the place of
    the usual ones."""
    usual = {
        plain_name(name): Field(field)
        for field, names in _data()["headers"].items()
        if field not in mapping.columns
        for name in names
    }
    return usual | {plain_name(name): field for field, name in mapping.columns.items()}


def _known(line: Line, names: Mapping[str, Field]) -> int:
    return len({names[plain] for cell in line.cells if (plain := plain_name(cell)) in names})


def _columns(line: Line, names: Mapping[str, Field], mapping: OwnMapping) -> Columns:
    places: dict[Field, int] = {}
    passed_over = []
    for place, cell in enumerate(line.cells):
        field = names.get(plain_name(cell))
        if field is None:
            passed_over += [cell] if cell else []
        elif field in places:
            raise UnusableColumnsError(
                f"Two columns hold the same: {line.cells[places[field]]} and {cell}.",
                value=field,
                allowed="one column, or a mapping that names it",
            )
        else:
            places[field] = place
    missing = [name for field, name in mapping.columns.items() if field not in places]
    if missing:
        raise UnusableColumnsError("There is no such column.", value=missing[0])
    named = {field: line.cells[place] for field, place in places.items()}
    return Columns(places, named, tuple(passed_over), mapping)


def _require_enough(columns: Columns) -> None:
    there = columns.places.keys() | columns.mapping.constants.keys()
    wanted = {Field.ENTERPRISE, Field.CATEGORY} - there
    if not there & {Field.TITLE, Field.TEXT}:
        wanted.add(Field.TITLE)
    if wanted:
        raise UnusableColumnsError(
            f"No column holds: {', '.join(sorted(wanted))}.",
            value=", ".join(columns.passed_over)[:120] or None,
            allowed="a head with names such as enterprise, category, title; or a mapping",
        )


@cache
def _words() -> Mapping[Field, Mapping[str, str]]:
    return {
        Field(field): {plain_name(word): code for code, words in codes.items() for word in words}
        for field, codes in _data()["words"].items()
    }


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files("desk.intake").joinpath("columns.toml").read_text(encoding="utf-8"))
