"""Other questions put to the vote by a handbook of the story's own: more time, the green channel,
the striking off (R6). The supervisor's deputy may vote for one of the two, in March.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from databases import Database
from deep import IN_CHECK
from ladder_world import beijing
from procedure_world import FIRM, ProcedureWorld, procedures, zone_with
from temporalio.client import Client

from domain import commands as cmd
from domain import commands_of_modes as md
from domain import commands_of_rounds as rd
from domain import commands_of_time as tm
from domain.errors import NotPermittedError, WrongPhaseError
from domain.events import IssueClosedOut
from domain.events_of_rounds import RoundClosed, VoteCast
from domain.people import Officer
from domain.phases import Choice, Phase, Priority, RoundOutcome

pytestmark = IN_CHECK


KEY = "site"
ROUND = """
[rounds.{id}]
subject = "{subject}"
electors = [{electors}]
passes = {{ needs = "at_least", n = 2 }}
clock = "ballot"
expires = "expired_rejected"
fallback = "{fallback}"
source = "default, not from source"
"""
BOARD = '{ role = "coordinator" }, { post = "xinghe-supervisor" }'
VERIFIERS = '{ tier = 2 }, { post = "xinghe-director" }'
VOTED_ON = {
    "extension": (BOARD, "xinghe-duty"),
    "green_channel": (BOARD, "xinghe-duty"),
    "verification": (VERIFIERS, "xinghe-director"),
}
RULES = (
    "".join(
        ROUND.format(id=f"by-vote-{number}", subject=subject, electors=electors, fallback=fallback)
        for number, (subject, (electors, fallback)) in enumerate(VOTED_ON.items())
    )
    + """
[delegations.xinghe-area-stand-in]
post = "xinghe-area-east"
principal = "xinghe-p11"
deputy = "xinghe-p37"
from_on = 2026-03-01
to_on = 2026-03-31
commands = ["vote"]

