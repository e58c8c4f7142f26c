"""A paper: what is printed, before it is known on what. Excel and PDF render the same one.

A paper is in one language already; its moments are instants, shown in its time zone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Literal, assert_never

from domain.errors import InvalidRequestError
from domain.lights import Light

Language = Literal["zh", "en"]

COLUMNS_MAX: Final = 40
SERIES_MAX: Final = 8
POINTS_MAX: Final = 120


class Kind(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    COUNT = "count"
    NUMBER = "number"
    RATIO = "ratio"
    MOMENT = "moment"
    DAY = "day"
    LENGTH = "length"
    LIGHT = "light"


@dataclass(frozen=True, slots=True)
class Ratio:
    """A share of something; with a denominator of 0 it is none, never 0 % or 100 %. `excluded` were
    left out of both."""

    numerator: int
    denominator: int
    excluded: int = 0

    @property
    def value(self) -> float | None:
        """Return it as a number, None where there is nothing that it is a share of."""
        return self.numerator / self.denominator if self.denominator else None


Cell = str | int | float | Ratio | datetime | date | timedelta | Light | None
"""A moment is an aware datetime; a light is told by its word as well; None is empty."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, what its cells hold, and how wide it is in characters (a Chinese one
    counts two)."""

    head: str
    kind: Kind = Kind.TEXT
    width: float = 12


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table. `note` stands below it. `id` names its sheet in a workbook."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A figure as it is answered for: its value, what it is of, what was left out, by which
    definition (`name@revision`)."""

    title: str
    value: Ratio | int | timedelta | None
    definition: str = ""
    note: str = ""
    excluded: int = 0
    of: int | None = None
    """Of a median or a percentile: of how many."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures under a title."""

    title: str
    lines: Sequence[FigureLine]
    note: str = ""


class ChartKind(StrEnum):
    """How a chart shows its series."""

    BARS = "bars"
    STACKED = "stacked"
    LINES = "lines"
    LIGHTS = "lights"
    """Bars of red, yellow, green and none, each with its word."""


@dataclass(frozen=True, slots=True)
class Series:
    """A row of values, one a label; None: nothing is known, which is not 0. `light` gives it that
    light's colour and pattern."""

    name: str
    values: Sequence[float | None]
    light: Light | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of numbers that also stand in a table, or under it. `unit`: `%`, or a word."""

    title: str
    kind: ChartKind
    labels: Sequence[str]
    series: Sequence[Series]
    description: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """Running text under a title."""

    title: str
    texts: Sequence[str]


Section = Table | Figures | Chart | Paragraphs


@dataclass(frozen=True, slots=True)
class Paper:
    """A document. `number` is its own (文号), `facts` stand under the title (label, text): period,
    version, who made it. `position` is the cut-off: all that it says the ledger held there, and
    `made_at` the paper's own instant, never that of the printing: equal papers are equal bytes.
    """

    title: str
    language: Language
    time_zone: str
    made_at: datetime
    position: int
    issuer: str = ""
    number: str = ""
    facts: Sequence[tuple[str, str]] = ()
    sections: Sequence[Section] = field(default_factory=tuple)
    landscape: bool = False


def require_sound(section: Section) -> None:
    """Raises InvalidRequestError for a table or a chart that does not fit itself."""
    match section:
        case Table():
            if not 0 < len(section.columns) <= COLUMNS_MAX:
                raise _odd(section.title, "columns", f"1 to {COLUMNS_MAX}")
            if any(len(row) != len(section.columns) for row in section.rows):
                raise _odd(section.title, "cells of a row", "as many as columns")
        case Chart():
            if not 0 < len(section.series) <= SERIES_MAX:
                raise _odd(section.title, "series", f"1 to {SERIES_MAX}")
            if not 0 < len(section.labels) <= POINTS_MAX:
                raise _odd(section.title, "labels", f"1 to {POINTS_MAX}")
            if any(len(each.values) != len(section.labels) for each in section.series):
                raise _odd(section.title, "values of a series", "as many as labels")
            if any((value or 0) < 0 for each in section.series for value in each.values):
                raise _odd(section.title, "values", "none below 0")
        case Figures() | Paragraphs():
            return
        case _:
            assert_never(section)


def _odd(title: str, what: str, allowed: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"This cannot be printed: {what} of {title!r}.", field=what, allowed=allowed
    )
