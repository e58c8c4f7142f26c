"""What can be typed, what comes back, and the code that the process ends with."""

import json
import subprocess
import sys
from pathlib import Path

import builders as b
import pytest
from stage import OFFICER, REPORT, Stage
from typing_of_lines import type_line

import cli

ROOT = Path(__file__).parents[2]
DO = ("do", b.ZONE, b.KEY)
VERIFIER = f"officer:{b.HEAD.person}@{b.HEAD.post}"
ENTERPRISE = f"enterprise:{b.ENTERPRISE.person}@{b.ENTERPRISE.enterprise}"
NAMES = [body.__name__.rstrip("_") for bodies in cli.COMMANDS.values() for body in bodies]


def test_help_needs_nothing_that_is_slow_to_import() -> None:
    heavy = "{'temporalio', 'asyncpg', 'pydantic', 'rich', 'structlog'}"
    program = f"import sys, cli; cli.make_application(); print({heavy} & set(sys.modules))"

    told = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert told.stdout.strip() == "set()"


@pytest.mark.parametrize("name", NAMES)
def test_every_command_explains_itself_and_knows_json(stage: Stage, name: str) -> None:
    result = stage.run(name, "--help")

    assert result.exit_code == 0
    assert "--json" in result.stdout


def test_the_version_is_told(stage: Stage) -> None:
    assert stage.run("--version").stdout.startswith("closeout 0.")


def test_a_whole_life_can_be_typed(accepted: Stage) -> None:
    proposal = ("resolution.result=solved", "resolution.summary=通电了 power is back")
    accepted.json(*DO, "propose-resolution", *proposal, "--as", OFFICER)
    accepted.json(*DO, "confirm", "--as", ENTERPRISE)

    result = accepted.json(*DO, "verify", "--as", VERIFIER)

    assert result["events"] == ["issue_closed_out"]
    assert accepted.json("show", b.ZONE, b.KEY)["outcome"] == "closed_out"


def test_an_id_is_made_and_printed_and_one_that_is_given_is_kept(stage: Stage) -> None:
    made = stage.json(*REPORT)["command_id"]
    given = stage.json("do", b.ZONE, b.KEY, "accept", "--as", OFFICER, "--id", "mine")

    assert made.startswith("cli-")
    assert given["command_id"] == "mine"


def test_sent_again_under_its_id_a_command_is_answered_as_before(stage: Stage) -> None:
    first = stage.json(*REPORT, "--id", "r-1")
    again = stage.json(*REPORT, "--id", "r-1")

    assert again == first | {"repeated": True}


def test_who_acts_may_be_set_once_for_all(reported: Stage) -> None:
    result = reported.run(*DO, "accept", CLOSEOUT_ACTOR=OFFICER)

    assert result.exit_code == 0, result.output


def test_a_submission_is_read_from_standard_input(reported: Stage) -> None:
    sent = b.submission(b.ACCEPT, b.OFFICER, id_="from-stdin").model_dump_json()

    result = reported.run("do", "--file", "-", "--json", stdin=sent)

    assert json.loads(result.stdout)["command_id"] == "from-stdin"


OTHER = (*REPORT[:2], "other", *REPORT[3:])
REFUSED = {
    "an unknown zone": (3, ("report", "nowhere", *OTHER[2:])),
    "an unknown category": (3, (*OTHER, "--category", "weather")),
    "an enterprise outside every grid": (3, (*OTHER, "--enterprise", "circus")),
    "a text over the limit": (3, (*OTHER, "--text", "x" * 4001)),
    "a report from the future": (3, (*OTHER, "--occurred-at", "2031-01-01T00:00Z")),
    "an instant without a zone": (3, (*OTHER, "--occurred-at", "2026-03-02T08:00")),
    "an actor that cannot be read": (3, (*OTHER, "--as", "grid-east-1")),
    "an unknown command": (3, (*DO, "dance", "--as", OFFICER)),
    "a field that is missing": (3, (*DO, "escalate", "--as", OFFICER)),
    "an unknown field": (3, (*DO, "accept", "colour=red", "--as", OFFICER)),
    "somebody without the role": (4, (*DO, "accept", "--as", ENTERPRISE)),
    "a person who does not hold the post": (4, (*DO, "accept", "--as", "officer:x@grid-east-1")),
    "an act in the wrong phase": (5, (*DO, "confirm", "--as", ENTERPRISE)),
    "a stale version": (5, (*DO, "accept", "--as", OFFICER, "--expect", "7")),
    "an id that stands for another request": (5, (*DO, "accept", "--as", OFFICER, "--id", "r-1")),
    "an issue that nobody reported": (5, ("show", b.ZONE, "no-such")),
    "a number that nobody was given": (5, ("show", "HARBOUR-2026-000009")),
    "a clock that never was": (3, ("why", b.ZONE, b.KEY, "--clock", "alarm")),
}


