"""A command's form as it is shown: each field with its label, its choices, what was filled in and
what is wrong with it, in one language."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from console import templating
from console.offers_choices import Asked, Choice, choices_of
from console.offers_fields import Block, Entry, Field, Input, entries_of
from console.offers_filled import Filled
from console.texts import has, said
from face.translated import in_language
from face.words import Language

NUMBERS_UP_TO: Final = 10_000
"""A bound beyond this is of no help to whoever fills in a form."""


@dataclass(frozen=True, slots=True)
class ShownField:
    """One input with all that is said about it."""

    path: str
    anchor: str
    label: str
    input: Input
    required: bool
    many: bool
    choices: tuple[tuple[str, str], ...] | None
    values: tuple[str, ...]
    mistake: str | None
    hint: str | None
    at_least: int | None
    at_most: int | None

    @property
    def value(self) -> str:
        """Return what was filled in first."""
        return self.values[0] if self.values else ""


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """Fields that belong together. Rows beyond the first are folded away while they are empty."""

    path: str
    label: str
    is_list: bool
    rows: tuple[tuple["ShownField | ShownBlock", ...], ...]
    is_filled: bool
    required: bool


ShownEntry = ShownField | ShownBlock


def shown_form(
    kind: str, asked: Asked, filled: Filled, language: Language
) -> tuple[ShownEntry, ...]:
    """Return the form of a command, filled in."""
    return tuple(_entries(kind, entries_of(kind), asked, filled, language))


def label_of(kind: str, name: str, language: Language) -> str:
    """Return what a field is called: in this command, or everywhere."""
    own = f"issue_field.{kind}_{name}"
    return said(own if has(own) else f"issue_field.{name}", language)


def _entries(
    kind: str, entries: Sequence[Entry], asked: Asked, filled: Filled, language: Language
) -> Iterator[ShownEntry]:
    for entry in entries:
        if isinstance(entry, Field):
            yield _field(kind, entry, asked, filled, language)
        else:
            yield _block(kind, entry, asked, filled, language)


def _block(kind: str, block: Block, asked: Asked, filled: Filled, language: Language) -> ShownBlock:
    rows = tuple(tuple(_entries(kind, row, asked, filled, language)) for row in block.rows)
    inside = f"{block.path}."
    return ShownBlock(
        path=block.path,
        label=label_of(kind, block.name, language),
        is_list=block.is_list,
        rows=rows,
        is_filled=any(
            path.startswith(inside) and any(filled.values.get(path, ("there is a mistake",)))
            for path in (*filled.values, *filled.mistakes)
        ),
        required=block.required,
    )


def _field(kind: str, field: Field, asked: Asked, filled: Filled, language: Language) -> ShownField:
    choices = choices_of(kind, field, asked)
    named = None if choices is None else tuple(_named(each, language) for each in choices)
    mistake = filled.mistakes.get(field.path)
    return ShownField(
        path=field.path,
        anchor=f"field-{field.path.replace('.', '-')}",
        label=label_of(kind, field.name, language),
        input=field.input,
        required=field.required and "." not in field.path.replace("resolution.", ""),
        many=field.many,
        choices=named,
        values=_values(field, filled, named),
        mistake=None if mistake is None else in_language(mistake, language),
        hint=_hint(field, named, language),
        at_least=field.at_least,
        at_most=field.at_most
        if field.input is not Input.NUMBER or (field.at_most or 0) <= NUMBERS_UP_TO
        else None,
    )


def _named(choice: Choice, language: Language) -> tuple[str, str]:
    if choice.name is not None:
        return choice.value, templating.of(choice.name, language)
    return choice.value, said(choice.text or "", language)


def _values(
    field: Field, filled: Filled, choices: tuple[tuple[str, str], ...] | None
) -> tuple[str, ...]:
    """Return what was filled in; of a form that is new, what goes without saying."""
    if filled.values:
        return filled.values.get(field.path, ())
    if field.input is Input.CHECK:
        return ("true",) if field.default is True else ()
    if choices is not None and field.required and len(choices) == 1 and not field.many:
        return (choices[0][0],)
    if field.default is not None and field.input is Input.ENUM:
        return (str(getattr(field.default, "value", field.default)),)
    return ()


def _hint(
    field: Field, choices: tuple[tuple[str, str], ...] | None, language: Language
) -> str | None:
    if has(f"issue_hint.{field.name}"):
        return said(f"issue_hint.{field.name}", language)
    if field.input is Input.LENGTH:
        return said("issue_hint.length", language)
    if choices is not None:
        return said("issue_hint.many", language) if field.many else None
    return said("issue_hint.code", language) if field.input is Input.CODE else None
