"""Files as tables: encodings, workbooks, bounds, and files that mean harm."""

import io
import zipfile
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from deep import deep
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.intake.bounds import BYTES_MAX, COLUMNS_MAX, ROWS_MAX, UNPACKED_BYTES_MAX
from desk.intake.problems import UnusableTableError
from desk.intake.tables import read_table

pytestmark = pytest.mark.attack

HEAD = "企业,类别,标题"
SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}'
SHEET_END = "</sheetData></worksheet>"
PART = "xl/worksheets/sheet1.xml"


def workbook(*rows: list[Any], sheet: str = "反馈") -> bytes:
    """Return a workbook as Excel would save it."""
    made = openpyxl.Workbook()
    first = made.active
    assert first is not None
    first.title = sheet
    for row in rows:
        first.append(row)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def shared_texts(rows: int) -> bytes:
    """Return a workbook in which every cell asks for the same text, as Excel keeps them."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as made:
        sheet = made.add_worksheet()
        for row in range(rows):
            sheet.write_string(row, 0, "同一段文字" * 1000)
    return file.getvalue()


def with_part(content: bytes, name: str, part: bytes, *, claimed: int | None = None) -> bytes:
    """Return a workbook with one part put in the place of another."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for info in before.infolist():
            kept = before.read(info)
            after.writestr(info.filename, part if info.filename == name else kept)
    made = bytearray(file.getvalue())
    if claimed is not None:
        for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
            at = (
                made.index(name.encode())
                if signature == b"PK\x03\x04"
                else made.rindex(name.encode())
            )
            begins = made.rindex(signature, 0, at)
            made[begins + place : begins + place + 4] = claimed.to_bytes(4, "little")
    return bytes(made)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (f"{HEAD}\n面粉厂,道路,门口堵了\n".encode(), "utf-8"),
        (f"{HEAD}\n面粉厂,道路,门口堵了\n".encode("utf-8-sig"), "utf-8-sig"),
        (f"{HEAD}\r\n面粉厂,道路,门口堵了\r\n".encode("gb18030"), "gb18030"),
        (f"{HEAD}\n面粉厂,道路,门口堵了\n".replace(",", ";").encode(), "utf-8"),
        (f"{HEAD}\n面粉厂,道路,门口堵了\n".replace(",", "\t").encode("gb18030"), "gb18030"),
        (workbook(["企业", "类别", "标题"], ["面粉厂", "道路", "门口堵了"]), "xlsx"),
    ],
)
def test_the_same_table_is_read_in_every_form_that_offices_use(
    content: bytes, encoding: str
) -> None:
    table = read_table(content)

    assert table.encoding == encoding
    assert [line.cells for line in table.lines] == [
        ("企业", "类别", "标题"),
        ("面粉厂", "道路", "门口堵了"),
    ]
    assert [line.number for line in table.lines] == [1, 2]


def test_rows_are_numbered_as_people_see_them_and_empty_ones_are_none() -> None:
    of_text = read_table(b'a,b\n\n"x\ny",1\n , \nz,2\n')
    of_sheet = read_table(workbook(["a", "b"], [], ["x", 1], [" ", None], ["z", 2]))

    assert [line.number for line in of_text.lines] == [1, 3, 6]
    assert [line.number for line in of_sheet.lines] == [1, 3, 5]
    assert of_sheet.lines[1].cells == ("x", "1")


def test_values_are_text_and_formulas_are_never_worked_out() -> None:
    content = workbook(["a", "b", "c"], ["=1+1", 3.5, True], ["x", 7.0, "=cmd|' /C calc'!A0"])

    assert [line.cells for line in read_table(content).lines[1:]] == [
        ("", "3.5", "TRUE"),
        ("x", "7", ""),
    ]
    assert read_table(b"a,b\n=1+1,@x\n").lines[1].cells == ("=1+1", "@x")


def test_a_sheet_is_chosen_by_its_name() -> None:
    content = workbook(["a"], ["x"], sheet="三月")

    assert read_table(content, "三月").sheet == "三月"
    with pytest.raises(UnusableTableError, match="no such sheet") as refused:
        read_table(content, "四月")
    assert refused.value.allowed == "三月"
    with pytest.raises(UnusableTableError, match="Only a workbook"):
        read_table(b"a\nb\n", "三月")


def cells(xml: str) -> bytes:
    """Return a workbook whose sheet is written by hand."""
    return with_part(workbook(["a"], ["b"]), PART, (SHEET.format(xml) + SHEET_END).encode())


