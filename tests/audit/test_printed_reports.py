"""Stored reports of a generated zone, printed and read back cell by cell."""

import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from deep import IN_CHECK
from printed_papers import embedded, read_pdf, squeezed, told
from stored_reports import KINDS, Clock, made, printed, year

from audit.printed.figures import figures_table
from audit.printed.fonts import FontFolders
from audit.printed.pages import pdf_bytes
from audit.printed.paper import Chart, Figures, Kind, Paper, Ratio, Table
from audit.printed.reports import ReportHead, paper_of_report, paper_of_row
from audit.printed.words import shown
from audit.printed.workbook import workbook_bytes
from domain.lights import Light
from domain.routines import RoutineKind
from ledger.port import UnreadableRowError
from ledger.reports import ReportRow

pytestmark = IN_CHECK


@pytest.fixture(scope="module")
async def rows() -> dict[RoutineKind, ReportRow]:
    return await made()


def tables(paper: Paper) -> list[Table]:
    """Return the tables of a paper, figures as one."""
    found = []
    for section in paper.sections:
        if isinstance(section, Figures):
            found.append(figures_table(section, paper.language, in_words=True))
        elif isinstance(section, Table):
            found.append(section)
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_cell_of_a_report_is_in_its_pdf(
    rows: dict[RoutineKind, ReportRow], kind: RoutineKind, language: str
) -> None:
    pytest.importorskip("typst")
    paper = printed(rows[kind], language)
    reader, text = read_pdf(pdf_bytes(paper, FontFolders(system=False)))
    cells = 0
    for table in tables(paper):
        assert squeezed(table.title) in text
        for row in table.rows:
            cells += len(row)
            assert told(row, language, paper.time_zone) in text
    assert cells > 20
    assert squeezed(paper.number) in text
    assert all(embedded(reader))
    charts = [each for each in paper.sections if isinstance(each, Chart)]
    assert bool(charts) == (kind is RoutineKind.MONTHLY)
    for chart in charts:
        assert squeezed(chart.title) in text


@pytest.mark.parametrize("kind", KINDS)
async def test_every_cell_of_a_stored_body_is_in_the_workbook(
    rows: dict[RoutineKind, ReportRow], kind: RoutineKind
) -> None:
    row = rows[kind]
    body, paper = json.loads(row.body), printed(row)
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(paper)))
    sheets = {sheet["A1"].value: sheet for sheet in book.worksheets[1:]}
    assert len(sheets) == sum(each["kind"] != "text" for each in body["sections"])
    for section in body["sections"]:
        if section["kind"] != "table":
            continue
        lines = list(sheets[section["title"]["zh"]].iter_rows(min_row=4, values_only=True))
        for line, stored in zip(lines, section["rows"], strict=False):
            kinds = [column["kind"] for column in section["columns"]]
            wanted = [cell for pair in zip(stored, kinds, strict=True) for cell in flat(*pair)]
            assert [cell for cell, want in zip(line, wanted, strict=False) if want is not ...] == [
                want for want in wanted if want is not ...
            ]
        assert len(lines) >= len(section["rows"])


def rate(above: int, below: int, none: Any) -> Any:
    """Return a rate; a workbook has 16 digits of it."""
    return pytest.approx(above / below, rel=1e-14) if below else none


def flat(stored: Any, kind: str) -> list[Any]:
    """Return the cells that a stored one becomes; `...` is looked at elsewhere."""
    if kind == Kind.RATIO.value:
        if stored is None:
            return [None] * 4
        above, below = stored["numerator"], stored["denominator"]
        return [rate(above, below, None), above, below, stored.get("excluded", 0)]
    if stored is None:
        return [None]
    if kind == Kind.TEXT.value:
        return [stored["zh"] if isinstance(stored, dict) else stored]
    if kind == Kind.LIGHT.value:
        return [shown(Light(stored), "zh", "UTC")]
    return [stored] if kind == Kind.COUNT.value else [...]


async def test_a_figure_has_its_numerator_denominator_and_definition_beside_it(
    rows: dict[RoutineKind, ReportRow],
) -> None:
    row = rows[RoutineKind.MONTHLY]
    (stored,) = [each for each in json.loads(row.body)["sections"] if each["kind"] == "figures"]
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(printed(row))))
    (sheet,) = [each for each in book if each["A1"].value == stored["title"]["zh"]]
    found = list(sheet.iter_rows(min_row=4, values_only=True))
    for line, told_line in zip(found, stored["lines"], strict=False):
        assert (line[0], line[6]) == (told_line["title"]["zh"], told_line["definition"])
        if told_line["unit"] == "ratio":
            value = told_line["value"]
            above, below = value["numerator"], value["denominator"]
            assert list(line[1:4]) == [rate(above, below, "—"), above, below]
    assert any(each["unit"] == "ratio" for each in stored["lines"])


async def test_a_correction_says_what_it_is(rows: dict[RoutineKind, ReportRow]) -> None:
    row = replace(rows[RoutineKind.DAILY], version=2, reason="补录一件", author="officer")
    facts = dict(printed(row).facts)
    assert (facts["版次"], facts["更正原因"], facts["编制"]) == ("2", "补录一件", "officer")
    assert printed(row).position == row.position


async def test_a_body_of_another_form_is_refused(rows: dict[RoutineKind, ReportRow]) -> None:
    row = rows[RoutineKind.DAILY]
    odd: tuple[Any, ...] = (
        {},
        {"title": "x", "sections": [{"kind": "film", "title": "x"}]},
        {"title": "x", "sections": [{"kind": "table", "title": "x", "columns": [], "rows": [[1]]}]},
        {"title": {"fr": "x"}, "sections": []},
        {
            "title": "x",
            "sections": [
                {
                    "kind": "table",
                    "title": "x",
                    "columns": [{"head": "h", "kind": "moment"}],
                    "rows": [["2026-01-01T00:00:00"]],
                }
            ],
        },
    )
    for body in odd:
        with pytest.raises(UnreadableRowError, match="cannot be printed"):
            paper_of_row(row, body, year().terms, "zh")


def test_an_exact_length_is_read_as_a_ratio_of_milliseconds() -> None:
    head = ReportHead(
        *("n", 1, year().terms.handbook.name, ("2026-01-01", "2026-01-01"), 1),
        *(Clock().now(), "UTC", "closeout"),
    )
    lines = [
        {"title": "a", "unit": "length", "value": {"numerator": 3000, "denominator": 2}},
        {"title": "b", "unit": "length", "value": {"numerator": 0, "denominator": 0}},
        {"title": "c", "unit": "length", "value": 60_000, "of": 3},
        {"title": "d", "unit": "ratio", "value": {"numerator": 1, "denominator": 2}},
    ]
    body = {"title": "x", "sections": [{"kind": "figures", "title": "f", "lines": lines}]}
    (figures,) = paper_of_report(body, head, "zh").sections
    assert isinstance(figures, Figures)
    assert [each.value for each in figures.lines] == [
        timedelta(seconds=1.5),
        None,
        timedelta(minutes=1),
        Ratio(1, 2),
    ]
