"""Excel workbooks, measured before anything opens them.

A workbook is a packed archive: a small one can unpack to any size, and two cells, A1 and
XFD1048576, span seventeen thousand million. So every part is unpacked within bounds, every cell's
place and every shared text counted; only then is a plain copy of what was measured handed to the
reader.
"""

import io
import re
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from python_calamine import CalamineWorkbook

from desk.intake.bounds import (
    CELLS_MAX,
    CHARACTERS_MAX,
    COLUMNS_MAX,
    PARTS_MAX,
    PLACES_MAX,
    UNPACKED_BYTES_MAX,
)
from desk.intake.problems import UnusableTableError

SIGNATURE: Final = b"PK\x03\x04"
OLD_OR_LOCKED: Final = b"\xd0\xcf\x11\xe0"
READ: Final = (".xml", ".rels")
ENCRYPTED: Final = 0x1
LETTERS: Final = 26
SHARED: Final = "s"
PANIC: Final = "PanicException"
BOOK_FOLDER: Final = "xl/"
BOOK: Final = "xl/workbook.xml"
BOOK_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
SHOWN_CHARACTERS_MAX: Final = 500
_PLACE: Final = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})")
_DECLARED: Final = re.compile(rb"""(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*["']([^"']*)""")
_NUMBER: Final = re.compile(r"[0-9]{1,9}")

Cell = object


@dataclass
class _Measured:
    """What the parts of a workbook come to."""

    cells: int = 0
    texts: list[int] = field(default_factory=list)
    """How long each shared text is."""
    tables_of_texts: int = 0
    asked: Counter[int] = field(default_factory=Counter)
    """How often cells ask for each shared text."""
    formulas: dict[str, set[tuple[int, int]]] = field(default_factory=dict)
    """The rows and columns of cells that are worked out, from 1, by the part they stand in."""


class _Meter:
    """Reads one part, and counts. Element names are taken without their prefix."""

    def __init__(self, measured: _Measured) -> None:
        self._measured = measured
        self._row = 0
        self._column = 0
        self._is_shared = False
        self._in_cell = False
        self._index: list[str] | None = None
        self._text: int | None = None
        self.formulas: set[tuple[int, int]] = set()

    def read(self, part: str) -> None:
        """Count what a part holds. Raises UnusableTableError."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._say
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.buffer_text = True
        try:
            parser.Parse(part, True)
        except expat.ExpatError as error:
            raise UnusableTableError("The workbook cannot be read: a part is no XML.") from error

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "row":
                self._row = self._row + 1 if "r" not in attributes else _number(attributes["r"])
                self._column = 0
            case "c":
                self._place(attributes.get("r"))
                self._is_shared = attributes.get("t") == SHARED
                self._in_cell = True
            case "f" if self._in_cell:
                self.formulas.add((self._row, self._column))
            case "v" if self._is_shared:
                self._index = []
            case "sst":
                self._measured.tables_of_texts += 1
            case "si":
                self._text = 0
            case _:
                pass

    def _end(self, name: str) -> None:
        match name.rpartition(":")[2]:
            case "v" if self._index is not None:
                self._measured.asked[_number("".join(self._index).strip())] += 1
                self._index = None
            case "c":
                self._is_shared = self._in_cell = False
            case "si" if self._text is not None:
                self._measured.texts.append(self._text)
                self._text = None
            case _:
                pass

    def _say(self, text: str) -> None:
        if self._index is not None:
            self._index.append(text)
        elif self._text is not None:
            self._text += len(text)

    def _place(self, place: str | None) -> None:
        if place is None:
            self._column += 1
        else:
            found = _PLACE.fullmatch(place)
            if found is None:
                raise UnusableTableError("The workbook cannot be read: a cell has no place.")
            self._row, self._column = int(found[2]), _column(found[1])
        self._measured.cells += 1
        if self._column > COLUMNS_MAX:
            raise UnusableTableError(
                "A sheet has too many columns.", allowed=f"{COLUMNS_MAX} columns"
            )
        if self._row > PLACES_MAX:
            raise UnusableTableError("A sheet has too many rows.", allowed=f"{PLACES_MAX} rows")
        if self._measured.cells > CELLS_MAX:
            raise UnusableTableError("A workbook has too many cells.", allowed=f"{CELLS_MAX} cells")

    def _refuse_doctype(self, *_: object) -> None:
        raise UnusableTableError("The workbook cannot be read: no workbook declares a DOCTYPE.")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet's cells, from A1 on; of those that are formulas the values that were last worked out.
    `formulas` are the rows, from 1, and the columns, from 0, of these."""

    name: str
    cells: list[list[Cell]]
    formulas: frozenset[tuple[int, int]]


