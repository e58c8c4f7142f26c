"""The house-keeping workflows: short runs that a schedule starts every minute."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.bundling import Bundling
    from activities.upkeep import Upkeep
    from domain.view import Rounds

A_FEW_TIMES = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=5)
SWEEP_OVERLAP_MINUTES = 60


@workflow.defn
class GuardWorkflow:
    """One round of the guard. The next schedule tick is the retry of a round that fails."""

    @workflow.run
    async def run(self) -> Rounds:
        """Look at every open issue once."""
        return await workflow.execute_activity_method(
            Upkeep.guard_round,
            start_to_close_timeout=timedelta(minutes=5),
            retry_policy=A_FEW_TIMES,
        )


@workflow.defn
class SweepWorkflow:
    """One sweep of closed runs into the audit archive, long before retention takes them."""

    @workflow.run
    async def run(self) -> int:
        """Return how many histories were new."""
        return await workflow.execute_activity_method(
            Upkeep.sweep_histories,
            SWEEP_OVERLAP_MINUTES,
            start_to_close_timeout=timedelta(minutes=10),
            retry_policy=A_FEW_TIMES,
        )


@workflow.defn
class LogWorkflow:
    """One step of the transparency log. The next schedule tick is the retry of one that fails."""

    @workflow.run
    async def run(self) -> int:
        """Return how many leaves the log has."""
        return await workflow.execute_activity_method(
            Upkeep.carry_log_on,
            start_to_close_timeout=timedelta(minutes=10),
            retry_policy=A_FEW_TIMES,
        )


@workflow.defn
class NoticesWorkflow:
    """One round of sending what waited: quiet hours that are over, storms that have passed. The
    next schedule tick is the retry of one that fails."""

    @workflow.run
    async def run(self) -> int:
        """Return how many notices were dealt with."""
        return await workflow.execute_activity_method(
            Bundling.flush_notices,
            start_to_close_timeout=timedelta(minutes=5),
            heartbeat_timeout=timedelta(minutes=1),
            retry_policy=A_FEW_TIMES,
        )
