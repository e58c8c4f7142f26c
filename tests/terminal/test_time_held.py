"""Who held an issue, what its clocks show, and what is known of it now: as the terminal tells."""

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import builders as b
import pytest
from stage import OFFICER, REPORT, Stage

from desk.desk import Desk
from desk.shelf import Shelf
from domain.terms import Terms

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from runtime.settings import Settings

DO = ("do", b.ZONE, b.KEY)
SHOW = ("show", b.ZONE, b.KEY)
HEAD = f"officer:{b.HEAD.person}@{b.HEAD.post}"
DIRECTOR = f"officer:{b.DIRECTOR.person}@{b.DIRECTOR.post}"
SECTION = f"officer:{b.SECTION.person}@{b.SECTION.post}"


class OtherStage(Stage):
    """A command line in a zone with terms of its own."""

    terms: Terms

    @asynccontextmanager
    async def _open(self, settings: "Settings") -> "AsyncIterator[Desk]":
        yield Desk(self.ledger, Shelf(self.ledger, {b.ZONE: self.terms}), self.clock)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> OtherStage:
    """A command line whose terms a test chooses, on wide paper."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@localhost/nothing")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("CLOSEOUT_ACTOR", raising=False)
    return OtherStage()


@pytest.fixture
def paused(accepted: Stage) -> Stage:
    """An issue handed to a section at eleven, waiting for customs since one, looked at at three."""
    accepted.clock.at = b.MON_11
    accepted.json(*DO, "hand-over", "unit=roads", "reason=theirs", "--as", OFFICER)
    accepted.clock.at = b.MON_13
    accepted.json(
        *(*DO, "pause", "reason=waiting_outside", "party=customs", "note=permit"), "--as", SECTION
    )
    accepted.clock.at = b.MON_15
    return accepted


def test_show_time_tells_who_held_the_issue_and_how_long(paused: Stage) -> None:
    told = paused.json(*SHOW, "--time")

    assert [
        (each["holder"]["kind"], each["holder"]["id"], each["counted_ms"] // b.HOUR_MS)
        for each in told["stretches"]
    ] == [
        ("post", "grid-east-1", 1),
        ("post", "grid-east-1", 1),
        ("unit", "roads", 2),
        ("external", "customs", 2),
    ]
    assert told["life_ms"] == told["counted_ms"] == 6 * b.HOUR_MS
    assert [(each["holder"]["id"], each["share_per_mille"]) for each in told["totals"]] == [
        ("customs", 333),
        ("grid-east-1", 333),
        ("roads", 333),
    ]
    assert told["stretches"][0]["from_at"] == "2026-03-02T01:00:00.000Z"


def test_show_time_names_the_holders_in_local_time(paused: Stage) -> None:
    told = paused.run(*SHOW, "--time").stdout

    assert "No [bold] power 停电" in told
    assert "2026-03-02 13:00  2026-03-02 15:00  海关" in told
    assert "waits for somebody outside" in told
    assert "33.3 %" in told
    assert "times in Asia/Shanghai" in told


def test_the_closed_hours_within_one_holders_time_share_its_line(accepted: Stage) -> None:
    accepted.clock.at = b.WED_9 + b.HOUR

    told = accepted.run(*SHOW, "--time").stdout
    stretches = accepted.json(*SHOW, "--time")["stretches"]

    assert "closed for 1 d 8 h meanwhile" in told
    assert "outside opening hours" not in told
    assert [each["holder"]["kind"] for each in stretches[1:]] == [
        *("post", "calendar"),
        *("post", "calendar", "post"),
    ]


def test_a_paused_clock_says_what_is_left_and_when_it_would_be_due(paused: Stage) -> None:
    reading = next(r for r in paused.json(*SHOW)["readings"] if r["clock"] == "handling")
    told = paused.run(*SHOW).stdout

    assert reading["due_at"] is None
    assert reading["remaining_ms"] == 13 * b.HOUR_MS
    assert (reading["net_ms"], reading["gross_ms"]) == (3 * b.HOUR_MS, 5 * b.HOUR_MS)
    assert reading["due_at_if_resumed_now"] == "2026-03-04T04:00:00.000Z"
    assert "3 h of 16 h" in told
    assert "gross 5 h" in told
    assert "if resumed now" in told
    assert "03-04 12:00" in told


def test_a_clock_that_ran_out_says_by_how_much(accepted: Stage) -> None:
    accepted.clock.at = b.local(1, 17)
    accepted.json(*DO, "escalate", "to_tier=3", "reason=at once", "--as", OFFICER)
    accepted.clock.at = b.local(20, 9)
    accepted.json(*DO, "note", "text=late", "--as", DIRECTOR)

    told = accepted.run(*SHOW).stdout
    readings = accepted.json(*SHOW)["readings"]

    handling = next(each for each in readings if each["clock"] == "handling")
    assert handling["breached"]
    assert handling["over_ms"] > 0
    assert handling["remaining_ms"] == 0
    assert "overdue" in told
    assert "over" in told


def test_a_clock_that_a_new_target_finds_overdue_is_told_apart(accepted: Stage) -> None:
    accepted.clock.at = b.MON_15
    coordinator = f"officer:{b.COORDINATOR.person}@{b.COORDINATOR.post}"
    raised = ("reclassify", "priority=emergency", "reason=the mill stands still")
    accepted.json(*DO, *raised, "--as", coordinator)

    told = accepted.run(*SHOW).stdout
    readings = {each["clock"]: each for each in accepted.json(*SHOW)["readings"]}

    assert readings["handling"]["born_breached"]
    assert not readings["resolution"]["born_breached"]
    assert "born overdue" in told


def test_a_deadline_past_what_the_calendar_publishes_says_so(elsewhere: OtherStage) -> None:
    calendar = b.CALENDAR.model_copy(update={"valid_until": b.MON_9.date()})
    elsewhere.terms = Terms(handbook=b.HANDBOOK, calendar=calendar)
    elsewhere.json(*REPORT)
    elsewhere.json(*DO, "accept", "--as", OFFICER)

    told = elsewhere.run(*SHOW).stdout

    assert "2026-03-03 17:00 *" in told
    assert "provisional: past the last day that the calendar has published" in told
    assert elsewhere.json(*SHOW)["readings"][1]["provisional"]


def test_what_was_asked_for_and_is_not_answered_is_shown(accepted: Stage) -> None:
    asked = ("ask-extension", "clock=handling", "extra=2wd same_time", "reason=cables")
    accepted.json(*DO, *asked, "--as", OFFICER)
    accepted.json(*DO, "demand-reply", "question=Where does it stand?", "--as", DIRECTOR)

    told = accepted.run(*SHOW).stdout
    plain = accepted.json(*SHOW)

    assert "extension asked unanswered: 2wd same_time more for handling" in told
    assert "cables" in told
    assert "a supervisor waits for a reply" in told
    assert plain["request"]["asked"] == "extension"
    assert plain["reply_wanted"] is True


def test_a_phone_report_is_shown_in_both_views(stage: Stage) -> None:
    stage.clock.at = b.MON_11
    stage.json(*REPORT, "--occurred-at", "2026-03-02T09:00:00+08:00")
    stage.clock.at = b.MON_13
    stage.json(*DO, "accept", "--as", OFFICER)

    told = stage.run(*SHOW, "--known-now").stdout
    clocks = {each["clock"]: each for each in stage.json(*SHOW, "--known-now")}

    assert [line.split() for line in told.splitlines() if line.startswith(("began", "due"))] == [
        ["began", "2026-03-02", "11:00", "2026-03-02", "09:00"],
        ["due", "2026-03-02", "15:00", "2026-03-02", "13:00"],
    ]
    assert "took place 2026-03-02 09:00 (claimed), recorded 2026-03-02 11:00" in told
    assert clocks["acceptance"]["differs"]
    assert clocks["acceptance"]["then"]["elapsed_ms"] == 2 * b.HOUR_MS
    assert clocks["acceptance"]["now"]["elapsed_ms"] == 4 * b.HOUR_MS
    assert not clocks["handling"]["differs"]


def test_where_nothing_differs_it_is_said_in_a_line(accepted: Stage) -> None:
    assert "Both views agree" in accepted.run(*SHOW, "--known-now").stdout


def test_one_asks_for_one_view_at_a_time(accepted: Stage) -> None:
    result = accepted.run(*SHOW, "--time", "--known-now")

    assert result.exit_code == 2
    assert "one at a time" in result.stderr


def test_the_history_flags_what_was_recorded_late(elsewhere: OtherStage) -> None:
    stage = elsewhere
    stage.terms = b.terms_of(late_record_minutes=60)
    stage.clock.at = b.TUE_9 + 2 * b.HOUR
    stage.json(*REPORT, "--occurred-at", "2026-03-03T01:48:00+08:00")
    stage.clock.at = b.TUE_17
    stage.json(
        *(*DO, "note", "text=by word", "--as", OFFICER),
        *("--occurred-at", "2026-03-03T16:30:00+08:00"),
    )

    told = stage.run("history", b.ZONE, b.KEY).stdout
    events = stage.json("history", b.ZONE, b.KEY)["events"]

    assert "补录 recorded 9 h 12 min late" in told
    assert told.count("补录") == 1
    assert [(each["kind"], each["recorded_late_ms"]) for each in events] == [
        ("issue_reported", 33_120_000),
        *((each["kind"], None) for each in events[1:]),
    ]
    rung = next(line for line in told.splitlines() if "rung fired" in line)
    assert "took place" not in rung
    assert "took place 2026-03-03 16:30" in told
