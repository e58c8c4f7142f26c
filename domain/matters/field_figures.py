"""Figures of the fields that a procedure asks for: sums, pooled rates, shares of the answers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import Field

from domain.matters.figures import Figure, Summable, in_sum, pooled, unit_of
from domain.matters.values import (
    FIELDS_MAX,
    Amount,
    Choice,
    Count,
    FieldRule,
    Flag,
    Quantity,
    Ratio,
    Value,
)
from domain.matters.words import ValueKind
from domain.model import SHORT_CHARACTERS_MAX, Code, Name

UNITS_MAX = 16
FIGURE_ID_MAX = 64
BY_ID = "_by"
"""What ends the id of a figure that says how many stated a field: no choice is called so."""

BY = Name(zh="已填报数", en="stated by")
YES = Name(zh="是", en="yes")

Sums = Annotated[
    dict[
        Code,
        Annotated[
            tuple[Annotated[Count | Amount | Quantity, Field(discriminator="kind")], ...],
            Field(max_length=UNITS_MAX),
        ],
    ],
    Field(max_length=FIELDS_MAX),
]
"""What was counted so far, by field: one sum for each currency and unit."""


def with_values(before: Mapping[str, tuple[Summable, ...]], values: Mapping[str, Value]) -> Sums:
    """Return the sums with what is counted in values added."""
    sums = dict(before)
    for id_, value in values.items():
        if isinstance(value, Count | Amount | Quantity):
            sums[id_] = in_sum((*sums.get(id_, ()), value))
    return sums


def is_too_long(where: str, field: FieldRule) -> bool:
    """Return whether the figures of a field could not be called `<where>.<field>.<ending>`."""
    endings = (field.unit or "", *(each.id for each in field.choices))
    longest = max([len(BY_ID), *(len(each) for each in endings)])
    return len(f"{where}.{field.id}.") + longest > FIGURE_ID_MAX


def field_figures(
    where: tuple[str, Name],
    field: FieldRule,
    given: Sequence[Mapping[str, Value]],
    of: str,
    sums: Iterable[Summable] | None = None,
) -> Iterator[Figure]:
    """Return the figures of one field. `where` is what their ids and names begin with, `given` the
    last values of each `of` that was asked; `sums` what was counted, if it is more than these."""
    id_, name = f"{where[0]}.{field.id}", joined(where[1], field.name)
    values = [each[field.id] for each in given if field.id in each]
    match field.type:
        case ValueKind.COUNT | ValueKind.AMOUNT | ValueKind.QUANTITY:
            counted = values if sums is None else sums
            yield from sum_figures(id_, name, counted)
        case ValueKind.RATIO:
            whole = pooled(each for each in values if isinstance(each, Ratio))
            if whole is None:
                yield Figure(id=id_, name=name, part=None)
            else:
                yield share(id_, name, whole.part, whole.whole or 0)
        case ValueKind.CHOICE:
            chosen = [each.id for each in values if isinstance(each, Choice)]
            for choice in field.choices:
                said = chosen.count(choice.id)
                yield share(f"{id_}.{choice.id}", joined(name, choice.name), said, len(chosen), of)
        case ValueKind.FLAG:
            said = sum(each.yes for each in values if isinstance(each, Flag))
            yield share(f"{id_}.yes", joined(name, YES), said, len(values), of)
        case ValueKind.DAY | ValueKind.WORDS:
            return
    yield count(f"{id_}.{BY_ID}", joined(name, BY), len(values), of)


def sum_figures(id_: str, name: Name, values: Iterable[Value]) -> Iterator[Figure]:
    """Return a sum for each currency and unit, named after it where there is one; where nothing was
    stated, a figure without a number."""
    sums = in_sum(each for each in values if isinstance(each, Count | Amount | Quantity))
    if not sums:
        yield Figure(id=id_, name=name, part=None)
    for total in sums:
        unit = unit_of(total)
        yield Figure(id=id_ if unit is None else f"{id_}.{unit}", name=name, part=total)


def count(id_: str, name: Name, number: int, of: str) -> Figure:
    """Return how many there are."""
    return Figure(id=id_, name=name, part=Count(n=number), of=of)


def share(id_: str, name: Name, number: int, whole: int, of: str | None = None) -> Figure:
    """Return so many of so many; where there is none to count among, it is no rate."""
    among = Count(n=whole) if whole else None
    return Figure(id=id_, name=name, part=Count(n=number), whole=among, of=of)


def joined(first: Name, second: Name) -> Name:
    """Return the name of what is named within another."""
    return Name(
        zh=f"{first.zh}：{second.zh}"[:SHORT_CHARACTERS_MAX],
        en=f"{first.en}: {second.en}"[:SHORT_CHARACTERS_MAX],
    )
