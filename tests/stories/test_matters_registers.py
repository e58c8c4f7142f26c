"""A map of supplies with one supplier closed, and a building site that is stuck."""

from collections.abc import AsyncIterator

import pytest
from databases import Database
from deep import IN_CHECK
from matters_world import SUPPLIERS, MattersWorld, figure, keeping_matters, problem, yuan
from temporalio.client import Client

from domain import commands as cmd
from domain.errors import ConflictError, InvalidRequestError
from domain.issue import Issue
from domain.matters.counting import figures_of
from domain.matters.figures import Figure
from domain.matters.register.chain import held_up_by, waiting_for, waits_for
from domain.matters.register.events import ChainReported, StatusSet
from domain.matters.register.figures import suppliers_up
from domain.matters.register.rules import RegisterProcedure
from domain.matters.register.state import Register, Subject
from domain.matters.values import Count
from domain.phases import Origin, Outcome, Phase

pytestmark = IN_CHECK

KEY_FIRM, OTHER_KEY_FIRM = "xinghe-optics", "xinghe-medical"
CLOSED = SUPPLIERS[-1]
ECONOMY, WORKS = "xinghe-economy", "xinghe-works"
SPONSOR = "xinghe-sponsor"
"""The leader linked to Xinghe Optics: of the highest tier, and asked before the director."""


@pytest.fixture
async def xinghe(database: Database, skipper: Client) -> AsyncIterator[MattersWorld]:
    """The zone on a plain Monday."""
    async with keeping_matters(database, skipper) as world:
        yield world


async def register(world: MattersWorld, name: str) -> tuple[RegisterProcedure, Register]:
    """Return a register as the ledger has it, and its procedure."""
    found = await world.matter(name)
    assert isinstance(found, Register)
    rule = world.rule(found.procedure)
    assert isinstance(rule, RegisterProcedure)
    return rule, found


async def subject(world: MattersWorld, name: str, id_: str) -> Subject:
    """Return how a subject of a register stands."""
    found = (await register(world, name))[1].subject(id_)
    assert found is not None
    return found


async def counted(world: MattersWorld, name: str) -> tuple[Figure, ...]:
    """Return the figures of the register's procedure."""
    rule, found = await register(world, name)
    return figures_of(rule, [found])


async def reported(world: MattersWorld) -> tuple[Issue, Issue]:
    """Have issues opened for the key firm and for the supplier that is closed, and return them."""
    await world.act(
        "map",
        world.officer(ECONOMY),
        "open_map_issue",
        at="2026-03-03 10:00",
        subject=KEY_FIRM,
        problem=problem("SUP-1", "一家配套企业未复工，整机缺件"),
        of_supplier=problem("LAB-1", "返岗不足，未复工"),
    )
    parent, child = await world.issues("map")
    return parent, child


async def test_of_22_suppliers_of_a_key_firm_one_is_closed_and_the_map_opens_the_issue_of_both(
    xinghe: MattersWorld,
) -> None:
    desk = xinghe.officer(ECONOMY)
    key_firm = {"classes": ["key-firm"]}
    await xinghe.act(
        "map",
        desk,
        "open_register",
        procedure="chain-map",
        title="光电供应链",
        members=[
            {"subject": KEY_FIRM, **key_firm},
            {"subject": OTHER_KEY_FIRM, **key_firm},
            *({"subject": firm} for firm in SUPPLIERS),
        ],
    )
    for firm in (KEY_FIRM, OTHER_KEY_FIRM, *SUPPLIERS[:-1]):
        await xinghe.act("map", desk, "set_status", subject=firm, status="running")

    # The links come from the handbook. What the one closed supplier holds up: two key firms.
    rule, known = await register(xinghe, "map")
    assert len(waits_for(known, KEY_FIRM)) == len(SUPPLIERS)
    assert [each.id for each in held_up_by(rule, known, KEY_FIRM)] == [CLOSED]
    assert {each.subject for each in waiting_for(known, CLOSED)} == {KEY_FIRM, OTHER_KEY_FIRM}
    up = suppliers_up(rule, known, KEY_FIRM)
    assert (up.part, up.whole) == (Count(n=21), Count(n=22))
    figures = await counted(xinghe, "map")
    assert figure(figures, "map.key_waiting") == (Count(n=2), Count(n=2))
    assert figure(figures, "map.links")[0] == Count(n=23)

    parent, child = await reported(xinghe)
    assert [each.enterprise for each in (parent, child)] == [KEY_FIRM, CLOSED]
    assert parent.report_id == child.report_id
    (chain,) = await xinghe.facts("map", "chain_reported")
    assert isinstance(chain, ChainReported)
    assert chain.parent == parent.key
    assert [(each.subject, each.issue) for each in chain.children] == [(CLOSED, child.key)]

    # The supplier is helped to open again: nobody waits any more, and there is nothing to report.
    await xinghe.to_close_out(child)
    await xinghe.act(
        "map", desk, "set_status", at="2026-03-03 15:00", subject=CLOSED, status="running"
    )
    await xinghe.to_close_out(parent)
    rule, known = await register(xinghe, "map")
    assert suppliers_up(rule, known, KEY_FIRM).part == Count(n=22)
    assert figure(await counted(xinghe, "map"), "map.key_waiting")[0] == Count(n=0)
    await xinghe.balked(
        "map",
        desk,
        "open_map_issue",
        ConflictError,
        "waits for no supplier",
        subject=KEY_FIRM,
        problem=problem("SUP-1", "缺件"),
        of_supplier=problem("SUP-1", "未复工"),
    )
    await xinghe.sound()


