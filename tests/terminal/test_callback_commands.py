"""`closeout callback` and `closeout similar`, typed."""

from pathlib import Path

import builders as b
import pytest
from builders import MON_9, WED_9
from deep import IN_CHECK
from halls import Hall, lay
from stage import OFFICER

pytestmark = IN_CHECK

SUPERVISOR = f"officer:{b.SUPERVISOR.person}@{b.SUPERVISOR.post}"
COORDINATOR = f"officer:{b.COORDINATOR.person}@{b.COORDINATOR.post}"
HEAD = f"officer:{b.HEAD.person}@{b.HEAD.post}"
MILL = f"enterprise:{b.ENTERPRISE.person}@{b.ENTERPRISE.enterprise}"
PERIOD = ("--from", "2026-03-02", "--to", "2026-03-03")
DRAW = ("callback", "draw", b.ZONE, *PERIOD, "--seed", "s", "--id", "d-1", "--as", SUPERVISOR)


def reporting(key: str, title: str) -> tuple[str, ...]:
    return (
        *("report", b.ZONE, key, "--enterprise", "mill", "--category", "road-access"),
        *("--title", title, "--text", "货车无法进出。", "--as", MILL),
    )


@pytest.fixture
def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hall:
    """A zone with callbacks, on Wednesday; one of its two issues was closed out on Monday."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@localhost/nothing")
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.delenv("CLOSEOUT_ACTOR", raising=False)
    hall = Hall()
    hall.shelf = lay(tmp_path, callbacks={"percent": 10, "at_least": 1})
    hall.clock.at = MON_9
    hall.json(*reporting("open", "南门道路积水二十厘米"))
    hall.json(*reporting("done", "北门道路积水三十厘米"))
    for words in (
        ("accept", "--as", OFFICER),
        (
            "propose-resolution",
            "resolution.result=solved",
            "resolution.summary=通了",
            "--as",
            OFFICER,
        ),
        ("confirm", "--as", MILL),
        ("verify", "--as", HEAD),
    ):
        hall.json("do", b.ZONE, "done", *words)
    hall.clock.at = WED_9
    return hall


def test_a_draw_is_made_listed_answered_and_made_again(hall: Hall) -> None:
    drawn = hall.json(*DRAW)
    assert (drawn["population"], drawn["drawn"], drawn["recorded"]) == (1, 1, 1)
    assert [each["stream"] for each in drawn["issues"]] == ["harbour/done"]

    command = ("record-callback", "draw=d-1", "answer=disagrees", "note=又积水了")
    said = hall.json("do", b.ZONE, "done", *command, "--as", SUPERVISOR)
    assert said["events"] == ["callback_answered", "sign_off_disputed"]

    listed = hall.json("callback", "list", b.ZONE)["draws"][0]
    assert {name: listed[name] for name in ("issues", "answered", "agree", "disagree")} == {
        "issues": 1,
        "answered": 1,
        "agree": 0,
        "disagree": 1,
    }
    assert listed["agreement_percent"] == 0
    assert hall.json("callback", "redraw", "d-1")["same"]
    assert hall.json(*DRAW)["repeated"]


def test_a_draw_is_shown_with_all_that_it_hangs_on(hall: Hall) -> None:
    shown = hall.said(*DRAW)
    assert "drawn 1 of 1 close-out (10 %, at least 1)" in shown
    assert "period 2026-03-02 00:00 to 2026-03-03 00:00" in shown
    assert "harbour/done" in shown
    assert "0 of 1" in hall.said("callback", "list", b.ZONE)
    assert "seed s, chosen by whoever drew" in shown
    again = hall.said("callback", "redraw", "d-1")
    assert "d-1: the same 1 lot of 1 again" in again
    assert "seed s, chosen by whoever drew" in again
    listed = hall.said("callback", "list", b.ZONE)
    assert "chosen" in listed
    assert "by chance" not in listed


def test_a_draw_that_comes_out_otherwise_ends_with_six(hall: Hall) -> None:
    hall.json(*DRAW)
    hall.ledger._tables.positions.clear()

    found = hall.run("callback", "redraw", "d-1")

    assert found.exit_code == 6
    assert "population: recorded 1, drawn again 0" in found.stdout


@pytest.mark.parametrize(
    ("words", "code", "field"),
    [
        (("--as", MILL), 3, "actor (--as)"),
        (("--as", OFFICER), 4, "actor.post"),
        (("--id", "a b"), 3, "id"),
        (("--seed", "s s"), 3, "seed"),
        (("--to", "soon"), 3, "to"),
        (("--to", "2026-03-05"), 3, "to"),
    ],
    ids=["enterprise", "owner", "id", "seed", "unread", "future"],
)
def test_a_draw_that_cannot_be_is_refused(
    hall: Hall, words: tuple[str, ...], code: int, field: str
) -> None:
    assert hall.refused(code, *DRAW, *words)["field"] == field


def test_what_may_be_the_same_matter_is_suggested(hall: Hall) -> None:
    found = hall.json("similar", b.ZONE, "open")["suggestions"]
    assert [(each["key"], each["outcome"]) for each in found] == [("done", "closed_out")]
    assert found[0]["place"] == "same_grid"

    described = ("--enterprise", "mill", "--category", "road-access", "--text", "货车")
    told = hall.json("similar", b.ZONE, *described, "--title", "北门道路积水 30 厘米")
    assert [each["key"] for each in told["suggestions"]] == ["done", "open"]
    assert "北门道路积水三十厘米" in hall.said("similar", b.ZONE, "open")
    nothing = hall.said("similar", b.ZONE, *described[:4], "--title", "停电", "--text", "停电")
    assert "Nothing like it" in nothing


def test_what_was_made_of_suggestions_is_counted(hall: Hall) -> None:
    assert "No suggestion was judged" in hall.said("similar", b.ZONE, "--report")
    verdict = ("suggested=done", "same:=false", "score:=70", "method=by-hand")
    hall.json("do", b.ZONE, "open", "judge-suggestion", *verdict, "--as", COORDINATOR)

    told = hall.json("similar", b.ZONE, "--report")["methods"]

    assert told == [
        {"method": "by-hand", "accepted": 0, "refused": 1, "judged": 1, "precision_percent": 0}
    ]
    assert "0.0 % of 1 judgement" in hall.said("similar", b.ZONE, "--report")


@pytest.mark.parametrize(
    "words",
    [(), ("open", "--report"), ("--title", "x"), ("open", "--title", "x")],
    ids=["nothing", "both", "half", "two ways"],
)
def test_similar_is_asked_in_one_way(hall: Hall, words: tuple[str, ...]) -> None:
    assert hall.run("similar", b.ZONE, *words).exit_code == 2


def test_the_same_report_typed_twice_is_one_issue(hall: Hall) -> None:
    again = hall.json(*reporting("open", "南门道路积水二十厘米"))
    assert again["repeated"]
    other = hall.refused(5, *reporting("open", "南门道路结冰"))
    assert "another title" in other["message"]
