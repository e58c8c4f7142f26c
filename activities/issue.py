"""The desk as the issue's workflow reaches it."""

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from desk.desk import Desk
from domain.commands import Submission
from domain.errors import IssueError
from domain.view import Answer, IssueView, Ring, RingAnswer


class IssueActivities:
    """Looks, rings and carries out, always at the desk. A refusal is never tried again."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @activity.defn
    async def look(self, zone: str, key: str) -> IssueView:
        """Return the issue as it stands; from now on its workflow waits for its next rung."""
        try:
            return await self._desk.look(zone, key, heard=True)
        except IssueError as refusal:
            raise refused(refusal) from refusal

    @activity.defn
    async def ring(self, ring: Ring) -> RingAnswer:
        """Fire what has fallen due."""
        try:
            return await self._desk.ring(ring)
        except IssueError as refusal:
            raise refused(refusal) from refusal

    @activity.defn
    async def carry_out(self, submission: Submission) -> Answer:
        """Carry out what a service asked through the workflow."""
        try:
            return await self._desk.carry_out_for_workflow(submission)
        except IssueError as refusal:
            raise refused(refusal) from refusal


def refused(refusal: IssueError) -> ApplicationError:
    """Return a refusal as it travels through Temporal: its code as type, its details beside it."""
    return ApplicationError(
        str(refusal),
        refusal.details(),
        type=refusal.code,
        non_retryable=True,
        category=ApplicationErrorCategory.BENIGN,
    )