@pytest.mark.parametrize(("code", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_has_its_exit_code(stage: Stage, code: int, words: tuple[str, ...]) -> None:
    stage.json(*REPORT, "--id", "r-1")

    result = stage.run(*words)

    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert "✗" in result.stderr
    assert "Traceback" not in result.stderr
    assert stage.json("show", b.ZONE, b.KEY)["version"] == 1


@pytest.mark.parametrize(("code", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refusal_in_json_says_what_where_and_which_code(
    stage: Stage, code: int, words: tuple[str, ...]
) -> None:
    stage.json(*REPORT, "--id", "r-1")

    result = stage.run(*words, "--json")

    told = json.loads(result.stdout)["error"]
    assert result.exit_code == told["exit"] == code
    assert {"code", "message", "field"} <= told.keys()
    assert result.stderr == ""


def test_a_command_on_a_closed_issue_is_refused(reported: Stage) -> None:
    reported.json(*DO, "turn-away", "code=duplicate", "reason=twice", "--as", OFFICER)

    result = reported.run(*DO, "note", "text=hello", "--as", OFFICER)

    assert result.exit_code == 5
    assert "reopen" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("report", b.ZONE),
        (*REPORT[:-2],),
        ("do", b.ZONE, b.KEY),
        ("do", b.ZONE, b.KEY, "--file", "-"),
        ("do", "--file", "/nowhere/at/all"),
        ("verify",),
        ("verify", b.ZONE, b.KEY, "--all"),
        ("list", "--limit", "0"),
        ("list", "--phase", "asleep"),
        ("dance",),
    ],
)
def test_wrong_usage_ends_with_2(stage: Stage, words: tuple[str, ...]) -> None:
    result = stage.run(*words)

    assert result.exit_code == 2
    assert result.stdout == ""


def test_a_list_goes_on_where_the_page_ended(stage: Stage) -> None:
    for key in ("a", "b", "c"):
        stage.json(REPORT[0], REPORT[1], key, *REPORT[3:])

    first = stage.json("list", "--limit", "2")
    second = stage.json("list", "--limit", "2", "--after", first["after"])

    assert [issue["key"] for issue in first["issues"]] == ["a", "b"]
    assert [issue["key"] for issue in second["issues"]] == ["c"]
    assert second["after"] is None


def test_a_list_can_be_narrowed_to_what_is_overdue(accepted: Stage) -> None:
    before = accepted.json("list", "--overdue")["issues"]
    accepted.clock.at = b.NEXT_FRI_9

    after = accepted.json("list", "--overdue", "--open", "--zone", b.ZONE)["issues"]

    assert before == []
    assert [issue["overdue"] for issue in after] == [True]


def test_an_issue_is_found_by_its_ledger_number_too(accepted: Stage) -> None:
    number = accepted.json("show", b.ZONE, b.KEY)["number"]

    assert accepted.json("show", number) == accepted.json("show", f"{b.ZONE}/{b.KEY}")
    assert accepted.json("history", number)["number"] == number


def test_a_history_in_json_has_the_events_and_their_hashes_in_utc(accepted: Stage) -> None:
    events = accepted.json("history", b.ZONE, b.KEY)["events"]

    assert [event["kind"] for event in events] == ["issue_reported", "issue_accepted"]
    assert events[0]["at"].startswith("2026-03-02T01:00:00")
    assert events[1]["title"] == {"zh": "受理登记", "en": "accepted"}
    assert all(len(event["hash"]) == 64 for event in events)


def test_a_derivation_in_json_adds_up(accepted: Stage) -> None:
    handling, resolution = accepted.json("why", b.ZONE, b.KEY)

    assert handling["clock"] == "handling"
    assert handling["budget_ms"] == 16 * b.HOUR_MS == handling["counted_ms"]
    assert handling["adds_up"]
    assert resolution["adds_up"]
    assert len(accepted.json("why", b.ZONE, b.KEY, "--all")) == 3


def test_a_ledger_that_holds_is_verified(accepted: Stage) -> None:
    one = accepted.json("verify", b.ZONE, b.KEY)

    nothing = {"findings": [], "findings_left_out": 0, "log": None, "reports": 0, "since": None}
    bare = {"vouched": {}, "unvouched": {"officer": 1, "representative": 1}, "unchecked": 0}
    assert (
        one == {"streams": 1, "events": 2, "commands": 2, "sound": True, "actors": bare} | nothing
    )
    assert accepted.json("verify", "--all") == one


def test_every_decision_is_made_again(accepted: Stage) -> None:
    told = accepted.json("replay", "--offline")

    assert told["sound"]
    assert told["decisions"]["identical"] == told["decisions"]["decisions"] == 2


def test_the_commands_are_listed_with_their_fields(stage: Stage) -> None:
    listed = {each["command"]: each for each in stage.json("do", "--commands")}

    assert listed["escalate"]["fields"] == ["[to_tier]", "reason", "[others]"]
    assert "ring_rung" not in listed


def test_zones_can_be_looked_up_without_a_stack() -> None:
    listed = type_line(cli.make_application(), ["zones", "--json"])
    shown = type_line(cli.make_application(), ["zones", "cedz"], env={"COLUMNS": "80"})

    zones = {each["zone"] for each in json.loads(listed.stdout)}
    assert "cedz" in zones
    assert "cedz-grid-officer-1" in shown.stdout
    assert "closeout report cedz my-first" in shown.stdout


def test_where_nothing_runs_one_is_told_how_to_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLOSEOUT_DATABASE_URL", raising=False)

    result = type_line(cli.make_application(), ["list", "--data-dir", str(tmp_path)])

    assert result.exit_code == 1
    assert "closeout up" in result.stderr


def test_the_issues_of_one_message_are_listed_together(stage: Stage) -> None:
    for key, message in (("a", "msg-7"), ("b", "msg-8"), ("c", "msg-7")):
        stage.json(REPORT[0], REPORT[1], key, *REPORT[3:], "--report-id", message)

    first = stage.json("list", "--report", "msg-7", "--limit", "1")
    second = stage.json("list", "--report", "msg-7", "--after", first["after"])

    assert [issue["key"] for issue in first["issues"] + second["issues"]] == ["a", "c"]
    assert "--report msg-7" in stage.run("list", "--report", "msg-7", "--limit", "1").stdout


@pytest.mark.parametrize(
    "words",
    [
        (*DO, "note", "text=\udcff", "--as", OFFICER),
        ("show", b.ZONE, "\udcff"),
        ("show", b.ZONE, b.KEY, "--data-dir", "\udcff"),
    ],
    ids=["one of several words", "one word", "folder"],
)
def test_bytes_that_are_no_text_are_refused_and_shown_as_such(
    stage: Stage, words: tuple[str, ...]
) -> None:
    for form in ((), ("--json",)):
        result = stage.run(*words, *form)

        assert (result.exit_code, "This is no text." in result.output) == (3, True)


def test_a_problem_never_steers_the_screen(stage: Stage) -> None:
    steering = "\x1b[2J\x9b\u202e"

    for form in ((), ("--json",)):
        result = stage.run("show", b.ZONE, f"{steering}key", *form)

        assert result.exit_code == 5
        assert "key" in result.output
        assert not set(steering[0] + steering[-2:]).intersection(result.output)
