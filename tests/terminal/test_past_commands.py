"""`--as-of`, `--known-at`, `--wait-for` and positions, as they are typed and shown."""

from datetime import timedelta
from typing import Any

import builders as b
import pytest
from stage import OFFICER, REPORT, Stage
from watch import Watch

from desk import travelling

SHOW = ("show", b.ZONE, b.KEY)
NINE, TEN, ELEVEN = "2026-03-02T09:00", "2026-03-02T10:00", "2026-03-02T11:00"


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A command line of the zone that supervises, with nothing reported."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@localhost/nothing")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("CLOSEOUT_ACTOR", raising=False)
    return Watch()


def stands(answer: dict[str, Any]) -> tuple[object, ...]:
    return answer["position"], answer["as_of"], answer["known_at"]


def test_an_answer_states_its_position_and_a_read_waits_for_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stage.json(*REPORT)["position"]
    done = stage.json("do", b.ZONE, b.KEY, "accept", "--as", OFFICER, "--id", "c-1")

    assert (first, done["position"]) == (1, 2)
    again = stage.json("do", b.ZONE, b.KEY, "accept", "--as", OFFICER, "--id", "c-1")
    assert (again["repeated"], again["position"]) == (True, 2)
    said = stage.run("do", b.ZONE, b.KEY, "accept", "--as", OFFICER, "--id", "c-1").stdout
    assert "position 2" in " ".join(said.split())
    assert stage.json(*SHOW, "--wait-for", "2")["version"] == 2
    monkeypatch.setattr(travelling, "WAIT", timedelta(milliseconds=1))
    for words in (SHOW, ("list",), ("history", b.ZONE, b.KEY), ("board", "mill")):
        late = stage.run(*words, "--wait-for", "3")
        assert late.exit_code == 1
        assert "stands at position 2" in " ".join(late.stderr.split())


def test_what_can_look_back_states_its_position(accepted: Stage) -> None:
    for words in (SHOW, ("list",), ("board", "mill"), ("enterprises",)):
        assert stands(accepted.json(*words)) == (2, None, None)
        assert "position 2" in accepted.run(*words).stdout
    told = accepted.json("history", b.ZONE, b.KEY)
    assert (told["position"], [each["position"] for each in told["events"]]) == (2, [1, 2])
    told = accepted.json("history", b.ZONE, b.KEY, "--as-of", NINE)
    assert [each["kind"] for each in told["events"]] == ["issue_reported"]
    assert stands(told) == (2, "2026-03-02T01:00:00.000Z", None)


