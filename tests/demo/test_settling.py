"""A time-lapse waits for errands as it waits for rungs, pokes and notices."""

import asyncio
from typing import cast

import builders as b
import builders_kin as k
from temporalio.testing import TimeSkipper

from demo.virtual import TimeLapse, VirtualClock
from desk.desk import Desk
from desk.errands import ErrandRunner
from desk.shelf import Shelf
from ledger.memory import MemoryLedger


async def test_a_time_lapse_settles_only_when_the_last_of_a_chain_of_errands_has_run() -> None:
    ledger, clock = MemoryLedger(), VirtualClock(b.MON_9)
    desk = Desk(ledger, Shelf(ledger, {b.ZONE: k.KIN}), clock)
    for key in ("whole", "part"):
        await desk.carry_out(b.submission(b.report(), b.ENTERPRISE, key=key))
        await desk.carry_out(b.submission(b.ACCEPT, key=key))
    for command, actor in ((b.PROPOSE, b.OFFICER), (b.CONFIRM, b.ENTERPRISE), (b.VERIFY, b.HEAD)):
        await desk.carry_out(b.submission(command, actor, key="part"))
    await desk.carry_out(b.submission(k.add_child("part"), key="whole"))
    run: list[int] = []

    async def carry() -> None:
        """Run errands slowly; of workflows there are none, so nothing else is left to be done."""
        while True:
            await asyncio.sleep(0.01)
            run.append(await ErrandRunner(desk).once())
            async with ledger.take_pokes(9) as batch:
                await batch.done([poke.row.issue.stream for poke in batch.pokes])
            for stream in (f"{b.ZONE}/whole", f"{b.ZONE}/part"):
                for notice in await ledger.notices(stream):
                    await ledger.mark_delivered(notice.id, clock.at)

    carrying = asyncio.create_task(carry())
    await TimeLapse(ledger, cast("TimeSkipper", None), clock).settle()
    carrying.cancel()
    assert await ledger.due_errands(clock.at, 9) == []
    assert (await desk.row(b.ZONE, "whole")).issue.children_open == ()
    assert sum(run) == 2
