"""Bars on a terminal's stderr: how far something has come that takes a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from terminal.session import Session


class Bars:
    """The bars of one command, by what each is of; none where nobody looks on."""

    def __init__(self, shown: "Progress | None" = None) -> None:
        self._shown = shown
        self._tasks: dict[str, TaskID] = {}

    def move(
        self,
        what: str,
        *,
        total: int | None = None,
        completed: int | None = None,
        advance: int | None = None,
        note: str = "",
    ) -> None:
        """Move a bar to `completed`, or on by `advance`; `note` stands after it. What is not given
        stays as it is."""
        if self._shown is None:
            return
        if what not in self._tasks:
            self._tasks[what] = self._shown.add_task(what, total=None, note="")
        task = self._tasks[what]
        self._shown.update(task, total=total, completed=completed, advance=advance, note=note)


@contextmanager
def bars(session: "Session") -> Iterator[Bars]:
    """Show bars for as long as the block lasts."""
    aside = session.out.aside
    if session.as_json or not aside.is_terminal:
        yield Bars()
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=aside, transient=True) as shown:
        yield Bars(shown)
