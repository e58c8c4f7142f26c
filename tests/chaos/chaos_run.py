"""One run of chaos on a stack: burst and faults, the end of every issue, and the account of it."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from chaos_check import Checked, Kept, Outage, check
from chaos_clients import Clients
from chaos_faults import Faults
from chaos_plan import Fault, Plan
from chaos_stack import Stack
from chaos_zone import ZONE
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError, RPCStatusCode

from audit.across import Across, Depth
from audit.replay import kept_of
from audit.replay_acts import Told, take
from audit.replay_checks import check_stream
from audit.verify import verify_stream
from domain.view import workflow_id
from ledger.port import Ledger

QUIET_WITHIN_S: Final = 90.0
CLOSED_WITHIN_S: Final = 90.0
"""Both only say when to give up on what never comes: how late a rung came is told by the ledger."""
A_MOMENT: Final = timedelta(seconds=1)
"""A rung due within this time may still be on its way when the engine is asked whether it rests."""


@dataclass(slots=True)
class Ran:
    """What one run came to."""

    plan: Plan
    checked: Checked = field(default_factory=Checked)
    outages: list[Outage] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    faults: int = 0
    commands: int = 0
    acknowledged: int = 0
    unanswered: int = 0
    refused: int = 0
    rings_in_both: int = 0
    seconds: float = 0.0

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return not self.checked.findings

    @property
    def is_only_late(self) -> bool:
        """Whether rungs that fired late are all that was found."""
        findings = self.checked.findings
        return bool(findings) and all("late:" in found for found in findings)

    def __str__(self) -> str:
        done = (
            f"{self.seconds:.1f} s, {self.acknowledged} of {self.commands} commands acknowledged "
            f"({self.unanswered} tries without answer, {self.refused} out of turn), "
            f"{self.checked.fired} rungs, latest {self.checked.latest.total_seconds():.2f} s, "
            f"{self.rings_in_both} rings in both records"
        )
        return "\n  ".join((str(self.plan), done, *self.skipped, *self.checked.findings))


async def run(stack: Stack, plan: Plan, prefix: str) -> Ran:
    """Do one run; every issue of it has a key that begins with `prefix`."""
    began, ran = time.monotonic(), Ran(plan)
    clients, faults = Clients(stack, plan, prefix), Faults(stack)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(clients.burst())
            for fault in plan.faults:
                group.create_task(_at(fault.at_s, faults, fault))
        await until_quiet(stack.ledger, clients.keys)
        await clients.end_all()
    finally:
        await clients.close()
    ran.outages, ran.skipped, ran.faults = faults.outages, faults.skipped, faults.done.total()
    await until_told(stack.ledger, stack.client, clients.keys, ran.checked.findings)
    ran.checked.add(await account(stack, clients, faults.outages))
    await _hold_histories(stack, clients.keys, ran)
    lines = clients.log.values()
    ran.commands = len(lines)
    ran.acknowledged = sum(line.is_acknowledged for line in lines)
    ran.unanswered = sum(line.unanswered for line in lines)
    ran.refused = sum(line.refused for line in lines)
    ran.seconds = time.monotonic() - began
    return ran


async def _at(at_s: float, faults: Faults, fault: Fault) -> None:
    await asyncio.sleep(at_s)
    await faults.do(fault)


async def until_quiet(ledger: Ledger, keys: list[str]) -> None:
    """Wait until no rung of the run is overdue; what never comes is for the checker to say."""
    ours = {f"{ZONE}/{key}" for key in keys}
    end = time.monotonic() + QUIET_WITHIN_S
    while time.monotonic() < end:
        overdue = await ledger.overdue(datetime.now(UTC) - A_MOMENT, 100)
        if not ours & {row.issue.stream for row in overdue}:
            return
        await asyncio.sleep(0.05)


async def until_told(ledger: Ledger, client: Client, keys: list[str], findings: list[str]) -> None:
    """Wait until every issue is closed, told of, and its workflow at its end."""
    end = time.monotonic() + CLOSED_WITHIN_S
    waiting = list(keys)
    while waiting and time.monotonic() < end:
        waiting = [key for key in waiting if not await _is_over(ledger, client, key)]
        await asyncio.sleep(0.05 if waiting else 0)
    findings += [
        f"{ZONE}/{key}: lost: it was not closed, told of and at its end" for key in waiting
    ]


async def _is_over(ledger: Ledger, client: Client, key: str) -> bool:
    row = await ledger.issue(f"{ZONE}/{key}")
    if row is None or row.issue.is_open or row.notices:
        return False
    try:
        run_ = await client.get_workflow_handle(workflow_id(ZONE, key)).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return run_.status is WorkflowExecutionStatus.COMPLETED


async def account(stack: Stack, clients: Clients, outages: list[Outage]) -> Checked:
    """Read the streams of a run and check them, by our checker and by the auditor."""
    kept, now, audited = {}, datetime.now(UTC), Checked()
    ledger = stack.ledger
    for key in clients.keys:
        stream = f"{ZONE}/{key}"
        kept[stream] = Kept(
            await ledger.records(stream),
            await ledger.commands(stream),
            await ledger.firings(stream),
        )
        found = await verify_stream(
            stack.ledger, stream, stack.terms, Across(), Depth(decisions=True, now=now)
        )
        audited.findings += [f"verify: {each}" for each in found.found]
    checked = check(kept, clients.log.values(), outages, now)
    checked.add(audited)
    return checked


async def _hold_histories(stack: Stack, keys: list[str], ran: Ran) -> None:
    """The histories of a run replay, and tell what the ledger tells."""
    for key in keys:
        told = Told()
        for history in await _histories(stack.client, workflow_id(ZONE, key)):
            failures = await stack.replay.failures(history.run_id, history)
            ran.checked.findings += [f"replay: {each}" for each in failures]
            await take(told, history.run_id, history, pydantic_data_converter, live=False)
        told.looked = True
        found = check_stream(await kept_of(stack.ledger, f"{ZONE}/{key}"), told)
        ran.rings_in_both += found.rings
        ran.checked.findings += [f"two records: {each}" for each in found.found]


async def _histories(client: Client, id_: str) -> list[WorkflowHistory]:
    """Return the history of every run of a workflow: its list may lag behind its newest run."""
    newest = (await client.get_workflow_handle(id_).describe()).run_id
    end = time.monotonic() + CLOSED_WITHIN_S
    while True:
        runs = [run_.run_id async for run_ in client.list_workflows(f"WorkflowId = '{id_}'")]
        if newest in runs or time.monotonic() > end:
            break
        await asyncio.sleep(0.05)
    return [await client.get_workflow_handle(id_, run_id=run_id).fetch_history() for run_id in runs]
