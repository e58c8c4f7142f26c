"""The generated year: the same for the same seed, sound, and as varied as a year is."""

from collections import Counter
from datetime import date, timedelta
from functools import lru_cache

from deep import IN_CHECK

from audit.facts import Life, terms_reader
from audit.reexecute import reexecute_life
from audit.verify import verify_all
from demo.year import Year, generate_year
from domain.canonical import canonical
from domain.light_times import light_times
from domain.lights import light_of
from domain.phases import Phase
from ledger.memory import MemoryLedger

ISSUES = 150
AN_HOUR = timedelta(hours=1)


@lru_cache
def year() -> Year:
    """Return one year, made once."""
    return generate_year(ISSUES)


async def laid() -> MemoryLedger:
    """Return a ledger with that year in it."""
    ledger = MemoryLedger()
    await year().lay(ledger)
    return ledger


@IN_CHECK
def test_the_same_seed_gives_the_same_year_and_another_seed_another() -> None:
    some = generate_year(12)
    again = generate_year(12, terms=year().terms)
    assert some.hash == again.hash
    assert [each.command for each in some.changes] == [each.command for each in again.changes]
    assert generate_year(12, seed=9, terms=year().terms).hash != some.hash


def test_a_year_has_all_that_reports_tell_of() -> None:
    kinds = Counter(record.kind for record in year().records)
    assert kinds["issue_reported"] >= ISSUES
    told = ("issue_accepted", "issue_closed_out", "issue_escalated", "issue_handed_over")
    told += ("sign_off_lapsed", "sign_off_answered", "resolution_rejected", "issue_turned_away")
    told += ("issue_parked", "issue_paused", "rung_fired", "extension_granted", "issue_reopened")
    assert [kind for kind in told if not kinds[kind]] == []
    tiers = {issue.tier for issue in year().issues.values()}
    assert tiers == {1, 2, 3}
    assert any(issue.is_open for issue in year().issues.values())


def test_more_is_reported_in_march_than_in_the_month_of_the_spring_festival() -> None:
    months = Counter(issue.reported_at.month for issue in year().issues.values())
    assert months[3] > months[2]
    assert set(months) == set(range(1, 13))


def test_time_only_goes_forward_and_ends_with_the_year() -> None:
    at = [record.at for record in year().records]
    assert at == sorted(at)
    assert year().from_at <= at[0]
    assert at[-1] < year().until_at


def test_most_people_may_do_what_they_do() -> None:
    assert year().refused * 20 < len(year().changes)


async def test_every_decision_of_a_year_comes_out_again() -> None:
    ledger = await laid()
    reader = terms_reader(ledger)
    for stream in sorted(year().issues)[:20]:
        life = Life(
            stream, tuple(await ledger.records(stream)), tuple(await ledger.commands(stream))
        )
        again = await reexecute_life(life, reader)
        assert again.is_identical, again.differences


async def test_a_ledger_with_a_year_in_it_verifies() -> None:
    found = await verify_all(await laid())
    assert found.streams == len(year().issues)
    assert found.events == len(year().records)
    assert found.found == ()


def test_a_part_of_a_year_ends_in_the_midst_of_things() -> None:
    days = generate_year(
        40, terms=year().terms, from_on=date(2026, 6, 1), until_on=date(2026, 6, 6)
    )
    phases = Counter(issue.phase for issue in days.issues.values())
    assert phases[Phase.HANDLING] > 1
    assert days.until_at - days.from_at == timedelta(days=5)


def test_the_lights_of_a_year_are_told_by_two_instants() -> None:
    seen = Counter[str]()
    for changes in year().changes[::3]:
        issue = changes.issue
        assert issue is not None
        times = light_times(issue, year().terms)
        turns = [at for at in (times.yellow_at, times.red_at) if at is not None]
        for at in (issue.changed_at, *turns, *(turn - AN_HOUR for turn in turns)):
            if at >= issue.changed_at:
                shown = light_of(issue, year().terms, at).light
                assert times.light(at) is shown
                seen[shown] += 1
    assert set(seen) == {"red", "yellow", "green", "none"}


async def test_what_boards_show_of_a_year_are_its_open_issues() -> None:
    ledger = await laid()
    shown = {stream for stream in year().issues if year().issues[stream].is_open}
    assert {row.stream for row in ledger._tables.boards.values()} == shown
    assert canonical(year().terms) == await ledger.terms(year().terms.hash)
