"""A handbook is whole or refused: nothing dangles, every grid has an owner at every tier."""

import pytest
from builders import (
    CALENDAR,
    CLOCKS,
    ENTERPRISE,
    HANDBOOK,
    HANDBOOK_DATA,
    MON_9,
    TERMS,
    clock_rule,
    handbook,
    report,
    terms_of,
    when,
)
from pydantic import ValidationError

from domain.clock_rules import Condition
from domain.handbook import Handbook
from domain.organization import post
from domain.terms import Terms

NAME = {"zh": "-", "en": "-"}


def entries(what, id_, **changes):
    """Return the handbook's entries of one kind with one of them changed."""
    return {
        what: [e | changes if e["id"] == id_ else e for e in HANDBOOK_DATA[what]],
    }


def twice(what):
    return {what: [*HANDBOOK_DATA[what], HANDBOOK_DATA[what][0]]}


def without(what, *ids):
    return {what: [e for e in HANDBOOK_DATA[what] if e["id"] not in ids]}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (entries("grids", "east-1", area="north"), "grid east-1: no area 'north'"),
        (entries("enterprises", "mill", grid="north-1"), "enterprise mill: no grid 'north-1'"),
        (
            entries("categories", "road-access", units=["tunnels"]),
            "category road-access: no unit 'tunnels'",
        ),
        (entries("posts", "spare", covers="moon"), "post spare: covers unknown 'moon'"),
        (entries("posts", "spare", unit="tunnels"), "post spare: no unit 'tunnels'"),
        (entries("posts", "spare", tier=4), "post spare: no tier 4"),
        (without("posts", "grid-west-1"), "grid west-1: no post of tier 1 covers it"),
        (without("posts", "head-east"), "grid east-1: no post of tier 2 covers it"),
        (without("posts", "director"), "grid east-1: no post of tier 3 covers it"),
        (
            {"tiers": HANDBOOK_DATA["tiers"][::-1]},
            "tiers: levels must be 1, 2, 3 … in order",
        ),
        ({"tiers": HANDBOOK_DATA["tiers"][1:]}, "tiers: levels must be 1, 2, 3 … in order"),
        (twice("areas"), "areas: 'east' twice"),
        (twice("grids"), "grids: 'east-1' twice"),
        (twice("units"), "units: 'roads' twice"),
        (twice("posts"), "posts: 'grid-east-1' twice"),
        (twice("enterprises"), "enterprises: 'mill' twice"),
        (twice("categories"), "categories: 'road-access' twice"),
        (twice("clocks"), "clocks: 'acceptance' twice"),
        (
            {
                "clocks": clock_rule(
                    "review", rungs=[{"id": "due", "percent": p} for p in (50, 100)]
                )
            },
            "clock review: rung 'due' twice",
        ),
        (
            {"clocks": clock_rule("part", id="part.two")},
            "clock part.two: the dot is kept for the clocks of parts",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_handbook_that_is_not_whole_is_refused_with_what_is_missing(changes, problem):
    with pytest.raises(ValidationError, match="Value error") as refused:
        handbook(**changes)

    assert problem in str(refused.value)


def test_all_problems_are_named_at_once():
    with pytest.raises(ValidationError) as refused:
        handbook(**without("posts", "grid-west-1", "director"))

    assert str(refused.value).count("covers it") == 3


@pytest.mark.parametrize("covers", ["west-1", "west", "harbour"])
def test_a_grid_is_covered_from_its_own_its_area_or_the_zone(covers):
    book = handbook(**entries("posts", "grid-west-1", covers=covers))

    assert book.top_tier == 3


def test_a_condition_that_says_nothing_is_refused():
    with pytest.raises(ValidationError, match="would always hold"):
        Condition()


@pytest.mark.parametrize(
    "said", [{"events": ["x"]}, {"phases": ["intake"]}, {"paused": False}, {"parts": ["asked"]}]
)
def test_a_condition_says_at_least_one_thing(said):
    assert Condition.model_validate(said)


def hours(minutes, **fits):
    return [{"duration": {"kind": "open_hours", "minutes": minutes}} | fits]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"budgets": []}, "budgets"),
        ({"budgets": hours(0)}, "minutes"),
        ({"budgets": hours(-60)}, "minutes"),
        ({"budgets": hours(60, priority="soon")}, "priority"),
        ({"budgets": hours(60) * 33}, "budgets"),
        ({"budgets": [{"duration": {"kind": "fortnights", "days": 1}}]}, "duration"),
        ({"budgets": [{"duration": {"kind": "working_days", "days": 0}}]}, "days"),
        ({"budgets": [{"duration": {"kind": "working_days", "days": 1001}}]}, "days"),
        ({"budgets": [{"duration": {"kind": "natural_days", "days": 1, "hours": 2}}]}, "hours"),
        ({"rungs": []}, "rungs"),
        ({"rungs": [{"id": "x", "percent": 0}]}, "percent"),
        ({"rungs": [{"id": "x", "percent": 101}]}, "percent"),
        ({"rungs": [{"id": "x", "percent": 50, "effect": "close"}]}, "effect"),
        ({"start": []}, "start"),
        ({"stop": []}, "stop"),
        ({"scope": "unit"}, "scope"),
        ({"pause": [{}]}, "pause"),
        ({"id": "a clock"}, "id"),
        ({"colour": "red"}, "colour"),
    ],
    ids=str,
)
def test_a_clock_out_of_bounds_is_refused(changes, field):
    with pytest.raises(ValidationError) as refused:
        handbook(clocks=clock_rule("acceptance", **changes))

    assert field in refused.value.errors()[0]["loc"]


