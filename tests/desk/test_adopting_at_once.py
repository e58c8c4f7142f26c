"""A plan beside a publication: whoever lags, no issue goes back to an older calendar or waits."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import builders as b
import pytest
from adoptions import ENDS_2026, EXTENDED, IN_2027, LONGER, TO_2026, Office
from deep import IN_CHECK
from desks import StandingClock
from engine_fake import Engine

from desk.adopting import Adopter
from desk.grounds import Ground
from desk.guard import Guard
from desk.planning import Planning
from domain.terms import Terms
from ledger.port import Ledger
from ledger.publications import adoption_id

pytestmark = IN_CHECK


@pytest.fixture(autouse=True)
def _lagging(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process looks for publications by itself."""
    monkeypatch.setattr("desk.shelf.LOOK_AGAIN_SECONDS", 3600.0)


@pytest.fixture
def after(ledger: Ledger, clock: StandingClock) -> Office:
    """Another process, with the new handbook laid out."""
    return Office(ledger, clock, terms=LONGER)


async def approved(office: Office, undo: str | None = None) -> Ground:
    """Approve a plan and move nothing yet."""
    return await Planning(office.desk, b.ZONE).approve(
        reason="New limits.", author=b.COORDINATOR, approver=b.DIRECTOR, undo=undo
    )


def once_after(
    monkeypatch: pytest.MonkeyPatch, ledger: Ledger, name: str, then: Callable[[], Awaitable[Any]]
) -> None:
    """Have something happen right after the ledger has answered a question, the next time only."""
    asked = getattr(ledger, name)

    async def answered(*given: Any, **named: Any) -> Any:
        answer = await asked(*given, **named)
        monkeypatch.setattr(ledger, name, asked)
        await then()
        return answer

    monkeypatch.setattr(ledger, name, answered)


async def put_on(office: Office, target: Terms) -> None:
    """Move the issue as no publication or plan would: what an earlier release could do."""
    held = await office.terms_of()
    await office.desk.shelf.keep(target, office.clock.at)
    command = b.adopt_handbook(target, from_terms=held.hash)
    await office.desk.adopt(b.submission(command, b.ENGINE, id_="adopt:plan-0:any"), target)


async def ends_well(there: Office, after: Office, *references: str) -> None:
    """Check that the issue is on the new handbook and calendar, went there by these, and that no
    guard has anything left to do."""
    held = await there.terms_of()
    assert (held.handbook, held.calendar) == (LONGER.handbook, IN_2027)
    assert [event.reference for event in await there.adopted()] == list(references)
    for office in (there, after):
        assert (await Guard(office.desk, Engine().client).round()).adopted == 0
    assert await there.is_sound()


async def test_a_plan_in_a_process_that_lags_keeps_the_calendar_that_an_issue_has(
    there: Office, after: Office
) -> None:
    await there.accepted()
    plan = await approved(after)
    await there.publish(IN_2027)
    assert await after.moved(plan) == (1, 0)
    await ends_well(there, after, "publication-1", "plan-1")


async def test_what_a_plan_foresees_counts_by_what_was_published_elsewhere(
    there: Office, after: Office
) -> None:
    await there.accepted()
    plan = await approved(after)
    await there.publish(EXTENDED)
    foreseen = [move async for move in Adopter(after.desk).preview(plan)]
    await after.moved(plan)
    assert (await there.terms_of()).calendar == EXTENDED
    assert [move async for move in Adopter(after.desk).done("plan-1")] == foreseen


async def test_a_calendar_published_and_adopted_between_two_steps_of_a_plan_stays(
    there: Office, after: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await there.accepted()
    plan = await approved(after)
    once_after(monkeypatch, there.ledger, "plans", lambda: there.publish(IN_2027))
    assert await after.moved(plan) == (1, 0)
    await ends_well(there, after, "publication-1", "plan-1")


async def test_a_calendar_published_between_two_steps_of_a_plan_follows_it(
    there: Office, after: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await there.accepted()
    plan = await approved(after)
    once_after(monkeypatch, there.ledger, "plans", lambda: there.published(IN_2027))
    assert await after.moved(plan) == (1, 0)
    assert (await there.terms_of()).calendar == ENDS_2026
    assert (await Guard(there.desk, Engine().client).round()).adopted == 1
    await ends_well(there, after, "plan-1", "publication-1")


async def test_an_issue_that_something_moved_away_is_moved_again_and_once(
    there: Office, after: Office
) -> None:
    await there.accepted()
    await there.publish(IN_2027)
    await put_on(after, LONGER)
    assert (await there.terms_of()).calendar == ENDS_2026
    rounds = await asyncio.gather(
        *(Adopter(office.desk).catch_up(limit=100) for office in (there, after))
    )
    assert sum(rounds) == 1
    ids = [row.id for row in await there.ledger.adoptions("publication-1", after="", limit=9)]
    stream = f"{b.ZONE}/{b.KEY}"
    assert set(ids) == {
        adoption_id("publication-1", stream, from_terms)
        for from_terms in (TO_2026.hash, LONGER.hash)
    }
    assert (await there.terms_of()).calendar == IN_2027
    assert await Adopter(there.desk).catch_up(limit=100) == 0


@pytest.mark.parametrize("step", ["newest_publications", "open_terms", "open_on"])
async def test_a_publication_that_lags_moves_no_issue_off_a_later_one(
    there: Office, elsewhere: Office, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    await there.accepted()
    first = await there.published(EXTENDED)
    once_after(monkeypatch, there.ledger, step, lambda: elsewhere.publish(IN_2027))
    assert await there.moved(first) == (0, 0)
    assert [event.reference for event in await there.adopted()] == ["publication-2"]
    assert (await there.terms_of()).calendar == IN_2027


async def test_a_look_that_began_before_does_not_answer_who_asks_now(
    there: Office, elsewhere: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await there.accepted()
    await elsewhere.reported("other")
    answered, go_on = asyncio.Event(), asyncio.Event()

    async def held_up() -> None:
        answered.set()
        await go_on.wait()

    once_after(monkeypatch, there.ledger, "newest_publications", held_up)
    before = asyncio.create_task(there.desk.shelf.refresh())
    await answered.wait()
    await elsewhere.published(IN_2027)
    now = asyncio.create_task(there.desk.shelf.publications())
    await asyncio.sleep(0)
    go_on.set()
    assert [row.hash for row in (await now).values()] == [IN_2027.hash]
    await before


async def test_an_issue_is_undone_once_though_a_plan_moved_it_twice(
    there: Office, after: Office
) -> None:
    await there.accepted()
    plan = await approved(after)
    await after.moved(plan)
    await put_on(there, TO_2026.with_calendar(IN_2027))
    assert await after.moved(plan) == (1, 0)
    assert await there.ledger.adoption_count("plan-1") == 2
    assert await after.moved(await approved(after, "plan-1")) == (1, 0)
    assert (await there.terms_of()).handbook == b.HANDBOOK
    assert await there.ledger.adoption_count("plan-2") == 1
