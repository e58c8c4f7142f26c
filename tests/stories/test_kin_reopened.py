"""What comes after the close-out: taken up again in three ways, and what was promised for later."""

from collections.abc import AsyncIterator

import pytest
from databases import Database
from deep import IN_CHECK
from procedure_world import FIRM, ProcedureWorld, local, procedures
from temporalio.client import Client

from domain import commands as cmd
from domain.clocks import Verdict
from domain.duration_text import read_duration
from domain.errors import InvalidRequestError, NotPermittedError
from domain.events import IssueReopened
from domain.phases import LinkType, Origin, Outcome, Phase, ReopenMode, ResultClass
from ledger.port import ClockRow

pytestmark = IN_CHECK


HOUR_MS = 3_600_000
AGAIN = cmd.Reopen(reason="又断电了。")


@pytest.fixture
async def xinghe(database: Database, skipper: Client) -> AsyncIterator[ProcedureWorld]:
    """The shipped zone, on the Monday of a plain week."""
    async with procedures(database, skipper) as world:
        yield world


async def cycles(world: ProcedureWorld, name: str, clock: str) -> list[ClockRow]:
    """Return every cycle of a clock, first to last."""
    rows = await world.ledger.clocks(f"{world.zone}/{world.key(name)}")
    return sorted((row for row in rows if row.clock == clock), key=lambda row: row.cycle)


async def closed_on_tuesday(world: ProcedureWorld, name: str) -> None:
    """A life that has used up some of its time: accepted on Monday, closed on Tuesday."""
    await world.accepted(name)
    await world.closed(name, at="2026-03-03 10:00")


async def test_within_a_week_it_goes_on_with_the_time_that_was_left_and_keeps_its_first_verdict(
    xinghe: ProcedureWorld,
) -> None:
    await closed_on_tuesday(xinghe, "lights")
    first = (await cycles(xinghe, "lights", "resolution"))[0]
    told = await xinghe.records("lights")

    await xinghe.do("lights", xinghe.firm(FIRM), AGAIN, at="2026-03-05 10:00")
    reopened = (await xinghe.events("lights", "issue_reopened"))[0]
    assert isinstance(reopened, IssueReopened)
    assert reopened.mode is ReopenMode.RESUME
    issue = await xinghe.issue("lights")
    assert (issue.phase, issue.outcome, issue.reopened) == (Phase.HANDLING, None, 1)

    kept, resumed = await cycles(xinghe, "lights", "resolution")
    assert kept == first
    assert kept.verdict == Verdict.MET
    now = await xinghe.clock_of("lights", "resolution")
    assert (resumed.cycle, now.is_live) == (2, True)
    assert resumed.budget_ms == first.budget_ms - first.elapsed_ms
    assert now.carried_ms == first.elapsed_ms == 8 * HOUR_MS
    assert now.due_at is not None
    assert local(now.due_at) == "03-18 17:30"
    assert (await xinghe.records("lights"))[: len(told)] == told

    await xinghe.closed("lights", at="2026-03-06 10:00")
    kept, resumed = await cycles(xinghe, "lights", "resolution")
    assert [row.verdict for row in (kept, resumed)] == [Verdict.MET, Verdict.MET]
    await xinghe.proved("lights")