def sheet_of(content: bytes, sheet: str | None) -> Sheet:
    """Return a sheet; the first one if none is named. Raises UnusableTableError."""
    copy, formulas = measured_copy(content)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(copy))
        name = _sheet_named(workbook.sheet_names, sheet)
        cells = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
        own = formulas.get(_part_of(copy, name), set()) if formulas else set()
    except UnusableTableError:
        raise
    except BaseException as error:  # a panic of the reader, which is not written in Python
        if isinstance(error, Exception) or type(error).__name__ == PANIC:
            raise UnusableTableError("The workbook cannot be read.") from error
        raise
    return Sheet(
        name,
        [list(row) for row in cells],
        frozenset((row, column - 1) for row, column in own),
    )


def _part_of(copy: bytes, sheet: str) -> str:
    """Return the part of a measured workbook that holds a sheet; empty if it does not say."""
    with zipfile.ZipFile(io.BytesIO(copy)) as parts:
        ids = {each.get("name"): _relation_of(each) for each in _elements(parts, BOOK, "sheet")}
        targets = {
            each.get("Id"): each.get("Target", "")
            for each in _elements(parts, BOOK_RELATIONS, "Relationship")
        }
    target = targets.get(ids.get(sheet), "")
    return target.lstrip("/") if target.startswith("/") else f"{BOOK_FOLDER}{target}"


def _relation_of(attributes: dict[str, str]) -> str | None:
    return next((each for name, each in attributes.items() if name.endswith(":id")), None)


def _elements(parts: zipfile.ZipFile, part: str, named: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []

    def begin(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == named:
            found.append(attributes)

    if part in parts.namelist():
        parser = expat.ParserCreate()
        parser.StartElementHandler = begin
        parser.Parse(parts.read(part).decode("utf-8-sig"), True)
    return found


def _sheet_named(names: list[str], sheet: str | None) -> str:
    if not names:
        raise UnusableTableError("The workbook has no sheet.")
    if sheet is None or sheet in names:
        return sheet or names[0]
    allowed = ", ".join(names)[:SHOWN_CHARACTERS_MAX]
    raise UnusableTableError("The workbook has no such sheet.", value=sheet, allowed=allowed)


def measured_copy(content: bytes) -> tuple[bytes, dict[str, set[tuple[int, int]]]]:
    """Return the parts of a workbook that are read, unpacked and within bounds, and where formulas
    stand in them. Raises UnusableTableError."""
    measured, copy = _Measured(), io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(copy, "w") as plain:
            for info in _parts(packed):
                part = _unpacked(packed, info)
                if info.filename.endswith(".xml"):
                    meter = _Meter(measured)
                    meter.read(_text_of(part))
                    measured.formulas[info.filename] = meter.formulas
                plain.writestr(info.filename, part)
    except UnicodeDecodeError as error:
        raise UnusableTableError("The workbook cannot be read: a part is not UTF-8.") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise UnusableTableError("The workbook is damaged, or no workbook.") from error
    _require_texts(measured)
    return copy.getvalue(), measured.formulas


def _parts(packed: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    every = packed.infolist()
    if len(every) > PARTS_MAX:
        raise UnusableTableError("The workbook has too many parts.", allowed=f"{PARTS_MAX} parts")
    if any(info.flag_bits & ENCRYPTED for info in every):
        raise UnusableTableError("The workbook is locked with a password.")
    read = [info for info in every if info.filename.endswith(READ)]
    if len({info.filename.lower() for info in read}) < len(read):
        raise UnusableTableError("The workbook is damaged: it has a part twice.")
    if sum(info.file_size for info in read) > UNPACKED_BYTES_MAX:
        raise _too_large()
    return read


def _unpacked(packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """What a part says of its size is a claim: it is unpacked no further than that, and its
    checksum tells if there was more."""
    with packed.open(info) as part:
        found = part.read(UNPACKED_BYTES_MAX + 1)
    if len(found) > UNPACKED_BYTES_MAX:
        raise _too_large()
    return found


def _text_of(part: bytes) -> str:
    """Return a part as text. The reader goes by what a part declares, the meter by what it is."""
    declared = _DECLARED.match(part)
    if declared is not None and declared[1].lower() not in (b"utf-8", b"us-ascii"):
        raise UnusableTableError("The workbook cannot be read: a part is not UTF-8.")
    return part.decode("utf-8-sig")


def _require_texts(measured: _Measured) -> None:
    if measured.tables_of_texts > 1:
        raise UnusableTableError("The workbook is damaged: it has two tables of texts.")
    if measured.asked and max(measured.asked) >= len(measured.texts):
        raise UnusableTableError("The workbook is damaged: a cell names a text that is not there.")
    total = sum(measured.texts[index] * times for index, times in measured.asked.items())
    if total > CHARACTERS_MAX:
        raise UnusableTableError(
            "The workbook holds too much text.", allowed=f"{CHARACTERS_MAX} characters"
        )


def _too_large() -> UnusableTableError:
    return UnusableTableError(
        "The workbook is too large once it is unpacked.",
        allowed=f"{UNPACKED_BYTES_MAX // 2**20} MiB",
    )


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise UnusableTableError("The workbook cannot be read: a number in it is none.")
    return int(text)


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * LETTERS + ord(letter) - ord("A") + 1
    return number
