"""Records the golden histories of a routine, which its schedule calls:
`PYTHONPATH=.:tests:tests/workflows:tests/activities .venv/bin/python
tests/workflows/record_routine.py`. Only when they may be replaced.

Called on its day, called again with nothing left to do, called after days without a call, tried
again after the ledger was away, and given up because it stayed away.
"""

import asyncio
import os
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

from record import keep
from routine_office import Office, year
from temporalio.client import Client, ScheduleActionExecutionStartWorkflow, WorkflowFailureError
from temporalio.common import RetryPolicy

from activities.routine_schedules import RoutineSchedules
from domain.routines import RoutineDone, RoutineKind
from ledger.port import LedgerUnavailableError
from ledger.reports import RunRow
from runtime.temporal import EmbeddedTemporal, connect, ensure_namespace
from worker import make_worker
from workflows import routine

QUEUE = "routines"
DAILY = RoutineKind.DAILY
TRIES_MAX = 2
SOON = RetryPolicy(initial_interval=timedelta(milliseconds=50), maximum_attempts=TRIES_MAX)
EVENING = "20:00"
ANSWER_SECONDS = 20.0


class Called:
    """The schedule of the daily report, called as often as it is asked to."""

    def __init__(self, client: Client, office: Office) -> None:
        self._client = client
        self._office = office
        self._schedule = client.get_schedule_handle(f"closeout-routine-{office.zone}-{DAILY.value}")
        self._before = 0

    async def on(self, day: date, name: str) -> tuple[str, ...] | None:
        """Call it on the evening of a day and write the history; return the periods that it did,
        None if it was given up."""
        self._office.clock.at = self._office.local(day, EVENING)
        await self._schedule.trigger()
        begun = await self._started()
        handle = self._client.get_workflow_handle(
            begun.workflow_id, run_id=begun.first_execution_run_id, result_type=RoutineDone
        )
        try:
            done: RoutineDone = await asyncio.wait_for(handle.result(), ANSWER_SECONDS)
            periods = done.periods
        except WorkflowFailureError:
            periods = None
        keep(f"routine-{name}", await handle.fetch_history())
        return periods

    async def _started(self) -> ScheduleActionExecutionStartWorkflow:
        """Return what names the workflow that the last call started."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while (info := (await self._schedule.describe()).info).num_actions == self._before:  # noqa: ASYNC110  # lists lag
                await asyncio.sleep(0.05)
        self._before = info.num_actions
        action = info.recent_actions[-1].action
        assert isinstance(action, ScheduleActionExecutionStartWorkflow)
        return action


class AwayOffice(Office):
    """One whose ledger is out of reach so many times when a run is noted."""

    def __init__(self) -> None:
        super().__init__()
        self.away = 0
        note = self.ledger.put_run

        async def noted(row: RunRow) -> bool:
            if self.away:
                self.away -= 1
                raise LedgerUnavailableError("the ledger is out of reach")
            return await note(row)

        self.ledger.put_run = noted  # type: ignore[method-assign]  # a ledger that fails


async def called(client: Client, office: AwayOffice) -> None:
    """Live through a week of calls, some of which were missed."""
    calls = Called(client, office)
    tuesday = date(2026, 4, 7)
    assert await calls.on(tuesday, "done") == ("2026-04-07",)
    assert await calls.on(tuesday, "nothing_due") == ()
    friday = date(2026, 4, 10)
    assert await calls.on(friday, "caught_up") == ("2026-04-08", "2026-04-09", "2026-04-10")
    with patch.object(routine, "A_WHILE", SOON):
        office.away = TRIES_MAX - 1
        assert await calls.on(date(2026, 4, 13), "tried_again") == ("2026-04-13",)
        office.away = TRIES_MAX
        assert await calls.on(date(2026, 4, 14), "given_up") is None
    assert await calls.on(date(2026, 4, 15), "after_given_up") == ("2026-04-14", "2026-04-15")


async def record() -> None:
    """Live through it on a server that knows schedules, and write every history."""
    office = AwayOffice()
    await year().lay(office.ledger)
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedTemporal(Path(folder)) as embedded:
            client = await connect(embedded.address)
            await ensure_namespace(client)
            office.clock.at = office.local(date(2026, 4, 7), EVENING)
            await RoutineSchedules(client, office.desk, task_queue=QUEUE).ensure()
            async with make_worker(client, office.desk, task_queue=QUEUE):
                await called(client, office)


if __name__ == "__main__":
    asyncio.run(record())
    sys.stdout.flush()
    os._exit(0)
