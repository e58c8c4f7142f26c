"""Nobody answers: the clock carries an issue upwards, in any year, and stops when somebody acts."""

from datetime import UTC, datetime, timedelta

import builders as b
from cities import City, city_on, count, rings
from databases import Database
from temporalio.client import Client

from domain import commands as cmd
from domain.phases import Phase, SignOffOutcome

IN_2020 = datetime(2020, 1, 6, 1, tzinfo=UTC)
"""A Monday at nine in Shanghai, years before the engine's own clock."""


async def test_silence_carries_an_issue_from_the_officer_to_a_review_that_repeats(
    city: City,
) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    owners = []
    for at in (b.MON_11, b.MON_13, b.MON_17):
        await city.lapse.advance_to(at)
        owners.append((await city.glimpse()).owner)
    assert owners == ["grid-east-1", "head-east", "director"]
    await city.lapse.advance(timedelta(days=20))
    view = await city.view()
    assert (view.phase, view.tier, view.under_review) == (Phase.INTAKE, 3, True)
    kinds = await city.kinds()
    assert kinds.count("issue_put_to_review") >= 3
    fired = await city.fired()
    assert {firing.fired_at - firing.due_at for firing in fired} == {timedelta(0)}
    assert all(firing.ring for firing in fired)
    history = await city.history()
    assert rings(history) == len(fired)
    assert count(history, "WORKFLOW_TASK_FAILED") == 0


async def test_the_same_clock_plays_any_year(
    ring: str, database: Database, temporal: Client
) -> None:
    async with city_on(database, temporal, ring, start_at=IN_2020) as city:
        await city.do(b.report(), b.ENTERPRISE)
        await city.lapse.advance(timedelta(hours=4))
        first = (await city.fired())[0]
        assert first.due_at == first.fired_at == IN_2020 + timedelta(hours=2)
        assert (await city.glimpse()).tier == 2


async def test_an_acceptance_stops_the_climb(city: City) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    await city.at(b.MON_10, b.ACCEPT)
    await city.lapse.advance_to(b.MON_13)
    assert await city.fired() == []
    assert (await city.glimpse()).tier == 1


async def test_a_pause_over_a_rung_moves_it_by_the_time_that_stood_still(city: City) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    await city.do(b.ACCEPT)
    before = (await city.view()).next_rung
    assert before is not None
    await city.at(b.MON_13, b.PAUSE)
    await city.lapse.advance_to(b.WED_9)
    assert await city.fired() == []
    await city.do(b.RESUME)
    after = (await city.view()).next_rung
    assert after is not None
    assert (after.clock, after.cycle, after.rung) == (before.clock, before.cycle, before.rung)
    await city.lapse.advance_to(b.WED_17)
    assert [(each.rung, each.fired_at) for each in await city.fired()] == [("at-50", after.due_at)]


async def test_a_part_that_is_late_is_rung_although_the_lead_is_done(city: City) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    await city.do(b.ACCEPT)
    await city.do(b.ESCALATE)
    await city.do(b.CONVENE, b.HEAD)
    await city.at(b.MON_11, cmd.FinishPart(part="survey", summary="Done."), b.SECTION)
    await city.lapse.advance_to(b.MON_17)
    late = {(each.clock, each.rung) for each in await city.fired()}
    assert ("part.1.cable", "due") in late
    assert not {clock for clock, _ in late} & {"part.1.survey"}


async def test_a_rejected_resolution_that_is_not_redone_in_time_climbs(
    ring: str, database: Database, temporal: Client
) -> None:
    hours = [{"duration": {"kind": "open_hours", "minutes": 4 * 60}}]
    terms = b.terms_of(clocks=b.clock_rule("redo", budgets=hours))
    async with city_on(database, temporal, ring, terms=terms) as city:
        await city.do(b.report(), b.ENTERPRISE)
        await city.do(b.ACCEPT)
        await city.do(b.PROPOSE)
        await city.do(b.REJECT, b.ENTERPRISE)
        await city.lapse.advance_to(b.MON_13)
        assert [(each.clock, each.rung) for each in await city.fired()] == [
            ("redo", "at-50"),
            ("redo", "due"),
        ]
        assert (await city.glimpse()).tier == 2


async def test_an_enterprise_that_never_answers_is_deemed_to_have_accepted(city: City) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    await city.do(b.ACCEPT)
    await city.do(b.PROPOSE)
    await city.lapse.advance_to(b.THU_9)
    view = await city.view()
    assert view.sign_off is SignOffOutcome.DEEMED_ACCEPTED
    await city.do(b.VERIFY, b.HEAD)
    closing = await city.ended()
    assert (closing["outcome"], closing["version"]) == ("closed_out", len(await city.kinds()))


async def test_a_withdrawal_at_intake_ends_the_workflow(city: City) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    await city.do(b.WITHDRAW, b.ENTERPRISE)
    assert (await city.ended())["outcome"] == "withdrawn"
    assert [to for to, kind, _ in city.post.delivered if kind == "issue_reported"]


async def test_a_reopened_issue_gets_a_new_run_under_its_id_and_its_clocks_ring(
    city: City,
) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    await city.do(b.ACCEPT)
    await city.do(b.PROPOSE)
    await city.do(b.CONFIRM, b.ENTERPRISE)
    await city.do(b.VERIFY, b.HEAD)
    await city.ended()
    first = (await city.handle().describe()).run_id
    await city.do(b.REOPEN, b.ENTERPRISE)
    assert (await city.handle().describe()).run_id != first
    await city.lapse.advance_to(b.TUE_17)
    fired = [(each.clock, each.cycle, each.rung) for each in await city.fired()]
    assert ("handling", 2, "due") in fired
    assert (await city.glimpse()).tier == 2
