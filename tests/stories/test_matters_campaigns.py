"""Visits, policies, rounds and daily reports of a zone, from the first act to the last notice."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from databases import Database
from deep import IN_CHECK
from matters_world import (
    LISTED,
    ODD_ONE,
    MattersWorld,
    figure,
    keeping_matters,
    problem,
    yuan,
)
from procedure_world import FIRM
from temporalio.client import Client

from domain.errors import ConflictError, InvalidRequestError
from domain.matters.campaign.events import ReportsClosed, ReportsMissing, StepRecorded
from domain.matters.campaign.rules import CampaignProcedure
from domain.matters.campaign.state import Campaign
from domain.matters.counting import figures_of
from domain.matters.figures import Figure
from domain.matters.values import Amount, Count
from domain.phases import Origin, Outcome, Phase

pytestmark = IN_CHECK

GRID = "xinghe-grid-east-1"
SERVICE, FINANCE = "xinghe-service", "xinghe-finance"
COORDINATOR = "xinghe-coordinator"


@pytest.fixture
async def xinghe(database: Database, skipper: Client) -> AsyncIterator[MattersWorld]:
    """The zone on a plain Monday."""
    async with keeping_matters(database, skipper) as world:
        yield world


async def campaign(world: MattersWorld, name: str) -> Campaign:
    """Return a campaign as the ledger has it."""
    found = await world.matter(name)
    assert isinstance(found, Campaign)
    return found


async def counted(world: MattersWorld, name: str) -> tuple[Figure, ...]:
    """Return the figures of the campaign's procedure."""
    found = await campaign(world, name)
    rule = world.rule(found.procedure)
    assert isinstance(rule, CampaignProcedure)
    return figures_of(rule, [found])


async def test_a_visit_finds_three_problems_and_opens_three_issues_under_one_report(
    xinghe: MattersWorld,
) -> None:
    visitor = xinghe.officer(GRID)
    await xinghe.act(
        "walk",
        xinghe.officer(COORDINATOR),
        "open_campaign",
        procedure="firm-visits",
        title="三月走访",
        targets=[FIRM, "xinghe-optics"],
    )
    await xinghe.act(
        "walk",
        visitor,
        "record_step",
        at="2026-03-02 10:00",
        enterprise=FIRM,
        step="visited",
        problems=[
            problem("COS-1", "用电成本高"),
            problem("LAB-1", "缺少技工"),
            problem("FIN-3", "贷款到期"),
        ],
    )
    power, staff, loan = await xinghe.issues("walk")
    assert [each.category for each in (power, staff, loan)] == ["COS-1", "LAB-1", "FIN-3"]
    assert {each.report_id for each in (power, staff, loan)} == {power.report_id}
    assert power.report_id is not None
    assert {(each.enterprise, each.origin) for each in (power, staff, loan)} == {
        (FIRM, Origin.VISIT)
    }
    assert {each.matter for each in (power, staff, loan)} == {xinghe.key("walk")}
    assert len({each.key for each in (power, staff, loan)}) == 3

    # One is dealt with to the end. The others are not, and climb by themselves.
    await xinghe.to_close_out(power)
    await xinghe.until("2026-03-04 09:00")
    power, staff, loan = await xinghe.issues("walk")
    assert (power.phase, power.outcome) == (Phase.CLOSED, Outcome.CLOSED_OUT)
    assert [each.tier > 1 for each in (staff, loan)] == [True, True]
    assert figure(await counted(xinghe, "walk"), "visited.done") == (Count(n=1), Count(n=2))
    assert figure(await counted(xinghe, "walk"), "issues")[0] == Count(n=3)
    await xinghe.sound()


async def applied_for(world: MattersWorld) -> tuple[str, list[str]]:
    """Match a policy to the listed firms and have all but one apply. Return that one, and them."""
    centre = world.officer(SERVICE)
    opening = {"procedure": "policy-delivery", "title": "技改补贴", "from_list": LISTED}
    await world.act("policy", centre, "open_campaign", **opening)
    matched = await campaign(world, "policy")
    assert (len(matched.targets), matched.left_out) == (87, 1)
    assert matched.target(ODD_ONE) is None
    firms = [each.enterprise for each in matched.targets]
    all_: dict[str, Any] = {"enterprises": firms}
    await world.act("policy", centre, "record_step_for_many", **all_, step="pushed")
    assert Counter(await world.heard("policy", "step_recorded")) == Counter(firms)
    explained = {"at": "2026-03-04 10:00", "step": "explained"}
    await world.act("policy", centre, "record_step_for_many", **explained, **all_)

    # One turns out to be owed nothing, before it applies; nothing more is asked of it.
    out, *others = firms
    why = {"code": "not-entitled", "reason": "设备购置在政策期之前。"}
    await world.act("policy", centre, "exclude_target", enterprise=out, **why)
    by_grid: dict[str, list[str]] = {}
    for firm in others:
        by_grid.setdefault(world.handbook.enterprises_by_id[firm].grid, []).append(firm)
    for grid, theirs in by_grid.items():
        by = world.there(grid.replace("xinghe-", "xinghe-grid-"))
        await world.act("policy", by, "record_step_for_many", enterprises=theirs, step="applied")
    return out, others


