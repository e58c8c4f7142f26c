"""Figures are of every matter as it stood at one position, however many there are."""

import builders as b
import builders_matters as m
import builders_zone as z
import pytest
from desks import StandingClock
from matters_bureau import CAMPAIGNS, OPEN_VISITS, TERMS, MatterBureau, visit

from desk import matter_counting
from desk.matter_counting import counted
from domain.errors import TooManyMattersError
from domain.matters.values import Count
from ledger.matters import MatterSight
from ledger.port import Ledger

VISITS = TERMS.handbook.procedure(CAMPAIGNS[0]["id"])


@pytest.fixture
def bureau(ledger: Ledger, clock: StandingClock, monkeypatch: pytest.MonkeyPatch) -> MatterBureau:
    """A bureau, once on each ledger; two matters are a page."""
    monkeypatch.setattr(matter_counting, "PAGE", 2)
    return MatterBureau(ledger, clock)


async def opened(bureau: MatterBureau, number: int) -> None:
    for at in range(number):
        await bureau.do(OPEN_VISITS, key=f"v-{at}")


async def figures(
    bureau: MatterBureau, position: int, within: MatterSight | None = None, most: int = 9
) -> tuple[int, object, object]:
    """Return how many matters were counted, and how many of how many enterprises were visited."""
    assert VISITS is not None
    counting = await counted(bureau.ledger, z.ZONE, VISITS, position, within, most)
    done = next(each for each in counting.figures() if each.id == "visited.done")
    return counting.matters, done.part, done.whole


async def test_matters_of_more_pages_than_one_are_all_counted(bureau: MatterBureau) -> None:
    await opened(bureau, 5)
    await bureau.do(visit(), b.OFFICER, key="v-4")
    told = await figures(bureau, await bureau.ledger.safe_position())
    assert told == (5, Count(n=1), Count(n=10))


async def test_what_came_after_the_position_is_not_counted(bureau: MatterBureau) -> None:
    await opened(bureau, 3)
    await bureau.do(visit(), b.OFFICER, key="v-0")
    position = await bureau.ledger.safe_position()
    await bureau.do(visit(), b.OFFICER, key="v-1")
    await bureau.do(m.asked(kind="close_matter", ending="Called off."), key="v-0")
    await bureau.do(OPEN_VISITS, key="v-9")
    assert await figures(bureau, position) == (3, Count(n=1), Count(n=6))
    assert await figures(bureau, await bureau.ledger.safe_position()) == (4, Count(n=2), Count(n=8))
    assert (await figures(bureau, 0))[0] == 0


async def test_more_matters_than_the_bound_are_refused_and_as_many_are_not(
    bureau: MatterBureau,
) -> None:
    await opened(bureau, 3)
    position = await bureau.ledger.safe_position()
    assert (await figures(bureau, position, most=3))[0] == 3
    with pytest.raises(TooManyMattersError) as refused:
        await figures(bureau, position, most=2)
    assert (refused.value.value, refused.value.allowed) == ("visits", "at most 2 matters")


async def test_only_what_is_in_sight_is_counted(bureau: MatterBureau) -> None:
    await opened(bureau, 2)
    alone = m.asked(kind="open_campaign", procedure="visits", title="One", targets=["mill"])
    await bureau.do(alone, key="w-1")
    position = await bureau.ledger.safe_position()
    sight = MatterSight(z.ZONE, enterprises=frozenset({"bakery"}))
    assert (await figures(bureau, position, sight))[0] == 2
