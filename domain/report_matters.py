"""The section of stored reports that tells what the zone's procedures come to (issue 9).

A handbook without procedures has none, so that no report that was stored before changes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from domain.figures import Plain
from domain.matters.figures import Figure
from domain.matters.matter import StatedTotal
from domain.matters.rules import AnyProcedure
from domain.matters.values import Amount, Choice, Count, Day, Flag, Quantity, Ratio, Value, Words
from domain.matters.words import Precision
from domain.model import Name
from domain.report_forms import Names, Said, column, listed, plain_name


@dataclass(frozen=True, slots=True)
class Counted:
    """A procedure, how many matters it had, its figures, and the totals that stood in its matters,
    by their streams."""

    rule: AnyProcedure
    matters: int
    figures: tuple[Figure, ...]
    totals: tuple[StatedTotal, ...]


def procedures_table(names: Names, counted: Sequence[Counted]) -> Iterator[Plain]:
    """Yield the table of every figure of every procedure; nothing for a zone without any."""
    if not counted:
        return
    columns = (
        column(names, "procedure", width=24),
        column(names, "figure", width=30),
        column(names, "value", width=20),
        column(names, "of", width=20),
        column(names, "said", width=24),
    )
    rows = [row for each in counted for row in _rows(names, each)]
    yield listed(names, "procedures", columns, rows)


def stated_table(names: Names, counted: Sequence[Counted]) -> Iterator[Plain]:
    """Yield the table of the totals that somebody stated and that no acts here show: never mixed
    with what is counted."""
    rows = [row for each in counted for row in _stated(names, each)]
    if not rows:
        return
    columns = (
        column(names, "procedure", width=24),
        column(names, "total", width=30),
        column(names, "figure", width=20),
        column(names, "value", width=20),
        column(names, "as_of", width=14),
    )
    yield listed(names, "stated_totals", columns, rows)


def _rows(names: Names, counted: Counted) -> Iterator[list[object]]:
    title = _said(counted.rule.name)
    yield [title, names.word("text.matters"), plain_name(f"{counted.matters:,}"), "", ""]
    for figure in counted.figures:
        note = plain_name("") if figure.note is None else _said(figure.note)
        yield [
            title,
            _said(figure.name),
            value_said(names, figure.part),
            "" if figure.whole is None else value_said(names, figure.whole),
            names.word("text.derived") if figure.derived and figure.note is None else note,
        ]


def _stated(names: Names, counted: Counted) -> Iterator[list[object]]:
    title = _said(counted.rule.name)
    for total in counted.totals:
        as_of = "" if total.as_of_on is None else total.as_of_on.isoformat()
        for id_, value in sorted(total.figures.items()):
            yield [
                title,
                plain_name(total.label),
                plain_name(id_),
                value_said(names, value),
                plain_name(as_of),
            ]


def _said(name: Name) -> Said:
    return {"zh": name.zh, "en": name.en}


def value_said(names: Names, value: Value | None) -> Said:
    """Return what a value reads like; what is not stated is told as that, never as nothing."""
    if value is None:
        return names.word("text.not_stated")
    match value:
        case Count():
            return _precisely(names, value.precision, f"{value.n:,}")
        case Amount():
            return _precisely(names, value.precision, _money(value))
        case Quantity():
            number = f"{value.thousandths / 1000:,.3f}".rstrip("0").rstrip(".")
            return _precisely(names, value.precision, f"{number} {value.unit}")
        case Ratio():
            return plain_name(_share(value))
        case Day():
            return plain_name(value.on.isoformat())
        case Choice() | Words():
            return plain_name(value.id if isinstance(value, Choice) else value.text)
        case Flag():
            return names.word("text.yes" if value.yes else "text.no")
        case _:
            assert_never(value)


def _money(value: Amount) -> str:
    whole, rest = divmod(value.hundredths, 100)
    return f"{value.currency or ''} {whole:,}.{rest:02d}".strip()


def _share(value: Ratio) -> str:
    if not value.whole:
        return f"{value.part:,} / ?"
    hundredths = (value.part * 10_000 + value.whole // 2) // value.whole
    return f"{value.part:,} / {value.whole:,} = {hundredths // 100}.{hundredths % 100:02d} %"


def _precisely(names: Names, precision: Precision, text: str) -> Said:
    if precision is Precision.EXACT:
        return plain_name(text)
    said = names.word(f"precision.{precision.value}")
    return {"zh": f"{said['zh']} {text}", "en": f"{said['en']} {text}"}
