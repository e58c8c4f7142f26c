"""Sees to it that a publication or plan is carried through though its process should die."""

from datetime import timedelta

from temporalio.client import Client
from temporalio.exceptions import WorkflowAlreadyStartedError

from domain.view import ADOPTION_TYPE, adoption_workflow_id

HEAD_START = timedelta(seconds=15)
"""The process that publishes begins at once; a workflow that did the same at the same time would
only meet it at every issue."""
TIME_TO_START = timedelta(seconds=5)


async def hand_over(
    client: Client, reference: str, task_queue: str, *, head_start: timedelta = HEAD_START
) -> None:
    """Start the workflow that goes through all issues; what is done by then it finds done.

    Again changes nothing. Raises RPCError if Temporal is away: the guard does it then.
    """
    try:
        await client.start_workflow(
            ADOPTION_TYPE,
            reference,
            id=adoption_workflow_id(reference),
            task_queue=task_queue,
            start_delay=head_start,
            static_summary=reference,
            rpc_timeout=TIME_TO_START,
        )
    except WorkflowAlreadyStartedError:
        return
