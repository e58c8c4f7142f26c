"""Rows of one table that tell the like."""

import random
from itertools import pairwise

import pytest

from desk.intake.alike import COMPARED_MAX, LIKE_IN_FILE_PERCENT, LOOKED_BACK_ROWS, RowsAbove
from desk.likeness import text_percent
from domain.likeness import plain

SIGNS = [chr(0x4E00 + number) for number in range(500)]
WEIGHTS = [1 / (number + 3) for number in range(500)]


def told(chance: random.Random, length: int) -> str:
    """Return a text in which some signs are frequent and most are rare, as in any language."""
    return "".join(chance.choices(SIGNS, WEIGHTS, k=length))


@pytest.mark.parametrize(("title", "text"), [(20, 120), (200, 600)])
def test_of_a_long_table_few_rows_are_compared_word_for_word(title: int, text: int) -> None:
    chance, above = random.Random(7), RowsAbove()  # noqa: S311  # data
    rows = [(told(chance, title), told(chance, text)) for _ in range(300)]
    for number, (head, rest) in enumerate(rows):
        assert above.like(number, head, rest) == ()
    assert above.compared <= COMPARED_MAX * len(rows)
    assert above.compared < LOOKED_BACK_ROWS * len(rows) / 10


def test_what_is_like_word_for_word_is_found_among_the_rows_above() -> None:
    chance = random.Random(11)  # noqa: S311  # data
    rows = [(told(chance, 24), told(chance, 200))]
    for _ in range(150):
        head, rest = rows[-1]
        place = chance.randrange(len(rest))
        changed = rest[:place] + told(chance, chance.choice([3, 30])) + rest[place + 10 :]
        fresh = (told(chance, 24), told(chance, 200))
        rows.append(chance.choice([(head, fresh[1]), (fresh[0], changed), fresh, (head, changed)]))
    above, found = RowsAbove(), {}
    for number, (head, rest) in enumerate(rows):
        found[number] = {each.row for each in above.like(number, head, rest)}
    alike = {
        number + 1
        for number, (one, other) in enumerate(pairwise(rows))
        if text_percent(plain(*one), plain(*other)) >= LIKE_IN_FILE_PERCENT
    }
    assert len(alike) > 60
    assert {number for number in alike if not found[number]} == set()


def test_a_title_within_a_longer_text_is_found_and_one_too_far_above_is_not() -> None:
    above = RowsAbove()
    above.like(1, "消防通道被占用", "南门消防通道长期停放车辆")
    (like,) = above.like(2, "巡查记录", "今日巡查发现消防通道被占用,请处理")
    assert like.row == 1
    chance = random.Random(3)  # noqa: S311  # data
    for number in range(3, 3 + LOOKED_BACK_ROWS):
        above.like(number, told(chance, 20), told(chance, 60))
    assert above.like(99, "消防通道被占用", "南门消防通道长期停放车辆") == ()
