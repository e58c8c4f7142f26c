"""What the guard goes on with: nothing that fails holds up the rest, nothing is told twice."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import builders as b
import pytest
from adoptions import DECEMBER, LONGER, Office, calendar
from desks import StandingClock
from structlog.testing import capture_logs

from desk.adopting import Adopter
from desk.grounds import HandbookGround
from desk.planning import Planning
from domain.calendar import WorkingCalendar
from domain.canonical import canonical
from domain.commands import Submission
from domain.terms import Terms
from domain.view import CommandResult
from ledger.port import Ledger, LedgerUnavailableError
from ledger.publications import CalendarRow, PlanRow

LATE = calendar(2027, valid_from=DECEMBER.date())
"""It lacks the days on which issues of March have counted: these cannot follow."""


@pytest.fixture
def after(ledger: Ledger, clock: StandingClock) -> Office:
    """The office with the new handbook laid out."""
    return Office(ledger, clock, terms=LONGER)


async def approved(office: Office) -> HandbookGround:
    """Approve a plan and move nothing yet."""
    ground = await Planning(office.desk, b.ZONE).approve(
        reason="New limits.", author=b.COORDINATOR, approver=b.DIRECTOR
    )
    assert isinstance(ground, HandbookGround)
    return ground


async def forced(office: Office, new: WorkingCalendar) -> None:
    """Publish without trying the open issues first: as if they had been reported meanwhile."""
    row = CalendarRow(new.hash, new.id, canonical(new), new.valid_until, office.clock.at)
    await office.ledger.publish(row, after=0, previous=None, author="coordination", reason="A test")


def tried(
    monkeypatch: pytest.MonkeyPatch, office: Office, fails: Callable[[str], Exception | None]
) -> list[str]:
    """Return a list of the keys that the desk is to move from now on; some fail."""
    adopt = office.desk.adopt
    keys: list[str] = []

    async def noted(submission: Submission, target: Terms) -> CommandResult:
        keys.append(submission.key)
        error = fails(submission.key)
        if error is not None:
            raise error
        return await adopt(submission, target)

    monkeypatch.setattr(office.desk, "adopt", noted)
    return keys


def told(logs: list[Any], event: str) -> list[Any]:
    """Return the entries of one kind."""
    return [entry for entry in logs if entry["event"] == event]


async def ended(office: Office) -> list[bool]:
    """Return of each plan whether it has ended."""
    return [plan.ended_at is not None for plan in await office.ledger.plans()]


async def test_a_plan_that_cannot_be_read_holds_up_no_other(there: Office, after: Office) -> None:
    await there.accepted()
    good = await approved(after)
    await after.ledger.end_plan(good.plan.sequence, after.clock.at)
    bad: PlanRow = replace(good.plan, zone="another", to_terms="0" * 64)
    await after.ledger.put_plan(bad)
    await after.ledger.put_plan(good.plan)
    with capture_logs() as logs:
        assert await Adopter(there.desk).catch_up(limit=100) == 1
    assert [entry["ground"] for entry in told(logs, "adoption_failed")] == ["plan-2"]
    assert await ended(after) == [True, False, True]


@pytest.mark.parametrize("page", [1, 2, 100])
async def test_an_issue_that_fails_holds_up_no_other_and_the_plan_goes_on(
    there: Office, after: Office, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr("desk.adopting.PAGE", page)
    for key in ("a", "b", "c"):
        await there.accepted(key)
    ground = await approved(after)
    faults = [RuntimeError("a fault"), RuntimeError("the same")]
    tried(monkeypatch, after, lambda key: faults.pop() if key == "a" and faults else None)
    adopter = Adopter(after.desk)
    with capture_logs() as logs:
        assert await adopter.run(ground) == (2, 1)
        assert await adopter.catch_up(limit=100) == 0
    assert await ended(after) == [False]
    assert len(told(logs, "issue_not_moved")) == 1
    assert await adopter.catch_up(limit=100) == 1
    assert await ended(after) == [True]
    assert [len(await after.adopted(key)) for key in ("a", "b", "c")] == [1, 1, 1]


async def test_a_ledger_that_is_away_ends_the_round(
    there: Office, after: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await there.accepted()
    await approved(after)
    tried(monkeypatch, after, lambda _: LedgerUnavailableError("away"))
    with pytest.raises(LedgerUnavailableError):
        await Adopter(after.desk).catch_up(limit=100)
    assert await ended(after) == [False]


async def test_an_issue_that_cannot_follow_is_told_once_and_tried_again_when_it_has_changed(
    there: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await there.accepted()
    await forced(there, LATE)
    keys = tried(monkeypatch, there, lambda _: None)
    adopter = Adopter(there.desk)
    with capture_logs() as logs:
        for _ in range(3):
            assert await adopter.catch_up(limit=100) == 0
        assert len(keys) == 1
        await there.do(b.NOTE)
        for _ in range(3):
            assert await adopter.catch_up(limit=100) == 0
    assert len(keys) == 2
    (warning,) = told(logs, "issue_not_moved")
    assert warning["issue"] == f"{b.ZONE}/{b.KEY}"


async def test_a_round_looks_at_so_many_and_the_next_goes_on_there(
    there: Office, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.adopting.PAGE", 2)
    monkeypatch.setattr("desk.shelf.LOOK_AGAIN_SECONDS", 3600.0)
    for number in range(6):
        await there.accepted(f"i{number}")
    clock.at = DECEMBER
    await there.reported("z")
    await forced(there, LATE)
    keys = tried(monkeypatch, there, lambda _: None)
    adopter = Adopter(there.desk)
    assert await adopter.catch_up(limit=4) == 0
    assert sorted(keys) == ["i0", "i1", "i2", "i3"]
    assert await adopter.catch_up(limit=4) == 1
    assert sorted(keys) == ["i0", "i1", "i2", "i3", "i4", "i5", "z"]
    assert await adopter.catch_up(limit=4) == 0
    assert len(keys) == 7
    assert (await there.terms_of("z")).calendar == LATE


async def test_a_plan_says_how_many_it_has_left(
    there: Office, after: Office, clock: StandingClock
) -> None:
    for key in ("a", "b", "c"):
        await there.accepted(key)
    ground = await approved(after)
    planning = Planning(after.desk, b.ZONE)
    assert await planning.left(ground.plan) == 3
    await Adopter(after.desk).batch(ground, limit=2)
    assert await planning.left(ground.plan) == 1
    await after.moved(ground)
    (plan,) = await after.ledger.plans()
    clock.at = b.MON_10
    await there.accepted("reported-on-the-old-one-later")
    assert await planning.left(plan) == 0
    again = await approved(after)
    assert await planning.left(plan) is None
    assert await planning.left(again.plan) == 1
