"""The proof of a whole handbook: what it finds without chance, and what it does at its bounds."""

import sys
from datetime import date, datetime
from typing import Any

import builders as b
import builders_ladder as bl
import pytest
from deep import IN_CHECK

from domain import proof_of_deadlines, proof_of_routes
from domain.clock_rules import RungEffect, RungRule
from domain.facts_possible import Facts
from domain.handbook import Handbook
from domain.phases import Phase
from domain.problem import Problem
from domain.proof import proof_problems, proved
from domain.proof_of_approvals import approval_problems
from domain.proof_of_budgets import fit_problems
from domain.proof_of_deadlines import Tread, climbed, deadline_problems, searched
from domain.proof_of_people import owner_problems
from domain.proof_of_routes import route_problems
from domain.proof_space import stages_of, world_of
from domain.proof_times import instants_of, period_of
from domain.staffing import TIER_MAX
from domain.terms import Terms
from handbooks.shelf import read_terms

EVER = {"events": ["issue_reopened"]}
SUNDAY = date(2026, 3, 1)


def changed(handbook: Handbook, clocks: dict[str, dict[str, Any]], **more: Any) -> Handbook:
    """Return a handbook with fields of some clocks replaced, and whole entries by `more`."""
    data = handbook.model_dump(mode="json")
    data["clocks"] = [rule | clocks.get(rule["id"], {}) for rule in data["clocks"]]
    return Handbook.model_validate(data | more)


@pytest.fixture(scope="module")
def bishan() -> Handbook:
    return read_terms("bishan").handbook


@pytest.fixture(scope="module")
def xinghe() -> Terms:
    return read_terms("xinghe")


@pytest.mark.parametrize(
    ("id_", "changes", "way"),
    [
        ("review", {"pause": [{"paused": True}]}, "issue_paused"),
        ("verification", {"reset": []}, "issue_withdrawn"),
    ],
)
def test_what_lives_by_chance_once_found_is_found_without_chance(
    bishan: Handbook, id_: str, changes: dict[str, Any], way: str
) -> None:
    (first, *_) = deadline_problems(changed(bishan, {id_: changes}))

    assert (first.key, first.rule) == ("clocks.review", "I8")
    assert way in first.counter_example


def test_a_way_names_every_tier_that_it_passes(bishan: Handbook) -> None:
    """The search lets one tier stand for those like it; whoever reads a way wants them all."""
    top = [{"events": ["issue_escalated"], "tiers": [bishan.top_tier]}, {"phases": ["closed"]}]
    start = [{"events": ["issue_reported"]}]

    problems = list(
        deadline_problems(
            changed(bishan, {"acceptance": {"start": start, "stop": top, "reset": []}})
        )
    )

    assert problems
    assert all("tier 0" not in problem.counter_example for problem in problems)
    assert f"tier {bishan.top_tier}" in problems[0].counter_example


def test_a_tier_that_stands_for_others_is_counted_up_and_down(bishan: Handbook) -> None:
    facts = Facts(phase=Phase.HANDLING)
    steps = [("issue_reported", 1), ("issue_escalated", 2), ("issue_escalated", 2)]
    steps += [("note_added", 2), ("issue_deescalated", 2), ("issue_deescalated", 1)]
    path = [Tread(event, facts._replace(tier=tier)) for event, tier in steps]

    told = climbed([*path, Tread("note_added", facts)], world_of(bishan))

    assert [tread.facts.tier for tread in told] == [1, 2, 3, 3, 2, 1, None]


def test_a_search_that_meets_its_bound_is_a_problem(
    bishan: Handbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof_of_deadlines, "STATES_MAX", 20)
    unseen = changed(bishan, {"plan": {"start": [{"events": ["plan_made"]}]}}, parking=None)

    problems = list(deadline_problems(unseen))

    assert not searched(unseen).whole
    assert problems[-1].message.startswith("not proved")
    assert problems[-1].rule == "I8"


