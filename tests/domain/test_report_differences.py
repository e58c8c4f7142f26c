"""Two versions of a report: every cell that differs is told, once, and nothing else."""

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.report_differences import compared

NAME = {"zh": "甲", "en": "A"}
CELL = st.one_of(st.none(), st.integers(0, 9), st.sampled_from(["x", "y"]))


def body(rows: list[list[object]], **fields: Any) -> dict[str, Any]:
    columns = [{"head": NAME, "kind": "text"}, {"head": "n", "kind": "count"}]
    table = {"kind": "table", "id": "t", "title": "T", "columns": columns, "rows": rows}
    figures = {"kind": "figures", "title": "F", "lines": [{"title": NAME, "value": 1}]}
    chart = {
        "kind": "chart",
        "title": "C",
        "labels": ["1", "2"],
        "series": [{"name": NAME, "values": [1, 2]}],
    }
    return {"position": 1, "sections": [table, figures, chart]} | fields


def test_a_changed_cell_is_told_with_where_it_stands() -> None:
    (found,) = compared(body([["a", 1]]), body([["a", 2]])).cells

    assert (found.section, found.row, found.column) == ("T", "a", "n")
    assert (found.kind, found.before, found.after) == ("count", 1, 2)


def test_a_line_that_came_or_went_is_told_cell_by_cell() -> None:
    found = compared(body([["a", 1]]), body([["b", 2]])).cells

    assert [(each.row, each.before, each.after) for each in found] == [
        ("b", None, "b"),
        ("b", None, 2),
        ("a", "a", None),
        ("a", 1, None),
    ]


def test_figures_and_charts_are_compared_by_name() -> None:
    other = body([])
    other["sections"][1]["lines"][0]["value"] = 3
    other["sections"][2]["series"][0]["values"][1] = 5

    found = compared(body([]), other).cells

    assert [(each.section, each.before, each.after) for each in found] == [
        ("F", 1, 3),
        ("C", 2, 5),
    ]


def test_up_to_where_it_was_told_is_no_difference_and_other_fields_are() -> None:
    assert compared(body([]), body([], position=9, terms="x")).is_same
    assert compared(body([]), body([], data={"a": 1})).fields == ("data",)


ROWS = st.lists(st.tuples(st.sampled_from("abcd"), CELL).map(list), max_size=6)


@given(ROWS, st.randoms(use_true_random=False))
def test_lines_in_another_order_are_the_same(rows: list[list[object]], chance: Any) -> None:
    other = deepcopy(rows)
    chance.shuffle(other)

    assert compared(body(rows), body(other)).is_same


def test_of_lines_called_alike_only_the_one_that_changed_is_told() -> None:
    (found,) = compared(body([["b", 1], ["b", None]]), body([["b", None], ["b", 2]])).cells

    assert (found.row, found.before, found.after) == ("b", 1, 2)


@given(ROWS, ROWS)
def test_what_is_told_turns_the_one_into_the_other(
    before: list[list[object]], after: list[list[object]]
) -> None:
    there, back = compared(body(before), body(after)), compared(body(after), body(before))
    turned = {(str(e.row), str(e.column), str(e.after), str(e.before)) for e in back.cells}

    assert {(str(e.row), str(e.column), str(e.before), str(e.after)) for e in there.cells} == turned
    assert there.is_same == (sorted(map(str, before)) == sorted(map(str, after)))
