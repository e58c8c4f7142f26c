"""Workbooks, opened and looked at cell by cell."""

import io
import zipfile
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from openpyxl.utils.escape import unescape
from printed_papers import AT, FORMULAS, HOSTILE, KINDS, ZONE, chart, paper, row, table

from audit.printed import sheets
from audit.printed.paper import Cell, ChartKind, Column, Kind, Ratio, Table
from audit.printed.texts import CELL_UNITS_MAX, cut, plain, units
from audit.printed.words import shown
from audit.printed.workbook import SheetNames, workbook_bytes
from domain.errors import InvalidRequestError
from domain.lights import Light

HEADS = 3


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def value(cell: Any) -> Any:
    """Return what a spreadsheet shows: openpyxl leaves escapes as they are."""
    return unescape(cell.value) if isinstance(cell.value, str) else cell.value


def texts_in(*cells: Cell) -> list[Any]:
    """Print these as text, and return the cells that come of it."""
    content = workbook_bytes(paper(Table("表", (Column("甲"),), [(each,) for each in cells])))
    return [line[0] for line in opened(content).worksheets[1].iter_rows(min_row=HEADS + 1)]


def expected(cells: tuple[Cell, ...]) -> list[tuple[object, str]]:
    """Return what the cells of a row have to hold, and in which format."""
    found: list[tuple[object, str]] = []
    for cell in cells:
        match cell:
            case Light():
                found.append((shown(cell, "zh", ZONE), "@"))
            case str():
                found.append((cell, "@"))
            case Ratio():
                found.append((cell.numerator / cell.denominator, "0.0%"))
                found += [(each, "0") for each in (cell.numerator, cell.denominator, cell.excluded)]
            case datetime():
                there = cell.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None)
                found.append((there, "yyyy-mm-dd hh:mm"))
            case date():
                midnight = datetime.combine(cell, datetime.min.time())
                found.append((midnight, 'yyyy"年"m"月"d"日"'))
            case timedelta():
                found.append((cell, "[h]:mm"))
            case float():
                found.append((cell, "0.##"))
            case _:
                found.append((cell, "0"))
    return found


def test_every_cell_is_what_it_is_and_no_text_is_a_formula() -> None:
    sheet = opened(workbook_bytes(paper(table()))).worksheets[1]
    for number, line in enumerate(sheet.iter_rows(min_row=HEADS + 1, max_row=HEADS + 30)):
        cells = [(value(each), each.number_format) for each in line]
        assert expected(row(number)) == cells
        assert {each.data_type for each in line} <= {"s", "n", "d"}
        assert all(each.hyperlink is None for each in line)
    assert sheet.max_column == len(KINDS) + 3


def test_no_part_of_the_file_has_a_formula_or_a_link() -> None:
    with zipfile.ZipFile(io.BytesIO(workbook_bytes(paper()))) as parts:
        texts = {name: parts.read(name).decode() for name in parts.namelist() if "xml" in name}
    for name, text in texts.items():
        if name.startswith("xl/worksheets/sheet"):
            assert "<f>" not in text
            assert "<f " not in text
            assert "hyperlink" not in text
    assert "evil.example" not in "".join(t for name, t in texts.items() if ".rels" in name)


@pytest.mark.parametrize("text", FORMULAS)
def test_what_looks_like_a_formula_a_link_or_a_number_stays_text(text: str) -> None:
    (cell,) = texts_in(text)
    assert (cell.data_type, plain(text)) == ("s", value(cell))


def test_a_code_that_spreadsheets_unescape_is_escaped_itself() -> None:
    with zipfile.ZipFile(
        io.BytesIO(workbook_bytes(paper(Table("表", (Column("甲"),), [("_x0041_",)]))))
    ) as parts:
        assert "_x005F_x0041_" in parts.read("xl/worksheets/sheet2.xml").decode()


def test_what_cannot_be_seen_is_spelled_out_and_what_can_is_kept() -> None:
    given = ("a\x00b\x1b", "\u202eabc\u2066", "\u200fשלום", "a\r\nb\u2028c", "😀 𠮷 é", "\ud800x")
    wanted = ("a[U+0000]b[U+001B]", "[U+202E]abc[U+2066]", "[U+200F]שלום", "a\nb\nc", "😀 𠮷 é")
    assert [cell.value for cell in texts_in(*given)] == [*wanted, "[U+D800]x"]


