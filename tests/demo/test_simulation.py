"""A year in virtual time on the production domain: the same for the same scenario, sound, and such
that rosters can be sized by it."""

import asyncio
import gc
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import pytest
from laid_year import laid

from activities.reporting import make_report
from audit.corpus import corpus_files
from audit.figure_counts import count_figures
from audit.handling_times import QUANTILES, HandlingTime, Step, family_of, measured
from audit.verify import verify_all
from audit.year_sums import Days, SimulatedYear, YearSums
from demo.diaries import RosteredDiaries
from demo.scenario import Absence, RosterSize, Scenario, ScenarioError, Surge
from demo.scenario_arrivals import Arrivals
from demo.scenario_terms import zone_terms
from demo.simulation import Written, play_zone, simulate
from demo.year_arrivals import midnight
from desk.desk import Desk
from desk.shelf import Shelf
from domain.canonical import canonical
from domain.chain import Record
from domain.figure_definitions import DEFINITIONS, definition
from domain.figures import Period
from domain.handbook_routines import routines_rule
from domain.routines import RoutineKind, run_of
from domain.terms import Terms
from handbooks.shelf import read_terms
from ledger.memory import MemoryLedger

ISSUES = 30
SMALL = Scenario(zone="xinghe", year=2026, issues=12)
PLAIN = SMALL.model_copy(update={"issues": ISSUES})
ALL_TWO_HOURS = tuple(HandlingTime(step=step, hours=(2, 2)) for step in Step)


@lru_cache
def xinghe() -> Terms:
    return read_terms("xinghe")


def played(scenario: Scenario) -> YearSums:
    """Return the sums of the first zone of a scenario."""
    return play_zone(scenario, xinghe(), 0, Written())[1]


def waiting(sums: YearSums) -> int:
    """Return for how many days acts were left waiting, of all holders together."""
    return sum(sum(each.queue()) for each in sums.holders.values())


def breaches(sums: YearSums) -> int:
    return sum(month.breaches for month in sums.months)


