"""A printed report as poppler reads it: where each word stands, and of which cell it is a part.

Nothing is left over: what is neither title, head, cell, note nor a chart's own is a failure.
"""

import html
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Final

import pytest
from printed_papers import squeezed

TOOLS: Final = ("pdftotext", "pdffonts", "pdfinfo")
MISSING: Final = [each for each in TOOLS if shutil.which(each) is None]
NEEDS_POPPLER: Final = pytest.mark.skipif(
    bool(MISSING), reason=f"no {', '.join(MISSING)} on this machine: apt-get install poppler-utils"
)
A4_PT: Final = (595.276, 841.89)
CM_PT: Final = 72 / 2.54
ASIDE_PT: Final = {True: 1.5 * CM_PT, False: 2.4 * CM_PT}
"""The left margin, across the sheet or upright."""
RIGHT_PT: Final = {True: 1.5 * CM_PT, False: 2.2 * CM_PT}
FOOT_PT: Final = {True: 1.6 * CM_PT, False: 2.4 * CM_PT}
OVER_PT: Final = 1.0
"""Glyphs may reach so far beyond their width."""

_PAGE: Final = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', re.DOTALL)
_WORD: Final = re.compile(
    r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>'
)


def tool(name: str, *options: str, file: Path) -> str:
    """Return what one of poppler's programs says of a file. It must not fail."""
    done = subprocess.run(
        [name, *options, str(file), *(["-"] if name == "pdftotext" else [])],
        capture_output=True,
        check=True,
        timeout=60,
    )
    return done.stdout.decode()


def fonts_in(file: Path) -> list[tuple[str, str]]:
    """Return of each font whether it is in the file, and whether its text can be taken out."""
    _, _, *lines = tool("pdffonts", file=file).splitlines()
    # From the right: a long name moves the columns. At the end are the object and its generation.
    ends = [line.split()[-5:] for line in lines]
    return [(is_in, has_text) for is_in, _, has_text, _, _ in ends]


@dataclass(frozen=True, slots=True)
class Word:
    """A word on a page, in points from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float
    text: str


class LeftoverError(AssertionError):
    """What stands on the paper is not what was looked for there."""


class Reading:
    """A PDF read from its first word to its last: what was looked for is taken away."""

    def __init__(self, file: Path) -> None:
        said = tool("pdftotext", "-bbox", file=file)
        self.sizes: list[tuple[float, float]] = []
        self.feet: list[str] = []
        self._pages: list[list[Word]] = []
        for width, height, inner in _PAGE.findall(said):
            across = float(width) > float(height)
            self.sizes.append((float(width), float(height)))
            words = [
                Word(float(left), float(top), float(right), float(bottom), html.unescape(text))
                for left, top, right, bottom, text in _WORD.findall(inner)
            ]
            foot = float(height) - FOOT_PT[across]
            self.feet.append("".join(each.text for each in words if each.top > foot))
            self._pages.append([each for each in words if each.top <= foot])
        self._page = 0
        self._floor = 0.0

    @property
    def _left(self) -> list[Word]:
        """What is still to be read of the page."""
        return [each for each in self._pages[self._page] if each.top >= self._floor]

    def _edges(self, widths: Sequence[float]) -> list[tuple[float, float]]:
        """Return from where to where columns of these widths go."""
        width, height = self.sizes[self._page]
        across = width > height
        room = width - ASIDE_PT[across] - RIGHT_PT[across]
        share = room / sum(widths)
        ends = [ASIDE_PT[across] + share * each for each in accumulate(widths, initial=0)]
        return list(pairwise(ends))

    def line(self) -> str:
        """Take the next line, whoever it belongs to."""
        if not self._left:
            self._turn()
        first = min(self._left, key=lambda each: each.top)
        taken = [each for each in self._left if each.top < (first.top + first.bottom) / 2]
        self._floor = max(each.bottom for each in taken) - OVER_PT
        return squeezed("".join(each.text for each in sorted(taken, key=lambda each: each.left)))

    def until(self, text: str) -> str:
        """Take lines up to one that says this, and return those before it."""
        before, wanted = "", squeezed(text)
        while (line := self.line()) != wanted:
            before += line
        return before

    def paragraph(self, text: str) -> None:
        """Take a text over the whole width."""
        said, wanted = "", squeezed(text)
        while said != wanted:
            said += self.line()
            if not wanted.startswith(said):
                raise LeftoverError(f"{said!r} stands where {wanted!r} is to")

    def table(
        self, heads: Sequence[str], widths: Sequence[float], rows: Sequence[Sequence[str]]
    ) -> None:
        """Take a table: each row in a band of its own, each cell in its column, the heads again on
        each page."""
        if not self._left:
            self._turn()
        self._row(heads, widths)
        for row in rows:
            if not self._left:
                self._turn()
                self._row(heads, widths)
            self._row(row, widths)

    def _row(self, cells: Sequence[str], widths: Sequence[float]) -> None:
        taken: list[Word] = []
        for text, edges in zip(cells, self._edges(widths), strict=True):
            taken += self._cell(squeezed(text), edges)
        band = max(each.bottom for each in taken) - OVER_PT
        over = [each.text for each in self._left if each.top < band and each not in taken]
        if over:
            raise LeftoverError(f"{over} stands in the row {list(cells)}")
        self._floor = band

    def _cell(self, text: str, edges: tuple[float, float]) -> list[Word]:
        """Return the words in a column that make up a text; its last line ends where it ends."""
        start, end = edges
        own = [each for each in self._left if start <= (each.left + each.right) / 2 < end]
        own.sort(key=lambda each: (round(each.top), each.left))
        taken: list[Word] = []
        said = ""
        while said != text:
            if not own or not text.startswith(said + squeezed(own[0].text)):
                found = own[0].text if own else "nothing"
                raise LeftoverError(f"after {said!r} stands {found!r}, not the rest of {text!r}")
            taken.append(own.pop(0))
            said += squeezed(taken[-1].text)
        if any(each.left < start - OVER_PT or each.right > end + OVER_PT for each in taken):
            raise LeftoverError(f"{text!r} reaches beyond its column")
        return taken

    def _turn(self) -> None:
        self._page += 1
        self._floor = 0.0
        if self._page == len(self._pages):
            raise LeftoverError("the paper ends before what is looked for")

    def end(self) -> None:
        """Fail if anything is left over."""
        left = [each.text for each in self._left]
        left += [each.text for page in self._pages[self._page + 1 :] for each in page]
        if left:
            raise LeftoverError(f"nobody looked for {left[:20]}")
