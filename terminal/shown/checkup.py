"""What the doctor found, a line each, and below it what to do."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from terminal.checks import Check, Grade
from terminal.shown.frames import SECOND

STYLES = {Grade.OK: "green", Grade.WARN: "yellow", Grade.FAIL: "red"}


def checkup(found: Sequence[Check]) -> RenderableType:
    """Return the checks and a last line that sums them up."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for check in found:
        text = Text(check.found)
        if check.todo is not None:
            text.append(f"\n{check.todo}", SECOND)
        grid.add_row(Text(check.grade, STYLES[check.grade]), check.name, text)
    failed = sum(check.grade is Grade.FAIL for check in found)
    warned = sum(check.grade is Grade.WARN for check in found)
    return Group(grid, Text(f"{len(found)} checks, {warned} warnings, {failed} failed", SECOND))
