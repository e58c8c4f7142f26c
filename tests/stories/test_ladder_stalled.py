"""Whoever has signed for an issue and does nothing is asked again, then the next level is."""

from collections.abc import AsyncIterator

import pytest
from databases import Database
from deep import IN_CHECK
from ladder_world import World, beijing, world_of
from temporalio.client import Client

from domain import commands as cmd
from domain import commands_of_ladder as ld
from domain import commands_of_time as tm
from domain.durations import WorkingDays
from domain.events import IssueEscalated
from domain.events_of_ladder import AcknowledgementExpired
from domain.phases import Origin

pytestmark = IN_CHECK


FIRM, GRID, HEAD = "xinghe-foods", "xinghe-grid-east-2", "xinghe-area-east"


@pytest.fixture
async def xinghe(database: Database, skipper: Client) -> AsyncIterator[World]:
    """The fictional zone on the Monday after a plain weekend."""
    async with world_of("xinghe", database, skipper, "2026-03-02 09:00") as world:
        yield world


async def test_a_stalled_acknowledgement_reopens_the_ladder_at_its_level_and_then_at_the_next(
    xinghe: World,
) -> None:
    grid, head = xinghe.officer(GRID), xinghe.officer(HEAD)
    await xinghe.do(
        "stalled",
        xinghe.firm(FIRM),
        cmd.Report(
            enterprise=FIRM,
            category="MAT-1",
            title="冷链断档",
            text="冷库停电。",
            origin=Origin.ENTERPRISE,
        ),
    )
    await xinghe.do("stalled", grid, cmd.Accept())
    # A promise of progress is shorter than the level's own limit only where that was extended.
    more = tm.AskExtension(clock="handling", extra=WorkingDays(days=5), reason="等设备到货。")
    await xinghe.do("stalled", grid, more)
    await xinghe.do("stalled", head, tm.Grant(note="同意。"))
    await xinghe.do("stalled", grid, ld.Acknowledge(), at="2026-03-02 10:30")
    first = await xinghe.issue("stalled")
    assert first.level is not None
    assert first.level.acknowledged_by == "xinghe-p03"

    # The working day after.
    await xinghe.until("2026-03-03 17:29")
    assert not await xinghe.events("stalled", "acknowledgement_expired")
    await xinghe.until("2026-03-03 17:30")
    (expired,) = await xinghe.events("stalled", "acknowledgement_expired")
    assert isinstance(expired, AcknowledgementExpired)
    assert (expired.tier, expired.number, expired.clock) == (1, 1, "progress")
    again = await xinghe.issue("stalled")
    assert (again.tier, again.owner) == (1, GRID)
    assert again.level is not None
    assert again.level.acknowledged_at is None
    assert (await xinghe.clock_of("stalled", "sign_for")).due_at == beijing("2026-03-04 17:30")
    assert xinghe.told("stalled", "acknowledgement_expired") == [
        (HEAD, beijing("2026-03-03 17:30")),
        (GRID, beijing("2026-03-03 17:30")),
    ]

    other = xinghe.officer(GRID, 1)
    await xinghe.do("stalled", other, ld.Acknowledge(), at="2026-03-04 09:00")
    await xinghe.until("2026-03-05 17:29")
    assert (await xinghe.glimpse("stalled")).tier == 1
    await xinghe.until("2026-03-05 17:30")
    (up,) = await xinghe.events("stalled", "issue_escalated")
    assert isinstance(up, IssueEscalated)
    assert (up.at, up.passed) == (beijing("2026-03-05 17:30"), "progress")
    assert (up.to_tier, up.owner, up.people) == (2, HEAD, ("xinghe-p11", "xinghe-p12"))
    assert len(await xinghe.events("stalled", "acknowledgement_expired")) == 1
    assert (await xinghe.glimpse("stalled")).owner == HEAD
    assert xinghe.told("stalled", "issue_escalated") == [(HEAD, beijing("2026-03-05 17:30"))]
    await xinghe.proved("stalled")


async def test_a_step_in_time_keeps_the_promise_and_begins_the_next_one(xinghe: World) -> None:
    grid, head = xinghe.officer(GRID), xinghe.officer(HEAD)
    await xinghe.do(
        "moving",
        xinghe.firm(FIRM),
        cmd.Report(
            enterprise=FIRM,
            category="MAT-1",
            title="冷链断档",
            text="冷库停电。",
            origin=Origin.ENTERPRISE,
        ),
    )
    await xinghe.do("moving", grid, cmd.Accept())
    more = tm.AskExtension(clock="handling", extra=WorkingDays(days=5), reason="等设备到货。")
    await xinghe.do("moving", grid, more)
    await xinghe.do("moving", head, tm.Grant(note="同意。"))
    await xinghe.do("moving", grid, ld.Acknowledge())
    await xinghe.do("moving", grid, tm.Contact(note="已联系。"), at="2026-03-03 17:00")
    assert (await xinghe.clock_of("moving", "progress")).due_at == beijing("2026-03-04 17:30")
    await xinghe.until("2026-03-04 17:29")

    assert not await xinghe.events("moving", "acknowledgement_expired", "issue_escalated")
    assert (await xinghe.glimpse("moving")).tier == 1
    assert not xinghe.told("moving", "acknowledgement_expired")
    await xinghe.proved("moving")
