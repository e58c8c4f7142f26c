"""What the desk's tests share: a clock that stands, and a counter on either ledger."""

from collections.abc import AsyncIterator

import pytest
from databases import Database
from desks import Counter, StandingClock, counter

from ledger.memory import MemoryLedger


@pytest.fixture
def clock() -> StandingClock:
    """A clock at the opening of a plain week."""
    return StandingClock()


@pytest.fixture(params=["memory", "postgres"])
def chosen(request: pytest.FixtureRequest) -> Database | None:
    """A database for the one run of a test, none for the other."""
    if request.param == "memory":
        return None
    database: Database = request.getfixturevalue("database")
    return database


@pytest.fixture
async def office(chosen: Database | None, clock: StandingClock) -> AsyncIterator[Counter]:
    """A counter, once on each ledger."""
    if chosen is None:
        yield Counter(MemoryLedger(), clock)
    else:
        async with counter(chosen, clock) as opened:
            yield opened


@pytest.fixture
def memory(clock: StandingClock) -> Counter:
    """A counter on the ledger in memory."""
    return Counter(MemoryLedger(), clock)
