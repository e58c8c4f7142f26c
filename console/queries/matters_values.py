"""Values of procedures in words: numbers with their unit, currency and precision, in both
languages. What is not stated is said so."""

from collections.abc import Iterable, Mapping
from typing import Final, assert_never

from console.queries.issue_timeline import word
from domain.matters.values import (
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
from domain.matters.words import Precision
from domain.model import SHORT_CHARACTERS_MAX, Name

HUNDRED: Final = 100
THOUSAND: Final = 1000
NOT_STATED: Final = "matter.not_stated"


def value_name(value: Value | None, rule: FieldRule | None = None) -> Name:
    """Return a value in words; None: it is not stated. A choice goes by its name in `rule`."""
    match value:
        case None:
            return word(NOT_STATED)
        case Count() | Amount() | Quantity():
            return _about(_both(_measured(value)), value.precision)
        case Ratio(part=part, whole=whole):
            return _both(ratio_text(part, whole))
        case Day(on=on):
            return _both(on.isoformat())
        case Choice(id=id_):
            known = () if rule is None else rule.choices
            return next((each.name for each in known if each.id == id_), _both(id_))
        case Words(text=text):
            return _both(text)
        case Flag(yes=yes):
            return word("shell.yes" if yes else "shell.no")
        case _:
            assert_never(value)


def _measured(value: Count | Amount | Quantity) -> str:
    match value:
        case Count(n=n):
            return _grouped(n)
        case Amount(hundredths=n, currency=currency):
            return f"{_decimal(n, HUNDRED)} {currency or ''}".strip()
        case Quantity(thousandths=n, unit=unit):
            return f"{_decimal(n, THOUSAND)} {unit}"


def quantity_name(value: Quantity | None, unit: Name | None) -> Name:
    """Return a quantity with what its unit is called."""
    if value is None:
        return word(NOT_STATED)
    text = _decimal(value.thousandths, THOUSAND)
    called = unit or _both(value.unit)
    return _about(Name(zh=f"{text} {called.zh}", en=f"{text} {called.en}"), value.precision)


def sums_name(values: Iterable[Amount]) -> Name:
    """Return sums of money, one for each currency."""
    found = [value_name(each) for each in values]
    if not found:
        return word(NOT_STATED)
    return _both_of(found, "; ")


def values_name(values: Mapping[str, Value], rules: Iterable[FieldRule]) -> Name | None:
    """Return what was given, each value by the name of its field, None of nothing."""
    known = {each.id: each for each in rules}
    found = []
    for id_, value in values.items():
        rule = known.get(id_)
        label = _both(id_) if rule is None else rule.name
        told = value_name(value, rule)
        found.append(Name(zh=_cut(f"{label.zh}：{told.zh}"), en=_cut(f"{label.en}: {told.en}")))
    return _both_of(found, " · ") if found else None


def ratio_text(part: int, whole: int | None) -> str:
    """Return a ratio with both of its numbers."""
    if not whole:
        return f"{_grouped(part)} / —"
    return f"{_grouped(part)} / {_grouped(whole)} ({100 * part / whole:.1f} %)"


def number_shown(value: Value | None) -> str:
    """Return the plain number of a value for a drawing, empty if there is none."""
    match value:
        case Count(n=n):
            return str(n)
        case Amount(hundredths=n):
            return f"{n / HUNDRED:.2f}"
        case Quantity(thousandths=n):
            return f"{n / THOUSAND:.3f}"
        case _:
            return ""


def joined(names: Iterable[Name], between: str = ", ") -> Name | None:
    """Return several names in one, None of none."""
    found = list(names)
    return _both_of(found, between) if found else None


def _both_of(found: list[Name], between: str) -> Name:
    return Name(
        zh=_cut(between.join(each.zh for each in found)),
        en=_cut(between.join(each.en for each in found)),
    )


def _about(name: Name, precision: Precision) -> Name:
    if precision is Precision.EXACT:
        return name
    said = word(f"matter_value.precision_said_{precision.value}")
    return Name(zh=f"{said.zh}{name.zh}", en=f"{said.en} {name.en}")


def _both(text: str) -> Name:
    line = _cut(" ".join(text.split()) or "—")
    return Name(zh=line, en=line)


def _cut(text: str) -> str:
    return text if len(text) <= SHORT_CHARACTERS_MAX else f"{text[: SHORT_CHARACTERS_MAX - 1]}…"


def _grouped(number: int) -> str:
    return f"{number:,}"


def _decimal(number: int, per: int) -> str:
    whole, rest = divmod(number, per)
    digits = len(str(per)) - 1
    tail = f"{rest:0{digits}d}".rstrip("0")
    if per == HUNDRED and tail:
        tail = tail.ljust(digits, "0")
    return f"{whole:,}.{tail}" if tail else f"{whole:,}"
