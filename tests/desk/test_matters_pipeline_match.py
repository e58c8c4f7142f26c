"""Pipelines and matches at the desk: what the ledger keeps of them, and the issues they answer."""

from datetime import timedelta

import builders as b
import builders_matches as t
import builders_matters as m
import builders_pipelines as p
import builders_zone as z
import pytest
from desks import StandingClock
from matters_bureau import MatterBureau, problem

from domain.errors import InvalidRequestError
from domain.matters.matter import matter_stream
from domain.matters.pipeline.state import Pipeline
from domain.matters.words import Tying
from ledger.port import Ledger

TERMS = m.terms_with(pipelines=[p.LOANS, p.MEETINGS], matches=[t.STAFF])
OPEN_LOAN = m.asked(
    kind="open_pipeline",
    procedure="loans",
    title="A loan that comes due",
    enterprise="mill",
    amount=p.cny(35_000_000),
    dates={"maturity": "2026-03-06"},
)
OPEN_MEETINGS = m.asked(
    kind="open_pipeline",
    procedure="meetings",
    title="Banks and firms",
    parties=[{"party": "first", "type": "bank"}],
)
OPEN_STAFF = m.asked(
    kind="open_match", procedure="staff", title="Packers", side="need", enterprise="mill", places=5
)


@pytest.fixture
def bureau(ledger: Ledger, clock: StandingClock) -> MatterBureau:
    """A bureau, once on each ledger."""
    return MatterBureau(ledger, clock, TERMS)


async def test_a_loan_is_warned_of_and_matures_when_nobody_acts(bureau: MatterBureau) -> None:
    bureau.clock.at = b.MON_9
    await bureau.do(OPEN_LOAN)
    await bureau.do(p.moved("approval"))
    await bureau.do(p.funded())
    await bureau.until(b.local(6))
    kinds = [kind for kind in await bureau.kinds() if kind.startswith("hard_date")]
    assert kinds == ["hard_date_near", "hard_date_near", "hard_date_passed"]
    state = await bureau.matter()
    assert isinstance(state, Pipeline)
    assert (state.dates[0].passed, state.stage, state.next_due) == (True, "funded", None)


async def test_a_meeting_answers_issues_that_are_there_and_no_others(
    bureau: MatterBureau,
) -> None:
    await bureau.do(OPEN_LOAN)
    await bureau.do(
        m.asked(
            kind="note_matter",
            text="Two things stand in the way.",
            enterprise="mill",
            problems=[problem("Collateral"), problem("Papers")],
        )
    )
    assert await bureau.errands.once() == 2
    issues = [tie.issue for tie in (await bureau.matter()).ties]
    await bureau.do(OPEN_MEETINGS, key="m-2")
    today = bureau.clock.at.date()
    with pytest.raises(InvalidRequestError, match="No issue was reported") as refused:
        await bureau.do(p.met(p.outcome("mill", "nowhere"), on=today), key="m-2")
    assert refused.value.field == "outcomes.0.issue"
    outcomes = [p.outcome("mill", issue, loan=p.cny(1)) for issue in issues]
    await bureau.do(p.met(*outcomes, on=today), key="m-2")
    assert await bureau.kinds("m-2") == ["pipeline_opened", "meeting_recorded"]
    answered = await bureau.matter("m-2")
    assert [(tie.issue, tie.tying) for tie in answered.ties] == [
        (issue, Tying.ANSWERS) for issue in issues
    ]
    found = await bureau.matters.find(issue=issues[0])
    assert {row.matter.key for row in found} == {m.KEY, "m-2"}


async def test_a_match_is_agreed_by_the_firms_themselves(bureau: MatterBureau) -> None:
    await bureau.do(OPEN_STAFF)
    await bureau.do(t.proposed(places=5))
    await bureau.do(t.yes("counterpart"), b.OTHER_ENTERPRISE)
    await bureau.do(t.yes("posting"), b.ENTERPRISE)
    await bureau.do(t.came(5))
    state = await bureau.matter()
    assert (state.stage, state.enterprises) == ("met", ("mill", "bakery"))
    told = [row.matter.key for row in await bureau.matters.find(enterprise="bakery")]
    assert told == [m.KEY]
    assert len(await bureau.ledger.records(matter_stream(z.ZONE, m.KEY))) == 5


async def test_a_firm_that_does_not_answer_is_told_then_the_post_above(
    bureau: MatterBureau,
) -> None:
    await bureau.do(OPEN_STAFF)
    await bureau.do(t.proposed(places=5))
    await bureau.until(bureau.clock.at + timedelta(days=3))
    assert await bureau.kinds() == [
        "match_opened",
        "proposal_made",
        "due_passed",
        "proposal_overdue",
        "due_passed",
    ]
