"""Texts that were put together from several: lines of one encoding among those of another."""

import re
from typing import Final, Literal

Encoding = Literal["utf-8", "utf-8-sig", "gb18030", "xlsx"]

MARK: Final = "\ufffd"
"""Stands before what was written in another encoding than the rest, and for what is in none."""
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]+")


def decoded_by_line(content: bytes) -> tuple[Encoding, str]:
    """Return a text, and the encoding of most of its lines. What other lines say beyond ASCII is
    read by their own encoding, with a mark before it: it may be told, not taken.

    Neither encoding has the byte of a line's end, of a comma or of a quote within a character.
    """
    marked = content.startswith(BYTE_ORDER_MARK)
    lines = content.removeprefix(BYTE_ORDER_MARK).splitlines(keepends=True)
    beyond = [line for line in lines if not line.isascii()]
    in_utf8 = sum(_is_in(line, "utf-8") for line in beyond)
    mostly_utf8 = marked or 2 * in_utf8 >= len(beyond)
    own, other = ("utf-8", "gb18030") if mostly_utf8 else ("gb18030", "utf-8")
    text = "".join(_decoded(line, own, other) for line in lines)
    if mostly_utf8:
        return ("utf-8-sig" if marked else "utf-8"), text
    return "gb18030", text


def _decoded(line: bytes, own: str, other: str) -> str:
    """A line of GB18030 is hardly ever UTF-8 as well; the other way round it often is."""
    if line.isascii() or (_is_in(line, own) and (own == "utf-8" or not _is_in(line, other))):
        return line.decode(own)
    if _is_in(line, other):
        return _BEYOND_ASCII.sub(lambda found: MARK + found[0], line.decode(other))
    return line.decode(own, errors="replace")


def _is_in(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
