"""The enterprise refuses, time after time: back to the unit, a tier up, to a joint team, to the
supervisor, and in the end people who had no part in it decide whether the result may stand."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from databases import Database
from deep import IN_CHECK
from procedure_world import FIRM, ProcedureWorld, local, procedures, zone_with
from temporalio.client import Client

from domain import commands as cmd
from domain import events_of_rounds as rd
from domain.commands_of_rounds import Vote
from domain.errors import NotPermittedError, WrongPhaseError
from domain.events import IssueEscalated, ResolutionRejected
from domain.phases import (
    Choice,
    Outcome,
    PartStanding,
    Phase,
    RejectionStep,
    RoundOutcome,
    SignOffOutcome,
    Subject,
)

pytestmark = IN_CHECK

NO = cmd.Reject(reason="问题仍在。", satisfaction=1)
EARLIER_REVIEW = {
    "rejections_max = 5": "rejections_max = 3",
    'rejected = ["same_unit", "next_tier", "joint_team", "supervision"]': (
        'rejected = ["same_unit", "next_tier"]'
    ),
    'team = "troubleshooting"\n': "",
}


@pytest.fixture
async def xinghe(database: Database, skipper: Client) -> AsyncIterator[ProcedureWorld]:
    """The shipped zone, whose fifth refusal calls the closing review."""
    async with procedures(database, skipper) as world:
        yield world


LONG_BALLOT = """
[clocks.ballot]
budgets = [{ priority = "emergency", duration = "4h wall" }, { duration = "2wd" }]
"""
"""As long as a verification may take: both end at one instant."""


@pytest.fixture
async def patient(
    database: Database, skipper: Client, tmp_path: Path
) -> AsyncIterator[ProcedureWorld]:
    """The same zone, with two working days to vote."""
    terms = zone_with(tmp_path, EARLIER_REVIEW, LONG_BALLOT)
    async with procedures(database, skipper, terms=terms) as world:
        yield world


@pytest.fixture
async def strict(
    database: Database, skipper: Client, tmp_path: Path
) -> AsyncIterator[ProcedureWorld]:
    """The zone with a closing review at the third refusal."""
    terms = zone_with(tmp_path, EARLIER_REVIEW)
    async with procedures(database, skipper, terms=terms) as world:
        yield world


async def offered_and_refused(world: ProcedureWorld, name: str, *, at: str) -> None:
    await world.proposed(name, at=at)
    await world.answered(name, NO)


async def refusals(world: ProcedureWorld, name: str) -> list[tuple[RejectionStep | None, int]]:
    """Return each refusal: what followed, and in which round."""
    found = await world.events(name, "resolution_rejected")
    return [(e.step, e.round) for e in found if isinstance(e, ResolutionRejected)]


async def finish_the_team(world: ProcedureWorld, name: str) -> None:
    """Have every required part of the standing team done, in the order in which they may."""
    for part, post in (
        ("funding", "xinghe-finance"),
        ("site", "xinghe-works"),
        ("staffing", "xinghe-personnel"),
    ):
        await world.do(name, world.officer(post), cmd.FinishPart(part=part, summary="已落实。"))


PANEL = {"xinghe-p43": 1, "xinghe-p44": 1, "xinghe-p41": 1} | dict.fromkeys(
    ("xinghe-p21", "xinghe-p22", "xinghe-p23"), 2
)
"""Who decides in a closing review on 3 March, with what weight."""


async def closed_by_review(world: ProcedureWorld, name: str) -> None:
    """See that the review closed it, and that the enterprise's refusal stays what it was."""
    issue = await world.issue(name)
    assert (issue.phase, issue.outcome) == (Phase.CLOSED, Outcome.CLOSED_BY_REVIEW)
    assert issue.sign_off is not None
    assert issue.sign_off.outcome is SignOffOutcome.REJECTED
    assert (await world.closing(name))["outcome"] == "closed_by_review"
    await world.proved(name)


