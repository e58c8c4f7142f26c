"""What a workflow asks of its activities, with every timeout and retry in one place."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, FailureError

with workflow.unsafe.imports_passed_through():
    from activities.issue import IssueActivities
    from activities.notifier import Notifier, Told
    from domain.commands import Submission
    from domain.view import Answer, IssueView, Ring, RingAnswer

WITHOUT_END = RetryPolicy(
    initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10)
)
ONCE = RetryPolicy(maximum_attempts=1)
PATIENT = RetryPolicy(initial_interval=timedelta(seconds=5), maximum_interval=timedelta(minutes=10))

TIME_TO_LOOK = timedelta(seconds=5)
TIME_TO_RING = timedelta(seconds=5)
TIME_TO_CARRY_OUT = timedelta(seconds=10)
TIME_TO_TELL_AT_ONCE = timedelta(seconds=2)
TIME_TO_TELL = timedelta(seconds=30)


async def look(zone: str, key: str) -> IssueView:
    """Return the issue as the ledger has it."""
    seen = await workflow.execute_local_activity_method(
        IssueActivities.look,
        args=[zone, key],
        start_to_close_timeout=TIME_TO_LOOK,
        retry_policy=WITHOUT_END,
    )
    return IssueView.model_validate(seen)


async def ring(ring: Ring) -> RingAnswer:
    """Tell the desk that a rung has passed. Tried until the desk has answered."""
    return await workflow.execute_activity_method(
        IssueActivities.ring,
        ring,
        start_to_close_timeout=TIME_TO_RING,
        retry_policy=WITHOUT_END,
        summary=f"{ring.clock} {ring.cycle} {ring.rung}",
    )


async def carry_out(submission: Submission) -> Answer:
    """Carry out a command at the desk, or raise the refusal as an application error."""
    try:
        return await workflow.execute_activity_method(
            IssueActivities.carry_out,
            submission,
            start_to_close_timeout=TIME_TO_CARRY_OUT,
            retry_policy=WITHOUT_END,
            summary=submission.command.kind,
        )
    except ActivityError as error:
        if error.cause is None:
            raise
        raise error.cause from error


async def tell_at_once(notice_ids: list[str]) -> list[str]:
    """Deliver what can be delivered within a moment, and return what cannot.

    It costs one event of history for all of them. It is bounded, because news waits while it runs.
    """
    try:
        answer: Told = await workflow.execute_local_activity_method(
            Notifier.tell_at_once,
            notice_ids,
            start_to_close_timeout=TIME_TO_TELL_AT_ONCE,
            retry_policy=ONCE,
        )
        return list(answer.late)
    except FailureError:  # a local activity's failure comes bare, not inside an ActivityError
        return notice_ids


async def tell(notice_id: str) -> None:
    """Deliver a notice, however long it takes."""
    await workflow.execute_activity_method(
        Notifier.tell,
        notice_id,
        start_to_close_timeout=TIME_TO_TELL,
        retry_policy=PATIENT,
        summary=notice_id,
    )
