"""Figures as a table: each value with what it is of, what was left out, by which definition."""

from typing import Final

from audit.printed.paper import Cell, Column, FigureLine, Figures, Kind, Language, Ratio, Table
from audit.printed.words import shown, word

COLUMNS: Final = (
    ("figure", Kind.TEXT, 30),
    ("value", Kind.TEXT, 12),
    ("numerator", Kind.COUNT, 9),
    ("denominator", Kind.COUNT, 9),
    ("excluded", Kind.COUNT, 9),
    ("of", Kind.COUNT, 8),
    ("definition", Kind.TEXT, 16),
    ("note", Kind.TEXT, 14),
)


def figures_table(figures: Figures, language: Language, *, in_words: bool) -> Table:
    """Return figures as a table. `in_words`: values as text; else as numbers, to count with."""
    columns = tuple(
        Column(word(f"paper.{head}", language), kind, width) for head, kind, width in COLUMNS
    )
    rows = [_row(line, language, in_words=in_words) for line in figures.lines]
    return Table(figures.title, columns, rows, figures.note)


def _row(line: FigureLine, language: Language, *, in_words: bool) -> tuple[Cell, ...]:
    value, none = line.value, word("paper.none", language)
    if not isinstance(value, Ratio):
        said: Cell = none if value is None else value
        if in_words and value is not None:
            said = shown(value, language, "UTC")
        return line.title, said, None, None, line.excluded, line.of, line.definition, line.note
    rate: Cell = none if value.value is None else value
    if in_words and value.value is not None:
        rate = f"{value.value:.1%}"
    excluded = value.excluded or line.excluded
    tail = (value.numerator, value.denominator, excluded, None, line.definition, line.note)
    return line.title, rate, *tail
