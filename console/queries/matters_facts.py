"""The facts of a matter in words: each event with who, when, and what it says."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from console.queries.issue_timeline import Line, in_one, label_of, parts_of, word
from console.queries.matters_values import quantity_name, value_name
from console.queries.naming import Naming
from console.templating import local
from console.texts import has
from domain.elsewhere import ELSEWHERE
from domain.matters.rules import AnyProcedure
from domain.matters.values import FieldRule, Quantity, Value
from domain.model import Frozen, Name

PAGE: Final = 50
ENVELOPE: Final = frozenset(
    {"at", "by", "kind", "sets", "meets", "waits", "drops", "aggregate", "keeps"}
)
HASHES: Final = frozenset({"from_terms", "to_terms", "handbook", "calendar"})
PIECES_MAX: Final = 8
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z")
_VALUE: Final[TypeAdapter[Value]] = TypeAdapter(Value)


@dataclass(frozen=True, slots=True)
class MatterFactShown:
    """One event of a matter."""

    version: int
    at: datetime
    kind: str
    title: Name
    actor: Name
    person: str | None
    lines: tuple[Line, ...]
    issues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """An event as a reader is told it: its fields and who acted, plain."""

    version: int
    at: datetime
    kind: str
    event: Mapping[str, Any]
    by: Mapping[str, Any]


class Names:
    """What the ids in the events of a matter are called, by the handbook and the procedure."""

    def __init__(self, naming: Naming, rule: AnyProcedure, time_zone: str) -> None:
        self.naming = naming
        self.time_zone = time_zone
        self.fields: dict[str, FieldRule] = {}
        self.own: dict[str, Name] = {rule.id: rule.name}
        self._take(rule)

    def _take(self, held: Frozen) -> None:
        """Note the names that a procedure gives: of fields, and of all else that has an id."""
        for name in type(held).model_fields:
            value = getattr(held, name)
            for each in value if isinstance(value, tuple) else (value,):
                if isinstance(each, FieldRule):
                    self.fields.setdefault(each.id, each)
                if isinstance(each, Frozen) and not isinstance(each, Name):
                    called = getattr(each, "name", None)
                    if isinstance(called, Name):
                        self.own.setdefault(str(getattr(each, "id", "")), called)
                    self._take(each)

    def value(self, value: Value | None, rule: FieldRule | None) -> Name:
        """Return a value in words, a quantity with what its unit is called."""
        if isinstance(value, Quantity):
            return quantity_name(value, self.own.get(value.unit))
        return value_name(value, rule)

    def of(self, field: str, id_: str) -> Name:
        """Return what a text in a field is called."""
        if id_ == ELSEWHERE:
            return word("matter.elsewhere")
        if field in _FIRMS and id_ in self.naming.handbook.enterprises_by_id:
            return self.naming.enterprise(id_)
        if field in _POSTS and id_ in self.naming.handbook.posts_by_id:
            return self.naming.post(id_)
        if field in ("tells",):
            is_post = id_ in self.naming.handbook.posts_by_id
            return self.naming.post(id_) if is_post else self.naming.enterprise(id_)
        if field in _OWN and id_ in self.own:
            return self.own[id_]
        if field == "category":
            return self.naming.category(id_)
        for family in ("matter_standing.", "matter_stage.", f"matter_value.{field}_"):
            text = f"{family}{id_}"
            if field in _WORDS and has(text):
                return word(text)
        return _both(id_)


_FIRMS: Final = frozenset(
    {"enterprise", "enterprises", "targets", "left_out", "late", "finished", "missing", "subject"}
    | {"customer", "supplier", "builder", "subjects"}
)
_POSTS: Final = frozenset({"post", "came_from", "to", "contact"})
_OWN: Final = frozenset(
    {"step", "stage", "to", "came_from", "status", "source", "unit", "code", "exemption", "id"}
    | {"type", "party", "classes", "side", "reason", "procedure", "gate", "parties"}
)
_WORDS: Final = frozenset({"level", "how", "ended", "tying", "side", "origin", "priority"})


def facts_shown(
    told: Sequence[Told], names: Names, before: int | None = None
) -> tuple[tuple[MatterFactShown, ...], int | None]:
    """Return a page of facts, the newest first, and the version before which the next one is."""
    seen = [each for each in told if before is None or each.version < before]
    page = seen[-PAGE:]
    earlier = page[0].version if len(seen) > PAGE else None
    return tuple(_fact(each, names) for each in reversed(page)), earlier


def fact_title(kind: str) -> Name:
    """Return what a kind of event of a matter is called."""
    text = f"matter_fact.{kind}"
    return word(text) if has(text) else _both(kind.replace("_", " "))


def _fact(each: Told, names: Names) -> MatterFactShown:
    actor, person = _actor(each.by, names)
    found = each.event.get("found", ())
    return MatterFactShown(
        version=each.version,
        at=each.at,
        kind=each.kind,
        title=fact_title(each.kind),
        actor=actor,
        person=person,
        lines=tuple(_lines(each.event, names)),
        issues=tuple(str(one["issue"]) for one in found if isinstance(one, Mapping)),
    )


def _actor(by: Mapping[str, Any], names: Names) -> tuple[Name, str | None]:
    match by.get("kind"):
        case "officer":
            deputy = by.get("on_behalf_of")
            person = by.get("person")
            shown = f"{person} → {deputy}" if deputy else person
            return names.naming.post(str(by.get("post", "—"))), shown
        case "representative":
            firm = str(by.get("enterprise", ELSEWHERE))
            return names.of("enterprise", firm), by.get("person")
        case "service":
            return _both(str(by.get("name", "—"))), None
        case "engine":
            return word("issue.engine"), None
        case _:
            return word("matter.elsewhere"), None


def _lines(event: Mapping[str, Any], names: Names) -> Iterator[Line]:
    for name, value in event.items():
        if name in ENVELOPE or value in (None, False, "", [], {}, ()):
            continue
        if name == "found":
            yield Line(word("matter.found"), tuple(str(e.get("title", "")) for e in value))
            continue
        parts = tuple(_said(name, value, names))
        if parts:
            yield Line(
                _label(name), parts[:PIECES_MAX] + (("…",) if len(parts) > PIECES_MAX else ())
            )


def _label(name: str) -> Name:
    for text in (f"matter_said.{name}", f"matter_field.{name}"):
        if has(text):
            return word(text)
    return label_of(name)


def _said(name: str, value: object, names: Names) -> Iterator[Name | str]:
    if isinstance(value, Mapping):
        yield from _of_map(name, value, names)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _said(name, each, names)
    elif value is True:
        yield word("shell.yes")
    elif isinstance(value, str):
        if name in HASHES:
            yield f"{value[:12]}…"
        elif _MOMENT.fullmatch(value):
            yield local(datetime.fromisoformat(value), names.time_zone)
        else:
            yield names.of(name, value)
    elif value is not None and value is not False:
        for part in parts_of(name, value, names.naming):
            if not isinstance(part, datetime):
                yield part


def _of_map(name: str, value: Mapping[str, Any], names: Names) -> Iterator[Name | str]:
    plain = _value_in(value)
    if plain is not None:
        yield names.value(plain, names.fields.get(name))
        return
    is_values = all(isinstance(each, Mapping) or each is None for each in value.values())
    for id_, each in value.items():
        if (id_ in ENVELOPE or each in (None, False, "", [], {})) and not is_values:
            continue
        rule = names.fields.get(id_)
        label = rule.name if rule is not None else _label(id_) if not is_values else _both(id_)
        held = _value_in(each) if isinstance(each, Mapping) else None
        if held is not None or each is None:
            told: list[Name | str] = [names.value(held, rule)]
        else:
            told = list(_said(id_, each, names))
        if each is True:
            yield label
            continue
        inner = in_one(tuple(told))
        yield Name(zh=f"{label.zh}：{inner.zh}"[:200], en=f"{label.en}: {inner.en}"[:200])


def _value_in(value: Mapping[str, Any]) -> Value | None:
    """Return a value of a procedure, None if a map is something else."""
    if "kind" not in value:
        return None
    try:
        return _VALUE.validate_python(dict(value))
    except ValidationError:
        return None


def _both(text: str) -> Name:
    line = " ".join(text.split())[:200] or "—"
    return Name(zh=line, en=line)
