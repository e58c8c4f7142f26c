"""Notices sent down: unread ones climb, a question in one becomes an issue."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from databases import Database
from deep import IN_CHECK
from matters_world import FIRMS, MattersWorld, keeping_matters, problem, terms_with_firms
from procedure_world import FIRM
from temporalio.client import Client

from domain.matters.campaign.events import StepOverdue
from domain.matters.campaign.state import Campaign
from domain.phases import Origin

pytestmark = IN_CHECK

GRID, AREA, TOP = "xinghe-grid-east-1", "xinghe-area-east", "xinghe-director"
SERVICE, COORDINATOR = "xinghe-service", "xinghe-coordinator"


@pytest.fixture
async def xinghe(database: Database, skipper: Client) -> AsyncIterator[MattersWorld]:
    """The zone on a plain Monday."""
    async with keeping_matters(database, skipper) as world:
        yield world


async def test_a_notice_unread_for_two_days_climbs_and_the_question_in_it_becomes_an_issue(
    xinghe: MattersWorld,
) -> None:
    sender = xinghe.officer(SERVICE)
    await xinghe.act(
        "notice",
        sender,
        "open_campaign",
        procedure="notices-down",
        title="稳岗补贴通知",
        targets=[FIRM, "xinghe-optics"],
    )
    both: dict[str, Any] = {"enterprises": [FIRM, "xinghe-optics"], "step": "delivered"}
    await xinghe.act("notice", sender, "record_step_for_many", **both)
    assert await xinghe.heard("notice", "step_recorded") == ["xinghe-optics", FIRM]
    read = {"enterprise": "xinghe-optics", "step": "read"}
    await xinghe.act(
        "notice", xinghe.firm("xinghe-optics"), "record_step", at="2026-03-03 11:00", **read
    )

    # Two working days for the other, then one more for each tier: told once each, and no further.
    await xinghe.until("2026-03-09 09:00")
    assert await xinghe.rang("notice") == [
        ("step-read", "level-1", "03-04 17:30"),
        ("step-read", "level-1", "03-05 17:30"),
        ("step-read", "level-1", "03-06 17:30"),
    ]
    climbed = [
        e for e in await xinghe.facts("notice", "step_overdue") if isinstance(e, StepOverdue)
    ]
    assert [(e.level, [each.enterprise for each in e.overdue], e.tells) for e in climbed] == [
        (1, [FIRM], (GRID,)),
        (2, [FIRM], (AREA,)),
        (3, [FIRM], (TOP,)),
    ]
    assert await xinghe.heard("notice", "step_overdue") == sorted([GRID, AREA, TOP])
    assert (await xinghe.matter("notice")).next_due is None

    firm = xinghe.firm(FIRM)
    await xinghe.act("notice", firm, "record_step", enterprise=FIRM, step="read")
    await xinghe.act(
        "notice",
        firm,
        "record_step",
        enterprise=FIRM,
        step="asked",
        problems=[problem("POL-2", "去年成立的企业能否申报")],
    )
    (question,) = await xinghe.issues("notice")
    assert (question.enterprise, question.origin) == (FIRM, Origin.ENTERPRISE)
    known = await xinghe.matter("notice")
    assert isinstance(known, Campaign)
    done = known.target(FIRM)
    assert done is not None
    late = done.has_done("read")
    assert late is not None
    assert late.late

    await xinghe.to_close_out(question)
    await xinghe.sound()


async def test_a_notice_that_climbs_follows_a_new_handbook_and_its_instants_stay_where_they_were(
    xinghe: MattersWorld,
) -> None:
    sender = xinghe.officer(SERVICE)
    opening: dict[str, Any] = {"procedure": "notices-down", "title": "用电通知", "targets": [FIRM]}
    await xinghe.act("notice", sender, "open_campaign", **opening)
    await xinghe.act("notice", sender, "record_step", enterprise=FIRM, step="delivered")
    await xinghe.until("2026-03-05 09:00")
    before = await xinghe.matter("notice")

    # By the second revision the coordinator's turn comes where the area's came.
    by_tiers = "levels = [{ tier = 1 }, { tier = 2 }, { tier = 3 }]"
    limits = 'within = "2wd", then = "1wd", '
    new = limits + by_tiers.replace("{ tier = 2 }", '{ role = "coordinator" }')
    later = terms_with_firms(("revision = 1\ncal", "revision = 2\ncal"), (limits + by_tiers, new))
    await xinghe.judged_by(later)
    after = await xinghe.matter("notice")
    assert (after.terms, after.dues) == (later.hash, before.dues)
    assert await xinghe.facts("notice", "matter_terms_adopted")

    await xinghe.until("2026-03-10 09:00")
    assert [row[2] for row in await xinghe.rang("notice")] == [
        "03-04 17:30",
        "03-05 17:30",
        "03-06 17:30",
    ]
    assert await xinghe.heard("notice", "step_overdue") == sorted([COORDINATOR, GRID, TOP])
    await xinghe.sound()


@IN_CHECK
async def test_sixty_firms_that_read_at_once_all_count_and_the_others_climb_together(
    xinghe: MattersWorld,
) -> None:
    sender, firms = xinghe.officer(SERVICE), FIRMS[:64]
    opening: dict[str, Any] = {"procedure": "notices-down", "title": "限电通知", "targets": firms}
    await xinghe.act("notice", sender, "open_campaign", **opening)
    await xinghe.act("notice", sender, "record_step_for_many", enterprises=firms, step="delivered")
    await xinghe.until("2026-03-04 17:29")
    asking = {"problems": [problem("UTL-1", "能否错峰")]}
    sent = [
        xinghe.sent("notice", xinghe.firm(firm), "record_step", enterprise=firm, step="read")
        for firm in firms[:60]
    ] + [
        xinghe.sent(
            "notice", xinghe.firm(firm), "record_step", enterprise=firm, step="asked", **asking
        )
        for firm in firms[60:]
    ]
    await asyncio.gather(*map(xinghe.matters.carry_out, sent))
    await xinghe.lapse.settle()
    issues = await xinghe.issues("notice")
    assert sorted(each.enterprise for each in issues) == sorted(firms[60:])
    assert len({each.key for each in issues}) == len({each.report_id for each in issues}) == 4

    await xinghe.until("2026-03-04 18:00")
    (overdue,) = await xinghe.facts("notice", "step_overdue")
    assert isinstance(overdue, StepOverdue)
    assert [each.enterprise for each in overdue.overdue] == list(firms[60:])
    assert len(await xinghe.rang("notice")) == 1
    await xinghe.sound()
