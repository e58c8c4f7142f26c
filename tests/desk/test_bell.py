"""The bell: what no workflow rang in time is rung once, by whoever looks first."""

import asyncio
from datetime import timedelta

import builders as b
import pytest
from desks import STREAM, Counter, StandingClock

from desk import bell as bells
from desk.bell import GRACE, Bell, ring_of
from domain.errors import InvalidRequestError, UnknownIssueError
from domain.view import Ring, RingOutcome
from ledger.port import LedgerUnavailableError

MOMENT = timedelta(milliseconds=1)


async def fired(office: Counter, key: str = b.KEY) -> list[tuple[str, str, bool]]:
    """Return what has fired of an issue: clock, rung, and whether a ring did it."""
    firings = await office.ledger.firings(f"{b.ZONE}/{key}")
    return [(each.clock, each.rung, each.ring) for each in firings]


async def test_a_rung_is_left_to_its_workflow_for_a_while_and_then_rung_once(
    office: Counter, clock: StandingClock
) -> None:
    await office.reported()
    rung, bell = await office.next_rung(), Bell(office.desk)
    clock.at = rung.due_at + GRACE
    assert await bell.once() == 0
    clock.at += MOMENT
    assert await bell.once() == 1
    assert await bell.once() == 0
    assert await fired(office) == [("acceptance", "at-50", True)]
    (ring,) = [row for row in await office.ledger.commands(STREAM) if row.kind == "ring_rung"]
    assert ring.id == f"bell:{STREAM}:acceptance:1:at-50"


async def test_workflows_whose_wake_ups_are_spread_are_waited_for(
    office: Counter, clock: StandingClock
) -> None:
    await office.reported()
    rung, bell = await office.next_rung(), Bell(office.desk, spread=timedelta(seconds=20))
    clock.at = rung.due_at + timedelta(seconds=22)
    assert await bell.once() == 0
    clock.at += MOMENT
    assert await bell.once() == 1


async def test_the_workflow_that_comes_later_finds_nothing_left_and_waits_for_what_is_next(
    office: Counter, clock: StandingClock
) -> None:
    await office.reported()
    rung = await office.next_rung()
    clock.at = rung.due_at + 2 * GRACE
    assert await Bell(office.desk).once() == 1
    answer = await office.ring(rung)
    assert answer.outcome is RingOutcome.STALE
    assert answer.glimpse.next_rung is not None
    assert answer.glimpse.next_rung.rung == "at-80"
    assert await fired(office) == [("acceptance", "at-50", True)]


async def test_the_workflow_did_not_hear_of_it_and_is_told(
    office: Counter, clock: StandingClock
) -> None:
    """A ring's answer tells the workflow; the bell has none, so that the relay must."""
    await office.reported()
    rung = await office.next_rung()
    await office.desk.look(b.ZONE, b.KEY, heard=True)
    assert (await office.desk.row(b.ZONE, b.KEY)).armed_due_at == rung.due_at
    pokes: list[None] = []
    office.desk.on_poke = lambda: pokes.append(None)
    clock.at = rung.due_at + 2 * GRACE
    assert await Bell(office.desk).once() == 1
    assert pokes == [None]


async def test_two_bells_at_once_ring_each_rung_once(office: Counter, clock: StandingClock) -> None:
    keys = [f"k-{number}" for number in range(12)]
    for key in keys:
        await office.reported(key)
    clock.at = (await office.next_rung(keys[0])).due_at + 2 * GRACE
    await asyncio.gather(*(Bell(office.desk).once() for _ in range(3)))
    for key in keys:
        assert await fired(office, key) == [("acceptance", "at-50", True)]
    assert await Bell(office.desk).once() == 0


async def test_all_that_is_overdue_rings_in_the_end_page_by_page(
    office: Counter, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bells, "PAGE", 3)
    for number in range(7):
        await office.reported(f"k-{number}")
    clock.at = (await office.next_rung("k-0")).due_at + 2 * GRACE
    bell = Bell(office.desk)
    assert [await bell.once() for _ in range(4)] == [3, 3, 1, 0]


async def test_an_issue_that_cannot_be_rung_rests_and_the_others_are_rung(
    office: Counter, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bells, "PAGE", 1)
    for key in ("k-0", "k-1"):
        await office.reported(key)
    clock.at = (await office.next_rung("k-0")).due_at + 2 * GRACE
    right = office.desk.ring_unheard

    async def broken(ring: Ring) -> RingOutcome:
        if ring.key == "k-0":
            raise UnknownIssueError("Its terms are gone.", field="key", value=ring.key)
        return await right(ring)

    monkeypatch.setattr(office.desk, "ring_unheard", broken)
    bell = Bell(office.desk)
    assert [await bell.once() for _ in range(3)] == [0, 1, 0]
    monkeypatch.setattr(office.desk, "ring_unheard", right)
    assert await bell.once() == 0, "it rests"
    monkeypatch.setattr(bells.time, "monotonic", lambda: 1e12)
    assert await bell.once() == 1


async def test_a_ledger_that_is_away_is_waited_for(
    office: Counter, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.reported()
    clock.at = (await office.next_rung()).due_at + 2 * GRACE
    monkeypatch.setattr(bells, "AWAY_S", 0.01)
    monkeypatch.setattr(bells, "LOOK_S", 0.01)
    right, asked = office.ledger.overdue, 0

    async def away(at: object, limit: int) -> object:
        nonlocal asked
        asked += 1
        if asked < 3:
            raise LedgerUnavailableError("away")
        return await right(at, limit)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(office.desk.ledger, "overdue", away)
    ringing = asyncio.create_task(Bell(office.desk).run())
    async with asyncio.timeout(10):
        while not await fired(office):  # noqa: ASYNC110  # nothing tells of it but the ledger
            await asyncio.sleep(0.01)
    ringing.cancel()
    assert asked >= 3


async def test_nobody_else_takes_an_id_of_the_bell(office: Counter) -> None:
    await office.reported()
    with pytest.raises(InvalidRequestError):
        await office.do(b.ACCEPT, id_=f"bell:{STREAM}:acceptance:1:at-50")


async def test_an_issue_that_waits_for_nothing_has_no_ring(office: Counter) -> None:
    await office.closed_out()
    issue = (await office.desk.row(b.ZONE, b.KEY)).issue
    while issue.next_rung is not None:
        issue = issue.model_copy(update={"clocks": issue.clocks[1:]})
    assert ring_of(issue) is None
