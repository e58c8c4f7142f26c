"""A scenario's file: what it may say, and how a wrong one is refused."""

import re
from pathlib import Path

import pytest

from audit.handling_times import HandlingTime, Step
from demo.scenario import Absence, RosterSize, Scenario, ScenarioError, Surge, read_scenario
from demo.scenario_terms import scenario_terms

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs/howto/xinghe-2026.toml"
CITY = ROOT / "benchmarks/city-2026.toml"
PAGE = ROOT / "docs/howto/simulate-a-year.md"
GOOD = 'zone = "xinghe"\nyear = 2026\nissues = 10\n'
SPAN = "from_on = 2026-06-01\nto_on = 2026-06-30\n"

WRONG = {
    "no TOML": (f"{GOOD}seed = =\n", "line 4", "not TOML"),
    "nothing": ("", "zone", "Field required"),
    "an unknown field": (GOOD + "issue = 3\n", "issue", "zone, year, issues, seed"),
    "an unknown field of a table": (
        GOOD + f"[[surges]]\nfactor = 2\ntimes = 3\n{SPAN}",
        "surges.0.times = '3'",
        "from_on, to_on, factor, category",
    ),
    "too many issues": (
        GOOD.replace("10", "10000001"),
        "issues = '10000001'",
        "less than or equal to 10000000",
    ),
    "no issues": (GOOD.replace("10", "0"), "issues = '0'", "greater than or equal to 1"),
    "eleven months": (GOOD + f"months = {[1] * 11}\n", "months", "at least 12"),
    "no month": (GOOD + f"months = {[0] * 12}\n", "months", "in no month"),
    "a year without a calendar": (GOOD.replace("2026", "2050"), "year = '2050'", "to 2026"),
    "no such zone": (GOOD.replace("xinghe", "nowhere"), "zone = 'nowhere'", "cedz"),
    "a surge that ends first": (
        GOOD + "[[surges]]\nfactor = 2\nfrom_on = 2026-06-30\nto_on = 2026-06-01\n",
        "surges.0",
        "it ends on 2026-06-01, before it begins on 2026-06-30",
    ),
    "a surge of another year": (
        GOOD + "[[surges]]\nfactor = 2\nfrom_on = 2025-06-01\nto_on = 2025-06-30\n",
        "surges.0 = '2025-06-01 to 2025-06-30'",
        "2026-01-01 to 2026-12-31",
    ),
    "a surge of nothing known": (
        GOOD + f'[[surges]]\nfactor = 2\ncategory = "FUN"\n{SPAN}',
        "surges.0.category = 'FUN'",
        "FIN",
    ),
    "an endless surge": (
        GOOD + f"[[surges]]\nfactor = inf\n{SPAN}",
        "surges.0.factor",
        "finite number",
    ),
    "seasons of nothing known": (
        GOOD + f"[seasons]\nFUN = {[1] * 12}\n",
        "seasons.FUN = 'FUN'",
        "FIN",
    ),
    "a roster of nobody": (GOOD + "[[rosters]]\nacts_a_day = 2\n", "rosters.0", "name one of"),
    "a roster of two": (
        GOOD + '[[rosters]]\nacts_a_day = 2\ntier = 1\nunit = "finance-office"\n',
        "rosters.0",
        "name one of the three",
    ),
    "a roster of an unknown post": (
        GOOD + '[[rosters]]\nacts_a_day = 2\npost = "nobody"\n',
        "rosters.0.post = 'nobody'",
        "xinghe-director",
    ),
    "a roster of an unknown unit": (
        GOOD + '[[rosters]]\nacts_a_day = 2\nunit = "no-office"\n',
        "rosters.0.unit = 'no-office'",
        "finance-office",
    ),
    "a roster of an unknown tier": (
        GOOD + "[[rosters]]\nacts_a_day = 2\ntier = 5\n",
        "rosters.0.tier = '5'",
        "1, 2, 3",
    ),
    "an absence of nobody": (
        GOOD + f'[[absences]]\npost = "nobody"\n{SPAN}',
        "absences.0.post = 'nobody'",
        "xinghe-director",
    ),
    "a negative roster": (
        GOOD + "acts_a_day = -1\n",
        "acts_a_day = '-1'",
        "greater than or equal to 0",
    ),
    "falling quantiles": (
        GOOD + '[[handling]]\nstep = "work"\nhours = [2, 1]\n',
        "handling.0",
        "quantiles rise",
    ),
    "one quantile": (GOOD + '[[handling]]\nstep = "work"\nhours = [2]\n', "hours", "at least 2"),
    "an unknown step": (
        GOOD + '[[handling]]\nstep = "lunch"\nhours = [1, 2]\n',
        "handling.0.step = 'lunch'",
        "'intake', 'work'",
    ),
}