@pytest.mark.parametrize(
    "changes",
    [
        {"revision": 0},
        {"tiers": []},
        {"posts": []},
        {"categories": []},
        {"clocks": []},
        {"sign_off": {"reopen_days": 366}},
        {"sign_off": {"unreachable_attempts_min": 0}},
        {"pauses": {"times_max": -1}},
        {"notices": [{"on": "issue_reported", "to": []}]},
        {"notices": [{"on": "issue_reported", "to": ["mayor"]}]},
        {"motto": "-"},
    ],
    ids=str,
)
def test_a_handbook_out_of_bounds_is_refused(changes):
    with pytest.raises(ValidationError):
        handbook(**changes)


def test_a_handbook_is_named_by_its_content():
    again = Handbook.model_validate_json(HANDBOOK.model_dump_json())

    assert again.hash == HANDBOOK.hash
    assert handbook(revision=2).hash != HANDBOOK.hash


def test_terms_are_named_by_both_handbook_and_calendar():
    other = CALENDAR.model_copy(update={"valid_until": MON_9.date()})

    hashes = {
        TERMS.hash,
        terms_of(revision=2).hash,
        Terms(handbook=HANDBOOK, calendar=other).hash,
    }
    assert len(hashes) == 3
    assert Terms.model_validate_json(TERMS.model_dump_json()).hash == TERMS.hash


def test_rules_are_found_by_their_id():
    assert list(TERMS.rules_by_id) == [rule["id"] for rule in CLOCKS]


def test_an_issue_is_judged_by_the_terms_it_is_given():
    terms = terms_of(revision=7)

    assert when(None, report(), ENTERPRISE, MON_9, terms=terms).issue.terms == terms.hash


WARNINGS = {
    "period": "quarter",
    "grounds": [{"id": "late", "fact": "breach", "points": 1}],
    "cards": [{"id": "yellow", "name": NAME, "points": 3}],
    "appeal": {"kind": "working_days", "days": 3},
    "appeal_to_tier": 3,
}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"emergency": {"from_tier": 2, "stages": [{"id": "rescue", "name": NAME}] * 2}},
            "emergency: stage 'rescue' twice",
        ),
        (
            {"supervision": {"warnings": WARNINGS | {"grounds": WARNINGS["grounds"] * 2}}},
            "grounds: 'late' twice",
        ),
        (
            {"supervision": {"warnings": WARNINGS | {"cards": WARNINGS["cards"] * 2}}},
            "cards: 'yellow' twice",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_stage_a_ground_or_a_card_twice_is_refused(changes, problem):
    with pytest.raises(ValidationError, match=problem):
        handbook(**changes)


@pytest.mark.parametrize(
    ("what", "most"),
    [("grids", 2_000), ("posts", 2_000), ("enterprises", 20_000), ("delegations", 500)],
)
def test_a_zone_larger_than_can_be_proved_is_refused(what, most):
    delegation = {"post": "director", "principal": "a", "deputy": "b"}
    days = {"from_on": "2026-01-01", "to_on": "2026-01-02"}
    one = HANDBOOK_DATA[what][0] if what in HANDBOOK_DATA else delegation | days
    many = [one | {"id": f"x-{number}"} for number in range(most + 1)]

    with pytest.raises(ValidationError, match=f"at most {most} items") as refused:
        handbook(**{what: many})

    assert refused.value.errors()[0]["loc"] == (what,)


def test_a_copy_of_a_handbook_works_out_anew_who_is_where():
    assert post(HANDBOOK, "spare") is not None
    assert HANDBOOK.hash

    fewer = tuple(each for each in HANDBOOK.posts if each.id != "spare")
    copied = HANDBOOK.model_copy(update={"posts": fewer})

    assert post(copied, "spare") is None
    assert copied.hash != HANDBOOK.hash
    assert copied.model_copy() == copied
