"""The parts of a joint team: waived, waited for, late, given to another unit, done by a proxy (R7).

The standing team is convened on Monday, 2 March, at 09:30. Its parts have three working days, until
Thursday; its lead has seven, until Wednesday of the week after.
"""

from collections.abc import AsyncIterator

import pytest
from databases import Database
from deep import IN_CHECK
from ladder_world import beijing
from procedure_world import ProcedureWorld, procedures
from temporalio.client import Client

from domain import commands as cmd
from domain import commands_of_team as tm
from domain.clocks import Verdict
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.phases import Duty, PartStanding, Phase
from domain.team import PartAsked
from domain.team_times import Share

pytestmark = IN_CHECK

KEY = "costs"
HOUR_MS = 3_600_000
THURSDAY = "2026-03-05 17:30"
LEADS_END = "2026-03-11 17:30"
BANK = PartAsked(
    id="bank-advice",
    unit="xinghe-bank",
    duty=Duty.ADVISE,
    deliverable="授信条件",
    required=False,
    proxy="xinghe-finance",
)


@pytest.fixture
async def xinghe(database: Database, skipper: Client) -> AsyncIterator[ProcedureWorld]:
    """The zone; the standing team works on an issue of the top tier since 09:30. The finance desk
    speaks for the bank."""
    async with procedures(database, skipper) as world:
        await world.accepted(KEY)
        await world.raised(KEY, 3)
        team = cmd.ConveneTeam(template="troubleshooting", parts=(BANK,))
        await world.do(KEY, await world.owner(KEY), team, at="2026-03-02 09:30")
        yield world


async def finished(world: ProcedureWorld, part: str, *, at: str | None = None) -> None:
    """Have a unit's own desk finish its part."""
    desks = {"funding": "xinghe-finance", "site": "xinghe-works", "staffing": "xinghe-personnel"}
    done = cmd.FinishPart(part=part, summary="已完成。")
    await world.do(KEY, world.there(desks[part]), done, at=at)


async def test_a_part_is_waived_with_its_units_answer_and_stands_in_nobodys_way(
    xinghe: ProcedureWorld,
) -> None:
    for part in ("funding", "site"):
        await finished(xinghe, part, at="2026-03-03 10:00")
    owner = await xinghe.owner(KEY)
    plain = cmd.WaivePart(part="staffing", reason="企业已自行招工。")
    with pytest.raises(WrongPhaseError, match="still open"):
        await xinghe.proposed(KEY)
    said = await xinghe.refused(KEY, owner, plain, InvalidRequestError, "answer of its unit")
    assert "personnel-bureau" in str(said.allowed)
    personnel = xinghe.there("xinghe-personnel")
    answered = plain.model_copy(update={"answer": "同意不再承办。"})
    await xinghe.refused(KEY, personnel, answered, NotPermittedError, "may not")
    await xinghe.do(KEY, owner, answered, at="2026-03-03 11:00")

    assert (await xinghe.part(KEY, "staffing")).standing is PartStanding.WAIVED
    assert not (await xinghe.clock_of(KEY, "part.1.staffing")).is_live
    # What is only advice, or not required, holds nothing up.
    await xinghe.closed(KEY, at="2026-03-03 14:00")
    issue = await xinghe.issue(KEY)
    assert issue.phase is Phase.CLOSED
    verdicts = {clock.id: clock.verdict for clock in issue.clocks}
    assert verdicts["part.1.staffing"] is Verdict.MET
    assert verdicts["part.1.prices"] is Verdict.WITHDRAWN
    await xinghe.proved(KEY)


