"""Rings: one firing for each rung, whatever comes early, late, twice or out of turn."""

from datetime import timedelta

import builders as b
import pytest
from desks import STREAM, Counter, StandingClock

from domain.errors import UnknownIssueError
from domain.view import NextRung, RingOutcome

SECOND = timedelta(seconds=1)


async def fired(office: Counter) -> list[tuple[str, int, str, bool]]:
    """Return what has fired: clock, cycle, rung, and whether a ring did it."""
    firings = await office.ledger.firings(STREAM)
    return [(each.clock, each.cycle, each.rung, each.ring) for each in firings]


async def test_a_ring_in_time_fires_once_and_says_what_comes_next(
    office: Counter, clock: StandingClock
) -> None:
    await office.reported()
    rung = await office.next_rung()
    clock.at = rung.due_at
    first = await office.ring(rung)
    again = await office.ring(rung)
    assert (first.outcome, again.outcome) == (RingOutcome.FIRED, RingOutcome.FIRED)
    assert first.glimpse.next_rung is not None
    assert first.glimpse.next_rung.rung == "at-80"
    assert again.glimpse.version == first.glimpse.version
    assert await fired(office) == [("acceptance", 1, "at-50", True)]
    row = await office.desk.row(b.ZONE, b.KEY)
    assert (row.answered, row.armed_due_at) == (True, first.glimpse.next_rung.due_at)


async def test_a_ring_before_its_time_writes_nothing_and_may_ring_again(
    office: Counter, clock: StandingClock
) -> None:
    await office.reported()
    rung = await office.next_rung()
    clock.at = rung.due_at - SECOND
    early = await office.ring(rung)
    assert early.outcome is RingOutcome.EARLY
    assert (early.glimpse.at, early.glimpse.next_rung) == (clock.at, rung)
    assert len(await office.ledger.commands(STREAM)) == 1
    clock.at = rung.due_at
    assert (await office.ring(rung)).outcome is RingOutcome.FIRED
    assert await fired(office) == [("acceptance", 1, "at-50", True)]


async def test_a_ring_of_a_clock_that_stopped_is_stale(
    office: Counter, clock: StandingClock
) -> None:
    await office.reported()
    rung = await office.next_rung()
    await office.do(b.ACCEPT)
    clock.at = rung.due_at
    stale = await office.ring(rung)
    assert stale.outcome is RingOutcome.STALE
    assert stale.glimpse.next_rung is not None
    assert stale.glimpse.next_rung.clock == "handling"
    assert await fired(office) == []


async def test_a_rung_that_a_pause_moved_is_stale_then_early_and_fires_in_the_end(
    office: Counter, clock: StandingClock
) -> None:
    await office.accepted()
    rung = await office.next_rung()
    clock.at = b.MON_10
    await office.do(b.PAUSE)
    clock.at = rung.due_at
    assert (await office.ring(rung)).outcome is RingOutcome.STALE
    clock.at = b.WED_9
    await office.do(b.RESUME)
    assert (await office.ring(rung)).outcome is RingOutcome.EARLY
    moved = await office.next_rung()
    assert (moved.clock, moved.cycle, moved.rung) == (rung.clock, rung.cycle, rung.rung)
    assert moved.due_at > rung.due_at
    clock.at = moved.due_at
    assert (await office.ring(moved)).outcome is RingOutcome.FIRED
    assert await fired(office) == [("handling", 1, "at-50", True)]


async def test_a_ring_does_not_fire_another_rung_under_its_own_id(
    office: Counter, clock: StandingClock
) -> None:
    """Its id would be spent, and its own rung could never be rung again."""
    await office.accepted()
    named = NextRung(
        clock="resolution", cycle=1, rung="at-50", due_at=b.NEXT_MON_9, wake_at=b.NEXT_MON_9
    )
    due = await office.next_rung()
    clock.at = due.due_at
    met = await office.ring(named)
    assert met.outcome is RingOutcome.EARLY
    assert met.glimpse.next_rung == due
    assert await fired(office) == []
    assert (await office.ring(due)).outcome is RingOutcome.FIRED
    clock.at = b.NEXT_MON_9
    for _ in range(4):
        await office.ring(await office.next_rung())
    assert ("resolution", 1, "at-50", True) in await fired(office)


async def test_a_late_ring_lets_all_that_was_due_before_it_pass_in_order(
    office: Counter, clock: StandingClock
) -> None:
    await office.reported()
    clock.at = b.TUE_17
    last = NextRung(clock="acceptance", cycle=1, rung="due", due_at=b.MON_13, wake_at=b.MON_13)
    assert (await office.ring(last)).outcome is RingOutcome.FIRED
    assert (await fired(office))[:3] == [
        ("acceptance", 1, "at-50", True),
        ("acceptance", 1, "at-80", True),
        ("acceptance", 1, "due", True),
    ]


async def test_a_ring_on_no_issue_is_refused_and_kept_nowhere(office: Counter) -> None:
    rung = NextRung(clock="acceptance", cycle=1, rung="due", due_at=b.MON_13, wake_at=b.MON_13)
    with pytest.raises(UnknownIssueError):
        await office.ring(rung)
    assert await office.ledger.refusals(STREAM) == []
