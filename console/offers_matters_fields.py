"""What the form of a command to a matter is made of: the command's own model, and what the
procedure asks at that point."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from console.offers_fields import LEFT_OUT, Block, Entry, Field, Input, bare, field_of
from console.offers_matters_rules import fields_asked
from domain.handbook import Handbook
from domain.matters.acts import MatterEngineCommand
from domain.matters.commands import MatterAct
from domain.matters.rules import AnyProcedure
from domain.matters.state import Matter
from domain.matters.values import Amount, FieldRule, Quantity
from domain.matters.words import Precision, ValueKind
from domain.model import Name
from domain.terms import Terms

MODELS: Final[Mapping[str, type[BaseModel]]] = MappingProxyType(
    {each.model_fields["kind"].default: each for each in get_args(MatterAct)}
)
"""The model of every kind of command that people and services may send to a matter."""

WITHHELD: Final = frozenset(
    each.model_fields["kind"].default for each in get_args(MatterEngineCommand)
)

ROWS: Final[Mapping[str, int]] = MappingProxyType(
    {"problems": 3, "evidence": 2, "parties": 3, "outcomes": 6, "members": 6, "joins": 6}
)
OTHER_ROWS: Final = 4
TOTALS: Final = 4
"""How many rows a list has in its form. Whoever needs more sends them through the interface."""

LAST: Final = ("problems", "evidence", "note", "reason")
"""What is asked after all else."""
PLAIN_DAYS: Final = "dates"
"""A map of days that are no values of fields."""
NUMBER: Final = "n"


@dataclass(frozen=True, slots=True)
class AskedMatter:
    """What a form is about: a matter, or a new one of a procedure. `fixed` are fields that are
    settled already, by path; `own` the enterprise that the visitor speaks for, `near` those that
    are in their reach. `matter` is what they are told of it, `whole` what acts are judged by."""

    rule: AnyProcedure
    terms: Terms
    matter: Matter | None = None
    fixed: Mapping[str, str] = field(default_factory=dict)
    own: str | None = None
    near: frozenset[str] = frozenset()
    whole: Matter | None = None

    @property
    def handbook(self) -> Handbook:
        """Return the handbook by which the matter is judged."""
        return self.terms.handbook


@dataclass(frozen=True, slots=True)
class WorthOf:
    """What kind of value a block of inputs is, and the unit or the currency that it has."""

    kind: ValueKind
    unit: str | None = None
    currency: str | None = None


class Group(StrEnum):
    """What a block is, beside a list of rows or something nested."""

    TICKS = "ticks"
    GIVEN = "given"
    TOTALS = "totals"


@dataclass(frozen=True, slots=True)
class Form:
    """The form of one command. By path: `titles` are names that the procedure gives, `worths` the
    blocks that are one value, `groups` those that are a map, `rules` the rule of a plain value."""

    kind: str
    entries: tuple[Entry, ...]
    titles: Mapping[str, Name]
    worths: Mapping[str, WorthOf]
    groups: Mapping[str, Group]
    rules: Mapping[str, FieldRule]


def form_of(kind: str, asked: AskedMatter) -> Form:
    """Return what the form of a kind of command asks."""
    maker = _Maker(kind, asked)
    entries = tuple(sorted(maker.entries(MODELS[kind], ""), key=lambda each: each.name in LAST))
    return Form(kind, entries, maker.titles, maker.worths, maker.groups, maker.rules)


class _Maker:
    def __init__(self, kind: str, asked: AskedMatter) -> None:
        self.kind = kind
        self.asked = asked
        self.titles: dict[str, Name] = {}
        self.worths: dict[str, WorthOf] = {}
        self.groups: dict[str, Group] = {}
        self.rules: dict[str, FieldRule] = {}

    def entries(self, model: type[BaseModel], prefix: str) -> Iterator[Entry]:
        for name, info in model.model_fields.items():
            path = f"{prefix}{name}"
            if name in LEFT_OUT or path in self.asked.fixed or self._is_own(name, path):
                continue
            found = self._entry(name, path, info)
            if found is not None:
                yield found

    def _is_own(self, name: str, path: str) -> bool:
        """Whoever speaks for an enterprise names no other in what belongs to an act."""
        return self.asked.own is not None and name == "enterprise" and path != name

    def _entry(self, name: str, path: str, info: FieldInfo) -> Entry | None:
        shape, metadata = bare(info.annotation, tuple(info.metadata))
        required = info.is_required()
        if get_origin(shape) is dict:
            return self._map(name, path)
        if shape in (Amount, Quantity):
            return self._worth(name, path, _kind_of(shape), required=required)
        if get_origin(shape) is tuple:
            item, inner = bare(get_args(shape)[0], ())
            if isinstance(item, type) and issubclass(item, BaseModel):
                number = ROWS.get(name, OTHER_ROWS)
                rows = tuple(tuple(self.entries(item, f"{path}.{n}.")) for n in range(number))
                return Block(path, name, required, rows, is_list=True)
            return field_of(name, path, item, inner, required=required, many=True)
        if isinstance(shape, type) and issubclass(shape, BaseModel):
            row = tuple(self.entries(shape, f"{path}."))
            return Block(path, name, required, (row,), is_list=False)
        default: Any = None if required else info.default
        return field_of(name, path, shape, metadata, required=required, default=default)

    def _map(self, name: str, path: str) -> Block | None:
        if name == "figures":
            self.groups[path] = Group.TOTALS
            rows = tuple(_total_row(f"{path}.{n}.") for n in range(TOTALS))
            return Block(path, name, required=True, rows=rows, is_list=True)
        asked = fields_asked(self.kind, path, self.asked.rule, self.asked.fixed)
        if not asked:
            return None
        if all(isinstance(each, FieldRule) for each in asked):
            self.groups[path] = Group.GIVEN
        else:
            self.groups[path] = Group.TICKS
        row: list[Entry] = []
        for each in asked:
            self.titles[f"{path}.{each.id}"] = each.name
            if isinstance(each, FieldRule):
                row.append(self._asked(path, each))
            else:
                row.append(Field(f"{path}.{each.id}", each.id, Input.CHECK, required=False))
        is_required = any(isinstance(each, FieldRule) and each.required for each in asked)
        return Block(
            path,
            name,
            required=is_required or self.groups[path] is Group.TICKS,
            rows=(tuple(row),),
            is_list=False,
        )

    def _asked(self, path: str, rule: FieldRule) -> Entry:
        place = f"{path}.{rule.id}"
        plain = {
            ValueKind.DAY: Input.DAY,
            ValueKind.WORDS: Input.AREA,
            ValueKind.FLAG: Input.YES_NO,
            ValueKind.CHOICE: Input.CODE,
        }
        if path != PLAIN_DAYS:
            self.rules[place] = rule
        if rule.type in plain:
            return Field(place, rule.id, plain[rule.type], required=rule.required)
        return self._worth(rule.id, place, rule.type, required=rule.required, rule=rule)

    def _worth(
        self,
        name: str,
        path: str,
        kind: ValueKind,
        *,
        required: bool,
        rule: FieldRule | None = None,
    ) -> Block:
        unit, currency = self._measure(rule)
        self.worths[path] = WorthOf(kind, unit, currency)
        row = tuple(_inputs(path, kind, required=required))
        return Block(path, name, required, (row,), is_list=False)

    def _measure(self, rule: FieldRule | None) -> tuple[str | None, str | None]:
        """Return the unit and the currency of a value: those of its rule, else the matter's and the
        procedure's."""
        if rule is not None:
            return rule.unit, rule.currency
        return getattr(self.asked.matter, "unit", None), getattr(self.asked.rule, "currency", None)


