"""The clients: each writes down what it sent and what it was told, and nobody else is asked."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import chaos_zone as zone
import httpx2
from chaos_log import Line
from chaos_plan import Manner, Plan, Sending
from chaos_stack import Stack
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from domain.commands import Report, Submission
from domain.view import TASK_QUEUE, WORKFLOW_TYPE, CommandResult, workflow_id

AGAIN_S: Final = 0.1
TRY_S: Final = 4.0
"""A client waits so long for one answer."""
PATIENCE_S: Final = 60.0
OUT_OF_TURN: Final = frozenset({"unknown_issue", "wrong_phase", "conflict", "issue_closed"})
"""What a command is told that comes before what it needs, or after the end."""
BUSY: Final = frozenset({429, 503})


class NoAnswerError(Exception):
    """Whether the command was carried out is not known."""


class OutOfTurnError(Exception):
    """The command was refused, for what it needs is not there yet."""


class Clients:
    """All clients of one run."""

    def __init__(self, stack: Stack, plan: Plan, prefix: str) -> None:
        self.log: dict[str, Line] = {}
        self.keys = [f"{prefix}-{number}" for number in range(plan.issues)]
        self._plan = plan
        self._door2: Client = stack.door2
        self._http = httpx2.AsyncClient(
            base_url=stack.api_url,
            headers={"Authorization": f"Bearer {stack.api_key}"},
            timeout=TRY_S,
            trust_env=False,
        )

    async def burst(self) -> None:
        """Send what the plan says when it says so; return when all but the abandoned is told."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for sending in self._plan.sendings:
                group.create_task(self._at(sending, began))

    async def end_all(self) -> None:
        """Take every issue to its close-out, one step after the other."""
        await asyncio.gather(*(self._end(key, n) for n, key in enumerate(self.keys)))

    async def close(self) -> None:
        """Hang up."""
        await self._http.aclose()

    async def _end(self, key: str, number: int) -> None:
        for step, submission in enumerate(zone.ending(key)):
            line = self._line(submission, Manner.ONCE)
            await self._until_told(line, door=1 + (number + step) % 2)

    async def _at(self, sending: Sending, began: float) -> None:
        await asyncio.sleep(max(0.0, began + sending.at_s - time.monotonic()))
        line = self._line(_submission(self.keys[sending.issue], sending.step), sending.manner)
        first, second = sending.doors
        match sending.manner:
            case Manner.ONCE:
                await self._until_told(line, first)
            case Manner.TWICE:
                await asyncio.gather(self._until_told(line, first), self._until_told(line, second))
            case Manner.AGAIN:
                await self._until_told(line, first)
                await self._until_told(line, second)
            case Manner.ABANDONED:
                await self._try(line, first)

    def _line(self, submission: Submission, manner: Manner) -> Line:
        return self.log.setdefault(submission.id, Line(submission, manner))

    async def _until_told(self, line: Line, door: int) -> None:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if await self._try(line, door):
                return
            await asyncio.sleep(AGAIN_S)

    async def _try(self, line: Line, door: int) -> bool:
        """Send once; return whether it was acknowledged."""
        line.tries += 1
        door = 1 if line.is_refused_by_update else door
        through: Callable[[Line], Awaitable[None]] = (
            self._through_api if door == 1 else self._through_update
        )
        try:
            await through(line)
        except NoAnswerError:
            line.unanswered += 1
        except OutOfTurnError:
            line.refused += 1
        else:
            return True
        return False

    async def _through_api(self, line: Line) -> None:
        sent = line.submission
        actor = sent.actor.model_dump(mode="json")
        headers = {"Idempotency-Key": sent.id}
        if isinstance(sent.command, Report):
            report = sent.command.model_dump(mode="json", exclude={"kind"}, exclude_unset=True)
            path = "/v1/issues"
            body = {"zone": sent.zone, "key": sent.key, "actor": actor, "report": report}
        else:
            path = f"/v1/issues/{sent.zone}/{sent.key}/commands"
            command = sent.command.model_dump(mode="json", exclude_unset=True)
            body = {"actor": actor, "command": command | {"kind": sent.command.kind}}
        try:
            answer = await self._http.post(path, json=body, headers=headers)
        except (httpx2.TransportError, httpx2.TimeoutException) as error:
            raise NoAnswerError from error
        if answer.status_code in (200, 201):
            if isinstance(sent.command, Report):
                line.versions.append(int(answer.json()["version"]))
            else:
                line.told.append(CommandResult.model_validate_json(answer.content))
            return
        if answer.status_code in BUSY:
            raise NoAnswerError
        problem = answer.json().get("code", "") if answer.content else ""
        if problem in OUT_OF_TURN:
            line.last_refusal = answer.text[:300]
            raise OutOfTurnError
        line.odd.append(f"{answer.status_code} {answer.text[:300]}")
        raise NoAnswerError

    async def _through_update(self, line: Line) -> None:
        sent = line.submission
        start: WithStartWorkflowOperation[object, object] = WithStartWorkflowOperation(
            WORKFLOW_TYPE,
            {"zone": sent.zone, "key": sent.key},
            id=workflow_id(sent.zone, sent.key),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        try:
            result: CommandResult = await self._door2.execute_update_with_start_workflow(
                "carry_out",
                sent,
                id=sent.id,
                start_workflow_operation=start,
                result_type=CommandResult,
                rpc_timeout=timedelta(seconds=TRY_S),
            )
        except (RPCError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            with contextlib.suppress(RPCError):
                await start.workflow_handle()  # it has failed too, and would say so at the end
            raise NoAnswerError from error
        except WorkflowUpdateFailedError as error:
            kind = str(getattr(error.cause, "type", ""))
            if kind in OUT_OF_TURN:
                line.is_refused_by_update = True
                line.last_refusal = f"door 2: {error.cause!r}"[:300]
                raise OutOfTurnError from error
            if kind not in ("AcceptedUpdateCompletedWorkflow",):
                line.odd.append(f"door 2: {kind} {error.cause!r}"[:300])
            raise NoAnswerError from error
        line.told.append(result)


def _submission(key: str, step: str) -> Submission:
    match step:
        case "report":
            return zone.report(key)
        case "accept":
            return zone.acceptance(key)
        case _:
            return zone.note(key, int(step.removeprefix("note")))
