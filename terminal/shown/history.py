"""An issue's history: two lines an event."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from audit.timeline import Row
from domain.chain import Record
from domain.model import Name
from domain.people import Engine
from terminal.shown.frames import SECOND, inline
from terminal.shown.names import Names
from terminal.shown.times import length, local


def history(
    head: str, records: Sequence[Record], rows: Sequence[Row], names: Names
) -> RenderableType:
    """Return the events of an issue: when, what, who, and below it what was said."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(justify="right", style=SECOND, no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    grid.expand = True
    for record, row in zip(records, rows, strict=True):
        grid.add_row(
            str(row.version),
            local(row.at, names.time_zone, seconds=True),
            _event(row.title, record, row, names),
        )
    end = Text(f"{len(rows)} events; times in {names.time_zone}", SECOND)
    return Group(Text(head, "bold"), grid, end)


def _event(title: Name, record: Record, row: Row, names: Names) -> Text:
    place, person = names.actor(record.event.by)
    text = Text.assemble((title.zh, "bold"), f" {title.en}  ", inline(place))
    if person is not None:
        text.append(f" ({person})", SECOND)
    if row.occurred_at is not None and not isinstance(record.event.by, Engine):
        text.append(f"  took place {local(row.occurred_at, names.time_zone)}", SECOND)
    if row.recorded_late_ms is not None:
        text.append(f"  补录 recorded {length(row.recorded_late_ms)} late", "yellow")
    return text.append(f"\n{row.summary}", SECOND)
