"""A unit objects to being named in a joint team, and whoever rules has the last word (R7.4).

The standing team is convened on a Monday at 09:30. Finance objects, or is late to.
"""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from databases import Database
from deep import IN_CHECK
from ladder_world import beijing
from procedure_world import ProcedureWorld, procedures
from temporalio.client import Client

from domain import commands as cmd
from domain import commands_of_team as tm
from domain.errors import NotPermittedError, WrongPhaseError
from domain.events import PartRefused
from domain.events_of_team import PartRuled
from domain.phases import PartStanding
from domain.team_times import Share

pytestmark = IN_CHECK


KEY = "costs"
ARBITER = "xinghe-coordinator"
FUNDING = "funding"
HOUR_MS = 3_600_000


@pytest.fixture
async def xinghe(database: Database, skipper: Client) -> AsyncIterator[ProcedureWorld]:
    """The zone; the standing team works on an issue of the second tier since 09:30."""
    async with procedures(database, skipper) as world:
        await world.accepted(KEY)
        await world.raised(KEY, 2)
        template = cmd.ConveneTeam(template="troubleshooting")
        await world.do(KEY, await world.owner(KEY), template, at="2026-03-02 09:30")
        yield world


def objection() -> cmd.RefusePart:
    return cmd.RefusePart(part=FUNDING, reason="此项属市场监管职责。")


async def test_a_unit_that_objects_is_bound_by_the_ruling_and_the_arbiters_time_is_not_its_own(
    xinghe: ProcedureWorld,
) -> None:
    finance, arbiter = xinghe.there("xinghe-finance"), xinghe.there(ARBITER)
    await xinghe.do(KEY, finance, objection(), at="2026-03-02 10:00")
    (refused,) = await xinghe.events(KEY, "part_refused")
    assert isinstance(refused, PartRefused)
    assert refused.arbiter == ARBITER
    assert (ARBITER, beijing("2026-03-02 10:00")) in xinghe.told(KEY, "part_refused")
    stopped = await xinghe.clock_of(KEY, f"part.1.{FUNDING}")
    assert not stopped.is_live

    ruling = tm.RulePart(part=FUNDING, upheld=False, reason="按职责分工，由金融办承办。")
    await xinghe.refused(KEY, finance, ruling, NotPermittedError, "may not")
    await xinghe.do(KEY, arbiter, ruling, at="2026-03-02 14:30")
    part = await xinghe.part(KEY, FUNDING)
    assert (part.standing, part.bound, part.arbiter) == (PartStanding.ASKED, True, None)
    assert ("xinghe-finance", beijing("2026-03-02 14:30")) in xinghe.told(KEY, "part_ruled")

    # The part's own time begins with the ruling; the lead's has not stood still.
    again = await xinghe.clock_of(KEY, f"part.1.{FUNDING}")
    lead = await xinghe.clock_of(KEY, "team_lead")
    assert again.anchor_at == beijing("2026-03-02 14:30")
    assert lead.anchor_at == beijing("2026-03-02 09:30")
    assert again.due_at is not None
    assert lead.due_at is not None
    assert again.due_at < lead.due_at

    await xinghe.refused(
        KEY, finance, objection(), WrongPhaseError, "ruled upon", at="2026-03-02 15:00"
    )
    await xinghe.do(KEY, finance, cmd.AcceptPart(part=FUNDING))
    done = cmd.FinishPart(part=FUNDING, summary="贷款展期三个月。")
    await xinghe.do(KEY, finance, done, at="2026-03-03 10:00")
    times = (await xinghe.part_times(KEY))[FUNDING]
    # Two hours to noon and one after half past one; before it half an hour, and then to Tuesday.
    assert times.charged_ms(ARBITER) == 3 * HOUR_MS
    assert times.spent_ms(Share.DISPUTE) == 3 * HOUR_MS
    assert times.charged_ms("finance-office") == 4.5 * HOUR_MS
    assert not times.late
    await xinghe.proved(KEY)


