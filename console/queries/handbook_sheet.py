"""A table of a handbook in one language, and how one is made of rows or of a rule's fields."""

from collections.abc import Iterable
from dataclasses import dataclass

from console.queries.handbook_words import Speaker

Lines = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table in one language. Each cell is some lines. `of` are the fields of the handbook that
    it shows."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Lines, ...], ...]
    of: tuple[str, ...] = ()


def sheet(
    speaker: Speaker, field: str, heads: tuple[str, ...], rows: Iterable[tuple[Lines, ...]]
) -> Sheet:
    return Sheet(
        title=speaker.label(field),
        heads=tuple(speaker.said(f"handbook_head.{each}") for each in heads),
        rows=tuple(rows),
        of=(field,),
    )


def rule_sheet(speaker: Speaker, field: str) -> Sheet:
    """Return a rule as its fields, one a row, or rows that have no table of their own by their
    names; without rows where the handbook has nothing of the kind."""
    rule, heads = getattr(speaker.book, field), ("setting", "says")
    if isinstance(rule, tuple):
        rows = [((str(number),), (speaker.row(each),)) for number, each in enumerate(rule, 1)]
        return sheet(speaker, field, heads, rows)
    return sheet(speaker, field, heads, said_rows(speaker, rule))


def said_rows(speaker: Speaker, rule: object) -> list[tuple[Lines, ...]]:
    """Return what a rule says, a row a field."""
    return [((label,), (told,)) for label, told in speaker.fields(rule)]
