"""A stored report as a paper: its body, word for word, in one language.

A body is {"title", "sections"}; a text is a string, or one for each language. What a section holds
that is not known here is refused: a page that was left out must not pass for the whole report.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from audit.printed.paper import (
    Cell,
    Chart,
    ChartKind,
    Column,
    FigureLine,
    Figures,
    Kind,
    Language,
    Paper,
    Paragraphs,
    Ratio,
    Section,
    Series,
    Table,
)
from audit.printed.words import word
from domain.lights import Light
from domain.model import Name
from domain.terms import Terms
from ledger.port import UnreadableRowError
from ledger.reports import ReportRow

WIDTHS: Final[Mapping[Kind, float]] = {
    Kind.TEXT: 14,
    Kind.COUNT: 8,
    Kind.NUMBER: 9,
    Kind.RATIO: 12,
    Kind.MOMENT: 14,
    Kind.DAY: 11,
    Kind.LENGTH: 11,
    Kind.LIGHT: 9,
}
"""How wide a column is that does not say it itself."""
MILLISECOND: Final = timedelta(milliseconds=1)
LANDSCAPE_FROM: Final = 8
"""A report with a table of so many columns is printed across."""

Plain = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReportHead:
    """What a stored report is, beside its body. `correction`: why it is another version."""

    number: str
    version: int
    zone_name: Name
    period: tuple[str, str]
    position: int
    made_at: datetime
    time_zone: str
    author: str
    correction: str = ""


def paper_of_report(body: Plain, head: ReportHead, language: Language) -> Paper:
    """Return a report as it is printed. Raises UnreadableRowError for a body of another form."""
    try:
        sections = tuple(_section(each, language) for each in body["sections"])
        title = _said(body["title"], language)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableRowError(f"report {head.number}: it cannot be printed: {error}") from error
    facts = [
        ("period", " – ".join(dict.fromkeys(head.period))),
        ("version", str(head.version)),
        ("author", head.author),
        ("correction", head.correction),
    ]
    widest = max((len(each.columns) for each in sections if isinstance(each, Table)), default=0)
    return Paper(
        title=title,
        language=language,
        time_zone=head.time_zone,
        made_at=head.made_at,
        position=head.position,
        issuer=_said({"zh": head.zone_name.zh, "en": head.zone_name.en}, language),
        number=head.number,
        facts=tuple((word(f"paper.{name}", language), told) for name, told in facts if told),
        sections=sections,
        landscape=widest >= LANDSCAPE_FROM,
    )


def paper_of_row(row: ReportRow, body: Plain, terms: Terms, language: Language) -> Paper:
    """Return a stored version of a report as it is printed; `terms` are those that it names."""
    head = ReportHead(
        number=row.number,
        version=row.version,
        zone_name=terms.handbook.name,
        period=(row.from_on, row.to_on),
        position=row.position,
        made_at=row.at,
        time_zone=terms.calendar.time_zone,
        author=row.author,
        correction=row.reason,
    )
    return paper_of_report(body, head, language)


def _section(told: Plain, language: Language) -> Section:
    kind, title = told["kind"], _said(told["title"], language)
    note = _said(told.get("note") or "", language)
    if kind == "table":
        columns = tuple(_column(each, language) for each in told["columns"])
        kinds = [column.kind for column in columns]
        rows = [_row(each, kinds, language) for each in told["rows"]]
        return Table(title, columns, rows, note, str(told.get("id", "")))
    if kind == "figures":
        return Figures(title, [_figure(each, language) for each in told["lines"]], note)
    if kind == "chart":
        return _chart(told, title, language)
    if kind == "text":
        return Paragraphs(title, [_said(each, language) for each in told["texts"]])
    raise ValueError(f"a section of the unknown kind {kind!r}")


def _column(told: Plain, language: Language) -> Column:
    kind = Kind(told["kind"])
    width = told.get("width")
    return Column(
        _said(told["head"], language), kind, WIDTHS[kind] if width is None else float(width)
    )


def _row(told: Sequence[Any], kinds: Sequence[Kind], language: Language) -> tuple[Cell, ...]:
    return tuple(_cell(each, kind, language) for each, kind in zip(told, kinds, strict=True))


def _cell(told: Any, kind: Kind, language: Language) -> Cell:
    return None if told is None else _READS[kind](told, language)


def _text(told: Any, language: Language) -> str:
    return _said(told, language)


def _ratio(told: Any, _: Language) -> Ratio:
    return Ratio(int(told["numerator"]), int(told["denominator"]), int(told.get("excluded") or 0))


def _length(told: Any, _: Language) -> timedelta | None:
    """Milliseconds, or an exact ratio of them."""
    if isinstance(told, int):
        return told * MILLISECOND
    if not told["denominator"]:
        return None
    return timedelta(milliseconds=told["numerator"] / told["denominator"])


def _moment(told: Any, _: Language) -> datetime:
    at = datetime.fromisoformat(told)
    if at.tzinfo is None:
        raise ValueError(f"the moment {told!r} has no offset")
    return at


_READS: Final[Mapping[Kind, Callable[[Any, Language], Cell]]] = {
    Kind.TEXT: _text,
    Kind.COUNT: lambda told, _: int(told),
    Kind.NUMBER: lambda told, _: float(told),
    Kind.RATIO: _ratio,
    Kind.MOMENT: _moment,
    Kind.DAY: lambda told, _: date.fromisoformat(told),
    Kind.LENGTH: _length,
    Kind.LIGHT: lambda told, _: Light(told),
}


def _figure(told: Plain, language: Language) -> FigureLine:
    kind = Kind(told["unit"])
    value: Ratio | int | timedelta | None
    match kind, told["value"]:
        case _, None:
            value = None
        case Kind.RATIO, given:
            value = _ratio(given, language)
        case Kind.LENGTH, given:
            value = _length(given, language)
        case Kind.COUNT, given:
            value = int(given)
        case _:
            raise ValueError(f"a figure of the unknown unit {kind.value!r}")
    return FigureLine(
        title=_said(told["title"], language),
        value=value,
        definition=str(told.get("definition", "")),
        note=_said(told.get("note") or "", language),
        excluded=int(told.get("excluded") or 0),
        of=told.get("of"),
    )


def _chart(told: Plain, title: str, language: Language) -> Chart:
    series = tuple(
        Series(
            _said(each["name"], language),
            tuple(None if value is None else float(value) for value in each["values"]),
            None if each.get("light") is None else Light(each["light"]),
        )
        for each in told["series"]
    )
    return Chart(
        title=title,
        kind=ChartKind(told["chart"]),
        labels=tuple(_said(each, language) for each in told["labels"]),
        series=series,
        description=_said(told.get("description") or "", language),
        unit=str(told.get("unit") or ""),
    )


def _said(told: Any, language: Language) -> str:
    """Return a text, or the one of a language."""
    return str(told[language]) if isinstance(told, Mapping) else str(told)
