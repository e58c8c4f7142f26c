"""A flood at two in the morning of a Sunday: three enterprises, one incident, two stages (A05).

Everybody of the ladder is told at the same instant, limits count by the clock on the wall, and who
rescues first and writes it down later is not flagged for it.
"""

from collections.abc import AsyncIterator

import pytest
from databases import Database
from deep import IN_CHECK
from ladder_world import World, beijing, world_of
from temporalio.client import Client

from domain import commands as cmd
from domain import commands_of_modes as md
from domain.errors import InvalidRequestError
from domain.events import IssueEscalated
from domain.events_of_modes import EmergencyDeclared, EmergencyStageEntered
from domain.lateness import emergencies, recorded_late_ms
from domain.phases import Origin, Priority

pytestmark = IN_CHECK


NIGHT = "2026-07-19 02:00"
FLOOD = "donggang-flood"
FIRMS = {
    "optics": ("xinghe-optics", "xinghe-grid-east-1", "xinghe-sponsor"),
    "materials": ("xinghe-materials", "xinghe-grid-east-2", "xinghe-director"),
    "foods": ("xinghe-foods", "xinghe-grid-east-2", "xinghe-director"),
}
"""Each with who owns it at the first tier and at the third."""


@pytest.fixture
async def xinghe(database: Database, skipper: Client) -> AsyncIterator[World]:
    """The fictional zone, on a Saturday noon."""
    async with world_of("xinghe", database, skipper, "2026-07-18 12:00") as world:
        yield world


async def flooded(world: World) -> None:
    """Three enterprises report the flood at the same instant."""
    await world.until(NIGHT)
    for name, (enterprise, _, _) in FIRMS.items():
        report = cmd.Report(
            enterprise=enterprise,
            category="EMG-1",
            title="厂区进水",
            text="洪峰过境，人员被困。",
            origin=Origin.EMERGENCY,
            priority=Priority.EMERGENCY,
            incident=FLOOD,
        )
        await world.do(name, world.firm(enterprise), report)


async def test_all_tiers_are_told_at_the_same_instant_and_limits_run_by_the_wall_clock(
    xinghe: World,
) -> None:
    await flooded(xinghe)
    for name, (enterprise, grid, top) in FIRMS.items():
        reported, declared = (await xinghe.events(name))[:2]
        assert isinstance(declared, EmergencyDeclared)
        assert (declared.incident, declared.stage) == (FLOOD, "rescue")
        assert reported.at == declared.at == beijing(NIGHT)
        assert {level.tier for level in declared.levels} == {1, 2, 3}
        assert all(level.people for level in declared.levels)
        assert xinghe.told(name, "emergency_declared") == sorted(
            (told, beijing(NIGHT)) for told in (grid, "xinghe-area-east", top, enterprise)
        )
    # The night roster of the first grid says who: on a Sunday p02 before p01.
    assert (await xinghe.issue("optics")).level is not None
    (declared,) = await xinghe.events("optics", "emergency_declared")
    assert isinstance(declared, EmergencyDeclared)
    assert declared.levels[0].people == ("xinghe-p02", "xinghe-p01")

    on_duty = xinghe.officer("xinghe-grid-east-1", 1)
    await xinghe.do("optics", on_duty, cmd.Accept(), at="2026-07-19 02:10")
    await xinghe.until("2026-07-19 03:30")
    silent = [
        (rung.rung, rung.at)
        for rung in await xinghe.fired("foods")
        if rung.clock == "acceptance" and rung.cycle == 1
    ]
    assert silent == [
        ("half", beijing("2026-07-19 02:15")),
        ("near", beijing("2026-07-19 02:24")),
        ("due", beijing("2026-07-19 02:30")),
    ]
    ups = await xinghe.events("foods", "issue_escalated")
    assert [(e.to_tier, e.at) for e in ups if isinstance(e, IssueEscalated)] == [
        (2, beijing("2026-07-19 02:30")),
        (3, beijing("2026-07-19 03:00")),
    ]
    handling = await xinghe.clock_of("optics", "handling")
    assert handling.due_at == beijing("2026-07-19 04:10")
    assert (await xinghe.glimpse("optics")).unit == "emergency-bureau"
    await xinghe.proved(*FIRMS)


async def test_one_incident_goes_from_rescue_to_recovery_and_what_was_written_late_is_not_flagged(
    xinghe: World,
) -> None:
    await flooded(xinghe)
    rescued, then_at = cmd.Note(text="夜间转移八十三人，货物已移高。"), beijing("2026-07-19 03:30")
    for name, (_, grid, _) in FIRMS.items():
        officer = xinghe.officer(grid, 1)
        await xinghe.do(name, officer, rescued, at="2026-07-19 09:00", occurred_at=then_at)
        records = await xinghe.records(name)
        (late,) = [
            (record, urgent)
            for record, urgent in zip(records, emergencies(records), strict=True)
            if record.kind == "note_added"
        ]
        assert recorded_late_ms(late[0], xinghe.handbook, emergency=late[1]) is None
        # Five hours and a half: on an ordinary day that would be flagged.
        assert recorded_late_ms(late[0], xinghe.handbook) == 5.5 * 3_600_000

    coordinator, leader = xinghe.officer("xinghe-coordinator"), xinghe.officer("xinghe-director")
    recover = md.EnterStage(stage="recovery", reason="水已退，转入恢复生产。")
    for name, (enterprise, grid, top) in FIRMS.items():
        await xinghe.do(name, coordinator, recover, at="2026-07-19 14:00")
        (entered,) = await xinghe.events(name, "emergency_stage_entered")
        assert isinstance(entered, EmergencyStageEntered)
        assert (entered.incident, entered.stage) == (FLOOD, "recovery")
        assert xinghe.told(name, "emergency_stage_entered") == sorted(
            (told, beijing("2026-07-19 14:00"))
            for told in (grid, "xinghe-area-east", top, enterprise)
        )
    back = md.EnterStage(stage="rescue", reason="又涨水了。")
    with pytest.raises(InvalidRequestError, match="no later stage"):
        await xinghe.do("optics", coordinator, back)

    over = md.EndEmergency(reason="三家企业均已复产。")
    for name in FIRMS:
        await xinghe.do(name, leader, over, at="2026-07-20 10:00")
        issue = await xinghe.issue(name)
        assert issue.priority is Priority.ORDINARY
        assert issue.incident is not None
        assert (issue.incident.id, issue.incident.ended_at) == (FLOOD, issue.changed_at)
        assert (await xinghe.glimpse(name)).version == issue.version
    await xinghe.proved(*FIRMS)
