"""Two versions of a stored report as a page shows them: what differs, section by section."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from console.queries.reports import CellShown, Teller
from console.texts import has, said
from desk.reports import MAKING_ROLES
from domain.report_differences import Compared, Differing
from domain.staffing import Post
from face.words import Language

CELLS_SHOWN_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class LineShown:
    """One cell in both versions; None: it is not there."""

    row: str
    column: str
    before: CellShown | None
    after: CellShown | None


@dataclass(frozen=True, slots=True)
class SectionShown:
    """A section of a report with the cells that differ."""

    title: str
    lines: tuple[LineShown, ...]


def differing(found: Compared, language: Language, time_zone: str) -> tuple[SectionShown, ...]:
    """Return the cells that differ, section by section in the report's order."""
    teller = Teller(language, time_zone)
    shown = found.cells[:CELLS_SHOWN_MAX]
    return tuple(
        SectionShown(title, tuple(_line(teller, each) for each in cells))
        for title, cells in groupby(shown, lambda each: teller.text(each.section))
    )


def making_posts(posts: Iterable[Post]) -> list[str]:
    """Return the posts that make and correct reports."""
    return [each.id for each in posts if set(each.roles).intersection(MAKING_ROLES)]


def _line(teller: Teller, each: Differing) -> LineShown:
    column = teller.text(each.column)
    head = f"stating.cell_{column}"
    return LineShown(
        row=teller.text(each.row),
        column=said(head, teller.language) if column and has(head) else column,
        before=None if each.before is None else teller.cell(each.before, each.kind),
        after=None if each.after is None else teller.cell(each.after, each.kind),
    )
