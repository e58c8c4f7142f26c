"""`closeout supervise lights`, `warnings` and `parked`, as they are typed."""

from datetime import timedelta
from typing import Any

import builders as b
import builders_ladder as bl
import pytest
from deep import IN_CHECK
from stage import OFFICER, REPORT
from watch import DIRECTOR, ROADS, SUPERVISOR, Watch, warned

pytestmark = IN_CHECK

MINUTE = timedelta(minutes=1)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A command line of the zone that supervises, with nothing reported."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@localhost/nothing")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("CLOSEOUT_ACTOR", raising=False)
    return Watch()


def lights(watch: Watch, *words: str) -> dict[str, Any]:
    """Return what is shown, without from where it was looked at."""
    answer: dict[str, Any] = watch.json("supervise", "lights", *words)
    return {name: answer[name] for name in answer.keys() - {"position", "as_of", "known_at"}}


def count(watch: Watch, *words: str) -> dict[str, Any]:
    answer: dict[str, Any] = watch.json("supervise", "warnings", "--zone", b.ZONE, *words)
    return answer


def points(answer: dict[str, Any]) -> dict[str, int]:
    return {unit["holder"]["id"]: unit["points"] for unit in answer["units"]}


# --- lights ---


def three(watch: Watch) -> None:
    """Leave one issue red, one yellow, one green, by Tuesday at five."""
    watch.accept("a", b.MON_9)
    watch.do("a", "hand-over", "unit=roads", "reason=Roads.", by=OFFICER)
    watch.accept("b", b.MON_11)
    watch.accept("c", b.TUE_9 + 6 * b.HOUR)
    watch.clock.at = b.TUE_17


def test_open_issues_are_counted_by_light_tier_and_unit_and_the_worst_are_named(
    watch: Watch,
) -> None:
    three(watch)

    answer = lights(watch)

    assert (answer["issues"], answer["lights"]) == (
        3,
        {"red": 1, "yellow": 1, "green": 1, "none": 0},
    )
    assert [(t["zone"], t["tier"], sum(t["lights"].values())) for t in answer["by_tier"]] == [
        (b.ZONE, 1, 3)
    ]
    assert {u["holder"]["id"]: u["lights"]["red"] for u in answer["by_unit"]} == {
        "grid-east-1": 0,
        "roads": 1,
    }
    assert [(w["key"], w["light"], w["clock"]) for w in answer["worst"]] == [
        ("a", "red", "handling"),
        ("b", "yellow", "handling"),
    ]
    assert [w["key"] for w in lights(watch, "--limit", "1")["worst"]] == ["a"]
    shown = watch.said("supervise", "lights")
    assert "3 open issues as of 2026-03-03T09:00:00.000Z" in shown
    assert "in all 1 1 1 0" in shown


def test_one_unit_or_one_zone_is_counted_alone(watch: Watch) -> None:
    three(watch)

    assert lights(watch, "--unit", "roads")["lights"]["red"] == 1
    assert lights(watch, "--unit", "roads")["issues"] == 1
    assert lights(watch, "--zone", b.ZONE)["issues"] == 3
    assert watch.refused("supervise", "lights", "--zone", "atlantis")["code"] == 3


def test_a_past_moment_shows_what_was_shown_then(watch: Watch) -> None:
    """Whatever came later, and whatever rang late."""
    live: dict[str, dict[str, Any]] = {}

    def look() -> None:
        local = watch.clock.at.astimezone(b.SHANGHAI)
        live[f"{local:%Y-%m-%dT%H:%M:%S}"] = lights(watch)

    watch.accept("a", b.MON_9)
    look()
    ask_roads(watch)
    watch.accept("b", b.MON_11)
    watch.do("b", "hand-over", "unit=power", "reason=Power.", by=OFFICER)
    look()
    watch.clock.at = b.TUE_17 + 7 * MINUTE
    look()
    watch.do("b", "pause", "reason=waiting_enterprise", "note=Papers.", by=OFFICER)
    look()
    watch.clock.at = b.WED_9
    look()
    watch.ring("a", "handling")
    look()
    watch.clock.at = b.THU_9
    watch.json("report", b.ZONE, "c", *REPORT[3:])
    look()
    watch.clock.at += MINUTE
    watch.do("c", "withdraw", "reason=It has gone.", by="enterprise:mill.a@mill")
    look()
    watch.clock.at = b.NEXT_MON_9

    assert len({str(answer["lights"]) for answer in live.values()}) >= 3
    for at, answer in live.items():
        assert lights(watch, "--at", at) == answer


def test_a_light_of_the_future_is_refused(watch: Watch) -> None:
    three(watch)

    refusal = watch.refused("supervise", "lights", "--at", "2026-03-03T17:01")

    assert (refusal["code"], "still to come" in refusal["said"]) == (3, True)
    assert watch.refused("supervise", "lights", "--at", "yesterday")["code"] == 3


# --- warnings ---


def late_roads(watch: Watch, key: str = "a") -> None:
    """Let the roads section miss the limit of Tuesday at five."""
    watch.accept(key, b.MON_9)
    watch.do(key, "hand-over", "unit=roads", "reason=Roads.", by=OFFICER)
    watch.clock.at = b.TUE_17 + MINUTE
    watch.ring(key, "handling")


