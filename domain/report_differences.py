"""In what two versions of a stored report differ: cell by cell, as a reader compares them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from domain.canonical import canonical

OF_THE_MAKING: Final = frozenset({"position", "terms", "version", "sections"})
"""Fields of a body that say how it was made, or that are compared cell by cell."""


@dataclass(frozen=True, slots=True)
class Differing:
    """One cell that two versions tell otherwise; None: it is not there. `section`, `row` and
    `column` say where it stands, in the report's own words; `kind` of which kind it is."""

    section: object
    row: object
    column: object
    kind: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Compared:
    """All cells that differ, and the other fields that do, by name."""

    cells: tuple[Differing, ...]
    fields: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Return whether both versions say the same."""
        return not (self.cells or self.fields)


@dataclass(frozen=True, slots=True)
class _Cell:
    section: object
    row: object
    column: object
    kind: str
    value: object


_Place = tuple[str, ...]


def compared(before: Mapping[str, Any], after: Mapping[str, Any]) -> Compared:
    """Return in what two bodies differ, in the order of the later one. What was only moved to
    another line of a list is no difference."""
    shared = _lines_of(before) & _lines_of(after)
    old, new = dict(_placed(before, shared)), dict(_placed(after, shared))
    found = []
    for place in dict.fromkeys((*new, *old)):
        one, other = old.get(place), new.get(place)
        there = other or one
        values = (None if one is None else one.value, None if other is None else other.value)
        if there is not None and (values[0] != values[1] or (one is None) != (other is None)):
            where = there.section, there.row, there.column, there.kind
            found.append(Differing(*where, *values))
    names = sorted((before.keys() | after.keys()) - OF_THE_MAKING)
    fields = tuple(name for name in names if before.get(name) != after.get(name))
    return Compared(tuple(found), fields)


def _named(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each section by what it is called, and which of those that are called alike."""
    known: Counter[str] = Counter()
    for section in body.get("sections", ()):
        title = section.get("title", "")
        yield _next(known, _text([section.get("kind"), section.get("id"), title])), section


def _lines_of(body: Mapping[str, Any]) -> Counter[tuple[str, str]]:
    """Return how often each whole line stands in each section."""
    return Counter(
        (name, _text(line)) for name, section in _named(body) for line in _lines(section)
    )


def _placed(
    body: Mapping[str, Any], shared: Counter[tuple[str, str]]
) -> Iterator[tuple[_Place, _Cell]]:
    """Yield each cell by its place: section, line and column by what they are called, and which of
    those that are called alike. Lines that both versions have are left out first: a line must not
    be held against another of its name while its own likeness stands elsewhere."""
    left = shared.copy()
    for of_section, section in _named(body):
        title = section.get("title", "")
        rows: Counter[str] = Counter()
        for line in _lines(section):
            label, cells = line
            whole = of_section, _text(line)
            if left[whole]:
                left[whole] -= 1
                continue
            of_row = _next(rows, _text(label))
            for number, (column, kind, value) in enumerate(cells):
                place = (of_section, of_row, f"{number}:{_text(column)}")
                yield place, _Cell(title, label, column, kind, value)


def _next(known: Counter[str], name: str) -> str:
    known[name] += 1
    return f"{name}#{known[name]}"


def _text(value: object) -> str:
    return canonical({"of": value})


_Line = tuple[object, list[tuple[object, str, object]]]


def _lines(section: Mapping[str, Any]) -> Iterator[_Line]:
    """Yield the lines of a section: what each is called, and its cells by column and kind."""
    match section.get("kind"):
        case "table":
            yield from _of_table(section["columns"], section["rows"])
            if "note" in section:
                yield "", [("", "text", section["note"])]
        case "figures":
            for line in section["lines"]:
                cells: list[tuple[object, str, object]] = [
                    ("value", line.get("unit", "count"), line.get("value"))
                ]
                cells += [
                    (name, kind, line[name])
                    for name, kind in (("excluded", "count"), ("of", "count"), ("definition", ""))
                    if name in line
                ]
                yield line.get("title", ""), cells
        case "chart":
            for at, label in enumerate(section["labels"]):
                yield (
                    label,
                    [(each["name"], "number", each["values"][at]) for each in section["series"]],
                )
        case "text":
            for text in section["texts"]:
                yield text, [("", "text", text)]
        case _:
            yield "", [("", "", _text(section))]


def _of_table(
    columns: Sequence[Mapping[str, Any]], rows: Sequence[Sequence[object]]
) -> Iterator[_Line]:
    for row in rows:
        told = zip(columns, row, strict=True)
        yield row[0] if row else "", [(each["head"], each["kind"], value) for each, value in told]
