"""A paper as a workbook: a sheet of what it is, a sheet for each table, native charts."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, assert_never

import xlsxwriter  # type: ignore[import-untyped]  # it has no types

from audit.printed.charts import described
from audit.printed.figures import figures_table
from audit.printed.marks import LIGHTS, SERIES
from audit.printed.paper import (
    Chart,
    ChartKind,
    Column,
    Figures,
    Kind,
    Language,
    Paper,
    Paragraphs,
    Section,
    Table,
    require_sound,
)
from audit.printed.sheets import ROW_HEADS, ROW_TITLE, Formats, Heading, SheetRows
from audit.printed.texts import cut, one_line, plain
from audit.printed.words import stated, word

NAME_UNITS_MAX: Final = 31
SUMMARY_WIDTHS: Final = (24, 80)
CHART_SIZE: Final = {"width": 760, "height": 400}
PATTERNS: Final = (
    "wide_upward_diagonal",
    "wide_downward_diagonal",
    "percent_50",
    "horizontal_brick",
)
_ODD: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_RESERVED: Final = frozenset({"history"})
BETWEEN: Final = "; "
MARKERS: Final = ("square", "triangle", "diamond", "plus", "circle", "star", "x", "long_dash")
DASHES: Final = ("solid", "dash", "round_dot", "dash_dot", "square_dot", "long_dash")
_CHARTS: Final = {
    ChartKind.BARS: {"type": "bar"},
    ChartKind.STACKED: {"type": "bar", "subtype": "stacked"},
    ChartKind.LIGHTS: {"type": "bar", "subtype": "stacked"},
    ChartKind.LINES: {"type": "line"},
}


@contextmanager
def book(path: Path, made_at: datetime, title: str) -> Iterator[Any]:
    """Lend a workbook that is written to `path`, and keeps its rows on the same disk. It says that
    it was made at `made_at`: equal contents are equal bytes."""
    with TemporaryDirectory(prefix=".printed.", dir=path.parent) as folder:
        options = {
            "constant_memory": True,
            "tmpdir": folder,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "use_zip64": True,
        }
        with xlsxwriter.Workbook(str(path), options) as made:
            created = made_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
            made.set_properties({"title": cut(one_line(title), 255), "created": created})
            yield made


def write_workbook(paper: Paper, path: Path) -> None:
    """Write a paper to a file. Raises InvalidRequestError for what does not fit."""
    for section in paper.sections:
        require_sound(section)
    with book(path, paper.made_at, paper.title) as made:
        formats, names = Formats(made, paper.language), SheetNames()
        _summary(made, formats, names, paper)
        for section in paper.sections:
            _section(made, formats, names, paper, section)


def workbook_bytes(paper: Paper) -> bytes:
    """Return a paper as a workbook. Raises InvalidRequestError for what does not fit."""
    with TemporaryDirectory(prefix="printed.") as folder:
        path = Path(folder) / "paper.xlsx"
        write_workbook(paper, path)
        return path.read_bytes()


class SheetNames:
    """The names of a workbook's sheets: short, without signs that have a meaning, each once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def name(self, wanted: str, language: Language) -> str:
        """Return a name that is like the one that is wanted."""
        bare = _ODD.sub(" ", one_line(wanted)).strip(" '") or word("paper.sheet", language)
        if bare.casefold() in _RESERVED:
            bare = f"{bare}."
        for number in range(1, len(self._taken) + 2):
            tail = "" if number == 1 else f" {number}"
            found = _shortened(bare, NAME_UNITS_MAX - len(tail)) + tail
            if found.casefold() not in self._taken:
                break
        self._taken.add(found.casefold())
        return found


def _shortened(text: str, units_max: int) -> str:
    while len(text.encode("utf-16-le")) // 2 > units_max:
        text = text[:-1]
    return text.strip(" '")


def heading(paper: Paper, title: str) -> Heading:
    """Return what stands over each sheet of a paper."""
    told = [f"{label}：{text}" for label, text in stated(paper)]
    if paper.number:
        told.insert(0, f"{word('paper.number', paper.language)}：{paper.number}")
    return Heading(title, BETWEEN.join(told), paper.language, paper.time_zone)