async def test_a_policy_matched_to_87_firms_pays_86_and_none_of_them_twice(
    xinghe: MattersWorld,
) -> None:
    out, firms = await applied_for(xinghe)
    office, granted = xinghe.officer(FINANCE), {"sum-granted": yuan(10_000)}
    approved: dict[str, Any] = {"step": "approved", "values": granted}
    refused = await xinghe.balked(
        "policy",
        office,
        "record_step",
        InvalidRequestError,
        "taken out of the campaign",
        enterprise=out,
        **approved,
    )
    assert refused.field == "enterprise"
    await xinghe.until("2026-03-10 10:00")
    await xinghe.act("policy", office, "record_step_for_many", enterprises=firms, **approved)

    await xinghe.until("2026-03-12 10:00")
    day = {"kind": "day", "on": "2026-03-12"}
    for some, sum_ in ((firms[:20], 9_000), (firms[20:], 10_000)):
        paid: dict[str, Any] = {"step": "paid", "values": {"sum-paid": yuan(sum_), "paid-on": day}}
        await xinghe.act("policy", office, "record_step_for_many", enterprises=some, **paid)
    again: dict[str, dict[str, Any]] = {
        "record_step": {"enterprise": firms[0]},
        "record_step_for_many": {"enterprises": firms[:2]},
    }
    for kind, whom in again.items():
        said = "Nothing more is asked of the enterprise"
        await xinghe.balked("policy", office, kind, ConflictError, said, **whom, **paid)

    figures = await counted(xinghe, "policy")
    assert figure(figures, "paid.done") == (Count(n=86), Count(n=86))
    assert figure(figures, "pushed.done")[0] == Count(n=86)
    assert figure(figures, "excluded")[0] == Count(n=1)
    assert figure(figures, "left_out")[0] == Count(n=1)
    assert figure(figures, "paid.sum-paid")[0] == Amount(
        hundredths=(20 * 9_000 + 66 * 10_000) * 100, currency="CNY"
    )
    told = Counter(await xinghe.heard("policy", "step_recorded"))
    assert (told[out], {told[firm] for firm in firms}) == (1, {2})
    assert (await xinghe.matter("policy")).next_due is None
    assert await xinghe.rang("policy") == []
    await xinghe.sound()


async def test_a_daily_report_that_is_missing_at_the_cut_off_alarms_and_is_marked_when_it_comes(
    xinghe: MattersWorld,
) -> None:
    rates = {
        "staff-back": {"kind": "ratio", "part": 93, "whole": 100},
        "lines-run": {"kind": "ratio", "part": 4, "whole": 5},
        "cap-used": {"kind": "ratio", "part": 71, "whole": 100},
    }
    report: dict[str, Any] = {"step": "reported", "values": rates, "no_abnormality": True}
    two = [FIRM, "xinghe-optics"]
    await xinghe.act(
        "daily",
        xinghe.officer("xinghe-economy"),
        "open_campaign",
        procedure="daily-reports",
        title="企业日报",
        targets=two,
        to_on="2026-03-04",
    )
    on_time = xinghe.firm("xinghe-optics")
    await xinghe.act(
        "daily", on_time, "record_step", at="2026-03-02 17:59", enterprise="xinghe-optics", **report
    )
    assert await xinghe.rang("daily") == []

    await xinghe.until("2026-03-02 18:00")
    (closed,) = await xinghe.facts("daily", "reports_closed")
    (missing,) = await xinghe.facts("daily", "reports_missing")
    assert isinstance(closed, ReportsClosed)
    assert isinstance(missing, ReportsMissing)
    assert (closed.expected, closed.reported) == (2, 1)
    assert missing.missing == (FIRM,)
    assert await xinghe.heard("daily", "reports_missing") == sorted([FIRM, GRID])

    await xinghe.act(
        "daily",
        xinghe.firm(FIRM),
        "record_step",
        at="2026-03-03 08:30",
        enterprise=FIRM,
        on="2026-03-02",
        **report,
    )
    late = (await xinghe.facts("daily", "step_recorded"))[-1]
    assert isinstance(late, StepRecorded)
    assert late.late == (FIRM,)
    await xinghe.balked(
        "daily",
        on_time,
        "record_step",
        InvalidRequestError,
        "not made for a day to come",
        enterprise="xinghe-optics",
        on="2026-03-04",
        **report,
    )

    # The next two days nobody reports; the last cut-off is the last thing that happens by itself.
    await xinghe.until("2026-03-09 09:00")
    assert [row[2] for row in await xinghe.rang("daily") if row[0].startswith("cut-off")] == [
        "03-02 18:00",
        "03-03 18:00",
        "03-04 18:00",
    ]
    figures = await counted(xinghe, "daily")
    assert figure(figures, "rounds.reported") == (Count(n=1), Count(n=6))
    assert figure(figures, "rounds.late")[0] == Count(n=1)
    assert figure(figures, "rounds.missing")[0] == Count(n=4)
    assert (await xinghe.matter("daily")).next_due is None
    await xinghe.sound()


async def test_rounds_of_a_procedure_that_a_file_added_are_summed_in_whatever_order_they_come(
    xinghe: MattersWorld,
) -> None:
    bureau = xinghe.officer("xinghe-emergency")
    opening = {"procedure": "safety-rounds", "title": "三月巡查"}
    await xinghe.act("rounds", bureau, "open_campaign", **opening, targets=[FIRM])
    for number, seen in enumerate(("mended", "hazards", "mended", "hazards", "mended"), start=1):
        values = {seen: {"kind": "count", "n": number}}
        await xinghe.act(
            "rounds", bureau, "record_step", enterprise=FIRM, step="walked", values=values
        )
    figures = await counted(xinghe, "rounds")
    assert figure(figures, "walked.mended")[0] == Count(n=1 + 3 + 5)
    assert figure(figures, "walked.hazards")[0] == Count(n=2 + 4)
    assert figure(figures, "walked.acts")[0] == Count(n=5)
    await xinghe.sound()