[delegations.xinghe-vote-stand-in]
post = "xinghe-supervisor"
principal = "xinghe-p43"
deputy = "xinghe-p37"
from_on = 2026-03-01
to_on = 2026-03-31
commands = ["vote"]
"""
)
DEPUTY = Officer(person="xinghe-p37", post="xinghe-supervisor", on_behalf_of="xinghe-p43")
AREAS_DEPUTY = Officer(person="xinghe-p37", post="xinghe-area-east", on_behalf_of="xinghe-p11")
DIRECTOR = Officer(person="xinghe-p21", post="xinghe-director")
COORDINATOR = Officer(person="xinghe-p41", post="xinghe-coordinator")
OTHER = Officer(person="xinghe-p44", post="xinghe-supervisor")


@pytest.fixture
async def xinghe(
    database: Database, skipper: Client, tmp_path: Path
) -> AsyncIterator[ProcedureWorld]:
    """The zone with these rules, and an issue that is being handled."""
    async with procedures(database, skipper, terms=zone_with(tmp_path, {}, RULES)) as world:
        await world.accepted(KEY)
        yield world


async def closing(world: ProcedureWorld) -> RoundClosed:
    """Return how the one round ended."""
    (event,) = await world.events(KEY, "round_closed")
    assert isinstance(event, RoundClosed)
    return event


async def test_a_deputy_votes_for_an_elector_and_both_are_on_the_record(
    xinghe: ProcedureWorld,
) -> None:
    owner, asks = (
        await xinghe.owner(KEY),
        tm.AskExtension.model_validate(
            {"clock": "handling", "extra": "2wd", "reason": "图纸未齐。"}
        ),
    )
    limit_at = (await xinghe.clock_of(KEY, "handling")).due_at
    await xinghe.do(KEY, owner, asks, at="2026-03-02 10:00")
    above = xinghe.there("xinghe-area-east")
    await xinghe.refused(KEY, above, tm.Grant(note="准。"), WrongPhaseError, "Several decide")
    await xinghe.voted(KEY, DEPUTY, Choice.APPROVE, at="2026-03-02 11:00")
    # The deputy holds one vote, and the elector's own takes its place.
    passed_on = DEPUTY.model_copy(update={"on_behalf_of": OTHER.person})
    vote = rd.Vote(round=1, choice=Choice.APPROVE)
    await xinghe.refused(KEY, passed_on, vote, NotPermittedError, "Nothing allows")
    assert (await xinghe.clock_of(KEY, "handling")).due_at == limit_at
    await xinghe.voted(KEY, COORDINATOR, Choice.APPROVE, at="2026-03-02 11:30")

    votes = [e for e in await xinghe.events(KEY, "vote_cast") if isinstance(e, VoteCast)]
    assert [(each.elector, each.by) for each in votes] == [
        ("xinghe-p43", DEPUTY),
        ("xinghe-p41", COORDINATOR),
    ]
    standing = [(each.person, each.voted_by) for each in (await xinghe.round(KEY)).votes]
    assert standing == [("xinghe-p43", "xinghe-p37"), ("xinghe-p41", None)]
    closed = await closing(xinghe)
    assert (closed.outcome, closed.approve, closed.unasked) == (RoundOutcome.APPROVED, 2, 1)
    # Two working days more than Wednesday.
    assert limit_at == beijing("2026-03-04 17:30")
    assert (await xinghe.clock_of(KEY, "handling")).due_at == beijing("2026-03-06 17:30")
    await xinghe.proved(KEY)


async def test_a_green_channel_that_is_voted_down_leaves_everything_as_it_is(
    xinghe: ProcedureWorld,
) -> None:
    leader = xinghe.there("xinghe-area-east")
    opens = md.OpenGreenChannel(reason="订单周五发船。")
    await xinghe.do(KEY, leader, opens, at="2026-03-02 10:00")
    limits = {clock.id: clock.due_at for clock in (await xinghe.issue(KEY)).clocks}
    await xinghe.refused(KEY, leader, opens, WrongPhaseError, "deciding on something else")
    await xinghe.voted(KEY, COORDINATOR, Choice.REJECT)
    await xinghe.voted(KEY, OTHER, Choice.REJECT, reason="不符合条件。")

    closed = await closing(xinghe)
    assert (closed.outcome, closed.reject, closed.unasked) == (RoundOutcome.REJECTED, 2, 1)
    issue = await xinghe.issue(KEY)
    assert issue.priority is Priority.ORDINARY
    kept = {clock.id: clock.due_at for clock in issue.clocks if clock.id != "ballot"}
    assert kept == {id_: due_at for id_, due_at in limits.items() if id_ != "ballot"}
    assert not await xinghe.events(KEY, "green_channel_opened")
    await xinghe.proved(KEY)


async def test_a_number_is_struck_off_by_two_votes_and_by_neither_alone(
    xinghe: ProcedureWorld,
) -> None:
    await xinghe.proposed(KEY, at="2026-03-02 10:00")
    await xinghe.answered(KEY, cmd.Confirm(), at="2026-03-02 11:00")
    one_alone = xinghe.there("xinghe-area-east")
    await xinghe.refused(KEY, one_alone, cmd.Verify(), WrongPhaseError, "Several decide")
    firm = rd.Vote(round=1, choice=Choice.APPROVE)
    await xinghe.refused(KEY, xinghe.firm(FIRM), firm, NotPermittedError, "may not")
    outside = rd.Vote(round=1, choice=Choice.APPROVE)
    await xinghe.refused(KEY, OTHER, outside, NotPermittedError, "may not vote")
    await xinghe.voted(KEY, AREAS_DEPUTY, Choice.APPROVE)
    assert (await xinghe.issue(KEY)).phase is Phase.SIGN_OFF
    await xinghe.voted(KEY, DIRECTOR, Choice.APPROVE, at="2026-03-02 11:30")

    (out,) = await xinghe.events(KEY, "issue_closed_out")
    assert isinstance(out, IssueClosedOut)
    assert (out.at, set(out.verifiers)) == (
        beijing("2026-03-02 11:30"),
        {"xinghe-p11", "xinghe-p21", "xinghe-p37"},
    )
    assert (await xinghe.issue(KEY)).phase is Phase.CLOSED
    await xinghe.proved(KEY)
