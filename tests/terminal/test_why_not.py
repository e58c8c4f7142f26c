"""`closeout why`: both limits of a clock that was moved, each event's verdict, and why not."""

from typing import Any

import builders as b
import pytest
from rich.cells import cell_len
from stage import OFFICER, Stage

HEAD = f"officer:{b.HEAD.person}@{b.HEAD.post}"
COORDINATOR = f"officer:{b.COORDINATOR.person}@{b.COORDINATOR.post}"
ISSUE = (b.ZONE, b.KEY)
HANDLING = ("why", *ISSUE, "handling")


def flat(text: str) -> str:
    """Return what was printed as one line, so that no test depends on where a line ends."""
    return " ".join(text.split())


@pytest.fixture
def paused(accepted: Stage) -> Stage:
    """A command line whose issue waits for papers since Monday at eleven; it is Tuesday."""
    accepted.clock.at = b.MON_11
    accepted.json(
        *("do", *ISSUE, "pause", "reason=waiting_enterprise", "note=papers", "--as", OFFICER)
    )
    accepted.clock.at = b.TUE_9
    return accepted


@pytest.fixture
def raised(accepted: Stage) -> Stage:
    """A command line whose issue became an emergency on Monday at eleven."""
    accepted.clock.at = b.MON_11
    words = ("reclassify", "priority=emergency", "reason=The mill stands still.")
    accepted.json("do", *ISSUE, *words, "--as", COORDINATOR)
    return accepted


def clocks_of(answer: list[dict[str, Any]]) -> set[str]:
    return {each["clock"] for each in answer}


def test_the_clock_may_follow_any_name_of_the_issue(accepted: Stage) -> None:
    number = accepted.json("show", *ISSUE)["number"]

    for named in (ISSUE, (f"{b.ZONE}/{b.KEY}",), (number,)):
        assert clocks_of(accepted.json("why", *named)) == {"handling", "resolution"}
        assert clocks_of(accepted.json("why", *named, "handling")) == {"handling"}
        assert clocks_of(accepted.json("why", *named, "--clock", "handling")) == {"handling"}


def test_a_clock_named_twice_must_be_the_same_clock(accepted: Stage) -> None:
    assert clocks_of(accepted.json(*HANDLING, "--clock", "handling")) == {"handling"}

    twice = accepted.run(*HANDLING, "--clock", "resolution")

    assert twice.exit_code == 2
    assert "two clocks are named" in flat(twice.output)


def test_two_words_after_zone_and_key_in_one_are_one_too_many(accepted: Stage) -> None:
    result = accepted.run("why", f"{b.ZONE}/{b.KEY}", "handling", "at-50")

    assert result.exit_code == 2


def test_a_question_about_events_or_a_rung_needs_a_clock(accepted: Stage) -> None:
    for words in (("--events",), ("--not", "at-50")):
        result = accepted.run("why", *ISSUE, *words)
        assert result.exit_code == 3
        assert "acceptance, handling, resolution" in flat(result.output)
    assert accepted.run(*HANDLING, "--events", "--not", "due").exit_code == 2


def test_a_moved_limit_is_derived_before_and_after_the_move(raised: Stage) -> None:
    told = flat(raised.run(*HANDLING).stdout)

    assert "时限 1/2 起算 as it started" in told
    assert "deadline 2026-03-04 10:00:00 until event 3" in told
    assert "时限 2/2 另定时限，保留已用 new limit, what was spent is kept" in told
    assert "deadline 2026-03-02 12:00:00 before: 2026-03-04 10:00:00" in told
    assert "author coordination (coordination.a)" in told
    assert "reason The mill stands still." in told
    assert told.count("= budget") == 2


def test_a_moved_limit_adds_up_in_json_target_by_target(raised: Stage) -> None:
    (handling,) = raised.json(*HANDLING)

    first, second = handling["targets"]
    assert (first["adds_up"], second["adds_up"], handling["adds_up"]) == (True, True, True)
    assert first["due_at"] == second["was_due_at"] != second["due_at"] == handling["due_at"]
    assert (second["rule"], second["cause"]["kind"]) == ("keep_elapsed", "issue_reclassified")
    assert (handling["budget_ms"], second["budget_ms"]) == (2 * b.HOUR_MS, 2 * b.HOUR_MS)
    sums = [target["counted_ms"] + target["unspent_ms"] for target in handling["targets"]]
    assert sums == [16 * b.HOUR_MS, 2 * b.HOUR_MS]


def test_every_event_says_which_condition_held_or_what_failed(paused: Stage) -> None:
    told = flat(paused.run(*HANDLING, "--events").stdout)

    assert "· 起算 start phase 受理 intake, not 办理 handling" in told
    assert "→ 起算 start phase 办理 handling" in told
    assert "→ 暂停 pause paused yes" in told
    assert "stop > cancel > reset > pause > resume > start" in told


