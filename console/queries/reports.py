"""Stored reports as pages show them: their sections in one language, cell by cell."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from console import templating
from console.texts import said
from face.words import Language

FIGURE_KINDS: Final = frozenset({"count", "ratio", "length"})
NOTHING: Final = "—"


class UnknownSectionError(Exception):
    """A stored report has a section that this program does not know how to show."""


@dataclass(frozen=True, slots=True)
class CellShown:
    """One cell. `value` is its number, for charts; `light` a light's name."""

    text: str
    kind: str = "text"
    value: str = ""
    light: str = ""

    @property
    def is_figure(self) -> bool:
        """Return whether it is a number."""
        return self.kind in FIGURE_KINDS


@dataclass(frozen=True, slots=True)
class TableShown:
    """A table of a section, also the one that a chart is drawn from; `chart` says how, empty: it is
    not. `texts` are paragraphs beside or instead of it."""

    title: str
    heads: tuple[tuple[str, str], ...] = ()
    rows: tuple[tuple[CellShown, ...], ...] = ()
    note: str = ""
    chart: str = ""
    texts: tuple[str, ...] = ()


CHARTS: Final = {"bars": "bar", "stacked": "stack", "lines": "line", "lights": "stack"}


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells a report's texts and cells in a language and a zone's time."""

    language: Language
    time_zone: str

    def text(self, value: object) -> str:
        """Return a text in the language."""
        if value is None:
            return ""
        if isinstance(value, Mapping):
            return str(value.get(self.language, ""))
        return str(value)

    def cell(self, value: object, kind: str) -> CellShown:
        """Return a cell as it is shown."""
        if value is None:
            return CellShown(NOTHING, kind)
        match kind:
            case "ratio" if isinstance(value, Mapping):
                return self._ratio(value)
            case "moment":
                at = datetime.fromisoformat(str(value)).astimezone(UTC)
                return CellShown(templating.local(at, self.time_zone), kind)
            case "length":
                ms = _ms(value)
                if ms is None:
                    return CellShown(NOTHING, kind)
                return CellShown(templating.length(ms, self.language), kind, str(ms))
            case "light":
                return CellShown(said(f"light.{value}", self.language), kind, light=str(value))
            case "count":
                return CellShown(str(value), kind, str(value))
            case _:
                return CellShown(self.text(value), kind)

    def _ratio(self, value: Mapping[str, Any]) -> CellShown:
        above, below = value["numerator"], value["denominator"]
        if not below:
            return CellShown(f"{NOTHING} ({above}/{below})", "ratio")
        percent = f"{100 * above / below:.1f}"
        return CellShown(f"{percent} % ({above}/{below})", "ratio", percent)


def sections(body: Mapping[str, Any], language: Language, time_zone: str) -> Iterator[TableShown]:
    """Yield the sections of a report's body. Raises UnknownSectionError."""
    teller = Teller(language, time_zone)
    for section in body["sections"]:
        match section["kind"]:
            case "table":
                yield _table(teller, section)
            case "figures":
                yield _figures(teller, section)
            case "chart":
                yield _chart(teller, section)
            case "text":
                texts = tuple(teller.text(each) for each in section["texts"])
                yield TableShown(teller.text(section["title"]), texts=texts)
            case other:
                raise UnknownSectionError(str(other))


def title_of(body: Mapping[str, Any], language: Language) -> str:
    """Return what a report is called."""
    return Teller(language, "UTC").text(body["title"])


def _table(teller: Teller, section: Mapping[str, Any]) -> TableShown:
    columns = section["columns"]
    kinds = [each["kind"] for each in columns]
    return TableShown(
        title=teller.text(section["title"]),
        heads=tuple((teller.text(each["head"]), each["kind"]) for each in columns),
        rows=tuple(
            tuple(teller.cell(value, kind) for value, kind in zip(row, kinds, strict=True))
            for row in section["rows"]
        ),
        note=teller.text(section.get("note")),
    )


def _figures(teller: Teller, section: Mapping[str, Any]) -> TableShown:
    heads = [("figure", "text"), ("value", "count"), ("excluded", "count"), ("of", "text")]
    rows = []
    for line in section["lines"]:
        title = teller.text(line["title"])
        note = teller.text(line.get("note"))
        value = teller.cell(line["value"], line.get("unit", "count"))
        excluded = line.get("excluded")
        if excluded is None and isinstance(line["value"], Mapping):
            excluded = line["value"].get("excluded")
        rows.append(
            (
                CellShown(f"{title} · {note}" if note else title),
                CellShown(value.text, "count", value.value),
                teller.cell(excluded, "count"),
                CellShown(str(line.get("definition", ""))),
            )
        )
    return TableShown(
        title=teller.text(section["title"]),
        heads=tuple((said(f"reports.head_{name}", teller.language), kind) for name, kind in heads),
        rows=tuple(rows),
        note=teller.text(section.get("note")),
    )


def _chart(teller: Teller, section: Mapping[str, Any]) -> TableShown:
    if section["chart"] not in CHARTS:
        raise UnknownSectionError(str(section["chart"]))
    series, unit = section["series"], section.get("unit", "")
    labels = [teller.text(each) for each in section["labels"]]
    rows = []
    for at, label in enumerate(labels):
        values = [each["values"][at] for each in series]
        rows.append(
            (
                CellShown(label),
                *(
                    CellShown(
                        NOTHING if each is None else f"{each:g}{unit}",
                        "count",
                        "" if each is None else f"{each:g}",
                    )
                    for each in values
                ),
            )
        )
    return TableShown(
        title=teller.text(section["title"]),
        heads=(("", "text"), *((teller.text(each["name"]), "count") for each in series)),
        rows=tuple(rows),
        note=teller.text(section.get("description")),
        chart=CHARTS[section["chart"]],
    )


def _ms(value: object) -> int | None:
    if isinstance(value, Mapping):
        below = value["denominator"]
        return int(value["numerator"] // below) if below else None
    return int(str(value))
