"""A life as exports tell it: each event with what stood before and after it."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import ValidationError

from domain.chain import Record
from domain.events import Event
from domain.evolve import evolve
from domain.issue import Issue
from domain.matters.events import MatterEvent
from domain.matters.evolve import evolve_matter
from domain.matters.state import Matter
from domain.order_events import OrderEvent
from domain.order_evolve import evolve_order
from domain.orders import SupervisionOrder
from domain.streams import StreamKind, kind_of_stream, stream_names
from ledger.port import CommandRow, UnreadableRowError


@dataclass(frozen=True, slots=True)
class Told:
    """One stream up to the position: its events with their own positions, and if asked for the
    commands that caused them."""

    stream: str
    events: tuple[tuple[int, Record], ...]
    commands: tuple[CommandRow, ...] = ()

    @property
    def kind(self) -> StreamKind:
        """Return what it is the life of."""
        return kind_of_stream(self.stream)


@dataclass(frozen=True, slots=True)
class Step:
    """One event of an issue, and the issue before and after it."""

    position: int
    record: Record
    event: Event
    before: Issue | None
    after: Issue

    @property
    def id(self) -> str:
        """Return the name of the event in a file of all streams."""
        return event_id(self.record)


@dataclass(frozen=True, slots=True)
class OrderStep:
    """One event of a supervision order, and the order before and after it."""

    position: int
    record: Record
    event: OrderEvent
    before: SupervisionOrder | None
    after: SupervisionOrder

    @property
    def id(self) -> str:
        """Return the name of the event in a file of all streams."""
        return event_id(self.record)


@dataclass(frozen=True, slots=True)
class MatterStep:
    """One event of a matter, and the matter before and after it."""

    position: int
    record: Record
    event: MatterEvent
    before: Matter | None
    after: Matter

    @property
    def id(self) -> str:
        """Return the name of the event in a file of all streams."""
        return event_id(self.record)


AnyStep = Step | OrderStep | MatterStep


def event_id(record: Record) -> str:
    """Return the name of an event in a file of all streams."""
    return f"{record.stream}@{record.version}"


def steps(told: Told) -> Iterator[Step]:
    """Yield an issue's events. Raises UnreadableRowError for what was never written like that."""
    zone, key = stream_names(told.stream)
    issue: Issue | None = None
    for position, record in told.events:
        try:
            event = record.event
            after = evolve(issue, event, zone=zone, key=key, terms=record.terms)
        except (ValueError, KeyError, TypeError) as error:
            raise _unreadable(record, error) from error
        yield Step(position, record, event, issue, after)
        issue = after


def order_steps(told: Told) -> Iterator[OrderStep]:
    """Yield an order's events. Raises UnreadableRowError likewise."""
    zone, key = stream_names(told.stream)
    order: SupervisionOrder | None = None
    for position, record in told.events:
        try:
            event = record.order_event
            after = evolve_order(order, event, zone=zone, key=key, terms=record.terms)
        except (ValueError, KeyError, TypeError) as error:
            raise _unreadable(record, error) from error
        yield OrderStep(position, record, event, order, after)
        order = after


def matter_steps(told: Told) -> Iterator[MatterStep]:
    """Yield a matter's events. Raises UnreadableRowError likewise."""
    zone, key = stream_names(told.stream)
    matter: Matter | None = None
    for position, record in told.events:
        try:
            event = record.matter_event
            after = evolve_matter(matter, event, zone=zone, key=key, terms=record.terms)
        except (ValueError, KeyError, TypeError) as error:
            raise _unreadable(record, error) from error
        yield MatterStep(position, record, event, matter, after)
        matter = after


def _unreadable(record: Record, error: Exception) -> UnreadableRowError:
    said = str(error)
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        said = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return UnreadableRowError(
        f"event {event_id(record)} cannot be told: {said}. "
        "`closeout verify` says more; `closeout export jsonl` takes events as they are."
    )
