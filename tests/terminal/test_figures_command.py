"""`closeout figures`: published once, shown, counted again, restated with what moved."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import builders as b
import pytest
from watch import SUPERVISOR, Watch

from domain.figure_definitions import DEFINITIONS

MONDAY, FRIDAY = ("--from", "2026-03-02"), ("--to", "2026-03-06")
SECOND = (b.ZONE, "--from", "2026-03-01", *FRIDAY, "--reason", "Anew.", "--as", SUPERVISOR)
WEEK = (b.ZONE, *MONDAY, *FRIDAY, "--reason", "The week is over.", "--as", SUPERVISOR)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A zone in which one issue was closed out on Monday, asked on Friday evening."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@localhost/nothing")
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.delenv("CLOSEOUT_ACTOR", raising=False)
    watch = Watch()
    watch.accept("a", b.MON_9)
    watch.act("a", b.PROPOSE, b.OFFICER)
    watch.act("a", b.CONFIRM, b.ENTERPRISE)
    watch.act("a", b.VERIFY, b.HEAD)
    watch.clock.at = b.FRI_17
    return watch


def test_the_definitions_are_listed_with_what_they_count(watch: Watch) -> None:
    listed = watch.json("figures", "definitions")["definitions"]

    assert [each["name"] for each in listed] == [each.name for each in DEFINITIONS]
    assert listed[0]["ratios"] == {"on_time": {"numerator": "on_time", "denominator": "closed"}}
    said = watch.said("figures", "definitions")
    assert "time_to_close revision 1 办结用时 time to close" in said
    assert "working_ms (median) opening hours" in said


def test_a_figure_is_published_shown_listed_and_counted_again(watch: Watch) -> None:
    made = watch.json("figures", "publish", "on_time", *WEEK)

    assert made["digits"]["all"]["ratios"]["on_time"] == {
        "numerator": 1,
        "denominator": 1,
        "excluded": 0,
    }
    assert made["log"] == {"kind": "figure", "key": "1"}
    assert made["position"] == 5
    assert made["author"] == "supervision (supervision.a)"
    assert watch.json("figures", "show", "1") == made
    assert watch.json("figures", "list")["figures"][0]["all"] == made["digits"]["all"]
    again = watch.json("figures", "recompute", "1")
    assert (again["same"], again["differences"]) == (True, [])
    assert again["sha256"] == again["sha256_again"] == made["sha256"]


def test_people_are_told_each_ratio_with_what_it_is_of(watch: Watch) -> None:
    watch.json("figures", "publish", "on_time", *WEEK)
    watch.json("figures", "publish", "time_to_close", *WEEK)

    said = watch.said("figures", "show", "1")
    assert "on_time 1 of 1 (100.0 %)" in said
    assert "post grid-east-1" in said
    assert "position 5" in said
    assert "2026-03-02 00:00 to before 2026-03-06 00:00" in said
    assert "working mean 0 h, p50 0 h, p90 0 h, p95 0 h of 1" in watch.said("figures", "show", "2")
    watch.json("figures", "publish", "time_to_close", *SECOND, "--revision", "1")
    assert "working median 0 h of 1" in watch.said("figures", "show", "3")
    listed = watch.said("figures", "list", "--zone", b.ZONE)
    assert "1 of 1 (100.0 %)" in listed
    assert "2026-03-02 00:00" in listed
    assert "the same digits again, from position 5" in watch.said("figures", "recompute", "1")


def test_a_reopening_moves_a_figure_by_a_restatement_alone(watch: Watch) -> None:
    watch.json("figures", "publish", "returned", *WEEK)
    restating = ("figures", "restate", "1", "--reason", "It came back.", "--as", SUPERVISOR)
    assert watch.json(*restating)["published"] is False
    assert "no issue has moved" in watch.said(*restating)
    watch.act("a", b.REOPEN, b.ENTERPRISE)

    assert watch.json("figures", "recompute", "1")["same"] is True
    made = watch.json(*restating)

    (moved,) = made["moved"]["first"]
    assert (made["restates"], made["figure"]["figure"], made["moved"]["count"]) == (1, 2, 1)
    assert moved["stream"] == f"{b.ZONE}/a"
    assert "reopened" not in moved["before"][0]["counts"]
    assert moved["after"][0]["counts"]["reopened"] == 1
    shown = watch.said("figures", "show", "2")
    assert "restates 1" in shown
    assert f"{b.ZONE}/a post grid-east-1: closed 1, proposed 1" in shown
    assert "restates 1" in watch.said("figures", "list", "--definition", "returned")
    assert watch.json("figures", "list", "--before", "2")["figures"][0]["figure"] == 1
    assert "restated" in watch.refused(*restating)["said"]


def test_every_issue_can_be_written_to_a_file_that_has_the_published_hash(
    watch: Watch, tmp_path: Path
) -> None:
    watch.json("figures", "publish", "returned", *WEEK)
    watch.act("a", b.REOPEN, b.ENTERPRISE)
    made = watch.json("figures", "restate", "1", "--reason", "Again.", "--as", SUPERVISOR)
    issues, moved = tmp_path / "issues.jsonl", tmp_path / "moved.jsonl"
    words = ("figures", "recompute", "2", "--issues", str(issues), "--moved", str(moved))

    assert watch.json(*words)["same"] is True

    digits = made["figure"]["digits"]
    for path, listed in ((issues, digits["issues"]), (moved, digits["moved"])):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == listed["sha256"]
        lines = path.read_text(encoding="utf-8").splitlines()
        assert [json.loads(line) for line in lines] == listed["first"]
    assert "cannot be written" in watch.refused(*words)["said"]
    to_stdout = ("figures", "recompute", "2", "--issues", "-")
    assert "standard output is no file" in watch.refused(*to_stdout)["said"]


def test_other_digits_are_found_and_named(watch: Watch) -> None:
    watch.json("figures", "publish", "on_time", *WEEK)
    rows = watch.ledger._tables.figures  # as a superuser would
    forged = json.loads(rows[0].digits)
    forged["all"]["counts"]["on_time"] = 7
    rows[0] = replace(rows[0], digits=json.dumps(forged))

    result = watch.run("figures", "recompute", "1")
    assert result.exit_code == 6
    assert "all.counts.on_time: published 7, now 1" in " ".join(result.output.split())
    rows[0] = replace(rows[0], digits="no JSON")
    assert watch.run("figures", "recompute", "1").exit_code == 6
    assert "unreadable" in watch.said("figures", "show", "1")


def test_a_unit_of_the_zone_has_figures_of_its_own(watch: Watch) -> None:
    made = watch.json("figures", "publish", "standing", *WEEK, "--unit", "roads")

    assert (made["scope"], made["digits"]["issues"]["count"]) == (f"{b.ZONE}/roads", 0)
    assert watch.refused("figures", "publish", "standing", *WEEK, "--unit", "moon")["code"] == 3


def test_what_is_no_figure_is_refused_in_words(watch: Watch) -> None:
    publish = ("figures", "publish")
    officer = (*WEEK[:-1], "officer:grid-east-1.a@grid-east-1")
    future = tuple("2026-04-01" if word == "2026-03-06" else word for word in WEEK)

    assert "no such definition" in watch.refused(*publish, "happiness", *WEEK)["said"]
    assert (
        "no such revision" in watch.refused(*publish, "on_time", *WEEK, "--revision", "9")["said"]
    )
    assert watch.run(*publish, "on_time", *officer).exit_code == 4
    assert "is over" in watch.refused(*publish, "on_time", *future)["said"]
    assert watch.refused(*publish, "on_time", *WEEK, "--from", "spring")["code"] == 3
    enterprise = ("--as", "enterprise:mill.a@mill")
    assert "Only an officer" in watch.refused(*publish, "on_time", *WEEK, *enterprise)["said"]
    assert watch.refused(*publish, "on_time", *WEEK, "--reason", "")["code"] == 3
    assert "No such figure" in watch.refused("figures", "show", "1")["said"]
    assert watch.refused("figures", "list", "--zone", "atlantis")["code"] == 3
