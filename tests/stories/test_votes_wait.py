"""To let an issue wait beyond its limit takes two votes of five, and the director may prevent it.

Who votes: the two directors, each with a veto, the coordinator, two supervisors; within two working
days (R6). The owner asks on Monday, 2 March, at 10:00.
"""

from collections.abc import AsyncIterator

import pytest
from databases import Database
from deep import IN_CHECK
from ladder_world import beijing
from procedure_world import WAIT, ProcedureWorld, procedures
from temporalio.client import Client

from domain import commands_of_rounds as rd
from domain import commands_of_time as tm
from domain.clocks import Standing
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.events_of_rounds import RoundClosed, RoundOpened, VoteCast
from domain.people import ENGINE
from domain.phases import Choice, RoundOutcome

pytestmark = IN_CHECK

KEY = "power"
ASKED = "2026-03-02 10:00"
DIRECTORS = ("xinghe-p21", "xinghe-p22")
COORDINATOR = "xinghe-p41"
SUPERVISORS = ("xinghe-p43", "xinghe-p44")
HOUR_MS = 3_600_000


@pytest.fixture
async def xinghe(database: Database, skipper: Client) -> AsyncIterator[ProcedureWorld]:
    """The zone, and an issue that has waited as often as its owner may let it."""
    async with procedures(database, skipper) as world:
        await world.accepted(KEY)
        await world.waited_out(KEY)
        yield world


async def asked(world: ProcedureWorld) -> None:
    """Have the owner ask for one more wait."""
    await world.do(KEY, await world.owner(KEY), tm.AskPause.model_validate(WAIT), at=ASKED)


async def closing(world: ProcedureWorld) -> RoundClosed:
    """Return how the one round ended."""
    (event,) = await world.events(KEY, "round_closed")
    assert isinstance(event, RoundClosed)
    return event


def heads(closed: RoundClosed) -> tuple[int, int, int, int]:
    """Return how many were for it, against it, recused, and had not voted."""
    return closed.approve, closed.reject, closed.recuse, closed.unasked


async def test_a_round_ends_with_the_vote_that_decides_it_and_a_late_one_is_kept_without_effect(
    xinghe: ProcedureWorld,
) -> None:
    await asked(xinghe)
    (opened,) = await xinghe.events(KEY, "round_opened")
    assert isinstance(opened, RoundOpened)
    electors = [each.person for each in opened.electors]
    assert electors == [*DIRECTORS, COORDINATOR, *SUPERVISORS]
    first, second = (xinghe.officer("xinghe-director", place) for place in (0, 1))
    alone = tm.Grant(note="同意。")
    await xinghe.refused(KEY, first, alone, WrongPhaseError, "Several decide")
    await xinghe.voted(KEY, first, Choice.APPROVE, at="2026-03-02 11:00")
    stranger = xinghe.there("xinghe-finance")
    ballot = rd.Vote(round=1, choice=Choice.APPROVE)
    await xinghe.refused(KEY, stranger, ballot, NotPermittedError, "may not")
    # Two of five would do; the other director may still prevent it.
    await xinghe.voted(KEY, xinghe.there("xinghe-coordinator"), Choice.APPROVE)
    assert (await xinghe.issue(KEY)).pause is None
    await xinghe.voted(KEY, second, Choice.APPROVE, at="2026-03-02 11:30")

    closed = await closing(xinghe)
    assert (closed.outcome, heads(closed)) == (RoundOutcome.APPROVED, (3, 0, 0, 2))
    (granted,) = await xinghe.events(KEY, "pause_granted")
    assert (granted.at, granted.by) == (beijing("2026-03-02 11:30"), second)
    before = await xinghe.issue(KEY)
    assert before.pause is not None
    late = xinghe.there("xinghe-supervisor")
    await xinghe.voted(KEY, late, Choice.REJECT, reason="不应再等。", at="2026-03-02 14:00")
    kept = (await xinghe.events(KEY, "vote_cast"))[-1]
    assert isinstance(kept, VoteCast)
    assert (kept.late, kept.choice, kept.elector) == (True, Choice.REJECT, late.person)
    after = await xinghe.issue(KEY)
    stamps = {"version": after.version, "changed_at": after.changed_at}
    assert before.version < after.version
    assert after == before.model_copy(update=stamps)
    await xinghe.proved(KEY)