def _summary(made: Any, formats: Formats, names: SheetNames, paper: Paper) -> None:
    """The first sheet: what the paper is, and its running text."""
    sheet = made.add_worksheet(names.name(word("paper.summary", paper.language), paper.language))
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&C{word('paper.page', paper.language)}")
    for place, width in enumerate(SUMMARY_WIDTHS):
        sheet.set_column(place, place, width)
    lines = [("", paper.issuer), (word("paper.number", paper.language), paper.number)]
    lines += stated(paper)
    sheet.merge_range(0, 0, 0, 1, "", formats.title)
    sheet.write_string(0, 0, cut(one_line(paper.title)), formats.title)
    row = 1
    for label, text in [each for each in lines if each[1]]:
        sheet.write_string(row, 0, cut(one_line(label)), formats.head)
        sheet.write_string(row, 1, cut(plain(text)), formats.wrapped)
        row += 1
    for section in paper.sections:
        if isinstance(section, Paragraphs):
            for text in (section.title, *section.texts):
                row += 1
                sheet.write_string(row, 1, cut(plain(text)), formats.wrapped)


def _section(
    made: Any, formats: Formats, names: SheetNames, paper: Paper, section: Section
) -> None:
    match section:
        case Table():
            _table(made, formats, names, paper, section)
        case Figures():
            table = figures_table(section, paper.language, in_words=False)
            _table(made, formats, names, paper, table)
        case Chart():
            _chart(made, formats, names, paper, section)
        case Paragraphs():
            return
        case _:
            assert_never(section)


def _table(
    made: Any, formats: Formats, names: SheetNames, paper: Paper, table: Table
) -> tuple[Any, str]:
    name = names.name(table.title or table.id, paper.language)
    sheet = made.add_worksheet(name)
    title = table.title or paper.title
    rows = SheetRows(sheet, formats, heading(paper, title), table.columns)
    for row in table.rows:
        rows.add(row)
    rows.end(table.note)
    return sheet, name


def _chart(made: Any, formats: Formats, names: SheetNames, paper: Paper, chart: Chart) -> None:
    """The numbers of a chart as a table, and the chart below them."""
    columns = [
        Column(word("paper.label", paper.language), Kind.TEXT, 24),
        *(Column(series.name, Kind.NUMBER, 12) for series in chart.series),
    ]
    rows = [
        (label, *(_float(series.values[at]) for series in chart.series))
        for at, label in enumerate(chart.labels)
    ]
    table = Table(chart.title, columns, rows, chart.description)
    sheet, name = _table(made, formats, names, paper, table)
    first, last = ROW_HEADS + 1, ROW_HEADS + len(rows)
    drawn = made.add_chart(_CHARTS[chart.kind])
    for place, series in enumerate(chart.series, 1):
        colour = SERIES[place - 1] if series.light is None else LIGHTS[series.light][0]
        drawn.add_series(
            {
                "name": [name, ROW_HEADS, place],
                "categories": [name, first, 0, last, 0],
                "values": [name, first, place, last, place],
                **_style(chart.kind, colour, place),
            }
        )
    drawn.set_title({"name": [name, ROW_TITLE, 0], "overlay": False})
    drawn.set_legend({"position": "bottom"})
    drawn.show_blanks_as("gap")
    drawn.set_size(CHART_SIZE)
    if chart.kind is not ChartKind.LINES:
        drawn.set_y_axis({"reverse": True})
    sheet.insert_chart(last + 3, 0, drawn, {"description": cut(described(chart, paper.language))})


def _style(kind: ChartKind, colour: str, place: int) -> dict[str, Any]:
    """Return how a series is drawn: by more than its colour."""
    if kind is ChartKind.LINES:
        marker = {"type": MARKERS[(place - 1) % len(MARKERS)], "fill": {"color": colour}}
        line = {"color": colour, "dash_type": DASHES[(place - 1) % len(DASHES)]}
        return {"line": line, "marker": marker}
    labels = {"data_labels": {"value": True}}
    if place == 1:
        return {"fill": {"color": colour}, **labels}
    pattern = PATTERNS[(place - 2) % len(PATTERNS)]
    return {
        "pattern": {"pattern": pattern, "fg_color": colour, "bg_color": "#FFFFFF"},
        "border": {"color": colour},
        **labels,
    }


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)
