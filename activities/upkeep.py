"""What keeps house: the guard's round, and the sweep that archives workflow histories."""

import gzip
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from temporalio import activity
from temporalio.api.common import v1 as api
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client, WorkflowExecution, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode

from desk.guard import Guard
from desk.log_keeper import LogKeeper
from domain.matters.view import MATTER_TYPE
from domain.order_view import SUPERVISION_TYPE
from domain.personal import holds_plain
from domain.view import WORKFLOW_TYPE, Rounds
from ledger.port import HistoryRow, Ledger
from runtime.errors import StackError

log = structlog.get_logger()

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
CLOSED = (
    f"WorkflowType IN ('{WORKFLOW_TYPE}', '{SUPERVISION_TYPE}', '{MATTER_TYPE}')"
    " AND ExecutionStatus != 'Running'"
)


class Upkeep:
    """Mends what is missing and archives what is over."""

    def __init__(
        self,
        guard: Guard,
        ledger: Ledger,
        client: Client,
        keeper: Callable[[], LogKeeper] | None = None,
    ) -> None:
        self._guard = guard
        self._ledger = ledger
        self._client = client
        self._keeper = keeper

    @activity.defn
    async def guard_round(self) -> Rounds:
        """Look once at everything that is open."""
        return await self._guard.round()

    @activity.defn
    async def sweep_histories(self, overlap_minutes: int) -> int:
        """Archive the history of every run that closed since the last that was archived, less an
        overlap, for Temporal's lists lag; return how many were new."""
        swept_at = await self._ledger.swept_at()
        overlap = timedelta(minutes=overlap_minutes)
        return await sweep(self._client, self._ledger, (swept_at or LONG_AGO) - overlap)

    @activity.defn
    async def carry_log_on(self) -> int:
        """Give facts their places in the log, sign and anchor it; return the size of the tree."""
        if self._keeper is None:
            return 0
        # Opened each time: the log may have been handed over to another key.
        return (await self._keeper().carry_on(datetime.now(UTC))).size


async def sweep(client: Client, ledger: Ledger, since: datetime) -> int:
    """Archive every run of an issue, an order or a matter that closed after `since`. One that is
    there already is skipped."""
    query = f"{CLOSED} AND CloseTime >= '{since.isoformat()}'"
    runs = {run.run_id: run async for run in client.list_workflows(query)}
    archived = await ledger.archived(sorted(runs))
    kept = 0
    for run in runs.values():
        if run.run_id in archived:
            continue
        handle = client.get_workflow_handle(run.id, run_id=run.run_id)
        try:
            history = await handle.fetch_history()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                continue  # retention was quicker: it cannot be had any more
            raise
        if await _says_plainly(client, history):
            await _remove(client, run)
            continue
        closed_as = "" if run.status is None else run.status.name
        kept += await ledger.put_history(history_row(history, run.run_id, closed_as))
    return kept


async def _says_plainly(client: Client, history: WorkflowHistory) -> bool:
    """Return whether a run was started with a personal text that nobody had sealed. The workflow
    refused it before it did anything, but the start itself was recorded."""
    started = history.events[0].workflow_execution_started_event_attributes
    payloads, codec = list(started.input.payloads), client.data_converter.payload_codec
    try:
        opened = payloads if codec is None else await codec.decode(payloads)
        return any(holds_plain(json.loads(each.data)) for each in opened if each.data)
    except (ValueError, RecursionError, StackError):
        return False  # what cannot be read here is kept as it is: the sweep must go on


async def _remove(client: Client, run: WorkflowExecution) -> None:
    """Remove a run from Temporal: its history may not be kept."""
    log.warning("run_removed", workflow_id=run.id, run_id=run.run_id, why="personal text unsealed")
    execution = api.WorkflowExecution(workflow_id=run.id, run_id=run.run_id)
    await client.workflow_service.delete_workflow_execution(
        DeleteWorkflowExecutionRequest(namespace=client.namespace, workflow_execution=execution)
    )


def history_row(history: WorkflowHistory, run_id: str, closed_as: str) -> HistoryRow:
    """Return a history as the archive keeps it: gzipped JSON and the hash of the JSON."""
    plain = history.to_json().encode()
    return HistoryRow(
        run_id=run_id,
        workflow_id=history.workflow_id,
        closed_as=closed_as,
        events=len(history.events),
        sha256=hashlib.sha256(plain).hexdigest(),
        archive=gzip.compress(plain, mtime=0),
        swept_at=datetime.now(UTC),
    )
