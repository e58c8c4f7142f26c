"""What two issues tell is compared without regard to width, case, spaces or how a number is
written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.likeness import (
    BIGRAMS_MAX,
    PLAIN_CHARACTERS_MAX,
    SUGGESTED_FROM,
    Place,
    bigrams,
    normalised,
    plain,
    score,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("三百二十", "320"),
        ("二〇二六年", "2026年"),
        ("十二", "12"),
        ("二十号", "20号"),
        ("一千零五", "1005"),
        ("3万5千元", "35000元"),
        ("两亿三千万", "230000000"),
        ("百货大楼", "百货大楼"),
        ("万达广场三号", "万达广场3号"),
        ("百三", "百3"),
        ("百十", "百10"),
        ("007", "007"),
        ("第一百二十三条", "第123条"),
        ("Ａｂｃ，　１２３！", "abc123"),
        ("Straße №①", "strasseno1"),
        ("", ""),
        ("——！？", ""),
    ],
)
def test_a_text_comes_down_to_letters_and_digits(text, expected):
    assert normalised(text) == expected


def test_one_number_in_three_scripts_is_one_number():
    assert normalised("停电三十二小时") == normalised("停电 32 小时") == normalised("停电３２小时")


@given(st.text(alphabet="零〇一二两三九十百千万亿0579a停 ，", max_size=60))
def test_numerals_in_any_order_come_down_to_something_and_never_to_a_space(text):
    found = normalised(text)

    assert not set(found) & set(" ，")
    assert bool(found) == any(each not in " ，" for each in text)


@given(st.text(max_size=80))
def test_any_text_is_compared_by_letters_and_digits_alone(text):
    assert normalised(text).isalnum() or not normalised(text)


@given(st.text(alphabet="停电水路abc", max_size=500))
def test_pairs_are_those_of_neighbours_each_once_and_no_more_than_the_most(text):
    pairs = bigrams(text)
    every = {text[place : place + 2] for place in range(len(text) - 1)}

    assert list(pairs) == sorted(set(pairs))
    assert len(pairs) <= BIGRAMS_MAX
    assert set(pairs) == (every or ({text} if text else set()))


def test_of_too_many_pairs_those_of_the_beginning_stay():
    text = "".join(chr(0x4E00 + number) for number in range(1000))

    assert set(bigrams(text, 3)) == {text[0:2], text[1:3], text[2:4]}
    assert len(bigrams(text)) == BIGRAMS_MAX


def test_a_plain_text_begins_with_its_title_and_is_cut():
    told = plain("停电 三天", "甲" * 5000)

    assert (told.title, told.whole[:5]) == ("停电3天", "停电3天甲")
    assert len(told.whole) == PLAIN_CHARACTERS_MAX


def test_the_same_text_alone_is_worth_a_suggestion_and_all_but_the_text_is_not():
    alike = score(100, same_enterprise=False, same_category=False, place=Place.ELSEWHERE)
    unlike = score(30, same_enterprise=True, same_category=True, place=Place.SAME_GRID)

    assert (alike, unlike) == (60, 58)
    assert unlike < SUGGESTED_FROM <= alike


def test_the_whole_of_a_score_is_a_hundred():
    assert score(100, same_enterprise=True, same_category=True, place=Place.SAME_GRID) == 100


@given(st.integers(0, 100), st.booleans(), st.booleans(), st.sampled_from(Place))
def test_nothing_that_is_shared_lowers_a_score(percent, enterprise, category, place):
    given_score = score(percent, same_enterprise=enterprise, same_category=category, place=place)
    more = score(
        min(100, percent + 1), same_enterprise=True, same_category=category, place=Place.SAME_GRID
    )

    assert 0 <= given_score <= more <= 100
