"""How an enterprise has its say, or has not: told silence, a proxy, nobody reached, a link.

What was not said is never counted as said.
"""

from collections.abc import AsyncIterator

import pytest
from databases import Database
from deep import IN_CHECK
from procedure_world import FIRM, ProcedureWorld, local, procedures
from pydantic import SecretStr
from temporalio.client import Client

from audit.sign_offs import sign_offs
from desk.answer_links import Issued, answer, issue_link
from domain import commands as cmd
from domain.commands import Submission
from domain.commands_of_rounds import IssueAnswerLink
from domain.errors import ConflictError, InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.events import SignOffAnswered
from domain.events_of_rounds import SilenceExplained
from domain.phases import Phase, SignOffOutcome

pytestmark = IN_CHECK

SECRET = SecretStr("a secret of this story, and of no other")
OTHER_SECRET = SecretStr("a secret of somebody else's, as long!")
CLERK = "xinghe-precision-clerk"


@pytest.fixture
async def xinghe(database: Database, skipper: Client) -> AsyncIterator[ProcedureWorld]:
    """The shipped zone, on the Monday of a plain week."""
    async with procedures(database, skipper) as world:
        yield world


async def said(world: ProcedureWorld, name: str) -> SignOffOutcome | None:
    """Return what the enterprise has said, if anything is offered."""
    found = (await world.issue(name)).sign_off
    return None if found is None else found.outcome


async def made_link(world: ProcedureWorld, name: str, id_: str) -> Issued:
    """Have the coordinator send the clerk a link."""
    submission = Submission(
        id=f"{id_}-{world.number}",
        zone=world.zone,
        key=world.key(name),
        actor=world.officer("xinghe-coordinator"),
        command=IssueAnswerLink(person=CLERK),
    )
    made = await issue_link(world.desk, SECRET, submission)
    await world.lapse.settle()
    return made


async def test_silence_is_explained_beforehand_comes_when_it_was_told_and_is_no_agreement(
    xinghe: ProcedureWorld,
) -> None:
    await xinghe.accepted("bill")
    await xinghe.proposed("bill", at="2026-03-02 10:00")
    told = (await xinghe.events("bill", "silence_explained"))[0]
    assert isinstance(told, SilenceExplained)
    assert told.outcome is SignOffOutcome.DEEMED_ACCEPTED
    assert local(told.silent_at) == "03-05 17:30"
    assert [who for who, _ in xinghe.told("bill", "silence_explained")] == [FIRM]
    head = xinghe.officer("xinghe-area-east")

    await xinghe.refused(
        "bill", head, cmd.Verify(), WrongPhaseError, "has not had its say", at="2026-03-05 17:29"
    )
    await xinghe.until("2026-03-05 17:30")
    assert await said(xinghe, "bill") is SignOffOutcome.DEEMED_ACCEPTED
    lapsed = await xinghe.records("bill")
    assert next(local(r.at) for r in lapsed if r.kind == "sign_off_lapsed") == "03-05 17:30"
    await xinghe.verified("bill", at="2026-03-06 09:30")

    # A second enterprise wakes up after its window: its own word takes the place of its silence.
    await xinghe.accepted("late", "xinghe-materials")
    await xinghe.proposed("late")
    await xinghe.until("2026-03-11 17:30")
    assert await said(xinghe, "late") is SignOffOutcome.DEEMED_ACCEPTED
    await xinghe.answered("late", cmd.Reject(reason="从未通电。", satisfaction=2))
    assert (await xinghe.issue("late")).phase is Phase.HANDLING
    await xinghe.closed("late", at="2026-03-12 09:30")

    found = await sign_offs(xinghe.ledger, zone="xinghe")
    counts = {each: n for each, n in found.close_outs.counts.items() if n}
    assert counts == {SignOffOutcome.DEEMED_ACCEPTED: 1, SignOffOutcome.ACCEPTED: 1}
    assert (found.close_outs.of, found.rejections) == (2, 1)
    # Of two answers one gave a figure; silence gave none.
    assert (found.answers, found.satisfied_by, found.satisfaction) == (2, 1, 2.0)
    await xinghe.proved("bill", "late")


