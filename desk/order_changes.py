"""What a decided command to a supervision order writes: records, rows, notices, the result."""

from collections.abc import Sequence

from desk.changes import CALENDAR_TASK
from desk.stream_rows import command_row_of
from domain.canonical import sha256
from domain.chain import GENESIS, Origin, Record, recorded
from domain.days import zone_of
from domain.decisions.draft import RULES
from domain.decisions.order_draft import OrderDecision
from domain.order_commands import OrderSubmission, RingOrder
from domain.order_events import LimitSet, OrderEvent, OrderRungFired, OrderTermsAdopted
from domain.order_notices import order_notices_of
from domain.orders import SupervisionOrder
from domain.terms import Terms
from ledger.orders import OrderChanges, OrderHead
from ledger.port import FiringRow, NoticeRow
from ledger.publications import TaskRow


def order_changes_of(
    submission: OrderSubmission,
    body: str,
    decision: OrderDecision,
    terms: Terms,
    head: OrderHead | None,
    *,
    told: bool,
    target: Terms | None = None,
) -> OrderChanges:
    """Return all that the command writes. `told`: the order's workflow is given the answer.
    `target`: the terms that it adopts, if it adopts any."""
    order, events = decision.order, decision.events
    hash_ = sha256(body)
    first = 0 if head is None else head.version
    origin = Origin(
        stream=order.stream,
        command_id=submission.id,
        command_hash=hash_,
        terms=terms.hash,
        rules=RULES,
        occurred_at=submission.occurred_at,
    )
    previous = GENESIS if head is None else head.hash
    records = recorded(events, origin, after_version=first, previous=previous)
    notices = _notices(order, events, records, terms)
    ring = isinstance(submission.command, RingOrder)
    told_of = {notice.version for notice in notices}
    return OrderChanges(
        command=command_row_of(submission, body, hash_, terms, first, order, records),
        records=records,
        order=order,
        told=told,
        firings=order_firings(order.stream, events, records, told_of, ring=ring),
        notices=notices,
        tasks=_tasks(order, events, records, target or terms),
    )


def order_firings(
    stream: str,
    events: Sequence[OrderEvent],
    records: Sequence[Record],
    told_of: set[int],
    *,
    ring: bool,
) -> tuple[FiringRow, ...]:
    """Return the rows of the rungs that fired: by the instrument whose limit it is, and the cycle.

    `told_of` are the versions that somebody is told of; other effects are done at once.
    """
    return tuple(
        FiringRow(
            stream=stream,
            clock=event.instrument,
            cycle=event.cycle,
            rung=event.rung,
            version=record.version,
            due_at=event.due_at,
            fired_at=event.at,
            ring=ring,
            effect_done_at=None if record.version in told_of else event.at,
        )
        for event, record in zip(events, records, strict=True)
        if isinstance(event, OrderRungFired)
    )


def order_fired(events: Sequence[object], ring: RingOrder) -> bool:
    """Return whether the very rung that was named fired."""
    return any(
        isinstance(event, OrderRungFired) and (event.cycle, event.rung) == (ring.cycle, ring.rung)
        for event in events
    )


def _notices(
    order: SupervisionOrder,
    events: Sequence[OrderEvent],
    records: Sequence[Record],
    terms: Terms,
) -> tuple[NoticeRow, ...]:
    """Tell of each event to those in place when the whole command was carried out."""
    return tuple(
        NoticeRow(
            id=notice.id,
            stream=notice.stream,
            version=notice.version,
            kind=notice.kind,
            addressee=notice.addressee,
            created_at=record.at,
        )
        for event, record in zip(events, records, strict=True)
        for notice in order_notices_of(
            event, order.model_copy(update={"version": record.version}), terms.handbook
        )
    )


def _tasks(
    order: SupervisionOrder,
    events: Sequence[OrderEvent],
    records: Sequence[Record],
    terms: Terms,
) -> tuple[TaskRow, ...]:
    """Return what an administrator must do about limits beyond the last published day (R2.2)."""
    tasks: dict[str, TaskRow] = {}
    for event, record in zip(events, records, strict=True):
        run = event.run if isinstance(event, LimitSet | OrderTermsAdopted) else None
        if run is None or not run.provisional:
            continue
        calendar = terms.calendar
        year = run.due_at.astimezone(zone_of(calendar.time_zone)).year
        id_ = f"{CALENDAR_TASK}:{calendar.id}:{year}"
        row = TaskRow(
            id_, CALENDAR_TASK, calendar.id, year, record.at, order.stream, record.version
        )
        tasks.setdefault(id_, row)
    return tuple(tasks.values())
