"""Warnings (R11): counted per unit and period by a versioned rule."""

from datetime import date, datetime, timedelta
from typing import Any

import builders as b
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain.durations import WorkingDays
from domain.model import Name
from domain.responsibility import Holder, HolderKind
from domain.supervision_rules import Card, Ground, Period, WarningFact, WarningRule
from domain.warning_facts import Annulment, Fact, Undone
from domain.warnings import Tally, count, ground_of, span_of

ROADS = Holder(kind=HolderKind.UNIT, id="roads")
GRID = Holder(kind=HolderKind.POST, id="grid-east-1")
HEAD = Holder(kind=HolderKind.POST, id="head-east")
MINUTE = timedelta(minutes=1)


def fact(version: int = 1, **changes: Any) -> Fact:
    fields: dict[str, Any] = {
        "fact": WarningFact.BREACH,
        "stream": f"{b.ZONE}/i-1",
        "version": version,
        "at": b.MON_9,
        "charged": ROADS,
        "clock": "handling",
        "rule": "handling",
        "cycle": 1,
    }
    return Fact.model_validate(fields | changes)


def rule(*grounds: tuple[str, str, int], **narrow: dict[str, tuple[str, ...]]) -> WarningRule:
    """Return a monthly rule; `narrow` has further fields of a ground, by its id."""
    return WarningRule(
        period=Period.MONTH,
        grounds=tuple(
            Ground(id=id_, fact=WarningFact(what), points=points, **narrow.get(id_, {}))
            for id_, what, points in grounds
        ),
        cards=(
            Card(id="red", name=Name(zh="红牌", en="red"), points=6),
            Card(id="yellow", name=Name(zh="黄牌", en="yellow"), points=3),
        ),
        appeal=WorkingDays(days=3),
        appeal_to_tier=2,
    )


MARCH = span_of("2026-03")
ONE = rule(("late", "breach", 1))


def counted(*facts: Fact, by: WarningRule = ONE) -> dict[str, int]:
    return {t.charged.id: t.points for t in count(facts, by, MARCH, "Asia/Shanghai")}


def test_the_first_ground_that_fits_says_what_a_fact_is_worth() -> None:
    narrow: dict[str, dict[str, tuple[str, ...]]] = {
        "total": {"clocks": ("resolution",)},
        "named": {"instruments": ("interview",)},
    }
    by = rule(
        ("total", "breach", 5),
        ("late", "breach", 1),
        ("named", "order_issued", 4),
        ("order", "order_issued", 2),
        **narrow,
    )
    order = {"fact": "order_issued", "clock": None, "rule": None, "cycle": None}

    def ground(**changes: Any) -> str | None:
        found = ground_of(fact(**changes), by)
        return None if found is None else found.id

    assert ground(rule="resolution", clock="resolution") == "total"
    assert ground() == "late"
    assert ground(**order, instrument="interview") == "named"
    assert ground(**order, instrument="notice") == "order"
    assert ground(fact="sent_back") is None
    assert counted(fact(fact="sent_back"), by=by) == {}


def test_a_fact_belongs_to_the_zones_local_day() -> None:
    last_second = datetime.fromisoformat("2026-03-31T23:59:59.999+08:00")
    midnight = datetime.fromisoformat("2026-04-01T00:00:00+08:00")
    first = datetime.fromisoformat("2026-03-01T00:00:00+08:00")

    assert counted(fact(at=last_second), fact(2, at=first)) == {"roads": 2}
    assert counted(fact(at=midnight), fact(2, at=first - MINUTE)) == {}


def test_cards_are_reached_by_points_and_the_worst_unit_comes_first() -> None:
    facts = [fact(v) for v in range(1, 4)] + [fact(v, charged=GRID) for v in range(11, 17)]

    tallies = count(facts, ONE, MARCH, "Asia/Shanghai")

    assert [(t.charged.id, t.points, [c.id for c in t.cards]) for t in tallies] == [
        ("grid-east-1", 6, ["yellow", "red"]),
        ("roads", 3, ["yellow"]),
    ]