async def test_a_round_whose_time_is_over_says_so_and_counts_nobodys_silence_as_a_vote(
    xinghe: ProcedureWorld,
) -> None:
    await xinghe.raised(KEY, 2)  # whose own limit is longer than the round's
    await asked(xinghe)
    await xinghe.voted(KEY, xinghe.officer("xinghe-director"), Choice.APPROVE)
    reminded = {who for who, _ in xinghe.told(KEY, "round_opened")}
    assert reminded == {"xinghe-director", "xinghe-coordinator", "xinghe-supervisor"}
    await xinghe.until("2026-03-03 17:30")

    closed = await closing(xinghe)
    assert (closed.outcome, heads(closed)) == (RoundOutcome.EXPIRED_REJECTED, (1, 0, 0, 4))
    assert (closed.by, closed.clock, closed.at) == (ENGINE, "ballot", beijing("2026-03-03 17:30"))
    assert len(await xinghe.events(KEY, "vote_cast")) == 1
    (refused,) = await xinghe.events(KEY, "request_refused")
    assert refused.by == ENGINE
    issue = await xinghe.issue(KEY)
    assert (issue.pause, issue.request) == (None, None)
    # Whoever may vote was reminded halfway and near the end; nothing has stood still meanwhile.
    told_at = {at for who, at in xinghe.told(KEY, "rung_fired") if who == "xinghe-supervisor"}
    assert len(told_at) == 2
    resolution = await xinghe.clock_of(KEY, "resolution")
    moves = [move for at, move in await xinghe.moves(KEY) if at >= beijing(ASKED)]
    assert resolution.standing is Standing.RUNNING
    assert resolution.id not in {move.clock for move in moves}
    await xinghe.proved(KEY)


async def test_whoever_has_a_veto_prevents_alone_what_two_have_approved(
    xinghe: ProcedureWorld,
) -> None:
    await asked(xinghe)
    for place in (0, 1):
        await xinghe.voted(KEY, xinghe.officer("xinghe-supervisor", place), Choice.APPROVE)
    assert (await xinghe.round(KEY)).is_open
    director = xinghe.officer("xinghe-director", 1)
    await xinghe.voted(KEY, director, Choice.REJECT, reason="企业等不起。", at="2026-03-02 14:00")
    closed = await closing(xinghe)
    assert (closed.outcome, heads(closed)) == (RoundOutcome.REJECTED, (2, 1, 0, 2))
    (refused,) = await xinghe.events(KEY, "request_refused")
    assert (refused.by, refused.at) == (director, beijing("2026-03-02 14:00"))
    await xinghe.proved(KEY)


async def test_where_too_few_may_vote_the_duty_office_settles_it(xinghe: ProcedureWorld) -> None:
    """The directors own the issue at the top tier, and are out of the electorate."""
    await xinghe.raised(KEY, 3)
    await asked(xinghe)
    electors = [each.person for each in (await xinghe.round(KEY)).electors]
    assert electors == [COORDINATOR, *SUPERVISORS]
    duty = xinghe.there("xinghe-duty")
    approve = rd.SettleRound(round=1, approve=True, reason="准。")
    await xinghe.voted(KEY, xinghe.there("xinghe-coordinator"), Choice.RECUSE)
    await xinghe.refused(KEY, duty, approve, NotPermittedError, "may not")
    await xinghe.voted(KEY, xinghe.there("xinghe-supervisor"), Choice.RECUSE)
    asked_now = await xinghe.round(KEY)
    assert (asked_now.is_open, asked_now.decider) == (True, "xinghe-duty")
    unknown = rd.SettleRound(round=2, approve=True, reason="准。")
    await xinghe.refused(KEY, duty, unknown, InvalidRequestError, "present or last round")
    await xinghe.do(KEY, duty, approve, at="2026-03-02 11:00")

    closed = await closing(xinghe)
    assert (closed.outcome, heads(closed)) == (RoundOutcome.SETTLED_APPROVED, (0, 0, 2, 1))
    (granted,) = await xinghe.events(KEY, "pause_granted")
    assert granted.by == duty
    pause = (await xinghe.issue(KEY)).pause
    assert pause is not None
    assert pause.party == "power-company"
    await xinghe.until("2026-03-03 09:00")
    outside = [each for each in await xinghe.held(KEY) if each.holder.id == "power-company"]
    assert sum(each.counted_ms for each in outside) == 5 * HOUR_MS
    await xinghe.proved(KEY)
