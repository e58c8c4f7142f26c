"""Whether the stream of a supervision order still says what was written."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from audit.checks import (
    Finding,
    chain_findings,
    command_findings,
    result_findings,
    rung_findings,
    terms_findings,
)
from audit.facts import Life, Tables, TermsOf, UnsoundTermsError, read_life
from audit.verify_columns import NoticeTally, order_column_findings
from domain.chain import Record
from domain.order_events import OrderEvent, OrderRungFired
from domain.order_evolve import evolve_order
from domain.orders import SupervisionOrder
from ledger.order_codec import columns_of
from ledger.orders import OrderColumns, OrderRow
from ledger.pages import StreamPage
from ledger.port import FiringRow, UnreadableRowError

READS_MAX = 5


async def order_findings(
    ledger: Tables, stream: str, terms_of: TermsOf
) -> tuple[Life, list[Finding]]:
    """Verify one stream: what was read of it, and what is not as it was written."""
    life, stored, firings = await _read(ledger, stream)
    found = [
        *chain_findings(life.records),
        *command_findings(life),
        *await terms_findings(life, terms_of),
        *_fold_findings(life, stored, firings),
    ]
    if isinstance(ledger, StreamPage):
        found += await _page_findings(life, ledger, terms_of)
    return life, found


async def _page_findings(life: Life, page: StreamPage, terms_of: TermsOf) -> list[Finding]:
    """Where the ledger gives pages: columns that no list goes by, and notices."""
    order: SupervisionOrder | None = None
    told, events = NoticeTally(), list[tuple[Record, OrderEvent]]()
    try:
        for record in life.records:
            if events and events[-1][0].command_id != record.command_id and order is not None:
                told.of_order(events, order, await terms_of(events[0][0].terms))
                events = []
            event = record.order_event
            order = evolve_order(order, event, zone=life.zone, key=life.key, terms=record.terms)
            events.append((record, event))
        if order is not None:
            told.of_order(events, order, await terms_of(events[0][0].terms))
    except (ValueError, KeyError, TypeError, UnsoundTermsError):
        return []  # told of already
    stored = page.stored(life.stream)
    found = list(told.findings(life, stored.notices, stored.firings))
    if order is not None and stored.order is not None:
        found += order_column_findings(life, order, stored.order)
    return found


@dataclass(frozen=True, slots=True)
class _Stored:
    """The row of an order. `problem` is why its snapshot cannot be read, if it cannot."""

    row: OrderRow | None
    problem: str | None
    columns: OrderColumns | None


async def _read(ledger: Tables, stream: str) -> tuple[Life, _Stored, tuple[FiringRow, ...]]:
    """Read again while others write between the reads."""
    for _ in range(READS_MAX):
        columns = await ledger.order_columns(stream)
        life = await read_life(ledger, stream)
        firings = tuple(await ledger.firings(stream))
        stored = await _stored(ledger, stream)
        if columns == stored.columns:
            break
    return life, stored, firings


async def _stored(ledger: Tables, stream: str) -> _Stored:
    row, problem = None, None
    try:
        row = await ledger.order(stream)
    except (ValueError, UnreadableRowError) as error:
        problem = f"the stored order cannot be read: {error}"
    return _Stored(row, problem, await ledger.order_columns(stream))


def _fold_findings(
    life: Life, stored: _Stored, firings: tuple[FiringRow, ...]
) -> Iterator[Finding]:
    order: SupervisionOrder | None = None
    fired: list[tuple[Record, OrderRungFired]] = []
    for record in life.records:
        try:
            event = record.order_event
            order = evolve_order(order, event, zone=life.zone, key=life.key, terms=record.terms)
        except (ValueError, KeyError, TypeError) as error:
            yield Finding("event", life.stream, record.version, f"cannot be folded: {error}")
            return
        if isinstance(event, OrderRungFired):
            fired.append((record, event))
    if stored.problem is None:
        yield from _head_findings(life, order, stored.row)
    else:
        yield Finding("fold", life.stream, len(life.records), stored.problem)
    yield from _column_findings(life, order, stored.columns)
    yield from rung_findings(life, fired, firings)
    yield from result_findings(life, {})


def _column_findings(
    life: Life, order: SupervisionOrder | None, columns: OrderColumns | None
) -> Iterator[Finding]:
    """Lists, relay and guard go by the columns: they say what the fold does."""
    if order is None or columns is None:
        return
    expected = columns_of(order, life.records[-1].hash)
    for column in fields(OrderColumns):
        if getattr(columns, column.name) != getattr(expected, column.name):
            said = f"the stored order's {column.name} is not what its events come to"
            yield Finding("fold", life.stream, order.version, said, column.name)


def _head_findings(
    life: Life, order: SupervisionOrder | None, row: OrderRow | None
) -> Iterator[Finding]:
    def finding(kind: str, message: str) -> Finding:
        return Finding(kind, life.stream, None if order is None else order.version, message)

    if order is None:
        if row is not None or life.commands:
            yield finding("fold", "there is a stored order or command, and no event")
        return
    if row is None:
        yield finding("head", "there are events, and no stored order")
        return
    if row.order.version != order.version:
        said = f"the stored order is at version {row.order.version}, its events at {order.version}"
        yield finding("head", said)
    if row.hash != life.records[-1].hash:
        yield finding("head", "the stored head's hash is not that of the last event")
    if row.order.model_dump_json() != order.model_dump_json():
        left, right = row.order.model_dump(mode="json"), order.model_dump(mode="json")
        differing = [name for name in left if left[name] != right.get(name)]
        said = ", ".join(differing) or "order of fields"
        yield finding("fold", f"the stored order is not the fold: {said}")
