"""A paper as a PDF, by typst: text goes in as data, and a missing font or character is refused."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final, assert_never

from audit.printed.charts import described, svg
from audit.printed.figures import figures_table
from audit.printed.fonts import (
    FontFolders,
    FontSet,
    UnprintableError,
    font_set,
    require_every_character,
)
from audit.printed.paper import (
    Cell,
    Chart,
    Figures,
    Language,
    Paper,
    Paragraphs,
    Section,
    Table,
    require_sound,
)
from audit.printed.texts import breakable, plain, spelled
from audit.printed.words import shown, stated, word
from domain.errors import InvalidRequestError
from domain.lights import Light

CELLS_MAX: Final = 60_000
"""So many cells a PDF has: 36,000 take 0.5 GB and 2 s while they are laid out."""
STANDARD: Final = "a-2b"
TEMPLATE: Final = "paper.typ"
ACROSS: Final = {True: 193, False: 97}
"""So many Latin characters of a table's size stand on a line, across the sheet or upright."""
WIDTH_MIN: Final = 3
REGIONS: Final[Mapping[Language, str]] = {"zh": "CN", "en": "GB"}

Plain = dict[str, Any]


def pdf_bytes(
    paper: Paper, fonts: FontFolders | None = None, *, spell_missing: bool = False
) -> bytes:
    """Return a paper as PDF/A-2b with its fonts in it: equal papers give equal bytes by the same
    fonts. With `spell_missing` a character that no font has is spelled out, `[U+1F600]`.

    Keeps a core busy and lets others run. Raises UnprintableError where a font or a character is
    missing or typst is, InvalidRequestError for what does not fit itself or is too large.
    """
    _require_room(paper)
    data = _laid_out(paper)
    found = font_set(FontFolders() if fonts is None else fonts, _all_text(data))
    if found.missing and spell_missing:
        data = _respelled(data, found.missing)
        found = font_set(FontFolders() if fonts is None else fonts, _all_text(data))
    require_every_character(found)
    data["fonts"] = {
        "body": list(found.body),
        "title": list(found.title),
        "head": list(found.head),
    }
    return _compiled(data, found, paper.made_at)


def _compiled(data: Plain, fonts: FontSet, made_at: datetime) -> bytes:
    import typst

    try:
        made, warnings = typst.compile_with_warnings(
            _template(),
            font_paths=fonts.fonts,
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"paper": json.dumps(data, ensure_ascii=False)},
            pdf_standards=STANDARD,
            timestamp=int(made_at.timestamp()),
        )
    except typst.TypstError as error:
        raise UnprintableError(
            f"The PDF could not be set: {error.message}", field="pdf", value=None
        ) from error
    if warnings:
        raise UnprintableError(
            f"The PDF would not be right: {'; '.join(each.message for each in warnings)}.",
            field="pdf",
        )
    return made


def _require_room(paper: Paper) -> None:
    cells = 0
    for section in paper.sections:
        require_sound(section)
        if isinstance(section, Table):
            cells += len(section.rows) * len(section.columns)
    if cells > CELLS_MAX:
        raise InvalidRequestError(
            "This is too long for a PDF.",
            field="rows",
            value=f"{cells:,} cells",
            allowed=f"at most {CELLS_MAX:,} cells; a workbook (.xlsx) takes more, or narrow it",
        )


def _laid_out(paper: Paper) -> Plain:
    """Return all that the template is given."""
    facts = [(plain(label), plain(told)) for label, told in stated(paper)]
    return {
        "title": plain(paper.title),
        "issuer": plain(paper.issuer),
        "number": plain(paper.number),
        "lang": paper.language,
        "region": REGIONS[paper.language],
        "landscape": paper.landscape,
        "made": _moment(paper.made_at),
        "facts": facts,
        "sections": [
            _section(section, f"c{place}", paper) for place, section in enumerate(paper.sections)
        ],
    }


def _moment(at: datetime) -> Plain:
    """The document's date; typst takes parts of a date, in UTC."""
    there = at.astimezone(UTC)
    parts = ("year", "month", "day", "hour", "minute", "second")
    return {part: getattr(there, part) for part in parts}


def _section(section: Section, id_: str, paper: Paper) -> Plain:
    language = paper.language
    match section:
        case Table():
            return _table(section, paper)
        case Figures():
            return _table(figures_table(section, language, in_words=True), paper)
        case Chart():
            told = described(section, language)
            return {
                "kind": "chart",
                "title": "",
                "alt": f"{plain(section.title)}. {told}",
                "svg": svg(section, language, id=id_),
            }
        case Paragraphs():
            return {
                "kind": "text",
                "title": plain(section.title),
                "texts": [plain(each) for each in section.texts],
            }
        case _:
            assert_never(section)


def _table(table: Table, paper: Paper) -> Plain:
    widths = [max(column.width, WIDTH_MIN) for column in table.columns]
    across = ACROSS[paper.landscape] / sum(widths)
    rooms = [max(WIDTH_MIN, int(width * across) - 2) for width in widths]
    rows = [
        [_cell(cell, paper, room) for cell, room in zip(row, rooms, strict=True)]
        for row in table.rows
    ]
    note = plain(table.note)
    return {
        "kind": "table",
        "title": plain(table.title),
        "heads": [
            breakable(plain(column.head), room)
            for column, room in zip(table.columns, rooms, strict=True)
        ],
        "kinds": [column.kind.value for column in table.columns],
        "widths": widths,
        "rows": rows,
        "note": note if rows else (note or word("paper.empty", paper.language)),
    }


def _cell(cell: Cell, paper: Paper, room: int) -> str | list[str]:
    said = breakable(shown(cell, paper.language, paper.time_zone), room)
    return [cell.value, said] if isinstance(cell, Light) else said


def _all_text(data: Any) -> str:
    """Return every character that is set, those of the template too."""
    return json.dumps(data, ensure_ascii=False) + "—0123456789"


def _respelled(data: Any, missing: frozenset[str]) -> Any:
    table = str.maketrans({each: spelled(each) for each in missing})
    if isinstance(data, str):
        return data.translate(table)
    if isinstance(data, list | tuple):
        return [_respelled(each, missing) for each in data]
    if isinstance(data, dict):
        return {key: _respelled(each, missing) for key, each in data.items()}
    return data


@cache
def _template() -> bytes:
    return files("audit.printed").joinpath(TEMPLATE).read_bytes()
