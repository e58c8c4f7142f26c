"""Which fonts a PDF is set in, and which characters they have."""

import struct
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from audit.printed.fonts import FontFolders, UnprintableError, font_set
from audit.printed.glyphs import UnreadableFontError, lacking
from audit.printed.texts import needs_glyph

pytest.importorskip("typst")


def wheel() -> Path:
    """Return the folder of the font wheel."""
    found = find_spec("pylopdf_fonts_zh_cn")
    assert found is not None
    assert found.submodule_search_locations is not None
    return Path(next(iter(found.submodule_search_locations)))


SERIF = wheel() / "NotoSerifSC-Regular.otf"


def sfnt(cmap: bytes, *, in_collection: bool = False) -> bytes:
    """Return a font file that has nothing but this table."""
    ahead = struct.pack(">4sIII", b"ttcf", 0x10000, 1, 16) if in_collection else b""
    head = struct.pack(">IHHHH", 0x10000, 1, 16, 0, 0)
    at = len(ahead) + len(head) + 16
    return ahead + head + struct.pack(">4sIII", b"cmap", 0, at, len(cmap)) + cmap


def table(platform: int, encoding: int, body: bytes) -> bytes:
    """Return a table of characters with one subtable."""
    return struct.pack(">HHHHI", 0, 1, platform, encoding, 12) + body


def segments() -> bytes:
    """A-C by a difference, X-Z by a list in which Y has no glyph."""
    ends, starts = (0x43, 0x5A, 0xFFFF), (0x41, 0x58, 0xFFFF)
    deltas, ranges = (0x10000 - 0x40, 0, 1), (0, 4, 0)
    numbers = struct.pack(">3H", *ends) + b"\0\0" + struct.pack(">9H", *starts, *deltas, *ranges)
    glyphs = struct.pack(">3H", 7, 0, 9)
    length = 14 + len(numbers) + len(glyphs)
    return struct.pack(">7H", 4, length, 0, 6, 0, 0, 0) + numbers + glyphs


def groups() -> bytes:
    """A-C, and a range beyond 16 bits."""
    told = ((0x41, 0x43, 1), (0x20000, 0x20002, 4))
    body = b"".join(struct.pack(">III", *each) for each in told)
    return struct.pack(">HHIII", 12, 0, 16 + len(body), 0, len(told)) + body


@pytest.mark.parametrize(
    ("cmap", "lacks"),
    [
        (table(3, 1, segments()), {"@", "D", "Y", "\U00020000", "\U00020003"}),
        (table(3, 10, groups()), {"@", "D", "X", "Y", "Z", "\U00020003"}),
        (table(1, 0, segments()), set("@ABCDXYZ\U00020000\U00020003")),
    ],
)
@pytest.mark.parametrize("in_collection", [False, True])
def test_a_font_says_which_characters_it_lacks(
    cmap: bytes, lacks: set[str], in_collection: bool, tmp_path: Path
) -> None:
    file = tmp_path / "font.ttf"
    file.write_bytes(sfnt(cmap, in_collection=in_collection))
    assert lacking(file, 0, "@ABCDXYZ\U00020000\U00020003") == lacks


def test_a_real_font_has_chinese_and_lacks_thai() -> None:
    assert lacking(SERIF, 0, "销号台账▲●aé—ก😀") == {"ก", "😀"}


def test_a_font_that_is_cut_off_is_unreadable_and_an_empty_one_too(tmp_path: Path) -> None:
    whole = sfnt(table(3, 10, groups()))
    for place, content in enumerate((b"", whole[:20], whole[: len(whole) - 5])):
        file = tmp_path / f"{place}.ttf"
        file.write_bytes(content)
        with pytest.raises(UnreadableFontError):
            lacking(file, 0, "A")


def test_the_offices_own_fonts_come_before_the_wheels(tmp_path: Path) -> None:
    (tmp_path / SERIF.name).symlink_to(SERIF)
    alone = font_set(FontFolders(own=tmp_path, system=False), "销号")
    assert (alone.body[0], alone.head[0]) == ("Noto Serif SC", "Noto Serif SC")
    both = font_set(FontFolders(system=False), "销号")
    assert (both.body[0], both.head[0]) == ("Noto Serif SC", "Noto Sans SC")


def test_a_character_that_the_own_folder_lacks_is_looked_for_further_on(tmp_path: Path) -> None:
    (tmp_path / "latin.ttf").write_bytes(sfnt(table(3, 10, groups())))
    found = font_set(FontFolders(own=tmp_path, system=False), "销号")
    assert found.missing == frozenset()
    assert font_set(FontFolders(own=tmp_path, system=False), "ก").missing == {"ก"}


def test_without_typst_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(UnprintableError, match="not installed") as refused:
        font_set(FontFolders(), "销号")
    assert refused.value.allowed == "pip install closeout[pdf]"


def test_what_is_never_drawn_needs_no_glyph() -> None:
    assert [each for each in "a \u00a0\u200d\ufe0f\n字" if needs_glyph(each)] == ["a", "字"]
