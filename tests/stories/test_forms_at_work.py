"""Where the enterprise owes the work: what an inspector orders put right (整改), and what has to be
shown before work may start again (复工申请)."""

from collections.abc import AsyncIterator

import pytest
from databases import Database
from deep import IN_CHECK
from procedure_world import FIRM, ProcedureWorld, local, procedures
from temporalio.client import Client

from audit.forms import Period, rectifications
from domain import commands as cmd
from domain import commands_of_forms as fm
from domain.clocks import Standing
from domain.commands_of_ladder import Urge
from domain.duration_text import parse_duration
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.forms import ApplyAsked, ItemStanding, RectifyAsked
from domain.issue import Evidence
from domain.phases import Outcome, Phase, SignOffOutcome

pytestmark = IN_CHECK

THURSDAY = "2026-02-26 09:00"
"""Two working days before the third batch may start, which is on Monday, 2 March."""
MUSTS = ("resumption-plan", "hazard-sweep", "key-posts", "all-trained", "key-safety")
PHOTO = (
    Evidence(reference="photo-0302-1", sha256="ab" * 32, size=48_211, media_type="image/jpeg"),
)
CLEARED = fm.DeclareRectified(summary="消防通道已清理。", evidence=PHOTO)


@pytest.fixture
async def xinghe(database: Database, skipper: Client) -> AsyncIterator[ProcedureWorld]:
    """The shipped zone, on the Monday of a plain week."""
    async with procedures(database, skipper) as world:
        yield world


@pytest.fixture
async def before_the_batch(database: Database, skipper: Client) -> AsyncIterator[ProcedureWorld]:
    """The shipped zone, after the Spring Festival."""
    async with procedures(database, skipper, THURSDAY) as world:
        yield world


async def test_what_was_ordered_is_declared_fails_its_inspection_and_passes_the_second(
    xinghe: ProcedureWorld,
) -> None:
    inspector = xinghe.officer("xinghe-market")
    too_long = RectifyAsked(items=("清理消防通道",), limit=parse_duration("20wd"))
    with pytest.raises(InvalidRequestError, match="may not set this limit"):
        await xinghe.reported("exit", FIRM, "SAF-1", by=inspector, rectify=too_long)
    asked = RectifyAsked(items=("清理消防通道", "补齐灭火器"), limit=parse_duration("3wd"))
    await xinghe.accepted("exit", FIRM, "SAF-1", by=inspector, rectify=asked)
    shorter = RectifyAsked(items=("张贴疏散图",))
    await xinghe.accepted("map", "xinghe-materials", "SAF-1", by=inspector, rectify=shorter)

    clock = await xinghe.clock_of("exit", "rectifying")
    assert clock.due_at is not None
    assert local(clock.due_at) == "03-05 17:30"
    assert (await xinghe.issue("exit")).clock("handling") is None
    usual = await xinghe.clock_of("map", "rectifying")
    assert usual.due_at is not None
    assert local(usual.due_at) == "03-09 17:30"

    owner = await xinghe.owner("exit")
    done = cmd.ProposeResolution.model_validate(
        {"resolution": {"result": "solved", "summary": "已办结。"}}
    )
    await xinghe.refused("exit", owner, done, WrongPhaseError, "the enterprise owes the work")
    supervisor = xinghe.officer("xinghe-supervisor")
    await xinghe.do("exit", supervisor, Urge(text="请尽快整改。"), at="2026-03-03 10:00")
    await xinghe.do("map", supervisor, Urge(text="请尽快整改。"))
    await xinghe.do("map", supervisor, Urge(text="再次催办。"))

    firm = xinghe.firm(FIRM)
    await xinghe.do("exit", firm, CLEARED, at="2026-03-04 10:00")
    assert (await xinghe.issue("exit")).phase is Phase.SIGN_OFF
    seen = fm.Inspect(passed=True, reason="已到现场。", evidence=PHOTO)
    await xinghe.refused("exit", owner, seen, NotPermittedError, "may not inspect")
    failed = fm.Inspect(passed=False, reason="灭火器仍缺。")
    await xinghe.do("exit", inspector, failed, at="2026-03-04 15:00")
    issue = await xinghe.issue("exit")
    assert issue.rectification is not None
    assert (issue.phase, issue.rectification.failed) == (Phase.HANDLING, 1)
    assert issue.deadline is not None

    await xinghe.do("exit", firm, CLEARED, at="2026-03-05 10:00")
    await xinghe.do("exit", inspector, seen)
    issue = await xinghe.issue("exit")
    assert issue.sign_off is None or issue.sign_off.outcome is SignOffOutcome.INSPECTED
    assert (issue.phase, issue.outcome) == (Phase.CLOSED, Outcome.CLOSED_OUT)
    assert (await xinghe.clock_of("exit", "rectifying")).standing is Standing.STOPPED

    # Two were urged, three times in all; one is completed. These are never one figure.
    here = [("xinghe", "Asia/Shanghai")]
    now = xinghe.clock.now()
    found = await rectifications(xinghe.ledger, zones=here, period=Period(), at=now)
    assert found.figures == {
        "ordered": 2,
        "enterprises": 2,
        "urged": 2,
        "urgings": 3,
        "declared": 2,
        "failed": 1,
        "completed": 1,
        "ordered_completed": 1,
        "overdue": 0,
    }
    await xinghe.proved("exit", "map")


