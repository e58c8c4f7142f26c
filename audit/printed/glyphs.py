"""Which characters a font has, by its own table of them (OpenType `cmap`, formats 4 and 12)."""

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO, Final

COLLECTION: Final = b"ttcf"
CMAP: Final = b"cmap"
TABLES_MAX: Final = 4096
CMAP_BYTES_MAX: Final = 16 * 1024 * 1024
SEGMENTS: Final = 4
GROUPS: Final = 12
PLANE_LAST: Final = 0xFFFF
RANKS: Final = {(3, 10): 0, (0, 6): 1, (0, 4): 2, (3, 1): 3, (0, 3): 4, (0, 2): 5, (0, 1): 6}
"""Tables of Unicode by platform and encoding, the widest first."""

Has = Callable[[int], bool]


class UnreadableFontError(ValueError):
    """A font whose table of characters cannot be read."""


def lacking(path: Path, index: int, characters: Iterable[str]) -> set[str]:
    """Return those of some characters that a font does not have; `index` is its place in a
    collection. Raises UnreadableFontError."""
    try:
        with path.open("rb") as file:
            has = _reader(_table(file, index))
        return {each for each in characters if not has(ord(each))}
    except (OSError, struct.error, IndexError) as error:
        raise UnreadableFontError(f"{path.name}: its table of characters is unreadable") from error


def _table(file: BinaryIO, index: int) -> bytes:
    at = 0
    if file.read(4) == COLLECTION:
        file.seek(12 + 4 * index)
        (at,) = struct.unpack(">I", file.read(4))
    file.seek(at + 4)
    (count,) = struct.unpack(">H", file.read(2))
    file.seek(at + 12)
    for _ in range(min(count, TABLES_MAX)):
        tag, _, offset, length = struct.unpack(">4sIII", file.read(16))
        if tag == CMAP:
            file.seek(offset)
            return file.read(min(length, CMAP_BYTES_MAX))
    return b"\0\0\0\0"


def _reader(cmap: bytes) -> Has:
    """Return what tells whether a code point has a glyph."""
    (count,) = struct.unpack_from(">H", cmap, 2)
    found: list[tuple[int, int, int]] = []
    for place in range(count):
        platform, encoding, offset = struct.unpack_from(">HHI", cmap, 4 + 8 * place)
        (form,) = struct.unpack_from(">H", cmap, offset)
        if (platform, encoding) in RANKS and form in (SEGMENTS, GROUPS):
            found.append((RANKS[platform, encoding], form, offset))
    if not found:
        return lambda _: False
    _, form, offset = min(found)
    return _of_groups(cmap, offset) if form == GROUPS else _of_segments(cmap, offset)


def _of_groups(cmap: bytes, offset: int) -> Has:
    (count,) = struct.unpack_from(">I", cmap, offset + 12)
    numbers: tuple[int, ...] = struct.unpack_from(f">{3 * count}I", cmap, offset + 16)
    starts, ends, glyphs = numbers[0::3], numbers[1::3], numbers[2::3]

    def has(code: int) -> bool:
        at = bisect_right(starts, code) - 1
        return at >= 0 and code <= ends[at] and glyphs[at] + code - starts[at] != 0

    return has


def _of_segments(cmap: bytes, offset: int) -> Has:
    (double,) = struct.unpack_from(">H", cmap, offset + 6)
    count = double // 2
    ends: tuple[int, ...] = struct.unpack_from(f">{count}H", cmap, offset + 14)
    starts = struct.unpack_from(f">{count}H", cmap, offset + 16 + double)
    deltas: tuple[int, ...] = struct.unpack_from(f">{count}H", cmap, offset + 16 + 2 * double)
    ranges_at = offset + 16 + 3 * double
    ranges: tuple[int, ...] = struct.unpack_from(f">{count}H", cmap, ranges_at)

    def has(code: int) -> bool:
        at = bisect_left(ends, code)
        if code > PLANE_LAST or at == count or code < starts[at]:
            return False
        if ranges[at] == 0:
            return (code + deltas[at]) % 0x10000 != 0
        where = ranges_at + 2 * at + ranges[at] + 2 * (code - starts[at])
        (glyph,) = struct.unpack_from(">H", cmap, where)
        return bool(glyph)

    return has
