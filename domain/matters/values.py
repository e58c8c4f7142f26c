"""Values that procedures ask for as data: counts, amounts, quantities, ratios, days, choices.

Numbers are whole: money in the currency's hundredths, quantities in thousandths of their unit.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from domain.errors import InvalidRequestError
from domain.matters.words import Precision, ValueKind
from domain.model import Code, Frozen, Name, Short, Text, is_none

NUMBER_MAX = 10**15
"""In hundredths: ten trillion of a currency. RFC 8785 carries whole numbers below 2**53."""
FIELDS_MAX = 32

Entry = TypeVar("Entry")
Whole = Annotated[int, Field(ge=0, le=NUMBER_MAX)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""A currency by its ISO 4217 code, such as CNY."""


def _is_exact(value: object) -> bool:
    return value is Precision.EXACT


class Count(Frozen):
    """So many of something."""

    kind: Literal[ValueKind.COUNT] = ValueKind.COUNT
    n: Whole
    precision: Precision = Field(default=Precision.EXACT, exclude_if=_is_exact)


class Amount(Frozen):
    """Money, in hundredths. Without a currency it is refused wherever it is given."""

    kind: Literal[ValueKind.AMOUNT] = ValueKind.AMOUNT
    hundredths: Whole
    currency: Currency | None = Field(default=None, exclude_if=is_none)
    precision: Precision = Field(default=Precision.EXACT, exclude_if=_is_exact)


class Quantity(Frozen):
    """So much of something that is measured, in thousandths of a unit such as `t` or `kg`."""

    kind: Literal[ValueKind.QUANTITY] = ValueKind.QUANTITY
    thousandths: Whole
    unit: Code
    precision: Precision = Field(default=Precision.EXACT, exclude_if=_is_exact)


class Ratio(Frozen):
    """So many of so many. A rate without its denominator is refused (R8.6)."""

    kind: Literal[ValueKind.RATIO] = ValueKind.RATIO
    part: Whole
    whole: Whole | None = Field(default=None, exclude_if=is_none)


class Day(Frozen):
    """A local day."""

    kind: Literal[ValueKind.DAY] = ValueKind.DAY
    on: date


class Choice(Frozen):
    """One of those that the procedure names."""

    kind: Literal[ValueKind.CHOICE] = ValueKind.CHOICE
    id: Code


class Words(Frozen):
    """What somebody wrote."""

    kind: Literal[ValueKind.WORDS] = ValueKind.WORDS
    text: Text


class Flag(Frozen):
    """Yes or no."""

    kind: Literal[ValueKind.FLAG] = ValueKind.FLAG
    yes: bool


Value = Annotated[
    Count | Amount | Quantity | Ratio | Day | Choice | Words | Flag, Field(discriminator="kind")
]


def _in_order(given: dict[str, Entry]) -> dict[str, Entry]:
    """In whatever order they came: what is kept is to the letter what its events come to."""
    return dict(sorted(given.items()))


Values = Annotated[dict[Code, Value], Field(max_length=FIELDS_MAX), AfterValidator(_in_order)]
"""What was given, by the field's id."""
StatedValues = Annotated[
    dict[Code, Value | None],
    Field(min_length=1, max_length=FIELDS_MAX),
    AfterValidator(_in_order),
]
"""What was stated, by its name; None is what the source names and does not state."""


class ChoiceRule(Frozen):
    """One of the answers that a field allows."""

    id: Code
    name: Name


class FieldRule(Frozen):
    """A field that a procedure asks for. `unit` belongs to a quantity, `currency` to an amount,
    `choices` to a choice; `ceiling` bounds a count."""

    id: Code
    name: Name
    type: ValueKind
    required: bool = True
    unit: Code | None = Field(default=None, exclude_if=is_none)
    currency: Currency | None = Field(default=None, exclude_if=is_none)
    choices: Annotated[tuple[ChoiceRule, ...], Field(max_length=32)] = ()
    ceiling: Whole | None = Field(default=None, exclude_if=is_none)
    source: Short | None = Field(default=None, exclude_if=is_none)

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        wanted = {
            ValueKind.QUANTITY: self.unit,
            ValueKind.AMOUNT: self.currency,
            ValueKind.CHOICE: self.choices or None,
        }
        for kind, said in wanted.items():
            if (self.type is kind) != (said is not None):
                msg = f"field {self.id}: unit, currency and choices are for {sorted(wanted)}"
                raise ValueError(msg)
        if self.ceiling is not None and self.type is not ValueKind.COUNT:
            msg = f"field {self.id}: ceiling bounds a count only"
            raise ValueError(msg)
        return self


Fields = Annotated[tuple[FieldRule, ...], Field(max_length=FIELDS_MAX)]


def require_fields(rules: Iterable[FieldRule], given: Mapping[str, Value], where: str) -> None:
    """Refuse values that the rules do not ask for, lack, or cannot hold. `where` is the place of
    the values in the command."""
    known = {rule.id: rule for rule in rules}
    for id_ in given:
        if id_ not in known:
            raise InvalidRequestError(
                "The procedure asks for no such field.",
                field=f"{where}.{id_}",
                allowed=known or "no field",
            )
    for id_, rule in known.items():
        value = given.get(id_)
        if value is not None:
            _require_value(rule, value, f"{where}.{id_}")
        elif rule.required:
            raise InvalidRequestError(
                "A field that the procedure asks for is missing.",
                field=f"{where}.{id_}",
                allowed=f"a value of kind {rule.type}",
            )


def require_sound(values: Mapping[str, Value | None], where: str) -> None:
    """Refuse amounts without a currency and ratios without a denominator, whoever states them."""
    for id_, value in values.items():
        if value is not None:
            _require_sound(value, f"{where}.{id_}")


def _require_sound(value: Value, where: str) -> None:
    if isinstance(value, Amount) and value.currency is None:
        raise InvalidRequestError(
            "An amount says in which currency it is.",
            field=f"{where}.currency",
            allowed="an ISO 4217 code, such as CNY",
        )
    if isinstance(value, Ratio) and not value.whole:
        raise InvalidRequestError(
            "A rate has a denominator above zero.", field=f"{where}.whole", value=value.whole
        )


def _require_value(rule: FieldRule, value: Value, where: str) -> None:
    if value.kind is not rule.type:
        raise InvalidRequestError(
            "The field holds another kind of value.",
            field=f"{where}.kind",
            value=value.kind,
            allowed=rule.type,
        )
    _require_sound(value, where)
    wanted: tuple[str, object, Iterable[str]] | None = None
    match value:
        case Amount(currency=currency) if currency != rule.currency:
            wanted = ("currency", currency, rule.currency or "")
        case Quantity(unit=unit) if unit != rule.unit:
            wanted = ("unit", unit, rule.unit or "")
        case Choice(id=id_) if id_ not in {each.id for each in rule.choices}:
            wanted = ("id", id_, [each.id for each in rule.choices])
        case Count(n=n) if rule.ceiling is not None and n > rule.ceiling:
            wanted = ("n", n, f"at most {rule.ceiling}")
        case _:
            pass
    if wanted is not None:
        name, said, allowed = wanted
        raise InvalidRequestError(
            "The field does not allow this value.",
            field=f"{where}.{name}",
            value=said,
            allowed=allowed,
        )
