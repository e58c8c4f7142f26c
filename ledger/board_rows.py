"""The row that boards and dashboards count an open issue by, derived from it and its terms. Pure.

A row is of one version of its issue and of the terms that the issue is judged by at it. Nothing in
it moves without an event: a board is counted without a snapshot, a handbook or a calendar.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from domain.issue import Issue
from domain.light_times import light_times
from domain.organization import enterprise
from domain.responsibility import working
from domain.terms import Terms
from ledger.lists import hands_in_team

NUL = "\x00"


@dataclass(frozen=True, slots=True)
class BoardRow:
    """An open issue as boards show it. `holder` has the work, a unit or a post, by `holder_kind`.
    `grid` is None where its terms do not know the enterprise. `parts`: who has a part in its team,
    as `ledger.lists` names them."""

    stream: str
    zone: str
    version: int
    number: str | None
    title: str
    enterprise: str
    category: str
    priority: str
    phase: str
    tier: int
    owner: str
    handler: str
    holder_kind: str
    holder: str
    grid: str | None
    reported_at: datetime
    yellow_at: datetime | None
    red_at: datetime | None
    parts: tuple[str, ...]

    @property
    def key(self) -> str:
        """Return the issue's key in its zone."""
        return self.stream.partition("/")[2]


BOARD_COLUMNS = tuple(each.name for each in fields(BoardRow))


def board_row(issue: Issue, terms: Terms) -> BoardRow | None:
    """Return the row of an issue, None of a closed one. `terms` are those that it is judged by."""
    if not issue.is_open:
        return None
    handbook = terms.handbook
    times = light_times(issue, terms)
    holder = working(issue, handbook)
    place = enterprise(handbook, issue.enterprise)
    return BoardRow(
        stream=issue.stream,
        zone=issue.zone,
        version=issue.version,
        number=None if issue.number is None else issue.number.replace(NUL, ""),
        title=issue.title.replace(NUL, ""),
        enterprise=issue.enterprise,
        category=issue.category,
        priority=issue.priority.value,
        phase=issue.phase.value,
        tier=issue.tier,
        owner=issue.owner,
        handler=issue.handler,
        holder_kind=holder.kind.value,
        holder=holder.id,
        grid=None if place is None else place.grid,
        reported_at=issue.reported_at,
        yellow_at=times.yellow_at,
        red_at=times.red_at,
        parts=tuple(hands_in_team(issue)),
    )


def board_arguments(row: BoardRow | None, *, is_written: bool) -> tuple[object, ...]:
    """Return whether boards are to be touched at all, then the values of the row's columns but the
    stream's, None each where no row is to stand."""
    if row is None:
        return (is_written, *(None for _ in BOARD_COLUMNS[1:]))
    return (is_written, *values(row)[1:])


def values(row: BoardRow) -> Sequence[object]:
    """Return a row's values in the order of `BOARD_COLUMNS`."""
    return [getattr(row, name) for name in BOARD_COLUMNS[:-1]] + [list(row.parts)]
