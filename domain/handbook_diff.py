"""In what two handbooks differ: table by table, entry by entry, field by field."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from enum import StrEnum

from pydantic import JsonValue

from domain.canonical import canonical
from domain.handbook import Handbook
from domain.model import Frozen


class Change(StrEnum):
    """What became of an entry or a field, from the first handbook to the second."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


class Difference(Frozen):
    """One place in which two handbooks differ.

    `table` is a field of the handbook; `entry` the id of a row, or its place counted from 0 where
    rows have no id; `field` a path within it, such as `rungs.half.percent`. A value that is left
    out, and so is its default, is None. MOVED: the same rows in another order, by their ids.
    """

    table: str
    entry: str | None
    field: str | None
    change: Change
    old: JsonValue = None
    new: JsonValue = None

    @property
    def place(self) -> str:
        """Return where it lies, in one word."""
        return ".".join(part for part in (self.table, self.entry, self.field) if part is not None)


Path = tuple[str, ...]
Found = tuple[Path, Change, JsonValue, JsonValue]


def differences(old: Handbook, new: Handbook) -> tuple[Difference, ...]:
    """Return every difference, in the order of a handbook's fields; none if and only if the two are
    the same version."""
    first, second = old.model_dump(mode="json"), new.model_dump(mode="json")
    found: list[Difference] = []
    for table in Handbook.model_fields:
        before, after = first.get(table), second.get(table)
        rows = isinstance(before if after is None else after, list)
        found += (_told(table, rows, each) for each in _between((), before, after))
    return tuple(found)


def _told(table: str, rows: bool, found: Found) -> Difference:
    path, change, old, new = found
    return Difference(
        table=table,
        entry=path[0] if rows and path else None,
        field=".".join(path[1:] if rows else path) or None,
        change=change,
        old=old,
        new=new,
    )


def _between(path: Path, old: JsonValue, new: JsonValue) -> Iterator[Found]:
    if isinstance(old, dict) and isinstance(new, dict) and old.get("kind") == new.get("kind"):
        for name in dict.fromkeys((*old, *new)):
            yield from _between((*path, name), old.get(name), new.get(name))
    elif (first := _rows(old)) is not None and (second := _rows(new)) is not None:
        if all("id" in row for row in (*first, *second)):
            yield from _by_id(path, first, second)
        else:
            yield from _by_place(path, first, second)
    elif old != new:
        whole = isinstance(old if new is None else new, dict)
        change = Change.CHANGED
        if whole and old is None:
            change = Change.ADDED
        elif whole and new is None:
            change = Change.REMOVED
        yield path, change, old, new


def _rows(value: JsonValue) -> list[dict[str, JsonValue]] | None:
    """Return a table of tables, also an empty or missing one; None for anything else."""
    rows = [] if value is None else value
    if not isinstance(rows, list):
        return None
    tables = [row for row in rows if isinstance(row, dict)]
    return tables if len(tables) == len(rows) else None


def _by_id(
    path: Path, old: list[dict[str, JsonValue]], new: list[dict[str, JsonValue]]
) -> Iterator[Found]:
    first, second = ({str(row["id"]): row for row in rows} for rows in (old, new))
    for id_ in dict.fromkeys((*first, *second)):
        if id_ not in second:
            yield (*path, id_), Change.REMOVED, first[id_], None
        elif id_ not in first:
            yield (*path, id_), Change.ADDED, None, second[id_]
        else:
            yield from _between((*path, id_), first[id_], second[id_])
    before: list[JsonValue] = [id_ for id_ in first if id_ in second]
    after: list[JsonValue] = [id_ for id_ in second if id_ in first]
    if before != after:
        yield path, Change.MOVED, before, after


def _by_place(
    path: Path, old: list[dict[str, JsonValue]], new: list[dict[str, JsonValue]]
) -> Iterator[Found]:
    """Rows without ids: what stands between equal rows is compared row by row as far as it goes."""
    first, second = ([canonical(dict[str, object](row)) for row in rows] for rows in (old, new))
    for tag, a, a_end, b, b_end in SequenceMatcher(None, first, second, False).get_opcodes():
        if tag == "equal":
            continue
        shared = min(a_end - a, b_end - b)
        for step in range(shared):
            yield from _between((*path, str(b + step)), old[a + step], new[b + step])
        for place in range(a + shared, a_end):
            yield (*path, str(place)), Change.REMOVED, old[place], None
        for place in range(b + shared, b_end):
            yield (*path, str(place)), Change.ADDED, None, new[place]
