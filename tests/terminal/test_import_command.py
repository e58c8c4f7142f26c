"""`closeout import xes`: both counts side by side, and an exit code that says if they differ."""

import json
from pathlib import Path

import pytest
from typer.testing import Result
from typing_of_lines import type_line

import cli

MAP = """
[group]
attribute = "team"
[tier]
levels = [{ tier = 2, pattern = "2nd" }]
[status]
attribute = "state"
accepted = ["taken"]
closed = ["closed"]
waiting = ["never"]
"""
COUNTED = {
    "cases": 1,
    "events": 3,
    "tier_reached": {"2": 1},
    "steps_up": 1,
    "steps_down": 0,
    "handovers": 1,
    "ping_pong_cases": 0,
    "last_status": {"closed": 1},
}


def event(team: str, state: str, at: str) -> str:
    return (
        f'<event><string key="team" value="{team}"/><string key="state" value="{state}"/>'
        f'<date key="time:timestamp" value="{at}T09:00:00+08:00"/></event>\n'
    )


ROWS = (
    event("Desk", "new", "2026-03-02")
    + event("Lab 2nd", "taken", "2026-03-03")
    + event("Lab 2nd", "closed", "2026-03-04")
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a mapping and a log of one case."""
    (tmp_path / "map.toml").write_text(MAP, encoding="utf-8")
    (tmp_path / "log.xes").write_text(f"<log><trace>\n{ROWS}</trace></log>", encoding="utf-8")
    return tmp_path


def typed(folder: Path, *words: str) -> Result:
    line = ["import", "xes", str(folder / "log.xes"), "--mapping", str(folder / "map.toml"), *words]
    return type_line(cli.make_application(), line, env={"COLUMNS": "100"})


def test_the_json_has_the_figures_twice(folder: Path) -> None:
    result = typed(folder, "--json")

    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert {name: told[name] for name in COUNTED} == COUNTED
    assert told["from_ledger"] == COUNTED
    assert (told["equal"], told["refused"]) == (True, [])
    assert told["statuses_unnamed"] == {"new": 1}
    assert told["statuses_unseen"] == ["never"]


def test_people_are_shown_both_counts(folder: Path) -> None:
    result = typed(folder)

    assert result.exit_code == 0
    assert "✓ the ledger says what the log says" in result.stdout
    assert "hand-overs" in result.stdout
    assert "statuses that the mapping does not name: new (1)" in result.stdout
    assert "nothing refused" in result.stdout


def test_a_ledger_that_counts_otherwise_is_exit_code_6(folder: Path) -> None:
    late = f"<log><trace>\n{ROWS}{event('Desk', 'taken', '2028-03-04')}</trace></log>"
    (folder / "log.xes").write_text(late, encoding="utf-8")

    result, shown = typed(folder, "--json"), typed(folder)

    assert (result.exit_code, shown.exit_code) == (6, 6)
    told = json.loads(result.stdout)
    (refused,) = told["refused"]
    assert (refused["line"], refused["row"], refused["act"]) == (5, 4, "reopen")
    assert (told["events"], told["from_ledger"]["events"], told["equal"]) == (4, 3, False)
    assert "✗ log and ledger differ" in shown.stdout
    assert "1 refused" in shown.stdout


@pytest.mark.parametrize(("name", "said"), [("log.xes", "line 1: The log"), ("map.toml", "TOML")])
def test_a_file_that_cannot_be_used_is_exit_code_3(folder: Path, name: str, said: str) -> None:
    (folder / name).write_text("not [ at all", encoding="utf-8")

    result = typed(folder, "--json")

    assert result.exit_code == 3
    error = json.loads(result.stdout)["error"]
    assert error["message"].startswith(str(folder / name))
    assert said in error["message"]


def test_of_a_log_of_sign_offs_the_cases_and_the_marks_are_told_twice(folder: Path) -> None:
    (folder / "map.toml").write_text(
        '[group]\nattribute = "team"\n[status]\nattribute = "state"\nclosed = ["paid"]\n'
        '[signatures]\nsubmitted = "SENT"\nrejected = "BACK"\nfinal_approved = "GOOD"\n',
        encoding="utf-8",
    )
    said = ("SENT", "BACK", "BACK", "SENT", "GOOD", "paid")
    rows = "".join(event("Desk", state, f"2026-03-0{day}") for day, state in enumerate(said, 1))
    (folder / "log.xes").write_text(f"<log><trace>\n{rows}</trace></log>", encoding="utf-8")

    result, shown = typed(folder, "--json"), typed(folder)

    assert (result.exit_code, shown.exit_code) == (0, 0)
    told = json.loads(result.stdout)
    cases = {"cases_rejected": 1, "cases_resubmitted": 1, "cases_final_approved": 1}
    assert {name: told[name] for name in cases} == cases
    assert {name: told["from_ledger"][name] for name in cases} == cases
    marked = [{"act": "reject", "code": "wrong_phase", "rows": 1}]
    assert told["marked"] == told["marked_in_ledger"] == marked
    assert told["ledger_events"]["resolution_proposed"] == 2
    assert "cases resubmitted" in shown.stdout
    assert "by the log's authority: reject, wrong_phase" in shown.stdout