async def test_no_work_starts_again_before_five_musts_three_signatures_and_its_batch(
    before_the_batch: ProcedureWorld,
) -> None:
    world = before_the_batch
    asked = ApplyAsked(form="resumption", claims=("small-scale",))
    await world.accepted("start", FIRM, "MAT-1", application=asked)
    owner, firm = await world.owner("start"), world.firm(FIRM)
    head = world.officer("xinghe-area-east")
    sector = world.officer("xinghe-emergency")

    error = await world.refused(
        "start", owner, fm.ApproveApplication(), WrongPhaseError, "5 items are not met and 3 sign"
    )
    assert all(must in str(error.allowed) for must in MUSTS)
    for must in MUSTS:
        await world.do("start", firm, fm.SubmitItem(item=must, evidence=PHOTO))
        await world.do("start", owner, fm.CheckItem(item=must, met=must != "all-trained"))
    signing = fm.SignApplication(role="area-head")
    error = await world.refused("start", head, signing, WrongPhaseError, "not met yet")
    assert str(error.allowed) == "item all-trained met"

    refusal = fm.RefuseApplication(reason="培训未到全员。")
    await world.do("start", owner, refusal, at="2026-02-26 11:00")
    solved = cmd.ProposeResolution.model_validate(
        {"resolution": {"result": "solved", "summary": "已复工。"}}
    )
    await world.refused("start", owner, solved, WrongPhaseError, "not approved")
    await world.do("start", firm, fm.Reapply(text="已补训。"), at="2026-02-27 09:00")
    application = (await world.issue("start")).application
    assert application is not None
    assert (application.attempt, application.signatures) == (2, ())
    assert application.missing == ("all-trained",)
    assert {item.standing for item in application.items} == {ItemStanding.MET, ItemStanding.OPEN}

    await world.do("start", firm, fm.SubmitItem(item="all-trained", evidence=PHOTO))
    await world.do("start", owner, fm.CheckItem(item="all-trained", met=True))
    await world.do("start", head, signing)
    twice = fm.SignApplication(role="sector-head")
    await world.refused("start", head, twice, NotPermittedError, "does not sign as sector-head")
    await world.do("start", sector, twice)
    await world.do("start", firm, fm.SignApplication(role="company-head"))
    await world.refused(
        "start", owner, fm.ApproveApplication(), WrongPhaseError, "batch is not open yet"
    )

    # The grid officer's two days are over meanwhile, so that it is for the tiers above to approve.
    await world.until("2026-03-02 09:00")
    assert (await world.issue("start")).owner == "xinghe-area-east"
    await world.do("start", world.officer("xinghe-director"), fm.ApproveApplication())
    approved = (await world.issue("start")).application
    assert approved is not None
    assert (approved.batch, approved.attempt) == ("third-batch", 2)
    assert approved.approved_at == world.clock.now()
    await world.closed("start")
    assert (await world.issue("start")).outcome is Outcome.CLOSED_OUT
    await world.proved("start")
