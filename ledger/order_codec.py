"""Rows and arguments of supervision orders, to and from the values of the port."""

from dataclasses import fields, replace
from typing import TYPE_CHECKING

from pydantic import ValidationError

from domain.orders import SupervisionOrder
from ledger import codec
from ledger.orders import OrderChanges, OrderColumns, OrderHead, OrderRow
from ledger.port import Changes, LedgerError

if TYPE_CHECKING:
    import asyncpg

ORDERS_MAX = 1000


def order_row_of(row: "asyncpg.Record") -> OrderRow:
    """Return an order of the list."""
    stream, snapshot, hash_, notices = row
    return OrderRow(read_order_snapshot(snapshot, stream), hash_, tuple(notices))


def read_order_snapshot(text: str, stream: str = "an order") -> SupervisionOrder:
    """Return the order that a row keeps. Raises UnreadableRowError naming `stream`."""
    try:
        return SupervisionOrder.model_validate_json(text)
    except ValidationError as error:
        raise codec.unreadable(stream, error) from error


def columns_of(order: SupervisionOrder, hash_: str) -> OrderColumns:
    """Return what the row of an order says beside its snapshot."""
    rung = order.next_rung
    return OrderColumns(
        zone=order.zone,
        key=order.key,
        version=order.version,
        hash=hash_,
        terms=order.terms,
        standing=order.standing.value,
        open=order.is_open,
        instrument=order.instrument,
        unit=order.unit,
        issuer=order.issuer.post,
        issues=order.issues,
        issued_at=order.issued_at,
        ended_at=order.ended_at,
        next_due_at=None if rung is None else rung.due_at,
        due_at=None if order.run is None else order.run.due_at,
    )


def order_columns_of(row: "asyncpg.Record") -> OrderColumns:
    """Return what a row says beside its snapshot; the columns come in the order of the fields."""
    columns = OrderColumns(*row)
    return replace(columns, issues=tuple(columns.issues))


def checked_order(changes: OrderChanges) -> OrderChanges:
    """Return `changes`; raises LedgerError if they do not hang together, which is a bug."""
    codec.require_of_command(changes.command, changes.records)
    if not changes.records or changes.order.version != changes.records[-1].version:
        raise LedgerError(f"the order {changes.command.stream} is not at its last event")
    return changes


def facts_of(changes: OrderChanges) -> Changes:
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
    )


def order_arguments(head: OrderHead | None, changes: OrderChanges) -> tuple[object, ...]:
    """Return the arguments of `ledger_append`, for which the stream has no row of an issue, and
    then those of `ledger_put_order`."""
    columns = columns_of(changes.order, changes.records[-1].hash)
    return (
        *codec.append_arguments(None, facts_of(changes)),
        0 if head is None else head.version,
        changes.told,
        changes.order.stream,
        *(getattr(columns, each.name) for each in fields(columns)),
        changes.order.model_dump_json(),
    )