A_ROW = '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c>{}</row>'
HARMFUL: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "empty workbook": (workbook(), "empty"),
    "blank": (b"\n , ,\n\n", "empty"),
    "too large": (b"a" * (BYTES_MAX + 1), "too large"),
    "nul": (b"a,b\n\0,1\n", "UTF-16"),
    "utf-16": ("企业,类别".encode("utf-16"), "UTF-16"),
    "wrong encoding": (b"a,b\n\xff\xff\xff,1\n", "encoding"),
    "open quote": (b'a,b\n"x,1\n', "Line 2"),
    "quote within": (b'a,b\n"x"y,1\n', "Line 2"),
    "huge cell": (b"a,b\n" + b"x" * 200_000, "Line 2"),
    "too many rows": (b"a\n" + b"x\n" * (ROWS_MAX + 1), "too many rows"),
    "too many columns": (",".join(["x"] * (COLUMNS_MAX + 1)).encode(), "too many columns"),
    "thousands of columns": (b"x," * 100_000 + b"x", "too many columns"),
    "old excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel"),
    "no zip": (b"PK\x03\x04 nothing at all", "damaged"),
    "zip of nothing": (b"PK\x03\x04" + bytes(2000), "damaged"),
    "bomb": (with_part(workbook(["a"]), PART, b" " * (UNPACKED_BYTES_MAX + 1)), "unpacked"),
    "bomb that lies": (
        with_part(workbook(["a"]), PART, b" " * (UNPACKED_BYTES_MAX + 1), claimed=1000),
        "damaged",
    ),
    "far cell": (cells(A_ROW.format('<c r="XFD1048576"><v>1</v></c>')), "too many columns"),
    "deep cell": (cells(A_ROW.format('<c r="A1048576"><v>1</v></c>')), "too many rows"),
    "deep row": (cells('<row r="999999"><c><v>1</v></c></row>'), "too many rows"),
    "cells without places": (cells(f"<row>{'<c/>' * 100}</row>"), "too many columns"),
    "no place": (cells(A_ROW.format('<c r="$A$1"><v>1</v></c>')), "no place"),
    "no number": (cells('<row r="-1"><c><v>1</v></c></row>'), "number"),
    "text that is not there": (cells(A_ROW.format('<c r="B1" t="s"><v>7</v></c>')), "not there"),
    "shared text a thousand times": (shared_texts(4000), "too much text"),
    "doctype": (
        with_part(
            workbook(["a"]), PART, b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'
        ),
        "DOCTYPE",
    ),
    "no xml": (with_part(workbook(["a"]), PART, b"<worksheet><sheetData>"), "no XML"),
    "other encoding": (
        with_part(workbook(["a"]), PART, b'<?xml version="1.0" encoding="shift_jis"?><worksheet/>'),
        "UTF-8",
    ),
    "no sheet": (with_part(workbook(["a"]), "xl/workbook.xml", b"<workbook/>"), "workbook"),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_a_file_that_means_harm_ends_in_a_clear_refusal(name: str) -> None:
    content, said = HARMFUL[name]

    with pytest.raises(UnusableTableError) as refused:
        read_table(content)

    assert said in str(refused.value)
    assert refused.value.field == "file"


def test_a_workbook_of_as_many_rows_as_are_taken_is_taken() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as made:
        sheet = made.add_worksheet()
        for row in range(ROWS_MAX + 1):
            sheet.write_row(row, 0, [f"问题 {row}", row])

    assert len(read_table(file.getvalue()).lines) == ROWS_MAX + 1


SMALL = workbook(["企业", "类别", "标题"], ["面粉厂", "道路", "门口堵了"], [1.5, True, None])


@settings(max_examples=deep("files read as tables", 4000), deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
        st.text(max_size=100).map(lambda text: text.encode("gb18030", "replace")),
        st.tuples(st.integers(0, len(SMALL) - 1), st.binary(min_size=1, max_size=8)).map(
            lambda each: SMALL[: each[0]] + each[1] + SMALL[each[0] + len(each[1]) :]
        ),
        st.integers(4, len(SMALL)).map(lambda size: SMALL[:size]),
        st.text(alphabet='<>/rcvtsA1"= row', max_size=120).map(
            lambda xml: with_part(SMALL, PART, (SHEET.format(xml) + SHEET_END).encode())
        ),
    )
)
def test_whatever_a_file_is_it_is_a_table_or_refused(content: bytes) -> None:
    try:
        table = read_table(content)
    except UnusableTableError:
        pass
    else:
        assert 0 < len(table.lines) <= ROWS_MAX + 1
        assert all(len(line.cells) <= COLUMNS_MAX and any(line.cells) for line in table.lines)
