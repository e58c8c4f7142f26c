"""Archived workflow histories: replayed by today's code, and held against the ledger's rings."""

import asyncio
import gzip
import hashlib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from google.protobuf.json_format import ParseError
from pydantic import ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.worker import Replayer

from audit.facts import Tables
from domain.commands import SUBMISSION, RingRung
from domain.events import HistoryLost
from domain.order_commands import ORDER_SUBMISSION, RingOrder
from domain.order_view import OrderRing
from domain.orders import is_order_stream
from domain.view import Ring, RingOutcome, workflow_id
from ledger.port import CommandRow, HistoryRow

RING_ACTIVITIES: dict[str, type[Ring] | type[OrderRing]] = {"ring": Ring, "ring_order": OrderRing}
RING_KINDS = {"ring_rung", "ring_order"}


@dataclass(frozen=True, slots=True)
class ReplayFailure:
    """A run whose history is damaged, or does not replay."""

    run_id: str
    workflow_id: str
    problem: str


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """How many runs were replayed to the end without a difference, and which were not."""

    replayed: int
    failures: tuple[ReplayFailure, ...]


@dataclass(frozen=True, slots=True)
class LostSpan:
    """A stretch of an issue's life whose workflow history is gone, as the ledger itself says, and
    the rings in it that therefore have no activity."""

    stream: str
    run: str
    from_at: datetime
    to_at: datetime
    rings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """Rings by command id, as two independent records have them.

    `pending`: in the ledger, and its run is not archived yet. Only `only_in_ledger` and
    `only_in_history` are findings.
    """

    rings_in_both: int
    only_in_ledger: tuple[str, ...]
    only_in_history: tuple[str, ...]
    lost_spans: tuple[LostSpan, ...]
    pending: int

    @property
    def is_sound(self) -> bool:
        """Return whether the two records tell the same."""
        return not (self.only_in_ledger or self.only_in_history)


class DamagedHistoryError(Exception):
    """An archived history is not what was swept."""


@dataclass(slots=True)
class _Rings:
    """What the histories say: every ring asked for, those that fired, and until when they go."""

    asked: set[str] = field(default_factory=set)
    fired: set[str] = field(default_factory=set)
    heard_until: dict[str, datetime] = field(default_factory=dict)


def read_history(row: HistoryRow) -> WorkflowHistory:
    """Return the history that a row holds; its hash is tried first. Raises DamagedHistoryError."""
    try:
        plain = gzip.decompress(row.archive)
        if row.sha256 != hashlib.sha256(plain).hexdigest():
            raise DamagedHistoryError("the archive is not what was hashed")
        history = WorkflowHistory.from_json(row.workflow_id, plain.decode())
    except (OSError, EOFError, zlib.error, ValueError, ParseError) as error:
        raise DamagedHistoryError(f"the archive cannot be read: {error}") from error
    if len(history.events) != row.events:
        said = f"the archive has {len(history.events)} events, and {row.events} were swept"
        raise DamagedHistoryError(said)
    return history


async def replay_histories(
    rows: Iterable[HistoryRow],
    workflows: Sequence[type],
    *,
    data_converter: DataConverter = DataConverter.default,
) -> ReplayReport:
    """Run the given workflow classes over archived histories and name each that they cannot follow.

    A replay compares commands and their order, not arguments or results; the hash pins the rest.
    """
    histories: dict[str, WorkflowHistory] = {}
    failures: list[ReplayFailure] = []
    for row in rows:
        try:
            histories[row.run_id] = await asyncio.to_thread(read_history, row)
        except DamagedHistoryError as error:
            failures.append(ReplayFailure(row.run_id, row.workflow_id, str(error)))
    if not histories:
        return ReplayReport(0, tuple(failures))
    replayer = Replayer(workflows=workflows, data_converter=data_converter)
    for run_id, history in histories.items():
        result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        if result.replay_failure is not None:
            problem = f"does not replay: {result.replay_failure}"
            failures.append(ReplayFailure(run_id, history.workflow_id, problem))
    lost = {failure.run_id for failure in failures}
    return ReplayReport(len(histories.keys() - lost), tuple(failures))


async def cross_check(
    ledger: Tables,
    histories: Iterable[HistoryRow],
    *,
    live: Iterable[WorkflowHistory] = (),
    data_converter: DataConverter = DataConverter.default,
) -> CrossCheck:
    """Hold every ring of the ledger against the `ring` activities of the histories, both ways.

    `live`: histories of runs that are not archived yet, fetched before this is called. The rings of
    an open issue whose run was not given are pending too. Raises DamagedHistoryError.
    """
    archived, unswept = _Rings(), _Rings()
    for row in histories:
        await _take(archived, read_history(row), data_converter)
    for history in live:
        await _take(unswept, history, data_converter)
    tally = _Tally()
    async for stream in ledger.streams():
        await _check_stream(ledger, stream, archived, unswept, tally)
    only_in_history = (archived.fired | unswept.fired) - tally.in_ledger
    return CrossCheck(
        rings_in_both=tally.both,
        only_in_ledger=tuple(sorted(tally.only_in_ledger)),
        only_in_history=tuple(sorted(only_in_history)),
        lost_spans=tuple(tally.lost),
        pending=tally.pending,
    )


