"""The few shapes that all answers are made of: calm tables, pairs of names, lists of facts."""

from collections.abc import Iterable

from rich import box
from rich.table import Table
from rich.text import Text

from domain.model import Name

SECOND = "dim"
"""The style of the second language, and of whatever else stands back."""


def table(*columns: str, title: str | None = None) -> Table:
    """Return a table whose rows are one line high unless they are stacked."""
    made = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        title=title,
        title_style="bold",
        title_justify="left",
        header_style=SECOND,
        show_edge=False,
    )
    for column in columns:
        made.add_column(column, no_wrap=True, overflow="ellipsis")
    return made


def stacked(upper: str | Text, lower: str | Text) -> Text:
    """Return two lines, the lower one standing back."""
    first = upper.copy() if isinstance(upper, Text) else Text(upper)
    second = lower if isinstance(lower, Text) else Text(lower, SECOND)
    return first.append("\n").append_text(second)


def names(name: Name) -> Text:
    """Return the Chinese name over the English one."""
    return stacked(name.zh, "" if name.zh == name.en else name.en)


def inline(name: Name) -> Text:
    """Return the Chinese name beside the English one."""
    return Text(name.zh) if name.zh == name.en else Text.assemble(name.zh, (f" {name.en}", SECOND))


def facts(rows: Iterable[tuple[str, str | Text | None]]) -> Table:
    """Return labelled facts, without those that are None."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style=SECOND, no_wrap=True)
    grid.add_column(overflow="fold")
    for label, fact in rows:
        if fact is not None:
            grid.add_row(label, fact)
    return grid
