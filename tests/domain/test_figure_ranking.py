"""Units ranked by a ratio: ties share a place, few have none, and of nothing there is no ratio."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidRequestError
from domain.figure_definitions import definition
from domain.figure_ranking import rank, units_in

ON_TIME = definition("on_time")


def unit(id_: str, above: int, below: int, excluded: int = 0, kind: str = "unit") -> dict[str, Any]:
    ratio = {"numerator": above, "denominator": below, "excluded": excluded}
    return {"kind": kind, "id": id_, "ratios": {"on_time": ratio}}


def places(*groups: dict[str, Any], minimum: int = 1, lowest_first: bool = False) -> Any:
    found = rank(groups, ON_TIME, "on_time", minimum=minimum, lowest_first=lowest_first)
    return [(each.place, each.id) for each in found.entries]


def test_equal_ratios_share_a_place_and_the_next_is_as_many_further() -> None:
    groups = (unit("d", 1, 4), unit("b", 2, 4), unit("a", 3, 3), unit("c", 5, 10))

    assert places(*groups) == [(1, "a"), (2, "b"), (2, "c"), (4, "d")]
    lowest = places(*groups, lowest_first=True)
    assert lowest == [(1, "d"), (2, "b"), (2, "c"), (4, "a")]


def test_of_fewer_than_the_minimum_nobody_is_ranked_and_nobody_is_left_unnamed() -> None:
    groups = (unit("none", 0, 0, excluded=2), unit("few", 2, 2), unit("many", 1, 9))

    assert places(*groups, minimum=3) == [(1, "many"), (None, "few"), (None, "none")]


def test_of_nothing_there_is_no_ratio_neither_none_nor_all_of_it() -> None:
    ranking = rank([unit("idle", 0, 0, excluded=2)], ON_TIME, "on_time", minimum=1)

    (idle,) = ranking.entries
    assert (idle.place, idle.is_of_nothing, idle.excluded) == (None, True, 2)
    assert idle.plain == {
        "rank": None,
        "kind": "unit",
        "id": "idle",
        "numerator": 0,
        "denominator": 0,
        "excluded": 2,
    }


@pytest.mark.parametrize(
    ("figure", "ratio", "said"),
    [
        ("on_time", "closed", "no denominator"),
        ("time_held", "working_ms", "no denominator"),
        ("load", "open", "no denominator"),
        ("on_time", "luck", "no such ratio"),
    ],
)
def test_what_has_no_denominator_is_not_ranked(figure: str, ratio: str, said: str) -> None:
    with pytest.raises(InvalidRequestError, match=said):
        rank([], definition(figure), ratio, minimum=1)


def test_a_ranking_without_a_minimum_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="how many at least"):
        rank([], ON_TIME, "on_time", minimum=0)


def test_units_and_posts_are_ranked_and_nobody_else() -> None:
    kinds = ("unit", "post", "reporter", "calendar", "platform", "external")
    told = {"by_holder": [unit(kind, 1, 1, kind=kind) for kind in kinds]}

    assert [each["id"] for each in units_in(told)] == ["unit", "post"]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12), st.integers(1, 5))
def test_a_place_is_one_more_than_how_many_are_better(
    pairs: list[tuple[int, int]], minimum: int
) -> None:
    groups = [unit(f"u{number}", min(pair), max(pair)) for number, pair in enumerate(pairs)]

    found = rank(groups, ON_TIME, "on_time", minimum=minimum)

    able = [Fraction(min(pair), max(pair)) for pair in pairs if max(pair) >= minimum]
    assert len(found.entries) == len(pairs)
    for each in found.entries:
        if each.place is None:
            assert each.denominator < minimum
        else:
            own = Fraction(each.numerator, each.denominator)
            assert each.place == 1 + sum(other > own for other in able)