def test_what_is_annulled_stays_in_sight_and_counts_nothing() -> None:
    gone = fact(2, annulled=Annulment(version=9, why=Undone.APPEAL))

    (tally,) = count([fact(), gone], ONE, MARCH, "Asia/Shanghai")
    (alone,) = count([gone], ONE, MARCH, "Asia/Shanghai")

    assert (tally.points, [w.points for w in tally.warnings]) == (1, [1, 0])
    assert (alone.points, alone.cards, len(alone.warnings)) == (0, (), 1)


def test_what_is_told_twice_is_annulled_if_either_telling_knows_of_it() -> None:
    gone = fact(annulled=Annulment(version=9, why=Undone.APPEAL))

    assert counted(fact(), gone) == counted(gone, fact()) == {"roads": 0}


def test_the_same_past_is_counted_by_the_rule_of_then_or_of_now() -> None:
    facts = [fact(), fact(2, fact="sent_back", clock=None, rule=None, cycle=None)]

    assert counted(*facts) == {"roads": 1}
    assert counted(*facts, by=rule(("late", "breach", 3), ("back", "sent_back", 4))) == {"roads": 7}


@pytest.mark.parametrize(
    ("text", "period", "from_on", "to_on"),
    [
        ("2026-11", Period.MONTH, date(2026, 11, 1), date(2026, 11, 30)),
        ("2026-12", Period.MONTH, date(2026, 12, 1), date(2026, 12, 31)),
        ("2028-02", Period.MONTH, date(2028, 2, 1), date(2028, 2, 29)),
        ("2026-Q1", Period.QUARTER, date(2026, 1, 1), date(2026, 3, 31)),
        ("2026-Q4", Period.QUARTER, date(2026, 10, 1), date(2026, 12, 31)),
        ("2026", Period.YEAR, date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_period_is_written_one_way(text: str, period: Period, from_on: date, to_on: date) -> None:
    span = span_of(text)

    assert (span.period, span.from_on, span.to_on) == (period, from_on, to_on)


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "26-11", "2026-Q5", "1999", "3000-01", ""])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no period"):
        span_of(text)


FACTS = st.lists(
    st.builds(
        fact,
        version=st.integers(1, 30),
        at=st.integers(0, 120).map(lambda day: b.local(day - 40, day % 24)),
        charged=st.sampled_from([ROADS, GRID, HEAD]),
        stream=st.sampled_from([f"{b.ZONE}/i-1", f"{b.ZONE}/i-2"]),
        annulled=st.none() | st.just(Annulment(version=40, why=Undone.APPEAL)),
    ),
    max_size=25,
    unique_by=lambda each: (each.stream, each.version),
)


@settings(max_examples=80, deadline=None)
@for_all(FACTS, st.randoms(use_true_random=False))
def test_the_same_facts_make_the_same_count_in_any_order_and_told_twice(
    facts: list[Fact], chance: Any
) -> None:
    others = [*facts, *facts[:3]]
    chance.shuffle(others)

    assert count(others, ONE, MARCH, "Asia/Shanghai") == count(facts, ONE, MARCH, "Asia/Shanghai")


@settings(max_examples=80, deadline=None)
@for_all(FACTS)
def test_the_months_of_a_quarter_add_up_and_no_point_is_without_its_event(
    facts: list[Fact],
) -> None:
    def points(name: str) -> dict[str, int]:
        tallies: tuple[Tally, ...] = count(facts, ONE, span_of(name), "Asia/Shanghai")
        assert all(t.points == sum(w.points for w in t.warnings) for t in tallies)
        cited = [(w.fact.stream, w.fact.version) for t in tallies for w in t.warnings]
        assert len(set(cited)) == len(cited)
        return {t.charged.id: t.points for t in tallies}

    months = [points(f"2026-0{month}") for month in (1, 2, 3)]
    whole = points("2026-Q1")

    assert whole == {unit: sum(month.get(unit, 0) for month in months) for unit in whole}
    assert set(whole) == {unit for month in months for unit in month}
