"""After the close-out somebody else asks the enterprise again: a draw that anybody can repeat, and
what an answer that goes against the sign-off leads to."""

from collections.abc import AsyncIterator

import pytest
from databases import Database
from deep import IN_CHECK
from ladder_world import beijing
from procedure_world import FIRM, ProcedureWorld, procedures
from temporalio.client import Client

from audit.sign_offs import sign_offs
from desk.callbacks import Asked, CallbackDesk
from domain import commands as cmd
from domain.commands_of_callbacks import RecordCallback
from domain.errors import ConflictError, NotPermittedError
from domain.events_of_callbacks import CallbackDrawn, SignOffDisputed
from domain.phases import CallbackAnswer, Outcome, Phase, SignOffOutcome

pytestmark = IN_CHECK


CLOSED = [f"bill-{number:02d}" for number in range(1, 12)]
"""Eleven close-outs: one in ten is drawn, rounded up, hence two."""
ASKED = Asked(
    id="march-1",
    zone="xinghe",
    from_at=beijing("2026-03-02 00:00"),
    to_at=beijing("2026-03-03 00:00"),
    seed="coins-7-2-9",
)


@pytest.fixture
async def xinghe(database: Database, skipper: Client) -> AsyncIterator[ProcedureWorld]:
    """The shipped zone, on the Monday of a plain week."""
    async with procedures(database, skipper) as world:
        yield world


async def closed_and_withdrawn(world: ProcedureWorld) -> None:
    """Close some issues out, and have one withdrawn."""
    for name in CLOSED:
        await world.accepted(name)
        await world.closed(name)
    await world.accepted("withdrawn")
    await world.answered("withdrawn", cmd.Withdraw(reason="已自行解决。"))
    await world.verified("withdrawn")


async def test_a_draw_can_be_drawn_again_and_a_disagreement_disputes_the_sign_off_and_reopens(
    xinghe: ProcedureWorld,
) -> None:
    await closed_and_withdrawn(xinghe)
    calls = CallbackDesk(xinghe.desk)
    await xinghe.until("2026-03-03 10:00")
    auditor = xinghe.officer("xinghe-auditor")
    with pytest.raises(NotPermittedError, match="may not draw"):
        await calls.draw(ASKED, auditor)

    drawn = await calls.draw(ASKED, xinghe.officer("xinghe-coordinator"))
    await xinghe.lapse.settle()
    # What was withdrawn is no close-out of work that an enterprise could be asked about.
    assert (drawn.row.population, drawn.row.drawn, drawn.recorded) == (11, 2, 2)

    # More is closed meanwhile; the recorded draw stays what it was, for whoever repeats it.
    await xinghe.accepted("later")
    await xinghe.closed("later")
    again = await calls.redraw("march-1")
    assert (again.lots, again.differences, again.missing) == (drawn.lots, (), ())
    repeat = await calls.draw(ASKED, xinghe.officer("xinghe-supervisor"))
    assert (repeat.repeated, repeat.recorded, repeat.lots) == (True, 0, drawn.lots)
    other = ASKED.model_copy(update={"seed": "coins-1-1-1"})
    with pytest.raises(ConflictError, match="another seed"):
        await calls.draw(other, xinghe.officer("xinghe-coordinator"))

    first, second = (name for name in CLOSED if f"xinghe/{xinghe.key(name)}" in drawn.lots)
    noted = (await xinghe.events(first, "callback_drawn"))[0]
    assert isinstance(noted, CallbackDrawn)
    assert noted.lot == drawn.lots[f"xinghe/{xinghe.key(first)}"]
    supervisor = xinghe.officer("xinghe-supervisor")
    agrees = RecordCallback(draw="march-1", answer=CallbackAnswer.AGREES, satisfaction=4)
    missed = RecordCallback(draw="march-1", answer=CallbackAnswer.NOT_REACHED)
    await xinghe.do(second, supervisor, missed)
    await xinghe.do(second, supervisor, agrees)

    disagrees = RecordCallback(
        draw="march-1",
        answer=CallbackAnswer.DISAGREES,
        note="从未签收，路灯仍不亮。",
        recording="rec-0303-02",
        reopen=True,
    )
    verifier = xinghe.officer("xinghe-area-east")
    await xinghe.refused(first, verifier, disagrees, NotPermittedError, "may not record_callback")
    await xinghe.do(first, supervisor, disagrees)
    disputed = (await xinghe.events(first, "sign_off_disputed"))[0]
    assert isinstance(disputed, SignOffDisputed)
    assert disputed.sign_off is SignOffOutcome.ACCEPTED
    assert (await xinghe.issue(first)).phase is Phase.HANDLING
    assert (await xinghe.issue(second)).outcome is Outcome.CLOSED_OUT
    assert {who for who, _ in xinghe.told(first, "sign_off_disputed")} >= {"xinghe-grid-east-1"}

    (listed,) = await calls.draws("xinghe", limit=10)
    assert (listed.issues, listed.agree, listed.disagree, listed.not_reached) == (2, 1, 1, 0)
    assert listed.agreement_percent == 50.0
    assert (await calls.redraw("march-1")).differences == ()

    # The first verdict of the issue stays one acceptance; its second close-out is one more.
    await xinghe.closed(first)
    found = await sign_offs(xinghe.ledger, zone="xinghe")
    assert found.close_outs.counts[SignOffOutcome.ACCEPTED] == 13
    assert found.issues.counts[SignOffOutcome.ACCEPTED] == 12
    assert found.close_outs.counts[SignOffOutcome.WITHDRAWN] == 1
    assert (await xinghe.issue(first)).enterprise == FIRM
    await xinghe.proved(*CLOSED, "withdrawn", "later")
