"""Rows of one table that tell the like: each is held against those above it."""

from collections import deque
from dataclasses import dataclass
from typing import Final

from desk.intake.told import LikeIssue
from desk.likeness import text_percent
from domain.likeness import Plain, plain

LIKE_IN_FILE_PERCENT: Final = 80
LOOKED_BACK_ROWS: Final = 50
"""How many rows above, of the same enterprise, a row is compared with."""
COMPARED_MAX: Final = 4
"""How many of them are compared word for word: those that share most."""
NAMED_MAX: Final = 3
SHARED_PERCENT: Final = 45
"""Texts that are alike share at least so many of the pairs of characters of the shorter one."""
SKETCH_BITS: Final = 2048


@dataclass(frozen=True, slots=True)
class _Row:
    """A row, and the pairs of characters of its title and of its whole text as bits of a number."""

    number: int
    title: str
    told: Plain
    title_pairs: int
    whole_pairs: int


class RowsAbove:
    """The rows above, of one enterprise. To compare two texts word for word costs up to half a
    millisecond, to hold their sketches against each other less than a hundredth of it."""

    def __init__(self) -> None:
        self._rows: deque[_Row] = deque(maxlen=LOOKED_BACK_ROWS)
        self.compared = 0
        """How many pairs of rows were compared word for word."""

    def like(self, number: int, title: str, text: str) -> tuple[LikeIssue, ...]:
        """Return the rows above that tell the like, the likest first; note this one."""
        told = plain(title, text)
        row = _Row(number, title, told, _sketch(told.title), _sketch(told.whole))
        near = [
            (share, above)
            for above in self._rows
            if (share := _shared_percent(row, above)) >= SHARED_PERCENT
        ]
        near.sort(key=lambda each: (-each[0], -each[1].number))
        del near[COMPARED_MAX:]
        self.compared += len(near)
        self._rows.append(row)
        found = [
            LikeIssue(row=above.number, score=percent, title=above.title)
            for _, above in near
            if (percent := text_percent(told, above.told)) >= LIKE_IN_FILE_PERCENT
        ]
        return tuple(sorted(found, key=lambda each: -each.score)[:NAMED_MAX])


def _sketch(text: str) -> int:
    bits = 0
    for one, other in zip(text, text[1:] or text, strict=False):
        bits |= 1 << ((ord(one) * 31 + ord(other)) % SKETCH_BITS)
    return bits


def _shared_percent(one: _Row, other: _Row) -> int:
    return max(
        _within_percent(one.title_pairs, other.whole_pairs),
        _within_percent(other.title_pairs, one.whole_pairs),
        min(
            _within_percent(one.whole_pairs, other.whole_pairs),
            _within_percent(other.whole_pairs, one.whole_pairs),
        ),
    )


def _within_percent(pairs: int, others: int) -> int:
    return 100 * (pairs & others).bit_count() // max(1, pairs.bit_count())
