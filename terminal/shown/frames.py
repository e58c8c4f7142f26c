"""The few shapes that all answers are made of: calm tables, pairs of names, lists of facts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from domain.model import Name

SECOND = "dim"
"""The style of the second language, and of whatever else stands back."""
GAP = 2
SHORTEST = 6
"""No column is cut shorter than this, in cells."""


class Room(Enum):
    """What a column does where the paper is too narrow."""

    KEPT = auto()
    CUT = auto()
    WRAPPED = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet. What one must be able to copy is kept; other columns give way."""

    header: str
    room: Room = Room.CUT
    right: bool = False


def kept(header: str, *, right: bool = False) -> Column:
    """Return a column that is never cut."""
    return Column(header, Room.KEPT, right)


def wrapped(header: str) -> Column:
    """Return a column whose text goes on in the next line."""
    return Column(header, Room.WRAPPED)


@dataclass(slots=True)
class Sheet:
    """A table that fits its paper: columns that give way share what the kept ones leave."""

    columns: Sequence[Column]
    rows: list[tuple[list[Text], str | None]] = field(default_factory=list)

    def add(self, *cells: str | Text, style: str | None = None) -> None:
        """Add a row; a cell may have several lines, and cells at the end may be left out."""
        missing = len(self.columns) - len(cells)
        cells += ("",) * missing
        texts = [cell if isinstance(cell, Text) else Text(cell) for cell in cells]
        self.rows.append((texts, style))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the sheet."""
        table = Table.grid(padding=(0, GAP, 0, 0))
        widths = self._widths(options.max_width)
        for column, width in zip(self.columns, widths, strict=True):
            table.add_column(
                width=width,
                no_wrap=column.room is Room.CUT,
                overflow="ellipsis" if column.room is Room.CUT else "fold",
                justify="right" if column.right else "left",
            )
        table.add_row(*(Text(column.header, SECOND) for column in self.columns))
        table.add_row(*(Text("─" * width, SECOND) for width in widths))
        for cells, style in self.rows:
            table.add_row(*cells, style=style)
        yield table

    def _widths(self, room: int) -> list[int]:
        natural = [self._natural(place) for place in range(len(self.columns))]
        left = room - GAP * (len(natural) - 1)
        widths = dict(enumerate(natural))
        if sum(natural) <= left:
            return natural
        yielding = [i for i, column in enumerate(self.columns) if column.room is not Room.KEPT]
        left -= sum(natural[i] for i in widths if i not in yielding)
        for count, place in enumerate(sorted(yielding, key=lambda i: natural[i])):
            share = left // (len(yielding) - count)
            widths[place] = max(SHORTEST, min(natural[place], share))
            left -= widths[place]
        return [widths[place] for place in sorted(widths)]

    def _natural(self, place: int) -> int:
        header = Text(self.columns[place].header)
        cells = [header, *(cells[place] for cells, _ in self.rows)]
        return max(line.cell_len for cell in cells for line in cell.split("\n", allow_blank=True))


def stacked(upper: str | Text, lower: str | Text) -> Text:
    """Return two lines, the lower one standing back."""
    first = upper.copy() if isinstance(upper, Text) else Text(upper)
    second = lower if isinstance(lower, Text) else Text(lower, SECOND)
    return first.append("\n").append_text(second)


def names(name: Name) -> Text:
    """Return the Chinese name over the English one."""
    return Text(name.zh) if name.zh == name.en else stacked(name.zh, name.en)


def inline(name: Name) -> Text:
    """Return the Chinese name beside the English one."""
    return Text(name.zh) if name.zh == name.en else Text.assemble(name.zh, (f" {name.en}", SECOND))


def facts(rows: Iterable[tuple[str, str | Text | None]]) -> Table:
    """Return labelled facts, without those that are None."""
    grid = Table.grid(padding=(0, GAP, 0, 0))
    grid.add_column(style=SECOND, no_wrap=True)
    grid.add_column(overflow="fold")
    for label, fact in rows:
        if fact is not None:
            grid.add_row(label, fact)
    return grid
