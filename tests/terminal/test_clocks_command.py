"""`closeout clocks audit` as an auditor types it."""

import asyncio
from datetime import timedelta

import builders as b
import pytest
from stage import OFFICER, REPORT, Stage
from typer.testing import Result

import cli
from domain.view import Ring

MINUTE = timedelta(minutes=1)
HALF_AT = b.TUE_9 + timedelta(hours=1)
"""When half of the sixteen hours for handling are over."""


@pytest.fixture
def office(accepted: Stage) -> Stage:
    """A command line with an issue accepted on Monday at ten, and the families of commands."""
    summary, panel, bodies = cli.FAMILIES["clocks"]
    accepted.application.family("clocks", summary, panel)
    for body in bodies:
        accepted.application.offer(body, panel, under="clocks")
    return accepted


def _audit(stage: Stage, *words: str) -> Result:
    return stage.run("clocks", "audit", *words)


def _tell_everybody(stage: Stage) -> None:
    async def tell() -> None:
        for notice in await stage.ledger.notices(f"{b.ZONE}/{b.KEY}"):
            await stage.ledger.mark_delivered(notice.id, stage.clock.at)

    asyncio.run(tell())


def _ring(stage: Stage, clock: str, rung: str) -> None:
    async def ring() -> None:
        async with stage._open(None) as desk:  # type: ignore[arg-type]  # no settings are needed
            await desk.ring(Ring(zone=b.ZONE, key=b.KEY, clock=clock, cycle=1, rung=rung))

    asyncio.run(ring())


def test_a_sound_ledger_says_so_and_ends_with_nought(office: Stage) -> None:
    result = _audit(office)

    assert result.exit_code == 0, result.output
    assert (
        "✓ 1 issue, 3 clock cycles, 9 rungs promised: no due rung unaccounted for" in result.stdout
    )
    assert "3  withdrawn: their clock ended before they were due" in result.stdout
    assert "6  still to come" in result.stdout


def test_a_due_rung_that_nobody_rang_ends_with_six_and_is_named(office: Stage) -> None:
    office.clock.at = HALF_AT + 3 * MINUTE

    result = _audit(office)
    plain = office.run("clocks", "audit", "--json")

    assert (result.exit_code, plain.exit_code) == (6, 6)
    assert "✗ 1 issue, 3 clock cycles, 9 rungs promised: 1 finding" in result.stdout
    assert "handling/1/at-50" in result.stdout
    assert "UNACCOUNTED" in result.stdout
    assert '"kind": "unaccounted"' in plain.stdout


def test_the_grace_decides_what_is_on_its_way(office: Stage) -> None:
    office.clock.at = HALF_AT + 3 * MINUTE

    longer = _audit(office, "--grace", "4")

    assert longer.exit_code == 0, longer.output
    assert "1  due, and their ring may be on its way" in longer.stdout
    assert _audit(office, "--grace", "-1").exit_code == 2


def test_a_fired_rung_is_counted_by_its_lateness(office: Stage) -> None:
    office.clock.at = HALF_AT + timedelta(seconds=20)
    _ring(office, "handling", "at-50")
    office.clock.at += MINUTE
    _tell_everybody(office)

    answer = office.json("clocks", "audit")
    shown = _audit(office).stdout

    assert answer["sound"] is True
    assert answer["fates"]["fired"] == 1
    assert sum(answer["fates"].values()) == answer["promised"]
    fired, told = answer["lateness"]["fired"], answer["lateness"]["effect_done"]
    assert (fired["p50_ms"], fired["p99_ms"], fired["max_ms"]) == (20_000, 20_000, 20_000)
    assert fired["buckets"]["le_30000"] == told["buckets"]["le_300000"] == 1
    assert told["max_ms"] == 80_000
    assert "≤ 30 s" in shown
    assert "marked late by us: 0" in shown


def test_a_rung_of_which_nobody_was_told_is_named(office: Stage) -> None:
    office.clock.at = HALF_AT
    _ring(office, "handling", "at-50")
    office.clock.at += 11 * MINUTE

    assert "untold" in _audit(office).stdout
    assert _audit(office, "--told-within", "12").exit_code == 0


def test_a_past_instant_is_judged_by_what_was_there_then(office: Stage) -> None:
    office.clock.at = b.TUE_9 + timedelta(days=9)

    then = office.json("clocks", "audit", "--now", "2026-03-02T09:30:00+08:00")

    assert _audit(office).exit_code == 6
    assert then["now"] == "2026-03-02T01:30:00.000Z"
    assert then["events"] == 1
    assert then["fates"]["to_come"] == 3


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("2026-03-02T09:30:00", "is no instant with a zone"),
        ("yesterday", "is no instant with a zone"),
        ("2036-03-02T09:30:00Z", "is still to come"),
        ("0001-01-01T00:00:00Z", "is before 2000-01-01"),
        ("1999-12-31T23:59:59Z", "is before 2000-01-01"),
    ],
)
def test_an_instant_without_a_zone_long_ago_or_in_the_future_is_refused(
    now: str, said: str, office: Stage
) -> None:
    result = _audit(office, "--now", now)

    assert result.exit_code == 2
    assert said in " ".join(result.output.split())


def test_a_zone_is_audited_alone_and_a_misspelt_one_is_refused(office: Stage) -> None:
    office.json(*("report", b.ZONE, "i2"), *REPORT[3:])

    assert office.json("clocks", "audit", "--zone", b.ZONE)["streams"] == 2
    misspelt = _audit(office, "--zone", f"{b.ZONE}x")
    assert misspelt.exit_code == 3
    assert "no handbook and no issues" in misspelt.output


def test_the_officer_who_acts_late_rings_what_was_due(office: Stage) -> None:
    office.clock.at = HALF_AT + 30 * MINUTE
    office.json("do", b.ZONE, b.KEY, "note", "text=Called.", "--as", OFFICER)
    _tell_everybody(office)

    answer = office.json("clocks", "audit")

    assert (answer["sound"], answer["fates"]["fired"], answer["late_by_us"]) == (True, 1, 1)