async def test_a_late_part_is_late_by_itself_and_what_waited_for_it_ends_within_the_leads_limit(
    xinghe: ProcedureWorld,
) -> None:
    await finished(xinghe, "site", at="2026-03-04 10:00")
    personnel, begin = xinghe.there("xinghe-personnel"), cmd.AcceptPart(part="staffing")
    said = await xinghe.refused(KEY, personnel, begin, WrongPhaseError, "waits for others")
    assert said.allowed == "once funding is settled"
    await xinghe.until(THURSDAY)
    assert (await xinghe.part(KEY, "funding")).late
    assert not (await xinghe.part(KEY, "site")).late
    await finished(xinghe, "funding", at="2026-03-09 10:00")

    (ready,) = await xinghe.events(KEY, "part_ready")
    assert ready.at == beijing("2026-03-09 10:00")
    assert ("xinghe-personnel", ready.at) in xinghe.told(KEY, "part_ready")
    # Three working days would end on Thursday, the 12th; the lead's limit ends the day before.
    own = await xinghe.clock_of(KEY, "part.1.staffing")
    lead = await xinghe.clock_of(KEY, "team_lead")
    assert (own.due_at, lead.due_at) == (beijing(LEADS_END), beijing(LEADS_END))
    await xinghe.do(KEY, personnel, begin)
    await finished(xinghe, "staffing", at="2026-03-10 10:00")
    await xinghe.proposed(KEY)

    lead = await xinghe.clock_of(KEY, "team_lead")
    assert (lead.verdict, lead.breached_at) == (Verdict.MET, None)
    times = await xinghe.part_times(KEY)
    assert {id_ for id_, each in times.items() if each.late and each.required} == {"funding"}
    # Friday of the first week, and an hour on Monday.
    (funding,) = times["funding"].stints
    assert (funding.unit, funding.late_ms) == ("finance-office", 8 * HOUR_MS)
    assert times["staffing"].spent_ms(Share.WAITING) == 35.5 * HOUR_MS
    assert times["staffing"].charged_ms("personnel-bureau") == 7 * HOUR_MS
    await xinghe.proved(KEY)


async def test_time_and_blame_stay_with_the_unit_that_had_the_part(
    xinghe: ProcedureWorld,
) -> None:
    await xinghe.until(THURSDAY)
    assert (await xinghe.part(KEY, "funding")).late
    owner = await xinghe.owner(KEY)
    swap = tm.ReplacePart(part="funding", unit="market-bureau", reason="金融办人手不足。")
    await xinghe.do(KEY, owner, swap, at="2026-03-06 10:00")
    part = await xinghe.part(KEY, "funding")
    assert (part.unit, part.late, part.standing) == ("market-bureau", False, PartStanding.ASKED)
    clock = await xinghe.clock_of(KEY, "part.1.funding")
    assert (clock.cycle, clock.anchor_at) == (2, beijing("2026-03-06 10:00"))
    ended = [move for _, move in await xinghe.moves(KEY) if move.clock == clock.id and move.verdict]
    assert [move.verdict for move in ended] == [Verdict.HANDED_OVER]

    done = cmd.FinishPart(part="funding", summary="已办。")
    await xinghe.refused(KEY, xinghe.there("xinghe-finance"), done, NotPermittedError, "may not")
    await xinghe.do(KEY, xinghe.there("xinghe-market"), done, at="2026-03-06 14:30")
    stints = (await xinghe.part_times(KEY))["funding"].stints
    assert [(each.unit, each.late, each.late_ms) for each in stints] == [
        ("finance-office", True, HOUR_MS),
        ("market-bureau", False, 0),
    ]
    assert stints[1].own_ms == 3 * HOUR_MS
    await xinghe.proved(KEY)


async def test_an_outside_body_does_its_part_by_the_post_that_acts_for_it_and_by_no_other(
    xinghe: ProcedureWorld,
) -> None:
    done = cmd.FinishPart(part=BANK.id, summary="银行同意展期，利率不变。")
    for other in ("xinghe-economy", (await xinghe.owner(KEY)).post):
        await xinghe.refused(KEY, xinghe.there(other), done, NotPermittedError, "may not")
    customs = BANK.model_copy(update={"id": "customs", "unit": "xinghe-customs", "proxy": None})
    joins = tm.AddPart(part=customs, reason="涉及进口。")
    await xinghe.do(KEY, await xinghe.owner(KEY), joins, at="2026-03-02 10:00")
    await xinghe.do(KEY, xinghe.there("xinghe-finance"), done, at="2026-03-02 11:30")
    # Nobody was named for customs: the lead speaks for it.
    lead, leave = xinghe.there("xinghe-economy"), tm.LeavePart(part="customs", reason="无关进口。")
    await xinghe.do(KEY, lead, leave)

    standings = await xinghe.standings(KEY)
    assert (standings[BANK.id], standings["customs"]) == (PartStanding.FINISHED, PartStanding.LEFT)
    times = await xinghe.part_times(KEY)
    assert times[BANK.id].charged_ms("xinghe-bank") == 2 * HOUR_MS
    assert times[BANK.id].charged_ms("finance-office") == 0
    assert times["customs"].charged_ms("xinghe-customs") == 1.5 * HOUR_MS
    await xinghe.proved(KEY)
