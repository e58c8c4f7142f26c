"""The desk of matters: repeats, conflicts, refusals, rings, lists, and the issues that it opens."""

import asyncio
from datetime import timedelta

import builders as b
import builders_matters as m
import builders_zone as z
import pytest
from desks import StandingClock
from matters_bureau import (
    DELIVERED,
    OPEN_NOTICES,
    OPEN_VISITS,
    READ,
    MatterBureau,
    problem,
    visit,
)

from domain.errors import (
    ConflictError,
    InvalidRequestError,
    NotPermittedError,
    UnknownMatterError,
    UnknownProcedureError,
)
from domain.matters.words import Tying
from domain.people import ENGINE
from domain.phases import Origin
from domain.view import RingOutcome
from ledger.port import Ledger

DAY = timedelta(days=1)


@pytest.fixture
def bureau(ledger: Ledger, clock: StandingClock) -> MatterBureau:
    """A bureau, once on each ledger."""
    return MatterBureau(ledger, clock)


async def test_a_visit_that_finds_three_problems_opens_three_issues_under_one_report(
    bureau: MatterBureau,
) -> None:
    await bureau.do(OPEN_VISITS)
    done = await bureau.do(visit("Road", "Power", "Water"), b.OFFICER)
    assert done.events == ("step_recorded",)
    assert await bureau.errands.once() == 3
    matter = await bureau.matter()
    assert [tie.tying for tie in matter.ties] == [Tying.OPENED] * 3
    issues = [(await bureau.desk.row(z.ZONE, tie.issue)).issue for tie in matter.ties]
    assert [issue.title for issue in issues] == ["Road", "Power", "Water"]
    assert {issue.report_id for issue in issues} == {f"m.{m.KEY}.2"}
    assert {(issue.matter, issue.origin) for issue in issues} == {(m.KEY, Origin.VISIT)}
    assert await bureau.ledger.errand_count() == 0
    assert [row.matter.key for row in await bureau.matters.find(issue=issues[0].key)] == [m.KEY]


async def test_what_is_refused_leaves_no_trace_but_the_refusal(bureau: MatterBureau) -> None:
    await bureau.do(OPEN_VISITS)
    with pytest.raises(InvalidRequestError) as refused:
        await bureau.do(
            m.asked(
                kind="record_step",
                enterprise="mill",
                step="visited",
                problems=[problem("Road") | {"category": "no-such"}],
            ),
            b.OFFICER,
        )
    assert refused.value.field == "problems.0.category"
    assert await bureau.kinds() == ["campaign_opened"]
    assert refused.value.is_kept
    assert await bureau.ledger.errand_count() == 0


async def test_what_is_sent_again_gets_the_first_answer(bureau: MatterBureau) -> None:
    await bureau.do(OPEN_VISITS, id_="open-1")
    again = await bureau.do(OPEN_VISITS, id_="open-1")
    assert again.repeated
    with pytest.raises(ConflictError):
        await bureau.do(visit("Road"), b.OFFICER, id_="open-1")
    assert await bureau.kinds() == ["campaign_opened"]


async def test_of_many_at_once_one_is_carried_out(bureau: MatterBureau) -> None:
    await bureau.do(OPEN_VISITS)
    asked = [bureau.do(visit(), b.OFFICER, id_=f"visit-{n}") for n in range(8)]
    done = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(not isinstance(each, BaseException) for each in done) == 1
    assert await bureau.kinds() == ["campaign_opened", "step_recorded"]


async def test_who_acted_on_an_older_view_is_told_how_it_stands(bureau: MatterBureau) -> None:
    await bureau.do(OPEN_VISITS)
    await bureau.do(visit(), b.OFFICER)
    with pytest.raises(ConflictError) as refused:
        await bureau.do(m.asked(kind="close_matter", ending="Done."), expected_version=1)
    assert refused.value.current == {"version": "2", "standing": "open"}


