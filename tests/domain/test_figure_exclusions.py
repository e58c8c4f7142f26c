"""What is left out of a figure is in no rate, and stays in sight beside it (R8.6)."""

from typing import Any

import builders as b
import builders_exclusions as x
import pytest
from builders import MON_9, NEXT_FRI_9, Step, told

from domain.canonical import canonical
from domain.figure_definitions import DEFINITIONS, definition
from domain.figure_dimensions import Dimension
from domain.figure_story import Story
from domain.figures import Definition, Period, Sums, ranked

FORTNIGHT = Period(MON_9, NEXT_FRI_9)


def digits(of: Definition, *lives: tuple[Step, ...], dimension: Dimension | None = None) -> Any:
    """Return the sums over some issues."""
    sums = Sums(of, dimension=dimension)
    for number, life in enumerate(lives):
        records = told(*life, terms=x.TERMS).records
        story = Story(records, {x.TERMS.hash: x.TERMS})
        sums.add(f"{b.ZONE}/{number}", of.given_by(story, FORTNIGHT))
    return sums.digits()


def test_an_excluded_issue_is_in_neither_part_of_a_ratio_and_is_counted_beside_it() -> None:
    found = digits(definition("on_time"), b.CLOSED_OUT, x.LEFT_OUT)

    ratio = {"numerator": 1, "denominator": 1, "excluded": 1}
    assert found["all"]["ratios"]["on_time"] == ratio
    assert found["all"]["excluded"] == {"closed": 1, "on_time": 1}
    assert found["issues"]["count"] == 2
    (share,) = found["issues"]["first"][1]["shares"]
    assert (share["excluded"], share["counts"]) == (True, {"closed": 1, "on_time": 1})


def test_a_length_that_is_excluded_is_in_no_mean_and_no_percentile() -> None:
    found = digits(definition("time_to_close"), x.LEFT_OUT)

    nothing = {"of": 0, "sum": 0, "p50": None, "p90": None, "p95": None, "excluded": 1}
    assert found["all"]["lengths"] == {"wall_ms": nothing, "working_ms": nothing}


def test_a_first_revision_knows_of_no_exclusion() -> None:
    for each in DEFINITIONS[:5]:
        out = digits(each, x.LEFT_OUT)["all"]
        assert out == digits(each, b.CLOSED_OUT)["all"]
        assert "excluded" not in canonical(out)


def test_asked_refused_or_lifted_the_issue_counts() -> None:
    for more in ((x.ASKED,), (x.ASKED, x.REFUSED), (x.ASKED, x.ACCEPTED, x.COUNTS_AGAIN)):
        found = digits(definition("on_time"), (*b.CLOSED_OUT, *more))
        assert found["all"]["ratios"]["on_time"]["denominator"] == 1
        assert found["all"]["excluded"] == {}


@pytest.mark.parametrize("dimension", Dimension)
def test_the_groups_of_a_dimension_add_up_to_the_whole_where_one_issue_is_in_one(
    dimension: Dimension,
) -> None:
    of = definition("on_time")
    found = digits(of, b.CLOSED_OUT, x.LEFT_OUT, b.CLOSED_OUT, dimension=dimension)

    groups = found["by"]["groups"]
    assert found["by"]["dimension"] == dimension
    for name in found["all"]["counts"]:
        assert sum(each["counts"][name] for each in groups) == found["all"]["counts"][name]
    assert sum(each["excluded"].get("closed", 0) for each in groups) == 1


def test_a_percentile_is_one_of_the_lengths_by_nearest_rank() -> None:
    assert ranked([10, 20, 30, 40]) == {"of": 4, "sum": 100, "p50": 20, "p90": 40, "p95": 40}
    assert ranked([7]) == {"of": 1, "sum": 7, "p50": 7, "p90": 7, "p95": 7}
    hundred = ranked(range(1, 101))
    assert (hundred["p50"], hundred["p90"], hundred["p95"]) == (50, 90, 95)


def test_what_was_closed_before_the_period_and_stayed_so_is_ruled_out_by_columns_alone() -> None:
    records = told(*b.CLOSED_OUT, terms=x.TERMS).records
    reopened = told(*b.CLOSED_OUT, Step(b.ENTERPRISE, b.REOPEN, b.TUE_9), terms=x.TERMS).records
    later = Period(b.THU_9, NEXT_FRI_9)

    for name in ("load", "time_held", "escalations"):
        assert definition(name).concerns(records, FORTNIGHT)
        assert not definition(name).concerns(records, later)
        assert definition(name).concerns(reopened, later)
