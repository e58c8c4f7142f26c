"""The facts of an issue in words: each event with who, when, and what it says, in both languages.

What is said of persons stays closed. What the handbook names goes by its name.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from types import MappingProxyType
from typing import Final, assert_never

from pydantic import BaseModel

from audit.evidence_text import LABELS
from audit.timeline import TITLES, row_of
from console.offers_choices import enum_text
from console.queries.naming import Naming
from console.texts import has, said
from domain import elsewhere
from domain.chain import Record
from domain.duration_text import written_duration
from domain.durations import NaturalDays, OpenHours, Wall, WorkingDays
from domain.events import Event
from domain.handbook import Handbook
from domain.issue import Evidence
from domain.lateness import emergencies
from domain.model import SHORT_CHARACTERS_MAX, Name
from domain.people import Actor, Engine, Officer, Representative, Service
from domain.personal import Sealed
from domain.retold import TermsByHash
from face.elsewhere import event_told

PAGE: Final = 50
"""How many facts are shown at once, the newest first."""

ENVELOPE: Final = frozenset({"at", "by", "kind", "clocks"})
INNER: Final = frozenset({"lineage", "heard", "lot", "hands", "mirror", "nonce", "key_id"})
"""What the engine keeps for itself in an event: it says nothing to a reader."""

LONG_CHARACTERS: Final = 32
HASH_DIGITS: Final = 12
HASH_CHARACTERS: Final = 64

Part = Name | str | datetime
"""A piece of what an event says: of the handbook or the console, as written, or a moment."""


@dataclass(frozen=True, slots=True)
class Line:
    """A field of an event: what it is called, and what it holds."""

    label: Name
    parts: tuple[Part, ...]

    @property
    def is_long(self) -> bool:
        """Return whether it needs a line of its own."""
        return any(isinstance(part, str) and len(part) > LONG_CHARACTERS for part in self.parts)


@dataclass(frozen=True, slots=True)
class Fact:
    """One event. `occurred_at`: when it took place by the actor's word, if that differs; `late_ms`
    lies between the two where the handbook minds."""

    version: int
    at: datetime
    occurred_at: datetime | None
    late_ms: int | None
    kind: str
    title: Name
    actor: Name
    person: str | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """Something outside the ledger that an event names, and by which event."""

    version: int
    at: datetime
    evidence: Evidence


def title_of(kind: str) -> Name:
    """Return what a kind of event is called."""
    return TITLES.get(kind) or Name(zh=kind, en=kind)


def facts_of(
    records: Sequence[Record],
    terms: TermsByHash,
    handbook: Handbook,
    before: int | None = None,
    hidden: frozenset[str] | None = None,
) -> tuple[Fact, ...]:
    """Return a page of facts, the newest first, those before a version; `records` are all. `hidden`
    are the keys of issues that the reader is told nothing of; None: they are told all."""
    emergency = list(emergencies(records))
    start, end = _page(records, before)
    page = reversed(list(zip(records[start:end], emergency[start:end], strict=True)))
    told = ((event_told(each, hidden), urgent) for each, urgent in page)
    return tuple(
        fact_of(each, terms, handbook, emergency=urgent)
        for each, urgent in told
        if each is not None
    )


def earlier_than(records: Sequence[Record], before: int | None = None) -> int | None:
    """Return the version before which the next page of facts is, None behind the last."""
    start, _ = _page(records, before)
    return start + 1 if start else None


def _page(records: Sequence[Record], before: int | None) -> tuple[int, int]:
    end = len(records) if before is None else max(0, min(before - 1, len(records)))
    return max(0, end - PAGE), end


def fact_of(
    record: Record, terms: TermsByHash, handbook: Handbook, *, emergency: bool = False
) -> Fact:
    """Return one event in words."""
    row = row_of(record, terms.get(record.terms), emergency=emergency)
    actor, person = actor_of(record.event.by, handbook)
    return Fact(
        version=record.version,
        at=record.at,
        occurred_at=record.occurred_at,
        late_ms=row.recorded_late_ms,
        kind=row.kind,
        title=row.title,
        actor=actor,
        person=person,
        lines=tuple(_lines(record.event, Naming(handbook))),
    )


def documents_of(records: Sequence[Record]) -> tuple[Document, ...]:
    """Return all that events name as evidence, the newest first."""
    found = [
        Document(record.version, record.at, each)
        for record in records
        for each in _evidence_in(record.event)
    ]
    return tuple(reversed(found))


def actor_of(actor: Actor, handbook: Handbook) -> tuple[Name, str | None]:
    """Return in which post, for which enterprise or as which system somebody acted, and who."""
    naming = Naming(handbook)
    match actor:
        case Officer():
            deputy = "" if actor.on_behalf_of is None else f" → {actor.on_behalf_of}"
            return naming.post(actor.post), f"{actor.person}{deputy}"
        case Representative():
            return naming.enterprise(actor.enterprise), actor.person
        case Service():
            return Name(zh=actor.name, en=actor.name), None
        case Engine():
            return word("issue.engine"), None
        case _:
            assert_never(actor)


def word(name: str) -> Name:
    """Return a text of the console in both languages."""
    return Name(zh=said(name, "zh"), en=said(name, "en"))


def _evidence_in(holder: BaseModel) -> Iterator[Evidence]:
    for name in type(holder).model_fields:
        value: object = getattr(holder, name)
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, Evidence):
                yield each
            elif isinstance(each, BaseModel) and name not in ENVELOPE:
                yield from _evidence_in(each)


def _lines(event: Event | BaseModel, naming: Naming) -> Iterator[Line]:
    for name in type(event).model_fields:
        if name in ENVELOPE or name in INNER:
            continue
        value: object = getattr(event, name)
        if _is_nested(value):
            yield from _lines(value, naming)  # type: ignore[arg-type]  # _is_nested has seen a model
            continue
        parts = tuple(parts_of(name, value, naming))
        if parts:
            yield Line(label_of(name), parts)


def _is_nested(value: object) -> bool:
    lengths = (Wall, OpenHours, WorkingDays, NaturalDays)
    return isinstance(value, BaseModel) and not isinstance(value, (Sealed, Evidence, *lengths))


def label_of(name: str) -> Name:
    """Return what a field of an event is called."""
    plain = name.replace("_", " ")
    for text in (f"issue_said.{name}", f"issue_field.{name}"):
        if name not in LABELS and has(text):
            return word(text)
    return Name(zh=LABELS.get(name, plain), en=plain)


def parts_of(name: str, value: object, naming: Naming) -> Iterator[Part]:  # noqa: C901  # one case a type
    """Yield what a field of an event holds, in pieces."""
    match value:
        case None | False | "" | () | elsewhere.UNSAID:
            return
        case elsewhere.ELSEWHERE:
            yield word("issue.elsewhere")
        case True:
            yield word("shell.yes")
        case Enum():
            yield word(enum_text(value)) if has(enum_text(value)) else str(value.value)
        case datetime():
            yield value
        case date():
            yield value.isoformat()
        case Wall() | OpenHours() | WorkingDays() | NaturalDays():
            yield written_duration(value)
        case Sealed():
            yield word("issue.sealed")
        case Evidence():
            yield value.reference
        case BaseModel():
            yield in_one([part for line in _lines(value, naming) for part in line.parts])
        case tuple():
            for each in value:
                yield from parts_of(name, each, naming)
        case str() if len(value) == HASH_CHARACTERS:
            yield f"{value[:HASH_DIGITS]}…"
        case _:
            named = _NAMED.get(name)
            yield str(value) if named is None else named(naming, value)


def in_one(parts: Sequence[Part]) -> Name:
    """Return what a thing of a list holds, in one line."""
    said_yes = word("shell.yes")
    told = [each for each in parts if not isinstance(each, datetime) and each != said_yes]
    zh = " · ".join(each if isinstance(each, str) else each.zh for each in told)
    en = " · ".join(each if isinstance(each, str) else each.en for each in told)
    return Name(zh=_cut(zh), en=_cut(en))


def _cut(text: str) -> str:
    line = " ".join(text.split()) or "—"
    is_short = len(line) <= SHORT_CHARACTERS_MAX
    return line if is_short else f"{line[: SHORT_CHARACTERS_MAX - 1]}…"


def _tier(naming: Naming, value: object) -> Name:
    """Return what a tier is called; what a rung passed over is named by its own id."""
    return naming.tier(value) if isinstance(value, int) else Name(zh=str(value), en=str(value))


def _of(kind: Callable[[Naming, str], Name]) -> Callable[[Naming, object], Name]:
    return lambda naming, value: kind(naming, str(value))


def _clock(naming: Naming, id_: str) -> Name:
    rule, _, part = id_.partition(".")
    name = naming.clock(rule)
    return Name(zh=_cut(f"{name.zh} {part}"), en=_cut(f"{name.en} {part}")) if part else name


_NAMED: Final[Mapping[str, Callable[[Naming, object], Name]]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("owner", "handler", "post", "proxy", "decider", "arbiter", "attended", "absent"),
            _of(Naming.post),
        ),
        **dict.fromkeys(("unit", "from_unit", "lead", "suggested", "party"), _of(Naming.unit)),
        **dict.fromkeys(("category", "from_category", "to_category"), _of(Naming.category)),
        **dict.fromkeys(("tier", "from_tier", "to_tier", "skipped"), _tier),
        **dict.fromkeys(("clock", "passed", "part_clock"), _of(_clock)),
        "enterprise": _of(Naming.enterprise),
    }
)
"""Which fields of events hold what the handbook has a name for."""
