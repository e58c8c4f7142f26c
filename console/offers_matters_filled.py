"""A form of a command to a matter that somebody has filled in: the command that it means, and what
is wrong where."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, cast

from pydantic import BaseModel, ValidationError

from console.offers_fields import Block, Entry, Field, Input
from console.offers_filled import (
    TOP,
    TYPED_CHARACTERS_MAX,
    Filled,
    Values,
    sentence,
    value_in,
)
from console.offers_matters_fields import (
    MODELS,
    NUMBER,
    AskedMatter,
    Form,
    Group,
    leaves_of,
)
from domain.calendar import WorkingCalendar
from domain.errors import InvalidRequestError, IssueError
from domain.matters.commands import MatterCommand
from domain.matters.values import NUMBER_MAX, FieldRule
from domain.matters.words import Precision, ValueKind

_PLACES: Final[Mapping[ValueKind, int]] = {
    ValueKind.COUNT: 0,
    ValueKind.AMOUNT: 2,
    ValueKind.QUANTITY: 3,
    ValueKind.RATIO: 0,
}
_HOLDS: Final[Mapping[ValueKind, str]] = {
    ValueKind.COUNT: "n",
    ValueKind.AMOUNT: "hundredths",
    ValueKind.QUANTITY: "thousandths",
}
_NUMBER: Final = re.compile(r"[0-9]{1,16}(\.[0-9]{1,9})?")
_ALIASES: Final = {"hundredths": NUMBER, "thousandths": NUMBER, "kind": NUMBER}
_SEPARATORS: Final = str.maketrans("", "", ",， \u00a0\u202f")
TYPED_BY_PERSON: Final = frozenset({Input.LINE, Input.AREA, Input.CODE, Input.NUMBER, Input.DAY})


def typed_in(form: Form, sent: Sequence[tuple[str, str]]) -> Values:
    """Return what was sent for the fields of a form, cut where it is beyond all bounds."""
    known = {each.path for each in leaves_of(form.entries)}
    found: dict[str, tuple[str, ...]] = {}
    for path, text in sent:
        if path in known:
            found[path] = (*found.get(path, ()), text[:TYPED_CHARACTERS_MAX])
    return found


def command_in(
    form: Form, values: Values, asked: AskedMatter
) -> tuple[MatterCommand | None, Filled]:
    """Return the command that a form means, None if it means none; and the form with its
    mistakes."""
    reader = _Reader(form, values, asked.terms.calendar)
    data = {**reader.data(form.entries), **asked.fixed}
    if reader.mistakes:
        return None, Filled(values, reader.mistakes)
    model: type[BaseModel] = MODELS[form.kind]
    try:
        # The models of a kind are those of the union: what is validated is one of it.
        return cast("MatterCommand", model.model_validate(data)), Filled(values)
    except ValidationError as error:
        mistakes: dict[str, str] = {}
        for each in error.errors(include_url=False, include_input=False):
            place = place_in(form, ".".join(str(part) for part in each["loc"]))
            mistakes.setdefault(place, sentence(each["msg"]))
        return None, Filled(values, mistakes)


def refused_in(form: Form, filled: Filled, refusal: IssueError) -> Filled:
    """Return a form with a refusal at its field, or above the form."""
    path = place_in(form, _row_of(filled.values, refusal.field or ""))
    return Filled(filled.values, {**filled.mistakes, path: refusal.message})


def _row_of(values: Values, named: str) -> str:
    """Return a stated number by its row: a refusal names it by what it is called."""
    first, _, rest = named.partition(".")
    id_, _, last = rest.rpartition(".")
    if first != "figures":
        return named
    for path, texts in values.items():
        if path.startswith("figures.") and path.endswith(".id") and id_ in texts:
            return f"{path.removesuffix('id')}{'of' if last in _MEASURES else last}"
    return named


_MEASURES: Final = frozenset({"currency", "unit", "whole"})


def place_in(form: Form, named: str) -> str:
    """Return the path of the field that a refusal names, or the top: the longest that leads to it;
    of a block its first field."""
    if named.startswith("actor"):
        return TOP
    paths = [each.path for each in leaves_of(form.entries)]
    parts = named.removeprefix("command.").split(".")
    for length in range(len(parts), 0, -1):
        last = _ALIASES.get(parts[length - 1], parts[length - 1])
        for path in (".".join(parts[:length]), ".".join((*parts[: length - 1], last))):
            if path in paths:
                return path
            first = next((each for each in paths if each.startswith(f"{path}.")), None)
            if first is not None:
                return first
    return TOP


class _Reader:
    def __init__(self, form: Form, values: Values, calendar: WorkingCalendar) -> None:
        self.form = form
        self.values = values
        self.calendar = calendar
        self.mistakes: dict[str, str] = {}

    def data(self, entries: Sequence[Entry]) -> dict[str, object]:
        """Return what was filled in as the model takes it; what was left empty is left out."""
        found: dict[str, object] = {}
        for entry in entries:
            value = self._of(entry)
            if value is not None:
                found[entry.name] = value
        return found

    def _of(self, entry: Entry) -> object:
        if isinstance(entry, Field):
            return self._plain(entry)
        worth = self.form.worths.get(entry.path)
        if worth is not None:
            return self._worth(entry.path, worth.kind)
        match self.form.groups.get(entry.path):
            case Group.TICKS:
                ticks = leaves_of(entry.rows[0])
                return {each.name: bool(self._text(each.path)) for each in ticks}
            case Group.GIVEN:
                return self.data(entry.rows[0])
            case Group.TOTALS:
                return self._totals(entry) or None
            case _:
                return self._rows(entry)

    def _rows(self, block: Block) -> object:
        rows = [self.data(row) for row in block.rows if self._is_said(row)]
        if block.is_list:
            return rows or None
        if rows:
            return rows[0]
        return {} if block.required else None

    def _is_said(self, row: Sequence[Entry]) -> bool:
        """Whether anybody wrote anything in a row: what is chosen by itself says nothing."""
        return any(
            self._text(each.path)
            for each in leaves_of(row)
            if each.input in TYPED_BY_PERSON and each.name not in ("currency", "unit")
        )

    def _plain(self, entry: Field) -> object:
        value = value_in(entry, self.values, self.calendar, self.mistakes)
        rule = self.form.rules.get(entry.path)
        return value if rule is None or value is None else _typed(rule, value)

    def _worth(self, path: str, kind: ValueKind) -> dict[str, object] | None:
        if kind is ValueKind.RATIO:
            part, whole = (self._number(f"{path}.{each}", kind) for each in ("part", "whole"))
            if part is None and whole is None:
                return None
            return _said({"kind": kind.value, "part": part or 0, "whole": whole})
        number = self._number(f"{path}.{NUMBER}", kind)
        if number is None:
            return None
        return _said(
            {
                "kind": kind.value,
                _HOLDS[kind]: number,
                "currency": self._text(f"{path}.currency") or None,
                "unit": self._text(f"{path}.unit") or None,
                "precision": self._text(f"{path}.precision") or None,
            }
        )

    def _totals(self, block: Block) -> dict[str, object]:
        found: dict[str, object] = {}
        for number in range(len(block.rows)):
            prefix = f"{block.path}.{number}"
            id_, kind = self._text(f"{prefix}.id"), self._text(f"{prefix}.type")
            is_more = self._text(f"{prefix}.{NUMBER}") or self._text(f"{prefix}.of")
            if not id_ and is_more:
                self._keep(f"{prefix}.id", _unnamed(f"{prefix}.id"))
            elif id_:
                found[id_] = self._total(prefix, kind)
        return found

    def _total(self, prefix: str, kind: str) -> dict[str, object] | None:
        """Return a number that was stated; None is what the source names and does not state."""
        if not self._text(f"{prefix}.{NUMBER}"):
            return None
        if kind not in tuple(_PLACES):
            self._keep(f"{prefix}.type", _unnamed(f"{prefix}.type"))
            return None
        sort = ValueKind(kind)
        number, of = self._number(f"{prefix}.{NUMBER}", sort), self._text(f"{prefix}.of")
        if sort is ValueKind.RATIO:
            whole = self._number(f"{prefix}.of", sort)
            return _said({"kind": kind, "part": number, "whole": whole})
        named = {ValueKind.AMOUNT: "currency", ValueKind.QUANTITY: "unit"}.get(sort)
        precision = self._text(f"{prefix}.precision") or Precision.EXACT
        found = {"kind": kind, _HOLDS[sort]: number, "precision": precision}
        return _said(found if named is None else found | {named: of or None})

    def _number(self, path: str, kind: ValueKind) -> int | None:
        """Return a number in the smallest unit of its kind."""
        text = self._text(path).translate(_SEPARATORS)
        if not text:
            return None
        try:
            return _number_in(text, kind, path)
        except InvalidRequestError as refusal:
            self._keep(path, refusal)
            return None

    def _keep(self, path: str, refusal: InvalidRequestError) -> None:
        self.mistakes[path] = refusal.message

    def _text(self, path: str) -> str:
        return next((each.strip() for each in self.values.get(path, ()) if each.strip()), "")


def _number_in(text: str, kind: ValueKind, path: str) -> int:
    if _NUMBER.fullmatch(text) is None:
        raise InvalidRequestError("A plain number is written here.", field=path)
    scaled = Decimal(text).scaleb(_PLACES[kind])
    if scaled != scaled.to_integral_value():
        raise InvalidRequestError("The number has too many decimals.", field=path)
    return min(int(scaled), NUMBER_MAX + 1)


def _unnamed(path: str) -> InvalidRequestError:
    return InvalidRequestError("A stated number has a name and a kind.", field=path)


def _said(data: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in data.items() if value is not None}


def _typed(rule: FieldRule, value: object) -> dict[str, object]:
    match rule.type:
        case ValueKind.DAY:
            return {"kind": "day", "on": value}
        case ValueKind.CHOICE:
            return {"kind": "choice", "id": value}
        case ValueKind.FLAG:
            return {"kind": "flag", "yes": value}
        case _:
            return {"kind": "words", "text": value}
