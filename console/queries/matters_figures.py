"""The figures of a procedure: each with both its numbers, what is not stated, what was derived."""

from collections.abc import Sequence
from dataclasses import dataclass

from console.queries.issue_timeline import word
from console.queries.matters_values import NOT_STATED, number_shown, value_name
from domain.matters.figures import Figure
from domain.matters.values import Amount, Count, Quantity, Ratio, Value
from domain.model import Name


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A figure as a row: `part` and `whole` in words, `share` of the two if they are one, `drawn`
    the plain number of a drawing."""

    id: str
    name: Name
    part: Name
    whole: Name | None
    share: str | None
    derived: bool
    is_stated: bool
    drawn: str
    of: str | None
    note: Name | None


def figure_lines(figures: Sequence[Figure]) -> tuple[FigureLine, ...]:
    """Return figures as rows."""
    return tuple(_line(each) for each in figures)


def _line(each: Figure) -> FigureLine:
    part, whole = each.part, each.whole
    above: Value | None = part
    below: Value | None = whole
    if isinstance(part, Ratio):
        above, below = Count(n=part.part), None if part.whole is None else Count(n=part.whole)
    share = _share(above, below)
    return FigureLine(
        id=each.id,
        name=each.name,
        part=word(NOT_STATED) if above is None else value_name(above),
        whole=None if below is None else value_name(below),
        share=None if share is None else f"{share:.1f} %",
        derived=each.derived,
        is_stated=part is not None,
        drawn="" if share is None else f"{share:.1f}",
        of=each.of,
        note=each.note,
    )


def _share(part: Value | None, whole: Value | None) -> float | None:
    if part is None or whole is None or part.kind is not whole.kind:
        return None
    if not isinstance(part, (Count, Amount, Quantity)):
        return None
    above, below = number_shown(part), number_shown(whole)
    if not above or not below or float(below) == 0:
        return None
    return 100 * float(above) / float(below)
