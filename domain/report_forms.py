"""What stored reports are made of: names in both languages, tables, cells, in plain values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final, Protocol

from domain.figures import Plain
from domain.handbook import Handbook
from domain.lights import Light
from domain.model import Name, written
from domain.responsibility import Holder, HolderKind

ROWS_MAX: Final = 200
"""So many rows has a list of a report; how many there are besides is said below it."""

Said = dict[str, str]
"""A text in both languages, by `zh` and `en`."""
Words = Mapping[str, Name]
"""What a report calls things that no handbook names, by `family.code`."""


@dataclass(frozen=True, slots=True)
class Item:
    """An issue as it stood at the end of a report's period. `holder` has the next move: the time is
    theirs. `due_at` is when the clock that shows its light ends."""

    stream: str
    number: str
    title: str
    enterprise: str
    category: str
    segment: str | None
    grid: str | None
    tier: int
    phase: str
    open: bool
    holder: Holder | None
    light: Light
    due_at: datetime | None
    reported_at: datetime
    lists: tuple[str, ...] = ()


class _Called(Protocol):
    """What a handbook names."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> Name: ...


@dataclass(frozen=True)
class Names:
    """What the things of a zone are called in a report: by its handbook, else by the words."""

    handbook: Handbook
    words: Words

    def word(self, key: str) -> Said:
        """Return a word in both languages; an unknown one is its own code."""
        found = self.words.get(key)
        return _both(found) if found is not None else plain_name(key.rpartition(".")[2])

    def named(self, what: str, id_: str | None) -> Said:
        """Return what a category, a segment, a grid, a list or an enterprise is called."""
        if id_ is None:
            return self.word("text.nowhere")
        found = self._names.get((what, id_))
        return plain_name(id_) if found is None else _both(found)

    def holder(self, holder: Holder | None) -> Said:
        """Return who has something; a reporter by the enterprise, what is outside by its kind."""
        if holder is None:
            return self.word("text.nobody")
        kind = {HolderKind.ARBITER: "post", HolderKind.REPORTER: "enterprise"}
        found = self._names.get((kind.get(holder.kind, holder.kind.value), holder.id))
        if found is None:
            family = self.words.get(f"holder.{holder.kind.value}")
            return plain_name(holder.id) if family is None else _both(family)
        return _both(found)

    def tier(self, level: int) -> Said:
        """Return what a tier is called."""
        if 1 <= level <= self.handbook.top_tier:
            return _both(self.handbook.tiers[level - 1].name)
        return plain_name(str(level))

    @cached_property
    def _names(self) -> dict[tuple[str, str], Name]:
        book = self.handbook
        families: dict[str, Sequence[_Called]] = {
            "category": book.categories,
            "segment": book.segments,
            "grid": book.grids,
            "list": book.lists,
            "enterprise": book.enterprises,
            "unit": book.units,
            "post": book.posts,
        }
        return {(what, each.id): each.name for what, every in families.items() for each in every}


def plain_name(text: str) -> Said:
    """Return a text that is the same in both languages."""
    return {"zh": text, "en": text}


def _both(name: Name) -> Said:
    return {"zh": name.zh, "en": name.en}


def column(names: Names, head: str, kind: str = "text", width: int | None = None) -> Plain:
    """Return a column of a table, its head by the words."""
    told: Plain = {"head": names.word(f"head.{head}"), "kind": kind}
    return told if width is None else told | {"width": width}


def table(
    names: Names,
    id_: str,
    columns: Sequence[Plain],
    rows: Iterable[Sequence[object]],
    *,
    more: int = 0,
) -> Plain:
    """Return a table, its title by the words. `more`: so many rows were left out."""
    told: Plain = {
        "kind": "table",
        "id": id_,
        "title": names.word(f"title.{id_}"),
        "columns": list(columns),
        "rows": [list(row) for row in rows],
    }
    if not more:
        return told
    left = names.word("text.more")
    return told | {"note": {language: f"{left[language]} {more}" for language in ("zh", "en")}}


def listed(
    names: Names, id_: str, columns: Sequence[Plain], rows: Sequence[Sequence[object]]
) -> Plain:
    """Return a table of the first rows, saying how many there are besides."""
    return table(names, id_, columns, rows[:ROWS_MAX], more=max(0, len(rows) - ROWS_MAX))


def moment(at: datetime | None) -> str | None:
    """Return an instant as a cell has it."""
    return None if at is None else written(at)


def items_table(names: Names, id_: str, items: Sequence[Item]) -> Plain:
    """Return a list of issues: what each is, whose time it is, what it shows, when it is due."""
    columns = (
        column(names, "number", width=18),
        column(names, "issue", width=28),
        column(names, "enterprise", width=20),
        column(names, "category"),
        column(names, "tier"),
        column(names, "holder", width=18),
        column(names, "light", "light"),
        column(names, "due_at", "moment"),
        column(names, "reported_at", "moment"),
    )
    rows = [
        [
            item.number,
            item.title,
            names.named("enterprise", item.enterprise),
            names.named("category", item.category),
            names.tier(item.tier),
            names.holder(item.holder),
            item.light.value,
            moment(item.due_at),
            moment(item.reported_at),
        ]
        for item in items
    ]
    return listed(names, id_, columns, rows)