async def stuck_site(xinghe: MattersWorld) -> Issue:
    """Have a building site that gets stuck, and return the issue that was opened for it."""
    desk = xinghe.officer(WORKS)
    await xinghe.act(
        "sites",
        desk,
        "open_register",
        procedure="project-sites",
        title="重点项目",
        members=[],
    )
    await xinghe.act(
        "sites",
        desk,
        "add_subject",
        subject="lab-building",
        name="光电实验楼",
        enterprise="xinghe-optics",
        builder="xinghe-precision",
        contact=WORKS,
        details={"planned-cost": yuan(120_000_000)},
    )
    await xinghe.act("sites", desk, "set_status", subject="lab-building", status="building")
    stuck = {"subject": "lab-building", "status": "stuck"}
    refused = await xinghe.balked(
        "sites",
        desk,
        "set_status",
        InvalidRequestError,
        "brings the problem",
        at="2026-03-03 09:30",
        **stuck,
    )
    assert refused.field == "problems"
    await xinghe.act(
        "sites", desk, "set_status", **stuck, problems=[problem("PRJ-1", "变电站红线冲突")]
    )
    (issue,) = await xinghe.issues("sites")
    assert (issue.enterprise, issue.origin) == ("xinghe-optics", Origin.INSPECTION)
    site = await subject(xinghe, "sites", "lab-building")
    assert (site.status, site.issues) == ("stuck", (issue.key,))
    return issue


async def test_a_projects_sticking_point_goes_from_the_report_to_its_sign_off_and_the_site_goes_on(
    xinghe: MattersWorld,
) -> None:
    desk, issue = xinghe.officer(WORKS), await stuck_site(xinghe)

    # It is handled, resolved, confirmed and struck off, each at its own time.
    await xinghe.accepted_as_found(issue)
    await xinghe.until("2026-03-04 10:00")
    owner = await xinghe.owner(issue.key)
    await xinghe.do(issue.key, owner, cmd.Note(text="供电公司同意改线。"))
    await xinghe.proposed(issue.key, at="2026-03-04 11:00")
    assert (await xinghe.issue(issue.key)).phase is Phase.SIGN_OFF
    await xinghe.answered(issue.key, cmd.Confirm(), at="2026-03-04 15:00")
    await xinghe.verified(issue.key, at="2026-03-05 10:00")
    (issue,) = await xinghe.issues("sites")
    assert (issue.phase, issue.outcome) == (Phase.CLOSED, Outcome.CLOSED_OUT)

    await xinghe.act("sites", desk, "set_status", subject="lab-building", status="building")
    stood = [(e.before, e.status) for e in await xinghe.facts("sites") if isinstance(e, StatusSet)]
    assert stood == [(None, "building"), ("building", "stuck"), ("stuck", "building")]
    rates = figure(await counted(xinghe, "sites"), "rate.building")
    assert rates == (Count(n=1), Count(n=1))

    # Nobody looks at the site for a week: first its bureau hears of it, then the zone's leaders.
    await xinghe.until("2026-03-20 09:00")
    assert await xinghe.rang("sites") == [
        ("check", "level-1", "03-12 17:30"),
        ("check", "level-1", "03-16 17:30"),
    ]
    assert await xinghe.heard("sites", "subjects_overdue") == sorted([WORKS, SPONSOR])
    assert (await subject(xinghe, "sites", "lab-building")).overdue
    await xinghe.act(
        "sites",
        desk,
        "record_values",
        subject="lab-building",
        values={
            "site-quality": {"kind": "choice", "id": "as-required"},
            "site-safety": {"kind": "choice", "id": "site-safe"},
            "invested": yuan(31_000_000),
            "work-progress": {"kind": "ratio", "part": 26, "whole": 100},
        },
    )
    assert not (await subject(xinghe, "sites", "lab-building")).overdue
    await xinghe.sound()
