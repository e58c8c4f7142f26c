"""The fonts that a PDF is set in: an office's own, else the font wheel's, else the system's.

A character that no font has leaves a blank box in a PDF, and nobody is told: here it is refused.
"""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from audit.printed.glyphs import UnreadableFontError, lacking
from audit.printed.texts import needs_glyph, spelled
from domain.errors import InvalidRequestError

if TYPE_CHECKING:
    import typst

WHEEL: Final = "pylopdf_fonts_zh_cn"
EXTRA: Final = "pip install closeout[pdf]"
TOLD_MAX: Final = 12


class UnprintableError(InvalidRequestError):
    """It cannot be printed: a program, a font or a character is missing."""


@dataclass(frozen=True, slots=True)
class FontFolders:
    """Where fonts are looked for, in this order: the office's own folder, the wheel that comes with
    the extra `pdf`, the system's folders (asked only if the others do not suffice)."""

    own: Path | None = None
    wheel: bool = True
    system: bool = True


@dataclass(frozen=True, slots=True)
class FontSet:
    """Fonts that together have every character of a paper. The families of each use, in the order
    in which they are asked."""

    fonts: "typst.Fonts"
    body: tuple[str, ...]
    title: tuple[str, ...]
    head: tuple[str, ...]
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Face:
    family: str
    path: Path
    index: int


def font_set(folders: FontFolders, text: str) -> FontSet:
    """Return the fonts for a text. `missing` are the characters that no font has, if any.

    Raises UnprintableError where no folder has a Chinese font, or typst is not installed.
    """
    wanted = {character for character in set(text) if needs_glyph(character)}
    found: FontSet | None = None
    for fonts in _widening(folders):
        faces = [
            _Face(face.family, Path(face.path), face.index)
            for face in fonts.fonts()
            if face.path is not None
        ]
        chinese = [face for face in faces if not _lacking(face, set(_data()["probe"]))]
        if not chinese:
            continue
        missing = _missing(faces, wanted)
        found = _chosen(fonts, faces, chinese, missing)
        if not missing:
            break
    if found is None:
        raise UnprintableError(
            "No font for Chinese was found; without one a PDF has blank boxes.",
            field="fonts",
            value=None if folders.own is None else folders.own.name,
            allowed=f"a folder with one, or the font wheel ({EXTRA})",
        )
    return found


def require_every_character(fonts: FontSet) -> None:
    """Raises UnprintableError naming the characters that no font has."""
    if fonts.missing:
        some = sorted(fonts.missing)[:TOLD_MAX]
        more = len(fonts.missing) - len(some)
        raise UnprintableError(
            "No font has these characters: "
            + ", ".join(f"{each} {spelled(each)}" for each in some)
            + (f" and {more} more." if more else "."),
            field="fonts",
            value=len(fonts.missing),
            allowed="a font folder with a font that has them, or to have them spelled out",
        )


def _widening(folders: FontFolders) -> "Iterator[typst.Fonts]":
    """Yield the fonts of the first folder, then of the first two, then of all."""
    try:
        import typst
    except ImportError as error:
        raise UnprintableError(
            "A PDF needs typst, and it is not installed.", field="pdf", allowed=EXTRA
        ) from error
    paths: list[Any] = []
    if folders.own is not None:
        if not folders.own.is_dir():
            raise UnprintableError(
                "There is no such font folder.",
                field="fonts",
                value=str(folders.own),
                allowed="a folder of .otf, .ttf or .ttc files",
            )
        paths.append(str(folders.own))
        yield _fonts(typst.Fonts, paths)
    wheel = find_spec(WHEEL) if folders.wheel else None
    if wheel is not None and wheel.submodule_search_locations:
        paths.extend(wheel.submodule_search_locations)
        yield _fonts(typst.Fonts, paths)
    if folders.system:
        yield _fonts(typst.Fonts, paths, system=True)


def _fonts(kind: "type[typst.Fonts]", paths: list[Any], *, system: bool = False) -> "typst.Fonts":
    return kind(include_system_fonts=system, include_embedded_fonts=False, font_paths=paths)


def _chosen(
    fonts: "typst.Fonts", faces: Sequence[_Face], chinese: Sequence[_Face], missing: set[str]
) -> FontSet:
    every = list(dict.fromkeys(face.family for face in faces))
    able = list(dict.fromkeys(face.family for face in chinese))
    by_use = {
        use: tuple(dict.fromkeys([*_preferred(names, able), *able, *every]))
        for use, names in _data()["pdf"].items()
    }
    return FontSet(fonts, by_use["body"], by_use["title"], by_use["head"], frozenset(missing))


def _preferred(names: Sequence[str], able: Sequence[str]) -> list[str]:
    there = {family.casefold(): family for family in able}
    return [there[name.casefold()] for name in names if name.casefold() in there]


def _missing(faces: Sequence[_Face], wanted: set[str]) -> set[str]:
    missing = set(wanted)
    for face in faces:
        if not missing:
            break
        missing &= _lacking(face, missing)
    return missing


def _lacking(face: _Face, characters: set[str]) -> set[str]:
    """A font that cannot be read has nothing."""
    try:
        return lacking(face.path, face.index, characters)
    except UnreadableFontError:
        return characters


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files("audit.printed").joinpath("fonts.toml").read_text(encoding="utf-8"))


def workbook_fonts() -> dict[str, str]:
    """Return what a workbook calls its fonts, by use."""
    named: dict[str, str] = _data()["workbook"]
    return named
