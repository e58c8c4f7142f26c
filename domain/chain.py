"""The chain that binds the events of one stream: canonical text, hash over hash."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.canonical import canonical, sha256
from domain.events import EVENT, Event
from domain.matters.events import MATTER_EVENT, MatterEvent
from domain.model import written
from domain.order_events import ORDER_EVENT, OrderEvent

GENESIS = sha256("closeout: before the first event of a stream")
"""The previous hash of a stream's first event."""

_ENVELOPE = {"at", "by", "kind"}


@dataclass(frozen=True, slots=True)
class Record:
    """One event as the ledger keeps it. `text` is what the hash is taken over, with `previous`."""

    stream: str
    version: int
    kind: str
    at: datetime
    occurred_at: datetime | None
    command_id: str
    command_hash: str
    terms: str
    rules: int
    text: str
    previous: str
    hash: str

    @property
    def event(self) -> Event:
        """Return the event of an issue that `text` holds. Raises ValueError."""
        return read_text(self.text)

    @property
    def order_event(self) -> OrderEvent:
        """Return the event of a supervision order that `text` holds. Raises ValueError."""
        return ORDER_EVENT.validate_python(_plain(self.text))

    @property
    def matter_event(self) -> MatterEvent:
        """Return the event of a matter that `text` holds. Raises ValueError."""
        return MATTER_EVENT.validate_python(_plain(self.text))


@dataclass(frozen=True, slots=True)
class Origin:
    """What an event comes from: the command, the terms and the revision of the rules."""

    stream: str
    command_id: str
    command_hash: str
    terms: str
    rules: int
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """A place where a stream is not what was written. `field` is the column."""

    stream: str
    version: int
    problem: str
    field: str


def recorded(
    events: Iterable[Event | OrderEvent | MatterEvent],
    origin: Origin,
    *,
    after_version: int,
    previous: str,
) -> tuple[Record, ...]:
    """Return `events` as the records after version `after_version`, whose hash is `previous`."""
    records: list[Record] = []
    for version, event in enumerate(events, start=after_version + 1):
        text = _text(event, origin, version)
        hash_ = link(previous, text)
        records.append(
            Record(
                stream=origin.stream,
                version=version,
                kind=event.kind,
                at=event.at,
                occurred_at=origin.occurred_at,
                command_id=origin.command_id,
                command_hash=origin.command_hash,
                terms=origin.terms,
                rules=origin.rules,
                text=text,
                previous=previous,
                hash=hash_,
            )
        )
        previous = hash_
    return tuple(records)


def link(previous: str, text: str) -> str:
    """Return SHA-256 over the previous hash and the canonical text, in hex."""
    return sha256(previous + text)


def read_text(text: str) -> Event:
    """Return the event of an issue whose canonical text is `text`. Raises ValueError."""
    return EVENT.validate_python(_plain(text))


def _plain(text: str) -> dict[str, object]:
    try:
        plain = json.loads(text)
        fields: dict[str, object] = plain["body"]
        return fields | {"at": plain["at"], "by": plain["actor"], "kind": plain["kind"]}
    except (LookupError, TypeError, RecursionError) as error:
        raise ValueError(f"the text holds no event: {type(error).__name__}: {error}") from error


def breaks(records: Iterable[Record]) -> Iterator[Break]:
    """Yield every place where the records of one stream do not follow from one another.

    `records` are in order of version, from the first.
    """
    previous, expected, last_at = GENESIS, 1, None
    for record in records:
        for problem, field in _problems(record, previous, expected, last_at):
            yield Break(record.stream, record.version, problem, field)
        previous, expected, last_at = record.hash, record.version + 1, record.at


def _problems(
    record: Record, previous: str, expected: int, last_at: datetime | None
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a record, and in which column."""
    if record.version != expected:
        yield f"version {expected} is missing", "version"
    if record.previous != previous:
        yield "the previous hash is not that of the event before", "previous"
    if link(record.previous, record.text) != record.hash:
        yield "the text is not what was hashed", "text"
    if last_at is not None and record.at < last_at:
        yield "recorded before the event that it follows", "at"
    yield from _column_problems(record)


def _column_problems(record: Record) -> Iterator[tuple[str, str]]:
    try:
        plain = json.loads(record.text)
    except (ValueError, RecursionError):
        yield "the text is not JSON", "text"
        return
    if not isinstance(plain, dict):
        yield "the text is not an object", "text"
        return
    columns = {
        "stream": record.stream,
        "version": record.version,
        "kind": record.kind,
        "at": _exactly(record.at),
        "occurred_at": None if record.occurred_at is None else _exactly(record.occurred_at),
        "command_id": record.command_id,
        "command_hash": record.command_hash,
        "terms": record.terms,
        "rules": record.rules,
    }
    for column, value in columns.items():
        if plain.get(column) != value:
            yield f"column {column} is not what the text says", column


def _exactly(at: datetime) -> str:
    """Return `at` as it would be written, unless a column holds more than was ever written."""
    return written(at) if at.microsecond % 1000 == 0 else at.isoformat()


def _text(event: Event | OrderEvent | MatterEvent, origin: Origin, version: int) -> str:
    plain = event.model_dump(mode="json")
    return canonical(
        {
            "stream": origin.stream,
            "version": version,
            "kind": event.kind,
            "at": plain["at"],
            "occurred_at": None if origin.occurred_at is None else written(origin.occurred_at),
            "actor": plain["by"],
            "command_id": origin.command_id,
            "command_hash": origin.command_hash,
            "terms": origin.terms,
            "rules": origin.rules,
            "body": {key: value for key, value in plain.items() if key not in _ENVELOPE},
        }
    )
