"""`kill -9` of the worker between two votes: neither they nor the round's end are lost."""

import asyncio
import time
from pathlib import Path

import pytest
from databases import Database
from deep import A_TENTH, IN_FULL
from ladder_world import beijing
from procedure_world import MONDAY, WAIT, ProcedureWorld, procedures
from story_stack import Process, environment
from temporalio.client import Client
from virtual_worker import KeptClock

from domain import commands_of_rounds as rd
from domain import commands_of_time as tm
from domain.commands import Submission
from domain.events_of_rounds import RoundClosed
from domain.phases import Choice, RoundOutcome

KEY = "power"
VOTE = rd.Vote(round=1, choice=Choice.APPROVE)


async def half_over(world: ProcedureWorld, worker: Process) -> None:
    """Wait until the round's first reminder has fired."""
    end = time.monotonic() + 30
    while "ballot" not in {rung.clock for rung in await world.fired(KEY)}:
        assert time.monotonic() < end, worker.log.read_text()
        await asyncio.sleep(0.002)


@pytest.mark.deep
@pytest.mark.skipif(
    not (A_TENTH or IN_FULL), reason="two workers to start: in make check and make deep"
)
async def test_a_worker_killed_between_two_votes_loses_neither_and_the_round_ends_once(
    database: Database, skipper: Client, folder: Path
) -> None:
    clock = KeptClock(beijing(MONDAY), folder / "clock")
    async with procedures(database, skipper, clock=clock, worker=False) as world:
        address = skipper.service_client.config.target_host
        program = ("tests/stories/virtual_worker.py", database.app_url, address)
        kept = (*program, world.task_queue, str(folder / "clock"))
        now = Process(kept, environment(), folder / "worker-0.log")
        try:
            await world.accepted(KEY)
            await world.raised(KEY, 2)
            await world.waited_out(KEY)
            asks = tm.AskPause.model_validate(WAIT)
            await world.do(KEY, await world.owner(KEY), asks, at="2026-03-02 10:00")
            await world.do(KEY, world.officer("xinghe-supervisor"), VOTE)

            waiting = asyncio.create_task(world.until("2026-03-05 09:00"))
            await half_over(world, now)
            now.kill()
            meanwhile = Submission(
                id="while-nobody-works",
                zone=world.zone,
                key=world.key(KEY),
                actor=world.officer("xinghe-director"),
                command=VOTE,
            )
            await world.desk.carry_out(meanwhile)
            now = Process(kept, environment(), folder / "worker-1.log")
            await waiting

            # The other director has not used the veto: two votes were enough for nothing.
            (closed,) = await world.events(KEY, "round_closed")
            assert isinstance(closed, RoundClosed)
            assert (closed.outcome, closed.approve, closed.unasked, closed.at) == (
                RoundOutcome.EXPIRED_REJECTED,
                2,
                3,
                beijing("2026-03-03 17:30"),
            )
            rang = [rung.rung for rung in await world.fired(KEY) if rung.clock == "ballot"]
            assert rang == ["half", "near", "due"]
            await world.proved(KEY)
        finally:
            now.kill()