@dataclass(slots=True)
class _Tally:
    both: int = 0
    pending: int = 0
    in_ledger: set[str] = field(default_factory=set)
    only_in_ledger: list[str] = field(default_factory=list)
    lost: list[LostSpan] = field(default_factory=list)


async def _check_stream(
    ledger: Tables, stream: str, archived: _Rings, unswept: _Rings, tally: _Tally
) -> None:
    rings = {
        _ring_id(row): row.at for row in await ledger.commands(stream) if row.kind in RING_KINDS
    }
    tally.in_ledger |= rings.keys()
    missing = {id_: at for id_, at in rings.items() if id_ not in archived.asked}
    tally.both += len(rings) - len(missing)
    of_order = is_order_stream(stream)
    workflow = stream if of_order else workflow_id(*stream.split("/", 1))
    pending = {id_ for id_ in missing if id_ in unswept.asked}
    heard_until_at = unswept.heard_until.get(workflow)
    if heard_until_at is not None:
        pending |= {id_ for id_, at in missing.items() if at > heard_until_at}
    tally.pending += len(pending)
    missing = {id_: at for id_, at in missing.items() if id_ not in pending}
    records = [] if of_order else await ledger.records(stream)
    for event in [record.event for record in records]:
        if isinstance(event, HistoryLost):
            lost = {id_ for id_, at in missing.items() if event.from_at <= at <= event.to_at}
            span = LostSpan(stream, event.run, event.from_at, event.to_at, tuple(sorted(lost)))
            tally.lost.append(span)
            missing = {id_: at for id_, at in missing.items() if id_ not in lost}
    if missing and heard_until_at is None and await _is_open(ledger, stream):
        tally.pending += len(missing)
    else:
        tally.only_in_ledger += missing


async def _is_open(ledger: Tables, stream: str) -> bool:
    if is_order_stream(stream):
        found = await ledger.order(stream)
        return found is not None and found.order.is_open
    row = await ledger.issue(stream)
    return row is not None and row.issue.is_open


async def _take(rings: _Rings, history: WorkflowHistory, data_converter: DataConverter) -> None:
    """Collect a history's rings. One without an end yet may be in the ledger all the same; one that
    ended without firing (stale, or early) left no command behind."""
    by_event: dict[int, str] = {}
    for event in history.events:
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            asked = event.activity_task_scheduled_event_attributes
            kind = RING_ACTIVITIES.get(asked.activity_type.name)
            if kind is not None:
                ring = await _ring_asked(history, kind, asked.input.payloads, data_converter)
                by_event[event.event_id] = ring
                rings.asked.add(ring)
        elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
            done = event.activity_task_completed_event_attributes
            if done.scheduled_event_id in by_event:
                (answer,) = await data_converter.decode(done.result.payloads)
                if isinstance(answer, dict) and answer.get("outcome") == RingOutcome.FIRED:
                    rings.fired.add(by_event[done.scheduled_event_id])
    if history.events:
        last_at = history.events[-1].event_time.ToDatetime(tzinfo=UTC)
        rings.heard_until[history.workflow_id] = last_at


async def _ring_asked(
    history: WorkflowHistory,
    kind: type[Ring] | type[OrderRing],
    payloads: Sequence[Payload],
    data_converter: DataConverter,
) -> str:
    try:
        (plain,) = await data_converter.decode(payloads)
        return kind.model_validate(plain).command_id
    except (ValidationError, ValueError) as error:
        said = f"{history.workflow_id} asks for a ring that cannot be read: {error}"
        raise DamagedHistoryError(said) from error


def _ring_id(row: CommandRow) -> str:
    """Return the id under which the body's rung is rung, or the row's own if it cannot be read."""
    try:
        if is_order_stream(row.stream):
            return _order_ring_id(row)
        sent = SUBMISSION.validate_json(row.body)
    except ValidationError:
        return row.id
    if not isinstance(sent.command, RingRung):
        return row.id
    command = sent.command
    return Ring(
        zone=sent.zone,
        key=sent.key,
        clock=command.clock,
        cycle=command.cycle,
        rung=command.rung,
    ).command_id


def _order_ring_id(row: CommandRow) -> str:
    sent = ORDER_SUBMISSION.validate_json(row.body)
    command = sent.command
    if not isinstance(command, RingOrder):
        return row.id
    return OrderRing(
        zone=sent.zone, key=sent.key, cycle=command.cycle, rung=command.rung
    ).command_id
