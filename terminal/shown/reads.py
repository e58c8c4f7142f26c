"""Who looked into the ledger, newest first."""

import json
from collections.abc import Iterator, Mapping, Sequence

from pydantic import TypeAdapter, ValidationError
from rich.console import RenderableType

from domain.model import written
from domain.people import Actor, named
from ledger.reads import AuditReadRow
from terminal.shown.frames import Sheet, kept, wrapped
from terminal.shown.times import local


def reads_plain(found: Sequence[AuditReadRow]) -> list[dict[str, object]]:
    """Return them for a machine."""
    return [
        {
            "id": row.id,
            "kind": row.kind,
            "scope": read_json(row.scope),
            "position": row.position,
            "actor": read_json(row.actor),
            "at": written(row.at),
        }
        for row in found
    ]


def reads_shown(found: Sequence[AuditReadRow], kind: str | None = None) -> RenderableType:
    """Return a line for each; times in UTC, as no zone's."""
    if not found:
        return f"No {'read' if kind is None else kind} has been noted yet."
    sheet = Sheet(
        [kept("when (UTC)"), kept("what"), wrapped("who"), wrapped("of what"), kept("up to")]
    )
    for row in found:
        sheet.add(
            local(row.at, "UTC", seconds=True),
            row.kind,
            who_read(row.actor),
            _what(row.scope),
            str(row.position),
        )
    return sheet


def read_json(text: str) -> object:
    """Return what canonical JSON says; a text that is none, as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def who_read(text: str) -> str:
    """Return who read, as a history names them; an account of the machine is told as such."""
    try:
        return named(TypeAdapter[Actor](Actor).validate_json(text))
    except ValidationError:
        said = read_json(text)
        if isinstance(said, dict) and said.keys() == {"kind", "name"}:
            return f"{said['kind']} {said['name']}"
        return text


def _what(text: str) -> str:
    """Return what was asked for: filters within it stand beside the rest."""
    said = read_json(text)
    if not isinstance(said, dict):
        return text
    return ", ".join(f"{name} {value}" for name, value in _flat(said)) or "everything"


def _flat(said: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in said.items():
        if isinstance(value, dict):
            yield from _flat(value)
        else:
            yield name, json.dumps(value) if isinstance(value, bool | list) else value
