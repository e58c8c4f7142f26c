"""`closeout fork` as a supervisor types it."""

import json
from datetime import timedelta
from pathlib import Path

import builders as b
import pytest
from halls import Hall, lay
from stage import OFFICER, REPORT


@pytest.fixture
def hall(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Hall:
    """A zone with one issue, accepted after three hours, and noted."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@localhost/nothing")
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.delenv("CLOSEOUT_ACTOR", raising=False)
    hall = Hall()
    hall.shelf = lay(tmp_path / "shipped")
    monkeypatch.setenv("CLOSEOUT_HANDBOOK_DIR", str(hall.shelf))
    hall.json(*REPORT)
    hall.clock.at += timedelta(hours=3)
    hall.json("do", b.ZONE, b.KEY, "accept", "--as", OFFICER)
    hall.json("do", b.ZONE, b.KEY, "note", "text=Called.", "--as", OFFICER)
    return hall


def accepted(hall: Hall) -> str:
    """Return the version of the acceptance."""
    events = hall.json("history", b.ZONE, b.KEY)["events"]
    return next(str(each["version"]) for each in events if each["kind"] == "issue_accepted")


def test_without_a_change_it_is_the_same_to_the_byte(hall: Hall) -> None:
    told = hall.json("fork", b.ZONE, b.KEY)
    assert (told["is_the_same"], told["events"], told["events_would_be"]) == (True, [], [])
    assert "the same to the byte" in hall.said("fork", b.ZONE, b.KEY)


def test_an_act_on_another_day_is_told_beside_what_was(hall: Hall, tmp_path: Path) -> None:
    at = b.MON_9.isoformat().replace("+00:00", "Z")
    file = tmp_path / "command.json"
    file.write_text(json.dumps({"command": {"kind": "accept"}, "at": at}))
    told = hall.json("fork", b.ZONE, b.KEY, "--at", accepted(hall), "--with", str(file))
    assert told["changed"]["command"] == "accept"
    assert told["was"]["deadlines"] != told["would_be"]["deadlines"]
    assert told["events"] != told["events_would_be"]
    said = hall.said("fork", b.ZONE, b.KEY, "--at", accepted(hall), "--with", str(file))
    assert "accept at 2026-03-02" in said
    assert "would be" in said
    assert "Nothing was written." in said


def test_an_act_left_out_names_what_could_not_be_done_then(hall: Hall) -> None:
    proposed = ("resolution.result=solved", "resolution.summary=The road is open again.")
    hall.json("do", b.ZONE, b.KEY, "propose_resolution", *proposed, "--as", OFFICER)
    said = hall.said("fork", b.ZONE, b.KEY, "--at", accepted(hall), "--without")
    assert "accept left out." in said
    assert "propose_resolution of" in said
    assert "would have been refused" in said


def test_nothing_is_written_but_that_somebody_looked(hall: Hall) -> None:
    before = hall.json("history", b.ZONE, b.KEY)
    hall.json("fork", b.ZONE, b.KEY, "--at", accepted(hall), "--without")
    assert hall.json("history", b.ZONE, b.KEY) == before
    assert [row["kind"] for row in hall.json("reads")][:1] == ["fork"]


def test_what_is_no_fork_is_refused_in_words(hall: Hall, tmp_path: Path) -> None:
    file = tmp_path / "command.json"
    file.write_text("{")
    named = ("fork", b.ZONE, b.KEY)
    assert hall.refused(3, *named, "--at", "2")["field"] == "with"
    assert hall.refused(3, *named, "--without")["field"] == "at"
    assert hall.refused(3, *named, "--at", "2", "--with", str(file))["field"] == "with"
    assert hall.refused(3, *named, "--at", "2", "--with", str(tmp_path))["field"] == "with"
    assert hall.refused(3, *named, "--at", "99", "--without")["field"] == "at"