async def test_a_proxy_needs_a_recording_and_unreachable_needs_its_attempts_after_the_window(
    xinghe: ProcedureWorld,
) -> None:
    coordinator = xinghe.officer("xinghe-coordinator")
    for name in ("by-phone", "nobody"):
        await xinghe.accepted(name)
        await xinghe.proposed(name)

    bare = cmd.Confirm(note="电话中同意。")
    await xinghe.refused("by-phone", coordinator, bare, InvalidRequestError, "needs the reference")
    recorded = cmd.Confirm(recording="rec-0302-01", satisfaction=4)
    owner = await xinghe.owner("by-phone")
    await xinghe.refused("by-phone", owner, recorded, NotPermittedError, "may not confirm")
    await xinghe.do("by-phone", coordinator, recorded)
    assert await said(xinghe, "by-phone") is SignOffOutcome.ACCEPTED_BY_PROXY

    thrice = cmd.MarkUnreachable(attempts=3, note="三次无人接听。")
    await xinghe.refused("nobody", coordinator, thrice, WrongPhaseError, "still open")
    twice = cmd.MarkUnreachable(attempts=2, note="两次无人接听。")
    await xinghe.refused(
        "nobody", coordinator, twice, InvalidRequestError, "Too few", at="2026-03-05 17:30"
    )
    await xinghe.do("nobody", coordinator, thrice)
    assert await said(xinghe, "nobody") is SignOffOutcome.UNREACHABLE

    for name in ("by-phone", "nobody"):
        await xinghe.verified(name)
    found = await sign_offs(xinghe.ledger, zone="xinghe")
    counts = {each: n for each, n in found.close_outs.counts.items() if n}
    assert counts == {SignOffOutcome.ACCEPTED_BY_PROXY: 1, SignOffOutcome.UNREACHABLE: 1}
    assert (found.satisfied_by, found.satisfaction) == (1, 4.0)
    await xinghe.proved("by-phone", "nobody")


async def test_a_one_time_link_answers_once_and_whoever_had_it_made_does_not_verify(
    xinghe: ProcedureWorld,
) -> None:
    await xinghe.accepted("bill")
    await xinghe.proposed("bill")
    made = await made_link(xinghe, "bill", "link-a")
    assert (await made_link(xinghe, "bill", "link-a")).token == made.token
    assert all(made.token not in r.text for r in await xinghe.records("bill"))
    for wrong in (f"{made.token[:-2]}AA", made.token.upper()):
        with pytest.raises(InvalidRequestError, match="link"):
            await answer(xinghe.desk, SECRET, wrong, accept=True)
    with pytest.raises(InvalidRequestError, match="was not made here"):
        await answer(xinghe.desk, OTHER_SECRET, made.token, accept=True)

    first = await answer(xinghe.desk, SECRET, made.token, accept=True, satisfaction=5)
    again = await answer(xinghe.desk, SECRET, made.token, accept=True, satisfaction=5)
    assert (first.repeated, again.repeated) == (False, True)
    assert again.version == first.version
    with pytest.raises(ConflictError):
        await answer(xinghe.desk, SECRET, made.token, accept=False, note="反悔。")

    await xinghe.lapse.settle()
    said_so = (await xinghe.events("bill", "sign_off_answered"))[0]
    assert isinstance(said_so, SignOffAnswered)
    assert (said_so.outcome, said_so.satisfaction) == (SignOffOutcome.ACCEPTED, 5)
    issue = await xinghe.issue("bill")
    assert issue.sign_off is not None
    assert [link.used for link in issue.sign_off.links] == [True]
    assert set(issue.sign_off.answerers) == {"xinghe-p41", CLERK}
    await xinghe.verified("bill")
    await xinghe.proved("bill")


async def test_a_link_ends_with_its_hours_and_with_its_round(xinghe: ProcedureWorld) -> None:
    await xinghe.accepted("bill")
    await xinghe.proposed("bill")
    first = await made_link(xinghe, "bill", "link-a")
    await xinghe.answered("bill", cmd.Reject(reason="未解决。"))
    await xinghe.proposed("bill", at="2026-03-02 11:00")
    with pytest.raises(NotPermittedError, match=r"link"):
        await answer(xinghe.desk, SECRET, first.token, accept=True)

    second = await made_link(xinghe, "bill", "link-b")
    assert local(second.event.expires_at) == "03-05 11:00"
    await xinghe.until("2026-03-05 11:00")
    before = await xinghe.records("bill")
    with pytest.raises(NotPermittedError, match=r"link"):
        await answer(xinghe.desk, SECRET, second.token, accept=True)
    assert await xinghe.records("bill") == before

    third = await made_link(xinghe, "bill", "link-c")
    await answer(xinghe.desk, SECRET, third.token, accept=False, note="仍未解决。")
    assert (await xinghe.issue("bill")).rejections == 2
    await xinghe.proved("bill")