def test_an_event_that_moves_nothing_says_what_each_possible_move_lacked(accepted: Stage) -> None:
    accepted.json("do", *ISSUE, "note", "text=Called.", "--as", OFFICER)

    told = flat(accepted.run(*HANDLING, "--events").stdout)

    assert "· 停止 stop phase 办理 handling, not 签收核销 sign-off" in told
    reset = "event 备注 note, not 升级 escalated or 退回下级 given back"
    assert f"· 重置 reset {reset}" in told
    assert "· 暂停 pause paused no, not yes" in told


def test_events_in_json_have_every_move_and_agree_with_the_record(paused: Stage) -> None:
    answer = paused.json(*HANDLING, "--events")

    assert answer["clock"] == "handling"
    assert [event["judgement"]["won"] for event in answer["events"]] == [None, "start", "pause"]
    assert all(event["agrees"] for event in answer["events"])
    moves = answer["events"][0]["judgement"]["moves"]
    order = ["stop", "cancel", "reset", "pause", "resume", "start"]
    assert [move["move"] for move in moves] == order
    assert moves[0]["obstacle"] == "never_started"
    assert moves[-1]["tried"][0]["failure"] == {
        "asked": "phases",
        "wanted": ["handling"],
        "found": "intake",
    }


def test_a_supervisor_is_told_in_a_sentence_why_there_was_no_warning(paused: Stage) -> None:
    told = flat(paused.run(*HANDLING, "--not", "at-50").stdout)

    assert "计时暂停 The clock stands: since event 3 (暂停计时 paused, 2026-03-02 11:00)" in told
    assert "待企业 waiting for the enterprise" in told
    assert (
        "7 h left to count until this rung: resumed now, it would be due 2026-03-03 16:00" in told
    )


def test_the_sentence_is_in_the_json_with_the_facts_that_it_is_made_of(paused: Stage) -> None:
    (answer,) = paused.json(*HANDLING, "--not", "at-50")

    assert (answer["why"], answer["left_ms"]) == ("paused", 7 * b.HOUR_MS)
    assert answer["event"]["version"] == 3
    assert answer["due_at"] == "2026-03-03T08:00:00Z"
    assert "event 3" in answer["told"]


@pytest.mark.parametrize(
    ("clock", "rung", "told"),
    [
        ("handling", "at-50", "未到时 It is not due yet: it falls due 2026-03-03 10:00, in 1 d."),
        ("acceptance", "at-50", "计时已结束 The clock ended before it was due: event 2 (受理登记"),
        ("review", "due", "未起算 The clock has never started: no event met the conditions"),
        ("handling", "tea", "无此提醒 There is no such rung: the handbook gives this clock at-50"),
    ],
)
def test_each_reason_has_its_sentence(accepted: Stage, clock: str, rung: str, told: str) -> None:
    assert told in flat(accepted.run("why", *ISSUE, clock, "--not", rung).stdout)


def test_a_rung_that_is_due_and_unfired_is_not_explained_away(accepted: Stage) -> None:
    accepted.clock.at = b.WED_9

    told = flat(accepted.run(*HANDLING, "--not", "at-50").stdout)

    assert "已到时未响 It is due and has not fired: 2026-03-03 10:00, 23 h ago" in told
    assert "not fired yet" in flat(accepted.run(*HANDLING).stdout)


def test_what_a_new_limit_passed_over_names_the_event(raised: Stage) -> None:
    told = flat(raised.run(*HANDLING, "--not", "at-50").stdout)

    assert "已被取代 Another limit has passed it over: event 3 (调整类别 reclassified" in told


def test_each_cycle_of_a_clock_has_its_own_reason(accepted: Stage) -> None:
    accepted.clock.at = b.MON_11
    accepted.json("do", *ISSUE, "escalate", "reason=too wide", "--as", OFFICER)

    first, second = accepted.json(*HANDLING, "--not", "due")

    assert (first["cycle"], first["why"], first["move"]) == (1, "ended", "reset")
    assert (second["cycle"], second["why"]) == (2, "not_yet_due")


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_longer_than_the_paper(raised: Stage, width: int) -> None:
    for words in ((), ("--events",), ("--not", "at-50"), ("--not", "due")):
        told = raised.run(*HANDLING, *words, COLUMNS=str(width))
        assert told.exit_code == 0
        assert max(cell_len(line) for line in told.stdout.splitlines()) <= width


def test_a_clock_that_could_never_be_is_refused(accepted: Stage) -> None:
    for words in ((), ("--events",), ("--not", "due")):
        result = accepted.run("why", *ISSUE, "lunch", *words)
        assert result.exit_code == 3
        assert "never had such a clock" in flat(result.output)