async def test_five_refusals_lead_up_the_ladder_to_a_review_that_lets_the_result_stand(
    xinghe: ProcedureWorld,
) -> None:
    await xinghe.accepted("bill")
    assert (await xinghe.issue("bill")).tier == 1

    await offered_and_refused(xinghe, "bill", at="2026-03-02 10:00")
    issue = await xinghe.issue("bill")
    assert (issue.phase, issue.tier, issue.team) == (Phase.HANDLING, 1, None)

    await offered_and_refused(xinghe, "bill", at="2026-03-02 11:00")
    assert (await xinghe.issue("bill")).owner == "xinghe-area-east"
    assert (await xinghe.issue("bill")).team is None

    await offered_and_refused(xinghe, "bill", at="2026-03-02 14:00")
    team = await xinghe.team("bill")
    assert (team.lead, (await xinghe.issue("bill")).tier) == ("economy-bureau", 2)
    assert (await xinghe.standings("bill"))["staffing"] is PartStanding.WAITING
    head = await xinghe.owner("bill")
    early = cmd.ProposeResolution.model_validate(
        {"resolution": {"result": "solved", "summary": "已办结。"}}
    )
    await xinghe.refused("bill", head, early, WrongPhaseError, "Parts of the joint team are still")
    await finish_the_team(xinghe, "bill")

    await offered_and_refused(xinghe, "bill", at="2026-03-02 16:00")
    assert (await xinghe.issue("bill")).reply_wanted
    assert "xinghe-area-east" in {who for who, _ in xinghe.told("bill", "reply_demanded")}

    await offered_and_refused(xinghe, "bill", at="2026-03-03 09:30")
    assert await refusals(xinghe, "bill") == [
        (RejectionStep.SAME_UNIT, 1),
        (RejectionStep.NEXT_TIER, 2),
        (RejectionStep.JOINT_TEAM, 3),
        (RejectionStep.SUPERVISION, 4),
        (None, 5),
    ]
    issue = await xinghe.issue("bill")
    assert issue.phase is Phase.SIGN_OFF
    assert issue.sign_off is not None
    assert (issue.sign_off.reviewed, issue.sign_off.outcome) == (True, SignOffOutcome.REJECTED)
    moved = await xinghe.events("bill", "issue_escalated")
    assert [e.to_tier for e in moved if isinstance(e, IssueEscalated)] == [2]

    # Neither the owner's post nor the unit that is judged has a vote, and nobody acts alone.
    panel = await xinghe.round("bill")
    assert panel.subject is Subject.CLOSING_REVIEW
    assert {each.person: each.weight for each in panel.electors} == PANEL
    director = xinghe.officer("xinghe-director")
    await xinghe.refused("bill", director, cmd.Verify(), WrongPhaseError, "Several decide this")
    await xinghe.refused("bill", xinghe.firm(FIRM), NO, WrongPhaseError, "A closing review decides")
    owner = await xinghe.owner("bill")
    vote = Vote(round=panel.number, choice=Choice.APPROVE)
    await xinghe.refused("bill", owner, vote, NotPermittedError, "may not vote")

    await xinghe.voted("bill", director, Choice.APPROVE, at="2026-03-03 10:00")
    await xinghe.voted("bill", xinghe.officer("xinghe-coordinator"), Choice.REJECT)
    assert (await xinghe.issue("bill")).is_open
    await xinghe.voted("bill", xinghe.officer("xinghe-director", 1), Choice.APPROVE)
    await xinghe.voted("bill", xinghe.officer("xinghe-supervisor"), Choice.APPROVE)
    assert (await xinghe.issue("bill")).is_open
    await xinghe.voted("bill", xinghe.officer("xinghe-supervisor", 1), Choice.APPROVE)

    # Six of nine approve; sixty in a hundred were needed.
    await closed_by_review(xinghe, "bill")


async def test_after_three_refusals_a_review_that_agrees_with_the_enterprise_sends_it_back(
    strict: ProcedureWorld,
) -> None:
    await strict.accepted("bill")
    for at in ("2026-03-02 10:00", "2026-03-02 11:00", "2026-03-02 14:00"):
        await offered_and_refused(strict, "bill", at=at)
    assert await refusals(strict, "bill") == [
        (RejectionStep.SAME_UNIT, 1),
        (RejectionStep.NEXT_TIER, 2),
        (None, 3),
    ]
    assert (await strict.issue("bill")).team is None

    await strict.voted("bill", strict.officer("xinghe-director"), Choice.REJECT)
    await strict.voted("bill", strict.officer("xinghe-sponsor"), Choice.REJECT)

    # Four of nine are against: sixty in a hundred cannot be reached any more.
    review = await strict.round("bill")
    assert review.outcome is RoundOutcome.REJECTED
    issue = await strict.issue("bill")
    assert (issue.phase, issue.tier, issue.rejections) == (Phase.HANDLING, 2, 3)

    await strict.closed("bill", at="2026-03-03 10:00")
    issue = await strict.issue("bill")
    assert issue.outcome is Outcome.CLOSED_OUT
    assert issue.sign_off is not None
    assert issue.sign_off.outcome is SignOffOutcome.ACCEPTED
    await strict.proved("bill")


@IN_CHECK
async def test_a_review_that_nobody_holds_ends_as_rejected_and_not_as_a_vote(
    patient: ProcedureWorld,
) -> None:
    await patient.accepted("bill")
    for at in ("2026-03-02 10:00", "2026-03-02 11:00", "2026-03-02 14:00"):
        await offered_and_refused(patient, "bill", at=at)
    await patient.voted("bill", patient.officer("xinghe-director"), Choice.APPROVE)

    await patient.until("2026-03-04 17:30")
    review = await patient.round("bill")
    assert review.outcome is RoundOutcome.EXPIRED_REJECTED
    closed = (await patient.events("bill", "round_closed"))[-1]
    assert isinstance(closed, rd.RoundClosed)
    assert (closed.approve, closed.reject, closed.unasked) == (1, 0, 5)
    assert local(closed.at) == "03-04 17:30"
    assert (await patient.issue("bill")).phase is Phase.HANDLING
    await patient.proved("bill")
