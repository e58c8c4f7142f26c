"""Text as it may be printed: nothing in it is obeyed, and nothing in it is hidden."""

import re
import unicodedata
from typing import Final

CELL_UNITS_MAX: Final = 32_767
"""So many UTF-16 units a cell of a workbook holds."""
CUT: Final = "…[+{}]"
"""At the end of what was cut, with how many characters are left out."""

_SPELLED: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    r"\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\ufeff]"
)
"""Controls, marks that turn the direction of what follows, halves of pairs, and what is none of the
characters: a reader must see that they are there."""
_BREAKS: Final = re.compile(r"\r\n?|\u2028|\u2029")
_WORD: Final = re.compile(r"[!-~]+")
_PIECE: Final = re.compile(r"[^-./_@:=&?]+[-./_@:=&?]*|[-./_@:=&?]+")
MAY_BREAK: Final = "\u200b"
_GLYPHLESS: Final = frozenset({"Cf", "Cc", "Zs", "Zl", "Zp"})
_SELECTORS: Final = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))


def plain(text: str) -> str:
    """Return a text with every character that cannot be seen spelled out, as `[U+202E]`."""
    return _SPELLED.sub(lambda found: spelled(found[0]), _BREAKS.sub("\n", text))


def spelled(character: str) -> str:
    """Return a character by its number."""
    return f"[U+{ord(character):04X}]"


def one_line(text: str) -> str:
    """Return a text on one line."""
    return " ".join(plain(text).split())


def breakable(text: str, characters: int) -> str:
    """Return a text whose words may go on in the next line of a column that is so wide."""
    return _WORD.sub(lambda word: _broken(word[0], characters), text)


def _broken(word: str, characters: int) -> str:
    if len(word) <= characters:
        return word
    pieces = _PIECE.findall(word)
    return MAY_BREAK.join(
        piece[at : at + characters] for piece in pieces for at in range(0, len(piece), characters)
    )


def cut(text: str, units_max: int = CELL_UNITS_MAX) -> str:
    """Return a text that fits a cell, with how much of it was left out at its end."""
    if units(text) <= units_max:
        return text
    room = units_max - len(CUT.format(len(text)))
    kept = text[:room]
    while units(kept) > room:
        kept = kept[: len(kept) - max(1, (units(kept) - room) // 2)]
    return kept + CUT.format(len(text) - len(kept))


def units(text: str) -> int:
    """Return how long a text is in UTF-16, by which workbooks count."""
    return len(text) + sum(character > "\uffff" for character in text)


def needs_glyph(character: str) -> bool:
    """Return whether a character is drawn at all."""
    if unicodedata.category(character) in _GLYPHLESS:
        return False
    return not any(ord(character) in selectors for selectors in _SELECTORS)
