"""Door 2 from a program of ours: a command as an Update of the issue's workflow."""

from datetime import timedelta

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy

from domain.commands import Submission
from domain.view import TASK_QUEUE, WORKFLOW_TYPE, CommandResult, workflow_id


async def send_through_workflow(
    client: Client, submission: Submission, *, within: timedelta
) -> CommandResult:
    """Send a command to the issue's workflow, which is started if need be, and return its answer.
    Raises what Temporal's client does: a refusal is the cause of a WorkflowUpdateFailedError."""
    start: WithStartWorkflowOperation[object, object] = WithStartWorkflowOperation(
        WORKFLOW_TYPE,
        {"zone": submission.zone, "key": submission.key},
        id=workflow_id(submission.zone, submission.key),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )
    result: CommandResult = await client.execute_update_with_start_workflow(
        "carry_out",
        submission,
        id=submission.id,
        start_workflow_operation=start,
        result_type=CommandResult,
        rpc_timeout=within,
    )
    return result
