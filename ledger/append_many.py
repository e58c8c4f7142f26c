"""The arguments of `ledger_append_many`: what many commands write, one array a column. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.board_rows import BOARD_COLUMNS, BoardRow, values
from ledger.codec import (
    CLOCK_ARGUMENTS,
    NOTICE_ARGUMENTS,
    clock_values,
    event_values,
    issue_arguments,
    notice_values,
)
from ledger.port import Changes, Head

Row = tuple[object, ...]

EVENT_ARGUMENTS = 7
BOARD_ARGUMENTS = len(BOARD_COLUMNS) - 2
"""Without the stream, which the place says, and the parts, which are rows of their own."""
PART_ARGUMENTS = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """What one command writes, its columns made. `own` has one value a column, as the arguments
    that begin with p_ and i_."""

    stream: str
    own: Row
    issue: Row
    """As `ledger.codec.issue_arguments` gives it."""
    events: tuple[Row, ...]
    clocks: tuple[Row, ...]
    notices: tuple[Row, ...]
    board: BoardRow | None
    size: int
    """Characters of its long texts, about."""


def entry_of(head: Head, changes: Changes) -> Entry | None:
    """Return what `changes` write after `head`, or None where it takes `ledger_append`: nothing
    happened, rungs fired, tasks are raised. Such commands are few."""
    if changes.issue is None or not changes.records or changes.firings or changes.tasks:
        return None
    command = changes.command
    issue = issue_arguments(changes)
    known: Row = (head.hash, head.answered, head.armed_due_at)
    decided: Row = (
        command.id,
        command.kind,
        command.at,
        command.actor,
        command.body,
        command.hash,
        command.terms,
        command.rules,
        command.first_version,
        command.count,
        command.result,
        changes.armed_due_at,
        changes.answered,
        changes.poke,
    )
    events = tuple((record.occurred_at, *event_values(record)) for record in changes.records)
    # Zone and key of an issue never change.
    own = (command.stream, *known, *decided, *issue[2:])
    return Entry(
        stream=command.stream,
        own=own,
        issue=issue,
        events=events,
        clocks=tuple(map(clock_values, changes.clocks)),
        notices=tuple(map(notice_values, changes.notices)),
        board=changes.board,
        size=len(command.body)
        + len(str(issue[-1]))
        + sum(len(record.text) for record in changes.records),
    )


def arguments(entries: Sequence[Entry]) -> tuple[object, ...]:
    """Return the arguments of `ledger_append_many`, in its order. At least one entry."""
    boards = [(place, entry.board) for place, entry in _placed(entries) if entry.board is not None]
    parts = ((place, (part,)) for place, board in boards for part in board.parts)
    return (
        *zip(*(entry.own for entry in entries), strict=True),
        *_columns(_rows(e.events for e in entries), EVENT_ARGUMENTS),
        *_columns(_rows(e.clocks for e in entries), CLOCK_ARGUMENTS),
        *_columns(_rows(e.notices for e in entries), NOTICE_ARGUMENTS),
        *_columns(((p, tuple(values(board)[1:-1])) for p, board in boards), BOARD_ARGUMENTS),
        *_columns(parts, PART_ARGUMENTS),
    )


def _placed(entries: Sequence[Entry]) -> Iterable[tuple[int, Entry]]:
    """Places count from one, as PostgreSQL's arrays do."""
    return enumerate(entries, start=1)


def _rows(tables: Iterable[tuple[Row, ...]]) -> Iterable[tuple[int, Row]]:
    return ((place, row) for place, rows in enumerate(tables, start=1) for row in rows)


def _columns(rows: Iterable[tuple[int, Row]], width: int) -> tuple[object, ...]:
    """Turn rows with their places into one array a column, None each where there is no row."""
    placed = [(place, *row) for place, row in rows]
    return tuple(zip(*placed, strict=True)) if placed else (None,) * (1 + width)
