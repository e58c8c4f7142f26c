"""A budget that the calendar cannot give within two years is refused before anybody is bound."""

from typing import Any

import builders_zone as b
import pytest

from domain.soundness import problems

BRICK = {"kind": "open_hours", "minutes": 2_635_200}
DUE = {"id": "due", "percent": 100, "effect": "record"}


def found(**changes: Any) -> list[tuple[str, str, str]]:
    terms = b.terms_of(clocks=b.clock_rule("resolution", **changes))
    return [
        (each.key, each.message, each.counter_example)
        for each in problems(terms)
        if "2 years" in each.message or "longest" in each.message
    ]


def test_a_budget_of_twenty_years_names_clock_budget_calendar_and_instant() -> None:
    ((key, message, example),) = found(budgets=[{"duration": BRICK}])

    assert key == "clocks.resolution.budgets.0.duration"
    assert message.startswith("43920h of calendar plain needs more than 2 years")
    assert "clock resolution" in message
    assert example.startswith("a clock that starts at ")


@pytest.mark.parametrize(
    ("rung", "key"),
    [
        ({"id": "late", "after": BRICK}, "clocks.resolution.rungs.1.after"),
        (
            {"id": "again", "every": {"kind": "working_days", "days": 200}, "times": 100},
            "clocks.resolution.rungs.1.every",
        ),
    ],
)
def test_a_time_after_the_deadline_is_held_to_it_as_well(rung: dict[str, Any], key: str) -> None:
    assert [each for each, _, _ in found(rungs=[DUE, rung])] == [key]


@pytest.mark.parametrize("days", [1, 250, 500])
def test_what_ends_within_two_years_is_taken(days: int) -> None:
    assert found(budgets=[{"duration": {"kind": "working_days", "days": days}}]) == []


def test_the_first_day_too_many_is_refused() -> None:
    assert found(budgets=[{"duration": {"kind": "natural_days", "days": 733}}]) != []
    assert found(budgets=[{"duration": {"kind": "natural_days", "days": 730}}]) == []
