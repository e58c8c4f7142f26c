"""`closeout handbook check`: every broken rule at once, with file, key, rule and an example."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from deep import IN_CHECK
from typer.testing import Result
from typing_of_lines import type_line

import cli
from handbooks.shelf import SHIPPED

BAD = """
[clocks.handling]
pause = [{ phases = ["handling", "parked", "sign_off"] }]

[clocks.redo]
rungs = [{ id = "half", percent = 50 }]
"""


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A shelf with a sound zone and one with two bad clocks."""
    for zone in ("bishan", "cedz"):
        shutil.copytree(SHIPPED / zone, tmp_path / zone)
    (tmp_path / "cedz" / "rules.toml").write_text(BAD, encoding="utf-8")
    return tmp_path


def typed(*words: str) -> Result:
    return type_line(cli.make_application(), ["handbook", "check", *words])


def told(*words: str) -> tuple[int, Any]:
    result = typed(*words, "--json")
    return result.exit_code, json.loads(result.stdout)


@IN_CHECK
def test_the_handbooks_in_force_are_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLOSEOUT_HANDBOOK_DIR", raising=False)

    code, answer = told("--all")

    assert (code, answer["sound"], answer["problems"]) == (0, True, [])
    assert len(answer["handbooks"]) == 12
    assert all("handling" in each["clocks"] for each in answer["handbooks"])


def test_what_was_proved_is_said_with_how_much_was_searched(
    shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")

    _, answer = told("bishan", "--folder", str(shelf))
    shown = typed("bishan", "--folder", str(shelf)).stdout

    (about,) = answer["handbooks"]
    proof = about["proved"]
    assert set(proof) == {
        *("states", "moments", "entries", "kinds", "first_on", "last_on", "seconds"),
    }
    assert min(proof["states"], proof["moments"], proof["entries"]) > 0
    assert f"{proof['states']} states of all clocks together" in shown
    assert f"{proof['entries']} entries into the ladder from {proof['first_on']}" in shown


def test_a_handbook_whose_sum_is_unsound_is_refused_with_a_path(shelf: Path) -> None:
    """Every clock is sound by itself; together they leave an issue without a deadline."""
    (shelf / "cedz" / "rules.toml").write_text("[clocks.verification]\nreset = []\n", "utf-8")

    code, answer = told("cedz", "--folder", str(shelf))

    (problem,) = answer["problems"]
    assert (code, problem["key"], problem["rule"]) == (3, "clocks.review", "I8")
    assert problem["counter_example"].startswith("issue_reported (intake, tier 1")
    assert problem["counter_example"].count(" → ") >= 5


def test_every_problem_of_every_zone_is_said_and_the_code_is_3(shelf: Path) -> None:
    code, answer = told("--folder", str(shelf))

    assert (code, answer["sound"]) == (3, False)
    assert [each["zone"] for each in answer["handbooks"]] == ["bishan"]
    assert {
        (each["zone"], each["file"], each["key"], each["rule"]) for each in answer["problems"]
    } == {
        ("cedz", "cedz/rules.toml", "clocks.handling.pause.0", "R1.5"),
        ("cedz", "cedz/rules.toml", "clocks.redo.rungs", "R4.1"),
    }
    assert all(each["counter_example"] for each in answer["problems"])


def test_one_zone_can_be_asked_for(shelf: Path) -> None:
    code, answer = told("bishan", "--folder", str(shelf))

    assert (code, answer["problems"]) == (0, [])
    assert [each["zone"] for each in answer["handbooks"]] == ["bishan"]


def test_people_read_the_life_that_shows_it(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")

    result = typed("--folder", str(shelf))

    assert result.exit_code == 3
    assert "✓ bishan" in result.stdout
    assert "✗ cedz" in result.stdout
    assert "clocks.handling.pause.0  cedz/rules.toml" in result.stdout
    assert "a pause with no possible resume" in result.stdout
    assert "for example: issue_reported (intake) → issue_accepted (handling)" in result.stdout


def test_a_zone_that_is_not_there_is_told_which_are(shelf: Path) -> None:
    code, answer = told("atlantis", "--folder", str(shelf))

    (problem,) = answer["problems"]
    assert (code, problem["value"], problem["allowed"]) == (3, "atlantis", ["bishan", "cedz"])


def test_a_zone_and_all_at_once_is_wrong_usage(shelf: Path) -> None:
    assert typed("bishan", "--all", "--folder", str(shelf)).exit_code == 2


def test_a_folder_without_a_zone_is_wrong_usage(tmp_path: Path) -> None:
    assert typed("--folder", str(tmp_path)).exit_code == 2
    assert typed("--folder", str(tmp_path / "nowhere")).exit_code == 2


def test_a_zone_with_a_bad_clock_is_not_put_in_force(
    shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever reads the handbook refuses it with the same words and the same code."""
    monkeypatch.setenv("CLOSEOUT_HANDBOOK_DIR", str(shelf))

    result = type_line(cli.make_application(), ["zones", "cedz", "--json"])

    assert result.exit_code == 3
    message = json.loads(result.stdout)["error"]["message"]
    assert "clocks.handling.pause.0" in message
    assert "clocks.redo.rungs" in message