def test_a_routing_table_beyond_the_bound_is_a_problem(
    xinghe: Terms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof_of_routes, "CLASSES_MAX", 10)

    (problem,) = route_problems(xinghe.handbook).problems

    assert problem.message.startswith("not proved")


def test_more_lists_than_can_be_told_apart_are_not_tried(xinghe: Terms) -> None:
    lists = [{"id": f"list-{n}", "name": {"zh": "单", "en": "L"}, "members": []} for n in range(40)]
    rows = [
        {"id": each["id"], "lists": [each["id"]], "to": "owner", "source": "-"} for each in lists
    ]
    many = changed(xinghe.handbook, {}, lists=lists, routing=rows, campaigns=[], registers=[])

    (problem,) = route_problems(many).problems

    assert problem.message.startswith("not proved")


@IN_CHECK
def test_a_level_that_is_come_back_to_may_have_run_out(xinghe: Terms) -> None:
    """A level's clock may be left to run on beside (R5.6) and end: whoever comes back finds it so,
    and nothing else counts. To a level that is new the issue comes with a fresh clock."""
    moved = ["issue_accepted", "issue_reopened", "issue_escalated", "issue_deescalated"]
    start = [{"events": moved, "phases": ["handling"]}]
    level = {"scope": "level", "start": start, "reset": []}
    book = changed(xinghe.handbook, {"handling": level, "sign_for": {"start": [EVER], "reset": []}})

    (problem,) = deadline_problems(book)

    assert list(fit_problems(Terms(handbook=book, calendar=xinghe.calendar))) == []
    assert "issue_escalated (handling, tier 2" in problem.counter_example
    assert "issue_deescalated (handling, tier 1" in problem.counter_example


def test_of_a_clock_only_the_rungs_that_cause_something_and_the_last_are_stages() -> None:
    (rule,) = [rule for rule in b.HANDBOOK.clocks if rule.id == "handling"]
    late = RungRule.model_validate(
        {"id": "late", "every": {"kind": "open_hours", "minutes": 5}, "times": 3}
    )
    before = RungRule.model_validate(
        {"id": "soon", "before": {"kind": "wall", "minutes": 5}, "effect": "review"}
    )

    stages = stages_of(rule.model_copy(update={"rungs": (late, *rule.rungs, before)}))

    assert stages == (
        ("soon", RungEffect.REVIEW, False),
        ("due", RungEffect.ESCALATE, False),
        ("late", RungEffect.REMIND, True),
    )


def test_tiers_that_nobody_tells_apart_count_as_one(bishan: Handbook) -> None:
    """The first and the last are apart: from one nothing is lowered, from the other none raised."""
    top = bishan.top_tier

    assert 3 < top <= TIER_MAX  # else there is nothing to count as one
    assert world_of(bishan).runs == ((1, 1), (2, top - 2), (top, 1))


def test_instants_lie_in_every_stretch_of_a_roster() -> None:
    """A shift from Saturday evening to Sunday morning, in one week of March only."""
    shift = {
        "people": ["roads-desk.a"],
        "weekdays": [6],
        "from_on": "2026-03-07",
        "to_on": "2026-03-07",
        "begins": "20:00",
        "ends": "06:00",
    }
    roster = {"id": "night", "name": {"zh": "班", "en": "Night"}, "shifts": [shift]}
    posts = [
        post | ({"roster": "night"} if post["id"] == "roads-desk" else {})
        for post in b.HANDBOOK_DATA["posts"]
    ]
    handbook = b.handbook(rosters=[roster], posts=posts)
    held = [post for post in handbook.posts if post.id == "roads-desk"]

    instants = instants_of(handbook, held, (SUNDAY, date(2026, 4, 30)))

    assert datetime(2026, 3, 7, 20) in instants  # noqa: DTZ001  # the zone's own time
    assert datetime(2026, 3, 8, 0) in instants  # noqa: DTZ001
    assert datetime(2026, 3, 8, 6) in instants  # noqa: DTZ001
    assert instants[0].date() == SUNDAY