async def test_what_is_not_there_is_not_found(bureau: MatterBureau) -> None:
    with pytest.raises(UnknownMatterError):
        await bureau.do(visit(), b.OFFICER)
    with pytest.raises(UnknownMatterError):
        await bureau.matters.row(z.ZONE, "nowhere")
    with pytest.raises(UnknownProcedureError) as refused:
        await bureau.do(m.asked(kind="open_campaign", procedure="parades", title="Parades"))
    assert refused.value.allowed == "notices, visits"
    with pytest.raises(InvalidRequestError):
        await bureau.do(m.asked(kind="open_register", procedure="visits", title="Visits"))


async def test_nobody_outside_rings_or_takes_the_ids_of_the_engine(bureau: MatterBureau) -> None:
    await bureau.do(OPEN_VISITS)
    ring = m.asked(kind="ring_matter", clock="end", cycle=1, rung="level-1")
    for actor in (b.COORDINATOR, ENGINE):
        with pytest.raises(NotPermittedError):
            await bureau.do(ring, actor)
    with pytest.raises(InvalidRequestError):
        await bureau.do(visit(), b.OFFICER, id_="ring:matter")


async def test_a_notice_that_nobody_reads_climbs_from_tier_to_tier(bureau: MatterBureau) -> None:
    await bureau.do(OPEN_NOTICES)
    await bureau.do(DELIVERED)
    await bureau.until(b.MON_9 + 5 * DAY)
    told = [
        notice.addressee
        for notice in await bureau.ledger.notices(f"matter/{z.ZONE}/{m.KEY}")
        if notice.kind in ("due_passed", "step_overdue")
    ]
    assert told == ["grid-east-1", "head-east", "director"]
    firings = await bureau.ledger.firings(f"matter/{z.ZONE}/{m.KEY}")
    assert all(firing.ring and firing.fired_at == firing.due_at for firing in firings)
    assert (await bureau.matter()).next_due is None
    await bureau.do(READ, b.ENTERPRISE)


async def test_a_ring_too_early_or_too_late_or_twice_changes_nothing(bureau: MatterBureau) -> None:
    await bureau.do(OPEN_NOTICES)
    await bureau.do(DELIVERED)
    rung = (await bureau.matters.look(z.ZONE, m.KEY)).next_rung
    assert rung is not None
    early = await bureau.ring(rung.clock, rung.cycle, rung.rung)
    assert early.outcome is RingOutcome.EARLY
    bureau.clock.at = rung.due_at
    assert (await bureau.ring(rung.clock, rung.cycle, rung.rung)).outcome is RingOutcome.FIRED
    before = await bureau.kinds()
    await bureau.ring(rung.clock, rung.cycle, rung.rung)
    assert await bureau.kinds() == before
    await bureau.do(READ, b.ENTERPRISE)
    stale = await bureau.ring("step-read", 99, "level-1")
    assert stale.outcome is RingOutcome.STALE


async def test_lists_are_narrowed_and_paged(bureau: MatterBureau) -> None:
    for number in range(5):
        await bureau.do(OPEN_VISITS, key=f"v-{number}")
    await bureau.do(OPEN_NOTICES, key="n-1")
    found = await bureau.matters.find(zone=z.ZONE, enterprise="bakery", limit=3)
    assert [row.matter.key for row in found] == ["v-0", "v-1", "v-2"]
    rest = await bureau.matters.find(
        zone=z.ZONE, enterprise="bakery", after=found[-1].matter.stream
    )
    assert [row.matter.key for row in rest] == ["v-3", "v-4"]
    assert [row.matter.key for row in await bureau.matters.find(procedure="notices")] == ["n-1"]
    await bureau.do(m.asked(kind="close_matter", ending="Called off."), key="v-0")
    assert await bureau.ledger.open_matter_count() == 5


async def test_only_issues_that_are_there_are_tied(bureau: MatterBureau) -> None:
    await bureau.do(OPEN_VISITS)
    with pytest.raises(InvalidRequestError):
        await bureau.do(m.asked(kind="tie_issue", issue="nowhere"))
    await bureau.desk.carry_out(b.submission(b.report(), b.ENTERPRISE))
    await bureau.do(m.asked(kind="tie_issue", issue=b.KEY, tying="answers"))
    assert [row.matter.key for row in await bureau.matters.find(issue=b.KEY)] == [m.KEY]
