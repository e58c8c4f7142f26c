"""Nobody answers: silence carries an issue up the ladder, past whoever is not there.

The days are those of the Spring Festival of 2026: Saturday, 14 February, is worked, the 15th to the
23rd are off. Offices are open from 09:00 to 12:00 and from 13:30 to 17:30. The instants below are
counted by hand.
"""

from collections.abc import AsyncIterator

import pytest
from databases import Database
from ladder_world import World, beijing, world_of
from temporalio.client import Client

from domain import commands as cmd
from domain.errors import InvalidRequestError
from domain.events import IssueEscalated, IssueReported
from domain.events_of_ladder import Emptiness, LevelSkipped
from domain.phases import Origin, Phase

EVE = "2026-02-14 16:00"


@pytest.fixture
async def xinghe(database: Database, skipper: Client) -> AsyncIterator[World]:
    """The fictional zone on the last working day before the holiday."""
    async with world_of("xinghe", database, skipper, EVE) as world:
        yield world


def report(enterprise: str, category: str = "MAT-1") -> cmd.Report:
    return cmd.Report(
        enterprise=enterprise,
        category=category,
        title="原料短缺",
        text="节前原料告急。",
        origin=Origin.ENTERPRISE,
    )


async def ways_up(world: World, key: str) -> list[tuple[int, str, tuple[str, ...], str | None]]:
    """Return each level that an issue has entered: tier, post, people there, by which roster."""
    found = []
    for event in await world.events(key, "issue_reported", "issue_escalated"):
        assert isinstance(event, IssueReported | IssueEscalated)
        tier = event.tier if isinstance(event, IssueReported) else event.to_tier
        found.append((tier, event.owner, event.people, event.roster))
    return found


async def test_silence_climbs_three_tiers_over_a_holiday_and_ends_in_a_review(
    xinghe: World,
) -> None:
    firm = xinghe.firm("xinghe-optics")
    await xinghe.do("silent", firm, report("xinghe-optics"))
    await xinghe.do("holiday", firm, report("xinghe-optics"), at="2026-02-17 10:00")
    await xinghe.until("2026-02-24 11:29")
    assert (await xinghe.glimpse("silent")).tier == 1
    await xinghe.until("2026-02-25 17:30")

    # Four open hours: one and a half before the holiday, the rest after it.
    acceptance = [
        (rung.rung, rung.at) for rung in await xinghe.fired("silent") if rung.clock == "acceptance"
    ]
    assert acceptance == [
        ("half", beijing("2026-02-24 09:30")),
        ("near", beijing("2026-02-24 10:42")),
        ("due", beijing("2026-02-24 11:30")),
        ("half", beijing("2026-02-24 15:00")),
        ("near", beijing("2026-02-24 16:12")),
        ("due", beijing("2026-02-24 17:00")),
        ("half", beijing("2026-02-25 12:00")),
        ("near", beijing("2026-02-25 15:36")),
        ("due", beijing("2026-02-25 17:00")),
    ]
    assert await ways_up(xinghe, "silent") == [
        (1, "xinghe-grid-east-1", ("xinghe-p02", "xinghe-p01"), "xinghe-round-the-clock@3"),
        (2, "xinghe-area-east", ("xinghe-p11", "xinghe-p12"), None),
        (3, "xinghe-sponsor", ("xinghe-p23",), None),
    ]
    by_holiday_roster = (1, "xinghe-grid-east-1", ("xinghe-p02",), "xinghe-round-the-clock@3")
    assert (await ways_up(xinghe, "holiday"))[0] == by_holiday_roster

    seen = await xinghe.glimpse("silent")
    assert (seen.phase, seen.tier, seen.owner) == (Phase.INTAKE, 3, "xinghe-sponsor")
    assert (await xinghe.issue("silent")).under_review
    assert xinghe.told("silent", "issue_escalated") == [
        ("xinghe-area-east", beijing("2026-02-24 11:30")),
        ("xinghe-sponsor", beijing("2026-02-24 17:00")),
    ]
    await xinghe.proved("silent", "holiday")


async def test_an_accepted_issue_that_nobody_works_on_climbs_by_the_limit_of_each_tier(
    xinghe: World,
) -> None:
    await xinghe.do("idle", xinghe.firm("xinghe-precision"), report("xinghe-precision"))
    await xinghe.do("idle", xinghe.officer("xinghe-grid-east-1"), cmd.Accept())
    await xinghe.until("2026-03-11 09:00")

    # Two, three and four working days, counted from the day after: 24 and 25 February; 26 and 27,
    # and the 28th, a Saturday that is worked; 2 to 5 March; then each day a review.
    ups = await xinghe.events("idle", "issue_escalated", "issue_put_to_review")
    assert [(event.kind, event.at) for event in ups][:4] == [
        ("issue_escalated", beijing("2026-02-25 17:30")),
        ("issue_escalated", beijing("2026-02-28 17:30")),
        ("issue_put_to_review", beijing("2026-03-05 17:30")),
        ("issue_put_to_review", beijing("2026-03-06 17:30")),
    ]
    assert (await xinghe.glimpse("idle")).owner == "xinghe-director"
    assert xinghe.told("idle", "issue_escalated") == [
        ("xinghe-area-east", beijing("2026-02-25 17:30")),
        ("xinghe-director", beijing("2026-02-28 17:30")),
    ]
    await xinghe.proved("idle")


async def test_an_empty_duty_roster_passes_the_issue_on_in_the_same_decision(xinghe: World) -> None:
    night = "2026-02-25 22:00"
    done = await xinghe.do(
        "night", xinghe.firm("xinghe-textiles"), report("xinghe-textiles"), at=night
    )
    skipped, escalated = (await xinghe.events("night"))[1:3]

    assert done.events[:3] == ("issue_reported", "level_skipped", "issue_escalated")
    assert isinstance(skipped, LevelSkipped)
    assert (skipped.tier, skipped.post) == (1, "xinghe-grid-west-2")
    assert (skipped.reason, skipped.roster) == (Emptiness.OFF_DUTY, "xinghe-office-hours@1")
    assert isinstance(escalated, IssueEscalated)
    assert (escalated.to_tier, escalated.owner) == (2, "xinghe-area-west")
    assert escalated.people == ("xinghe-p13", "xinghe-p14")
    assert {record.at for record in await xinghe.records("night")} == {beijing(night)}
    assert (await xinghe.glimpse("night")).owner == "xinghe-area-west"
    assert xinghe.told("night", "issue_escalated") == [("xinghe-area-west", beijing(night))]

    head = xinghe.officer("xinghe-area-west")
    back = cmd.Deescalate(to_tier=1, reason="网格可办。")
    await xinghe.do("night", head, cmd.Accept())
    with pytest.raises(InvalidRequestError, match="Nobody is there now"):
        await xinghe.do("night", head, back)
    await xinghe.do("night", head, back, at="2026-02-26 09:00")
    assert (await xinghe.glimpse("night")).owner == "xinghe-grid-west-2"
    day = report("xinghe-textiles")
    await xinghe.do("day", xinghe.firm("xinghe-textiles"), day, at="2026-02-26 10:00")
    assert await ways_up(xinghe, "day") == [
        (1, "xinghe-grid-west-2", ("xinghe-p07", "xinghe-p08"), "xinghe-office-hours@1")
    ]
    await xinghe.proved("night", "day")
