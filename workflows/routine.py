"""One call of a routine. What is due, and what of it was done, its activity finds out."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.routine import Routines
    from domain.routines import RoutineAsked, RoutineDone

A_WHILE = RetryPolicy(
    initial_interval=timedelta(seconds=10),
    maximum_interval=timedelta(minutes=10),
    maximum_attempts=20,
)
"""About two and a half hours; after that the next call makes up for it."""


@workflow.defn
class RoutineWorkflow:
    """Does what is due of one routine of one zone."""

    @workflow.run
    async def run(self, asked: RoutineAsked) -> RoutineDone:
        """Return the periods that were done."""
        return await workflow.execute_activity_method(
            Routines.run_routine,
            asked,
            start_to_close_timeout=timedelta(hours=2),
            heartbeat_timeout=timedelta(minutes=1),
            retry_policy=A_WHILE,
        )