@pytest.mark.parametrize(("text", "where", "allowed"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_scenario_is_refused_saying_what_where_and_what_is_allowed(
    text: str, where: str, allowed: str, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)

    with pytest.raises(ScenarioError) as refused:
        scenario_terms(read_scenario(path), path.name)

    said = str(refused.value)
    assert where in said
    assert allowed in said
    assert "wrong.toml" in said or "no handbook on the shelf" in said


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(GOOD + "seed = -1\nzones = 0\n")

    with pytest.raises(ScenarioError) as refused:
        read_scenario(path)

    assert [each.field for each in refused.value.faults] == ["seed", "zones"]


def test_what_is_asked_for_beside_the_file_is_within_the_same_bounds(tmp_path: Path) -> None:
    path = tmp_path / "good.toml"
    path.write_text(GOOD)

    assert read_scenario(path, {"issues": 3, "seed": 4}).issues == 3
    with pytest.raises(ScenarioError, match="issues"):
        read_scenario(path, {"issues": 0})


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be read"):
        read_scenario(tmp_path / "nothing.toml")


def test_the_hash_of_a_scenario_is_of_all_that_it_says() -> None:
    one = Scenario(zone="xinghe", year=2026, issues=10)

    assert one.hash == Scenario.model_validate(one.model_dump()).hash
    assert one.hash != one.model_copy(update={"roster_factor": 0.5}).hash


def test_what_was_measured_is_for_what_the_scenario_says_nothing_of() -> None:
    slow = HandlingTime(step=Step.WORK, hours=(30, 40))
    intake, work = (
        HandlingTime(step=step, category=category, hours=(1, 2))
        for step, category in ((Step.INTAKE, None), (Step.WORK, "FIN"))
    )
    scenario = Scenario(zone="xinghe", year=2026, issues=10, handling=(slow,))

    assert scenario.with_handling((intake, work)).handling == (slow, intake)


def test_the_issues_of_several_zones_are_as_many_as_were_asked_for() -> None:
    scenario = Scenario(zone="xinghe", year=2026, issues=10, zones=4)

    assert [scenario.share(place) for place in range(4)] == [3, 3, 2, 2]


def test_the_city_of_the_benchmark_fits_the_handbook() -> None:
    scenario = read_scenario(CITY)

    assert scenario_terms(scenario, CITY.name).handbook.zone == "xinghe"
    assert scenario.issues == 1_000_000


def test_the_example_of_the_how_to_fits_the_handbook() -> None:
    scenario = read_scenario(EXAMPLE)

    assert scenario_terms(scenario, EXAMPLE.name).handbook.zone == "xinghe"
    assert scenario.surges
    assert scenario.rosters
    assert scenario.absences
    assert scenario.handling


def test_the_how_to_tells_of_every_field() -> None:
    text = PAGE.read_text(encoding="utf-8")
    models = (Scenario, Surge, RosterSize, Absence, HandlingTime)
    fields = {name for model in models for name in model.model_fields}

    assert fields - set(re.findall(r"`\[*(\w+)\]*`", text)) == set()
