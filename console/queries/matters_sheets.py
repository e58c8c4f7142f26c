"""What a matter's page is made of: tables of cells, which the aggregates fill."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from console.queries.issue_timeline import word
from console.queries.naming import Naming
from domain.elsewhere import ELSEWHERE
from domain.lights import Light
from domain.model import Name
from domain.terms import Terms

ROWS_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Cell:
    """One thing in a table: a text or a moment, what it links to, and a light before it. Of a link
    `kind` says to what: an enterprise, an issue, a form."""

    text: Name | str | None = None
    at: datetime | None = None
    light: Light | None = None
    link: str | None = None
    kind: str = ""
    is_figure: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of a matter; `total` is how many rows there are in all."""

    id: str
    title: Name
    heads: tuple[Name, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: int
    start: int = 0
    note: Name | None = None

    @property
    def after(self) -> int | None:
        """Return where the next page of rows begins."""
        end = self.start + len(self.rows)
        return end if end < self.total else None


@dataclass(frozen=True, slots=True)
class Shown:
    """How a matter is looked at: by which names, at which instant, from which row on; `only`: what
    concerns this enterprise, and nothing of any other."""

    terms: Terms
    at: datetime
    start: int = 0
    only: str | None = None

    @property
    def naming(self) -> Naming:
        """Return the names of the handbook."""
        return Naming(self.terms.handbook)


def heads(*names: str) -> tuple[Name, ...]:
    """Return the headings of a table by the names of their texts."""
    return tuple(word(f"matter_head.{each}") for each in names)


def title(name: str) -> Name:
    """Return what a table is called."""
    return word(f"matter_sheet.{name}")


def text_cell(text: Name | str | None) -> Cell:
    """Return a plain cell."""
    return Cell(text)


def day_cell(on: date | None) -> Cell:
    """Return a day."""
    return Cell(None if on is None else on.isoformat())


def number_cell(number: int | str | None) -> Cell:
    """Return a number, set to the right."""
    return Cell(None if number is None else str(number), is_figure=True)


def firm_cell(shown: Shown, id_: str | None) -> Cell:
    """Return an enterprise, linked to its file."""
    if id_ is None:
        return Cell()
    if id_ == ELSEWHERE:
        return Cell(word("matter.elsewhere"))
    return Cell(shown.naming.enterprise(id_), link=id_, kind="enterprise")


def sheet(id_: str, names: Sequence[Name], rows: Sequence[tuple[Cell, ...]], shown: Shown) -> Sheet:
    """Return a page of a table."""
    page = tuple(rows[shown.start : shown.start + ROWS_SHOWN])
    if not page and rows:
        page = tuple(rows[:ROWS_SHOWN])
        return Sheet(id_, title(id_), tuple(names), page, len(rows))
    return Sheet(id_, title(id_), tuple(names), page, len(rows), shown.start if page else 0)