async def test_within_a_month_it_begins_a_new_cycle_and_after_that_an_issue_succeeds_it(
    xinghe: ProcedureWorld,
) -> None:
    await closed_on_tuesday(xinghe, "lights")
    await closed_on_tuesday(xinghe, "lift")

    await xinghe.do("lights", xinghe.firm(FIRM), AGAIN, at="2026-03-16 10:00")
    reopened = (await xinghe.events("lights", "issue_reopened"))[0]
    assert isinstance(reopened, IssueReopened)
    assert reopened.mode is ReopenMode.NEW_CYCLE
    first, second = await cycles(xinghe, "lights", "resolution")
    assert first.verdict == Verdict.MET
    now = await xinghe.clock_of("lights", "resolution")
    assert (second.cycle, now.carried_ms, second.elapsed_ms) == (2, 0, 0)
    assert now.due_at is not None
    assert local(now.due_at) == "03-30 17:30"
    await xinghe.closed("lights", at="2026-03-17 10:00")

    before = await xinghe.records("lift")
    stranger = xinghe.firm("xinghe-materials")
    await xinghe.refused(
        "lift", stranger, AGAIN, NotPermittedError, "may not reopen", at="2026-04-10 10:00"
    )
    await xinghe.do("lift", xinghe.firm(FIRM), AGAIN)
    old, new = await xinghe.issue("lift"), await xinghe.issue("lift.s1")
    assert (old.outcome, old.phase) == (Outcome.CLOSED_OUT, Phase.CLOSED)
    assert (await xinghe.records("lift"))[: len(before)] == before
    assert (new.phase, new.origin, new.enterprise) == (Phase.INTAKE, Origin.FOLLOW_UP, FIRM)
    assert new.tie(LinkType.SUCCEEDS, old.key) is not None
    assert old.tie(LinkType.SUCCEEDS, new.key, incoming=True) is not None
    assert (await xinghe.glimpse("lift.s1")).phase is Phase.INTAKE
    await xinghe.do("lift.s1", await xinghe.owner("lift.s1"), cmd.Accept())
    await xinghe.closed("lift.s1")
    await xinghe.proved("lights", "lift", "lift.s1")


async def test_what_was_promised_becomes_an_issue_of_its_own_with_the_time_of_the_promise(
    xinghe: ProcedureWorld,
) -> None:
    await xinghe.accepted("lights")
    half = {"summary": "一半路灯已修复。", "reason": "另一半缺配件。"}
    owner = await xinghe.owner("lights")
    for lacking, match in (({}, "say what is promised"), ({"text": "四月修完。"}, "within what")):
        told = half | {"result": "partly"} | ({"follow_up": lacking} if lacking else {})
        command = cmd.ProposeResolution.model_validate({"resolution": told})
        await xinghe.refused("lights", owner, command, InvalidRequestError, match)
    promised = {"text": "四月修完。", "within": read_duration("5wd")}
    whole = cmd.ProposeResolution.model_validate(
        {"resolution": half | {"result": ResultClass.PARTLY, "follow_up": promised}}
    )
    await xinghe.do("lights", owner, whole)
    await xinghe.answered("lights", cmd.Confirm(satisfaction=3))

    # It is not solved, so it takes somebody two tiers above the owner to let it stand.
    head = xinghe.officer("xinghe-area-east")
    await xinghe.refused("lights", head, cmd.Verify(), NotPermittedError, "may not verify")
    await xinghe.do("lights", xinghe.officer("xinghe-director"), cmd.Verify())

    assert (await xinghe.issue("lights")).outcome is Outcome.CLOSED_OUT
    after = await xinghe.issue("lights.f1")
    assert after.promise is not None
    assert (after.promise.text, after.origin) == ("四月修完。", Origin.FOLLOW_UP)
    assert after.tie(LinkType.SUCCEEDS, xinghe.key("lights")) is not None
    clock = await xinghe.clock_of("lights.f1", "promised")
    assert clock.due_at is not None
    assert local(clock.due_at) == "03-09 17:30"

    # It is late for its promise, and on the record as late; the first issue's verdict stays.
    await xinghe.do("lights.f1", await xinghe.owner("lights.f1"), cmd.Accept())
    await xinghe.until("2026-03-09 17:30")
    late = [(e.clock, e.rung) for e in await xinghe.fired("lights.f1")]
    assert ("promised", "due") in late
    await xinghe.closed("lights.f1", at="2026-03-10 10:00")
    row = (await cycles(xinghe, "lights.f1", "promised"))[0]
    assert row.verdict == Verdict.BREACHED_THEN_MET
    assert (await cycles(xinghe, "lights", "resolution"))[0].verdict == Verdict.MET
    await xinghe.proved("lights", "lights.f1")