def test_an_issue_is_shown_as_it_stood_at_an_instant_or_a_position(accepted: Stage) -> None:
    then = accepted.json(*SHOW, "--as-of", "2026-03-02T09:30")

    assert (then["version"], then["phase"], then["number"]) == (1, "intake", None)
    assert then["at"] == "2026-03-02T01:30:00.000Z"
    (reading,) = then["readings"]
    assert (reading["clock"], reading["net_ms"]) == ("acceptance", b.HOUR_MS // 2)
    assert stands(then) == (2, "2026-03-02T01:30:00.000Z", None)
    by_position = accepted.json(*SHOW, "--as-of", "1")
    assert (by_position["version"], *stands(by_position)) == (1, 1, 1, None)
    known = accepted.json(*SHOW, "--known-at", NINE)
    assert (known["version"], *stands(known)) == (1, 2, None, "2026-03-02T01:00:00.000Z")
    assert (
        "by what was known at 2026-03-02 09:00:00" in accepted.run(*SHOW, "--known-at", NINE).stdout
    )
    said = accepted.run(*SHOW, "--as-of", NINE).stdout
    assert "as of 2026-03-02 09:00:00, by what is known now" in said
    assert "position 2" in said


def test_a_correction_shows_in_what_was_true_and_not_in_what_was_known(accepted: Stage) -> None:
    accepted.clock.at = b.MON_11
    correct = ("version:=2", "took_place_at=2026-03-02T01:20:00Z", "reason=Book.")
    by = f"officer:{b.COORDINATOR.person}@{b.COORDINATOR.post}"
    accepted.json("do", b.ZONE, b.KEY, "correct", *correct, "--as", by)
    half_past = (*SHOW, "--as-of", "2026-03-02T09:30")

    assert accepted.json(*half_past)["phase"] == "handling"
    assert accepted.json(*half_past, "--known-at", "2026-03-02T10:59")["phase"] == "intake"
    assert accepted.json(*half_past, "--known-at", ELEVEN)["phase"] == "handling"
    assert accepted.json(*half_past, "--known-at", "2")["phase"] == "intake"
    assert accepted.json(*SHOW, "--known-at", TEN)["version"] == 2


def test_a_list_is_narrowed_by_what_was_so_then(accepted: Stage) -> None:
    accepted.json("report", b.ZONE, "k2", *REPORT[3:])
    accepted.clock.at = b.MON_11
    accepted.json("do", b.ZONE, "k2", "withdraw", "reason=Gone.", "--as", "enterprise:mill.a@mill")

    def listed(*words: str) -> list[str]:
        return [each["key"] for each in accepted.json("list", *words)["issues"]]

    assert listed("--open") == [b.KEY]
    assert listed("--open", "--as-of", TEN) == [b.KEY, "k2"]
    assert listed("--phase", "handling", "--as-of", TEN) == [b.KEY]
    assert listed("--phase", "handling", "--as-of", NINE) == []
    assert listed("--as-of", "1") == [b.KEY]
    assert listed("--zone", b.ZONE, "--known-at", f"{NINE}+08:00") == [b.KEY]


def test_the_next_page_looks_from_where_the_first_one_did(accepted: Stage) -> None:
    accepted.json("report", b.ZONE, "k2", *REPORT[3:])
    page = ("list", "--limit", "1")

    said = " ".join(accepted.run(*page, "--as-of", TEN).stdout.split())

    following = f"--as-of {TEN} --known-at 3 --limit 1 --after {b.ZONE}/{b.KEY}"
    assert f"more: closeout list {following}" in said
    assert [e["key"] for e in accepted.json("list", *following.split())["issues"]] == ["k2"]
    said = " ".join(accepted.run(*page, "--as-of", "3").stdout.split())
    assert f"--as-of 3 --limit 1 --after {b.ZONE}/{b.KEY}" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*SHOW, "--as-of", "2026-03-02T10:01"), "still to come"),
        ((*SHOW, "--as-of", "3"), "no such position yet"),
        ((*SHOW, "--as-of", "yesterday"), "no instant"),
        ((*SHOW, "--as-of", "2026-03-02T08:59"), "not been reported by then"),
        ((*SHOW, "--as-of", TEN, "--known-at", NINE), "still to come"),
        (("list", "--known-at", "9" * 40), "no instant"),
        (("board", "mill", "--at", TEN, "--as-of", TEN), "one at a time"),
        ((*SHOW, "--time", "--as-of", TEN), "without --time"),
    ],
)
def test_what_cannot_be_looked_at_is_refused(
    accepted: Stage, words: tuple[str, ...], said: str
) -> None:
    result = accepted.run(*words)

    assert result.exit_code in (2, 3, 5), result.output
    assert said in " ".join(result.output.split())


def test_the_boards_of_the_past_go_by_the_handbook_that_was_in_force(watch: Watch) -> None:
    watch.accept("a", b.MON_9)
    books = b.HANDBOOK_DATA
    kept = [each for each in books["enterprises"] if each["id"] == "mill"]
    watch.clock.at = b.MON_11
    watch.publish(b.terms_of(enterprises=kept, revision=7))
    watch.clock.at = b.MON_13

    def enterprises(*words: str) -> set[str]:
        return {each["id"] for each in watch.json("enterprises", *words)["enterprises"]}

    assert enterprises() == {"mill"}
    assert enterprises("--as-of", TEN) == {each["id"] for each in books["enterprises"]}
    now, then = watch.json("board", "mill"), watch.json("board", "mill", "--as-of", TEN)
    assert (now["revision"], then["revision"]) == (7, 1)
    assert then["local"] == f"{TEN}:00+08:00"
    assert stands(then) == (2, "2026-03-02T02:00:00.000Z", None)
    assert watch.json("board", "mill", "--as-of", "2")["local"] == f"{NINE}:00+08:00"


def test_lights_are_counted_as_it_was_and_as_it_was_known(watch: Watch) -> None:
    watch.accept("a", b.MON_9)
    watch.clock.at = b.MON_11
    late = ("--occurred-at", "2026-03-02T01:00:00Z")
    watch.json("report", b.ZONE, "b", *REPORT[3:], *late)

    def issues(*words: str) -> int:
        counted: int = watch.json("supervise", "lights", *words)["issues"]
        return counted

    assert issues("--as-of", TEN) == 2
    assert issues("--as-of", TEN, "--known-at", TEN) == issues("--at", TEN) == 1
    assert issues("--as-of", "2") == 1
    assert watch.run("supervise", "lights", "--at", TEN, "--as-of", TEN).exit_code == 2
