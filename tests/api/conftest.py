"""What the tests of the HTTP face share."""

import pytest
from desks import Counter, StandingClock
from faces import Face, face_of

from ledger.memory import MemoryLedger


@pytest.fixture
def clock() -> StandingClock:
    """A clock at the opening of a plain week."""
    return StandingClock()


@pytest.fixture
def face(clock: StandingClock) -> Face:
    """The face over a ledger in memory."""
    return face_of(Counter(MemoryLedger(), clock))
