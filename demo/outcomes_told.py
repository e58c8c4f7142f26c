"""Outcomes as people read them: each number in words, `None` for what is not stated."""

from dataclasses import dataclass

from demo.outcomes import HUNDREDTHS, THOUSANDTHS, Told, told_outcomes
from domain.matters.figures import Figure
from domain.matters.values import Amount, Count, Quantity, Ratio, Value
from domain.matters.words import Precision

Sum = tuple[str, dict[str, str | None]]
Rate = tuple[str, str | None, bool]


@dataclass(frozen=True, slots=True)
class OutcomeTold:
    """One outcome. `sums` are what is stated, `rates` what that gives: a rate, both its numbers,
    and whether one of them was derived."""

    id: str
    zone: str
    source: str
    what: tuple[str, str]
    note: str | None
    sums: tuple[Sum, ...]
    rates: tuple[Rate, ...]


async def tell_outcomes() -> tuple[OutcomeTold, ...]:
    """Play all outcomes into a ledger in memory and tell each as it was read back."""
    return tuple(_told(each) for each in await told_outcomes())


def in_words(value: Value | None) -> str | None:
    """Return a value as text; None for what is not stated."""
    match value:
        case Count():
            return _precisely(value.precision, f"{value.n:,}")
        case Amount():
            number = _decimals(value.hundredths, HUNDREDTHS)
            return _precisely(value.precision, f"{value.currency} {number}")
        case Quantity():
            number = _decimals(value.thousandths, THOUSANDTHS)
            return _precisely(value.precision, f"{number} {value.unit}")
        case Ratio():
            return f"{value.part:,} of {value.whole or 0:,}"
        case None:
            return None
        case _:
            return str(value)


def _told(told: Told) -> OutcomeTold:
    outcome = told.outcome
    return OutcomeTold(
        id=outcome.id,
        zone=told.zone if outcome.zone_stated else f"{told.zone}?",
        source=outcome.source,
        what=(outcome.what.zh, outcome.what.en),
        note=outcome.note,
        sums=tuple(
            (total.label, {name: in_words(value) for name, value in total.figures.items()})
            for _, total in told.totals()
        ),
        rates=tuple(_rate(each) for each in told.figures if _is_stated_rate(each)),
    )


def _is_stated_rate(figure: Figure) -> bool:
    return figure.id.startswith("rate.") and ".stated" in figure.id


def _rate(figure: Figure) -> Rate:
    value = None
    if figure.whole is not None:
        value = f"{in_words(figure.part)} of {in_words(figure.whole)}"
    return f"{figure.name.zh} / {figure.name.en}", value, figure.derived


def _precisely(precision: Precision, text: str) -> str:
    return text if precision is Precision.EXACT else f"{precision} {text}"


def _decimals(number: int, places: int) -> str:
    """Return a whole number of hundredths or thousandths in whole units, zeros at the end left
    out."""
    units, rest = divmod(number, 10**places)
    return f"{units:,}" + (f".{rest:0{places}}".rstrip("0") if rest else "")
