"""A file as rows of text: CSV in the encodings that offices use, or a sheet of a workbook.

Everything is text, formulas too: of a CSV the formula as it stands there, of a workbook the value
that was last worked out for it. Nothing is ever worked out here.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from hashlib import sha256
from typing import Final

from desk.intake.bounds import BYTES_MAX, COLUMNS_MAX, ROWS_MAX
from desk.intake.encodings import Encoding, decoded_by_line
from desk.intake.problems import UnusableTableError
from desk.intake.workbooks import OLD_OR_LOCKED, SIGNATURE, Cell, sheet_of

DELIMITERS: Final = (",", ";", "\t")
MARKS_OF_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
WHOLE_DIGITS_MAX: Final = 15
"""A spreadsheet keeps no more digits of a number exactly."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row that says something. `number` is where it begins: the line of a text, the row of a
    sheet."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds. `sha256` is of its bytes, in hex."""

    sha256: str
    encoding: Encoding
    sheet: str | None
    lines: tuple[Line, ...]
    formulas: frozenset[tuple[int, int]] = frozenset()
    """Of a workbook, which cells are worked out: the row's number, and the column's from 0."""


def read_table(content: bytes, sheet: str | None = None, *, by_line: bool = False) -> Table:
    """Return what a file holds. `by_line`: lines of a text in another encoding than most are read
    as they are, and marked (see `encodings`). Raises UnusableTableError."""
    if len(content) > BYTES_MAX:
        raise UnusableTableError("The file is too large.", allowed=f"{BYTES_MAX} bytes")
    if content.startswith(OLD_OR_LOCKED):
        raise UnusableTableError(
            "This is an old Excel file, or one with a password.", allowed=".xlsx, or CSV"
        )
    hash_ = sha256(content).hexdigest()
    if content.startswith(SIGNATURE):
        found = sheet_of(content, sheet)
        rows = ((number, tuple(map(_text, row))) for number, row in enumerate(found.cells, 1))
        return Table(hash_, "xlsx", found.name, _lines(rows), found.formulas)
    if sheet is not None:
        raise UnusableTableError("Only a workbook has sheets.", value=sheet)
    encoding, text = (_decoded_by_line if by_line else _decoded)(content)
    return Table(hash_, encoding, None, _lines(_csv_rows(text)))


def _lines(rows: Iterator[tuple[int, tuple[str, ...]]]) -> tuple[Line, ...]:
    found: list[Line] = []
    for number, cells in rows:
        said = tuple(cell.strip() for cell in cells)
        if not any(said):
            continue
        if len(said) > COLUMNS_MAX and any(said[COLUMNS_MAX:]):
            raise UnusableTableError(
                f"Row {number} has too many columns.", allowed=f"{COLUMNS_MAX} columns"
            )
        found.append(Line(number, said[:COLUMNS_MAX]))
        if len(found) > ROWS_MAX + 1:  # the head is none of them
            raise UnusableTableError("The table has too many rows.", allowed=f"{ROWS_MAX} rows")
    if not found:
        raise UnusableTableError("The table is empty.")
    return tuple(found)


def _require_bytes_of_text(content: bytes) -> None:
    if content.startswith(MARKS_OF_UTF16) or b"\0" in content:
        raise UnusableTableError("This is no CSV, or in UTF-16.", allowed="CSV in UTF-8 or GB18030")


def _decoded_by_line(content: bytes) -> tuple[Encoding, str]:
    _require_bytes_of_text(content)
    return decoded_by_line(content)


def _decoded(content: bytes) -> tuple[Encoding, str]:
    _require_bytes_of_text(content)
    marked = content.startswith(b"\xef\xbb\xbf")
    try:
        return ("utf-8-sig", content[3:].decode()) if marked else ("utf-8", content.decode())
    except UnicodeDecodeError:
        pass
    try:
        return "gb18030", content.decode("gb18030")
    except UnicodeDecodeError as error:
        raise UnusableTableError(
            "The file is neither a workbook nor text in a known encoding.",
            allowed=".xlsx, or CSV in UTF-8 or GB18030",
        ) from error


def _csv_rows(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise UnusableTableError(f"Line {number}: {error}.") from error
        if row is None:
            return
        yield number, tuple(row)


def _delimiter(text: str) -> str:
    """Return what stands between the cells of the first line that says something."""
    first = next((line for line in io.StringIO(text) if line.strip()), "")
    return max(DELIMITERS, key=first.count)


def _text(cell: Cell) -> str:
    match cell:
        case bool():
            return "TRUE" if cell else "FALSE"
        case float() if cell.is_integer() and abs(cell) < 10**WHOLE_DIGITS_MAX:
            return str(int(cell))
        case datetime():
            return cell.isoformat(sep="T", timespec="seconds")
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)