def _kind_of(shape: object) -> ValueKind:
    return ValueKind.AMOUNT if shape is Amount else ValueKind.QUANTITY


def _inputs(path: str, kind: ValueKind, *, required: bool) -> Iterator[Field]:
    if kind is ValueKind.RATIO:
        yield Field(f"{path}.part", "part", Input.LINE, required)
        yield Field(f"{path}.whole", "whole", Input.LINE, required)
        return
    yield Field(f"{path}.{NUMBER}", NUMBER, Input.LINE, required)
    if kind is ValueKind.AMOUNT:
        yield Field(f"{path}.currency", "currency", Input.LINE, required, at_most=3)
    if kind is ValueKind.QUANTITY:
        yield Field(f"{path}.unit", "unit", Input.CODE, required)
    yield Field(
        f"{path}.precision",
        "precision",
        Input.ENUM,
        required=False,
        enum=Precision,
        default=Precision.EXACT,
    )


def _total_row(prefix: str) -> tuple[Field, ...]:
    """A sum that somebody stated: its name, what kind of number it is, the number, and of what."""
    return (
        Field(f"{prefix}id", "id", Input.CODE, required=False),
        Field(f"{prefix}type", "type", Input.CODE, required=False),
        Field(f"{prefix}{NUMBER}", NUMBER, Input.LINE, required=False),
        Field(f"{prefix}of", "of", Input.LINE, required=False),
        Field(f"{prefix}precision", "precision", Input.ENUM, required=False, enum=Precision),
    )


def leaves_of(entries: Sequence[Entry]) -> Iterator[Field]:
    """Yield every field of some entries, those of rows and blocks too."""
    for entry in entries:
        if isinstance(entry, Field):
            yield entry
        else:
            for row in entry.rows:
                yield from leaves_of(row)
