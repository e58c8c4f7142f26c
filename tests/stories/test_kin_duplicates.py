"""Two reports of one matter. Linked, the outcome of one is offered to the enterprise of the other;
merged, one goes on in the other, and comes out of it again."""

from collections.abc import AsyncIterator

import pytest
from databases import Database
from deep import IN_CHECK
from procedure_world import ProcedureWorld, procedures
from temporalio.client import Client

from domain import commands as cmd
from domain.clocks import Verdict
from domain.commands_of_kin import JudgeSuggestion, Link, Merge, Unmerge
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.events import ResolutionProposed
from domain.people import Officer
from domain.phases import LinkType, Outcome, Phase, SignOffOutcome

pytestmark = IN_CHECK


OTHER = "xinghe-materials"


@pytest.fixture
async def xinghe(database: Database, skipper: Client) -> AsyncIterator[ProcedureWorld]:
    """The shipped zone, on the Monday of a plain week."""
    async with procedures(database, skipper) as world:
        yield world


async def test_a_duplicate_is_offered_what_the_first_closed_with_and_its_own_reporter_refuses(
    xinghe: ProcedureWorld,
) -> None:
    await xinghe.accepted("road")
    await xinghe.accepted("road-too", OTHER)
    owner = await xinghe.owner("road-too")
    same = JudgeSuggestion(
        suggested=xinghe.key("road"), same=True, score=91, method="bigram-rapidfuzz-1"
    )
    await xinghe.do("road-too", owner, same)
    assert (await xinghe.issue("road-too")).ties == ()
    link = Link(type=LinkType.DUPLICATES, target=xinghe.key("road"))
    await xinghe.do("road-too", owner, link)
    first_owner = await xinghe.owner("road")
    back = Link(type=LinkType.DUPLICATES, target=xinghe.key("road-too"))
    await xinghe.refused("road", first_owner, back, InvalidRequestError, "lead to itself")

    await xinghe.closed("road", at="2026-03-02 11:00")
    offered = (await xinghe.events("road-too", "resolution_proposed"))[0]
    assert isinstance(offered, ResolutionProposed)
    proposer = first_owner.person
    assert (offered.mirrors, offered.by.kind) == (xinghe.key("road"), "engine")
    assert offered.proposers == (proposer,)
    issue = await xinghe.issue("road-too")
    assert (issue.phase, issue.outcome) == (Phase.SIGN_OFF, None)
    assert await xinghe.events("road-too", "silence_explained")

    # It keeps its own say, and its own clocks.
    await xinghe.answered("road-too", cmd.Reject(reason="我们门前仍未修。"))
    assert (await xinghe.issue("road-too")).rejections == 1
    assert (await xinghe.issue("road")).outcome is Outcome.CLOSED_OUT
    await xinghe.closed("road-too", at="2026-03-02 15:00")
    mine = await xinghe.issue("road-too")
    assert mine.sign_off is not None
    assert (mine.outcome, mine.sign_off.outcome) == (Outcome.CLOSED_OUT, SignOffOutcome.ACCEPTED)
    tie = mine.tie(LinkType.DUPLICATES, xinghe.key("road"))
    assert tie is not None
    assert tie.outcome is Outcome.CLOSED_OUT
    await xinghe.proved("road", "road-too")


async def test_whoever_proposed_the_first_does_not_strike_off_the_duplicate(
    xinghe: ProcedureWorld,
) -> None:
    await xinghe.accepted("road")
    await xinghe.accepted("road-too", OTHER)
    link = Link(type=LinkType.DUPLICATES, target=xinghe.key("road"))
    await xinghe.do("road-too", await xinghe.owner("road-too"), link)
    await xinghe.raised("road", 2)
    head = await xinghe.owner("road")
    await xinghe.proposed("road", by=head)
    await xinghe.answered("road", cmd.Confirm())
    await xinghe.verified("road")
    await xinghe.answered("road-too", cmd.Confirm())
    await xinghe.refused("road-too", head, cmd.Verify(), NotPermittedError, "may not verify")
    await xinghe.verified("road-too")
    assert (await xinghe.issue("road-too")).outcome is Outcome.CLOSED_OUT
    await xinghe.proved("road", "road-too")


async def test_a_merge_moves_nothing_rings_nothing_and_can_be_undone(
    xinghe: ProcedureWorld,
) -> None:
    await xinghe.accepted("road")
    await xinghe.accepted("road-again")
    await xinghe.accepted("road-too", OTHER)
    owner = await xinghe.owner("road-again")
    head = Officer(person="xinghe-p11", post="xinghe-area-east")
    foreign = Merge(target=xinghe.key("road-too"), reason="同一条路。")
    await xinghe.refused("road-again", head, foreign, InvalidRequestError, "lose its say")

    history, others = await xinghe.records("road-again"), await xinghe.records("road")
    merge = Merge(target=xinghe.key("road"), reason="同一条路。")
    await xinghe.do("road-again", head, merge, at="2026-03-02 11:00")
    merged = await xinghe.issue("road-again")
    assert (merged.phase, merged.outcome) == (Phase.CLOSED, Outcome.MERGED)
    assert (await xinghe.closing("road-again"))["outcome"] == "merged"
    verdicts = {
        move.verdict for at, move in await xinghe.moves("road-again") if at == merged.closed_at
    }
    assert verdicts == {Verdict.WITHDRAWN}
    heard = await xinghe.issue("road")
    assert heard.tie(LinkType.MERGED_INTO, xinghe.key("road-again"), incoming=True) is not None
    kept = (await xinghe.records("road-again"))[: len(history)]
    assert kept == history
    assert (await xinghe.records("road"))[: len(others)] == others

    # Two working days later the other one goes a tier up; what was merged neither does nor can.
    await xinghe.until("2026-03-05 09:00")
    assert (await xinghe.issue("road")).tier == 2
    assert await xinghe.fired("road-again") == []
    up = cmd.Escalate(reason="请上级协调。")
    await xinghe.refused("road-again", owner, up, WrongPhaseError, "closed")

    undo = Unmerge(reason="不是同一条路。")
    await xinghe.do("road-again", owner, undo)
    again = await xinghe.issue("road-again")
    assert (again.phase, again.outcome, again.owner) == (Phase.HANDLING, None, owner.post)
    assert again.deadline is not None
    assert (await xinghe.glimpse("road-again")).phase is Phase.HANDLING
    lone = await xinghe.issue("road")
    assert lone.tie(LinkType.MERGED_INTO, xinghe.key("road-again"), incoming=True) is None
    await xinghe.closed("road-again")
    await xinghe.closed("road")
    await xinghe.proved("road", "road-again", "road-too")