@dataclass(frozen=True, slots=True)
class Kept:
    """A year that was played, written down and laid into a ledger."""

    year: SimulatedYear
    folder: Path
    ledger: MemoryLedger
    terms: Terms


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A year with a roster that makes queues, its figures counted."""
    folder = tmp_path_factory.mktemp("year")
    scenario = PLAIN.model_copy(update={"issues": 16, "acts_a_day": 0.4, "enterprises": 30})
    year = asyncio.run(simulate(scenario, folder=folder, figures=True, check=True))
    ledger, terms = asyncio.run(laid(folder))
    return Kept(year, folder, ledger, terms["xinghe"])


async def test_one_seed_gives_one_hash_and_another_seed_another() -> None:
    one, again = await simulate(SMALL), await simulate(SMALL)
    other = await simulate(SMALL.model_copy(update={"seed": 9}))

    assert one.hash == again.hash
    assert one.plain() == again.plain()
    assert other.hash != one.hash


async def test_however_many_processes_play_it_the_hash_is_the_same() -> None:
    """Each process hashes texts by a seed of its own: no order hangs on that either."""
    scenario = SMALL.model_copy(update={"issues": 6, "zones": 2, "acts_a_day": 0.2})

    alone, together = await simulate(scenario), await simulate(scenario, jobs=2)

    assert len({each.hash for each in alone.zones}) == 2
    assert together.hash == alone.hash
    assert together.plain() == alone.plain()


async def test_the_simulated_ledger_verifies(kept: Kept) -> None:
    found = await verify_all(kept.ledger)

    sums, checked = kept.year.sums, kept.year.checked
    assert found.found == ()
    assert (found.streams, found.events) == (sums.issues, sums.events)
    assert checked is not None
    assert checked.is_identical
    assert checked.decisions == sums.commands


async def test_zones_alike_make_one_ledger_that_verifies(tmp_path: Path) -> None:
    year = await simulate(SMALL.model_copy(update={"zones": 2, "issues": 6}), folder=tmp_path)
    ledger, terms = await laid(tmp_path)

    assert (await verify_all(ledger)).found == ()
    assert sorted(terms) == ["xinghe-001", "xinghe-002"]
    assert year.sums.issues == sum(each.issues for each in year.zones) >= 6
    assert year.sums.events == sum(each.events for each in year.zones)


async def test_the_figures_of_a_year_are_those_that_a_ledger_with_it_gives(kept: Kept) -> None:
    (zone,) = kept.year.zones
    period = Period(*(midnight(kept.terms, date(year, 1, 1)) for year in (2026, 2027)))
    names = dict.fromkeys(each.name for each in DEFINITIONS)

    counted = await count_figures(
        kept.ledger,
        zone.zone,
        period,
        [definition(name) for name in names],
        position=await kept.ledger.safe_position(),
    )

    assert zone.figures is not None
    assert canonical(dict(zone.figures)) == canonical(dict(counted))
    assert f'"reported":{kept.year.sums.issues}' in canonical(counted["standing"])


async def test_a_stored_report_is_made_of_a_simulated_year(kept: Kept) -> None:
    class Clock:
        offset = timedelta(0)

        def now(self) -> datetime:
            return midnight(kept.terms, date(2027, 1, 2))

    desk = Desk(kept.ledger, Shelf(kept.ledger, {"xinghe": kept.terms}), Clock())
    rule = routines_rule(kept.terms.handbook.routines)
    run = run_of(rule, kept.terms.calendar, RoutineKind.MONTHLY, date(2026, 3, 31))
    assert run is not None

    report = await make_report(desk, kept.terms, run)

    march = kept.year.sums.months[2]
    assert march.reported > 0
    assert f'"reported":{march.reported}' in report.body


def arriving(*surges: Surge) -> Counter[tuple[int, str]]:
    """Return how much is reported by month and family, with these surges."""
    scenario = PLAIN.model_copy(update={"issues": 3_000, "surges": surges})
    days = Days.of_year(2026, xinghe().calendar.time_zone)
    return Counter(
        (each.arrival.at.month, family_of(each.arrival.category))
        for each in Arrivals(scenario, xinghe(), days, 0)
    )


def test_a_surge_raises_what_it_is_of_and_nothing_else() -> None:
    days = {"from_on": date(2026, 6, 1), "to_on": date(2026, 6, 30)}
    usual = arriving()
    of_all, none = arriving(Surge(**days, factor=4)), arriving(Surge(**days, factor=0))
    of_finance = arriving(Surge(**days, factor=2.5, category="FIN"))

    assert usual.total() == 3_000
    for (month, family), count in usual.items():
        june, finance = month == 6, family == "FIN"
        assert of_all[month, family] == count * (4 if june else 1)
        assert none[month, family] == (0 if june else count)
        if june and finance:
            assert 2.2 * count < of_finance[month, family] < 2.8 * count
        else:
            assert of_finance[month, family] == count


def test_half_the_roster_makes_longer_queues_and_more_deadlines_pass() -> None:
    whole = PLAIN.model_copy(update={"acts_a_day": 0.5, "issues": 20})
    half = whole.model_copy(update={"roster_factor": 0.5})

    enough, much, little = played(PLAIN), played(whole), played(half)

    assert waiting(enough) == 0
    assert waiting(little) > 2 * waiting(much) > 0
    assert breaches(little) > breaches(much) > breaches(enough)


def test_nobody_does_more_in_a_day_than_the_roster_says() -> None:
    scenario = PLAIN.model_copy(
        update={
            "rosters": (
                RosterSize(tier=1, acts_a_day=1),
                RosterSize(unit="finance-office", acts_a_day=0.2),
            ),
        }
    )
    sums = played(scenario)
    grids = [each for (kind, id_), each in sums.holders.items() if "-grid-" in id_]

    assert {max(each.acts) for each in grids} == {1}
    office = sums.of(("unit", "finance-office"))
    assert max(office.acts) == 1
    assert sum(office.acts) <= (office.places or 0) < 60
    assert max(office.queue()) > 0
    assert sums.of(("unit", "economy-bureau")).places is None
    assert max(max(each.acts) for each in sums.holders.values()) > 2
    assert any(max(each.queue()) > 0 for each in grids)
    assert all(min(each.queue()) >= 0 for each in sums.holders.values())


def test_who_is_away_does_nothing_and_what_comes_waits_until_they_are_back() -> None:
    away = Absence(post=None, from_on=date(2026, 3, 2), to_on=date(2026, 4, 24))
    sums = played(PLAIN.model_copy(update={"absences": (away,)}))
    days = range(
        (date(2026, 3, 2) - date(2026, 1, 1)).days, (date(2026, 4, 25) - date(2026, 1, 1)).days
    )

    officers = [each for (kind, _), each in sums.holders.items() if kind in ("post", "unit")]
    assert sum(sum(each.acts[day] for day in days) for each in officers) == 0
    assert sum(sum(each.acts) for each in officers) > 0
    assert max(sum(each.queue()[day] for each in officers) for day in days) > 2
    assert sum(each.queue()[days.stop + 3] for each in officers) == 0


def test_a_place_that_is_given_back_goes_to_the_next_who_waits() -> None:
    scenario = SMALL.model_copy(update={"acts_a_day": 1})
    days = played(SMALL).days
    sums = YearSums(days)
    diaries = RosteredDiaries(scenario, xinghe(), days, sums)
    monday = midnight(xinghe(), date(2026, 3, 2)) + timedelta(hours=10)

    first, second, third = (diaries.book("xinghe-director", monday) for _ in range(3))
    diaries.release(second, monday + timedelta(hours=1))
    fourth = diaries.book("xinghe-director", monday)

    assert first.at == monday
    assert (second.served, third.served) == (second.ready + 1, second.ready + 2)
    assert fourth.served == second.served
    assert fourth.at is not None
    assert fourth.at > monday
    (own,) = (each for each in sums.holders.values() if sum(each.acts))
    assert sum(own.acts) == 3
    assert own.queue()[first.ready :][:3] == [2, 1, 0]


async def test_what_was_recorded_is_drawn_from_again(tmp_path: Path) -> None:
    """Every step takes two hours; measured, every step took two hours."""
    await simulate(SMALL.model_copy(update={"handling": ALL_TWO_HOURS}), folder=tmp_path)
    ledger, _ = await laid(tmp_path)

    found = await measured(ledger, "xinghe")

    told = {each.step: each.hours for each in found if each.category is None}
    assert told[Step.WORK][1:-1] == (2,) * (QUANTILES - 1)


def test_slower_hands_take_longer() -> None:
    slow, quick = (
        played(SMALL.model_copy(update={"handling": (HandlingTime(step=Step.WORK, hours=hours),)}))
        for hours in ((30, 60), (0.1, 0.2))
    )

    assert breaches(slow) > breaches(quick)
    assert slow.issues >= SMALL.issues


def test_nothing_of_an_issue_is_kept_once_it_is_told() -> None:
    alive = []

    def count(_: int) -> None:
        gc.collect()
        alive.append(sum(isinstance(each, Record) for each in gc.get_objects()))

    gc.collect()
    before = sum(isinstance(each, Record) for each in gc.get_objects())
    zone, _ = play_zone(PLAIN, xinghe(), 0, Written(), count)

    assert zone.events > 10 * ISSUES
    assert max(alive) - before <= 1


async def test_a_folder_that_holds_a_ledger_takes_no_other(kept: Kept) -> None:
    before = [path.read_bytes() for path in corpus_files(kept.folder)]

    with pytest.raises(ScenarioError, match="a ledger in it already"):
        await simulate(SMALL, folder=kept.folder)

    assert [path.read_bytes() for path in corpus_files(kept.folder)] == before


def test_made_up_enterprises_report_beside_the_handbooks_own() -> None:
    scenario = PLAIN.model_copy(update={"enterprises": 50})
    handbook = zone_terms(scenario, xinghe(), 0).handbook

    assert len(handbook.enterprises) == 50 + len(xinghe().handbook.enterprises)
    assert {each.grid for each in handbook.enterprises} == {each.id for each in handbook.grids}