def test_a_missed_limit_counts_against_the_unit_that_had_it_and_cites_the_event(
    watch: Watch,
) -> None:
    late_roads(watch)

    answer = count(watch, "--period", "2026-03")

    (unit,) = answer["units"]
    assert (unit["holder"], unit["points"], unit["cards"]) == (
        {"kind": "unit", "id": "roads"},
        2,
        [],
    )
    (warning,) = unit["warnings"]
    assert (warning["ground"], warning["points"]) == ("late", 2)
    fact = warning["fact"]
    events = watch.json("history", b.ZONE, "a")["events"]
    cited = next(each for each in events if each["version"] == fact["version"])
    assert (cited["kind"], cited["event"]["clock"]) == ("rung_fired", "handling")
    assert fact["at"] == "2026-03-03T09:00:00.000Z"
    assert (answer["read"], answer["rule_of"]) == ({"issues": 1, "orders": 0}, "shipped")
    assert count(watch, "--period", "2026-02")["units"] == []
    assert count(watch, "--period", "2026-03", "--unit", "power")["units"] == []
    assert "市政科 Roads section 2 —" in watch.said(
        "supervise", "warnings", "--zone", b.ZONE, "--period", "2026-03"
    )


def ask_roads(watch: Watch) -> None:
    """Put a question about issue `a` to the roads section: an order's stream beside the issues'."""
    watch.json(
        *("supervise", "issue", b.ZONE, "o-1", "--instrument", "notice", "--unit", "roads"),
        *("--issue", "a", "--question", "Why?", "--words", "It stalls.", "--as", SUPERVISOR),
    )


def test_an_order_counts_until_an_appeal_annuls_it_and_stays_in_sight(watch: Watch) -> None:
    watch.accept("a", b.MON_9)
    ask_roads(watch)
    before = count(watch, "--period", "2026-03")
    watch.json(
        *("supervise", "appeal", b.ZONE, "o-1", "--reason", "It is not ours.", "--as", ROADS)
    )
    pending = count(watch, "--period", "2026-03")
    watch.json(
        *("supervise", "rule", b.ZONE, "o-1", "--ruling", "annul", "--reason", "True."),
        *("--as", DIRECTOR),
    )

    after = count(watch, "--period", "2026-03")

    assert (points(before), points(pending), points(after)) == (
        {"roads": 1},
        {"roads": 1},
        {"roads": 0},
    )
    ((warning,),) = [unit["warnings"] for unit in after["units"]]
    assert warning["points"] == 0
    assert warning["fact"]["stream"] == f"order/{b.ZONE}/o-1"
    assert warning["fact"]["annulled"] == {"version": 3, "why": "appeal"}
    assert "annulled on appeal, event 3" in watch.said(
        "supervise", "warnings", "--zone", b.ZONE, "--period", "2026-03"
    )


def test_a_past_month_is_counted_by_the_rule_of_then_of_now_or_of_a_version(watch: Watch) -> None:
    late_roads(watch)
    watch.clock.at = b.local(40)
    strict = warned({"id": "late", "fact": "breach", "points": 7, "clocks": ["handling"]})
    watch.publish(bl.ladder_terms(revision=2, supervision=strict))
    watch.clock.at = b.local(41)

    then, now = (
        points(count(watch, "--period", "2026-03", "--rule", rule)) for rule in ("then", "now")
    )

    assert (then["roads"], now["roads"]) == (2, 7)
    assert points(count(watch, "--period", "2026-03")) == then
    assert points(count(watch, "--period", "2026-03", "--rule", "published:1")) == now
    assert count(watch, "--period", "2026-04")["rule_of"] == "handbook-1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--period", "2026-13"), "This is no period"),
        (("--period", "2026-Q1"), "counts by the month"),
        (("--period", "2026-03", "--rule", "published:9"), "No version of this zone"),
    ],
)
def test_a_period_or_a_rule_that_does_not_fit_is_refused(
    words: tuple[str, ...], said: str, watch: Watch
) -> None:
    refusal = watch.refused("supervise", "warnings", "--zone", b.ZONE, *words)

    assert (refusal["code"], said in refusal["said"]) == (3, True)


def test_a_handbook_that_counts_no_warnings_says_so(watch: Watch) -> None:
    watch.terms = b.TERMS

    refusal = watch.refused("supervise", "warnings", "--zone", b.ZONE, "--period", "2026-03")

    assert "counts no warnings" in refusal["said"]


# --- parked ---


def park(watch: Watch, key: str) -> None:
    watch.act(key, bl.ASK_PARKING, b.OFFICER)
    watch.act(key, b.GRANT, b.HEAD)


def test_what_is_parked_is_counted_and_its_next_review_named(watch: Watch) -> None:
    watch.accept("a", b.MON_9)
    watch.accept("b", b.MON_9)
    watch.accept("c", b.MON_9)
    park(watch, "b")
    watch.clock.at = b.MON_13
    park(watch, "a")

    answer = watch.json("supervise", "parked")

    assert (answer["parked"], answer["open"], answer["review_overdue"]) == (2, 3, 0)
    assert answer["zones"] == [{"zone": b.ZONE, "parked": 2, "open": 3}]
    assert [(i["key"], i["review_at"], i["times"]) for i in answer["issues"]] == [
        ("b", "2026-03-27T09:00:00.000Z", 1),
        ("a", "2026-03-30T05:00:00.000Z", 1),
    ]
    assert len(watch.json("supervise", "parked", "--limit", "1")["issues"]) == 1
    assert "挂账 parked: 2 of 3 open issues" in watch.said("supervise", "parked")


def test_the_count_is_published_also_where_nothing_is_parked_any_more(watch: Watch) -> None:
    watch.accept("a", b.MON_9)
    park(watch, "a")
    watch.clock.at = b.local(29)
    overdue = watch.json("supervise", "parked")
    watch.act("a", b.NOTE, b.OFFICER)

    answer = watch.json("supervise", "parked", "--zone", b.ZONE)

    assert (overdue["parked"], overdue["review_overdue"]) == (1, 1)
    assert (answer["parked"], answer["open"], answer["issues"]) == (0, 1, [])
    assert watch.refused("supervise", "parked", "--zone", "atlantis")["code"] == 3
