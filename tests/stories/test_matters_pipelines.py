"""A loan on its way through a bank, whose last day others have set; and a meeting with banks."""

from collections.abc import AsyncIterator
from datetime import date

import pytest
from databases import Database
from deep import IN_CHECK
from matters_world import MattersWorld, keeping_matters, problem, yuan
from procedure_world import FIRM
from temporalio.client import Client

from domain.errors import InvalidRequestError
from domain.matters.pipeline.events import HardDateSet
from domain.matters.pipeline.state import Pipeline
from domain.matters.words import Tying
from domain.phases import Outcome, Phase

pytestmark = IN_CHECK

GRID, AREA, TOP = "xinghe-grid-east-1", "xinghe-area-east", "xinghe-director"
FINANCE, ECONOMY = "xinghe-finance", "xinghe-economy"


@pytest.fixture
async def xinghe(database: Database, skipper: Client) -> AsyncIterator[MattersWorld]:
    """The zone on a plain Monday."""
    async with keeping_matters(database, skipper) as world:
        yield world


async def pipeline(world: MattersWorld, name: str) -> Pipeline:
    """Return a pipeline as the ledger has it."""
    found = await world.matter(name)
    assert isinstance(found, Pipeline)
    return found


async def put_off(xinghe: MattersWorld) -> None:
    """Have a loan run, its first warning come, and its bank put the day of maturity off."""
    office = xinghe.officer(FINANCE)
    await xinghe.act(
        "loan",
        office,
        "open_pipeline",
        procedure="bank-loans",
        title="流动资金贷款",
        enterprise=FIRM,
        stage="funded",
        amount=yuan(3_000_000),
        dates={"maturity": "2026-04-10"},
    )
    # A month before, the first are warned; then the bank itself puts the day off.
    await xinghe.until("2026-03-12 00:00")
    assert await xinghe.rang("loan") == [("warning-1.maturity", "level-1", "03-12 00:00")]
    assert await xinghe.heard("loan", "hard_date_near") == [FINANCE]
    await xinghe.balked(
        "loan",
        office,
        "set_date",
        InvalidRequestError,
        "others change says why",
        id="maturity",
        on="2026-04-24",
    )
    await xinghe.act(
        "loan",
        office,
        "set_date",
        at="2026-03-12 10:00",
        id="maturity",
        on="2026-04-24",
        reason="银行同意延后两周。",
    )
    first, changed = (
        (await pipeline(xinghe, "loan")).hard_date("maturity"),
        (await xinghe.facts("loan", "hard_date_set"))[-1],
    )
    assert isinstance(changed, HardDateSet)
    assert (changed.was, changed.hard_date.on) == (date(2026, 4, 10), date(2026, 4, 24))
    assert first == changed.hard_date
    assert first.changes == 1


async def test_a_loans_maturity_is_a_hard_date_warned_of_moved_by_others_only_and_passed_once(
    xinghe: MattersWorld,
) -> None:
    office = xinghe.officer(FINANCE)
    await put_off(xinghe)

    # Both warnings and the day itself by the new date, at midnight in the zone; never by the old.
    await xinghe.until("2026-05-20 09:00")
    assert await xinghe.rang("loan") == [
        ("warning-1.maturity", "level-1", "03-12 00:00"),
        ("warning-1.maturity", "level-1", "03-26 00:00"),
        ("warning-2.maturity", "level-1", "04-18 00:00"),
        ("date.maturity", "level-1", "04-25 00:00"),
    ]
    assert await xinghe.heard("loan", "hard_date_near") == sorted([FINANCE] * 3 + [AREA, FIRM])
    assert await xinghe.heard("loan", "hard_date_passed") == sorted([FINANCE, TOP])
    known = (await pipeline(xinghe, "loan")).hard_date("maturity")
    assert known is not None
    assert (known.on, known.passed) == (date(2026, 4, 24), True)
    assert (await xinghe.matter("loan")).next_due is None

    # What the loan came to: an extension, and a problem that is an issue from then on.
    await xinghe.act(
        "loan",
        office,
        "move_stage",
        to="extended",
        values={"months-more": {"kind": "count", "n": 6}},
        problems=[problem("FIN-3", "展期后需要担保")],
    )
    await xinghe.act(
        "loan", office, "set_date", id="maturity", on="2026-10-23", reason="展期六个月。"
    )
    (issue,) = await xinghe.issues("loan")
    assert issue.enterprise == FIRM
    await xinghe.to_close_out(issue)
    await xinghe.act("loan", office, "move_stage", to="repaid")
    ended = await pipeline(xinghe, "loan")
    assert (ended.stage, ended.next_due) == ("repaid", None)
    await xinghe.sound()


