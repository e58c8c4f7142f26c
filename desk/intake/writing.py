"""The answer to a table as a table: CSV, or a workbook that holds nothing but text."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import xlsxwriter  # type: ignore[import-untyped]  # it has no types

from desk.intake.columns import told_words
from desk.intake.told import Finding, IntakeAnswer, RowAnswer

COLUMNS: Final = (
    *("row", "outcome", "key", "field", "column", "value", "allowed", "message"),
    *("suggestions", "like"),
)
MARK: Final = "\ufeff"
"""By this a spreadsheet knows that the file is UTF-8."""
ACTIVE: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
"""What a spreadsheet may take for the beginning of a formula, and the sign that says it is none."""
WIDTHS: Final = (6, 14, 24, 12, 14, 30, 30, 44, 30, 40)


def as_csv(answer: IntakeAnswer, language: str) -> bytes:
    """Return the answer as CSV."""
    return csv_of(_rows(answer, language))


def as_workbook(answer: IntakeAnswer, language: str) -> bytes:
    """Return the answer as a workbook."""
    return workbook_of(_rows(answer, language), WIDTHS)


def csv_of(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows as CSV. No cell is taken for a formula: an apostrophe goes before."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([f"'{each}" if each.startswith(ACTIVE) else each for each in row])
    return (MARK + text.getvalue()).encode()


def workbook_of(rows: Iterable[Sequence[str]], widths: Sequence[int]) -> bytes:
    """Return rows, of which the first is the head, as a workbook of one sheet."""
    file, last = io.BytesIO(), 1
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(file, options) as workbook:
        sheet = workbook.add_worksheet()
        head = workbook.add_format({"bold": True, "bottom": 1})
        wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width, wrapped)
        for number, row in enumerate(rows):
            last = max(last, number)
            for place, each in enumerate(row):
                sheet.write_string(number, place, each, head if number == 0 else wrapped)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, last, len(widths) - 1)
    return file.getvalue()


def _rows(answer: IntakeAnswer, language: str) -> Iterator[list[str]]:
    """Yield the head, and a line for each finding of each row, one at least for a row."""
    words = told_words(language)
    yield [words[column] for column in COLUMNS]
    for row in answer.rows:
        findings: tuple[Finding | None, ...] = row.findings or (None,)
        for finding in findings:
            yield [str(row.row), words[row.outcome], row.key or "", *_told(row, finding)]


def _told(row: RowAnswer, finding: Finding | None) -> list[str]:
    like = "; ".join(
        f"{each.key or ''}{'' if each.row is None else f'#{each.row}'} {each.title} ({each.score})"
        for each in row.like
    )
    if finding is None:
        same = "" if row.same_as_row is None else f"#{row.same_as_row}"
        return ["", "", "", "", same, "", like]
    return [
        finding.field,
        finding.column or "",
        finding.value or "",
        finding.allowed or "",
        finding.message,
        "; ".join(finding.suggestions),
        like,
    ]
