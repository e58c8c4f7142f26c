"""What a meeting decides is flagged until a command has carried it out (R7.5)."""

from collections.abc import AsyncIterator

import pytest
from databases import Database
from ladder_world import beijing
from procedure_world import ProcedureWorld, procedures
from temporalio.client import Client

from domain import commands as cmd
from domain import commands_of_team as tm
from domain import commands_of_time as time
from domain.errors import InvalidRequestError
from domain.events_of_team import DecisionFollowed, MeetingHeld
from domain.phases import MeetingForm
from domain.team import DecisionRef, MeetingDecision

KEY = "costs"
PLAN, TEAM = (DecisionRef(meeting=1, decision=each) for each in ("plan", "team"))
MEETING = tm.HoldMeeting(
    form=MeetingForm.THEMATIC_STUDY,
    topic="用电成本专题研究",
    attended=("xinghe-area-east", "xinghe-economy"),
    absent=("xinghe-finance",),
    decisions=(
        MeetingDecision(id="plan", text="三日内拿出方案。"),
        MeetingDecision(id="team", text="成立专班。"),
        MeetingDecision(id="noted", text="企业已知悉。", for_the_record=True),
    ),
)


@pytest.fixture
async def xinghe(database: Database, skipper: Client) -> AsyncIterator[ProcedureWorld]:
    """The zone; an issue of the second tier has met on Monday morning."""
    async with procedures(database, skipper) as world:
        await world.accepted(KEY)
        await world.raised(KEY, 2)
        await world.do(KEY, await world.owner(KEY), MEETING, at="2026-03-02 10:00")
        yield world


async def flagged(world: ProcedureWorld) -> tuple[DecisionRef, ...]:
    """Return what is shown as decided and not carried out."""
    return (await world.desk.look(world.zone, world.key(KEY))).decisions_open


async def test_a_decision_is_flagged_until_the_command_that_carries_it_out(
    xinghe: ProcedureWorld,
) -> None:
    (met,) = await xinghe.events(KEY, "meeting_held")
    assert isinstance(met, MeetingHeld)
    assert (met.number, met.attended, met.absent) == (1, MEETING.attended, MEETING.absent)
    assert await flagged(xinghe) == (PLAN, TEAM)

    owner = await xinghe.owner(KEY)
    plan = time.MakePlan(plan="错峰用电，先行减免。")
    # A plan that does not say of what it comes leaves the decision where it is.
    await xinghe.do(KEY, owner, plan, at="2026-03-03 10:00")
    assert await flagged(xinghe) == (PLAN, TEAM)
    unknown = DecisionRef(meeting=1, decision="noted")
    with pytest.raises(InvalidRequestError, match="left this to do"):
        await xinghe.do(KEY, owner, plan, under=unknown)
    await xinghe.do(KEY, owner, plan, under=PLAN, at="2026-03-03 11:00")
    assert await flagged(xinghe) == (TEAM,)

    team = cmd.ConveneTeam(template="troubleshooting")
    await xinghe.do(KEY, owner, team, under=TEAM, at="2026-03-04 09:00")
    assert await flagged(xinghe) == ()
    with pytest.raises(InvalidRequestError, match="left this to do"):
        await xinghe.do(KEY, owner, plan, under=PLAN)
    followed = [
        (each.decision, each.command, each.at)
        for each in await xinghe.events(KEY, "decision_followed")
        if isinstance(each, DecisionFollowed)
    ]
    assert followed == [
        (PLAN, "make_plan", beijing("2026-03-03 11:00")),
        (TEAM, "convene_team", beijing("2026-03-04 09:00")),
    ]
    await xinghe.proved(KEY)


async def test_a_refused_command_carries_out_nothing(xinghe: ProcedureWorld) -> None:
    owner = await xinghe.owner(KEY)
    nobody = cmd.ConveneTeam(template="no-such-team")
    before = await xinghe.records(KEY)
    with pytest.raises(InvalidRequestError, match="no such standing team"):
        await xinghe.do(KEY, owner, nobody, under=TEAM)
    assert await xinghe.records(KEY) == before
    assert await flagged(xinghe) == (PLAN, TEAM)
    await xinghe.proved(KEY)