@pytest.mark.parametrize("text", ["长" * 40_000, "😀" * 20_000, "=" * CELL_UNITS_MAX])
def test_a_text_too_long_for_a_cell_says_how_much_of_it_is_left_out(text: str) -> None:
    (cell,) = texts_in(text)
    assert units(cell.value) <= CELL_UNITS_MAX
    if units(text) <= CELL_UNITS_MAX:
        assert cell.value == text
        return
    kept, _, left = cell.value.rpartition("…[+")
    assert kept + text[: int(left[:-1])] == text
    assert cut(text) == cell.value


def test_a_rate_of_nothing_is_empty_and_its_denominator_says_why() -> None:
    content = workbook_bytes(paper(Table("表", (Column("率", Kind.RATIO),), [(Ratio(0, 0, 4),)])))
    line = [cell.value for cell in opened(content).worksheets[1][HEADS + 1]]
    assert line == [None, 0, 0, 4]


def test_days_before_spreadsheets_count_them_are_text() -> None:
    (cell,) = texts_in(date(1899, 12, 31))
    assert (cell.value, cell.data_type) == ("1899-12-31", "s")


def test_a_sheet_is_ready_for_the_printer() -> None:
    sheet = opened(workbook_bytes(paper(table()))).worksheets[1]
    setup = sheet.page_setup
    assert (setup.paperSize, setup.orientation, setup.fitToHeight) == (9, "landscape", 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == "$3:$3"
    assert sheet.freeze_panes == "A4"
    assert sheet.auto_filter.ref == "A3:K33"
    assert sheet.oddFooter.center.text == "第 &P 页 共 &N 页"
    assert sheet["A1"].font.name == "黑体"
    assert (sheet["A3"].font.name, sheet["A4"].font.name) == ("黑体", "宋体")
    assert "4711" in sheet["A2"].value
    (coloured,) = sheet.conditional_formatting
    assert str(coloured.sqref) == "B4:B33"
    assert {rule.formula[0] for rule in coloured.rules} == {
        f'"{shown(light, "zh", ZONE)}"' for light in (Light.RED, Light.YELLOW, Light.GREEN)
    }


def test_a_chart_is_a_native_one_over_its_own_numbers() -> None:
    content = workbook_bytes(paper(chart(ChartKind.LINES, "=本月", "上月")))
    sheet = opened(content).worksheets[1]
    assert [[cell.value for cell in line] for line in sheet["A3:C6"]] == [
        ["项目", "=本月", "上月"],
        ["用工<b>", 1, 2],
        ["物流&", None, None],
        ["融资", 12.5, 12.5],
    ]
    (drawn,) = sheet._charts
    assert [each.val.numRef.f.replace("'", "") for each in drawn.series] == [
        "各单位!$B$4:$B$6",
        "各单位!$C$4:$C$6",
    ]


def test_the_same_paper_is_the_same_bytes() -> None:
    assert workbook_bytes(paper()) == workbook_bytes(paper())
    assert workbook_bytes(paper()) != workbook_bytes(paper(made_at=AT + timedelta(seconds=2)))


def test_names_of_sheets_are_short_and_each_is_there_once() -> None:
    names = SheetNames()
    wanted = ("a[b]:c*?/\\", "A[B]:C*?/\\", "'=x'", "", "History", "长" * 40, "长" * 40)
    given = [names.name(each, "zh") for each in wanted]
    assert given[:5] == ["a b  c", "A B  C 2", "=x", "表", "History."]
    assert [len(each) for each in given[5:]] == [31, 31]
    assert len({each.casefold() for each in given}) == len(given)


def test_a_sheet_that_is_full_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "ROWS_MAX", 10)
    with pytest.raises(InvalidRequestError, match="more rows than a sheet"):
        workbook_bytes(paper(table(8)))
    assert len(opened(workbook_bytes(paper(table(7)))).worksheets[1]["A"]) >= 10


def test_every_hostile_text_is_in_a_title_a_head_and_a_note_as_it_is() -> None:
    for text in HOSTILE:
        marked = Table(text, (Column(text),), [("x",)], note=text)
        content = workbook_bytes(paper(marked, title=text, number=text, issuer=text))
        sheet = opened(content).worksheets[1]
        found = {value(sheet["A3"]), value(sheet["A6"])}
        assert found == {plain(text)}
        assert sheet["A1"].data_type == sheet["A3"].data_type == "s"
