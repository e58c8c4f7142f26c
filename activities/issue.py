"""The desk as the issue's workflow reaches it."""

from pydantic import JsonValue
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from desk.desk import Desk
from domain.commands import Submission
from domain.errors import IssueError
from domain.view import Answer, IssueView, Ring, RingAnswer, lean


class IssueActivities:
    """Looks, rings and carries out, always at the desk. A refusal is never tried again."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @activity.defn
    async def look(self, zone: str, key: str) -> dict[str, JsonValue]:
        """Return the issue's view; from now on its workflow waits for its next rung."""
        try:
            return lean(live(await self._desk.look(zone, key, heard=True)))
        except IssueError as refusal:
            raise refused(refusal) from None

    @activity.defn
    async def ring(self, ring: Ring) -> RingAnswer:
        """Fire what has fallen due."""
        try:
            return await self._desk.ring(ring)
        except IssueError as refusal:
            raise refused(refusal) from None

    @activity.defn
    async def carry_out(self, submission: Submission) -> Answer:
        """Carry out what a service asked through the workflow."""
        try:
            return await self._desk.carry_out_for_workflow(submission)
        except IssueError as refusal:
            raise refused(refusal) from None


def live(view: IssueView) -> IssueView:
    """Return a view with the clocks that are live, and without what is behind them: every look is
    kept in a history, and who asks for the past asks the ledger."""
    past = {"segments": (), "duration": None, "before": None}
    clocks = [clock.model_copy(update=past) for clock in view.clocks if clock.is_live]
    return view.model_copy(update={"clocks": tuple(clocks)})


def refused(refusal: IssueError) -> ApplicationError:
    """Return a refusal as it travels through Temporal: its code as type, its details beside it."""
    return ApplicationError(
        str(refusal),
        refusal.details(),
        type=refusal.code,
        non_retryable=True,
        category=ApplicationErrorCategory.BENIGN,
    )
