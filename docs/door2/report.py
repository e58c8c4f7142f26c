"""Report an issue through Temporal: `python report.py report.json`. Needs `temporalio`."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from temporalio import client as at
from temporalio.common import WorkflowIDConflictPolicy as Policy


async def report(client: at.Client, sent: dict[str, Any], queue: str = "closeout") -> Any:
    """Send one submission; again under the same id is the same act. Refused: `error.cause.type`."""
    zone, key = sent["zone"], sent["key"]
    place = {"id": f"issue/{zone}/{key}", "task_queue": queue}
    start = at.WithStartWorkflowOperation(
        "IssueWorkflow", {"zone": zone, "key": key}, id_conflict_policy=Policy.USE_EXISTING, **place
    )
    return await client.execute_update_with_start_workflow(
        "carry_out", sent, id=sent["id"], start_workflow_operation=start
    )


async def main(submission: str, address: str = "localhost:7233") -> None:
    print(await report(await at.Client.connect(address), json.loads(submission)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).read_text(encoding="utf-8"), *sys.argv[2:]))
