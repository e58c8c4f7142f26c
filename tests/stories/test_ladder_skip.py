"""A liaison goes straight to the county leader, as Guiyang County's handbook allows (003:13)."""

from collections.abc import AsyncIterator

import pytest
from databases import Database
from ladder_world import World, beijing, world_of
from temporalio.client import Client

from demo.cases import read_cases
from domain import commands as cmd
from domain.errors import NotPermittedError
from domain.events import IssueEscalated
from domain.phases import Outcome

(CASE,) = (case for case in read_cases() if case.id == "A09")
LIAISON, HEAD, LEADER = "guiyang-liaison-1", "guiyang-department-head", "guiyang-county-leader"


@pytest.fixture
async def guiyang(database: Database, skipper: Client) -> AsyncIterator[World]:
    """Guiyang County as shipped, on a Monday."""
    async with world_of(CASE.zone, database, skipper, "2026-03-02 09:00") as world:
        yield world


async def test_anpeilongs_liaison_skips_the_department_head_who_is_told(guiyang: World) -> None:
    report, accept, skip, *rest = CASE.steps
    await guiyang.do("A09", report.by, report.command)
    await guiyang.do("A09", accept.by, accept.command, at="2026-03-02 09:30")
    (by_liaison,) = [c for c in (await guiyang.issue("A09")).clocks if c.id == "handling"]
    await guiyang.do("A09", skip.by, skip.command, at="2026-03-02 10:00")

    (up,) = await guiyang.events("A09", "issue_escalated")
    assert isinstance(up, IssueEscalated)
    assert (up.from_tier, up.to_tier, up.skipped) == (1, 3, (2,))
    assert (up.owner, up.people) == (LEADER, ("guiyang-p21", "guiyang-p22"))
    assert guiyang.told("A09", "issue_escalated") == [
        (LEADER, beijing("2026-03-02 10:00")),
        (HEAD, beijing("2026-03-02 10:00")),
    ]
    seen = await guiyang.glimpse("A09")
    assert (seen.tier, seen.owner) == (3, LEADER)
    by_leader = await guiyang.clock_of("A09", "handling")
    assert (by_liaison.cycle, by_leader.cycle) == (1, 2)
    assert by_leader.anchor_at == beijing("2026-03-02 10:00")
    # The department head was told, and has nothing to say in it: the issue is above that tier.
    head, lower = guiyang.officer(HEAD), cmd.Deescalate(to_tier=2, reason="归我部门。")
    with pytest.raises(NotPermittedError):
        await guiyang.do("A09", head, lower)

    for hour, step in enumerate(rest, start=10):
        await guiyang.do("A09", step.by, step.command, at=f"2026-03-03 {hour}:00")
    issue = await guiyang.issue("A09")
    assert (issue.outcome, issue.tier_reached) == (Outcome.CLOSED_OUT, 3)
    closing = await guiyang.closing("A09")
    assert (closing["version"], closing["outcome"]) == (issue.version, "closed_out")
    await guiyang.proved("A09")
