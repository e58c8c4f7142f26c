"""A publication or plan carried through all its issues, whoever dies on the way (R2.3, R3.4).

The guard would do the same, more slowly: nothing depends on this.
"""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.adoption import AdoptionActivities, Leg

WITHOUT_END = RetryPolicy(
    initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)
)
TIME_FOR_A_PAGE = timedelta(minutes=5)
SILENCE_MAX = timedelta(seconds=30)


@workflow.defn
class AdoptionWorkflow:
    """Moves issues to other terms, page by page, each exactly once."""

    def __init__(self) -> None:
        self._leg = Leg()

    @workflow.run
    async def run(self, reference: str, so_far: Leg | None = None) -> Leg:
        """Go through all issues; return how many this moved and how many it had to leave."""
        self._leg = so_far or Leg()
        while self._leg.after is not None:
            done = await workflow.execute_activity_method(
                AdoptionActivities.adopt_page,
                args=[reference, self._leg.after],
                start_to_close_timeout=TIME_FOR_A_PAGE,
                heartbeat_timeout=SILENCE_MAX,
                retry_policy=WITHOUT_END,
                summary=self._leg.after or reference,
            )
            self._leg = Leg(
                after=done.after,
                moved=self._leg.moved + done.moved,
                left=self._leg.left + done.left,
            )
            if self._leg.after is not None and workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(args=[reference, self._leg])
        return self._leg

    @workflow.query
    def leg(self) -> Leg:
        """Return how far it has come."""
        return self._leg
