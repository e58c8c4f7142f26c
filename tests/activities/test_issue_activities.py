"""The doors to the desk: what a workflow is given, and how a refusal travels."""

import builders as b
import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.issue import IssueActivities
from demo.virtual import VirtualClock
from desk.desk import Desk
from desk.shelf import Shelf
from domain.errors import from_details
from domain.view import IssueView
from ledger.memory import MemoryLedger


@pytest.fixture
def desk() -> Desk:
    """A desk on a ledger in memory."""
    ledger = MemoryLedger()
    return Desk(ledger, Shelf(ledger, {b.ZONE: b.TERMS}), VirtualClock(b.MON_9))


async def test_a_refusal_travels_with_its_code_and_details_and_is_not_tried_again(
    desk: Desk,
) -> None:
    doors = IssueActivities(desk)
    with pytest.raises(ApplicationError) as failed:
        await ActivityEnvironment().run(doors.carry_out, b.submission(b.ACCEPT))
    error = failed.value
    assert (error.type, error.non_retryable) == ("unknown_issue", True)
    assert type(from_details(error.details[0])).code == "unknown_issue"
    assert error.__cause__ is None  # no stack trace of ours in anybody's history


async def test_a_look_has_the_live_clocks_and_leaves_the_past_to_the_ledger(desk: Desk) -> None:
    doors = IssueActivities(desk)
    await desk.carry_out(b.submission(b.report(), b.ENTERPRISE))
    await desk.carry_out(b.submission(b.ACCEPT))
    seen = await ActivityEnvironment().run(doors.look, b.ZONE, b.KEY)
    view = IssueView.model_validate(seen)
    full = await desk.look(b.ZONE, b.KEY)
    assert {clock.id for clock in full.clocks} == {"acceptance", "handling", "resolution"}
    assert {clock.id for clock in view.clocks} == {"handling", "resolution"}
    assert view.model_copy(update={"clocks": ()}) == full.model_copy(update={"clocks": ()})
    assert (await desk.row(b.ZONE, b.KEY)).answered
