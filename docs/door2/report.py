"""Report an issue through Temporal and read it back: `python report.py xinghe my-001`.

Needs `pip install temporalio`. TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE say where.
"""

import asyncio
import os
import sys
from typing import Any

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy


async def report(client: Client, submission: dict[str, Any], task_queue: str = "closeout") -> Any:
    """Send one submission; again under the same id is the same act. Refused: `error.cause.type`."""
    zone, key = submission["zone"], submission["key"]
    start = WithStartWorkflowOperation(
        "IssueWorkflow",
        {"zone": zone, "key": key},
        id=f"issue/{zone}/{key}",
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )
    return await client.execute_update_with_start_workflow(
        "carry_out", submission, id=submission["id"], start_workflow_operation=start
    )


async def main(zone: str, key: str) -> None:
    client = await Client.connect(
        os.environ.get("TEMPORAL_ADDRESS", "localhost:7233"),
        namespace=os.environ.get("TEMPORAL_NAMESPACE", "default"),
    )
    submission = {
        "id": f"hotline:{key}",
        "zone": zone,
        "key": key,
        "actor": {"kind": "service", "name": "hotline"},
        "command": {
            "kind": "report",
            "enterprise": "xinghe-optics",
            "category": "UTL-1",
            "title": "The power fails every evening",
            "text": "Since Monday, from six to seven.",
            "origin": "service",
        },
    }
    print(await report(client, submission))
    print(await client.get_workflow_handle(f"issue/{zone}/{key}").query("issue"))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
    sys.stdout.flush()
    os._exit(0)  # the SDK's threads may abort a Python that takes its time to end
