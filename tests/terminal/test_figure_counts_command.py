"""`closeout figures count` and `rank`: figures of the moment, told apart, ranked, never kept."""

from typing import Any

import builders as b
import builders_exclusions as x
import pytest
from watch import SUPERVISED, Watch

from domain.handbook import Handbook
from domain.terms import Terms

WITH_GROUNDS = Terms(
    handbook=Handbook.model_validate(
        SUPERVISED.handbook.model_dump(mode="json") | {"exclusions": x.GROUNDS}
    ),
    calendar=SUPERVISED.calendar,
)
WEEK = (b.ZONE, "--from", "2026-03-02")


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A zone in which two issues were closed out on Monday, one of them left out of figures."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@localhost/nothing")
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.delenv("CLOSEOUT_ACTOR", raising=False)
    watch = Watch(terms=WITH_GROUNDS)
    for key in ("a", "b"):
        watch.accept(key, b.MON_9)
        watch.act(key, b.PROPOSE, b.OFFICER)
        watch.act(key, b.CONFIRM, b.ENTERPRISE)
        watch.act(key, b.VERIFY, b.HEAD)
    watch.act("b", x.ALL, b.COORDINATOR)
    watch.act("b", x.TAKEN, b.SUPERVISOR)
    watch.clock.at = b.FRI_17
    return watch


def test_a_count_is_told_with_what_is_left_out_beside_it_and_published_nowhere(
    watch: Watch,
) -> None:
    made: dict[str, Any] = watch.json("figures", "count", "on_time", *WEEK)

    ratio = {"numerator": 1, "denominator": 1, "excluded": 1}
    assert made["all"]["ratios"] == {"on_time": ratio}
    assert (made["definition"], made["revision"], made["position"]) == ("on_time", 2, 12)
    said = watch.said("figures", "count", "on_time", *WEEK)
    assert "on_time 1 of 1 (100.0 %), 1 excluded" in said
    assert "excluded (closed 1, on_time 1)" in said
    assert "published nowhere" in said
    assert watch.json("figures", "list")["figures"] == []


def test_a_count_is_told_apart_by_a_dimension(watch: Watch) -> None:
    made: dict[str, Any] = watch.json("figures", "count", "load", *WEEK, "--by", "tier")

    (group,) = made["by"]["groups"]
    assert (made["by"]["dimension"], group["id"], group["counts"]["closed"]) == ("tier", "1", 2)
    assert "By tier" in watch.said("figures", "count", "load", *WEEK, "--by", "tier")
    lists = watch.json("figures", "count", "load", *WEEK, "--by", "list")
    assert [each["id"] for each in lists["by"]["groups"]] == [None]
    refused = watch.refused("figures", "count", "load", *WEEK, "--by", "mood")["said"]
    assert "category" in refused


def test_lengths_are_told_with_mean_and_percentiles(watch: Watch) -> None:
    said = watch.said("figures", "count", "time_to_close", *WEEK)

    assert "working mean 0 h, p50 0 h, p90 0 h, p95 0 h of 1" in said
    listed = watch.said("figures", "definitions")
    assert "working_ms (mean, percentiles)" in listed


def test_units_are_ranked_with_a_minimum(watch: Watch) -> None:
    asked = ("figures", "rank", "on_time", b.ZONE, "on_time", "--from", "2026-03-02")

    made: dict[str, Any] = watch.json(*asked, "--minimum", "1")

    (entry,) = made["entries"]
    assert (entry["rank"], entry["id"], entry["excluded"]) == (1, "grid-east-1", 1)
    few = watch.said(*asked, "--minimum", "2")
    assert "fewer than 2" in few
    assert "1 excluded" in few
    by_tier = watch.json(*asked, "--minimum", "1", "--by", "tier")
    assert [each["id"] for each in by_tier["entries"]] == ["1"]


def test_what_has_no_denominator_is_not_ranked_and_what_is_to_come_is_not_counted(
    watch: Watch,
) -> None:
    ranking = ("figures", "rank", "load", b.ZONE, "open", "--from", "2026-03-02")
    assert "no denominator" in watch.refused(*ranking, "--minimum", "1")["said"]
    later = (*WEEK, "--to", "2026-03-30")
    assert "not happened yet" in watch.refused("figures", "count", "load", *later)["said"]