async def test_the_arbiters_silence_binds_the_unit_on_the_same_day(
    xinghe: ProcedureWorld,
) -> None:
    finance = xinghe.there("xinghe-finance")
    await xinghe.do(KEY, finance, objection(), at="2026-03-02 10:00")
    await xinghe.until("2026-03-02 17:29")
    assert (await xinghe.part(KEY, FUNDING)).standing is PartStanding.REFUSED
    await xinghe.until("2026-03-02 17:30")

    (ruled,) = await xinghe.events(KEY, "part_ruled")
    assert isinstance(ruled, PartRuled)
    assert (ruled.upheld, ruled.clock, ruled.at) == (
        False,
        f"part_ruling.1.{FUNDING}",
        beijing("2026-03-02 17:30"),
    )
    part = await xinghe.part(KEY, FUNDING)
    assert (part.standing, part.bound) == (PartStanding.ASKED, True)
    arbiter = xinghe.there(ARBITER)
    too_late = tm.RulePart(part=FUNDING, upheld=True, reason="迟到的裁定。")
    await xinghe.refused(KEY, arbiter, too_late, NotPermittedError, "may not")
    await xinghe.refused(KEY, finance, objection(), WrongPhaseError, "ruled upon")
    dispute = [
        (each.charged, each.from_at, each.to_at)
        for each in (await xinghe.part_times(KEY))[FUNDING].stretches
        if each.share is Share.DISPUTE
    ]
    assert dispute == [(ARBITER, beijing("2026-03-02 10:00"), beijing("2026-03-02 17:30"))]
    await xinghe.proved(KEY)


async def test_an_upheld_objection_gives_the_part_to_another_unit_for_good(
    xinghe: ProcedureWorld,
) -> None:
    finance, market = xinghe.there("xinghe-finance"), xinghe.there("xinghe-market")
    await xinghe.do(KEY, finance, objection(), at="2026-03-02 10:00")
    moved = tm.RulePart(part=FUNDING, upheld=True, unit="market-bureau", reason="改由市场监管局。")
    await xinghe.do(KEY, xinghe.there(ARBITER), moved, at="2026-03-02 10:30")

    done = cmd.FinishPart(part=FUNDING, summary="已办。")
    await xinghe.refused(KEY, finance, done, NotPermittedError, "may not")
    await xinghe.refused(KEY, market, objection(), WrongPhaseError, "ruled upon")
    await xinghe.do(KEY, market, done, at="2026-03-02 11:30")
    stints = (await xinghe.part_times(KEY))[FUNDING].stints
    half = timedelta(minutes=30) // timedelta(milliseconds=1)
    assert [(each.unit, each.own_ms) for each in stints] == [
        ("finance-office", half),
        ("market-bureau", 2 * half),
    ]
    await xinghe.proved(KEY)


async def test_a_working_day_after_it_was_named_a_unit_has_its_part_without_a_word(
    xinghe: ProcedureWorld,
) -> None:
    finance = xinghe.there("xinghe-finance")
    # One working day, counted from the day after.
    await xinghe.until("2026-03-03 17:29")
    assert (await xinghe.clock_of(KEY, f"part_objection.1.{FUNDING}")).breached_at is None
    await xinghe.refused(
        KEY, finance, objection(), WrongPhaseError, "time to object", at="2026-03-03 17:31"
    )
    part = await xinghe.part(KEY, FUNDING)
    assert (part.standing, part.late, part.bound) == (PartStanding.ASKED, False, False)
    # That nobody has objected is on the record, and no news: the owner hears of `handling` alone.
    over_at = beijing("2026-03-03 17:30")
    rang = [rung.clock for rung in await xinghe.fired(KEY) if rung.at == over_at]
    assert f"part_objection.1.{FUNDING}" in rang
    assert [clock for clock in rang if not clock.startswith("part_objection.")] == ["handling"]
    told = [who for who, at in xinghe.told(KEY, "rung_fired") if at == over_at]
    assert told == ["xinghe-area-east"]
    await xinghe.do(KEY, finance, cmd.AcceptPart(part=FUNDING))
    await xinghe.proved(KEY)
