"""`closeout backtest` as a supervisor types it."""

import asyncio
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import builders as b
import pytest
from builders_sound import SOUND, SOUND_DATA, clocks
from halls import Hall, lay
from stage import OFFICER, REPORT

from domain.view import Ring


@pytest.fixture
def hall(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Hall:
    """A zone with one issue, accepted on Monday at nine."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@localhost/nothing")
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.delenv("CLOSEOUT_ACTOR", raising=False)
    hall = Hall()
    hall.shelf = lay(tmp_path / "shipped")
    monkeypatch.setenv("CLOSEOUT_HANDBOOK_DIR", str(hall.shelf))
    hall.json(*REPORT)
    hall.json("do", b.ZONE, b.KEY, "accept", "--as", OFFICER)
    return hall


def _budget(minutes: int) -> list[dict[str, object]]:
    """Return the sound zone's clocks, handling with another budget."""
    handling = next(rule for rule in SOUND["clocks"] if rule["id"] == "handling")
    duration = {"kind": "open_hours", "minutes": minutes}
    return clocks("handling", budgets=[row | {"duration": duration} for row in handling["budgets"]])


def _ring_next(hall: Hall) -> None:
    """Let the clock go on to the first rung of handling, and ring it."""

    async def ring() -> None:
        row = (await hall.ledger.find(zone=b.ZONE, limit=1))[0]
        clock, rung = next(
            (clock, clock.next_rung)
            for clock in row.issue.clocks
            if clock.id == "handling" and clock.next_rung is not None
        )
        assert rung is not None
        hall.clock.at = rung.due_at + timedelta(seconds=3)
        async with hall._open(None) as desk:  # type: ignore[arg-type]  # no settings are needed
            await desk.ring(
                Ring(zone=b.ZONE, key=b.KEY, clock=clock.id, cycle=clock.cycle, rung=rung.id)
            )

    asyncio.run(ring())


def test_under_what_it_stood_under_no_issue_differs(hall: Hall) -> None:
    _ring_next(hall)
    told = hall.json("backtest", b.ZONE)
    assert (told["handbook"], told["totals"]["issues"], told["issues"]) == (None, 1, [])
    assert told["totals"]["rungs"] == {"was": 1, "after": 1}
    assert "1 issue tried under what each stood under: none differs." in hall.said(
        "backtest", b.ZONE
    )


def test_a_shorter_budget_passes_earlier_and_is_told(hall: Hall, tmp_path: Path) -> None:
    _ring_next(hall)
    other = str(lay(tmp_path / "other", revision=2, clocks=_budget(30)))
    told = hall.json("backtest", b.ZONE, "--handbook", other)
    (issue,) = told["issues"]
    was, after = (
        next(each for each in issue[side]["deadlines"] if each["clock"] == "handling")
        for side in ("was", "would_be")
    )
    assert after["due_at"] < was["due_at"]
    assert (was["breached_at"], after["breached_at"]) == (None, after["due_at"])
    totals = told["totals"]
    assert (totals["differing"], totals["deadlines"]["earlier"]) == (1, 1)
    assert totals["breaches"] == {"was": 0, "after": 3}, "one at each of three tiers"
    assert totals["escalations"] == {"was": 0, "after": 2}
    said = hall.said("backtest", b.ZONE, "--handbook", other)
    assert "1 issue tried under" in said
    assert "1 would differ." in said
    assert "of handling 0 3" in said
    assert "1 deadline earlier, 0 later; 1 issue with another owner." in said
    assert "what people would have done otherwise nobody knows" in said


def test_a_period_leaves_out_what_was_reported_outside_it(hall: Hall) -> None:
    day = b.MON_9.date()
    inside = hall.json("backtest", b.ZONE, "--from", str(day), "--to", str(day))
    later = hall.json("backtest", b.ZONE, "--from", str(day + timedelta(days=1)))
    before = hall.json("backtest", b.ZONE, "--to", str(day - timedelta(days=1)))
    counts = [told["totals"]["issues"] for told in (inside, later, before)]
    assert counts == [1, 0, 0]


def test_a_period_that_ends_before_it_begins_is_refused(hall: Hall) -> None:
    error = hall.refused(3, "backtest", b.ZONE, "--from", "2026-03-03", "--to", "2026-03-02")
    assert error["field"] == "to"


def test_nothing_is_written_but_that_somebody_looked(hall: Hall) -> None:
    before = hall.json("history", b.ZONE, b.KEY)
    hall.json("backtest", b.ZONE)
    assert hall.json("history", b.ZONE, b.KEY) == before
    assert [row["kind"] for row in hall.json("reads")][:1] == ["backtest"]


def test_a_handbook_that_refuses_the_report_leaves_nothing_to_be_tried(
    hall: Hall, tmp_path: Path
) -> None:
    categories = [row for row in SOUND_DATA["categories"] if row["id"] != "road-access"]
    other = str(lay(tmp_path / "other", revision=2, categories=categories))
    told = hall.json("backtest", b.ZONE, "--handbook", other)
    (issue,) = told["issues"]
    assert issue["would_be"] is None
    assert [act["command"] for act in issue["forbidden"]] == ["report"]
    assert (told["totals"]["unplayable"], told["totals"]["breaches"]) == (1, {"was": 0, "after": 0})
    assert "1 issue could not even be reported." in hall.said(
        "backtest", b.ZONE, "--handbook", other
    )


def test_it_is_printed_as_a_workbook_and_never_over_another_file(
    hall: Hall, tmp_path: Path
) -> None:
    file = tmp_path / "trial.xlsx"
    told = hall.json("backtest", b.ZONE, "--print", str(file))
    assert told["sha256"] == sha256(file.read_bytes()).hexdigest()
    assert hall.refused(3, "backtest", b.ZONE, "--print", str(file))
    assert hall.refused(3, "backtest", b.ZONE, "--print", str(tmp_path / "trial.doc"))["field"] == (
        "--print"
    )