@IN_CHECK
async def test_a_bank_that_is_not_asked_on_the_planned_day_and_a_demand_that_waits_are_told(
    xinghe: MattersWorld,
) -> None:
    office = xinghe.officer(FINANCE)
    await xinghe.act(
        "demand",
        office,
        "open_pipeline",
        procedure="bank-loans",
        title="设备贷款",
        enterprise=FIRM,
        amount=yuan(800_000),
        parties=[
            {"party": "bank", "status": "under-study", "next_check_on": "2026-03-03"},
        ],
    )
    await xinghe.until("2026-03-06 12:00")
    assert await xinghe.heard("demand", "check_missed") == [FINANCE]
    asked = {"party": "bank", "status": "has-agreed", "next_check_on": "2026-03-20"}
    await xinghe.act("demand", office, "record_party", **asked)
    await xinghe.act("demand", office, "move_stage", at="2026-03-20 10:00", to="funded")
    last = {"party": "bank", "status": "has-agreed"}
    await xinghe.act("demand", office, "record_party", **last)
    assert [row[0] for row in await xinghe.rang("demand")] == [
        "check.bank",
        "unchecked.bank",  # Wednesday, the working day after the missed one
        "unchecked.bank",  # Thursday
        "stage",
        "stage",
    ]
    assert (await pipeline(xinghe, "demand")).next_due is None
    await xinghe.sound()


async def test_a_meeting_with_a_bank_answers_two_issues_and_tells_both_enterprises(
    xinghe: MattersWorld,
) -> None:
    office = xinghe.officer(FINANCE)
    for name, firm in (("gap", FIRM), ("line", "xinghe-foods")):
        await xinghe.accepted(name, firm, "FIN-1")
    await xinghe.act(
        "meeting",
        office,
        "open_pipeline",
        procedure="bank-meetings",
        title="三月银企对接会",
        parties=[{"party": "bank", "name": "星河银行"}],
    )
    lent = {"credit-line": yuan(5_000_000), "loan-signed": yuan(2_000_000)}
    await xinghe.act(
        "meeting",
        office,
        "record_meeting",
        at="2026-03-03 10:00",
        on="2026-03-03",
        parties=["bank"],
        outcomes=[
            {"enterprise": FIRM, "issue": xinghe.key("gap"), "values": lent},
            {"enterprise": "xinghe-foods", "issue": xinghe.key("line"), "values": {}},
        ],
    )
    tied = (await xinghe.matter("meeting")).ties
    assert [(tie.issue, tie.tying) for tie in tied] == [
        (xinghe.key("gap"), Tying.ANSWERS),
        (xinghe.key("line"), Tying.ANSWERS),
    ]
    assert await xinghe.heard("meeting", "meeting_recorded") == ["xinghe-foods", FIRM]
    for name in ("gap", "line"):
        await xinghe.closed(name)
    found = await xinghe.issues("meeting")
    assert [(each.phase, each.outcome) for each in found] == [
        (Phase.CLOSED, Outcome.CLOSED_OUT)
    ] * 2
    await xinghe.act("meeting", office, "move_stage", to="concluded")
    await xinghe.sound()


async def test_a_procedure_that_a_file_added_keeps_two_days_that_others_have_set(
    xinghe: MattersWorld,
) -> None:
    desk = xinghe.officer(ECONOMY)
    await xinghe.act(
        "ship",
        desk,
        "open_pipeline",
        procedure="shipments",
        title="三月第一船",
        enterprise=FIRM,
        dates={"sails": "2026-03-03", "lands": "2026-03-05"},
    )
    await xinghe.until("2026-03-09 09:00")
    assert await xinghe.rang("ship") == [
        ("date.sails", "level-1", "03-04 00:00"),
        ("date.lands", "level-1", "03-06 00:00"),
    ]
    assert await xinghe.heard("ship", "hard_date_passed") == sorted([ECONOMY, GRID] * 2)
    await xinghe.act("ship", desk, "move_stage", to="delivered")
    await xinghe.act("ship", desk, "close_matter", ending="已交货")
    await xinghe.sound()
