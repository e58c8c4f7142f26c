"""What keeps house: the guard's round, and the sweep that archives workflow histories."""

import gzip
import hashlib
from datetime import UTC, datetime, timedelta

from temporalio import activity
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode

from desk.guard import Guard
from domain.order_view import SUPERVISION_TYPE
from domain.view import WORKFLOW_TYPE, Rounds
from ledger.port import HistoryRow, Ledger

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
CLOSED = (
    f"WorkflowType IN ('{WORKFLOW_TYPE}', '{SUPERVISION_TYPE}') AND ExecutionStatus != 'Running'"
)


class Upkeep:
    """Mends what is missing and archives what is over."""

    def __init__(self, guard: Guard, ledger: Ledger, client: Client) -> None:
        self._guard = guard
        self._ledger = ledger
        self._client = client

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


async def sweep(client: Client, ledger: Ledger, since: datetime) -> int:
    """Archive every run of an issue or an order that closed after `since`. One that is there
    already is skipped."""
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
        closed_as = "" if run.status is None else run.status.name
        kept += await ledger.put_history(history_row(history, run.run_id, closed_as))
    return kept


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
