"""OCEL 2.0 as JSON: events and the many things that each touches.

Objects are told once, after the events: what is told of them waits on disk.
"""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, ClassVar, Self, assert_never

from audit.exports.distinct import Distinct
from audit.exports.fields import Sort, as_text, resource, sorts, values
from audit.exports.files import Outlet
from audit.exports.forms import Counts, Statement
from audit.exports.objects import (
    ATTRIBUTES,
    Described,
    described,
    described_matter,
    described_order,
)
from audit.exports.relations import (
    Relation,
    Thing,
    matter_relations,
    order_relations,
    relations,
)
from audit.exports.told import AnyStep, Told, matter_steps, order_steps, steps
from domain.model import Frozen, written
from domain.streams import StreamKind

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
ENVELOPE = {
    "actor_kind": Sort.STRING,
    "actor": Sort.STRING,
    "occurred_at": Sort.TIME,
    "ledger_position": Sort.INTEGER,
    "ledger_version": Sort.INTEGER,
    "ledger_hash": Sort.STRING,
}
"""What every event has beside its own fields."""


class Ocel:
    """An export in OCEL 2.0; `folder` is for what waits, and is used to the end of the block."""

    name: ClassVar[str] = "ocel"
    is_whole: ClassVar[bool] = False
    has_others: ClassVar[bool] = True
    looks_back: ClassVar[bool] = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kinds: dict[str, dict[str, Sort]] = {}
        self._statement: dict[str, object] = {}
        self._lead = "\n"
        self._open = ExitStack()
        self._waiting: BinaryIO
        self._names: Distinct

    def __enter__(self) -> Self:
        self._waiting = self._open.enter_context((self._folder / "objects").open("w+b"))
        self._names = self._open.enter_context(Distinct(self._folder))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def begin(self, file: Outlet, statement: Statement) -> None:
        """Open the list of events."""
        self._statement = statement.plain
        file.write('{"events":[')

    def terms(self, file: Outlet, hash_: str, text: str | None) -> None:
        """Write nothing: terms are no objects."""

    def add(self, file: Outlet, told: Told) -> None:
        """Write the events of a stream; what they tell of objects waits."""
        events, objects = self._told(told)
        file.write("".join(events))
        for each in objects:
            self._names.tell(each.id)
            for relation in each.relations:
                self._names.meet(relation.thing.value, relation.id)
            self._wait(each.plain)

    def end(self, file: Outlet, counts: Counts) -> None:
        """Write the objects, the types, and last what the file is."""
        for type_, name in self._names.untold():
            self._wait({"id": name, "type": type_, "attributes": [], "relationships": []})
        file.write('],\n"objects":[')
        file.append(self._waiting)
        types = [
            {"name": kind, "attributes": _declared({**ENVELOPE, **fields})}
            for kind, fields in sorted(self._kinds.items())
        ]
        things = [
            {"name": thing.value, "attributes": _declared(ATTRIBUTES.get(thing, {}))}
            for thing in Thing
        ]
        said = {**self._statement, "counts": counts.plain}
        file.write(f'],\n"eventTypes":{_encode(types)},\n"objectTypes":{_encode(things)},\n')
        file.write(f'"closeout":{_encode(said)}}}\n')

    def _told(self, told: Told) -> tuple[list[str], list[Described]]:
        """Return the events of a stream as they are written, and what they tell of objects."""
        kind = told.kind
        match kind:
            case StreamKind.ISSUE:
                lines = list(steps(told))
                return [self._event(each, relations(each)) for each in lines], described(lines)
            case StreamKind.ORDER:
                of_order = list(order_steps(told))
                events = [self._event(each, order_relations(each)) for each in of_order]
                return events, described_order(of_order)
            case StreamKind.MATTER:
                of_matter = list(matter_steps(told))
                events = [self._event(each, matter_relations(each)) for each in of_matter]
                return events, described_matter(of_matter)
            case _:
                assert_never(kind)

    def _event(self, step: AnyStep, touched: list[Relation]) -> str:
        event: Frozen = step.event
        record = step.record
        self._kinds.setdefault(record.kind, sorts(type(event)))
        said = {
            "actor_kind": step.event.by.kind,
            "actor": resource(step.event.by),
            "occurred_at": None if record.occurred_at is None else written(record.occurred_at),
            "ledger_position": str(step.position),
            "ledger_version": str(record.version),
            "ledger_hash": record.hash,
        }
        said |= {field: as_text(value) for field, _, value in values(event)}
        for relation in touched:
            self._names.meet(relation.thing.value, relation.id)
        plain = {
            "id": step.id,
            "type": record.kind,
            "time": written(record.at),
            "attributes": [{"name": n, "value": v} for n, v in said.items() if v is not None],
            "relationships": [{"objectId": r.id, "qualifier": r.qualifier} for r in touched],
        }
        lead, self._lead = self._lead, ",\n"
        return f"{lead}{_encode(plain)}"

    def _wait(self, plain: dict[str, object]) -> None:
        lead = b"\n" if self._waiting.tell() == 0 else b",\n"
        self._waiting.write(lead + _encode(plain).encode())


def _declared(fields: dict[str, Sort]) -> list[dict[str, str]]:
    return [{"name": name, "type": sort.value} for name, sort in fields.items()]
