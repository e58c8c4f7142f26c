"""What benchmarks of scale work out: growth, what is lost and doubled, what memory bears."""

import asyncio
import os
import re
from dataclasses import replace

import pytest
from rich.console import Console

from benchmarks import __main__ as command
from benchmarks import folds
from benchmarks.__main__ import flags_of, run
from benchmarks.curves import Asked, Cost, Read, allowed, exponent, note_growth, timed
from benchmarks.figures import Figure, Results
from benchmarks.footprint import memory_mb, slope, tree
from benchmarks.lateness import Counted, counted_of, note_lateness, shown_bins
from benchmarks.open_issues import Footprint, bound
from benchmarks.plans import greedy

SMALL, LARGE = 10_000, 100_000


def test_an_exponent_is_nothing_for_what_stays_and_one_for_a_straight_line() -> None:
    assert exponent(5.0, 5.0, 10.0) == 0.0
    assert round(exponent(2.0, 20.0, 10.0), 9) == 1.0
    assert round(exponent(2.0, 200.0, 10.0), 9) == 2.0


def test_what_must_not_grow_may_take_a_little_longer_and_nothing_else() -> None:
    cost = _cost(10.0)

    assert 10.0 < allowed(cost, SMALL, LARGE, is_flat=True) < 15.0


def test_what_may_grow_may_do_so_as_n_log_n_and_no_faster() -> None:
    most = allowed(_cost(1000.0), SMALL, LARGE, is_flat=False)

    assert 1000.0 * 10 * 5 / 4 < most < 1000.0 * 10**1.5


def test_a_read_that_grows_is_marked_and_one_that_stays_is_not() -> None:
    assert _is_marked(10.0, 20.0, is_flat=True)
    assert not _is_marked(10.0, 10.5, is_flat=True)
    assert _is_marked(100.0, 10_000.0, is_flat=False)
    assert not _is_marked(100.0, 1100.0, is_flat=False)


def test_growth_is_told_from_the_first_to_the_last_of_three_sizes_too() -> None:
    results = Results({})
    costs = {SMALL: _cost(10.0), LARGE: _cost(12.0), 10 * LARGE: _cost(14.0)}

    note_growth(results, [_read(is_flat=True)], {"it": costs})

    told = [each.name for each in results.figures if "exponent" in each.name]
    assert told == [
        "it, exponent 10,000 to 100,000",
        "it, exponent 100,000 to 1,000,000",
        "it, exponent 10,000 to 1,000,000",
    ]
    # Each step stays within the noise, both together do not.
    assert [each.is_met for each in results.figures if "exponent" in each.name] == [
        *(True, True),
        False,
    ]


def test_what_takes_long_is_asked_less_often() -> None:
    asked = 0

    async def call() -> None:
        nonlocal asked
        asked += 1

    often = Asked(opened=0, rounds=20, seconds=60.0, monthly_max=0)
    cost = asyncio.run(timed(Read("it", call), often))
    all_times, asked = asked, 0
    asyncio.run(timed(Read("it", call), Asked(0, 20, seconds=0.0, monthly_max=0)))

    assert all_times == 26
    assert asked == 7
    assert 0.0 < cost.p50 <= cost.p75 <= cost.p95


def test_rungs_that_never_fired_are_lost_and_those_that_fired_again_are_doubled() -> None:
    assert counted_of(3, [("a", 1), ("b", 1), ("c", 1)]) == Counted(lost=0, doubled=0)
    assert counted_of(3, [("a", 1), ("c", 3)]) == Counted(lost=1, doubled=2)
    assert counted_of(2, []) == Counted(lost=2, doubled=0)


def test_one_rung_lost_misses_the_aim() -> None:
    assert _lateness_met(Counted(0, 0)) == {"rungs lost": True, "rungs doubled": True}
    assert _lateness_met(Counted(1, 0)) == {"rungs lost": False, "rungs doubled": True}
    assert _lateness_met(Counted(0, 1)) == {"rungs lost": True, "rungs doubled": False}


def test_every_value_is_in_one_bin_of_the_histogram() -> None:
    told = shown_bins([-0.01, 0.2, 1.0, 4.9, 5.0, 1000.0])

    assert told == "0 to 1: 2, 1 to 2: 1, 2 to 5: 1, 5 to 10: 1, 200 and more: 1"


def test_a_process_has_itself_and_its_memory_and_one_that_is_gone_has_none() -> None:
    assert os.getpid() in tree(os.getpid())
    assert os.getpid() in tree(os.getppid())
    assert memory_mb(os.getpid()) > 1.0
    assert memory_mb(None) == 0.0


