"""Rows and arguments of matters, to and from the values of the port."""

from dataclasses import fields, replace
from typing import TYPE_CHECKING

from pydantic import ValidationError

from domain.matters.state import MATTER, Matter
from ledger import codec
from ledger.matters import MatterChanges, MatterColumns, MatterHead, MatterRow
from ledger.port import Changes, LedgerError

if TYPE_CHECKING:
    import asyncpg

MATTERS_MAX = 1000


def matter_row_of(row: "asyncpg.Record") -> MatterRow:
    """Return a matter of the list."""
    stream, snapshot, hash_, notices = row
    return MatterRow(read_matter_snapshot(snapshot, stream), hash_, tuple(notices))


def read_matter_snapshot(text: str, stream: str = "a matter") -> Matter:
    """Return the matter that a row keeps. Raises UnreadableRowError naming `stream`."""
    try:
        return MATTER.validate_json(text)
    except ValidationError as error:
        raise codec.unreadable(stream, error) from error


def matter_columns(matter: Matter, hash_: str) -> MatterColumns:
    """Return what the row of a matter says beside its snapshot."""
    due = matter.next_due
    return MatterColumns(
        zone=matter.zone,
        key=matter.key,
        version=matter.version,
        hash=hash_,
        terms=matter.terms,
        aggregate=matter.aggregate.value,
        procedure=matter.procedure,
        open=matter.is_open,
        stage=matter.stage,
        post=matter.post,
        enterprises=tuple(dict.fromkeys(matter.enterprises)),
        issues=tuple(each.issue for each in matter.ties),
        opened_at=matter.opened_at,
        closed_at=matter.closed_at,
        next_due_at=None if due is None else due.due_at,
    )


def matter_columns_of(row: "asyncpg.Record") -> MatterColumns:
    """Return what a row says beside its snapshot; the columns come in the order of the fields."""
    columns = MatterColumns(*row)
    return replace(columns, enterprises=tuple(columns.enterprises), issues=tuple(columns.issues))


def checked_matter(changes: MatterChanges) -> MatterChanges:
    """Return `changes`; raises LedgerError if they do not hang together, which is a bug."""
    codec.require_of_command(changes.command, changes.records)
    if not changes.records or changes.matter.version != changes.records[-1].version:
        raise LedgerError(f"the matter {changes.command.stream} is not at its last event")
    return changes


def facts_of(changes: MatterChanges) -> Changes:
    """Return what of the changes is written as that of an issue is: all but its row."""
    return Changes(
        command=changes.command,
        records=changes.records,
        issue=None,
        armed_due_at=None,
        answered=False,
        firings=changes.firings,
        notices=changes.notices,
        tasks=changes.tasks,
        errands=changes.errands,
    )


def matter_arguments(head: MatterHead | None, changes: MatterChanges) -> tuple[object, ...]:
    """Return the arguments of `ledger_append`, for which the stream has no row of an issue, and
    then those of `ledger_put_matter`."""
    columns = matter_columns(changes.matter, changes.records[-1].hash)
    return (
        *codec.append_arguments(None, facts_of(changes)),
        0 if head is None else head.version,
        changes.told,
        changes.matter.stream,
        *(getattr(columns, each.name) for each in fields(columns)),
        changes.matter.model_dump_json(),
    )