def test_a_handbook_is_judged_for_the_last_published_year_and_one_more() -> None:
    assert period_of(b.CALENDAR) == (date(2030, 1, 1), date(2032, 1, 1))


def test_a_zone_without_the_rules_of_the_ladder_is_told_what_it_lacks() -> None:
    """The small zone of the tests keeps no promise, bounds no ladder and lets one person decide."""
    found = {(problem.key, problem.rule) for problem in proof_problems(b.TERMS)}

    assert ("clocks", "R5.4") in found
    assert ("ladder.raised_times_max", "R5.5") in found
    assert ("ladder.lowered_times_max", "R5.5") in found


def test_the_clock_of_a_part_is_no_review_and_no_ruling() -> None:
    def found(**rules: Any) -> list[Problem]:
        terms = bl.ladder_terms(**rules)
        wanted = ("parking.review", "dispatch.ruling")
        return [each for each in proof_problems(terms) if each.key in wanted]

    dispatch = bl.LADDER_DATA["dispatch"] | {"ruling": "part"}
    parking = bl.LADDER_DATA["parking"] | {"review": "part"}

    assert {each.key for each in found()} == set()
    assert {each.key for each in found(dispatch=dispatch)} == {"dispatch.ruling"}
    assert {each.key for each in found(parking=parking)} == {"parking.review"}


@IN_CHECK
def test_a_proof_says_how_much_was_searched(xinghe: Terms) -> None:
    proof = proved(xinghe)

    assert proof.problems == ()
    assert proof.states > proof.moments > 0
    assert proof.entries > len(xinghe.handbook.enterprises) * xinghe.handbook.top_tier
    assert proof.kinds > len(xinghe.handbook.routing)


def spread(xinghe: Terms, number: int) -> Terms:
    """Return the zone with as many more grids, each with posts, an enterprise and a delegation."""
    data = xinghe.handbook.model_dump(mode="json")
    grid, post, firm = data["grids"][0], data["posts"][0], data["enterprises"][0]
    firm = {key: firm[key] for key in ("id", "name", "grid")}
    unit = data["units"][0] | {"id": "spread"}
    data["units"].append(unit)
    for place in range(number):
        where = f"g-{place}"
        own = {"name": post["name"], "covers": where, "tier": 1, "unit": "spread"}
        data["grids"].append(grid | {"id": where})
        data["posts"].append(own | {"id": f"p-{place}", "people": [f"a-{place}", f"b-{place}"]})
        data["enterprises"].append(firm | {"id": f"e-{place}", "grid": where})
        absent = {"principal": f"a-{place}", "deputy": f"b-{place}", "post": f"p-{place}"}
        days = {"from_on": "2026-05-04", "to_on": "2026-05-08"}
        data["delegations"].append(absent | days | {"id": f"d-{place}"})
    return with_handbook(xinghe, Handbook.model_validate(data))


def with_handbook(terms: Terms, handbook: Handbook) -> Terms:
    return Terms(handbook=handbook, calendar=terms.calendar, calendars=terms.calendars)


def test_the_work_of_a_proof_grows_with_the_zone_and_no_faster(xinghe: Terms) -> None:
    """Who may answer is asked for each grid; it is not asked of every post for each grid."""
    work = [worked(spread(xinghe, number)) for number in (20, 40, 80)]

    assert work[2] - work[1] < 3 * (work[1] - work[0])


def worked(terms: Terms) -> int:
    """Return how many calls it takes to look for whoever may answer and for owners."""
    period, count = period_of(terms.calendar), 0

    def called(_: object, what: str, __: object) -> None:
        nonlocal count
        count += what == "call"

    sys.setprofile(called)
    try:
        assert list(approval_problems(terms.handbook, period)) == []
        assert owner_problems(terms.handbook, period).problems == ()
    finally:
        sys.setprofile(None)
    return count