def test_the_slope_is_what_each_more_adds() -> None:
    assert round(slope([(100, 30.0), (200, 50.0), (300, 70.0)]), 9) == 0.2


def test_an_issue_that_takes_twice_the_memory_leaves_room_for_half_as_many() -> None:
    one, two = _borne(temporal=0.1), _borne(temporal=0.2)

    assert abs(one - 2 * two) < 0.03 * one


def test_a_worker_bounds_nothing_beyond_the_workflows_that_it_keeps() -> None:
    assert abs(_borne(temporal=0.1, worker=0.0) - _borne(temporal=0.1, worker=0.1)) < 2000.0


def test_a_number_of_open_issues_that_is_asked_for_leaves_the_other_flags_alone() -> None:
    asked, plain = flags_of(quick=False, opened=600), flags_of(quick=False, opened=None)

    assert asked["open"] == {"issues": 600, "due": 200}
    assert plain["open"] == {"issues": 100_000, "due": 10_000}
    assert {**asked, "open": {}} == {**plain, "open": {}}


def _cost(ms: float) -> Cost:
    return Cost(ms, ms, ms)


def _read(*, is_flat: bool) -> Read:
    async def call() -> None:
        return

    return Read("it", call, is_flat=is_flat)


def _is_marked(before_ms: float, after_ms: float, *, is_flat: bool) -> bool:
    results = Results({})
    costs = {SMALL: _cost(before_ms), LARGE: _cost(after_ms)}
    note_growth(results, [_read(is_flat=is_flat)], {"it": costs})
    (found,) = (each for each in results.figures if "exponent" in each.name)
    return found.is_met is False


def _lateness_met(counted: Counted) -> dict[str, bool | None]:
    results = Results({})
    note_lateness(results, "lateness", [1.0] * 10, [1.0] * 10, counted)
    return {each.name: each.is_met for each in results.figures if each.name.startswith("rungs")}


def _borne(*, temporal: float, worker: float = 0.0) -> float:
    last = Footprint(200, {"PostgreSQL": 100.0, "Temporal": 100.0, "worker": 100.0}, {})
    memory = {"PostgreSQL": 0.0, "Temporal": temporal, "worker": worker}
    told = bound(last, memory, {"PostgreSQL": 0.01, "Temporal": 0.01}, 50.0)
    found = re.search(r"GiB bear ([\d,]+) at", told)
    assert found is not None
    return float(found[1].replace(",", ""))


def test_a_section_that_fails_keeps_what_it_found_and_the_others_are_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(results: Results, **_: float) -> None:
        results.figures.append(Figure("folds", "one", "s", 1.0))
        raise ValueError("too [many] at once")

    def works(results: Results, **_: float) -> None:
        results.figures.append(Figure("verify", "two", "s", 2.0))

    monkeypatch.setattr(command, "COMPUTED", {"folds": fails, "verify": works})
    console = Console(record=True, width=200, quiet=True)

    results = asyncio.run(run(console, ["folds", "verify"], 1, quick=True))

    assert [each.name for each in results.figures] == ["one", "two"]
    assert results.broken == ["folds: broken off, ValueError: too [many] at once"]


def test_folds_times_what_happened_in_every_recorded_life_and_nothing_else() -> None:
    steps = [step for life in folds._lives() for step in life]
    folds._compare(steps)

    moved = next(
        place
        for place, step in enumerate(steps)
        if step.event.clocks and not any(each.retarget for each in step.event.clocks)
    )
    spoilt = replace(steps[moved], event=steps[moved].event.model_copy(update={"clocks": ()}))

    with pytest.raises(folds.DisagreementError):
        folds._compare([spoilt])


def test_a_plan_that_takes_all_before_it_gives_one_row_is_told() -> None:
    walk = {"Node Type": "Index Scan", "Relation Name": "event", "Plan Rows": 14_000_000}
    scan = {"Node Type": "Seq Scan", "Relation Name": "event", "Plan Rows": 14_000_000}
    sort = {"Node Type": "Sort", "Plan Rows": 1_400_000, "Plans": [walk]}
    small = {"Node Type": "Sort", "Plan Rows": 50, "Plans": [walk]}
    plans: dict[str, object] = {
        name: {"Plan": {"Node Type": "Limit", "Plan Rows": 51, "Plans": [plan]}}
        for name, plan in (("walk", walk), ("scan", scan), ("sort", sort), ("small", small))
    }

    assert greedy(plans, 1_000_000) == ["scan: scans all events", "sort: Sort of 1,400,000 rows"]
