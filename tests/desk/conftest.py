"""What the desk's tests share: a clock that stands, and a counter on either ledger."""

from collections.abc import AsyncIterator

import pytest
from adoptions import Office
from databases import Database
from desks import Counter, StandingClock, counter

from ledger.memory import MemoryLedger
from ledger.port import Ledger


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


@pytest.fixture
async def ledger(chosen: Database | None) -> AsyncIterator[Ledger]:
    """A ledger, once of each kind."""
    if chosen is None:
        yield MemoryLedger()
    else:
        async with chosen.ledger(size=8) as opened:
            yield opened


@pytest.fixture
def there(ledger: Ledger, clock: StandingClock) -> Office:
    """An office whose calendar ends with 2026."""
    return Office(ledger, clock)


@pytest.fixture
def elsewhere(ledger: Ledger, clock: StandingClock) -> Office:
    """Another process at the same ledger."""
    return Office(ledger, clock)
