"""Figures of the fields that a procedure asks for: sums, pooled rates, shares of the answers."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

from pydantic import Field

from domain.matters.figures import Figure, Summable, in_sum, unit_of
from domain.matters.tally import Tally
from domain.matters.values import (
    FIELDS_MAX,
    Amount,
    Choice,
    Count,
    Day,
    FieldRule,
    Flag,
    Quantity,
    Ratio,
    Value,
    Words,
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


def take_field(tally: Tally, where: str, field: FieldRule, given: Mapping[str, Value]) -> None:
    """Count what the last values of something say of one field. `where` is what its figures' ids
    begin with."""
    id_, value = f"{where}.{field.id}", given.get(field.id)
    if value is None:
        return
    tally.add(f"{id_}/by")
    match value:
        case Count() | Amount() | Quantity():
            tally.sum(id_, (value,))
        case Ratio():
            tally.pool(id_, (value,))
        case Choice():
            tally.add(f"{id_}.{value.id}")
            tally.add(f"{id_}/chosen")
        case Flag():
            tally.add(f"{id_}/yes", value.yes)
        case Day() | Words():
            return


def field_figures(
    where: tuple[str, Name],
    field: FieldRule,
    tally: Tally,
    of: str,
    sums: Iterable[Summable] | None = None,
) -> Iterator[Figure]:
    """Return the figures of one field. `where` is what their ids and names begin with, `tally` what
    `take_field` counted of each `of` that was asked; `sums` are given if they are of more."""
    id_, name = f"{where[0]}.{field.id}", joined(where[1], field.name)
    by = tally.number(f"{id_}/by")
    match field.type:
        case ValueKind.COUNT | ValueKind.AMOUNT | ValueKind.QUANTITY:
            yield from sum_figures(id_, name, tally.sums(id_) if sums is None else sums)
        case ValueKind.RATIO:
            yield rate(id_, name, tally.pooled(id_))
        case ValueKind.CHOICE:
            chosen = tally.number(f"{id_}/chosen")
            for choice in field.choices:
                said = tally.number(f"{id_}.{choice.id}")
                yield share(f"{id_}.{choice.id}", joined(name, choice.name), said, chosen, of)
        case ValueKind.FLAG:
            yield share(f"{id_}.yes", joined(name, YES), tally.number(f"{id_}/yes"), by, of)
        case ValueKind.DAY | ValueKind.WORDS:
            return
    yield count(f"{id_}.{BY_ID}", joined(name, BY), by, of)


def sum_figures(id_: str, name: Name, sums: Iterable[Summable]) -> Iterator[Figure]:
    """Return a figure for each sum, named after its currency or unit where there is one; where
    nothing was stated, one without a number."""
    sums = tuple(sums)
    if not sums:
        yield Figure(id=id_, name=name, part=None)
    for total in sums:
        unit = unit_of(total)
        yield Figure(id=id_ if unit is None else f"{id_}.{unit}", name=name, part=total)


def rate(
    id_: str, name: Name, both: tuple[Count, Count] | None, note: Name | None = None
) -> Figure:
    """Return a rate of what was pooled; without a denominator it is none, and has no part."""
    part, whole = (None, None) if both is None else both
    return Figure(id=id_, name=name, part=part, whole=whole, note=note)


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
