"""A draw can be drawn again by anyone, and chooses nobody before another."""

import hashlib
import json
from collections import Counter
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.drawing import CloseOut, draw, drawn_count, lot, population_hash
from domain.procedures import CallbackRule

CLOSE_OUTS = st.lists(
    st.builds(CloseOut, st.from_regex(r"z/[a-z0-9]{1,6}", fullmatch=True), st.integers(1, 99)),
    max_size=30,
)
SEEDS = st.from_regex(r"[a-z0-9]{1,12}", fullmatch=True)
TWENTY = [CloseOut(f"z/issue-{number}", 8) for number in range(20)]


@given(CLOSE_OUTS, SEEDS, st.integers(0, 30), st.randoms(use_true_random=False))
def test_a_draw_hangs_on_its_seed_and_its_population_alone_not_on_their_order(
    population, seed, count, chance
):
    shuffled = [*population, *population]
    chance.shuffle(shuffled)

    assert draw(shuffled, seed, count) == draw(population, seed, count)


@given(CLOSE_OUTS, SEEDS, st.integers(0, 30))
def test_the_lowest_lots_are_drawn_and_no_other(population, seed, count):
    drawing = draw(population, seed, count)
    hash_ = population_hash(population)
    numbers = {each: lot(seed, hash_, each).number for each in population}
    chosen = [each.close_out for each in drawing.drawn]

    assert drawing.population == len(numbers)
    assert len(chosen) == min(count, len(numbers))
    assert [each.number for each in drawing.drawn] == sorted(numbers.values())[:count]
    assert all(numbers[each.close_out] == each.number for each in drawing.drawn)


def test_a_draw_can_be_made_again_with_nothing_but_json_and_sha_256():
    listed = sorted([f"z/issue-{number}", 8] for number in range(20))
    population = in_hex({"population": listed})
    numbers = sorted(
        (
            in_hex({"population": population, "seed": "2026-11", "stream": stream, "version": 8}),
            stream,
        )
        for stream, _ in listed
    )

    drawing = draw(TWENTY, "2026-11", 2)

    assert drawing.population_hash == population
    assert population.startswith("a42193d67d54")
    assert [(each.number, each.close_out.stream) for each in drawing.drawn] == numbers[:2]


def in_hex(value):
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def test_an_issue_that_was_closed_twice_has_two_lots_and_is_called_once():
    twice = [CloseOut("z/a", 8), CloseOut("z/a", 15)]
    drawing = draw(twice, "s", 2)

    assert drawing.population == 2
    assert drawing.issues == {"z/a": drawing.drawn[0].number}
    assert drawing.drawn[0].number < drawing.drawn[1].number


def test_another_seed_or_another_population_gives_other_lots():
    numbers = {
        lot(seed, population_hash(population), TWENTY[0]).number
        for seed in ("a", "b")
        for population in (TWENTY, TWENTY[:19])
    }

    assert len(numbers) == 4


def test_every_close_out_has_the_same_chance():
    """400 draws of 5 of 20: each is expected 100 times, give or take 5 standard deviations of
    8.7."""
    seen = Counter(
        each.close_out for seed in range(400) for each in draw(TWENTY, f"seed-{seed}", 5).drawn
    )

    assert sum(seen.values()) == 2000
    assert set(seen) == set(TWENTY)
    assert all(56 <= count <= 144 for count in seen.values())


@given(st.integers(0, 10_000), st.integers(1, 100), st.integers(1, 1000))
def test_the_share_is_rounded_up_and_bounded_by_least_and_all(population, percent, least):
    count = drawn_count(CallbackRule(percent=percent, at_least=least), population)
    share = Fraction(percent * population, 100)

    assert count <= population
    assert count >= min(population, share)
    assert count >= min(population, least)
    assert count < max(share + 1, least + 1)


@pytest.mark.parametrize(
    ("percent", "least", "population", "expected"),
    [(10, 1, 0, 0), (10, 1, 5, 1), (10, 1, 11, 2), (10, 1, 20, 2), (1, 30, 12, 12), (100, 1, 7, 7)],
)
def test_how_many_are_drawn(percent, least, population, expected):
    assert drawn_count(CallbackRule(percent=percent, at_least=least), population) == expected


def test_a_larger_draw_keeps_what_a_smaller_one_drew():
    drawings = [draw(TWENTY, "s", count).drawn for count in range(21)]

    assert all(larger[: len(smaller)] == smaller for smaller, larger in pairwise(drawings))
