"""What the attacks share: passwords that cost next to nothing, a clock, a face over memory."""

import pytest
from desks import Counter, StandingClock
from faces import Face, face_of

from ledger.memory import MemoryLedger
from runtime import passwords


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords cost next to nothing to hash."""
    monkeypatch.setattr(passwords, "COST", passwords.Cost(log_n=4, p=1))


@pytest.fixture
def clock() -> StandingClock:
    """A clock at the opening of a plain week."""
    return StandingClock()


@pytest.fixture
def face(clock: StandingClock) -> Face:
    """The face over a ledger in memory."""
    return face_of(Counter(MemoryLedger(), clock))
