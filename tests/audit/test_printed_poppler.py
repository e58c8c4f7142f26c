"""Printed reports as poppler reads them: every word accounted for, every cell in its place."""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from deep import IN_CHECK
from poppler_pages import A4_PT, NEEDS_POPPLER, LeftoverError, Reading, fonts_in, tool
from printed_papers import squeezed
from stored_cells import cell_text, figure_cells, text_in
from stored_reports import KINDS, made, printed, year

from audit.printed.figures import figures_table
from audit.printed.fonts import FontFolders
from audit.printed.pages import pdf_bytes
from audit.printed.paper import Figures, Table
from audit.printed.words import word
from domain.routines import RoutineKind
from ledger.reports import ReportRow

pytestmark = [NEEDS_POPPLER, IN_CHECK]
LANGUAGES = ("zh", "en")


@pytest.fixture(scope="module")
async def rows() -> dict[RoutineKind, ReportRow]:
    return await made()


@pytest.fixture(scope="module")
def files(
    rows: dict[RoutineKind, ReportRow], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[RoutineKind, str], Path]:
    """Each report of a month in both languages, as a file."""
    pytest.importorskip("typst")
    folder, found = tmp_path_factory.mktemp("printed"), {}
    for kind in KINDS:
        for language in LANGUAGES:
            file = folder / f"{kind.value}-{language}.pdf"
            file.write_bytes(pdf_bytes(printed(rows[kind], language), FontFolders(system=False)))
            found[kind, language] = file
    return found


def widths(row: ReportRow, language: Any) -> list[list[float]]:
    """Return how wide the columns of each section are to each other; none of a chart."""
    found = []
    for section in printed(row, language).sections:
        given = section
        if isinstance(section, Figures):
            given = figures_table(section, language, in_words=True)
        columns = given.columns if isinstance(given, Table) else ()
        found.append([column.width for column in columns])
    return found


def cells_of(section: dict[str, Any], language: Any) -> tuple[list[str], list[list[str]]]:
    """Return what the heads and the rows of a stored section read like."""
    zone = ZoneInfo(year().terms.calendar.time_zone)
    if section["kind"] == "figures":
        named = ("figure", "value", "numerator", "denominator", "excluded", "of", "definition")
        heads = [word(f"paper.{each}", language) for each in (*named, "note")]
        return heads, [figure_cells(line, language) for line in section["lines"]]
    kinds = [column["kind"] for column in section["columns"]]
    heads = [text_in(column["head"], language) for column in section["columns"]]
    return heads, [
        [cell_text(each, kind, language, zone) for each, kind in zip(row, kinds, strict=True)]
        for row in section["rows"]
    ]


def read_through(file: Path, row: ReportRow, body: dict[str, Any], language: Any) -> int:
    """Read a printed report against a body, and return how many cells it has."""
    reading, cells, after_chart = Reading(file), 0, False
    head = reading.until(text_in(body["sections"][0]["title"], language))
    assert row.number in head
    assert squeezed(text_in(body["title"], language)) in head
    assert squeezed(f"{word('paper.position', language)}{row.position}") in head
    for number, section in enumerate(body["sections"]):
        if section["kind"] == "chart":
            after_chart = True
            continue
        drawn = reading.until(text_in(section["title"], language)) if number else ""
        assert bool(drawn) == after_chart
        after_chart = False
        heads, lines = cells_of(section, language)
        reading.table(heads, widths(row, language)[number], lines)
        cells += sum(len(line) for line in lines)
        note = text_in(section.get("note") or "", language)
        reading.paragraph(note or ("" if lines else word("paper.empty", language)))
    reading.end()
    return cells


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_each_stored_cell_stands_in_its_row_and_column_and_nothing_else_does(
    rows: dict[RoutineKind, ReportRow],
    files: dict[tuple[RoutineKind, str], Path],
    kind: RoutineKind,
    language: str,
) -> None:
    row = rows[kind]
    found = read_through(files[kind, language], row, json.loads(row.body), language)
    assert found > (500 if kind is RoutineKind.MONTHLY else 50)


@IN_CHECK
async def test_a_figure_that_is_not_what_is_stored_is_seen(
    rows: dict[RoutineKind, ReportRow], files: dict[tuple[RoutineKind, str], Path]
) -> None:
    row = rows[RoutineKind.MONTHLY]
    file = files[RoutineKind.MONTHLY, "zh"]
    altered = 0
    for number, section in enumerate(json.loads(row.body)["sections"]):
        if section["kind"] != "figures" and not section.get("rows"):
            continue
        body = json.loads(row.body)
        changed = body["sections"][number]
        if section["kind"] == "figures":
            changed["lines"][-1]["value"] += 1
        else:
            changed["rows"][-1], changed["rows"][0] = changed["rows"][0], changed["rows"][-1]
            if len(changed["rows"]) == 1:
                changed["rows"][0][0] = "—"
        with pytest.raises(LeftoverError):
            read_through(file, row, body, "zh")
        altered += 1
    assert altered > 10


async def test_a_report_is_a4_its_fonts_are_all_in_it_and_it_says_what_it_is(
    rows: dict[RoutineKind, ReportRow], files: dict[tuple[RoutineKind, str], Path]
) -> None:
    for (kind, _), file in files.items():
        assert set(fonts_in(file)) == {("yes", "yes")}
        lines = tool("pdfinfo", file=file).splitlines()
        said = {name: told.strip() for name, _, told in (each.partition(":") for each in lines)}
        reading = Reading(file)
        assert said["Page size"].endswith("(A4)")
        assert all(sorted(size) == pytest.approx(A4_PT, abs=0.01) for size in reading.sizes)
        assert int(said["Pages"]) == len(reading.sizes)
        assert reading.feet == [f"—{number}—" for number in range(1, len(reading.sizes) + 1)]
        assert (said["Keywords"], said["JavaScript"]) == (rows[kind].number, "no")
