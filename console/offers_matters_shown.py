"""The form of a command to a matter as it is shown: labels of the procedure, choices, what was
filled in and what is wrong with it, in one language."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from console import templating
from console.offers_choices import Choice
from console.offers_fields import Block, Entry, Field, Input
from console.offers_filled import Filled
from console.offers_matters_choices import choices_in
from console.offers_matters_fields import AskedMatter, Form
from console.offers_shown import NUMBERS_UP_TO, ShownBlock, ShownEntry, ShownField
from console.texts import has, said
from domain.matters.words import Precision
from face.translated import in_language
from face.words import Language

MULTIPLE_SHOWN = 12


def shown_in(
    form: Form, asked: AskedMatter, filled: Filled, language: Language
) -> tuple[ShownEntry, ...]:
    """Return a form, filled in."""
    return tuple(_Shower(form, asked, filled, language).entries(form.entries))


def label_in(kind: str, name: str, language: Language) -> str:
    """Return what a field is called: in this command, or everywhere."""
    for text in (f"matter_field.{kind}_{name}", f"matter_field.{name}", f"issue_field.{name}"):
        if has(text):
            return said(text, language)
    return name.replace("_", " ")


class _Shower:
    def __init__(self, form: Form, asked: AskedMatter, filled: Filled, language: Language) -> None:
        self.form = form
        self.asked = asked
        self.filled = filled
        self.language = language

    def entries(self, entries: Sequence[Entry]) -> Iterator[ShownEntry]:
        for entry in entries:
            if isinstance(entry, Block):
                yield self._block(entry)
                continue
            shown = self._field(entry)
            if shown.choices != () or shown.required:
                yield shown

    def _block(self, block: Block) -> ShownBlock:
        inside = f"{block.path}."
        told = self.filled.values
        rows = tuple(tuple(self.entries(row)) for row in block.rows)
        return ShownBlock(
            path=block.path,
            label=self._label(block),
            is_list=block.is_list,
            rows=rows,
            is_filled=any(
                path.startswith(inside) and any(told.get(path, ("there is a mistake",)))
                for path in (*told, *self.filled.mistakes)
                if path.rpartition(".")[2] not in ("precision", "currency", "unit", "priority")
            ),
            required=block.required,
        )

    def _label(self, entry: Entry) -> str:
        title = self.form.titles.get(entry.path)
        if title is not None:
            return templating.of(title, self.language)
        return label_in(self.form.kind, entry.name, self.language)

    def _field(self, field: Field) -> ShownField:
        choices = choices_in(self.form, field, self.asked)
        named = None if choices is None else tuple(self._named(each) for each in choices)
        mistake = self.filled.mistakes.get(field.path)
        above = field.path.rpartition(".")[0]
        is_number = field.input is Input.NUMBER
        return ShownField(
            path=field.path,
            anchor=f"field-{field.path.replace('.', '-')}",
            label=self._label(field),
            input=field.input,
            required=field.required and self._is_asked(above),
            many=field.many,
            choices=named,
            values=self._values(field, named),
            mistake=None if mistake is None else in_language(mistake, self.language),
            hint=self._hint(field, named),
            at_least=field.at_least,
            at_most=field.at_most
            if not is_number or (field.at_most or 0) <= NUMBERS_UP_TO
            else None,
        )

    def _is_asked(self, above: str) -> bool:
        """A field of something that may be left out is required by the model only."""
        if not above:
            return True
        for entry in _blocks(self.form.entries):
            if entry.path == above:
                return entry.required and not entry.is_list
        return False

    def _named(self, choice: Choice) -> tuple[str, str]:
        if choice.name is not None:
            return choice.value, templating.of(choice.name, self.language)
        return choice.value, said(choice.text or "", self.language)

    def _values(self, field: Field, choices: tuple[tuple[str, str], ...] | None) -> tuple[str, ...]:
        given = self.filled.values.get(field.path)
        if given is not None or self.filled.mistakes:
            return given or ()
        if field.name == "precision":
            return (Precision.EXACT.value,)
        is_measure = field.name in ("currency", "unit") and field.path in self._measures()
        if choices is not None and len(choices) == 1 and (field.required or is_measure):
            return (choices[0][0],)
        if field.default is not None and field.input is Input.ENUM:
            return (str(getattr(field.default, "value", field.default)),)
        if field.input is Input.CHECK and field.default is True:
            return ("true",)
        return ()

    def _measures(self) -> set[str]:
        return {f"{path}.{each}" for path in self.form.worths for each in ("currency", "unit")}

    def _hint(self, field: Field, choices: tuple[tuple[str, str], ...] | None) -> str | None:
        for text in (
            f"matter_hint.{self.form.kind}_{field.name}",
            f"matter_hint.{field.name}",
        ):
            if has(text) and (choices is None or field.many):
                return said(text, self.language)
        if choices is not None:
            return said("issue_hint.many", self.language) if field.many else None
        return said("issue_hint.code", self.language) if field.input is Input.CODE else None


def _blocks(entries: Sequence[Entry]) -> Iterator[Block]:
    for entry in entries:
        if isinstance(entry, Block):
            yield entry
            for row in entry.rows:
                yield from _blocks(row)


def without_empty(entries: tuple[ShownEntry, ...]) -> tuple[ShownEntry, ...]:
    """Return a form without blocks in which nothing can be filled in."""
    found: list[ShownEntry] = []
    for each in entries:
        if isinstance(each, ShownField):
            found.append(each)
            continue
        rows = tuple(row for row in each.rows if row)
        if rows:
            found.append(replace(each, rows=rows))
    return tuple(found)
