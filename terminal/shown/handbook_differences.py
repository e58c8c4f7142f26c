"""In what two handbooks differ, for people and for machines."""

import json
from collections.abc import Sequence

from pydantic import JsonValue, TypeAdapter, ValidationError
from rich.console import Group, RenderableType
from rich.text import Text

from domain.durations import Duration
from domain.handbook import Handbook
from domain.handbook_diff import Change, Difference
from terminal.shown.durations import duration_text
from terminal.shown.findings import many
from terminal.shown.frames import SECOND, Sheet, facts, kept, wrapped

HASH_SHOWN = 12
VALUE_SHOWN_MAX = 300
MARKS = {Change.ADDED: "+", Change.REMOVED: "−", Change.CHANGED: "", Change.MOVED: "↕"}
_DURATION: TypeAdapter[Duration] = TypeAdapter(Duration)


def handbook_differences_plain(
    old: Handbook, new: Handbook, found: Sequence[Difference]
) -> dict[str, object]:
    """Return every difference, with what was compared."""
    return {
        "zone": new.zone,
        "old": {"revision": old.revision, "handbook": old.hash},
        "new": {"revision": new.revision, "handbook": new.hash},
        "same": old.hash == new.hash,
        "differences": [difference_plain(each) for each in found],
    }


def difference_plain(found: Difference) -> dict[str, object]:
    """Return one difference, with its place in one word."""
    return {"place": found.place, **found.model_dump(mode="json")}


def handbook_differences(
    old: tuple[str, Handbook], new: tuple[str, Handbook], found: Sequence[Difference]
) -> RenderableType:
    """Return the differences, a line each."""
    rows = [
        (f"  {label}", f"{name}  revision {book.revision}  {book.hash[:HASH_SHOWN]}")
        for label, (name, book) in (("first", old), ("second", new))
    ]
    if not found:
        same = Text.assemble(("✓ ", "green"), f"{old[0]} and {new[0]} are the same handbook")
        return Group(same, facts(rows))
    sheet = Sheet((kept(""), wrapped("Where"), wrapped("First"), wrapped("Second")))
    for each in found:
        sheet.add(MARKS[each.change], each.place, shown_value(each.old), shown_value(each.new))
    count = Text(f"\n{many(len(found), 'difference')}", SECOND)
    return Group(facts(rows), Text(""), sheet, count)


def shown_value(value: JsonValue) -> str:
    """Return a value in words: a length as a length, a list as its items, a dash for nothing."""
    match value:
        case None:
            return "—"
        case bool():
            return "yes" if value else "no"
        case str() | int() | float():
            return str(value)
        case {"kind": _}:
            try:
                return duration_text(_DURATION.validate_python(value))
            except ValidationError:
                return _cut(json.dumps(value, ensure_ascii=False))
        case list() if all(isinstance(each, str | int) for each in value):
            return ", ".join(map(str, value)) or "none"
        case _:
            return _cut(json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    return text if len(text) <= VALUE_SHOWN_MAX else f"{text[:VALUE_SHOWN_MAX]}… (--json has all)"
