"""The leaves of the log: what is said of each fact, in one text that anyone can make again."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import sha256 as hashed

from domain.canonical import INTEGER_MAX, canonical, sha256


def event_leaf(stream: str, version: int, position: int, hash_: str, command: str | None) -> bytes:
    """Return the leaf of an event. `hash_` closes its chain; `command` is the `row_hash` of the
    command that caused it, with the first of the events that it caused, else None."""
    return canonical(
        {
            "command": command,
            "hash": hash_,
            "kind": "event",
            "position": _number(position),
            "stream": stream,
            "version": _number(version),
        }
    ).encode()


def fact_leaf(kind: str, key: str, row: Mapping[str, object]) -> bytes:
    """Return the leaf of a row of any other table of facts."""
    return canonical({"key": key, "kind": kind, "sha256": row_hash(row)}).encode()


def row_hash(row: Mapping[str, object]) -> str:
    """Return the SHA-256 over the canonical text of a row, every column by its name, in hex."""
    return sha256(canonical(plain_row(row)))


def plain_row(row: Mapping[str, object]) -> dict[str, object]:
    """Return a row as its canonical text says it."""
    return {column: _plain(value) for column, value in row.items()}


def _plain(value: object) -> object:
    """Return a value as text says it: moments in UTC with six decimals, bytes by their hash.

    A moment without a zone is none: so a driver says "infinity". Its text is that of no moment.
    """
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.isoformat("T", "microseconds")
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC).isoformat('T', 'microseconds')[:-6]}Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return hashed(value).hexdigest()
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return _number(value)
    return value


def _number(value: int) -> int | str:
    """Return a number that JSON holds exactly as it is, any other as text."""
    return value if -INTEGER_MAX <= value <= INTEGER_MAX else str(value)
