"""`closeout simulate` as somebody types it who sizes a roster."""

from pathlib import Path

import builders as b
import pytest
from stage import Stage

EXAMPLE = Path(__file__).parents[2] / "docs/howto/xinghe-2026.toml"


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A command line that needs no ledger for this."""
    monkeypatch.setenv("COLUMNS", "140")
    return Stage()


def test_a_year_is_told_month_by_month_and_holder_by_holder(stage: Stage) -> None:
    shown = stage.run("simulate", str(EXAMPLE), "--issues", "6").stdout
    told = stage.json("simulate", str(EXAMPLE), "--issues", "6")

    assert "Deadlines passed" in shown
    assert "Most waiting" in shown
    assert told["hash"] in shown
    assert [each["month"] for each in told["totals"]["months"]] == list(range(1, 13))
    assert sum(each["reported"] for each in told["totals"]["months"]) >= 6
    assert {each["kind"] for each in told["totals"]["holders"]} >= {"post", "unit"}
    assert told["scenario"]["issues"] == 6


def test_what_is_written_is_decided_again(stage: Stage, tmp_path: Path) -> None:
    words = ("simulate", str(EXAMPLE), "--issues", "3", "--seed", "5", "--roster", "0.5")

    told = stage.json(*words, "--out", str(tmp_path / "year"), "--check", "--figures")

    (zone,) = told["zones"]
    assert told["checked"]["decisions"] == told["checked"]["identical"] > 0
    assert zone["files"] == ["xinghe-00001.jsonl.gz"]
    assert (tmp_path / "year" / "xinghe-00001.jsonl.gz").stat().st_size > 0
    assert zone["figures"]["standing"]["all"]["counts"]["reported"] >= 3
    assert told["scenario"]["roster_factor"] == 0.5
    again = stage.run(*words, "--out", str(tmp_path / "year"))
    assert again.exit_code == 3
    assert "a ledger in it already" in again.stderr


def test_a_check_needs_something_that_was_written(stage: Stage) -> None:
    refused = stage.run("simulate", str(EXAMPLE), "--check")

    assert refused.exit_code == 2
    assert "--out" in refused.output


def test_a_wrong_scenario_ends_with_3_and_says_where(stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text('zone = "xinghe"\nyear = 2026\nissues = 0\n')

    refused = stage.run("simulate", str(path))

    assert refused.exit_code == 3
    assert "wrong.toml: issues = '0'" in refused.stderr


def test_a_folder_that_cannot_be_written_to_is_named(stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")

    refused = stage.run("simulate", str(EXAMPLE), "--issues", "1", "--out", str(file))

    assert refused.exit_code == 1
    assert str(file) in refused.stderr.replace("\n", "")


def test_a_zone_that_nobody_knows_has_no_times_and_a_new_one_has_none_yet(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@localhost/nothing")

    refused = stage.run("simulate", str(EXAMPLE), "--issues", "1", "--like", "nowhere")

    assert refused.exit_code == 3
    assert "nowhere" in refused.stderr
    alike = stage.json("simulate", str(EXAMPLE), "--issues", "1", "--like", b.ZONE)
    assert [each["step"] for each in alike["scenario"]["handling"]] == ["intake", "work"]
